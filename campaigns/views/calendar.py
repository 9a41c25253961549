from __future__ import annotations

import re
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.calendar import month_of
from campaigns.models import Campaign, Run
from campaigns.views.framing import RUN_BADGES
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)


@require_safe
def calendar_page(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Sends of a month: a grid, on a phone a list of the days that have some."""
    require(request.actor, Action.READ_CAMPAIGNS)
    first = _month_asked(request)
    weeks = month_of(
        workspace=request.workspace, year=first.year, month=first.month, now=request.now
    )
    days = [day for week in weeks for day in week if day.is_in_month]
    context = {
        "first": first,
        "previous": (first - timedelta(days=1)).replace(day=1),
        "next": (first + timedelta(days=31)).replace(day=1),
        "is_this_month": any(day.is_today for day in days),
        "weeks": weeks,
        "recipients": sum(day.recipients for day in days),
        "number": sum(len(day.entries) for day in days),
        "is_empty": not Run.objects.in_workspace(request.workspace).exists()
        and not Campaign.objects.in_workspace(request.workspace).exists(),
        "badges": RUN_BADGES,
        "may_write": request.actor.may(Action.WRITE_CAMPAIGNS),
    }
    return render(request, "campaigns/calendar.html", context)


def _month_asked(request: WorkspaceRequest) -> date:
    """The first day of `month` ("2026-11"), or of the present month."""
    if found := _MONTH.fullmatch(request.GET.get("month", "")):
        return date(int(found[1]), int(found[2]), 1)
    return request.now.astimezone(request.workspace.zone).date().replace(day=1)
