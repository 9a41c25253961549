"""``./dev bench``: load, ask, measure, report."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import django


def main() -> int:
    """Run what the arguments ask for; 1 when answers disagree."""
    arguments = _parser().parse_args()
    django.setup()
    from tests.bench.asking import ask_all
    from tests.bench.measure import measure_all
    from tests.bench.prepared import SMALL_TENANTS, prepare
    from tests.bench.report import Run, write_report
    from tests.bench.timing import Disagreement

    small = arguments.small_tenants
    if small is None:
        small = max(round(SMALL_TENANTS * arguments.scale), 1)
    home = Path(os.environ["KOHORTA_BENCH_HOME"])
    bench = prepare(
        home, scale=arguments.scale, small_tenants=small, seed=arguments.seed, step=tell
    )
    try:
        lines = (
            []
            if arguments.only == "measures"
            else ask_all(bench, repeats=arguments.repeats, step=tell)
        )
    except Disagreement as error:
        tell(f"The answers disagree. {error}")
        return 1
    measures = (
        []
        if arguments.only == "questions"
        else measure_all(bench, names=arguments.measure, repeats=arguments.repeats, step=tell)
    )
    text = write_report(Run(bench, arguments.scale, arguments.repeats, lines, measures))
    if arguments.report:
        Path(arguments.report).write_text(text)
        tell(f"The report is {arguments.report}.")
    else:
        sys.stdout.write(text)
    return 0


def tell(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1: a million contacts")
    parser.add_argument(
        "--small-tenants", type=int, help="of 5,000 contacts each; 200 at scale 1 if not given"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the generated data")
    parser.add_argument("--repeats", type=int, default=5, help="medians are taken of so many")
    parser.add_argument(
        "--keep", action="store_true", help="keep the loaded data, and use what was kept"
    )
    parser.add_argument("--only", choices=["questions", "measures"], help="leave the other out")
    parser.add_argument(
        "--measure", action="append", default=[], help="only this one of the measures (repeatable)"
    )
    parser.add_argument("--report", help="the Markdown file to write; else it is printed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
