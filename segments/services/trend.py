"""A segment's size over time: the current definition on every day, or as it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from segments.criteria.tree import InvalidTree
from segments.criteria.windows import Clock as ZoneClock
from segments.engine.coverage import sources_missing_at
from segments.engine.sets import ContactSet
from segments.models import Recount, RecountReason, Segment, Snapshot
from segments.services import queueing
from segments.services.queueing import Claim
from segments.services.recounting import Clock, evaluate_segment, tree_of
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

BACKFILL_DAYS = 90


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
    """Evaluate the current definition at each missing day-end, a transaction a day.

    A killed backfill goes on where it stopped: days that are there are not counted again.
    """
    workspace = Workspace.objects.get(pk=claim.workspace_id)
    now = clock()
    with workspace_scope(workspace):
        recount = Recount.objects.in_workspace(workspace).get(pk=claim.recount_id)
        segment = Segment.objects.in_workspace(workspace).get(pk=recount.segment_id)
        if recount.version_number != segment.version_number:
            queueing.cancel_recount(recount=recount, now=now)
            return
        _forget_other_versions(segment)
        days = day_ends(workspace=workspace, as_of=now, days=BACKFILL_DAYS + 1)
        there = set(_points(segment).values_list("as_of", flat=True))
    missing = [day for day in days if day not in there]
    for index, day in enumerate(missing):
        with workspace_scope(workspace, isolation="REPEATABLE READ"):
            if not queueing.extend_lease(claim, now=clock(), done=index, total=len(missing)):
                return
            if not _record_day(segment, workspace, recount, day, claim, clock):
                return
    with workspace_scope(workspace):
        queueing.extend_lease(claim, now=clock(), done=len(missing), total=len(missing))
        queueing.finish(claim, now=clock(), size=None, as_of=now)


def _record_day(
    segment: Segment,
    workspace: Workspace,
    recount: Recount,
    day: datetime,
    claim: Claim,
    clock: Clock,
) -> bool:
    try:
        evaluation = evaluate_segment(segment=segment, workspace=workspace, as_of=day)
        tree = tree_of(segment=segment, workspace=workspace)
    except InvalidTree as error:
        queueing.fail(claim, now=clock(), error=error.errors[0].message)
        return False
    previous = _points(segment).filter(as_of__lt=day).order_by("-as_of").first()
    members = evaluation.members
    before = (
        members  # nothing is known before the first day: nobody entered on it
        if previous is None
        else ContactSet.unpack(workspace.pk, previous.members)
    )
    Snapshot.objects.create(
        workspace=workspace,
        segment=segment,
        recount=recount,
        as_of=day,
        version_number=segment.version_number,
        is_recorded=False,
        reason=RecountReason.BACKFILL,
        size=len(members),
        entered=len(members - before),
        left=len(before - members),
        universe=len(evaluation.universe),
        members=members.pack(),
        coverage=list(sources_missing_at(tree, workspace=workspace, as_of=day)),
    )
    return True


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
    """Points in order of time. `recorded` None gives both kinds, each saying which it is."""
    points = Snapshot.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    if recorded is not None:
        points = points.filter(is_recorded=recorded)
    if first is not None:
        points = points.filter(as_of__gte=first)
    if last is not None:
        points = points.filter(as_of__lte=last)
    return list(points.defer("members").order_by("as_of", "is_recorded"))
