"""Who entered and left segments, as a feed over REST."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from segments.live.feed import FeedFilters, FeedPage, document_of, external_ids, read_feed
from segments.models import MembershipCause, MembershipDirection, MembershipEvent
from workspaces.api import WorkspaceViewSet
from workspaces.policies import Action

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
_ID: dict[str, Any] = {"required": False, "allow_null": True, "default": None, "min_value": 1}


class FeedAsked(serializers.Serializer[Any]):
    """The query of the feed."""

    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**62)
    limit = serializers.IntegerField(
        required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT
    )
    segment = serializers.IntegerField(**_ID, max_value=2**62)
    contact = serializers.IntegerField(**_ID, max_value=2**62)
    cause = serializers.ChoiceField(
        MembershipCause.choices, required=False, allow_null=True, default=None
    )
    direction = serializers.ChoiceField(
        MembershipDirection.choices, required=False, allow_null=True, default=None
    )


class ChangeGiven(serializers.Serializer[Any]):
    """One contact that entered or left a segment."""

    number = serializers.IntegerField()
    segment = serializers.IntegerField()
    contact = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    direction = serializers.ChoiceField(MembershipDirection.choices)
    cause = serializers.ChoiceField(MembershipCause.choices)
    reason = serializers.JSONField()
    version = serializers.IntegerField()
    as_of = serializers.DateTimeField()


class FeedGiven(serializers.Serializer[Any]):
    """A page of the feed."""

    results = ChangeGiven(many=True)
    last = serializers.IntegerField(help_text="Go on with `after` this number.")
    next = serializers.URLField(allow_null=True)


class MembershipViewSet(WorkspaceViewSet):
    """Everybody who entered or left a segment, in the order of their numbers."""

    required: ClassVar[dict[str, Action]] = {"GET": Action.READ_CONTACTS}
    queryset = MembershipEvent.objects.all()

    @extend_schema(
        parameters=[
            FeedAsked,
            OpenApiParameter("after", OpenApiTypes.INT64, description="The last number known."),
        ],
        responses=FeedGiven,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """Changes after a number. `last` is where to go on from, also when nothing came."""
        asked = FeedAsked(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        filters = FeedFilters(
            given["segment"], given["contact"], given["cause"], given["direction"]
        )
        page = read_feed(
            workspace=self.workspace, after=given["after"], limit=given["limit"], filters=filters
        )
        known = external_ids(self.workspace, page.changes)
        return Response(
            {
                "results": [document_of(each, known.get(each.contact_id)) for each in page.changes],
                "last": page.last,
                "next": self._next(request, page),
            }
        )

    def _next(self, request: Request, page: FeedPage) -> str | None:
        if not page.has_more:
            return None
        query = {**request.query_params.dict(), "after": str(page.last)}
        return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
