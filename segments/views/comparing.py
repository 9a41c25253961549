"""Segments beside each other, and one beside everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from segments.models import Segment
from segments.services.overlapping import MOST, Overlap, Overlapping, overlap_of
from segments.services.profiling import FEWEST_PEOPLE, Profile, Standout, profile_of
from segments.views.framing import segment_frame
from segments.views.parameters import day_asked
from segments.wizard.drafts import link_to_add, link_to_new
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

SHADES = 10  # .shade-0 … .shade-10 in overview.css
LONGEST_LIST = 12  # of what stands out
MOST_PICKABLE = 500


@dataclass(frozen=True)
class Cell:
    """How many of the row's segment are in the column's, too."""

    number: int
    share: float | None
    shade: int
    link: str
    is_own: bool


@dataclass(frozen=True)
class Row:
    """A segment in the matrix; `letter` names it in the columns."""

    letter: str
    segment: Segment
    size: int
    only: int
    cells: Sequence[Cell]
    only_link: str


@require_safe
def segment_overlap(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """The matrix of the segments picked, now or at the end of a day."""
    require(request.actor, Action.READ_SEGMENTS)
    pickable = list(
        Segment.objects.in_workspace(request.workspace)
        .filter(archived_at__isnull=True)
        .order_by("name", "pk")[:MOST_PICKABLE]
    )
    picked = _picked(request, pickable)
    on, as_of = day_asked(request)
    context: dict[str, Any] = {
        "pickable": pickable,
        "picked": {segment.pk for segment in picked},
        "most": MOST,
        "on": on,
        "today": request.now.astimezone(request.workspace.zone).date(),
        "may_write": request.actor.may(Action.WRITE_SEGMENTS),
    }
    if 2 <= len(picked) <= MOST:
        found = overlap_of(workspace=request.workspace, segments=picked, as_of=as_of)
        context |= {"overlap": found, "rows": _rows(request, found), "links": _links(found)}
    return render(request, "segments/overlap.html", context)


def _picked(request: WorkspaceRequest, pickable: Sequence[Segment]) -> list[Segment]:
    """What the address names, in its order; ids of nothing here are passed over."""
    asked = ",".join(request.GET.getlist("segments")).split(",")
    by_id = {str(segment.pk): segment for segment in pickable}
    return [by_id[each] for each in dict.fromkeys(asked) if each in by_id]


def _rows(request: WorkspaceRequest, found: Overlap) -> list[Row]:
    segments = [each.segment for each in found.segments]
    return [
        Row(
            letter=ascii_uppercase[index],
            segment=each.segment,
            size=each.size,
            only=each.only,
            cells=[_cell(request, found, each, other) for other in found.segments],
            only_link=link_to_new(request.workspace, _only(each.segment, segments)),
        )
        for index, each in enumerate(found.segments)
    ]


def _cell(request: WorkspaceRequest, found: Overlap, row: Overlapping, column: Overlapping) -> Cell:
    if row.segment.pk == column.segment.pk:
        return Cell(row.size, None, 0, "", is_own=True)
    pair = found.pair(row.segment, column.segment)
    is_first = pair.first.pk == row.segment.pk
    share = pair.share_of_first if is_first else pair.share_of_second
    both = {"all": [{"segment": row.segment.pk}, {"segment": column.segment.pk}]}
    shade = 0 if not share else max(1, round(share * SHADES))
    return Cell(pair.both, share, shade, link_to_new(request.workspace, both), is_own=False)


def _only(segment: Segment, segments: Sequence[Segment]) -> dict[str, Any]:
    """In this one and in none of the others."""
    others = [{"segment": other.pk} for other in segments if other.pk != segment.pk]
    return {"all": [{"segment": segment.pk}, {"not": {"any": others}}]}


def _links(found: Overlap) -> dict[str, str]:
    """To a segment of everybody in all, or in any of them."""
    if not found.segments:
        return {}
    workspace = found.segments[0].segment.workspace
    rows = [{"segment": each.segment.pk} for each in found.segments]
    return {kind: link_to_new(workspace, {kind: rows}) for kind in ("all", "any")}


# --- One beside everybody -----------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A value on the page, with the address that adds it as a row ("" where there is none)."""

    value: Standout
    link: str


@require_safe
def segment_profile(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """What members have more and less often than everybody."""
    require(request.actor, Action.READ_CONTACTS)
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    profile = profile_of(workspace=request.workspace, segment=found, as_of=request.now)
    may_write = request.actor.may(Action.WRITE_SEGMENTS)

    def lines(values: Sequence[Standout]) -> list[Line]:
        return [
            Line(each, link_to_add(found, each.named.row) if each.named.row and may_write else "")
            for each in values
        ]

    more, less = (
        [each for each in values if not each.in_definition][:LONGEST_LIST]
        for values in (profile.more, profile.less)
    )
    context = {
        **segment_frame(request, found, "profile"),
        "profile": profile,
        "fewest": FEWEST_PEOPLE,
        "more": lines(more),
        "less": lines(less),
        "scale": max((max(_shares(each)) for each in (*more, *less)), default=1.0),
        "dimensions": [(label, lines(values)) for label, values in _by_dimension(profile)],
    }
    return render(request, "segments/profile.html", context)


def _shares(value: Standout) -> tuple[float, float]:
    return value.share or 0.0, value.share_of_everybody


def _by_dimension(profile: Profile) -> list[tuple[str, list[Standout]]]:
    """The most frequent values of each dimension, under its name."""
    found: dict[str, tuple[str, list[Standout]]] = {}
    for each in profile.values:
        _label, values = found.setdefault(each.named.dimension, (each.named.dimension_label, []))
        if len(values) < LONGEST_LIST:
            values.append(each)
    return list(found.values())
