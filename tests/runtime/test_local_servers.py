"""The servers behind ``./dev``: protected, private, and gone when they should be."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from psycopg.conninfo import make_conninfo

from config.local import state
from config.local.binaries import find_postgres
from config.local.environment import throwaway_servers
from config.local.places import ROOT, LocalServerError, unprivileged_account
from config.local.postgres import Postgres, PostgresPasswords
from config.local.processes import free_port, spawn, stop
from config.local.secret_files import new_password, write_secret
from config.local.valkey import Valkey


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def runs(pid: int) -> bool:
    """Whether the process is there and is more than a line in the table."""
    try:
        state_and_rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return state_and_rest[0] != "Z"


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(pid)


@pytest.fixture(scope="module")
def own_servers() -> Iterator[dict[str, str]]:
    """Start one more pair of servers, as a second ``./dev test`` would."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as monkeypatch:
            for name in ("DATABASE_URL", "DATABASE_URL_MIGRATE", "REDIS_URL"):
                monkeypatch.delenv(name)
            variables = stack.enter_context(throwaway_servers())
        yield variables


def test_servers_run_side_by_side_want_passwords_and_leave_nothing(
    own_servers: dict[str, str],
):
    database, broker = own_servers["DATABASE_URL"], own_servers["REDIS_URL"]
    assert database != os.environ.get("DATABASE_URL")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("kohorta_app",)
    for wrong in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo(database, password=wrong or " "), connect_timeout=5)
    assert redis.Redis.from_url(broker).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(broker.partition(":")[0] + "://" + broker.rpartition("@")[2]).ping()


def test_servers_listen_on_the_loopback_address_only(own_servers: dict[str, str]):
    addresses = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    for url in (own_servers["DATABASE_URL"], own_servers["REDIS_URL"]):
        port = int(url.rpartition(":")[2].partition("/")[0])
        listening = {address for address in addresses if address.endswith(f":{port:04X}")}
        assert listening
        assert {address.partition(":")[0] for address in listening} == {"0100007F"}


def test_no_secret_stands_in_a_process_list(own_servers: dict[str, str]):
    secrets = {url.split(":")[2].partition("@")[0] for url in own_servers.values() if "@" in url}
    assert len(secrets) == 3
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            shown = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        assert not [secret for secret in secrets if secret in shown], file


def test_roles_are_made_without_rights_they_do_not_need(own_servers: dict[str, str]):
    with psycopg.connect(own_servers["DATABASE_URL_MIGRATE"]) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname LIKE 'kohorta%' ORDER BY rolname"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'kohorta'"
        ).fetchone()
    assert rows == [
        ("kohorta_app", False, False, False, False),
        ("kohorta_owner", False, False, True, False),
    ]
    assert owner == ("kohorta_owner",)


