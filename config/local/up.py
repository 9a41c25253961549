"""``./dev up``, ``down`` and ``reset``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from config.local import services as kinds
from config.local.databases import migrate, start_databases
from config.local.places import (
    LOGS,
    MAIL,
    ROOT,
    VAR,
    LocalServerError,
    private_directory,
    say,
    server_home,
    unprivileged_account,
)
from config.local.processes import free_port, spawn, stop
from config.local.secret_files import write_secret
from config.local.services import Services, log_file, wait_for_web
from config.local.state import (
    LOGIN,
    RUNNING,
    exclusive,
    note_running,
    running,
    stored_login,
    wait_until_free,
)
from config.local.translations import compile_translations

USUAL_PORT = 8000
STOP_TIMEOUT_SECONDS = 90


class StopAsked(Exception):
    """Ctrl-C or a termination signal."""


def up(arguments: Sequence[str]) -> int:
    """Start everything, or say where it runs already."""
    options = _parse(arguments)
    if found := running():
        return _already_running(found.url)
    if options.detach:
        return _detach(arguments)
    with exclusive() as is_free:
        if not is_free:
            raise LocalServerError("Another ./dev command uses the local servers; try again.")
        return _run(options)


def down() -> int:
    """Stop what ``up`` started."""
    found = running()
    if found is None:
        say("Kohorta isn't running.")
        return 0
    os.kill(found.pid, signal.SIGTERM)
    if not wait_until_free(STOP_TIMEOUT_SECONDS):
        raise LocalServerError(f"Process {found.pid} does not stop.")
    say("Stopped.")
    return 0


def reset() -> int:
    """Stop, and throw away the local data: databases, uploads, kept mail, secrets, logs."""
    down()
    home = server_home(unprivileged_account())
    with exclusive() as is_free:
        if not is_free:
            raise LocalServerError("Another ./dev command uses the local servers; try again.")
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(VAR, ignore_errors=True)
    say("The local data is gone. './dev up' starts anew.")
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev up")
    parser.add_argument("--detach", action="store_true", help="return once it is ready")
    parser.add_argument("--port", type=int, help="of the web server; 8000 or a free one")
    parser.add_argument("--no-demo", action="store_true", help="load no demo shop")
    parser.add_argument("--debug", action="store_true", help="error pages, reload on change")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    started = Services()
    signal.signal(signal.SIGINT, _ask_to_stop)
    signal.signal(signal.SIGTERM, _ask_to_stop)
    signal.signal(signal.SIGHUP, _ask_to_stop)
    try:
        _start(options, started)
        while True:
            time.sleep(0.5)
            started.revive()
    except StopAsked:
        say("\nStopping ...")
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        started.stop_all()


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    raise StopAsked


def _start(options: argparse.Namespace, started: Services) -> None:
    begin = time.monotonic()
    port = _web_port(options.port)
    url = f"http://localhost:{port}"
    note_running(url=url, is_ready=False, env={})
    compile_translations()
    say("Starting PostgreSQL and Valkey ...")
    env = {"BASE_URL": url, **start_databases(started), "DEBUG": str(options.debug).lower()}
    migrate(env)
    if "EMAIL_URL" not in env:
        mail_port = free_port()
        env["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_port}"
        started.launch(kinds.mail_catcher(env, port=mail_port))
    if not options.no_demo:
        _load_demo(env)
    say("Starting web, worker, beat and live ...")
    web = kinds.web(env, port=port, reload=options.debug)
    started.launch(web)
    wait_for_web(f"http://127.0.0.1:{port}", web)
    started.launch(kinds.worker(env))
    started.launch(kinds.beat(env))
    started.launch(kinds.live(env))
    note_running(url=url, is_ready=True, env=env)
    say(f"Ready after {time.monotonic() - begin:.1f} s.")
    _show_address(url)
    say(f"Mail is kept in {MAIL.relative_to(ROOT)}, logs in {LOGS.relative_to(ROOT)}.")
    if sys.stderr.isatty():
        say("Ctrl-C stops everything.")


def _web_port(wanted: int | None) -> int:
    port = free_port(wanted or USUAL_PORT)
    if wanted and port != wanted:
        raise LocalServerError(f"Port {wanted} is taken.")
    if not wanted and port != USUAL_PORT:
        say(f"Port {USUAL_PORT} is taken; using {port}.")
    return port


def _load_demo(env: dict[str, str]) -> None:
    """Load the demo shop once; its login is kept for the next time."""
    if LOGIN.exists() or not any(ROOT.glob("*/management/commands/load_demo.py")):
        return
    say("Loading the demo shop (once) ...")
    process = spawn(
        [sys.executable, "manage.py", "load_demo"],
        env={**env, "KOHORTA_PROCESS": "command"},
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        last = ""
        for line in process.stdout or ():
            text = line.decode(errors="replace").rstrip()
            if last:
                say(f"  {last}")
            last = text
        process.wait()
    finally:
        stop(process)
    if process.returncode != 0:
        raise LocalServerError(f"The demo shop could not be loaded.\n{last}")
    login: dict[str, Any] = json.loads(last)
    write_secret(LOGIN, json.dumps({name: login[name] for name in ("email", "password")}))


def _show_address(url: str) -> None:
    """Print the address and the login on standard output."""
    print(f"\n  Kohorta   {url}")
    if login := stored_login():
        print(f"  e-mail    {login['email']}\n  password  {login['password']}")
    print(flush=True)


def _already_running(url: str) -> int:
    say("Kohorta is running already.")
    _show_address(url)
    return 0


def _detach(arguments: Sequence[str]) -> int:
    """Start ``up`` in a session of its own and show its progress until it is ready."""
    private_directory(LOGS)
    rest = [part for part in arguments if part != "--detach"]
    log = log_file("up")
    position = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "config.local", "up", *rest],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with log.open(errors="replace") as shown:
        shown.seek(position)
        while child.poll() is None and not _is_ready(child.pid):
            _pass_on(shown.read())
            time.sleep(0.1)
        time.sleep(0.1)
        _pass_on(shown.read())
    return child.poll() or 0


def _pass_on(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _is_ready(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        stored = json.loads(RUNNING.read_text())
        return bool(stored["pid"] == pid and stored["is_ready"])
    return False


@contextlib.contextmanager
def servers_for_a_command() -> Iterator[dict[str, str]]:
    """Yield the variables of the running servers, or of servers started for the block."""
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        found = running()
        if found is not None and found.env:
            yield found.env
            return
        with exclusive() as is_free:
            if is_free:
                started = Services()
                try:
                    env = start_databases(started)
                    migrate(env)
                    yield env
                finally:
                    started.stop_all(quietly=True)
                return
        time.sleep(0.2)
    raise LocalServerError("Another ./dev command keeps the local servers; try again.")
