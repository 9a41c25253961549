"""Following the links of a campaign, over REST."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_problems import sending_problems
from campaigns.serializers import IdField
from campaigns.services.link_checks import check_links
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.api.access import ActorThrottle
from workspaces.policies import Action, Actor
from workspaces.serializers import StrictSerializer


class LinksAsked(StrictSerializer):
    """For whom the message is made whose links are followed."""

    contact = IdField(required=False, allow_null=True, default=None)


class LinkThrottle(ActorThrottle):
    """A few checks a minute for a whole workspace: each may ask fifty servers."""

    def who_counts(self, actor: Actor) -> str:
        return "check-links"

    def most(self) -> int:
        return 6


class CampaignLinksMixin(WorkspaceViewSet):
    """A route that asks other servers and changes nothing."""

    @extend_schema(request=LinksAsked, responses=OpenApiTypes.OBJECT)
    @action(
        detail=True,
        methods=["post"],
        url_path="check-links",
        throttle_classes=(ActorThrottle, LinkThrottle),
    )
    def check_links(self, request: Request, **kwargs: Any) -> Response:
        """Follow every link of the saved message; what leads nowhere good, as `lint` says it."""
        asked = LinksAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        contact = asked.validated_data["contact"]
        if contact is not None and not self.actor.may(Action.READ_CONTACTS):
            raise PermissionDenied
        try:
            with sending_problems():
                found = check_links(
                    actor=self.actor,
                    campaign=self.get_object(),
                    contact_id=contact,
                    now=self.now,
                )
        except LookupError as error:
            raise ProblemError(404, "not_found", _("Not found.")) from error
        findings = [{**asdict(finding), "variant": variant} for variant, finding in found.findings]
        return Response({"checked": found.checked, "findings": findings})
