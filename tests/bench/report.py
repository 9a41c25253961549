"""The report: what was measured on what, beside DuckDB, and what falls short."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path

import django
import duckdb
import numpy as np
from django.db import connection

from tests.bench.asking import Line
from tests.bench.measure import Measure
from tests.bench.prepared import Bench

COMPARED = [f"Q{number}" for number in range(1, 11)]
COLD_GOAL = 1.0


@dataclass(frozen=True)
class Run:
    """Everything one run found."""

    bench: Bench
    scale: float
    repeats: int
    lines: Sequence[Line]
    measures: Sequence[Measure]


def write_report(run: Run) -> str:
    """The report as Markdown."""
    parts = [*_opening(run)]
    if run.lines:
        parts += [*_questions(run), *_shapes(run)]
    if run.measures:
        parts += [*_measures(run)]
    parts += [*_falling_short(run), *_loading(run), *_fairness()]
    return "\n".join(parts) + "\n"


def _opening(run: Run) -> Iterator[str]:
    rows = run.bench.rows
    events = rows["visits"] + rows["page_views"] + rows["activities"]
    yield f"# Measured at scale {run.scale:g}"
    yield ""
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}. PostgreSQL {_postgres()}, DuckDB"
        f" {duckdb.__version__}, numpy {np.__version__}, Django {django.__version__}, Python"
        f" {platform.python_version()}. Medians of {run.repeats} runs, both sides in turns in one"
        " process, everything warm in memory; load of the machine at the end of the run"
        f" {os.getloadavg()[1]:.1f}."
    )
    yield ""
    yield (
        f"The large shop has {rows['contacts']:,} contacts, {rows['tags']:,} tags,"
        f" {rows['transactions']:,} transactions, {rows['lines']:,} line items, {events:,} visits,"
        f" page views and activities, and {rows['message_events']:,} message events of"
        f" {rows['messages']:,} messages; beside it in the same database one of"
        f" {round(rows['contacts'] / 10):,} contacts and {len(run.bench.small)} of 5,000. All"
        f" questions are asked as of {run.bench.as_of:%Y-%m-%d %H:%M} UTC."
    )


def _machine() -> str:
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB of memory, {platform.system()}"


def _postgres() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('shared_buffers'),"
            " current_setting('work_mem'), current_setting('jit')"
        )
        version, buffers, memory, jit = cursor.fetchone()
    return f"{version} (shared_buffers {buffers}, work_mem {memory}, jit {jit})"


def _questions(run: Run) -> Iterator[str]:
    yield ""
    yield "## Q1 to Q13"
    yield ""
    yield (
        "Milliseconds. *Cold*: no leaf is stored, only who the contacts are; *warm*: every leaf is"
        " stored; both parse the document, look up what it names, and answer. Five large tables are"
        " kept column by column, too, and *columns* says how many of the leaves are answered from"
        " those, the last ones read being in the process's memory; *by SQL*: cold without them."
        " *DuckDB*: the best of several spellings of the question on raw facts. *With the row*: the"
        " best where DuckDB has a statistics row a contact, too. *Row*: whether our answer comes"
        " from it. Every answer agreed exactly, each time."
    )
    yield ""
    yield (
        "| | question | answer | cold | by SQL | warm | DuckDB | with the row | cold / DuckDB"
        " | cold / with the row | columns | row | statements |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|---:|"
    for line in run.lines:
        with_row = line.duck_with_row
        yield (
            f"| {line.key} | {line.title} | {line.answer} | {_ms(line.cold)} | {_ms(line.by_sql)} |"
            f" {_ms(line.warm)} |"
            f" {_ms(line.duck)} | {_ms(with_row)} | {line.cold / line.duck:.2f} |"
            f" {'' if with_row is None else f'{line.cold / min(with_row, line.duck):.2f}'} |"
            f" {line.reads.from_columns} of {line.reads.leaves} |"
            f" {'yes' if line.reads.row else ''} | {line.statements} |"
        )
    compared = [line for line in run.lines if line.key in COMPARED]
    raw = _cold_mean(run.lines)
    fair = _mean([line.cold / _fair(line) for line in compared])
    warm = _mean([line.warm / line.duck for line in compared])
    by_sql = _mean([line.by_sql / line.duck for line in compared])
    yield ""
    yield (
        f"Geometric means of Q1 to Q10 against DuckDB's best: cold **{raw:.2f}**; cold where DuckDB"
        f" has the row wherever we read it **{fair:.2f}**; cold by SQL alone **{by_sql:.2f}**; warm"
        f" **{warm:.3f}**."
    )


def _cold_mean(lines: Sequence[Line]) -> float:
    return _mean([line.cold / line.duck for line in lines if line.key in COMPARED])


def _fair(line: Line) -> float:
    if line.reads.row and line.duck_with_row is not None:
        return min(line.duck, line.duck_with_row)
    return line.duck


def _mean(ratios: Sequence[float]) -> float:
    return exp(sum(map(log, ratios)) / len(ratios))


def _ms(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _shapes(run: Run) -> Iterator[str]:
    yield ""
    yield "### Every spelling for DuckDB"
    yield ""
    yield (
        "Medians in milliseconds; a spelling over four times the best ran twice only. The one that"
        " counts above is the fastest."
    )
    yield ""
    for line in run.lines:
        shown = ", ".join(
            f"{name.removeprefix('DuckDB: ').removeprefix('DuckDB ')} {_ms(value)}"
            for name, value in line.all.items()
            if name.startswith("DuckDB")
        )
        yield f"- {line.key}: {shown}"


def _measures(run: Run) -> Iterator[str]:
    yield ""
    yield "## More than one question"
    yield ""
    yield "| what | measured | goal at scale 1 | |"
    yield "|---|---:|---:|---|"
    for measure in run.measures:
        if measure.skipped:
            yield f"| {measure.title} | not measured | {measure.goal} | {measure.skipped} |"
        for figure in measure.figures:
            what = f"{measure.title}: {figure.what}"
            yield f"| {what} | {figure.value} | {figure.goal} | {figure.note} |"


def _falling_short(run: Run) -> Iterator[str]:
    """The goals are for scale 1 on 2 cores."""
    falling = [
        f"{measure.title}: {figure.what} ({figure.value}, goal {figure.goal})"
        for measure in run.measures
        for figure in measure.figures
        if figure.is_met is False
    ]
    if run.lines and (mean := _cold_mean(run.lines)) > COLD_GOAL:
        falling.insert(0, f"Q1 to Q10 cold, geometric mean: {mean:.2f}, goal ≤ {COLD_GOAL:.1f}")
    yield ""
    yield "## What falls short"
    yield ""
    yield from (f"- {each}" for each in falling or ["Nothing that was measured."])


def _loading(run: Run) -> Iterator[str]:
    yield ""
    yield "## Loading"
    yield ""
    total = sum(run.bench.seconds.values())
    yield f"{total:,.0f} s in all, of which:"
    yield ""
    for what, seconds in run.bench.seconds.items():
        if seconds >= 1:
            yield f"- {seconds:,.0f} s {what}"


def _fairness() -> Iterator[str]:
    yield ""
    yield "## What is compared"
    yield ""
    yield (
        "DuckDB holds the large shop only, in narrow tables of the smallest integers, with flags"
        " made beforehand for what counts (status, kind, quantity), no history of versions, no"
        " validity and no walls between tenants, on a file it has cached, with as many threads as"
        " there are cores. Ours answers from the schema the product writes, under row-level"
        " security, on one connection. Ours reads covering indexes, columns that a worker has read"
        " of five tables (narrow ones, none of a product or a campaign; who was written about since"
        " is asked of the table), and, where the table says so, a row of statistics a contact that"
        " is kept on every write; DuckDB scans and groups raw facts, and has that row only where a"
        " column says so."
    )
