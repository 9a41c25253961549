"""Who gets a campaign, and what it will look like, over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_problems import sending_problems
from campaigns.content.linting import lint
from campaigns.content.preview import preview
from campaigns.content.variables import variables_of
from campaigns.frozen import sending_settings_of
from campaigns.guard import Reason, reasons_to_hold
from campaigns.models import Campaign
from campaigns.report.building import report_of
from campaigns.report.documents import report_document, uplift_document
from campaigns.report.uplift import uplift_of
from campaigns.waterfall import Waterfall, waterfall_of
from segments.api_problems import wrong_parameter
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.models import Workspace
from workspaces.numbers import whole_number
from workspaces.policies import Action

_VARIANT = OpenApiParameter("variant", OpenApiTypes.INT, description="0 is the first one.")
_CONTACT = OpenApiParameter("contact", OpenApiTypes.INT, description="None: sample values.")


class CampaignAudienceMixin(WorkspaceViewSet):
    """Routes that ask about a campaign and change nothing."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def waterfall(self, request: Request, **kwargs: Any) -> Response:
        """Who is left after each rule now, exact; and what has to be confirmed before a send."""
        campaign: Campaign = self.get_object()
        with sending_problems():
            found = waterfall_of(campaign=campaign, as_of=self.now)
        warnings = warnings_in(found, workspace=self.workspace)
        return Response(
            {
                "as_of": found.as_of,
                "version": campaign.version_number,
                "audience": len(found.inside),
                "steps": [
                    {
                        "key": step.key,
                        "label": str(step.label),
                        "removed": len(step.removed),
                        "left": len(step.left),
                    }
                    for step in found.steps
                ],
                "recipients": len(found.recipients),
                "warnings": [
                    {"code": warning["code"], "message": warning["message"]} for warning in warnings
                ],
            }
        )

    @extend_schema(parameters=[_VARIANT, _CONTACT], responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, **kwargs: Any) -> Response:
        """The message as a contact would get it now; nothing in it is tracked."""
        contact = _whole(request, "contact")
        if contact is not None and not self.actor.may(Action.READ_CONTACTS):
            raise PermissionDenied
        with _known_ones():
            made = preview(
                workspace=self.workspace,
                campaign=self.get_object(),
                variant=_whole(request, "variant") or 0,
                contact_id=contact,
                as_of=self.now,
            )
        return Response({**asdict(made), "size": made.size})

    @extend_schema(parameters=[_VARIANT], responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def lint(self, request: Request, **kwargs: Any) -> Response:
        """What is wrong with the message: errors stop a send, warnings deserve a look."""
        with _known_ones():
            findings = lint(
                workspace=self.workspace,
                campaign=self.get_object(),
                variant=_whole(request, "variant") or 0,
            )
        return Response({"findings": [asdict(finding) for finding in findings]})

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, **kwargs: Any) -> Response:
        """What came of all its sends."""
        found = report_of(campaign=self.get_object(), as_of=self.now)
        return Response(report_document(found))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def uplift(self, request: Request, **kwargs: Any) -> Response:
        """What it sold more than sending nothing would have, with its interval."""
        found = uplift_of(campaign=self.get_object(), as_of=self.now)
        return Response(uplift_document(found))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["get"])
    def variables(self, request: Request, **kwargs: Any) -> Response:
        """Everything texts can say of a contact: name, label, example."""
        found = variables_of(self.workspace)
        return Response({"results": [asdict(variable) for variable in found]})


def warnings_in(found: Waterfall, *, workspace: Workspace) -> list[Reason]:
    """What a person has to confirm before this audience is sent to."""
    jump_percent = sending_settings_of(workspace.pk).jump_percent
    return reasons_to_hold(workspace=workspace, counted=found.audience, jump_percent=jump_percent)


@contextmanager
def _known_ones() -> Iterator[None]:
    """A variant or a contact there is not is a 404."""
    try:
        with sending_problems():
            yield
    except LookupError as error:
        raise ProblemError(404, "not_found", _("Not found.")) from error


def _whole(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise wrong_parameter(name, _("A whole number is expected."))
    return number
