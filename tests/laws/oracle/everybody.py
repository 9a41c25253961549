"""Answers that need everybody at once: ranks, and other segments over time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.laws.oracle.asking import ANSWERS_FOR_ALL, Asked
from tests.laws.oracle.buying import Bought, lines_in_window, measure
from tests.laws.oracle.people import Leaf

RFM = {
    "champions": ((5,), (4, 5)),
    "loyal": ((3, 4), (4, 5)),
    "potential": ((4, 5), (2, 3)),
    "new": ((5,), (1,)),
    "promising": ((4,), (1,)),
    "need_attention": ((3,), (3,)),
    "about_to_sleep": ((3,), (1, 2)),
    "cant_lose": ((1, 2), (5,)),
    "at_risk": ((1, 2), (3, 4)),
    "hibernating": ((1, 2), (1, 2)),
}


def ranked(measures: dict[int, Any], *, is_top: bool = True) -> list[int]:
    """Best first, ties by contact id; who lacks the statistic isn't ranked (semantics 23)."""
    ids = sorted(contact_id for contact_id, value in measures.items() if value is not None)
    return sorted(ids, key=lambda contact_id: measures[contact_id], reverse=is_top)


def measure_of(ask: Asked, leaf: Leaf) -> Any:
    window = leaf.get("window", "ever")
    if leaf["by"] == "visits":
        return len(ask.within(ask.happened("visits"), window)) or None
    if leaf["by"] == "margin":
        known = [line for line in lines_in_window(ask, leaf) if line.cost is not None]
        return sum(measure(line, "margin") or 0 for line in known) if known else None
    found = Bought(ask, leaf)
    if not found.versions:
        return None
    return {
        "amount_spent": lambda: sum(found.amounts),
        "number_of_orders": lambda: len(found.versions),
        "average_order": lambda: found.average,
        "last_purchase": lambda: max(v.occurred_at for v in found.versions),
    }[leaf["by"]]()


def top(oracle: Any, leaf: Leaf, as_of: datetime) -> set[int]:
    everybody = oracle.universe(as_of)
    measures = {each: measure_of(oracle.ask(each, as_of), leaf) for each in everybody}
    order = ranked(measures, is_top=leaf.get("direction", "top") == "top")
    number = leaf.get("number")
    if number is None:
        number = math.ceil(len(order) * Fraction(str(leaf["percent"])) / 100)
    return set(order[:number])


def fifths(measures: dict[int, Any]) -> dict[int, int]:
    """Scores 5 (best) to 1; the first fifths take the remainder."""
    order = ranked(measures)
    size, rest = divmod(len(order), 5)
    scores, start = {}, 0
    for index in range(5):
        stop = start + size + (1 if index < rest else 0)
        scores.update(dict.fromkeys(order[start:stop], 5 - index))
        start = stop
    return scores


def rfm(oracle: Any, leaf: Leaf, as_of: datetime) -> set[int]:
    buyers = {each: Bought(oracle.ask(each, as_of), leaf) for each in oracle.universe(as_of)}
    buyers = {each: found for each, found in buyers.items() if found.versions}
    recency = fifths({c: max(v.occurred_at for v in f.versions) for c, f in buyers.items()})
    frequency = fifths({c: len(f.versions) for c, f in buyers.items()})
    money = fifths({c: sum(f.amounts) for c, f in buyers.items()})
    groups = [RFM[name] for name in leaf.get("groups", [])]
    return {
        each
        for each in buyers
        if (not groups or any(recency[each] in r and frequency[each] in f for r, f in groups))
        and all(
            str(scores[each]) in leaf[name]
            for name, scores in (
                ("recency", recency),
                ("frequency", frequency),
                ("monetary", money),
            )
            if leaf.get(name)
        )
    }


ANSWERS_FOR_ALL["ranks.top"] = top
ANSWERS_FOR_ALL["ranks.rfm"] = rfm


# --- Segments over time (semantics 12) -----------------------------------------------------------


def members_over_time(oracle: Any, leaf: Leaf, as_of: datetime) -> list[set[int]]:
    """Oldest first: at the workspace's day-ends, and at the instant itself."""
    place = oracle.place(as_of)
    days = [place.today - timedelta(days=back) for back in range(leaf["days"], -1, -1)]
    moments = [place.starts(day) for day in days]
    moments = [moment for moment in moments if moment < as_of] + [as_of]
    return [oracle.matching({"segment": int(leaf["segment"])}, moment) for moment in moments]


def in_for(oracle: Any, leaf: Leaf, as_of: datetime) -> set[int]:
    return set.intersection(*members_over_time(oracle, leaf, as_of))


def entered(oracle: Any, leaf: Leaf, as_of: datetime) -> set[int]:
    members = members_over_time(oracle, leaf, as_of)
    return set().union(*(new - old for old, new in pairwise(members)))


def left(oracle: Any, leaf: Leaf, as_of: datetime) -> set[int]:
    members = members_over_time(oracle, leaf, as_of)
    return set().union(*(old - new for old, new in pairwise(members)))


ANSWERS_FOR_ALL["segments.in_for"] = in_for
ANSWERS_FOR_ALL["segments.entered"] = entered
ANSWERS_FOR_ALL["segments.left"] = left
