"""Makes the runs of campaigns whose slot has come, and those that repeat a send to who has not
opened it. Safe with any number of schedulers."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db.models import Exists, OuterRef, Q

from campaigns.audience import AudienceRefusedError
from campaigns.documents import InvalidDocument, Schedule, read_part
from campaigns.models import Campaign, CampaignState, Run, RunKind, RunState
from campaigns.parts import SLOT, ZONE
from campaigns.services.plans import OLDEST, goes_on, settings_or_none
from campaigns.services.runs import Wanted, first_kind, make_runs, ring_on_commit
from campaigns.slots import (
    FURTHEST_EAST,
    FURTHEST_WEST,
    begins_somewhere,
    instant_of,
    next_slot,
    slot_at,
)
from campaigns.waterfall import count_campaign
from campaigns.zones import contacts_by_zone
from segments.criteria.scope import Scope
from workspaces.tenancy import claimer_scope, workspace_scope

logger = structlog.get_logger(__name__)

AT_ONCE = 200
# How much earlier a slot can come elsewhere than in the workspace.
AHEAD = FURTHEST_EAST - FURTHEST_WEST


def queue_due_campaigns(*, now: datetime) -> int:
    """Make the runs of every campaign that is due, in all workspaces; how many campaigns were."""
    is_due = Q(next_due_at__lte=now) | Q(schedule__zone="contact", next_due_at__lte=now + AHEAD)
    with claimer_scope():
        found = list(
            Campaign.objects.filter(is_due, state=CampaignState.SCHEDULED, archived_at__isnull=True)
            .order_by("next_due_at")
            .values_list("workspace_id", "pk")[:AT_ONCE]
        )
    return sum(_queue(workspace_id, campaign_id, now) for workspace_id, campaign_id in found)


def _queue(workspace_id: int, campaign_id: int, now: datetime) -> bool:
    """Whether its slot was queued now; a fault of one campaign doesn't stop the others."""
    try:
        with workspace_scope(workspace_id):
            rows = Campaign.objects.in_workspace(workspace_id).filter(
                pk=campaign_id,
                state=CampaignState.SCHEDULED,
                archived_at__isnull=True,
                next_due_at__isnull=False,
            )
            locked = rows.select_for_update(skip_locked=True, of=("self",)).first()
            return locked is not None and _queue_slot(locked, now)
    except InvalidDocument:
        with workspace_scope(workspace_id):
            rows = Campaign.objects.in_workspace(workspace_id).filter(pk=campaign_id)
            rows.update(state=CampaignState.STOPPED, next_due_at=None)
    except Exception:
        logger.exception("campaign_not_queued", campaign=campaign_id)
    return False


def _queue_slot(campaign: Campaign, now: datetime) -> bool:
    """The slot's runs, and the next slot: both or neither."""
    schedule = read_part(Schedule, campaign.schedule, path="$.schedule")
    zone, due = campaign.workspace.zone, campaign.next_due_at
    if due is None:
        return False
    slot = slot_at(schedule, zone, due)
    is_zoned = schedule.zone == "contact"
    if (begins_somewhere(slot) if is_zoned else due) > now:
        return False
    key, kind = SLOT + f"{slot:%Y-%m-%dT%H:%M}", first_kind(campaign)
    wanted = [Wanted(key, max(due, now), kind)]
    if is_zoned:
        others = Wanted(key + ZONE, max(due, now), kind, zone=zone.key)
        wanted = [others, *_zoned(campaign, key, slot, now)]
    make_runs(campaign=campaign, wanted=wanted)
    campaign.next_due_at = _next_due(schedule, zone, due, now)
    campaign.save(update_fields=["next_due_at"])
    return True


def _zoned(campaign: Campaign, key: str, slot: datetime, now: datetime) -> list[Wanted]:
    """A run for each zone of the audience but the workspace's, whose run everybody else shares.

    Where the slot has passed already it is now.
    """
    kind, workspace = first_kind(campaign), campaign.workspace
    try:
        counted = count_campaign(campaign=campaign, as_of=now)
    except AudienceRefusedError:
        return []  # the one run says why
    zones = contacts_by_zone(Scope(workspace, now))
    return [
        Wanted(key + ZONE + name, max(instant_of(slot, ZoneInfo(name)), now), kind, zone=name)
        for name, contacts in sorted(zones.items())
        if name != workspace.zone.key and contacts & counted.inside
    ]


def _next_due(schedule: Schedule, zone: ZoneInfo, due: datetime, now: datetime) -> datetime | None:
    """The next slot: a scheduler that was away doesn't make up for every missed one."""
    after = max(due, now if schedule.zone == "workspace" else now - timedelta(days=1))
    slot = next_slot(schedule, zone, after)
    return None if slot is None else instant_of(slot, zone)


def queue_resends(*, now: datetime) -> int:
    """Send once more to those who have not opened, where the time for it has come. How many."""
    with claimer_scope():
        again = Run.objects.filter(
            workspace_id=OuterRef("workspace_id"), parent_id=OuterRef("pk"), kind=RunKind.RESEND
        )
        sent = Run.objects.filter(
            ~Exists(again),
            ~Q(kind=RunKind.RESEND),
            state=RunState.FINISHED,
            settings__resend__after_hours__isnull=False,
            as_of__gt=now - OLDEST,
        )
        found = list(sent.order_by("as_of").values_list("workspace_id", "pk")[:AT_ONCE])
    return sum(_resend(workspace_id, run_id, now) for workspace_id, run_id in found)


def _resend(workspace_id: int, run_id: int, now: datetime) -> bool:
    with workspace_scope(workspace_id):
        rows = Run.objects.in_workspace(workspace_id).filter(pk=run_id)
        run = rows.select_for_update(skip_locked=True, of=("self",)).first()
        settings = None if run is None else settings_or_none(run)
        if run is None or run.as_of is None or settings is None or settings.resend is None:
            return False
        if run.as_of + timedelta(hours=settings.resend.after_hours) > now:
            return False
        if not goes_on(run.campaign):
            return False
        wanted = Wanted(f"resend:{run.pk}", now, RunKind.RESEND, zone=run.zone, parent=run)
        make_runs(campaign=run.campaign, wanted=[wanted])
        ring_on_commit()
        return True
