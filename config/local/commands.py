"""``./dev manage``, ``lint`` and ``fix``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from config.local.places import ROOT, say
from config.local.translations import compile_translations
from config.local.up import servers_for_a_command

APPS = (
    "workspaces",
    "contacts",
    "tracking",
    "transactions",
    "segments",
    "campaigns",
    "automation",
    "config",
)


def manage(arguments: Sequence[str]) -> int:
    """Run a management command on the running servers, or on servers started for it."""
    compile_translations()
    given = list(arguments)
    if given[:1] == ["migrate"] and not any(part.startswith("--database") for part in given):
        given.append("--database=owner")  # the app's role may not change the schema
    with servers_for_a_command() as env:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the command
        try:
            return subprocess.run(
                [sys.executable, "manage.py", *given],
                cwd=ROOT,
                env={**os.environ, **env, "KOHORTA_PROCESS": "command"},
                check=False,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            ).returncode
        finally:
            signal.signal(signal.SIGINT, before)


def lint() -> int:
    """Run every static check; return 1 if any complains."""
    checks = (
        ("ruff check", ["ruff", "check", "."]),
        ("ruff format", ["ruff", "format", "--check", "."]),
        ("mypy", ["mypy", *APPS]),
        ("import-linter", ["lint-imports", "--no-logo"]),
    )
    failed = [name for name, command in checks if _run_tool(name, command) != 0]
    say(f"lint: {', '.join(failed)} failed" if failed else "lint: all clean")
    return 1 if failed else 0


def fix() -> int:
    """Let ruff repair what it can, and format."""
    repaired = _run_tool("ruff check --fix", ["ruff", "check", "--fix", "."])
    return max(repaired, _run_tool("ruff format", ["ruff", "format", "."]))


def _run_tool(name: str, command: Sequence[str]) -> int:
    say(f"== {name}")
    # mypy's plugin loads the settings; nothing connects to these addresses.
    unused = {
        "SECRET_KEY": "unused",
        "DATABASE_URL": "postgres://unused@127.0.0.1:1/unused",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PYTHONPATH": str(ROOT),
    }
    program = Path(sys.executable).with_name(command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=ROOT, env={**os.environ, **unused}, check=False
    ).returncode
