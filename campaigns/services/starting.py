"""Starting, scheduling and stopping campaigns, and confirming what the guard holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns import guard
from campaigns.documents import Audience, Schedule, read_part
from campaigns.models import OPEN_STATES, Campaign, CampaignState, Run, RunState
from campaigns.parts import SLOT, ZONE, slot_and_zone
from campaigns.readiness import check_content
from campaigns.services.plans import TO_COME
from campaigns.services.runs import Wanted, first_kind, make_runs, ring_on_commit
from campaigns.slots import instant_of, is_over_everywhere, next_slot, slots
from campaigns.waterfall import warnings_of
from workspaces.audit import record_audit
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

KEY_LENGTH = 150


class AlreadyRunningError(Exception):
    """The campaign has an open run, `run`: it is finished or cancelled first."""

    def __init__(self, run: Run) -> None:
        super().__init__(_("The campaign is being sent already."))
        self.run = run


def start_now(
    *, actor: Actor, campaign: Campaign, key: str, now: datetime, confirmed: Sequence[str] = ()
) -> Run:
    """Send the campaign now. The same key gives the same run, however often it is asked.

    `confirmed`: codes of warnings (`waterfall.warnings_of`) that the person has seen and wants to
    be sent nevertheless. Raises `AlreadyRunningError`, `NotReadyError`, `InvalidDocument`,
    `AudienceRefusedError` and `ValidationError`.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    if not key or len(key) > KEY_LENGTH or not key.isprintable():
        raise ValidationError({"key": _("Name the click by a key of at most 150 characters.")})
    run_key = f"now:{key}"
    with workspace_scope(actor.workspace):
        locked = _lock(actor, campaign)
        runs = Run.objects.in_workspace(actor.workspace).filter(campaign=locked)
        if (made := runs.filter(run_key=run_key).first()) is not None:
            return made
        if (other := runs.filter(state__in=OPEN_STATES).first()) is not None:
            raise AlreadyRunningError(other)
        _check(actor, locked)
        wanted = Wanted(run_key, now, first_kind(locked), started_by=actor.user)
        make_runs(campaign=locked, wanted=[wanted])
        run = runs.get(run_key=run_key)
        if confirmed:
            _confirm(run, warnings_of(campaign=locked, as_of=now), confirmed, actor, now)
        if locked.state != CampaignState.SCHEDULED:
            locked.state = CampaignState.SCHEDULED
            locked.save(update_fields=["state"])
        record_audit(
            actor=actor, action="campaign.started", subject=locked, now=now, details={"run": run.pk}
        )
        ring_on_commit()
    _copy(locked, campaign)
    return run


