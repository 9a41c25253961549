"""Segments beside each other and beside everybody, over REST."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from segments.api_problems import past_instant, wrong_parameter
from segments.api_time import instant_param
from segments.models import Segment
from segments.services.overlapping import FEWEST, MOST, Overlap, overlap_of
from segments.services.profiling import FEWEST_PEOPLE, Profile, Standout, profile_of
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.batches import ItemError
from workspaces.numbers import whole_number

LONGEST_LIST = 50

_INSTANT = OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="Now, if left out.")


class SegmentOverviewMixin(WorkspaceViewSet):
    """The routes that compare segments."""

    @extend_schema(
        parameters=[
            OpenApiParameter("segments", description="2 to 10 ids, comma separated."),
            _INSTANT,
        ],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=False, methods=["get"])
    def overlap(self, request: Request, **kwargs: Any) -> Response:
        """How segments overlap: every pair, who is in one only, in all and in any."""
        segments = self._asked_segments(request)
        as_of = past_instant(instant_param(request, "as_of"), self.now)
        found = overlap_of(workspace=self.workspace, segments=segments, as_of=as_of)
        return Response(overlap_document(found))

    @extend_schema(parameters=[_INSTANT], responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def profile(self, request: Request, **kwargs: Any) -> Response:
        """What distinguishes the segment from everybody, value by value."""
        segment: Segment = self.get_object()
        as_of = past_instant(instant_param(request, "as_of"), self.now)
        found = profile_of(workspace=self.workspace, segment=segment, as_of=as_of)
        if found.broken is not None:
            raise ProblemError(409, "broken", found.broken.error)
        return Response(profile_document(found))

    def _asked_segments(self, request: Request) -> list[Segment]:
        parts = request.query_params.get("segments", "").split(",")
        numbers = [number for part in parts if (number := whole_number(part)) is not None]
        if len(numbers) < len(parts):
            raise wrong_parameter("segments", _("Ids of segments are expected, comma separated."))
        ids = list(dict.fromkeys(numbers))
        if not FEWEST <= len(ids) <= MOST:
            raise wrong_parameter("segments", _("Name 2 to 10 different segments."))
        rows = Segment.objects.in_workspace(self.workspace).filter(archived_at__isnull=True)
        known = rows.in_bulk(ids)
        missing = [
            ItemError(f"$.segments[{index}]", "not_found", _("There is no such segment."))
            for index, pk in enumerate(ids)
            if pk not in known
        ]
        if missing:
            raise ProblemError(400, "invalid", _("The request isn't valid."), errors=missing)
        return [known[pk] for pk in ids]


def overlap_document(found: Overlap) -> dict[str, Any]:
    """An overlap as docs/rest.md shapes it."""
    return {
        "as_of": found.as_of,
        "universe": found.universe,
        "in_all": found.in_all,
        "in_any": found.in_any,
        "segments": [
            {"id": each.segment.pk, "name": each.segment.name, "size": each.size, "only": each.only}
            for each in found.segments
        ],
        "pairs": [
            {
                "segments": [pair.first.pk, pair.second.pk],
                "both": pair.both,
                "either": pair.either,
                "share_of_first": pair.share_of_first,
                "share_of_second": pair.share_of_second,
            }
            for pair in found.pairs
        ],
        "broken": [
            {"id": each.segment.pk, "name": each.segment.name, "error": each.error}
            for each in found.broken
        ],
    }


def profile_document(found: Profile) -> dict[str, Any]:
    """A profile as docs/rest.md shapes it."""
    dimensions: dict[str, dict[str, Any]] = {}
    for each in found.values:
        dimension = dimensions.setdefault(
            each.named.dimension,
            {"key": each.named.dimension, "label": each.named.dimension_label, "values": []},
        )
        dimension["values"].append(_value_document(each))
    return {
        "as_of": found.as_of,
        "size": found.size,
        "universe": found.universe,
        "can_tell": found.can_tell,
        "fewest_people": FEWEST_PEOPLE,
        "more": [_value_document(each) for each in found.more[:LONGEST_LIST]],
        "less": [_value_document(each) for each in found.less[:LONGEST_LIST]],
        "dimensions": list(dimensions.values()),
    }


def _value_document(each: Standout) -> dict[str, Any]:
    return {
        "dimension": each.named.dimension,
        "label": each.named.label,
        "phrase": each.named.phrase,
        "members": each.members,
        "everybody": each.everybody,
        "share": each.share,
        "share_of_everybody": each.share_of_everybody,
        "lift": each.lift,
        "interval": None if each.low is None else [each.low, each.high],
        "verdict": each.verdict,
        "in_definition": each.in_definition,
        "row": each.named.row,
    }
