from __future__ import annotations

from campaigns.api import CampaignViewSet
from campaigns.api_confirmations import ConfirmationViewSet
from campaigns.api_lists import AccountViewSet, PoolViewSet, SavedBlockViewSet, TopicViewSet
from campaigns.api_runs import RunViewSet
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("campaigns", CampaignViewSet, basename="campaign")
router.register("runs", RunViewSet, basename="run")
router.register("saved-blocks", SavedBlockViewSet, basename="saved-block")
router.register("sending-accounts", AccountViewSet, basename="sending-account")
router.register("topics", TopicViewSet, basename="topic")
router.register("confirmations", ConfirmationViewSet, basename="confirmation")
router.register("code-pools", PoolViewSet, basename="code-pool")

urlpatterns = router.urls
