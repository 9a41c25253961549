from __future__ import annotations

from workspaces.api import ApiRouter
from workspaces.api.current import CurrentWorkspaceViewSet

router = ApiRouter()
router.register("workspace", CurrentWorkspaceViewSet, basename="workspace")

urlpatterns = router.urls
