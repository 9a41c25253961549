"""Q1 to Q13 on both sides, in turns, with what our answers cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from segments.engine.sets import ContactSet
from tests.bench.prepared import Bench
from tests.bench.product import Asked, Costs, Reads, costs, forget_leaves, without_columns
from tests.bench.questions import (
    Q10,
    Question,
    all_nodes_shapes,
    document_of,
    given_row,
    member_shapes,
    questions_of,
    shapes_of,
)
from tests.bench.timing import Competitor, best_of, race

FIRST = 50


@dataclass(frozen=True)
class Line:
    """One question's figures, in milliseconds."""

    key: str
    title: str
    answer: str
    cold: float
    warm: float
    duck: float
    duck_shape: str
    duck_with_row: float | None  # None: no leaf could read it
    by_sql: float  # cold, and no table kept column by column
    reads: Reads
    statements: int
    all: Mapping[str, float] = field(default_factory=dict)


def ask_all(bench: Bench, *, repeats: int, step: Callable[[str], None]) -> list[Line]:
    """Every question; raises `Disagreement`."""
    lines = []
    _asked(bench, Q10).keep()  # who the contacts are
    for question in questions_of(bench.leaves):
        lines.append(_count(bench, question, repeats))
        step(_told(lines[-1]))
    for ask in (_every_node, _first_members, _materialised):
        lines.append(ask(bench, repeats))
        step(_told(lines[-1]))
    return lines


def _told(line: Line) -> str:
    return (
        f"{line.key}: cold {line.cold:.1f} ms, warm {line.warm:.1f}, DuckDB {line.duck:.1f}"
        f" ({line.duck_shape})"
    )


def _asked(bench: Bench, where: Any, *, days_ago: int = 0) -> Asked:
    as_of = bench.as_of - timedelta(days=days_ago)
    return Asked(bench.large, document_of(where, bench.leaves), as_of)


def _ours(asked: Asked, answer: Callable[[], Any]) -> dict[str, Competitor]:
    """Cold: no leaf is stored, only who the contacts are. Warm: all are."""

    def forget() -> None:
        forget_leaves(asked.workspace)

    return {
        "cold": Competitor(answer, "cold", forget),
        "by SQL": Competitor(without_columns()(answer), "by SQL", forget),
        "warm": Competitor(answer, "warm", asked.keep),
    }


def _duck(
    bench: Bench, shapes: Mapping[str, str], side: str, read: Callable[[list[Any]], Any]
) -> dict[str, Competitor]:
    def running(statement: str) -> Callable[[], Any]:
        return lambda: read(bench.duck.execute(statement).fetchall())

    return {f"{side}: {name}": Competitor(running(text), side) for name, text in shapes.items()}


def _raced(
    key: str,
    title: str,
    competitors: dict[str, Competitor],
    repeats: int,
    used: tuple[Costs, Reads],
    shown: Callable[[Any], str],
) -> Line:
    found = race(key, competitors, repeats=repeats)
    found_costs, reads = used
    shape, duck = best_of("DuckDB", competitors, found)
    has_row = any(each.side == "DuckDB with the row" for each in competitors.values())
    return Line(
        key=key,
        title=title,
        answer=shown(found["cold"].answer),
        cold=found["cold"].median,
        warm=found["warm"].median,
        duck=duck,
        duck_shape=shape.removeprefix("DuckDB: "),
        duck_with_row=best_of("DuckDB with the row", competitors, found)[1] if has_row else None,
        by_sql=found["by SQL"].median,
        reads=reads,
        statements=len(found_costs.statements),
        all={name: each.median for name, each in found.items()},
    )


def _cold_costs(asked: Asked, answer: Callable[[], Any]) -> tuple[Costs, Reads]:
    forget_leaves(asked.workspace)
    with costs() as found:
        answer()
    return found, asked.reads()


