from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workspaces.api.views import WorkspaceViewSet
from workspaces.policies import Action
from workspaces.serializers import CurrentWorkspaceSerializer


class CurrentWorkspaceViewSet(WorkspaceViewSet):
    """Which workspace this is, who is asking, and what they may do."""

    serializer_class = CurrentWorkspaceSerializer
    pagination_class = None
    filter_backends = ()
    required: ClassVar[dict[str, Action]] = {"list": Action.READ_SETTINGS}

    @extend_schema(operation_id="workspace_retrieve", responses=CurrentWorkspaceSerializer)
    def list(self, request: Request, **kwargs: object) -> Response:
        actor = self.actor
        return Response(
            self.get_serializer(
                {
                    "workspace": actor.workspace,
                    "actor": {
                        "kind": actor.kind,
                        "name": actor.key.name if actor.key else actor.label,
                        "role": actor.role.value if actor.role else None,
                        "scopes": sorted(action.value for action in actor.allowed),
                    },
                }
            ).data
        )
