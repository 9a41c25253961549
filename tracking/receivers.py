"""What tracking does on news from below."""

from __future__ import annotations

from typing import Any

from tracking.services import define_builtin_kinds
from workspaces.models import Workspace


def add_builtin_kinds(*, workspace: Workspace, **_: Any) -> None:
    """A new workspace starts with the built-in kinds of activities."""
    define_builtin_kinds(workspace=workspace)