def test_text_compares_alike_everywhere(own_servers: dict[str, str]):
    with psycopg.connect(own_servers["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT upper('łódź'), lower('ŻÓŁW'), 'É' ~* 'é'").fetchone()
    assert row == ("ŁÓDŹ", "żółw", True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A directory that the account which runs the servers reaches, as ``./dev up`` uses."""
    if unprivileged_account() is None:
        yield tmp_path
        return
    reachable = Path("/var/tmp") / f"kohorta-test-{os.getpid()}-{tmp_path.name}"
    reachable.mkdir(mode=0o755)
    yield reachable
    shutil.rmtree(reachable)


def test_a_lasting_server_keeps_its_data_and_changes_no_parent_directory(
    tmp_path: Path, place: Path
):
    watched = (tmp_path, tmp_path.parent, place, place.parent, ROOT, ROOT.parent)
    before = [mode_of(directory) for directory in watched]
    passwords = PostgresPasswords.random()
    first = Postgres(place, passwords, tmp_path / "log").start()
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    second = Postgres(place, passwords, tmp_path / "log").start()
    try:
        with psycopg.connect(second.owner_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        second.stop()
    assert mode_of(second.data) == 0o700
    assert [mode_of(directory) for directory in watched] == before
    assert not list(place.glob("initdb-*"))


def test_data_of_another_major_version_is_refused_with_advice(tmp_path: Path, place: Path):
    (place / "postgres").mkdir()
    (place / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalServerError, match=r"made by PostgreSQL 12.*reset"):
        Postgres(place, PostgresPasswords.random(), tmp_path / "log").start()


def test_the_compose_files_script_makes_the_same_roles(tmp_path: Path, place: Path):
    """docker/postgres runs once, on a new data directory, with passwords from its environment."""
    server = Postgres(place, PostgresPasswords.random(), tmp_path / "log").start()
    connect = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port)}
    superuser = make_conninfo(
        host="127.0.0.1", port=server.port, user="postgres", password=server.passwords.superuser
    )
    try:
        with psycopg.connect(superuser, autocommit=True, dbname="postgres") as connection:
            connection.execute("DROP DATABASE kohorta")
            connection.execute("DROP ROLE kohorta_app")
            connection.execute("DROP ROLE kohorta_owner")
        programs = find_postgres(unprivileged_account()).bin
        subprocess.run(
            ["/bin/sh", settings.BASE_DIR / "docker" / "postgres" / "10-roles.sh"],
            env={
                **connect,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PGPASSWORD": server.passwords.superuser,
                "KOHORTA_OWNER_PASSWORD": "o'wner \\ $x",
                "KOHORTA_APP_PASSWORD": 'a"pp',
            },
            check=True,
        )
        app = make_conninfo(superuser, user="kohorta_app", password='a"pp', dbname="kohorta")
        with (
            psycopg.connect(app) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("CREATE TABLE anything (id int)")
        owner = make_conninfo(superuser, user="kohorta_owner", password="o'wner \\ $x")
        with psycopg.connect(owner, dbname="kohorta") as connection:
            connection.execute("CREATE TABLE anything (id int)")
            faults = connection.execute(
                "SELECT count(*) FROM pg_roles"
                " WHERE rolname LIKE 'kohorta%' AND (rolsuper OR rolbypassrls)"
            ).fetchone()
        assert faults == (0,)
    finally:
        server.stop()


def test_secrets_are_random_and_readable_by_their_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(state, "VAR", tmp_path / "var")
    monkeypatch.setattr(state, "SECRETS", tmp_path / "var" / "secrets.json")
    made = state.load_secrets()
    assert state.load_secrets() == made
    assert mode_of(tmp_path / "var") == 0o700
    assert mode_of(tmp_path / "var" / "secrets.json") == 0o600
    values = {made.secret_key, made.valkey, *vars(made.postgres).values()}
    assert len(values) == 5
    assert {len(value) for value in values} == {64}


def test_a_secret_file_is_never_readable_by_others_even_while_replaced(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_secret(path, "new")
    assert (path.read_text(), mode_of(path)) == ("new", 0o600)
    assert [other.name for other in tmp_path.iterdir()] == ["secret"]


def test_a_free_port_is_chosen_when_the_usual_one_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        usual = taken.getsockname()[1]
        assert free_port(usual) != usual
    assert free_port(usual) == usual


def test_servers_die_with_the_process_that_started_them(tmp_path: Path):
    """Even when it is killed and can't clean up after itself."""
    code = (
        "import sys, time; from pathlib import Path; from config.local.valkey import Valkey;"
        "server = Valkey('x' * 64, Path(sys.argv[1])).start();"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    assert runs(server)
    parent.kill()
    parent.communicate()
    wait_until_gone(server)


def test_a_child_that_does_not_listen_is_killed_with_its_own_children():
    deaf = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    child = spawn(["/bin/sh", "-c", deaf], stdout=subprocess.PIPE)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    assert runs(grandchild)
    child.stdout.close()
    stop(child, timeout=0.3)
    assert child.returncode == -signal.SIGKILL
    wait_until_gone(grandchild)


def test_valkey_saves_nothing_and_refuses_to_forget_messages(tmp_path: Path):
    server = Valkey(new_password(), tmp_path / "log").start()
    try:
        client = redis.Redis.from_url(server.url, decode_responses=True)
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.close()
    finally:
        server.stop()


@pytest.mark.parametrize("given", ["DATABASE_URL", "REDIS_URL"])
def test_half_a_pair_of_own_servers_is_refused(given: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("DATABASE_URL", "REDIS_URL"):
        if name != given:
            monkeypatch.delenv(name)
    with pytest.raises(LocalServerError, match="both"), throwaway_servers():
        pass


def test_nothing_is_started_where_the_environment_names_servers():
    assert os.environ["DATABASE_URL"]
    with throwaway_servers() as variables:
        assert variables == {}


def test_everything_starts_answers_and_stops_from_a_directory_only_its_owner_reads(
    tmp_path: Path,
):
    """`up --detach`, a second `up`, `manage` and `down` in a copy of the checkout."""
    home = tmp_path / "private"
    home.mkdir(mode=0o700)
    checkout = home / "kohorta"
    shutil.copytree(
        settings.BASE_DIR,
        checkout,
        symlinks=True,
        ignore=shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache"),
    )
    (checkout / ".venv").symlink_to(settings.BASE_DIR / ".venv")
    kept = ("PATH", "HOME", "LANG")
    env = {name: os.environ[name] for name in kept if name in os.environ}

    def dev(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "dev", *arguments],
            cwd=checkout,
            env=env,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    try:
        shown = dev("up", "--detach", "--no-demo")
        url = json.loads((checkout / "var" / "running.json").read_text())["url"]
        assert url in shown
        assert mode_of(checkout / "var" / "running.json") == 0o600
        begin = time.monotonic()
        assert "running already" in dev("up", "--detach", "--no-demo")
        assert time.monotonic() - begin < 10
        assert "No planned migration operations" in dev("manage", "migrate", "--plan")
        assert "Stopped" in dev("down")
        assert "isn't running" in dev("down")
        assert mode_of(home) == 0o700
    finally:
        dev("reset")
    assert not (checkout / "var").exists()
