"""``./dev test`` and ``./dev bench``: pytest, and the measurements, on servers of their own."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence

from config.local.bench import bench_servers
from config.local.environment import chromium, throwaway_servers
from config.local.places import ROOT
from config.local.translations import compile_translations

CI_TIER = "not night and not bench"
NIGHT_TIER = "not bench"
# What a module makes once is made by one process, and whoever is done first helps the other.
SIDE_BY_SIDE = "--dist=worksteal"


def run_tests(arguments: Sequence[str], *, night: bool) -> int:
    """Run pytest on private servers and return its exit code."""
    return _pytest(["-m", NIGHT_TIER if night else CI_TIER, *arguments])


def run_benchmarks(arguments: Sequence[str]) -> int:
    """Run the measurements in tests/bench; `recording`: those of batches, which are tests;
    `send`: of campaigns.
    """
    if arguments[:1] == ["recording"]:
        bench = ROOT / "tests" / "bench"
        return _pytest(["-m", "bench", "-s", str(bench), *arguments[1:]])
    program = "tests.bench.run"
    if arguments[:1] == ["send"]:
        program, arguments = "tests.bench.sending", arguments[1:]
    compile_translations()
    with bench_servers(arguments) as servers:
        env = {**os.environ, "SECRET_KEY": secrets.token_hex(32), **servers}
        env.update({"KOHORTA_PROCESS": "command", "DEBUG": "false", "KOHORTA_LOCAL": "true"})
        env["DJANGO_SETTINGS_MODULE"] = "config.settings"
        command = [sys.executable, "-m", program, *arguments]
        return _wait(subprocess.Popen(command, cwd=ROOT, env=env))


def _pytest(arguments: Sequence[str]) -> int:
    compile_translations()
    with throwaway_servers() as servers:
        env = {**os.environ, "SECRET_KEY": secrets.token_hex(32), **servers}
        env.update({"KOHORTA_PROCESS": "test", "DEBUG": "false"})
        if found := chromium():
            env["CHROMIUM"] = found
        spread = [SIDE_BY_SIDE] if any(part.startswith("-n") for part in arguments) else []
        command = [sys.executable, "-m", "pytest", *spread, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=env)
        return _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for pytest through Ctrl-C and termination, so that it can close first."""
    handlers = {
        number: signal.signal(number, lambda received, _: process.send_signal(received))
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    handlers[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells it
    try:
        return process.wait()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
