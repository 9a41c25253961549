"""Segments over time, over REST: recounts, snapshots and members at any instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from segments.api_problems import broken_problems, past_instant, wrong_parameter
from segments.engine.evaluation import Evaluation
from segments.member_files import members_csv
from segments.models import Recount, Segment
from segments.serializers import MembersGiven, RecountSerializer, SnapshotSerializer
from segments.services import member_page, queueing, trend
from segments.services.recounting import evaluate_segment
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.numbers import whole_number
from workspaces.policies import Action

MAX_MEMBERS = 500


class CsvFile(BaseRenderer):
    """Lets a route be asked for CSV, which it then streams itself."""

    media_type = "text/csv"
    format = "csv"


class SegmentTimeMixin(WorkspaceViewSet):
    """The routes of one segment that have to do with time."""

    @extend_schema(request=None, responses={202: RecountSerializer})
    @action(detail=True, methods=["post"])
    def recount(self, request: Request, **kwargs: Any) -> Response:
        """Ask for a count now; joins one that is already waiting."""
        segment: Segment = self.get_object()
        recount = queueing.request_recount_now(segment=segment, now=self.now)
        return Response(RecountSerializer(recount).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=RecountSerializer(many=True))
    @action(detail=True, methods=["get"])
    def recounts(self, request: Request, **kwargs: Any) -> Response:
        """Counts of the segment, newest first."""
        rows = Recount.objects.filter(segment=self.get_object()).in_workspace(self.workspace)
        self.cursor_ordering = ("-requested_at", "-id")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(RecountSerializer(page, many=True).data)

    @action(detail=True, methods=["post"], url_path=r"recounts/(?P<recount_id>[0-9]{1,18})/cancel")
    def cancel_recount(self, request: Request, recount_id: str, **kwargs: Any) -> Response:
        """Stop a count that isn't finished."""
        rows = Recount.objects.filter(segment=self.get_object()).in_workspace(self.workspace)
        recount = rows.filter(pk=int(recount_id)).first()
        if recount is None:
            raise ProblemError(404, "not_found", _("Not found."))
        if not queueing.cancel_recount(recount=recount, now=self.now):
            raise ProblemError(409, "finished", _("The count is finished already."))
        recount.refresh_from_db()
        return Response(RecountSerializer(recount).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATETIME),
            OpenApiParameter("to", OpenApiTypes.DATETIME),
            OpenApiParameter("recorded", OpenApiTypes.BOOL),
        ],
        responses=SnapshotSerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def snapshots(self, request: Request, **kwargs: Any) -> Response:
        """The trend: each point says whether it was recorded or recomputed."""
        recorded = {"true": True, "false": False}.get(request.query_params.get("recorded", ""))
        points = trend.trend_of(
            segment=self.get_object(),
            first=instant_param(request, "from"),
            last=instant_param(request, "to"),
            recorded=recorded,
        )
        return Response({"results": SnapshotSerializer(points, many=True).data})

    @extend_schema(
        parameters=[
            OpenApiParameter("as_of", OpenApiTypes.DATETIME),
            OpenApiParameter("limit", OpenApiTypes.INT),
            OpenApiParameter("after", OpenApiTypes.INT),
        ],
        responses=MembersGiven,
    )
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer, CsvFile])
    def members(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Members now or at a past instant, by id; as CSV when that is accepted."""
        if not self.actor.may(Action.READ_CONTACTS):
            raise PermissionDenied
        as_of = past_instant(instant_param(request, "as_of"), self.now)
        segment: Segment = self.get_object()
        with broken_problems():
            evaluation = evaluate_segment(segment=segment, workspace=self.workspace, as_of=as_of)
        if request.accepted_renderer.media_type == CsvFile.media_type:
            return self._csv(segment, evaluation)
        return self._page(request, evaluation, as_of)

    def _page(self, request: Request, evaluation: Evaluation, as_of: datetime) -> Response:
        limit = min(_whole(request, "limit", 100), MAX_MEMBERS)
        after = _whole(request, "after", 0)
        contacts = member_page(
            workspace=self.workspace, members=evaluation.members, limit=limit, after=after
        )
        following = None
        if len(contacts) == limit:
            query = urlencode(
                {"as_of": as_of.isoformat(), "limit": limit, "after": contacts[-1].pk}
            )
            following = request.build_absolute_uri(f"{request.path}?{query}")
        return Response(
            {
                "as_of": as_of,
                "size": evaluation.size,
                "next": following,
                "results": [member_document(contact) for contact in contacts],
            }
        )

    def _csv(self, segment: Segment, evaluation: Evaluation) -> HttpResponseBase:
        if not self.actor.may(Action.EXPORT):
            raise PermissionDenied
        return members_csv(self.workspace, segment, evaluation.members)


def member_document(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.pk,
        "external_id": contact.external_id,
        "name": contact.full_name,
        "email": contact.email,
    }


def instant_param(request: Request, name: str) -> datetime | None:
    """An instant of the query string; None when absent. Without a zone it is an error."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None or not 1900 <= value.year <= 2999:
        raise wrong_parameter(name, _("An instant with a zone is expected."))
    return value


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    number = whole_number(text)
    if number is None:
        raise wrong_parameter(name, _("A whole number is expected."))
    return number or default
