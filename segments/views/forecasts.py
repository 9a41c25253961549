"""Who enters and leaves in the coming days if nothing happens but time."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from segments.criteria.tree import InvalidTree
from segments.faults import say_faults
from segments.reading import trend_points
from segments.services import trend
from segments.services.comparing import Movement
from segments.services.forecasting import (
    USUAL_DAYS,
    Forecast,
    TooMuchToForecastError,
    forecast,
    forecast_movers,
)
from segments.views.framing import segment_frame
from segments.views.parameters import contact_after, instant_asked
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PERIODS = (7, 30, 90)
DAYS_BEFORE = 30  # of the trend, that the chart goes on from
PAGE_SIZE = 50


@require_safe
def segment_forecast(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """The coming days in numbers, and as a line that goes on from the trend."""
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    days = next((each for each in PERIODS if request.GET.get("days") == str(each)), USUAL_DAYS)
    context: dict[str, Any] = {"days": days, "periods": PERIODS}
    try:
        # A statement that took too long must not take the page with it.
        with transaction.atomic():
            ahead = forecast(segment=found, as_of=request.now, days=days)
    except InvalidTree as error:
        context["fault"] = say_faults(found.definition.get("where"), error)
    except TooMuchToForecastError as error:
        context["too_much"] = str(error)
    else:
        points = trend.trend_of(
            segment=found,
            first=trend.line_start(
                workspace=request.workspace, as_of=request.now, days=DAYS_BEFORE
            ),
            last=request.now,
            recorded=False,
        )
        context |= {
            "forecast": ahead,
            "moving": [day for day in ahead.days if day.entering or day.leaving],
            "asked": urlencode({"as_of": ahead.as_of.isoformat()}),
            "trend": {**trend_points(points), "forecast": _columns(ahead)},
            "may_read": request.actor.may(Action.READ_CONTACTS),
        }
    frame = segment_frame(request, found, "forecast")
    return render(request, "segments/forecast.html", {**frame, **context})


def _columns(ahead: Forecast) -> dict[str, list[Any]]:
    """For the chart, beginning with the present size."""
    return {
        "at": [ahead.as_of.isoformat(), *(day.as_of.isoformat() for day in ahead.days)],
        "size": [ahead.size, *(day.size for day in ahead.days)],
        "entered": [0, *(day.entering for day in ahead.days)],
        "left": [0, *(day.leaving for day in ahead.days)],
    }


@require_safe
def segment_forecast_people(
    request: WorkspaceRequest, workspace: int, segment: int
) -> HttpResponse:
    """Who enters or leaves on one day, and the rows that turn."""
    require(request.actor, Action.READ_CONTACTS)
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    direction = request.GET.get("direction", "")
    if direction not in (Movement.ENTERING, Movement.LEAVING):
        raise Http404
    as_of = instant_asked(request)
    context: dict[str, Any] = {"direction": direction, "day": _day(request)}
    try:
        with transaction.atomic():
            page = forecast_movers(
                segment=found,
                as_of=as_of,
                day=context["day"],
                movement=direction,
                limit=PAGE_SIZE,
                after=contact_after(request),
            )
    except LookupError as error:
        raise Http404 from error
    except InvalidTree as error:
        context["fault"] = say_faults(found.definition.get("where"), error)
    except TooMuchToForecastError as error:
        context["too_much"] = str(error)
    else:
        last = page.movers[-1].contact.pk if len(page.movers) == PAGE_SIZE else None
        context |= {"page_of": page, "last": last, "is_first": not contact_after(request)}
    frame = segment_frame(request, found, "forecast")
    return render(request, "segments/forecast_people.html", {**frame, **context, "as_of": as_of})


def _day(request: WorkspaceRequest) -> date:
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise Http404
    return day
