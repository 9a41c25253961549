"""What distinguishes a segment from everybody: values its members have more or less often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from contacts.models import NUMBER_MASK
from contacts.text import normalise
from segments.criteria.scope import Scope
from segments.engine.sets import ContactSet
from segments.models import Segment, SegmentReference
from segments.services.chance import chance_of, wilson
from segments.services.overlapping import BrokenSegment, members_of_segments
from segments.services.profile_channels import DIMENSIONS
from segments.services.profile_values import Counted, Dimension, Named
from workspaces.models import Workspace

FEWEST_PEOPLE = 30  # of members, and of others: below it chance makes any pattern
FEWEST_WITH_VALUE = 5  # among everybody
MOST_VALUES = 1_000  # of one dimension, the most frequent ones
# How probable it may be that chance alone puts anything at all on the page.
CHANCE_OF_PAGE = 0.01


@dataclass(frozen=True)
class Standout:
    """A value, how many have it, and whether that says anything.

    `low` and `high` bound the share of people like these (Wilson, 95 %). `verdict`: "more" or
    "less" often than everybody, "chance" where chance alone may have done it, "unknown" where
    there are too few people to tell.
    """

    named: Named
    members: int
    everybody: int
    share: float | None
    share_of_everybody: float
    lift: float | None
    low: float | None
    high: float | None
    verdict: str
    in_definition: bool  # the segment's own rows ask for it, so it is no finding


@dataclass(frozen=True)
class Profile:
    """A segment beside everybody. `values` come by dimension, the most frequent first."""

    as_of: datetime
    size: int
    universe: int
    can_tell: bool
    values: Sequence[Standout]
    broken: BrokenSegment | None = None

    @property
    def more(self) -> Sequence[Standout]:
        """What members surely have more often, the strongest first."""
        found = [each for each in self.values if each.verdict == "more"]
        return sorted(found, key=lambda each: -(each.low or 0) / each.share_of_everybody)

    @property
    def less(self) -> Sequence[Standout]:
        """What members surely have less often, the strongest first."""
        found = [each for each in self.values if each.verdict == "less"]
        return sorted(found, key=lambda each: (each.high or 0) / each.share_of_everybody)


def profile_of(*, workspace: Workspace, segment: Segment, as_of: datetime) -> Profile:
    """Compare the segment's members with everybody, value by value; exact numbers.

    Members come from one statement, each dimension from another; a contact who was not there
    yet when the members were read is in no number.
    """
    together = members_of_segments(workspace=workspace, segments=[segment], as_of=as_of)
    if together.broken:
        return Profile(as_of, 0, len(together.universe), False, [], together.broken[0])
    members, universe = together.members[segment.pk], together.universe
    size, everybody = len(members), len(universe)
    can_tell = size >= FEWEST_PEOPLE and everybody - size >= FEWEST_PEOPLE
    named: list[tuple[Named, Counted]] = []
    for dimension in DIMENSIONS:
        named += _values_of(dimension, Scope(workspace, as_of), members, universe)
    asked = _asked_for(segment)
    limit = CHANCE_OF_PAGE / max(1, len(named)) if can_tell else None
    values = [_stand_out(name, found, size, everybody, limit, asked) for name, found in named]
    return Profile(as_of, size, everybody, can_tell, values)


def _values_of(
    dimension: Dimension, scope: Scope, members: ContactSet, universe: ContactSet
) -> list[tuple[Named, Counted]]:
    found = _count(dimension.rows(scope), members, universe)
    names = dimension.names(scope.workspace, found)
    return [
        (names[each.part, each.value], each) for each in found if (each.part, each.value) in names
    ]


def _count(rows: QuerySet[Any, Any], members: ContactSet, universe: ContactSet) -> list[Counted]:
    """Each value with how many of everybody and of the members have it, counted by PostgreSQL.

    The sets go along as bitmaps: a million contacts are 125 kB.
    """
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    bits = universe.bits.tobytes()
    inside = members.bits.tobytes().ljust(len(bits), b"\0")[: len(bits)]
    # The inner text comes from the ORM's compiler; the mask is our own integer. CASE, because
    # only it promises that no bit beyond the bitmap's end is asked for.
    statement = f"""
        SELECT part, value, shown, everybody, members FROM (
          SELECT part, value, max(shown) AS shown, count(*) AS everybody,
                 sum(get_bit(%s, number)) AS members,
                 row_number() OVER (PARTITION BY part ORDER BY count(*) DESC, value) AS place
          FROM (SELECT part, value, shown, contact & {NUMBER_MASK} AS number
                FROM ({sql}) AS found (part, value, shown, contact)) AS numbered
          WHERE CASE WHEN number < %s THEN get_bit(%s, number) = 1 ELSE false END
          GROUP BY part, value HAVING count(*) >= %s
        ) AS counted WHERE place <= %s ORDER BY part, everybody DESC, value"""  # noqa: S608
    limits = [FEWEST_WITH_VALUE, MOST_VALUES]
    with connection.cursor() as cursor:
        cursor.execute(statement, [inside, *params, len(bits) * 8, bits, *limits])
        return [Counted(*row) for row in cursor.fetchall()]


def _asked_for(segment: Segment) -> set[tuple[str, str]]:
    """What the segment's own tree names, compared as text is."""
    rows = SegmentReference.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    return {(kind, normalise(key)) for kind, key in rows.values_list("kind", "key")}


def _stand_out(
    named: Named,
    found: Counted,
    size: int,
    everybody: int,
    limit: float | None,
    asked: set[tuple[str, str]],
) -> Standout:
    with_value, share_of_everybody = int(found.members), found.everybody / everybody
    share = with_value / size if size else None
    low, high = wilson(with_value, size) if size else (None, None)
    is_asked = named.reference is not None and (
        (named.reference[0], normalise(named.reference[1])) in asked
    )
    verdict = "unknown"
    if limit is not None and share is not None:
        chance = chance_of(with_value, drawn=size, having=found.everybody, everybody=everybody)
        verdict = "chance" if chance > limit else "more" if share > share_of_everybody else "less"
    return Standout(
        named=named,
        members=with_value,
        everybody=found.everybody,
        share=share,
        share_of_everybody=share_of_everybody,
        lift=None if share is None else share / share_of_everybody,
        low=low,
        high=high,
        verdict=verdict,
        in_definition=is_asked,
    )
