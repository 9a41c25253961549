"""Q1 to Q10 as trees of named leaves, as our documents and as DuckDB's SQL in several shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench.leaves import Leaf, names_in

# A leaf's name, or ("all" | "any" | "not", children …).
Where = str | tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """A tree, and statements written by hand that answer it in DuckDB."""

    key: str
    title: str
    where: Where
    direct: str = ""


Q10: Where = (
    "all",
    ("any", "tag A", "city B", ("all", "women", ("not", "score below 50"))),
    (
        "any",
        "3 transactions in 90 days",
        "spent on brand X",
        ("all", "spent 1,000 in all", "80 on average"),
    ),
    ("not", ("any", "bought Y", "opened in a week")),
    ("any", "visited by campaign Z", ("not", "no engagement in 30 days")),
)


def given_row(question: Question, leaves: Mapping[str, Leaf]) -> tuple[Question, dict[str, Leaf]]:
    """The question where DuckDB has the row of statistics, too."""
    with_row = {name: leaf.given_row() for name, leaf in leaves.items()}
    by_row = {each.key: each for each in questions_of(with_row, has_row=True)}
    return by_row[question.key], with_row


def questions_of(leaves: Mapping[str, Leaf], *, has_row: bool = False) -> list[Question]:
    """The ten, in order. `has_row`: the leaves read the row of statistics where they can."""

    def distinct(name: str) -> str:
        return f"SELECT count(DISTINCT contact) FROM ({leaves[name].ids()})"

    def grouped(*names: str) -> str:
        """One pass over one table where several leaves read it."""
        if has_row:
            conditions = " AND ".join(leaves[name].by_row for name in names)
            return f"SELECT count(*) FROM stat WHERE {conditions}"
        having = " AND ".join(leaves[name].having for name in names)
        [part] = leaves[names[0]].parts
        return (
            f"SELECT count(*) FROM (SELECT contact FROM {part.table} WHERE {part.where}"
            f" GROUP BY contact HAVING {having})"
        )

    def counted(name: str) -> str:
        return f"SELECT count(*) FROM ({leaves[name].ids()})"

    mail = leaves["never direct or e-mail"]
    sources = (
        f"SELECT count(*) FROM stat WHERE {leaves['only from ads'].by_row} AND NOT ({mail.by_row})"
        if has_row
        else "SELECT count(*) FROM (SELECT contact FROM tx WHERE counted GROUP BY contact HAVING"
        f" bool_and(paid) AND NOT bool_or({mail.parts[0].where.removeprefix('counted AND ')}))"
    )
    return [
        Question("Q1", "tag A and city B", ("all", "tag A", "city B")),
        Question(
            "Q2",
            "spent over 300 on brand X in 6 months",
            "spent on brand X",
            counted("spent on brand X"),
        ),
        Question(
            "Q3",
            "at least 3 transactions in 90 days",
            "3 transactions in 90 days",
            counted("3 transactions in 90 days"),
        ),
        Question(
            "Q4",
            "transactions only from paid sources, none from direct or e-mail",
            ("all", "only from ads", "never direct or e-mail"),
            sources,
        ),
        Question(
            "Q5",
            "bought X in the previous month and never Y",
            ("all", "bought X last month", ("not", "bought Y")),
            f"SELECT count(*) FROM (SELECT DISTINCT contact FROM"
            f" ({leaves['bought X last month'].ids()})) AS x"
            f" ANTI JOIN ({leaves['bought Y'].ids()}) AS y ON x.contact = y.contact",
        ),
        Question(
            "Q6",
            "visited by campaign Z in 30 days and bought nothing in them",
            ("all", "visited by campaign Z", ("not", "bought in 30 days")),
            f"SELECT count(*) FROM (SELECT DISTINCT contact FROM"
            f" ({leaves['visited by campaign Z'].ids()})) AS z"
            f" ANTI JOIN ({leaves['bought in 30 days'].ids()}) AS b ON z.contact = b.contact",
        ),
        Question(
            "Q7", "opened an e-mail in a week", "opened in a week", distinct("opened in a week")
        ),
        Question(
            "Q8",
            "no activity in any channel for 30 days, but bought before",
            ("all", "no engagement in 30 days", "bought ever"),
            f"SELECT count(*) FROM (SELECT DISTINCT contact FROM ({leaves['bought ever'].ids()}))"
            f" AS b ANTI JOIN ({leaves['no engagement in 30 days'].ids()}) AS e"
            " ON b.contact = e.contact",
        ),
        Question(
            "Q9",
            "spent 1,000 in all and 80 on average",
            ("all", "spent 1,000 in all", "80 on average"),
            grouped("spent 1,000 in all", "80 on average"),
        ),
        Question("Q10", "a tree of 12 leaves and 22 nodes", Q10),
    ]


def document_of(where: Where, leaves: Mapping[str, Leaf]) -> dict[str, Any]:
    """The tree as the product takes it."""
    if isinstance(where, str):
        return dict(leaves[where].document)
    kind, *children = where
    if kind == "not":
        return {"not": document_of(children[0], leaves)}
    return {kind: [document_of(child, leaves) for child in children]}


def nodes_of(where: Where) -> Iterator[Where]:
    """Every node, parents before children."""
    yield where
    if not isinstance(where, str):
        for child in where[1:]:
            yield from nodes_of(child)


# --- DuckDB -------------------------------------------------------------------------------------


def shapes_of(question: Question, leaves: Mapping[str, Leaf]) -> dict[str, str]:
    """Statements that count the members, by shape."""
    members = member_shapes(question.where, leaves)
    shapes = {name: f"SELECT count(*) FROM ({statement})" for name, statement in members.items()}
    return {**shapes, **({"direct": question.direct} if question.direct else {})}


def member_shapes(where: Where, leaves: Mapping[str, Leaf]) -> dict[str, str]:
    """Statements that give the members' ids."""
    inside = _condition(where, {name: leaf.within() for name, leaf in leaves.items()})
    correlated = _condition(where, {name: leaf.correlated() for name, leaf in leaves.items()})
    return {
        "in": f"SELECT c.id FROM contact c WHERE {inside}",
        "exists": f"SELECT c.id FROM contact c WHERE {correlated}",
        "set operations": f"SELECT DISTINCT id FROM ({_as_sets(where, leaves)}) AS members (id)",
        "flags": f"SELECT id FROM ({_flags(where, leaves)}) WHERE {_of_flags(where, leaves)}",
    }


