"""A month of sends: what went out, what goes on, what is to come."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from campaigns.models import Campaign, Run, RunState
from workspaces.models import Workspace


@dataclass(frozen=True)
class Entry:
    """One send: a run, or a campaign's next one that has no run yet."""

    at: datetime
    campaign: Campaign
    run: Run | None

    @property
    def state(self) -> str:
        return self.run.state if self.run is not None else RunState.SCHEDULED


@dataclass(frozen=True)
class Day:
    """A square of the calendar."""

    day: date
    is_in_month: bool
    is_today: bool
    entries: Sequence[Entry]

    @property
    def recipients(self) -> int:
        """Whom the runs of the day write to, once for each run."""
        return sum(entry.run.size or 0 for entry in self.entries if entry.run is not None)


def month_of(*, workspace: Workspace, year: int, month: int, now: datetime) -> list[list[Day]]:
    """The weeks of a month in the workspace's time zone, from its first day of the week on."""
    zone = workspace.zone
    weeks = calendar.Calendar(workspace.week_start - 1).monthdatescalendar(year, month)
    since = datetime.combine(weeks[0][0], time.min, zone)
    until = datetime.combine(weeks[-1][-1] + timedelta(days=1), time.min, zone)
    entries: dict[date, list[Entry]] = defaultdict(list)
    for entry in sorted(_entries(workspace, since, until), key=lambda each: each.at):
        entries[entry.at.astimezone(zone).date()].append(entry)
    today = now.astimezone(zone).date()
    return [
        [Day(day, day.month == month, day == today, tuple(entries[day])) for day in week]
        for week in weeks
    ]


def _entries(workspace: Workspace, since: datetime, until: datetime) -> list[Entry]:
    runs = list(
        Run.objects.in_workspace(workspace)
        .filter(scheduled_for__gte=since, scheduled_for__lt=until)
        .select_related("campaign")
        .defer("audience", "content", "settings", "segments", "waterfall")
    )
    planned = Campaign.objects.in_workspace(workspace).filter(
        archived_at__isnull=True, next_due_at__gte=since, next_due_at__lt=until
    )
    taken = {(run.campaign_id, run.scheduled_for) for run in runs}
    return [
        *(Entry(run.scheduled_for, run.campaign, run) for run in runs),
        *(
            Entry(campaign.next_due_at, campaign, None)
            for campaign in planned
            if campaign.next_due_at and (campaign.pk, campaign.next_due_at) not in taken
        ),
    ]