def schedule_campaign(*, actor: Actor, campaign: Campaign, now: datetime) -> Campaign:
    """Let the campaign go out by its schedule from now on.

    Raises `ValidationError` for a schedule nothing is to come of, `NotReadyError` and
    `InvalidDocument`.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        locked = _lock(actor, campaign)
        _check(actor, locked)
        locked.next_due_at = _first_due(locked, now)
        locked.state = CampaignState.SCHEDULED
        locked.save(update_fields=["state", "next_due_at"])
        record_audit(actor=actor, action="campaign.scheduled", subject=locked, now=now)
    _copy(locked, campaign)
    return campaign


def stop_campaign(*, actor: Actor, campaign: Campaign, now: datetime) -> Campaign:
    """Nothing more goes out by itself; what is being sent goes on until it is paused."""
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        # Runs before their campaign, as whoever freezes locks them.
        runs = Run.objects.in_workspace(actor.workspace).filter(campaign=campaign)
        waiting = runs.filter(state__in=TO_COME).select_for_update(of=("self",))
        for run in waiting.only("run_key"):
            # The slot is free for another plan; a click isn't.
            is_slot = run.run_key.startswith(SLOT)
            run_key = f"{run.run_key}#{run.pk}" if is_slot else run.run_key
            runs.filter(pk=run.pk).update(
                state=RunState.CANCELLED, run_key=run_key, finished_at=now, lease_until=None
            )
        rows = Campaign.objects.in_workspace(actor.workspace)
        locked = rows.select_for_update(of=("self",)).get(pk=campaign.pk)
        locked.state, locked.next_due_at = CampaignState.STOPPED, None
        locked.save(update_fields=["state", "next_due_at"])
        record_audit(actor=actor, action="campaign.stopped", subject=locked, now=now)
    _copy(locked, campaign)
    return campaign


def confirm_run(*, actor: Actor, run: Run, codes: Sequence[str], now: datetime) -> Run:
    """Let a held run go on: its audience is counted anew, and what is confirmed isn't asked again
    unless it got worse. Confirms the other zones of its slot with it.

    A run that isn't held any more stays as it is. Raises `ValidationError` unless every reason's
    code is given.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        rows = Run.objects.in_workspace(actor.workspace)
        held = rows.filter(campaign_id=run.campaign_id, state=RunState.HELD)
        locked = held.filter(pk=run.pk).select_for_update(of=("self",)).first()
        if locked is None:
            return rows.get(pk=run.pk)
        missing = {reason["code"] for reason in locked.held_reasons} - set(codes)
        if missing:
            raise ValidationError(
                {"codes": _("Not confirmed yet: %s") % ", ".join(sorted(missing))}
            )
        slot, zone = slot_and_zone(locked.run_key)
        others = held.filter(run_key__startswith=slot + ZONE) if zone is not None else held.none()
        for each in [locked, *others.exclude(pk=locked.pk).select_for_update(of=("self",))]:
            _confirm(each, each.held_reasons, codes, actor, now)
            each.state = RunState.SCHEDULED
            each.save(update_fields=["state"])
        record_audit(
            actor=actor,
            action="run.confirmed",
            subject=locked,
            now=now,
            details={"codes": sorted(set(codes))},
        )
        ring_on_commit()
        return locked


def _confirm(
    run: Run, reasons: Sequence[guard.Reason], codes: Sequence[str], actor: Actor, now: datetime
) -> None:
    run.held_reasons = [reason for reason in reasons if reason["code"] in codes]
    run.confirmed = sorted({reason["code"] for reason in run.held_reasons})
    run.confirmed_by, run.confirmed_at = actor.user, now
    run.save(update_fields=["held_reasons", "confirmed", "confirmed_by", "confirmed_at"])


def _lock(actor: Actor, campaign: Campaign) -> Campaign:
    rows = Campaign.objects.in_workspace(actor.workspace).filter(archived_at=None)
    locked = rows.select_for_update(of=("self",)).filter(pk=campaign.pk).first()
    if locked is None:
        raise ValidationError(_("The campaign is archived."))
    return locked


def _check(actor: Actor, campaign: Campaign) -> None:
    """What can be known before the audience is counted."""
    audience = read_part(Audience, campaign.audience, path="$.audience")
    if audience.is_empty:
        message = _("The campaign has no audience yet. Choose a segment or a list.")
        raise ValidationError({"audience": message})
    check_content(workspace=actor.workspace, campaign=campaign)


def _first_due(campaign: Campaign, now: datetime) -> datetime:
    """The workspace's instant of the first slot that isn't over."""
    schedule = read_part(Schedule, campaign.schedule, path="$.schedule")
    zone = campaign.workspace.zone
    if schedule.kind == "now":
        raise ValidationError({"schedule": _("The campaign has no date. Send it now instead.")})
    slot = next_slot(schedule, zone, now)
    if schedule.kind == "at" and schedule.zone == "contact":
        # Somewhere it may still be to come; where it has passed it goes out at once.
        found = slots(schedule, schedule.date or now.date())
        slot = next((each for each in found if not is_over_everywhere(each, now)), None)
    if slot is None:
        raise ValidationError({"schedule": _("The time has passed. Choose a later one.")})
    key = SLOT + f"{slot:%Y-%m-%dT%H:%M}"
    runs = Run.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    is_made = Q(run_key=key) | Q(run_key__startswith=key + ZONE, as_of__isnull=False)
    if runs.filter(is_made).exists():
        slot = next_slot(schedule, zone, instant_of(slot, zone))
    if slot is None:
        raise ValidationError({"schedule": _("This send has been made. Choose a later time.")})
    return instant_of(slot, zone)


def _copy(saved: Campaign, shown: Campaign) -> None:
    shown.state, shown.next_due_at = saved.state, saved.next_due_at
