"""The editor's page: what it needs to start, embedded as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import get_language

from segments.criteria.base import Criterion, all_criteria
from segments.criteria.forms import criterion_form
from segments.criteria.scope import Scope
from segments.models import Schedule, Segment
from segments.serializers import SegmentSerializer
from segments.wizard.labels import labels_in
from workspaces.middleware import WorkspaceRequest

_WORTH_SHARING = 60  # characters


def editor_data(
    request: WorkspaceRequest, segment: Segment | None, draft: Any = None
) -> dict[str, Any]:
    """Addresses, the workspace's ways, and the segment (None for a new one).

    `draft` is a tree that isn't saved: the editor opens with it as one step that can be undone.
    """
    where = draft or (segment.definition.get("where") if segment else None)
    return {
        "draft": draft,
        "segment": dict(SegmentSerializer(segment).data) if segment else None,
        "forms": packed_forms(),
        "urls": _urls(request),
        "context": {
            "currency": request.workspace.base_currency,
            "timeZone": request.workspace.time_zone,
            "universe": Scope(request.workspace, request.now).contacts().count(),
            "schedules": [[value, str(label)] for value, label in Schedule.choices],
            "labels": labels_in(where, workspace=request.workspace) if where else {},
        },
    }


def packed_forms() -> dict[str, Any]:
    """Forms of all criteria; what repeats (options, conditions) stands in `shared` once.

    {"$": n} stands for the n-th shared piece. A quarter of the size, and one request less.
    Not to be changed: they are made once a language.
    """
    return _packed_in(get_language(), tuple(all_criteria()))


@cache
def _packed_in(language: str | None, criteria: Sequence[type[Criterion]]) -> dict[str, Any]:
    shared: list[Any] = []
    places: dict[str, int] = {}

    def pack(value: Any) -> Any:
        if isinstance(value, dict):
            packed: Any = {key: pack(item) for key, item in value.items()}
        elif isinstance(value, list | tuple):
            packed = [pack(item) for item in value]
        else:
            return value
        text = json.dumps(packed, cls=DjangoJSONEncoder)
        if len(text) < _WORTH_SHARING:
            return packed
        if text not in places:
            places[text] = len(shared)
            shared.append(packed)
        return {"$": places[text]}

    forms = [_with_one_example(criterion_form(cls)) for cls in criteria]
    return {"criteria": [pack(form) for form in forms], "shared": shared}


def _with_one_example(form: dict[str, Any]) -> dict[str, Any]:
    """The picker shows one of the examples."""
    others = {key: value for key, value in form.items() if key != "examples"}
    return {**others, "example": form["examples"][0]}


def _urls(request: WorkspaceRequest) -> dict[str, str]:
    api = f"/w/{request.workspace.pk}/api/"
    return {
        "segments": f"{api}segments/",
        "evaluate": f"{api}segments/evaluate/",
        "suggestions": f"{api}segments/suggestions/",
        "text": f"{api}segments/text/",
        "templates": f"{api}segments/templates/",
        "contacts": f"{api}contacts/",
        "contact": reverse("contacts:card", args=[request.workspace.pk, 0]),
        "page": reverse("segments:page", args=[request.workspace.pk, 0]),
    }


def find_segment(request: WorkspaceRequest, segment_id: int) -> Segment:
    """The segment of this workspace, or 404."""
    return get_object_or_404(Segment.objects.in_workspace(request.workspace), pk=segment_id)
