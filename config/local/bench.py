"""The servers of ``./dev bench``: tuned, and kept with their data where that is asked for."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.local.databases import run_manage
from config.local.environment import has_own_servers
from config.local.places import Account, private_directory, server_home, unprivileged_account
from config.local.postgres import Postgres, PostgresPasswords
from config.local.secret_files import new_password, write_secret
from config.local.template import migrated_cluster
from config.local.valkey import Valkey

MOST_SHARED_BUFFERS_MB = 5_120
# What a server for a million contacts should be told (docs/operations.md), and little log of
# changes: there is no replica.
SETTINGS = {
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "64",
    "checkpoint_timeout": "15min",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_vacuum_insert_scale_factor": "0.02",
}


@contextmanager
def bench_servers(arguments: Sequence[str]) -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Valkey for the measurements; yield the variables of the process.

    With `--keep` the data stay below KOHORTA_BENCH_DIR, or beside the lasting servers of this
    checkout, in a directory named by scale, small tenants and seed; the next run finds it.
    """
    account = unprivileged_account()
    name, is_kept = _named(arguments)
    home = _home(account) / name
    with ExitStack() as undo:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711 if account else 0o700)
        if not is_kept:
            undo.callback(shutil.rmtree, home, ignore_errors=True)
        if has_own_servers():
            yield {"KOHORTA_BENCH_HOME": str(home)}
            return
        valkey = Valkey(new_password(), home / "valkey.log", account=account)
        undo.callback(valkey.stop)
        valkey.start()
        postgres = _postgres(home, account, redis_url=valkey.url)
        undo.callback(postgres.stop)
        postgres.start()
        _change_passwords(postgres, home)
        env = {
            "DATABASE_URL": postgres.app_url,
            "DATABASE_URL_MIGRATE": postgres.owner_url,
            "REDIS_URL": valkey.url,
            "KOHORTA_BENCH_HOME": str(home),
        }
        secret = {"SECRET_KEY": new_password()}
        run_manage(
            ["migrate", "--database=owner", "--skip-checks", "-v0"], {**os.environ, **secret, **env}
        )
        yield env


def _named(arguments: Sequence[str]) -> tuple[str, bool]:
    """What tells data sets apart, and whether to keep this one."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--small-tenants", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    known, _ = parser.parse_known_args(list(arguments))
    small = "" if known.small_tenants is None else f"-{known.small_tenants}"
    name = f"scale-{known.scale:g}{small}-seed-{known.seed}"
    return (name if known.keep else f"{name}-{os.getpid()}"), known.keep


def _home(account: Account | None) -> Path:
    if given := os.environ.get("KOHORTA_BENCH_DIR"):
        return Path(given)
    if account is None:
        return private_directory(server_home(account) / "bench")
    return server_home(account) / "bench"


def _postgres(home: Path, account: Account | None, *, redis_url: str) -> Postgres:
    log = home / "postgres.log"
    stored = home / "passwords.json"
    if stored.exists():
        passwords = PostgresPasswords(**json.loads(stored.read_text()))
        postgres = Postgres(home, passwords, log, account=account)
    else:
        shutil.rmtree(home / "postgres", ignore_errors=True)  # of a run that got no further
        postgres = migrated_cluster(home, log, redis_url=redis_url, account=account)
    return dataclasses.replace(postgres, throwaway=False, settings=_settings())


def _settings() -> dict[str, str]:
    """A quarter of the memory for the buffers, half of it assumed to cache files."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return {
        **SETTINGS,
        "shared_buffers": f"{min(memory // 4, MOST_SHARED_BUFFERS_MB)}MB",
        "effective_cache_size": f"{memory // 2}MB",
        # No more processes than cores: whoever asks something small waits behind all of them.
        "max_parallel_workers": str(os.cpu_count() or 1),
        "max_parallel_workers_per_gather": str(max(1, (os.cpu_count() or 1) - 1)),
    }


def _change_passwords(postgres: Postgres, home: Path) -> None:
    """Once: a new cluster has those of the template."""
    stored = home / "passwords.json"
    if not stored.exists():
        passwords = PostgresPasswords.random()
        postgres.change_passwords(passwords)
        write_secret(stored, json.dumps(dataclasses.asdict(passwords)))
