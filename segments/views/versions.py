"""What a segment's definition once was: listed, compared, and brought back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from segments.models import Segment, SegmentVersion
from segments.services import member_page
from segments.services.comparing import (
    BrokenDefinitionError,
    Comparison,
    Movement,
    compare_versions,
)
from segments.services.versions import (
    VersionGoneError,
    restore_version,
    say_version,
    versions_of,
)
from segments.views.framing import segment_frame
from segments.views.parameters import contact_after, instant_asked
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.numbers import whole_number
from workspaces.policies import Action, require

MOST_LISTED = 100
PAGE_SIZE = 50


@require_safe
def segment_versions(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Who changed the definition, when, and what it said."""
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    versions = versions_of(segment=found)[:MOST_LISTED]
    context = {
        **segment_frame(request, found, "versions"),
        "said": [say_version(segment=found, version=version) for version in versions],
        "previous": found.version_number - 1,
    }
    return render(request, "segments/versions.html", context)


@require_POST
def segment_version_restore(
    request: WorkspaceRequest, workspace: int, segment: int, number: int
) -> HttpResponse:
    """Make an earlier definition the current one, as a new version."""
    require(request.actor, Action.WRITE_SEGMENTS)
    found = find_segment(request, segment)
    try:
        restored = restore_version(
            actor=request.actor, segment=found, number=number, now=request.now
        )
    except SegmentVersion.DoesNotExist as error:
        raise Http404 from error
    except VersionGoneError as error:
        messages.error(request, str(error))
        return redirect("segments:versions", workspace, segment)
    if restored.version_number == found.version_number:
        messages.info(request, _("The current version says the same. Nothing was changed."))
    else:
        said = _("Version {n} is back, as version {new}. It is being counted.")
        messages.success(request, said.format(n=number, new=restored.version_number))
    return redirect("segments:versions", workspace, segment)


@require_safe
def segment_versions_compare(
    request: WorkspaceRequest, workspace: int, segment: int
) -> HttpResponse:
    """Two versions at one instant: who is in one of them only, and who in both."""
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    numbers = list(versions_of(segment=found).values_list("number", flat=True)[:MOST_LISTED])
    first, second = (_number(request, name, found) for name in ("from", "to"))
    as_of = instant_asked(request)
    context: dict[str, Any] = {"numbers": numbers, "first": first, "second": second}
    try:
        # A statement that took too long must not take the page with it.
        with transaction.atomic():
            comparison = compare_versions(segment=found, first=first, second=second, as_of=as_of)
    except SegmentVersion.DoesNotExist as error:
        raise Http404 from error
    except BrokenDefinitionError as error:
        context["fault"] = str(error)
    else:
        context |= _compared(request, comparison)
    frame = segment_frame(request, found, "versions")
    return render(request, "segments/versions_compare.html", {**frame, **context})


def _number(request: WorkspaceRequest, name: str, segment: Segment) -> int:
    """The version named in the address; without one the last two."""
    number = whole_number(request.GET.get(name, ""), digits=9)
    return max(1, segment.version_number - (name == "from")) if number is None else number


def _compared(request: WorkspaceRequest, found: Comparison) -> dict[str, Any]:
    """Numbers of all three, and names of the one that is looked at."""
    moved = {each: found.moved(each) for each in Movement}
    shown = next((each for each in Movement if each == request.GET.get("list")), None)
    if shown is None:
        shown = next((each for each in Movement if moved[each]), Movement.STAYING)
    may_read = request.actor.may(Action.READ_CONTACTS)
    people = []
    if may_read:
        people = member_page(
            workspace=request.workspace,
            members=moved[shown],
            limit=PAGE_SIZE,
            after=contact_after(request),
        )
    return {
        "comparison": found,
        "moved": [(each, len(moved[each])) for each in Movement],
        "shown": shown,
        "people": people,
        "last": people[-1].pk if len(people) == PAGE_SIZE else None,
        "is_first": not contact_after(request),
        "may_read": may_read,
        "as_of": found.as_of,
    }
