"""Segments over REST, for keys under /api/v1/ and for the wizard under /w/<workspace>/api/."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from segments import services
from segments.api_changes import SegmentChangesMixin
from segments.api_explain import SegmentExplainMixin
from segments.api_overview import SegmentOverviewMixin
from segments.api_problems import tree_problems
from segments.api_time import SegmentTimeMixin, member_document
from segments.criteria.base import Criterion, all_criteria
from segments.criteria.forms import criterion_form
from segments.filters import SegmentFilters
from segments.models import Segment
from segments.serializers import (
    EvaluationAsked,
    EvaluationGiven,
    SegmentGiven,
    SegmentSerializer,
    TextGiven,
    answer_document,
)
from segments.services.saving import SegmentInput
from segments.suggestions import suggest
from segments.text import from_text, to_text
from segments.wizard.templates import templates_for
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.policies import Action, require


@cache
def _schema(criterion: type[Criterion]) -> dict[str, Any]:
    return criterion.model_json_schema()


class CriterionViewSet(WorkspaceViewSet):
    """Every criterion there is: form, JSON schema and examples."""

    required: ClassVar[dict[str, Action]] = {"GET": Action.READ_SEGMENTS}
    queryset = Segment.objects.none()

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def list(self, request: Request, **kwargs: Any) -> Response:
        return Response(
            {
                "criteria": [
                    {**criterion_form(cls), "schema": _schema(cls)} for cls in all_criteria()
                ]
            }
        )


class SegmentViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    SegmentChangesMixin,
    SegmentExplainMixin,
    SegmentOverviewMixin,
    SegmentTimeMixin,
):
    """Saved segments, and trees that needn't be saved."""

    serializer_class = SegmentSerializer
    filterset_class = SegmentFilters
    queryset = Segment.objects.all()
    required: ClassVar[dict[str, Action]] = {
        "GET": Action.READ_SEGMENTS,
        "POST": Action.WRITE_SEGMENTS,
        "PATCH": Action.WRITE_SEGMENTS,
        "PUT": Action.WRITE_SEGMENTS,
        "DELETE": Action.WRITE_SEGMENTS,
        "evaluate": Action.READ_SEGMENTS,
        "explain_where": Action.READ_SEGMENTS,
        "text": Action.READ_SEGMENTS,
        "diff": Action.READ_SEGMENTS,
        "forecast_members": Action.READ_CONTACTS,
        "suggestions": Action.READ_CONTACTS,  # they are values that contacts have
        "profile": Action.READ_CONTACTS,  # so are these
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """The list leaves archived ones out unless it is asked for them."""
        found = super().filter_queryset(queryset)
        is_listing = self.action == "list" and "archived" not in self.request.query_params
        return found.filter(archived_at__isnull=True) if is_listing else found

    @extend_schema(request=SegmentGiven, responses={201: SegmentSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create a segment; it is counted at once."""
        given = self._given(request, partial=False)
        with tree_problems():
            segment = services.create_segment(actor=self.actor, given=given, now=self.now)
        return Response(SegmentSerializer(segment).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=SegmentGiven, responses=SegmentSerializer)
    def update(self, request: Request, **kwargs: Any) -> Response:
        return self._change(request, partial=False)

    @extend_schema(request=SegmentGiven(partial=True), responses=SegmentSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        return self._change(request, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        try:
            services.archive_segment(actor=self.actor, segment=self.get_object(), now=self.now)
        except services.SegmentInUseError as error:
            raise ProblemError(409, "in_use", str(error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change(self, request: Request, *, partial: bool) -> Response:
        given = self._given(request, partial=partial)
        with tree_problems():
            segment = services.change_segment(
                actor=self.actor, segment=self.get_object(), given=given, now=self.now
            )
        return Response(SegmentSerializer(segment).data)

    def _given(self, request: Request, *, partial: bool) -> SegmentInput:
        asked = SegmentGiven(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        return SegmentInput(**asked.validated_data)

    @extend_schema(request=None, responses={201: SegmentSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, **kwargs: Any) -> Response:
        """A copy under a free name."""
        with tree_problems():
            copy = services.duplicate_segment(
                actor=self.actor, segment=self.get_object(), now=self.now
            )
        return Response(SegmentSerializer(copy).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=EvaluationAsked, responses=EvaluationGiven)
    @action(detail=False, methods=["post"])
    def evaluate(self, request: Request, **kwargs: Any) -> Response:
        """Sizes of all nodes, sentence, warnings and some members, all from one snapshot."""
        asked = EvaluationAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        if "members" in given:
            require(self.actor, Action.READ_CONTACTS)
        with tree_problems():
            answer = services.evaluate_where(
                workspace=self.workspace,
                where=given["where"],
                as_of=given.get("as_of") or self.now,
                pinned_in=given["pinned_in"],
                pinned_out=given["pinned_out"],
                segment_id=given.get("segment"),
            )
        document = answer_document(answer)
        if (page := given.get("members")) is not None:
            contacts = services.member_page(
                workspace=self.workspace, members=answer.evaluation.members, **page
            )
            document["members"] = [member_document(contact) for contact in contacts]
        return Response(document)

    @extend_schema(request=TextGiven, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def text(self, request: Request, **kwargs: Any) -> Response:
        """A tree as YAML, or the tree of a YAML text."""
        asked = TextGiven(data=request.data)
        asked.is_valid(raise_exception=True)
        if "where" in asked.validated_data:
            return Response({"text": to_text(asked.validated_data["where"])})
        with tree_problems():
            return Response({"where": from_text(asked.validated_data["text"])})

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", description="What is asked for: tag, brand, product, …"),
            OpenApiParameter("q", description="What the values contain."),
            OpenApiParameter("within", description="The attribute of attribute values, say."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=False, methods=["get"])
    def suggestions(self, request: Request, **kwargs: Any) -> Response:
        """Real values for a control, with how many contacts or rows have them."""
        found = suggest(
            workspace=self.workspace,
            kind=request.query_params.get("kind", "")[:40],
            query=request.query_params.get("q", "")[:100],
            within=request.query_params.get("within", "")[:120],
        )
        return Response({"results": found})

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["get"])
    def templates(self, request: Request, **kwargs: Any) -> Response:
        """Ready trees filled from the workspace's own data."""
        return Response({"templates": templates_for(workspace=self.workspace, now=self.now)})
