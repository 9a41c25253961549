"""Runs over REST: how each send went, whom it reached, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_problems import sending_problems
from campaigns.models import RecipientState, Run, RunKind, RunState, SkipReason
from campaigns.receipt import receipt_of
from campaigns.recipients import Filters, RecipientList
from campaigns.report.asking import Question
from campaigns.report.building import report_of
from campaigns.report.documents import report_document
from campaigns.report.people import Did
from campaigns.serializers import ConfirmAsked, RecipientSerializer, RunSerializer
from campaigns.services.control import NotPossibleError, cancel_run, pause_run, resume_run
from campaigns.services.starting import confirm_run
from segments.api_problems import wrong_parameter
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.policies import Action


class RunFilters(django_filters.FilterSet):  # type: ignore[misc]
    """Runs by campaign, kind and state."""

    campaign = django_filters.NumberFilter(
        field_name="campaign_id", min_value=1, max_value=2**63 - 1
    )
    kind = django_filters.ChoiceFilter(choices=RunKind.choices)
    state = django_filters.ChoiceFilter(choices=RunState.choices)

    class Meta:
        model = Run
        fields = ("campaign", "kind", "state")


class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Sends of campaigns, newest first."""

    serializer_class = RunSerializer
    filterset_class = RunFilters
    queryset = Run.objects.all()
    required: ClassVar[dict[str, Action]] = {
        "GET": Action.READ_CAMPAIGNS,
        "POST": Action.SEND_CAMPAIGNS,
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """Only the list is narrowed; `?state=` of recipients isn't a run's."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **kwargs: Any) -> Response:
        """Send no more of it until it is resumed."""
        return self._control(pause_run)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Go on where it stopped."""
        return self._control(resume_run)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """End it for good: who hasn't been written to won't be."""
        return self._control(cancel_run)

    @extend_schema(request=ConfirmAsked, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        """Let a held run go on, having seen why it was held."""
        asked = ConfirmAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        with sending_problems():
            run = confirm_run(
                actor=self.actor,
                run=self.get_object(),
                codes=asked.validated_data["codes"],
                now=self.now,
            )
        return Response(RunSerializer(run).data)

    def _control(self, act: Callable[..., Run]) -> Response:
        try:
            run = act(actor=self.actor, run=self.get_object(), now=self.now)
        except NotPossibleError as error:
            raise ProblemError(409, "not_possible", " ".join(error.messages)) from error
        return Response(RunSerializer(run).data)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def receipt(self, request: Request, **kwargs: Any) -> Response:
        """What exactly was sent to whom, and why others got nothing."""
        return Response(receipt_of(run=self.get_object()))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, **kwargs: Any) -> Response:
        """What came of this send."""
        run: Run = self.get_object()
        found = report_of(campaign=run.campaign, run=run, as_of=self.now)
        return Response(report_document(found))

    @extend_schema(
        parameters=[
            OpenApiParameter("state", enum=RecipientState.values),
            OpenApiParameter("reason", enum=SkipReason.values),
            OpenApiParameter("did", enum=Did.values, description="As the report counts it."),
            OpenApiParameter("link", description="With did=clicked: on this address only."),
        ],
        responses=RecipientSerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def recipients(self, request: Request, **kwargs: Any) -> Response:
        """Everybody of the audience, by id: sent to, or left out for a reason."""
        if not self.actor.may(Action.READ_CONTACTS):
            raise PermissionDenied
        run: Run = self.get_object()
        asked = {
            "state": _choice(request, "state", RecipientState.values),
            "reason": _choice(request, "reason", SkipReason.values),
            "did": _choice(request, "did", Did.values),
            "link": request.query_params.get("link", ""),
        }
        question = Question(self.workspace, run.campaign, self.now, run)
        self.cursor_ordering = ("id",)
        page = self.paginate_queryset(RecipientList(question, Filters.read(asked)).found)
        return self.get_paginated_response(RecipientSerializer(page, many=True).data)


def _choice(request: Request, name: str, values: list[str]) -> str:
    """A parameter that names one of some values; empty without one."""
    text = request.query_params.get(name, "")
    if text and text not in values:
        raise wrong_parameter(name, ", ".join(values))
    return text
