from __future__ import annotations

from campaigns.api import CampaignViewSet
from campaigns.api_lists import AccountViewSet, PoolViewSet, TopicViewSet
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("campaigns", CampaignViewSet, basename="campaign")
router.register("sending-accounts", AccountViewSet, basename="sending-account")
router.register("topics", TopicViewSet, basename="topic")
router.register("code-pools", PoolViewSet, basename="code-pool")

urlpatterns = router.urls
