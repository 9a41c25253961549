"""Campaigns over REST, for keys under /api/v1/ and for the editor under /w/<workspace>/api/."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_audience import CampaignAudienceMixin
from campaigns.api_links import CampaignLinksMixin
from campaigns.api_problems import saving_problems
from campaigns.api_sending import CampaignSendingMixin
from campaigns.filters import CampaignFilters
from campaigns.models import Campaign
from campaigns.serializers import CampaignGiven, CampaignSerializer
from campaigns.services import saving
from workspaces.policies import Action


class CampaignViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    CampaignAudienceMixin,
    CampaignLinksMixin,
    CampaignSendingMixin,
):
    """Campaigns: what is sent to whom and when."""

    serializer_class = CampaignSerializer
    filterset_class = CampaignFilters
    queryset = Campaign.objects.all()
    required: ClassVar[dict[str, Action]] = {
        "GET": Action.READ_CAMPAIGNS,
        "POST": Action.WRITE_CAMPAIGNS,
        "PATCH": Action.WRITE_CAMPAIGNS,
        "PUT": Action.WRITE_CAMPAIGNS,
        "DELETE": Action.WRITE_CAMPAIGNS,
        "send": Action.SEND_CAMPAIGNS,
        "schedule": Action.SEND_CAMPAIGNS,
        "stop": Action.SEND_CAMPAIGNS,
        "test": Action.SEND_CAMPAIGNS,
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """The list leaves archived ones out unless it is asked for them."""
        found = super().filter_queryset(queryset)
        is_listing = self.action == "list" and "archived" not in self.request.query_params
        return found.filter(archived_at__isnull=True) if is_listing else found

    @extend_schema(request=CampaignGiven, responses={201: CampaignSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create a draft; without a name it gets a free one."""
        given, _version = self._given(request)
        with saving_problems():
            campaign = saving.create_campaign(actor=self.actor, given=given, now=self.now)
        return Response(CampaignSerializer(campaign).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CampaignGiven, responses=CampaignSerializer)
    def update(self, request: Request, **kwargs: Any) -> Response:
        return self._change(request)

    @extend_schema(request=CampaignGiven, responses=CampaignSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        return self._change(request)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Archive; runs and reports stay."""
        with saving_problems():
            saving.archive_campaign(actor=self.actor, campaign=self.get_object(), now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change(self, request: Request) -> Response:
        given, version = self._given(request)
        with saving_problems():
            campaign = saving.change_campaign(
                actor=self.actor,
                campaign=self.get_object(),
                given=given,
                expected_version=version,
                now=self.now,
            )
        return Response(CampaignSerializer(campaign).data)

    def _given(self, request: Request) -> tuple[saving.CampaignInput, int | None]:
        asked = CampaignGiven(data=request.data)
        asked.is_valid(raise_exception=True)
        return asked.as_input()

    @extend_schema(request=None, responses={201: CampaignSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, **kwargs: Any) -> Response:
        """A draft that says the same, under a free name."""
        copy = saving.duplicate_campaign(actor=self.actor, campaign=self.get_object(), now=self.now)
        return Response(CampaignSerializer(copy).data, status=status.HTTP_201_CREATED)
