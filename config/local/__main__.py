"""The commands of ``./dev``, inside the virtual environment."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from config.local.places import LocalServerError, fail


def main(command: str, arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Each loads only what it needs."""
    match command:
        case "up" | "down" | "reset":
            from config.local import up

            return {"up": lambda: up.up(arguments), "down": up.down, "reset": up.reset}[command]()
        case "test" | "bench":
            from config.local import testing

            if command == "bench":
                return testing.run_benchmarks(arguments)
            rest = [part for part in arguments if part != "--night"]
            return testing.run_tests(rest, night="--night" in arguments)
        case "manage" | "lint" | "fix":
            from config.local import commands

            if command == "manage":
                return commands.manage(arguments)
            return commands.lint() if command == "lint" else commands.fix()
    raise LocalServerError(f"there is no command {command!r}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except LocalServerError as error:
        fail(str(error))
