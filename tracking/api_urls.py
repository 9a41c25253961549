from __future__ import annotations

from tracking.api import ActivityKindViewSet, ActivityViewSet, VisitViewSet
from workspaces.api import ApiRouter

router = ApiRouter()
router.register("visits", VisitViewSet, basename="visits")
router.register("activities", ActivityViewSet, basename="activities")
router.register("activity-kinds", ActivityKindViewSet, basename="activity-kinds")

urlpatterns = router.urls