def _count(bench: Bench, question: Question, repeats: int) -> Line:
    asked = _asked(bench, question.where)

    def count() -> int:
        return len(asked.members())

    def number(rows: list[Any]) -> int:
        return int(rows[0][0])

    competitors = {
        **_ours(asked, count),
        **_duck(bench, shapes_of(question, bench.leaves), "DuckDB", number),
    }
    with_row, leaves = given_row(question, bench.leaves)
    if leaves != bench.leaves and shapes_of(with_row, leaves) != shapes_of(question, bench.leaves):
        competitors |= _duck(bench, shapes_of(with_row, leaves), "DuckDB with the row", number)
    used = _cold_costs(asked, count)
    return _raced(question.key, question.title, competitors, repeats, used, lambda n: f"{n:,}")


def _every_node(bench: Bench, repeats: int) -> Line:
    asked = _asked(bench, Q10)

    def sizes() -> list[int]:
        return [node.size for node in asked.evaluation().nodes]

    def row(rows: list[Any]) -> list[int]:
        return [int(each) for each in rows[0]]

    question = next(each for each in questions_of(bench.leaves) if each.key == "Q10")
    _, leaves = given_row(question, bench.leaves)
    competitors = {
        **_ours(asked, sizes),
        **_duck(bench, all_nodes_shapes(Q10, bench.leaves), "DuckDB", row),
        **_duck(bench, all_nodes_shapes(Q10, leaves), "DuckDB with the row", row),
    }
    used = _cold_costs(asked, sizes)
    title = "the counts of all nodes of Q10"
    return _raced("Q11", title, competitors, repeats, used, lambda found: f"{len(found)} counts")


def _first_members(bench: Bench, repeats: int) -> Line:
    asked = _asked(bench, Q10)

    def first() -> list[int]:
        numbers = asked.members().numbers()[:FIRST]
        return [int(number) for number in numbers]

    def column(rows: list[Any]) -> list[int]:
        return [number for (number,) in rows]

    shapes = {
        name: f"{statement} ORDER BY id LIMIT {FIRST}"
        for name, statement in member_shapes(Q10, bench.leaves).items()
    }
    competitors = {
        **_ours(asked, first),
        **_duck(bench, shapes, "DuckDB", column),
    }
    used = _cold_costs(asked, first)
    title = f"the first {FIRST} members of Q10"
    return _raced("Q12", title, competitors, repeats, used, lambda found: f"{len(found)} ids")


def _materialised(bench: Bench, repeats: int) -> Line:
    """Yesterday's members are stored on both sides, ours as a snapshot keeps them."""
    where = "3 transactions in 90 days"
    asked, before = _asked(bench, where), _asked(bench, where, days_ago=1)
    stored = before.members().pack()
    statement = bench.leaves_before(before.as_of)[where].ids()
    bench.duck.execute(f"CREATE OR REPLACE TEMP TABLE yesterday AS {statement}")

    def ours() -> tuple[int, int, int]:
        members = asked.members()
        yesterday = ContactSet.unpack(asked.workspace.pk, stored)
        members.pack()
        return len(members), len(members - yesterday), len(yesterday - members)

    def duck() -> tuple[int, ...]:
        run = bench.duck.execute
        run(f"CREATE OR REPLACE TEMP TABLE today AS {bench.leaves[where].ids()}")
        [row] = run(
            "SELECT count(t.contact), count(*) FILTER (WHERE y.contact IS NULL),"
            " count(*) FILTER (WHERE t.contact IS NULL)"
            " FROM today AS t FULL JOIN yesterday AS y ON t.contact = y.contact"
        ).fetchall()
        return tuple(row)

    competitors = {
        **_ours(asked, ours),
        "DuckDB: full join": Competitor(duck, "DuckDB"),
    }
    used = _cold_costs(asked, ours)
    title = "the members of Q3 stored, and who entered and left since yesterday"
    return _raced(
        "Q13", title, competitors, repeats, used, lambda n: f"{n[0]:,}, +{n[1]:,}, −{n[2]:,}"
    )
