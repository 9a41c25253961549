"""PostgreSQL, Valkey and workers of a test's own, to be killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import OperationalError, connections

from config.celery import app
from config.local.environment import has_own_servers
from config.local.places import SHARED_TEMPORARY, unprivileged_account
from config.local.postgres import Postgres, PostgresPasswords
from config.local.processes import free_port, spawn, stop
from config.local.secret_files import new_password
from config.local.template import migrated_cluster
from config.local.valkey import Valkey


@dataclass
class Servers:
    """What a crash test kills: each has a way to do it as hard as it comes."""

    postgres: Postgres
    valkey: Valkey

    def restart_postgres(self) -> None:
        """As after a power cut: `pg_ctl restart -m immediate`."""
        process = self.postgres.process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        port = self.postgres.port
        self.postgres.start(preferred_port=port)
        assert self.postgres.port == port
        connections["default"].close()

    def lose_valkey(self) -> None:
        """Everything in it is gone, then it is killed, and comes back empty."""
        with app.connection_for_write(self.valkey.url) as broker, suppress(Exception):
            broker.default_channel.client.flushall()
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        port = self.valkey.port
        self.valkey.start(preferred_port=port)
        assert self.valkey.port == port

    def environment(self, **given: str) -> dict[str, str]:
        """For processes of the product."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": self.postgres.app_url,
            "DATABASE_URL_MIGRATE": "",
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": settings.SECRET_KEY,
            "KOHORTA_PROCESS": "worker",
            "KOHORTA_LOCAL": "true",
            "PYTHONPATH": str(settings.BASE_DIR),
            **given,
        }


@contextmanager
def own_servers() -> Iterator[Servers]:
    """A migrated PostgreSQL that keeps what it commits, and Valkey; the test's own connection is
    to this database inside the block."""
    assert "KOHORTA_TEST_TEMPLATE" in os.environ or not has_own_servers(), "needs ./dev test"
    account = unprivileged_account()
    with ExitStack() as undo:
        home = Path(
            tempfile.mkdtemp(prefix="kohorta-crash-", dir=SHARED_TEMPORARY if account else None)
        )
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711 if account else 0o700)
        valkey = Valkey(new_password(), home / "valkey.log", account=account)
        undo.callback(valkey.stop)
        valkey.start()
        postgres = migrated_cluster(
            home, home / "postgres.log", redis_url=valkey.url, account=account
        )
        postgres.throwaway = False  # what is committed has to survive
        undo.callback(postgres.stop)
        postgres.start()
        postgres.change_passwords(PostgresPasswords.random())
        with _connected_to(postgres):
            yield Servers(postgres, valkey)


@contextmanager
def _connected_to(postgres: Postgres) -> Iterator[None]:
    connection = connections["default"]
    connection.close()
    before = dict(connection.settings_dict)
    parts = psycopg.conninfo.conninfo_to_dict(postgres.app_url)
    connection.settings_dict.update(
        NAME=parts["dbname"],
        USER=parts["user"],
        PASSWORD=parts["password"],
        HOST=parts["host"],
        PORT=parts["port"],
    )
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@dataclass
class Fleet:
    """Celery workers of the product, each in a session of its own."""

    servers: Servers
    log: Path
    variables: dict[str, str] = field(default_factory=dict)
    processes: int = 2  # of each worker
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0

    def start(self) -> None:
        """One more worker."""
        command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "config", "worker"]
        options = [
            f"--concurrency={self.processes}",
            "--loglevel=WARNING",
            "--without-gossip",
            "--without-mingle",
        ]
        self.running.append(
            spawn(
                [*command, "--without-heartbeat", *options],
                env=self.servers.environment(**self.variables),
                cwd=settings.BASE_DIR,
                log=self.log,
            )
        )

    def kill_one(self) -> None:
        """Kill -9 the longest running worker and its children at once, and start another."""
        process = self.running.pop(0)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills += 1
        self.start()

    def kill_process(self, rng: random.Random) -> None:
        """Kill -9 one of the processes that do the work; its worker makes another."""
        for worker in self.running:
            children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
            if children.exists() and (found := children.read_text().split()):
                with suppress(ProcessLookupError):
                    os.kill(int(rng.choice(found)), signal.SIGKILL)
                self.kills += 1
                return
        self.kill_one()

    def revive(self) -> None:
        """Start again what has ended by itself, as any supervisor does."""
        for process in [each for each in self.running if each.poll() is not None]:
            self.running.remove(process)
            self.start()

    def stop(self) -> None:
        for process in self.running:
            stop(process, timeout=20)


def tick(servers: Servers) -> None:
    """What beat sends every 15 seconds; here more often."""
    with suppress(Exception), app.connection_for_write(servers.valkey.url) as broker:
        app.send_task("campaigns.tasks.tick", expires=15, connection=broker, retry=False)


def sink_process(kind: str, file: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A mail server (tests/makers/sinks.py) in a process that nobody kills, and its port."""
    file.touch()
    port = free_port()
    process = spawn(
        [sys.executable, "-m", "tests.makers.sinks", kind, str(port), str(file)],
        env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR)},
        cwd=settings.BASE_DIR,
    )
    return process, port


def when_connected(question, *, seconds: float = 60):
    """Ask the database, which may just be starting again."""
    until = time.monotonic() + seconds
    while True:
        try:
            return question()
        except (OperationalError, psycopg.Error):
            connections["default"].close()
            assert time.monotonic() < until
            time.sleep(0.2)
