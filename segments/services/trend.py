"""A segment's size over time: the current definition on every day, or as it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from time import perf_counter

from django.db import transaction
from django.db.models import Q, QuerySet

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree
from segments.criteria.windows import Clock as ZoneClock
from segments.engine.coverage import sources_missing_at
from segments.engine.evaluation import members_at
from segments.engine.sets import ContactSet
from segments.models import (
    Recount,
    RecountReason,
    Segment,
    SegmentPin,
    Snapshot,
)
from segments.pins import pins_valid_at, with_pins
from segments.services import claims, queueing
from segments.services.claims import Claim
from segments.services.recounting import Clock, attempt, tree_of
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

BACKFILL_DAYS = 90
MOST_DAYS_AT_ONCE = 16
SHORT_SECONDS, LONG_SECONDS = 0.5, 3.0


def day_ends(*, workspace: Workspace, as_of: datetime, days: int) -> list[datetime]:
    """The last `days` midnights of the workspace up to the instant, oldest first."""
    clock = ZoneClock(as_of, workspace.zone, workspace.week_start)
    return [clock.midnight(clock.today - timedelta(days=back)) for back in range(days - 1, -1, -1)]


def request_backfill(*, segment: Segment, now: datetime) -> Recount:
    """Ask for the missing days of the trend; once a version and day."""
    today: date = now.astimezone(segment.workspace.zone).date()
    return queueing.request_recount(
        segment=segment,
        reason=RecountReason.BACKFILL,
        slot=f"backfill:{segment.version_number}:{today}",
        now=now,
    )


def backfill_claimed(*, claim: Claim, clock: Clock) -> None:
    """Evaluate the current definition at each missing day-end, some days a transaction.

    A killed backfill goes on where it stopped: days that are there are not counted again.
    """
    attempt(claim=claim, clock=clock, work=lambda workspace: _backfill(workspace, claim, clock))


def _backfill(workspace: Workspace, claim: Claim, clock: Clock) -> None:
    now = clock()
    with workspace_scope(workspace):
        recount = Recount.objects.in_workspace(workspace).get(pk=claim.recount_id)
        segment = Segment.objects.in_workspace(workspace).get(pk=recount.segment_id)
        if segment.archived_at is not None or recount.version_number != segment.version_number:
            queueing.cancel_recount(recount=recount, now=now)
            return
        _forget_other_versions(segment)
        days = day_ends(workspace=workspace, as_of=now, days=BACKFILL_DAYS + 1)
        there = set(_points(segment).values_list("as_of", flat=True))
    missing = [day for day in days if day not in there]
    done, at_once = 0, 1
    while done < len(missing):
        batch = missing[done : done + at_once]
        started = perf_counter()
        with workspace_scope(workspace, isolation="REPEATABLE READ"):
            if not _record_days(segment, recount, batch, claim, clock):
                return
            done += len(batch)
            # Last, so that nobody who cancels or saves has to wait for the evaluation.
            if not claims.extend_lease(claim, done=done, total=len(missing)):
                transaction.set_rollback(True)
                return
        at_once = _days_at_once(at_once, perf_counter() - started)
    with workspace_scope(workspace):
        claims.finish(claim, now=clock(), size=None, as_of=now)


def _days_at_once(before: int, seconds: float) -> int:
    """More days a statement while they are cheap, fewer when they are not."""
    if seconds < SHORT_SECONDS:
        return min(before * 2, MOST_DAYS_AT_ONCE)
    return max(1, before // 2) if seconds > LONG_SECONDS else before


def _record_days(
    segment: Segment, recount: Recount, days: Sequence[datetime], claim: Claim, clock: Clock
) -> bool:
    """Store one point a day; False when the definition can't be evaluated."""
    workspace = recount.workspace
    try:
        tree = tree_of(segment=segment, workspace=workspace)
    except InvalidTree as error:
        claims.fail(claim, now=clock(), error=error.errors[0].message)
        return False
    scopes = [Scope(workspace, days[0])]
    scopes += [scopes[0].at(day) for day in days[1:]]
    pins = list(SegmentPin.objects.in_workspace(workspace).filter(segment=segment))
    before = _members_before(segment, days[0])
    points = []
    for scope, (matching, universe) in zip(scopes, members_at(tree, scopes), strict=True):
        pinned_in, pinned_out = pins_valid_at(pins, scope.as_of)
        members = with_pins(matching, universe, pinned_in=pinned_in, pinned_out=pinned_out)
        if before is None:
            before = members  # nothing is known before the first day: nobody entered on it
        points.append(
            Snapshot(
                workspace=workspace,
                segment=segment,
                recount=recount,
                as_of=scope.as_of,
                version_number=segment.version_number,
                is_recorded=False,
                reason=RecountReason.BACKFILL,
                size=len(members),
                entered=len(members - before),
                left=len(before - members),
                universe=len(universe),
                members=members.pack(),
                coverage=list(sources_missing_at(tree, workspace=workspace, as_of=scope.as_of)),
            )
        )
        before = members
    Snapshot.objects.bulk_create(points)
    return True


def _members_before(segment: Segment, day: datetime) -> ContactSet | None:
    previous = _points(segment).filter(as_of__lt=day).order_by("-as_of").first()
    if previous is None:
        return None
    return ContactSet.unpack(segment.workspace_id, previous.members)


def _points(segment: Segment) -> QuerySet[Snapshot]:
    return Snapshot.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, is_recorded=False, version_number=segment.version_number
    )


def _forget_other_versions(segment: Segment) -> None:
    """The line shows one definition; what was recorded then stays for ever."""
    Snapshot.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, is_recorded=False
    ).exclude(version_number=segment.version_number).delete()


def trend_of(
    *, segment: Segment, first: datetime | None, last: datetime | None, recorded: bool | None
) -> Sequence[Snapshot]:
    """Points in order of time. `recorded` None gives both kinds, each saying which it is.

    Recomputed points are those of the current definition; recorded ones are of their day's.
    """
    current = Q(is_recorded=True) | Q(version_number=segment.version_number)
    points = Snapshot.objects.in_workspace(segment.workspace_id).filter(current, segment=segment)
    if recorded is not None:
        points = points.filter(is_recorded=recorded)
    if first is not None:
        points = points.filter(as_of__gte=first)
    if last is not None:
        points = points.filter(as_of__lte=last)
    return list(points.defer("members").order_by("as_of", "is_recorded"))
