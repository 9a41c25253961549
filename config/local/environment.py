"""The environment variables the product's processes get from the local servers."""

from __future__ import annotations

import os
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
from config.local.postgres import DATABASE, PostgresPasswords
from config.local.secret_files import new_password
from config.local.template import migrated_cluster
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
        valkey = Valkey(new_password(), home / "valkey.log", account=account)
        undo.callback(valkey.stop)
        valkey.start()
        log = home / "postgres.log"
        postgres = migrated_cluster(home, log, redis_url=valkey.url, account=account)
        undo.callback(postgres.stop)
        postgres.start()
        postgres.change_passwords(PostgresPasswords.random())
        yield {
            "DATABASE_URL": postgres.app_url,
            "DATABASE_URL_MIGRATE": postgres.owner_url,
            "REDIS_URL": valkey.url,
            "KOHORTA_TEST_TEMPLATE": DATABASE,
        }


def chromium() -> str | None:
    """Return the path of a Chromium for the browser tests, or None."""
    if given := os.environ.get("CHROMIUM"):
        return given
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
