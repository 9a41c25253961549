"""What addresses of pages say, read so that a wrong one does no harm."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.dateparse import parse_date, parse_datetime

from segments.criteria.windows import Clock
from workspaces.middleware import WorkspaceRequest
from workspaces.numbers import whole_number


def instant_asked(request: WorkspaceRequest) -> datetime:
    """`as_of`, so that a list is of the same instant as its number; now, where there is none."""
    try:
        as_of = parse_datetime(request.GET.get("as_of", ""))
    except ValueError:
        as_of = None
    if as_of is None or as_of.tzinfo is None or as_of.year < 1900 or as_of > request.now:
        return request.now
    return as_of


def day_asked(request: WorkspaceRequest) -> tuple[str, datetime]:
    """`on`, a day as it was written, and its end; now, where there is none or it isn't over."""
    text = request.GET.get("on", "")
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2999:
        return "", request.now
    clock = Clock(request.now, request.workspace.zone, request.workspace.week_start)
    end = clock.midnight(day + timedelta(days=1))
    return (text, end) if end <= request.now else ("", request.now)


def contact_after(request: WorkspaceRequest) -> int:
    """`after`: the last contact id of the page before; 0 for the first page."""
    return whole_number(request.GET.get("after", "")) or 0
