"""Who enters and who leaves in the coming days if nothing happens but time.

The same evaluation with instants that lie ahead. No fact lies there, so what changes are windows
that pass over what happened, and dates that come: birthdays, dates of contacts, ends of validity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter

from django.db import OperationalError
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.models.people import ContactCounter
from segments.criteria.scope import Scope
from segments.criteria.tree import Tree
from segments.criteria.windows import Clock
from segments.engine.evaluation import Evaluation, evaluate_tree, members_at
from segments.engine.sets import ContactSet
from segments.flips import Flip, flipped_rows
from segments.models import Segment
from segments.services.comparing import Movement
from segments.services.evaluating import member_page
from segments.services.recounting import closed_tree, tree_of
from workspaces.models import Workspace

MOST_DAYS, USUAL_DAYS = 90, 30
# Rows times days of a forecast, and these times contacts: beyond them nobody waits for it.
MOST_EVALUATIONS, MOST_WORK = 12_000, 1_000_000_000
# The first days show how long all of them would take.
FIRST_ASKED, MOST_SECONDS = 6, 20.0
_TOO_LONG = "57014"


class TooMuchToForecastError(ValueError):
    """So many days of so large a tree can't be computed while somebody waits."""

    def __init__(self) -> None:
        super().__init__(_("That is too much to compute: ask for fewer days."))


@dataclass(frozen=True)
class ForecastDay:
    """A coming day of the workspace; `as_of` is its end, the midnight after it."""

    day: date
    as_of: datetime
    size: int
    entering: int
    leaving: int


@dataclass(frozen=True)
class Forecast:
    """A segment over the coming days; size + entering − leaving = the next day's size."""

    as_of: datetime
    size: int
    days: Sequence[ForecastDay]

    @property
    def entering(self) -> int:
        """How often somebody enters; who comes back is counted again."""
        return sum(day.entering for day in self.days)

    @property
    def leaving(self) -> int:
        return sum(day.leaving for day in self.days)

    @property
    def last_size(self) -> int:
        return self.days[-1].size


@dataclass(frozen=True)
class Mover:
    """A contact that enters or leaves on a day, and the rows that turn."""

    contact: Contact
    causes: Sequence[Flip]


@dataclass(frozen=True)
class MoverPage:
    """Some of those who enter or leave on a day; `number` is how many there are."""

    day: date
    movement: str
    number: int
    movers: Sequence[Mover]


def coming_day_ends(*, workspace: Workspace, as_of: datetime, days: int) -> list[datetime]:
    """The next `days` midnights of the workspace, the one that ends the present day first."""
    clock = Clock(as_of, workspace.zone, workspace.week_start)
    return [clock.midnight(clock.today + timedelta(days=ahead)) for ahead in range(1, days + 1)]


def forecast(*, segment: Segment, as_of: datetime, days: int = USUAL_DAYS) -> Forecast:
    """Sizes and movements of the next 1 to 90 days, with the pins as they will be valid.

    Raises `InvalidTree` where the segment is broken, and `TooMuchToForecastError`.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(days)
    workspace = segment.workspace
    tree = _closed(segment)
    ends = coming_day_ends(workspace=workspace, as_of=as_of, days=days)
    found = _members_at_each(tree, Scope(workspace, as_of), [as_of, *ends])
    before, size, points = found[0], len(found[0]), []
    for end, members in zip(ends, found[1:], strict=True):
        points.append(
            ForecastDay(
                day=_day_ending(end, workspace),
                as_of=end,
                size=len(members),
                entering=len(members - before),
                leaving=len(before - members),
            )
        )
        before = members
    return Forecast(as_of, size, points)


def forecast_movers(
    *, segment: Segment, as_of: datetime, day: date, movement: str, limit: int, after: int = 0
) -> MoverPage:
    """Who enters or leaves on a day of the forecast, by id, and why. Raises `InvalidTree`, and
    `LookupError` for a day that isn't one of the next 90."""
    workspace = segment.workspace
    instants = [as_of, *coming_day_ends(workspace=workspace, as_of=as_of, days=MOST_DAYS)]
    ahead = (day - as_of.astimezone(workspace.zone).date()).days
    if not 0 <= ahead < MOST_DAYS:
        raise LookupError(day)
    first, last = instants[ahead], instants[ahead + 1]
    scope = Scope(workspace, as_of)
    before, after_it = _members_at_each(_closed(segment), scope, [first, last])
    moved = after_it - before if movement == Movement.ENTERING else before - after_it
    contacts = member_page(workspace=workspace, members=moved, limit=limit, after=after)
    causes = _causes(segment, contacts, scope.at(first), scope.at(last))
    movers = [Mover(contact, causes[contact.pk]) for contact in contacts]
    return MoverPage(day, movement, len(moved), movers)


def _closed(segment: Segment) -> Tree:
    return closed_tree(segment, tree_of(segment=segment, workspace=segment.workspace))


def _day_ending(end: datetime, workspace: Workspace) -> date:
    return (end - timedelta(microseconds=1)).astimezone(workspace.zone).date()


def _members_at_each(tree: Tree, scope: Scope, instants: Sequence[datetime]) -> list[ContactSet]:
    """Members with pins at the instants."""
    evaluations = tree.cost * len(instants)
    counter = ContactCounter.objects.in_workspace(scope.workspace).first()
    contacts = counter.next_number if counter is not None else 0
    if evaluations > MOST_EVALUATIONS or evaluations * contacts > MOST_WORK:
        raise TooMuchToForecastError
    scopes = [scope.at(instant) for instant in instants]
    started = perf_counter()
    try:
        found = members_at(tree, scopes[:FIRST_ASKED])
        if (perf_counter() - started) * len(scopes[FIRST_ASKED:]) > MOST_SECONDS * len(found):
            raise TooMuchToForecastError
        if scopes[FIRST_ASKED:]:
            found += members_at(tree, scopes[FIRST_ASKED:])
        return [members for members, _universe in found]
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _TOO_LONG:
            raise TooMuchToForecastError from error
        raise


def _causes(
    segment: Segment, contacts: Sequence[Contact], first: Scope, last: Scope
) -> dict[int, list[Flip]]:
    """By contact the rows that turn between the instants, asked for these contacts alone."""
    if not contacts:
        return {}
    ids = [contact.pk for contact in contacts]
    tree = tree_of(segment=segment, workspace=segment.workspace)
    before, after = (
        evaluate_tree(tree, scope.only(ids), with_numbers=False) for scope in (first, last)
    )
    currency = segment.workspace.base_currency
    return {contact_id: _flips_of(tree, before, after, contact_id, currency) for contact_id in ids}


def _flips_of(
    tree: Tree, before: Evaluation, after: Evaluation, contact_id: int, currency: str
) -> list[Flip]:
    if contact_id not in before.universe:
        return [Flip("", _("Becomes a contact."))]
    rows = flipped_rows(tree, before.node_sets, after.node_sets, contact_id, currency=currency)
    return rows or [Flip("", _("A pin begins or ends."))]
