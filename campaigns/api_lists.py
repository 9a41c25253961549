"""What campaigns are sent with, read over REST: accounts, topics and pools of codes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from rest_framework import mixins

from campaigns.models import CodePool, DiscountCode, SendingAccount, Topic
from campaigns.serializers import AccountSerializer, PoolSerializer, TopicSerializer
from workspaces.api import WorkspaceViewSet
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
