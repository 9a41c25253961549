"""The fewest rows that have to flip for a tree to flip. Pure.

Costs of making each node true and false are added up from the rows to the root. That is exact
while every row stands in the tree once. A row that stands there several times flips everywhere at
once: those are tried in all combinations, and the costs are added up around each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Literal

MAX_TRIES = 500  # combinations of rows that stand in the tree several times


@dataclass(frozen=True)
class Formula:
    """A tree as logic: rows are told apart by `key`, whatever they ask."""

    kind: Literal["row", "all", "any", "not"]
    children: tuple[Formula, ...] = ()
    key: str = ""

    def value(self, holds: Mapping[str, bool]) -> bool:
        """Whether it holds when the rows do as given."""
        if self.kind == "row":
            return holds[self.key]
        if self.kind == "not":
            return not self.children[0].value(holds)
        values = (child.value(holds) for child in self.children)
        return all(values) if self.kind == "all" else any(values)

    def keys(self) -> Iterator[str]:
        """The key of every row, as often as it stands here."""
        if self.kind == "row":
            yield self.key
        for child in self.children:
            yield from child.keys()


@dataclass(frozen=True)
class Flip:
    """Rows that flip the tree when all of them flip; `is_smallest`: no fewer do."""

    keys: tuple[str, ...]
    is_smallest: bool = True


# The rows to flip, or None where no rows do it.
_Way = tuple[str, ...] | None


def smallest_flip(
    formula: Formula, holds: Mapping[str, bool], unlikely: Collection[str] = ()
) -> Flip | None:
    """The fewest rows to flip; None if the tree is the same whatever its rows do.

    Of several ways with as many rows, one with fewer `unlikely` rows is taken.
    """

    def cost(way: tuple[str, ...]) -> tuple[int, int]:
        return len(way), sum(key in unlikely for key in way)

    wanted = not formula.value(holds)
    repeated = [key for key, number in Counter(formula.keys()).items() if number > 1]
    best: _Way = None
    tries = 0
    for size in range(len(repeated) + 1):
        if best is not None and size > len(best):
            break
        for flipped in islice(combinations(repeated, size), MAX_TRIES):
            tries += 1
            fixed = {key: holds[key] != (key in flipped) for key in repeated}
            rest = _way(formula, wanted, holds, fixed, cost)
            way = None if rest is None else (*flipped, *rest)
            if way is not None and (best is None or cost(way) < cost(best)):
                best = way
        if tries >= MAX_TRIES:
            break
    if best is None:
        return None
    return Flip(best, is_smallest=tries < MAX_TRIES)


def _way(
    formula: Formula,
    wanted: bool,
    holds: Mapping[str, bool],
    fixed: Mapping[str, bool],
    cost: Callable[[tuple[str, ...]], tuple[int, int]],
) -> _Way:
    """The fewest rows, fixed ones apart, that make the formula what is wanted."""
    if formula.kind == "row":
        if formula.key in fixed:
            return () if fixed[formula.key] == wanted else None
        return () if holds[formula.key] == wanted else (formula.key,)
    if formula.kind == "not":
        return _way(formula.children[0], not wanted, holds, fixed, cost)
    ways = [_way(child, wanted, holds, fixed, cost) for child in formula.children]
    if (formula.kind == "all") == wanted:  # each child has to be so
        known = [way for way in ways if way is not None]
        return None if len(known) < len(ways) else tuple(key for way in known for key in way)
    return min((way for way in ways if way is not None), key=cost, default=None)