def all_nodes_shapes(where: Where, leaves: Mapping[str, Leaf]) -> dict[str, str]:
    """One statement each that counts every node."""
    by_flags = ", ".join(
        f"count(*) FILTER (WHERE {_of_flags(node, leaves, where)})" for node in nodes_of(where)
    )
    used = list(dict.fromkeys(names_in(where)))
    columns = {name: f"l{position}" for position, name in enumerate(used)}
    inside = ", ".join(f"{leaves[name].within()} AS {columns[name]}" for name in used)
    by_columns = ", ".join(
        f"count(*) FILTER (WHERE {_condition(node, columns)})" for node in nodes_of(where)
    )
    return {
        "flags": f"SELECT {by_flags} FROM ({_flags(where, leaves, every_node=True)})",
        "in": f"SELECT {by_columns} FROM (SELECT {inside} FROM contact c)",
    }


def _condition(where: Where, conditions: Mapping[str, str]) -> str:
    if isinstance(where, str):
        return conditions[where]
    kind, *children = where
    parts = [_condition(child, conditions) for child in children]
    if kind == "not":
        return f"NOT ({parts[0]})"
    return "(" + (" AND " if kind == "all" else " OR ").join(parts) + ")"


def _as_sets(where: Where, leaves: Mapping[str, Leaf]) -> str:
    everybody = "SELECT id FROM contact"
    if isinstance(where, str):
        leaf = leaves[where]
        return f"({everybody} EXCEPT ({leaf.ids()}))" if leaf.is_absent else f"({leaf.ids()})"
    kind, *children = where
    if kind == "not":
        return f"({everybody} EXCEPT {_as_sets(children[0], leaves)})"
    if kind == "any":
        return "(" + " UNION ".join(_as_sets(child, leaves) for child in children) + ")"
    kept = [child for child in children if not _is_taken_away(child, leaves)]
    taken = [child for child in children if _is_taken_away(child, leaves)]
    text = " INTERSECT ".join(_as_sets(child, leaves) for child in kept) or everybody
    for child in taken:
        what = leaves[child].ids() if isinstance(child, str) else _as_sets(child[1], leaves)
        text = f"({text}) EXCEPT ({what})"
    return f"(SELECT * FROM ({text}))"


def _is_taken_away(where: Where, leaves: Mapping[str, Leaf]) -> bool:
    return leaves[where].is_absent if isinstance(where, str) else where[0] == "not"


def _flags(where: Where, leaves: Mapping[str, Leaf], *, every_node: bool = False) -> str:
    """One bit a leaf; those without any are there only where absence counts."""
    used = list(dict.fromkeys(names_in(where)))
    parts = [
        f"SELECT *, {1 << position} AS bit FROM ({leaves[name].ids()}) AS ids (id)"
        for position, name in enumerate(used)
    ]
    nodes = nodes_of(where) if every_node else [where]
    if any(_holds_without_flags(node, leaves) for node in nodes):
        parts.append("SELECT id, 0 FROM contact")
    return f"SELECT id, bit_or(bit) AS flags FROM ({' UNION ALL '.join(parts)}) GROUP BY id"


def _holds_without_flags(where: Where, leaves: Mapping[str, Leaf]) -> bool:
    if isinstance(where, str):
        return leaves[where].is_absent
    kind, *children = where
    found = [_holds_without_flags(child, leaves) for child in children]
    if kind == "not":
        return not found[0]
    return all(found) if kind == "all" else any(found)


def _of_flags(where: Where, leaves: Mapping[str, Leaf], root: Where | None = None) -> str:
    used = list(dict.fromkeys(names_in(where if root is None else root)))
    conditions = {
        name: f"flags & {1 << position} {'=' if leaves[name].is_absent else '<>'} 0"
        for position, name in enumerate(used)
    }
    return _condition(where, {name: f"({text})" for name, text in conditions.items()})
