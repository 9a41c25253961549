from __future__ import annotations

from segments.api import CriterionViewSet, SegmentViewSet
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("criteria", CriterionViewSet, basename="criterion")
router.register("segments", SegmentViewSet, basename="segment")

urlpatterns = router.urls
