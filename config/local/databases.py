"""The lasting local servers of this checkout, started when the environment names none."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from config.local.environment import has_own_servers
from config.local.places import ROOT, LocalServerError, say, server_home, unprivileged_account
from config.local.postgres import Postgres
from config.local.processes import spawn, stop
from config.local.services import Service, Services, log_file
from config.local.state import MIGRATED, load_secrets
from config.local.valkey import Valkey


def start_databases(services: Services) -> dict[str, str]:
    """Start PostgreSQL and Valkey unless the environment names servers; return all variables."""
    secrets = load_secrets()
    env = {
        "SECRET_KEY": secrets.secret_key,
        "KOHORTA_LOCAL": "true",
        "PYTHONUNBUFFERED": "1",
        **os.environ,
    }
    if has_own_servers():
        return env
    account = unprivileged_account()
    postgres = Postgres(
        server_home(account), secrets.postgres, log_file("postgres"), account=account
    )
    valkey = Valkey(secrets.valkey, log_file("valkey"), account=account)
    services.launch(_lasting("PostgreSQL", postgres))
    services.launch(_lasting("Valkey", valkey))
    env["DATABASE_URL"] = postgres.app_url
    env["DATABASE_URL_MIGRATE"] = postgres.owner_url
    env["REDIS_URL"] = valkey.url
    return env


def _lasting(name: str, server: Postgres | Valkey) -> Service:
    def start() -> subprocess.Popen[bytes]:
        port = server.port
        server.start(preferred_port=port)
        if port and server.port != port:
            raise LocalServerError(f"{name} can't come back: its port {port} was taken.")
        if server.process is None:
            raise LocalServerError(f"{name} did not start.")
        return server.process

    return Service(name, start, end=server.stop)


def migrate(env: dict[str, str]) -> None:
    """Bring the database to the newest schema; skipped when no migration changed since."""
    version = f"{_migrations_fingerprint()} {env['DATABASE_URL'].rpartition(':')[0]}"
    is_embedded = not has_own_servers()
    if is_embedded and MIGRATED.exists() and MIGRATED.read_text() == version:
        return
    say("Preparing the database ...")
    alias = "owner" if env.get("DATABASE_URL_MIGRATE") else "default"
    run_manage(["migrate", f"--database={alias}", "--skip-checks", "-v0"], env)
    MIGRATED.write_text(version)


def run_manage(arguments: list[str], env: dict[str, str]) -> None:
    """Run a management command to its end; raises `LocalServerError` with what it printed."""
    process = spawn(
        [sys.executable, "manage.py", *arguments],
        env={**env, "KOHORTA_PROCESS": "command"},
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        output, _ = process.communicate()
    finally:
        stop(process)
    if process.returncode != 0:
        raise LocalServerError(f"manage.py {arguments[0]} failed.\n{output.decode()}")


def _migrations_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    digest.update((ROOT / "requirements" / "runtime.txt").read_bytes())  # libraries migrate too
    return digest.hexdigest()
