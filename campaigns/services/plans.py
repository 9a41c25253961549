"""What a campaign still has before it."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db.models import Exists, OuterRef, Q

from campaigns.documents import InvalidDocument
from campaigns.frozen import RunSettings, settings_of
from campaigns.models import Campaign, CampaignState, Run, RunKind, RunState

logger = structlog.get_logger(__name__)

# Longer than the longest wait for what follows a send (720 hours), and a send that took its time.
OLDEST = timedelta(days=60)

# A person or a worker has yet to do something about these.
TO_COME = (RunState.SCHEDULED, RunState.HELD, RunState.FREEZING)


def settle_campaign(campaign: Campaign) -> None:
    """A scheduled campaign that nothing is to come of any more is done."""
    rows = Campaign.objects.in_workspace(campaign.workspace_id).filter(
        pk=campaign.pk, state=CampaignState.SCHEDULED, next_due_at=None
    )
    if rows.exists() and not _has_to_come(campaign):
        rows.update(state=CampaignState.DONE)


def _has_to_come(campaign: Campaign) -> bool:
    runs = Run.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    children = Run.objects.in_workspace(campaign.workspace_id).filter(parent_id=OuterRef("pk"))
    is_unsettled = Q(kind=RunKind.TEST, winner=None)
    is_repeated = (
        Q(settings__resend__isnull=False)
        & ~Q(settings__resend=None)
        & ~Exists(children.filter(kind=RunKind.RESEND))
    )
    went_out = runs.filter(state__in=(RunState.SENDING, RunState.PAUSED, RunState.FINISHED))
    return (
        runs.filter(state__in=TO_COME).exists()
        or went_out.filter(is_unsettled | is_repeated).exists()
    )


def goes_on(campaign: Campaign) -> bool:
    """Whether what follows its sends by itself is still wanted."""
    return campaign.archived_at is None and campaign.state != CampaignState.STOPPED


def settings_or_none(run: Run) -> RunSettings | None:
    """The run's frozen settings; None, and a line in the log, where they can't be read."""
    try:
        return settings_of(run)
    except InvalidDocument:
        logger.warning("run_settings_unreadable", run=run.pk)
        return None
