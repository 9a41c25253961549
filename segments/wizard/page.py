"""The editor's page: what it needs to start, embedded as JSON."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse

from segments.criteria.scope import Scope
from segments.models import Schedule, Segment
from segments.serializers import SegmentSerializer
from segments.wizard.labels import labels_in
from workspaces.middleware import WorkspaceRequest


def editor_data(request: WorkspaceRequest, segment: Segment | None) -> dict[str, Any]:
    """Addresses, the workspace's ways, and the segment (None for a new one)."""
    where = segment.definition.get("where") if segment else None
    return {
        "segment": dict(SegmentSerializer(segment).data) if segment else None,
        "urls": _urls(request),
        "context": {
            "currency": request.workspace.base_currency,
            "timeZone": request.workspace.time_zone,
            "universe": Scope(request.workspace, request.now).contacts().count(),
            "schedules": [[value, str(label)] for value, label in Schedule.choices],
            "labels": labels_in(where, workspace=request.workspace) if where else {},
        },
    }


def _urls(request: WorkspaceRequest) -> dict[str, str]:
    api = f"/w/{request.workspace.pk}/api/"
    return {
        "criteria": f"{api}criteria/",
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
    segment = Segment.objects.in_workspace(request.workspace).filter(pk=segment_id).first()
    if segment is None:
        raise Http404
    return segment
