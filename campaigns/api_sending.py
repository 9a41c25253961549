"""Sending, scheduling and stopping a campaign over REST."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_problems import sending_problems
from campaigns.models import Campaign
from campaigns.serializers import (
    CampaignSerializer,
    RunSerializer,
    SendAsked,
    TestAsked,
    VersionAsked,
)
from campaigns.services.saving import StaleVersionError
from campaigns.services.starting import schedule_campaign, start_now, stop_campaign
from campaigns.services.trying import send_test
from workspaces.api import WorkspaceViewSet
from workspaces.api.views import IDEMPOTENCY_HEADER
from workspaces.policies import Action

_KEY = OpenApiParameter(
    IDEMPOTENCY_HEADER,
    location=OpenApiParameter.HEADER,
    description="Names the send: the same key never sends twice.",
)


class CampaignSendingMixin(WorkspaceViewSet):
    """Routes that let e-mail go out, or stop it."""

    @extend_schema(request=SendAsked, parameters=[_KEY], responses={202: RunSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, **kwargs: Any) -> Response:
        """Send now. The audience is counted once more; the run says how it goes."""
        asked = SendAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        campaign: Campaign = self.get_object()
        with sending_problems():
            _refuse_other_version(campaign, asked.validated_data)
            run = start_now(
                actor=self.actor,
                campaign=campaign,
                key=request.headers.get(IDEMPOTENCY_HEADER) or uuid.uuid4().hex,
                confirmed=asked.validated_data["confirmed"],
                now=self.now,
            )
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=VersionAsked, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, **kwargs: Any) -> Response:
        """Let it go out by its schedule from now on."""
        asked = VersionAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        campaign: Campaign = self.get_object()
        with sending_problems():
            _refuse_other_version(campaign, asked.validated_data)
            schedule_campaign(actor=self.actor, campaign=campaign, now=self.now)
        return Response(CampaignSerializer(campaign).data)

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, **kwargs: Any) -> Response:
        """Nothing more goes out by itself; a send under way goes on until it is paused."""
        campaign: Campaign = self.get_object()
        stop_campaign(actor=self.actor, campaign=campaign, now=self.now)
        return Response(CampaignSerializer(campaign).data)

    @extend_schema(request=TestAsked, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, **kwargs: Any) -> Response:
        """Send a variant to a few addresses; nothing of it is tracked or kept."""
        asked = TestAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        if given["contact"] is not None and not self.actor.may(Action.READ_CONTACTS):
            raise PermissionDenied
        number = send_test(
            actor=self.actor,
            campaign=self.get_object(),
            variant=given["variant"],
            contact_id=given["contact"],
            to=given["to"],
            now=self.now,
        )
        return Response({"sent": number})


def _refuse_other_version(campaign: Campaign, asked: dict[str, Any]) -> None:
    """What is sent is what the caller has seen. Raises `StaleVersionError`."""
    version = asked.get("version")
    if version is not None and version != campaign.version_number:
        raise StaleVersionError(campaign.version_number)
