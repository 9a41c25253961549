from __future__ import annotations

from segments.api import CriterionViewSet, SegmentViewSet
from segments.api_live import MembershipViewSet
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("criteria", CriterionViewSet, basename="criterion")
router.register("segments", SegmentViewSet, basename="segment")
router.register("memberships", MembershipViewSet, basename="membership")

urlpatterns = router.urls
