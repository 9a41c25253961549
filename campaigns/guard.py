"""What a person has to look at before a send: sizes that jump, rows that ask before records began.

A segment's usual size is the median of its last days: recorded counts, and where there are none
the same definition counted backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.utils.translation import gettext as _

from campaigns.audience import CountedAudience, CountedSegment
from campaigns.frozen import confirmations_of
from campaigns.models import Run
from segments.models import Segment, Snapshot
from workspaces.models import Workspace

JUMP = "jump"
COVERAGE = "coverage"

DAYS = 14  # of the trend
FEW = 100  # contacts: a smaller change alarms nobody
TOLERANCE = 1.1  # what was confirmed may be exceeded by a tenth
REMEMBERED = 20  # confirmed runs of the campaign

Reason = dict[str, Any]  # {"code", "message", …}, as `Run.held_reasons` holds them


def reasons_to_hold(
    *, workspace: Workspace, counted: CountedAudience, jump_percent: int
) -> list[Reason]:
    """Everything worth a look, whether or not somebody has confirmed it before."""
    asked = [each for each in counted.segments if set(each.uses) & {"include", "exclude"}]
    usual = usual_sizes(
        workspace=workspace, segments=[each.segment for each in asked], as_of=counted.as_of
    )
    jumps = [_jump(each, usual.get(each.segment.pk), jump_percent) for each in asked]
    gaps = [
        {
            "code": COVERAGE,
            "message": gap.message,
            "segment": gap.segment_id,
            "path": gap.path,
            "text": gap.message,
        }
        for gap in counted.coverage
    ]
    return [*(jump for jump in jumps if jump is not None), *gaps]


def usual_sizes(
    *, workspace: Workspace, segments: Iterable[Segment], as_of: datetime
) -> dict[int, int]:
    """The usual size of each segment that has a past."""
    versions = {segment.pk: segment.version_number for segment in segments}
    rows = (
        Snapshot.objects.in_workspace(workspace)
        .filter(
            segment__in=list(versions),
            as_of__lt=as_of,
            as_of__gte=as_of - timedelta(days=DAYS),
        )
        .order_by("is_recorded", "as_of")
        .values_list("segment_id", "as_of", "size", "is_recorded", "version_number")
    )
    days: dict[int, dict[Any, int]] = {}
    for segment_id, at, size, is_recorded, version in rows:
        # The last of a day; what was recorded comes later here, and so wins.
        if is_recorded or version == versions[segment_id]:
            day = at.astimezone(workspace.zone) - timedelta(microseconds=1)
            days.setdefault(segment_id, {})[day.date()] = size
    return {segment_id: round(median(sizes.values())) for segment_id, sizes in days.items()}


def _jump(each: CountedSegment, usual: int | None, jump_percent: int) -> Reason | None:
    size = len(each.members)
    if usual is None or not _is_jump(size, usual, jump_percent):
        return None
    message = _("The segment “%(name)s” has %(size)s contacts now; usual are %(usual)s.") % {
        "name": each.segment.name,
        "size": size,
        "usual": usual,
    }
    return {
        "code": JUMP,
        "message": message,
        "segment": each.segment.pk,
        "size": size,
        "usual": usual,
    }


def _is_jump(size: int, usual: int, jump_percent: int) -> bool:
    change = abs(size - usual)
    return change >= FEW and change * 100 > usual * jump_percent


def unconfirmed(reasons: Sequence[Reason], confirmed: Sequence[Reason]) -> list[Reason]:
    """Those that nobody has confirmed yet, or that are worse than what was confirmed."""
    return [reason for reason in reasons if not any(_covers(each, reason) for each in confirmed)]


def _covers(confirmed: Mapping[str, Any], reason: Mapping[str, Any]) -> bool:
    if (confirmed.get("code"), confirmed.get("segment")) != (reason["code"], reason["segment"]):
        return False
    if reason["code"] == COVERAGE:
        names = ("path", "text")
        return all(confirmed.get(name) == reason[name] for name in names)
    was = int(confirmed["size"])
    change = reason["size"] - reason["usual"]
    allowed = was - int(confirmed["usual"])
    if (change > 0) != (allowed > 0):
        return False
    # By how much it is off its usual size, or that it has about the size once called right.
    is_no_worse = abs(change) <= abs(allowed) * TOLERANCE
    return bool(is_no_worse or abs(reason["size"] - was) <= was * (TOLERANCE - 1))


def confirmed_reasons(run: Run) -> list[Reason]:
    """What people have confirmed for this run, and for earlier ones of the campaign."""
    runs = Run.objects.in_workspace(run.workspace_id).filter(
        campaign_id=run.campaign_id, confirmed_at__isnull=False
    )
    latest = runs.select_related("confirmed_by").defer("audience", "content", "segments")
    confirmations = map(confirmations_of, latest.order_by("-confirmed_at")[:REMEMBERED])
    return [
        reason
        for each in confirmations
        for reason in each.asked
        if reason.get("code") in each.confirmed
    ]
