"""What every REST view is built from; docs/rest.md tells integrators the same."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workspaces.api.access import (
    ActorThrottle,
    ApiKeyAuthentication,
    BrowserAuthentication,
    RolePermission,
)
from workspaces.api.batches import BatchResults, batch_items
from workspaces.api.pages import CursorPages
from workspaces.api.parsing import MAX_BODY_BYTES, StrictJSONParser, parse_strict_json
from workspaces.api.problems import (
    ProblemError,
    problem_errors,
    problem_exception_handler,
    problem_response,
)

if TYPE_CHECKING:
    from workspaces.api.views import ApiRouter, WorkspaceViewSet

__all__ = [
    "MAX_BODY_BYTES",
    "ActorThrottle",
    "ApiKeyAuthentication",
    "ApiRouter",
    "BatchResults",
    "BrowserAuthentication",
    "CursorPages",
    "ProblemError",
    "RolePermission",
    "StrictJSONParser",
    "WorkspaceViewSet",
    "batch_items",
    "parse_strict_json",
    "problem_errors",
    "problem_exception_handler",
    "problem_response",
]


def __getattr__(name: str) -> Any:
    # The framework's views read their defaults, which are in this package, while they are being
    # imported: what is built on those views can't be imported here at once.
    if name in {"ApiRouter", "WorkspaceViewSet"}:
        return getattr(import_module("workspaces.api.views"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
