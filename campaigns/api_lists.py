"""What campaigns are sent with and made of, over REST: accounts, topics, codes, kept blocks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_problems import saving_problems
from campaigns.models import CodePool, DiscountCode, SavedBlock, SendingAccount, Topic
from campaigns.serializers import (
    AccountSerializer,
    PoolSerializer,
    SavedBlockGiven,
    SavedBlockSerializer,
    TopicSerializer,
)
from campaigns.services.saved_blocks import BlockNameTakenError, delete_block, save_block
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.policies import Action


class _LiveOnes(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Read-only; archived ones are left out."""

    required: ClassVar[dict[str, Action]] = {"GET": Action.READ_CAMPAIGNS}

    def get_queryset(self) -> Any:
        found: Any = super().get_queryset()
        return found.filter(archived_at__isnull=True)


class AccountViewSet(_LiveOnes):
    """Accounts that e-mail is sent through, without their credentials."""

    serializer_class = AccountSerializer
    queryset = SendingAccount.objects.all()


class TopicViewSet(_LiveOnes):
    """Topics contacts subscribe to."""

    serializer_class = TopicSerializer
    queryset = Topic.objects.all()


class PoolViewSet(_LiveOnes):
    """Pools of discount codes, with how many are left."""

    serializer_class = PoolSerializer
    queryset = CodePool.objects.all()

    def get_queryset(self) -> Any:
        codes = DiscountCode.objects.in_workspace(self.workspace).filter(pool_id=OuterRef("pk"))
        number = codes.order_by().values("pool_id").annotate(number=Count("*")).values("number")
        return (
            super()
            .get_queryset()
            .annotate(
                total=Coalesce(Subquery(number), 0),
                free=Coalesce(Subquery(number.filter(given_at__isnull=True)), 0),
            )
        )


class SavedBlockViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Blocks of content kept for other campaigns."""

    serializer_class = SavedBlockSerializer
    queryset = SavedBlock.objects.all()
    required: ClassVar[dict[str, Action]] = {
        "GET": Action.READ_CAMPAIGNS,
        "POST": Action.WRITE_CAMPAIGNS,
        "DELETE": Action.WRITE_CAMPAIGNS,
    }

    @extend_schema(request=SavedBlockGiven, responses={201: SavedBlockSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Keep a block under a name nobody has."""
        asked = SavedBlockGiven(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            with saving_problems():
                saved = save_block(
                    actor=self.actor,
                    name=asked.validated_data["name"],
                    block=asked.validated_data["block"],
                    now=self.now,
                )
        except BlockNameTakenError as error:
            raise ProblemError(409, "already_exists", str(error)) from error
        return Response(SavedBlockSerializer(saved).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Forget it; campaigns that took it over keep theirs."""
        delete_block(actor=self.actor, block=self.get_object(), now=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)
