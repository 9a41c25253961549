"""Names in the cache: each carries its workspace."""

from __future__ import annotations

from workspaces.models import Workspace
from workspaces.tenancy import workspace_id_of


def workspace_cache_key(workspace: Workspace | int, *parts: str | int) -> str:
    """The only way to name something of a workspace in the cache: `ws:<id>:a:b`."""
    return ":".join(["ws", str(workspace_id_of(workspace)), *map(str, parts)])
