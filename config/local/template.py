"""A migrated, empty cluster kept between test runs: copying it is ten times faster than migrating.

It is made anew when a migration, a model or the lock changes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config.local.places import ROOT, Account, LocalServerError, server_home
from config.local.postgres import Postgres, PostgresPasswords
from config.local.secret_files import new_password, write_secret

WATCHED = (
    "*/migrations/*.py",
    "*/models.py",
    "*/models/*.py",
    "workspaces/*.py",
    "config/settings.py",
    "requirements/dev.txt",
)
KEPT = 3


def migrated_cluster(home: Path, log: Path, *, redis_url: str, account: Account | None) -> Postgres:
    """Return a stopped server below `home`, its database migrated.

    The passwords are the template's: change them once it runs.
    """
    with _locked(account) as store:
        template = store / _fingerprint()
        if not template.exists():
            _build(template, log, redis_url=redis_url, account=account)
            _forget_old(store)
        passwords = PostgresPasswords(**json.loads((template / "passwords.json").read_text()))
        os.utime(template)
        shutil.copytree(template / "postgres", home / "postgres")
    postgres = Postgres(home, passwords, log, throwaway=True, account=account)
    _give_to_account(postgres)
    return postgres


def _build(template: Path, log: Path, *, redis_url: str, account: Account | None) -> None:
    passwords = PostgresPasswords.random()
    with tempfile.TemporaryDirectory(prefix="building-", dir=template.parent) as scratch:
        place = Path(scratch)
        if account is not None:
            place.chmod(0o711)
        postgres = Postgres(place, passwords, log, throwaway=True, account=account)
        try:
            postgres.start()
            _migrate(postgres, redis_url)
        finally:
            postgres.stop()
        write_secret(place / "passwords.json", json.dumps(dataclasses.asdict(passwords)))
        place.rename(template)
        place.mkdir()  # for the temporary directory to remove


def _migrate(postgres: Postgres, redis_url: str) -> None:
    env = {
        **os.environ,
        "DATABASE_URL": postgres.app_url,
        "DATABASE_URL_MIGRATE": postgres.owner_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": new_password(),
        "KOHORTA_PROCESS": "test",
    }
    command = [sys.executable, "manage.py", "migrate", "--database=owner", "--skip-checks", "-v0"]
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise LocalServerError(f"The migrations failed:\n{done.stdout}{done.stderr}")


def _give_to_account(postgres: Postgres) -> None:
    if postgres.account is None:
        return
    for directory, _, files in os.walk(postgres.data):
        for path in (Path(directory), *(Path(directory) / name for name in files)):
            postgres.account.own(path)


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for pattern in WATCHED:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _forget_old(store: Path) -> None:
    templates = [path for path in store.iterdir() if path.is_dir() and len(path.name) == 16]
    by_last_use = sorted(templates, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_last_use[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(account: Account | None) -> Iterator[Path]:
    store = server_home(account) / "test-clusters"
    store.mkdir(mode=0o755 if account else 0o700, parents=True, exist_ok=True)
    with (store / "lock").open("w") as file:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield store
