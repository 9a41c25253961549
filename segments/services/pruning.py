"""What of a segment's history is kept how long (docs/operations.md says it to operators)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from segments.models import Recount, RecountReason, RecountState, Snapshot
from workspaces.models import Workspace
from workspaces.tenancy import WorkspaceQuerySet

# Numbers of counts stay as long as a line is, and a little; members take the room and go sooner.
SPARE_DAYS = 35
EVERY_COUNT_FOR = timedelta(days=2)
LAST_OF_DAY_FOR = timedelta(days=30)
RECOUNTS_FOR = timedelta(days=30)
AT_ONCE = 2_000
CLOSED = (RecountState.DONE, RecountState.FAILED, RecountState.CANCELLED)
NO_MEMBERS = b""


def prune_history(*, workspace: Workspace, now: datetime) -> int:
    """Forget what nobody needs any more; how many rows were changed or deleted.

    The newest count of each segment stays whole, and so does every count before a send.
    """
    return (
        _forget_old_counts(workspace, now)
        + _forget_members(workspace, now)
        + _forget_recounts(workspace, now)
    )


def _forget_old_counts(workspace: Workspace, now: datetime) -> int:
    old = now - timedelta(days=settings.TREND_DAYS + SPARE_DAYS)
    recorded = _recorded(workspace).exclude(pk__in=_newest(workspace))
    return recorded.filter(as_of__lt=old).delete()[0]


def _forget_members(workspace: Workspace, now: datetime) -> int:
    """All but those of each day's last count; of older counts all."""
    recorded = _recorded(workspace).filter(as_of__lt=now - EVERY_COUNT_FOR)
    with_members = recorded.exclude(members=NO_MEMBERS).exclude(pk__in=_newest(workspace))
    seen: set[tuple[int, object]] = set()
    forgotten = []
    rows = with_members.order_by("-as_of").values_list("pk", "segment_id", "as_of")
    for pk, segment_id, as_of in rows.iterator():
        day = (segment_id, as_of.astimezone(workspace.zone).date())
        if as_of < now - LAST_OF_DAY_FOR or day in seen:
            forgotten.append(pk)
        seen.add(day)
    for start in range(0, len(forgotten), AT_ONCE):
        batch = forgotten[start : start + AT_ONCE]
        _recorded(workspace).filter(pk__in=batch).update(members=NO_MEMBERS)
    return len(forgotten)


def _forget_recounts(workspace: Workspace, now: datetime) -> int:
    finished = Recount.objects.in_workspace(workspace).filter(
        state__in=CLOSED, finished_at__lt=now - RECOUNTS_FOR
    )
    number = 0
    while ids := list(finished.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        Snapshot.objects.in_workspace(workspace).filter(recount_id__in=ids).update(recount=None)
        number += finished.filter(pk__in=ids).delete()[0]
    return number


def _recorded(workspace: Workspace) -> WorkspaceQuerySet[Snapshot]:
    recorded = Snapshot.objects.in_workspace(workspace).filter(is_recorded=True)
    return recorded.exclude(reason=RecountReason.SEND)


def _newest(workspace: Workspace) -> list[int]:
    """The newest count of each segment, whatever asked for it."""
    recorded = Snapshot.objects.in_workspace(workspace).filter(is_recorded=True)
    newest = recorded.order_by("segment_id", "-as_of").distinct("segment_id")
    return list(newest.values_list("pk", flat=True))
