"""Where the local servers keep things, and which account runs them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var"
LOGS = VAR / "logs"
MAIL = VAR / "mail"
SHARED_TEMPORARY = Path("/var/tmp")  # noqa: S108 - every path made in it is checked or random


class LocalServerError(Exception):
    """A local server can't be set up or started; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account that runs the servers when we are root."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give the path to the account."""
        os.chown(path, self.uid, self.gid)


def identity(account: Account | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a program as the account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def say(text: str) -> None:
    """Show progress; standard output stays free for what was asked for."""
    print(text, file=sys.stderr, flush=True)


def fail(text: str) -> NoReturn:
    """Stop with a message and exit code 1."""
    say(f"dev: {text}")
    raise SystemExit(1)


def unprivileged_account() -> Account | None:
    """Return the account to drop to, or None when we aren't root.

    PostgreSQL refuses to run as root, and initdb wants an account that exists.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise LocalServerError(
        "Running as root, and there is neither an account 'postgres' nor 'nobody' to drop to."
    )


def private_directory(path: Path) -> Path:
    """Create a directory for its owner alone; parents keep their modes."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def reachable_directory(name: str) -> Path:
    """Return a root-owned directory under /var/tmp that an unprivileged account can enter.

    The checkout may lie in a directory that only root can read, so what the account needs goes
    here. Raises `LocalServerError` if somebody else got there first.
    """
    path = SHARED_TEMPORARY / name
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o755)
    status = path.lstat()
    if path.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise LocalServerError(f"{path} exists and isn't ours alone; remove it.")
    return path


def fingerprint(text: str) -> str:
    """Return a short name for a path or version."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def server_home(account: Account | None) -> Path:
    """Return where the lasting servers of this checkout keep their data."""
    if account is None:
        return private_directory(VAR / "servers")
    return reachable_directory(f"kohorta-{fingerprint(str(ROOT))}")
