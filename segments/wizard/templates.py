"""Ready trees for the use cases, filled from the workspace's own data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workspaces.models import Workspace


@dataclass(frozen=True)
class Template:
    """A tree to start from. `where` names only what the workspace really has."""

    key: str
    name: str
    description: str
    where: dict[str, Any]


# Each builder gives its template, or None where the workspace lacks the data for it.
Builder = Callable[[Workspace, datetime], Template | None]
BUILDERS: list[Builder] = []


def templates_for(*, workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """The templates this workspace has data for, in their order."""
    made = (build(workspace, now) for build in BUILDERS)
    return [asdict(template) for template in made if template is not None]
