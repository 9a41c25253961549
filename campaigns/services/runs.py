"""Makes the runs of a campaign. A run's key names its slot or its click: once each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from celery import current_app
from django.db import transaction

from campaigns.documents import Schedule, read_part
from campaigns.frozen import sending_settings_of, testing_of
from campaigns.models import Campaign, Run, RunKind
from campaigns.slots import after_quiet_hours
from workspaces.models import User


@dataclass(frozen=True)
class Wanted:
    """A run to be made, unless there is one with its key."""

    run_key: str
    at: datetime
    kind: RunKind
    zone: str = ""
    parent: Run | None = None
    started_by: User | None = None


def first_kind(campaign: Campaign) -> RunKind:
    """What a fresh send of the campaign begins with."""
    return RunKind.REGULAR if testing_of(campaign) is None else RunKind.TEST


def make_runs(*, campaign: Campaign, wanted: Iterable[Wanted]) -> int:
    """Make the runs that aren't there yet; those in quiet hours wait for their end."""
    schedule = read_part(Schedule, campaign.schedule, path="$.schedule")
    sending = sending_settings_of(campaign.workspace_id)
    runs = []
    for each in wanted:
        at = each.at
        if schedule.quiet_hours:
            zone = ZoneInfo(each.zone) if each.zone else campaign.workspace.zone
            at = after_quiet_hours(at, zone, sending)
        runs.append(
            Run(
                workspace_id=campaign.workspace_id,
                campaign=campaign,
                kind=each.kind,
                parent=each.parent,
                zone=each.zone,
                run_key=each.run_key,
                scheduled_for=at,
                started_by=each.started_by,
            )
        )
    Run.objects.bulk_create(runs, ignore_conflicts=True)
    return len(runs)


def ring_on_commit() -> None:
    """Tell the workers once the run can be found; a tick finds it if Redis is away."""
    transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    current_app.send_task("campaigns.tasks.freeze_runs", expires=600, retry=False)
