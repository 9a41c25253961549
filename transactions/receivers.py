"""What transactions do on news from below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracking.models import Visit
from transactions.services import attribute_to_visits
from workspaces.models import Workspace


def attribute_late_visits(*, workspace: Workspace, visits: Sequence[Visit], **_: Any) -> None:
    """Visits may come after the purchases that happened in them."""
    attribute_to_visits(workspace=workspace, visits=visits)
