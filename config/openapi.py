"""What the OpenAPI document and its page show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Endpoint = tuple[str, str, str, Callable[..., Any]]


def only_version_one(endpoints: list[Endpoint], **kwargs: Any) -> list[Endpoint]:
    """Leave out the browser's mount of the same viewsets."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
