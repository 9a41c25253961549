"""What the OpenAPI document and its page show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)

Endpoint = tuple[str, str, str, Callable[..., Any]]


def only_version_one(endpoints: list[Endpoint], **kwargs: Any) -> list[Endpoint]:
    """Leave out the browser's mount of the same viewsets."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


class BearerKey(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Secret keys, as `Authorization: Bearer …`."""

    target_class = "workspaces.api.ApiKeyAuthentication"
    name = "secretKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer"}


class BrowserSession(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's own mount of the same viewsets; a program uses a key instead."""

    target_class = "workspaces.api.BrowserAuthentication"
    name = "browserSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe the session cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class Instant(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """An instant with its zone."""

    target_class = "workspaces.serializers.InstantField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, str]:
        """Describe it as ISO 8601."""
        return {"type": "string", "format": "date-time"}
