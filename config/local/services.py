"""The processes of a running product, the order they start and stop in, and their revival."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.local.places import LOGS, MAIL, ROOT, LocalServerError, private_directory, say
from config.local.processes import spawn, stop

QUICK_DEATH_SECONDS = 5
MOST_QUICK_DEATHS = 3
LOG_LIMIT_BYTES = 10_000_000


@dataclass
class Service:
    """One process, and how to start and stop it."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_timeout: float = 15
    process: subprocess.Popen[bytes] | None = None
    end: Callable[[], None] | None = None
    started_at: float = 0
    quick_deaths: int = 0

    def launch(self) -> None:
        """Start the process."""
        self.started_at = time.monotonic()
        self.process = self.start()

    def has_died(self) -> bool:
        """Whether the process was started and is gone."""
        return self.process is not None and self.process.poll() is not None

    def finish(self) -> None:
        """Stop the process, if it runs."""
        if self.end is not None:
            self.end()
        elif self.process is not None:
            stop(self.process, timeout=self.stop_timeout)


@dataclass
class Services:
    """All of them, in the order they were started."""

    started: list[Service] = field(default_factory=list)

    def launch(self, service: Service) -> None:
        """Start one more."""
        self.started.append(service)
        service.launch()

    def stop_all(self, *, quietly: bool = False) -> None:
        """Stop in reverse order: live, beat, worker, web, mail catcher, Valkey, PostgreSQL."""
        while self.started:
            service = self.started.pop()
            if not quietly:
                say(f"  stopping {service.name}")
            service.finish()

    def revive(self) -> None:
        """Start again what died; raises `LocalServerError` when it keeps dying."""
        for service in self.started:
            if not service.has_died():
                continue
            lived = time.monotonic() - service.started_at
            service.quick_deaths = service.quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
            if service.quick_deaths >= MOST_QUICK_DEATHS:
                raise LocalServerError(f"{service.name} keeps dying.\n{log_end(service.name)}")
            say(f"{service.name} died; starting it again.")
            service.launch()


def program(name: str, arguments: Sequence[str], env: dict[str, str], process: str) -> Service:
    """Return a service that runs a Python module of .venv, with its log in var/logs."""

    def start() -> subprocess.Popen[bytes]:
        return spawn(
            [sys.executable, "-m", *arguments],
            env={**env, "KOHORTA_PROCESS": process},
            log=log_file(name),
            cwd=ROOT,
        )

    return Service(name, start)


def web(env: dict[str, str], *, port: int, reload: bool) -> Service:
    """Return the web server."""
    memory = ["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []  # noqa: S108
    arguments = [
        *("gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
        *("--timeout", "60", "--graceful-timeout", "10", "--no-control-socket", *memory),
        "--reload" if reload else "--preload",
    ]
    return program("web", arguments, env, "web")


def worker(env: dict[str, str]) -> Service:
    """Return the Celery worker."""
    arguments = ["celery", "-A", "config", "worker", "--concurrency=2", "--loglevel=INFO"]
    return program("worker", [*arguments, "--without-gossip", "--without-mingle"], env, "worker")


def beat(env: dict[str, str]) -> Service:
    """Return Celery's clock."""
    return program("beat", ["celery", "-A", "config", "beat", "--loglevel=INFO"], env, "worker")


def live(env: dict[str, str]) -> Service:
    """Return the process that follows live membership."""

    def start() -> subprocess.Popen[bytes]:
        return spawn(
            [sys.executable, "manage.py", "live"],
            env={**env, "KOHORTA_PROCESS": "worker"},
            log=log_file("live"),
            cwd=ROOT,
        )

    return Service("live", start, stop_timeout=30)


def mail_catcher(env: dict[str, str], *, port: int) -> Service:
    """Return the SMTP server that keeps every message in var/mail and sends nothing."""
    arguments = ["config.local.mail", str(port), str(private_directory(MAIL))]
    return program("mail", arguments, env, "command")


def log_file(name: str) -> Path:
    """Return a service's log, begun anew when it has grown large."""
    path = private_directory(LOGS) / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        shutil.move(path, path.with_suffix(".old.log"))
    return path


def log_end(name: str, lines: int = 15) -> str:
    """Return the last lines of a service's log."""
    path = LOGS / f"{name}.log"
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def wait_for_web(url: str, service: Service, *, timeout: float = 60) -> None:
    """Wait until the web is ready; raises `LocalServerError` with its log if it isn't."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and not service.has_died():
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 - our own
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise LocalServerError(f"The web server did not get ready.\n{log_end('web')}")
