"""A PostgreSQL server of our own, with the two roles the product wants."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from config.local.binaries import PostgresBinaries, find_postgres
from config.local.places import Account, LocalServerError, identity, unprivileged_account
from config.local.processes import free_port, spawn, stop
from config.local.secret_files import new_password

OWNER_ROLE = "kohorta_owner"
APP_ROLE = "kohorta_app"
DATABASE = "kohorta"
START_TIMEOUT_SECONDS = 60
BUILTIN_LOCALE_SINCE = 17

# Data that is thrown away needs no protection against a power cut.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}


@dataclass(frozen=True)
class PostgresPasswords:
    """One password a role."""

    superuser: str
    owner: str
    app: str

    @classmethod
    def random(cls) -> Self:
        """Three new ones."""
        return cls(new_password(), new_password(), new_password())


@dataclass
class Postgres:
    """One server: `start()` initialises its data if need be; `stop()` shuts it down cleanly."""

    home: Path
    passwords: PostgresPasswords
    log: Path
    throwaway: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)  # beside ours, and before them
    account: Account | None = field(default_factory=unprivileged_account)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "postgres"

    @property
    def app_url(self) -> str:
        """DATABASE_URL: the role that can't bypass row-level security."""
        return self._url(APP_ROLE, self.passwords.app)

    @property
    def owner_url(self) -> str:
        """DATABASE_URL_MIGRATE: the role that owns the tables."""
        return self._url(OWNER_ROLE, self.passwords.owner)

    def _url(self, role: str, password: str) -> str:
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self, *, preferred_port: int = 0) -> Self:
        """Start the server on a free port; raises `LocalServerError` with the end of its log."""
        binaries = find_postgres(self.account)
        is_new = not (self.data / "PG_VERSION").exists()
        if is_new:
            self._initialise(binaries)
        self._refuse_other_major(binaries)
        for attempt in range(3):  # the port may be taken between our look and its bind
            self.port = free_port(preferred_port if attempt == 0 else 0)
            if self._run(binaries):
                break
        else:
            raise LocalServerError(f"PostgreSQL did not start:\n{_end_of(self.log)}")
        self._make_roles()
        return self

    def change_passwords(self, passwords: PostgresPasswords) -> None:
        """Set the passwords of all three roles of the running server."""
        new = {
            "postgres": passwords.superuser,
            OWNER_ROLE: passwords.owner,
            APP_ROLE: passwords.app,
        }
        with self._connect("postgres") as connection:
            for role, password in new.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
        self.passwords = passwords

    def stop(self) -> None:
        """Shut down fast but cleanly: open transactions are rolled back."""
        if self.process is not None:
            stop(self.process, with_signal=signal.SIGINT, timeout=30)

    def _initialise(self, binaries: PostgresBinaries) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self.account is not None:
            self.account.own(self.data)
        locale = ["--locale-provider=libc", "--locale=C.UTF-8"]
        if binaries.major >= BUILTIN_LOCALE_SINCE:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        password_file = self._password_file()
        try:
            done = subprocess.run(
                [
                    str(binaries.bin / "initdb"),
                    *("-D", str(self.data), "-U", "postgres", "--encoding=UTF8"),
                    *("--auth=scram-sha-256", f"--pwfile={password_file}", *locale),
                    *(["--no-sync"] if self.throwaway else []),
                ],
                check=False,
                capture_output=True,
                text=True,
                env=self._environment(),
                cwd="/",
                **identity(self.account),
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise LocalServerError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _password_file(self) -> Path:
        handle, name = tempfile.mkstemp(dir=self.home, prefix="initdb-")  # 0600 from the start
        with os.fdopen(handle, "w") as file:
            file.write(self.passwords.superuser)
        if self.account is not None:
            self.account.own(Path(name))
        return Path(name)

    def _refuse_other_major(self, binaries: PostgresBinaries) -> None:
        made_by = int((self.data / "PG_VERSION").read_text().split(".")[0])
        if made_by != binaries.major:
            raise LocalServerError(
                f"The data in {self.data} was made by PostgreSQL {made_by}, but the programs found"
                f" are version {binaries.major}. Install that version, or start anew with"
                " './dev reset'."
            )

    def _run(self, binaries: PostgresBinaries) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "128MB" if self.throwaway else "256MB",
            "jit": "off",
            "log_min_messages": "warning",
            **(THROWAWAY if self.throwaway else {"max_wal_size": "2GB"}),
            **self.settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = spawn(
            [binaries.bin / "postgres", "-D", self.data, *options],
            account=self.account,
            env=self._environment(),
            log=self.log,
            death_signal=signal.SIGINT,
        )
        return self._answers(self.process)

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    stop(process, with_signal=signal.SIGINT)
                    raise LocalServerError(
                        "The stored passwords don't fit the stored data. './dev reset' starts anew."
                    ) from error
                time.sleep(0.05)
            else:
                return process.poll() is None
        stop(process, with_signal=signal.SIGINT)
        return False

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self.passwords.superuser,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _make_roles(self) -> None:
        """Make what is missing: an interrupted first start is completed by the second."""
        roles = {
            OWNER_ROLE: (self.passwords.owner, "LOGIN CREATEDB NOBYPASSRLS"),
            APP_ROLE: (self.passwords.app, "LOGIN NOCREATEDB NOBYPASSRLS"),
        }
        with self._connect("postgres") as connection:
            for name, (password, attributes) in roles.items():
                exists = connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = %s", [name]
                ).fetchone()
                if not exists:
                    connection.execute(
                        sql.SQL(f"CREATE ROLE {{}} {attributes} PASSWORD {{}}").format(
                            sql.Identifier(name), sql.Literal(password)
                        )
                    )
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                    )
                )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _end_of(log: Path, lines: int = 20) -> str:
    if not log.exists():
        return "(it wrote no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
