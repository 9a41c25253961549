"""The commands of ``./dev``, inside the virtual environment."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from config.local.places import LocalServerError, fail


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    command, rest = arguments[0], list(arguments[1:])
    if command == "test":
        from config.local.testing import run_tests

        night = "--night" in rest
        return run_tests([part for part in rest if part != "--night"], night=night)
    if command == "bench":
        from config.local.testing import run_benchmarks

        return run_benchmarks(rest)
    raise LocalServerError(f"unknown command {command!r}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LocalServerError as error:
        fail(str(error))
