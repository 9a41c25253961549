"""How many rows a leaf may read, where it pays to ask first how to ask.

What is found out decides only how leaves are asked, so it does for a quarter of an hour.
"""

from __future__ import annotations

from functools import lru_cache

from contacts.models import ContactCounter
from segments.criteria.scope import Scope
from segments.engine.leaves import rows_expected
from segments.engine.questions import Asked
from segments.engine.templates import QUARTER

MOST_REMEMBERED = 4_000

_expected: dict[tuple[str, int], int] = {}


def has_more_rows(asked: Asked, number: int, scope: Scope, *, many_contacts: int) -> bool:
    """Whether the database expects so many; with fewer contacts than `many_contacts` it isn't
    asked."""
    if not has_more_contacts(scope, many_contacts):
        return False
    return _rows_expected(asked, _quarter(scope)) > number


def has_more_contacts(scope: Scope, number: int) -> bool:
    """Whether the workspace has had more than so many contacts."""
    return _has_more_contacts(scope.workspace.pk, number, _quarter(scope))


def _quarter(scope: Scope) -> int:
    return int(scope.as_of.timestamp()) // QUARTER


@lru_cache(maxsize=1_000)
def _has_more_contacts(workspace_id: int, number: int, quarter: int) -> bool:
    counters = ContactCounter.objects.in_workspace(workspace_id)
    return counters.filter(next_number__gt=number).exists()


def _rows_expected(asked: Asked, quarter: int) -> int:
    known = _expected.get((asked.key, quarter))
    if known is None:
        known = rows_expected(asked.whole)
        if len(_expected) >= MOST_REMEMBERED:
            _expected.clear()
        _expected[asked.key, quarter] = known
    return known
