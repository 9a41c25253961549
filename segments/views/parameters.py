"""What addresses of pages say, read so that a wrong one does no harm."""

from __future__ import annotations

from datetime import datetime

from django.utils.dateparse import parse_datetime

from workspaces.middleware import WorkspaceRequest


def instant_asked(request: WorkspaceRequest) -> datetime:
    """`as_of`, so that a list is of the same instant as its number; now, where there is none."""
    try:
        as_of = parse_datetime(request.GET.get("as_of", ""))
    except ValueError:
        as_of = None
    if as_of is None or as_of.tzinfo is None or as_of.year < 1900 or as_of > request.now:
        return request.now
    return as_of


def contact_after(request: WorkspaceRequest) -> int:
    """`after`: the last contact id of the page before; 0 for the first page."""
    text = request.GET.get("after", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 18 else 0
