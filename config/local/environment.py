"""The environment variables the product's processes get from the local servers."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.local.places import (
    SHARED_TEMPORARY,
    LocalServerError,
    unprivileged_account,
)
from config.local.postgres import Postgres, PostgresPasswords
from config.local.valkey import Valkey

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def has_own_servers() -> bool:
    """Whether the environment names servers, so that nothing embedded is started.

    Raises `LocalServerError` when only one of the two is named.
    """
    named = [bool(os.environ.get(name)) for name in ("DATABASE_URL", "REDIS_URL")]
    if any(named) and not all(named):
        raise LocalServerError("Set both DATABASE_URL and REDIS_URL, or neither.")
    return all(named)


def new_password() -> str:
    """Return 256 random bits that need no quoting in a URL or a configuration file."""
    return secrets.token_hex(32)


@contextmanager
def throwaway_servers() -> Iterator[dict[str, str]]:
    """Run private servers on free ports for the time of the block; yield their variables.

    Any number of these can run side by side from one checkout.
    """
    if has_own_servers():
        yield {}
        return
    account = unprivileged_account()
    with ExitStack() as undo:
        # Ours alone when we run the servers ourselves; else the account must get through it.
        home = Path(
            tempfile.mkdtemp(prefix="kohorta-test-", dir=SHARED_TEMPORARY if account else None)
        )
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        if account is not None:
            home.chmod(0o711)
        passwords = PostgresPasswords(new_password(), new_password(), new_password())
        postgres = Postgres(home, passwords, home / "postgres.log", throwaway=True)
        undo.callback(postgres.stop)
        valkey = Valkey(new_password(), home / "valkey.log")
        undo.callback(valkey.stop)
        postgres.start()
        valkey.start()
        yield {
            "DATABASE_URL": postgres.app_url,
            "DATABASE_URL_MIGRATE": postgres.owner_url,
            "REDIS_URL": valkey.url,
        }


def chromium() -> str | None:
    """Return the path of a Chromium for the browser tests, or None."""
    if given := os.environ.get("KOHORTA_CHROMIUM"):
        return given
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
