from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.registry import InUseError
from tracking.filters import ActivityFilter, VisitFilter
from tracking.models import Activity, ActivityKind, Visit
from tracking.serializers import (
    ActivitySerializer,
    ChangedKindSerializer,
    KindSerializer,
    NewKindSerializer,
    VisitSerializer,
)
from tracking.services import (
    KindInUseError,
    change_activity_kind,
    define_activity_kind,
    delete_activity_kind,
    record_activities,
    record_visits,
)
from workspaces.api import BatchResults, ProblemError, WorkspaceViewSet, batch_items
from workspaces.batches import ItemResult
from workspaces.policies import Action


def batch_response(name: str, results: list[ItemResult]) -> Response:
    """The results of a batch, in order."""
    collected = BatchResults(name, len(results))
    for result in results:
        collected.add(result)
    return collected.response()


class FactViewSet(WorkspaceViewSet):
    """Facts: batches in, lists and single facts out."""

    lookup_value_regex = "[0-9]{1,16}"
    cursor_ordering: tuple[str, ...] = ("-occurred_at", "-id")
    required: ClassVar[dict[str, Action]] = {
        "list": Action.READ_CONTACTS,
        "retrieve": Action.READ_CONTACTS,
        "batch": Action.WRITE_DATA,
    }

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One of them."""
        return Response(self.get_serializer(self.get_object()).data)


class VisitViewSet(FactViewSet):
    """Visits, with their traffic source classified."""

    queryset = Visit.objects.all()
    serializer_class = VisitSerializer
    filterset_class = VisitFilter

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Store up to 1,000 visits."""
        results = record_visits(
            workspace=self.workspace,
            items=batch_items(request.data, "visits"),
            now=self.now,
            source="api",
        )
        return batch_response("visits", results)


class ActivityViewSet(FactViewSet):
    """Activities with typed parameters."""

    queryset = Activity.objects.select_related("kind")
    serializer_class = ActivitySerializer
    filterset_class = ActivityFilter

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter(
                "define", bool, description="Declare unknown kinds and parameters by JSON type."
            )
        ],
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Store up to 1,000 activities."""
        results = record_activities(
            workspace=self.workspace,
            items=batch_items(request.data, "activities"),
            now=self.now,
            source="api",
            define=request.query_params.get("define") in {"true", "1"},
        )
        return batch_response("activities", results)


class ActivityKindViewSet(WorkspaceViewSet):
    """Kinds of activities and their parameters."""

    queryset = ActivityKind.objects.all()
    serializer_class = KindSerializer
    lookup_value_regex = "[0-9]{1,16}"
    filter_backends = ()
    cursor_ordering = ("id",)
    required: ClassVar[dict[str, Action]] = {
        "list": Action.READ_CONTACTS,
        "retrieve": Action.READ_CONTACTS,
        "create": Action.WRITE_DATA,
        "partial_update": Action.WRITE_DATA,
        "destroy": Action.WRITE_DATA,
    }

    def get_queryset(self) -> QuerySet[ActivityKind]:
        return ActivityKind.objects.in_workspace(self.workspace)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Every kind."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One kind."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=NewKindSerializer, responses={201: KindSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Declare a kind, or add parameters to a known one."""
        given = NewKindSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        kind = define_activity_kind(
            workspace=self.workspace,
            key=said["key"],
            label=said.get("label", ""),
            is_engagement=said["is_engagement"],
            parameters=_types(said),
            labels=_labels(said),
        )
        return Response(self.get_serializer(kind).data, status=201)

    @extend_schema(request=ChangedKindSerializer, responses=KindSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the words, or add parameters; the key is permanent."""
        kind: ActivityKind = self.get_object()
        given = ChangedKindSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        define_activity_kind(
            workspace=self.workspace,
            key=kind.key,
            parameters=_types(said),
            labels=_labels(said),
        )
        changed = change_activity_kind(
            workspace=self.workspace,
            kind_id=kind.pk,
            label=said.get("label"),
            is_engagement=said.get("is_engagement"),
        )
        return Response(self.get_serializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a kind nothing was recorded of."""
        kind: ActivityKind = self.get_object()
        try:
            delete_activity_kind(workspace=self.workspace, kind_id=kind.pk)
        except KindInUseError as error:
            raise ProblemError(
                409, "in_use", _("This kind is built in, or something was recorded of it.")
            ) from error
        except InUseError as error:
            raise ProblemError(409, "in_use", str(error)) from error
        return Response(status=204)


def _types(said: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: each["type"] for each in said.get("parameters", [])}


def _labels(said: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: each.get("label", each["key"]) for each in said.get("parameters", [])}
