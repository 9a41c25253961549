"""``./dev bench send``: how fast campaigns are frozen and sent to a sink on this machine.

Every message is claimed, rendered, recorded as a fact of its contact and logged as a change.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
KINDS = {"smtp": (300, "SMTP, one message at a time on a connection"), "http": (1_500, "batches")}


def main() -> int:
    """Measure what the arguments ask for; 1 when messages are missing or doubled."""
    arguments = _parser().parse_args()
    django.setup()
    if arguments.work:
        return work(arguments.connections)
    if arguments.only == "freeze":
        from tests.bench.freezing import report_freeze

        return report_freeze(arguments.recipients, say=say)
    kinds = [arguments.only] if arguments.only else list(KINDS)
    return max(measure(kind, arguments) for kind in kinds)


def work(connections: int) -> int:
    """A worker: says that it is ready, waits to be told to begin, sends all there is, and says
    how much CPU that took, in seconds.
    """
    from django.urls import reverse
    from django.utils import timezone

    from campaigns.content.sandbox import check
    from campaigns.delivery.sending import send_all

    # A worker that has run for a while has read all its modules and has its child.
    reverse("message-open", args=["token"])
    check({"warm": "up"})
    before = _tree_seconds(os.getpid())
    say("ready")
    sys.stdin.readline()
    send_all(seconds=3_600, senders=connections, clock=timezone.now)
    say(str(_tree_seconds(os.getpid()) - before))
    return 0


def measure(kind: str, arguments: argparse.Namespace) -> int:
    """Freeze and send one run, and say how it went."""
    from django.db.models import Value
    from django.db.models.functions import Concat
    from django.utils import timezone

    from campaigns.models import Recipient
    from tests.bench.freezing import make_big_shop, measure_freeze
    from tests.makers.delivery import make_api_account, make_smtp_account, states
    from tests.makers.sinks import accepted_in
    from workspaces.tenancy import workspace_scope

    goal, what = KINDS[kind]
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory()))
        sink, port = _sink(kind, folder / "accepted")
        undo.callback(sink.wait)
        undo.callback(sink.terminate)
        shop = make_big_shop(arguments.recipients, now=timezone.now())
        (make_smtp_account if kind == "smtp" else make_api_account)(shop, port)
        run, seconds = measure_freeze(shop, now=timezone.now())
        with workspace_scope(shop):  # the big shop's contacts have names for addresses
            Recipient.objects.update(address=Concat("address", Value("@mail.example")))
        say(f"{arguments.recipients:,} recipients frozen in {seconds:.1f} s")

        workers = [_worker(arguments.connections) for _ in range(arguments.workers)]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        before = {"PostgreSQL": _database_seconds(), "sink": _process_seconds(sink.pid)}
        started = time.perf_counter()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(b"\n")
            worker.stdin.flush()
        said = [worker.communicate()[0].decode() for worker in workers]
        took = time.perf_counter() - started
        spent = {
            "workers": sum(float(line) for line in said),
            "PostgreSQL": _database_seconds() - before["PostgreSQL"],
            "sink": _process_seconds(sink.pid) - before["sink"],
        }
        accepted = Counter(accepted_in(folder / "accepted"))
        found = states(shop, run)
    number = arguments.recipients
    rate = number / took
    each = {name: value / number * 1000 for name, value in spent.items()}
    busy = sum(each.values())
    say(f"{what}: {rate:,.0f} messages a second with {arguments.workers} workers")
    say(
        "  CPU of a message: "
        + ", ".join(f"{name} {value:.2f} ms" for name, value in each.items())
        + f"; two idle cores could do {2_000 / busy:,.0f} a second (goal {goal:,})"
    )
    whole = found == {"sent": number} and len(accepted) == number == sum(accepted.values())
    if not whole:
        say(f"  not every message came exactly once: {found}, {sum(accepted.values())} accepted")
    return 0 if whole else 1


def say(text: str) -> None:
    """One line of the report, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _sink(kind: str, file: Path) -> tuple[subprocess.Popen[bytes], int]:
    from config.local.processes import free_port, spawn

    file.touch()
    port = free_port()
    program = [sys.executable, "-m", "tests.makers.sinks", kind, str(port), str(file)]
    return spawn(program, env=dict(os.environ), cwd=ROOT), port


def _worker(connections: int) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "tests.bench.sending", "--work"]
    return subprocess.Popen(
        [*program, "--connections", str(connections)],
        cwd=ROOT,
        env={**os.environ, "KOHORTA_PROCESS": "worker"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _database_seconds() -> float:
    """CPU of PostgreSQL so far: its main process, those it has seen end, and those at work."""
    from django.db import connection

    connection.ensure_connection()
    backend = _stat(connection.connection.info.backend_pid)
    return _tree_seconds(int(backend[1]))


def _tree_seconds(pid: int) -> float:
    """CPU of a process, of its children that have ended, and of those at work."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ended = sum(map(int, _stat(pid)[11:15])) / TICKS
    return ended + sum(_process_seconds(int(child)) for child in children)


def _process_seconds(pid: int) -> float:
    try:
        return sum(map(int, _stat(pid)[11:13])) / TICKS
    except FileNotFoundError:
        return 0.0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench send", description=__doc__)
    parser.add_argument("--recipients", type=int, default=20_000, help="of each run")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--connections", type=int, default=1, help="side by side in each process")
    parser.add_argument("--only", choices=[*KINDS, "freeze"], help="one way to send, or none")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
