"""Every route there is, from the resolver; what its arguments name, from its view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.security.catalog import models_with_a_workspace
from workspaces.policies import Action

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

# What an argument names where neither the view's queryset nor the name of a model says it.
ARGUMENTS = {
    "attribute": "contacts.AttributeDefinition",
    "key": "workspaces.ApiKey",
    "kind": "tracking.ActivityKind",
    "list": "contacts.StaticList",
    "list_id": "contacts.StaticList",
    "import_id": "contacts.Import",
    "run": "contacts.Import",
    "account": "campaigns.SendingAccount",
    "domain": "campaigns.SenderDomain",
    "pool": "campaigns.CodePool",
}
# Arguments that are no ids: secrets, names of fixed things, versions of a segment.
NOT_IDS = {"token", "format", "number"}
# What stands for those in an address that should lead somewhere.
FIRST_ONES = {"number": "1"}


@dataclass(frozen=True)
class Route:
    """One URL pattern."""

    pattern: str  # "w/<int:workspace>/api/^segments/(?P<pk>[^/.]+)/?$"
    name: str
    callback: Any

    @property
    def arguments(self) -> tuple[str, ...]:
        return tuple(
            found[1] or found[2]
            for found in re.finditer(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>", self.pattern)
        )

    @property
    def is_api(self) -> bool:
        """Takes bearer keys."""
        return self.pattern.startswith("api/v1/")

    @property
    def is_browser_api(self) -> bool:
        return self.pattern.startswith("w/<int:workspace>/api/")

    @property
    def viewset(self) -> Any:
        return getattr(self.callback, "cls", None)

    @property
    def actions(self) -> dict[str, str]:
        """Method to action, of viewsets."""
        found = getattr(self.callback, "actions", None) or {}
        return {method.upper(): action for method, action in found.items()}

    def required(self, method: str) -> Action | None:
        """What the viewset says an actor needs."""
        declared = getattr(self.viewset, "required", {})
        method = "GET" if method == "HEAD" else method
        return declared.get(self.actions.get(method)) or declared.get(method)

    def model_of(self, argument: str) -> str:
        """The label of the model an argument's ids are of."""
        if argument == "pk" and self.viewset is not None:
            return str(self.viewset.queryset.model._meta.label)
        if argument in ARGUMENTS:
            return ARGUMENTS[argument]
        plain = argument.removesuffix("_id").replace("_", "")
        found = [m._meta.label for m in models_with_a_workspace() if m._meta.model_name == plain]
        assert len(found) == 1, f"say in tests/security/routes.py what {argument!r} names: {self}"
        return found[0]

    @property
    def ids(self) -> dict[str, str]:
        """Argument to model label, for the arguments that are ids of something in a workspace."""
        return {
            argument: self.model_of(argument)
            for argument in self.arguments
            if argument != "workspace" and argument not in NOT_IDS
        }

    def path(self, **values: Any) -> str:
        def fill(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            return str(values.get(name, FIRST_ONES.get(name, "nothing")))

        text = re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", fill, self.pattern)
        return "/" + text.replace("^", "").replace("/?$", "/").replace("$", "")


def all_routes() -> list[Route]:
    return list(_walk(get_resolver(), ""))


def routes_in_workspaces() -> list[Route]:
    """Routes that show or change something of a workspace."""
    return [route for route in all_routes() if "workspace" in route.arguments or route.is_api]


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Route(path, pattern.name or "", pattern.callback)
        else:
            yield from _walk(pattern, path)
