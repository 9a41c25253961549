"""What this checkout remembers between runs: secrets, the login, and who is running now."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from config.local.places import VAR, private_directory
from config.local.postgres import PostgresPasswords
from config.local.secret_files import new_password, write_secret

SECRETS = VAR / "secrets.json"
RUNNING = VAR / "running.json"
LOGIN = VAR / "login.json"
MIGRATED = VAR / "migrated"
LOCK = VAR / "running.lock"


@dataclass(frozen=True)
class Secrets:
    """What the lasting local servers are protected with."""

    secret_key: str
    valkey: str
    postgres: PostgresPasswords


@dataclass(frozen=True)
class Running:
    """A running ``./dev up``: everything another command needs to talk to it."""

    pid: int
    url: str
    is_ready: bool
    env: dict[str, str]


def load_secrets() -> Secrets:
    """Return this checkout's secrets, made on first use."""
    private_directory(VAR)
    if not SECRETS.exists():
        made = Secrets(new_password(), new_password(), PostgresPasswords.random())
        write_secret(SECRETS, json.dumps(asdict(made)))
    stored = json.loads(SECRETS.read_text())
    return Secrets(stored["secret_key"], stored["valkey"], PostgresPasswords(**stored["postgres"]))


@contextlib.contextmanager
def exclusive() -> Iterator[bool]:
    """Hold the local servers of this checkout; yields False when another process holds them.

    The lock goes away with its process, however that ends.
    """
    import fcntl

    private_directory(VAR)
    with LOCK.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            RUNNING.unlink(missing_ok=True)


def note_running(*, url: str, is_ready: bool, env: dict[str, str]) -> None:
    """Tell other commands about this process."""
    write_secret(RUNNING, json.dumps(asdict(Running(os.getpid(), url, is_ready, env))))


def running() -> Running | None:
    """Return the running ``./dev up``, if one holds the lock and has said so."""
    with exclusive() as is_free:
        if is_free:
            return None
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        return Running(**json.loads(RUNNING.read_text()))
    return None


def wait_until_free(timeout: float) -> bool:
    """Wait for the other process to end; whether it did."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with exclusive() as is_free:
            if is_free:
                return True
        time.sleep(0.1)
    return False


def stored_login() -> dict[str, Any] | None:
    """Return the demo shop's login, if one was made."""
    if not LOGIN.exists():
        return None
    login: dict[str, Any] = json.loads(LOGIN.read_text())
    return login
