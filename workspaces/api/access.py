"""Who is asking, and whether they may."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from workspaces.caching import workspace_cache_key
from workspaces.models import User
from workspaces.policies import Action, Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


def actor_of(request: Request) -> Actor | None:
    """The actor the middleware found."""
    return getattr(request._request, "actor", None)


class ApiKeyAuthentication(BaseAuthentication):
    """A bearer key under `/api/v1/`; `WorkspaceMiddleware` has looked it up."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Actor] | None:
        reason = getattr(request._request, "key_refusal", None)
        if reason is not None:
            raise exceptions.AuthenticationFailed(_refusal(reason), code=f"key_{reason}")
        actor = actor_of(request)
        return (AnonymousUser(), actor) if actor is not None and actor.key is not None else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class BrowserAuthentication(SessionAuthentication):
    """A signed-in member under `/w/<workspace>/api/`, with a CSRF token on unsafe requests."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        actor = actor_of(request)
        if actor is None or actor.user is None:
            return None
        self.enforce_csrf(request)
        return actor.user, actor

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as refusal:
            raise exceptions.PermissionDenied(
                _("Reload the page and try again."), code="csrf_failed"
            ) from refusal


class RolePermission(BasePermission):
    """What the view's `required` says of this action or method; refused if it says nothing.

    `required = {"list": Action.READ_CONTACTS, "POST": Action.WRITE_CONTACTS}`
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = actor_of(request)
        if actor is None:
            raise exceptions.NotAuthenticated
        needed = required_action(view, request.method or "")
        return needed is not None and actor.may(needed)


def required_action(view: Any, method: str) -> Action | None:
    """The action a view declares for its current action or this method."""
    required: dict[str, Action] = getattr(view, "required", {})
    name = getattr(view, "action", None)
    method = "GET" if method == "HEAD" else method
    if name in required:
        return required[name]
    return required.get(method)


class ActorThrottle(BaseThrottle):
    """So many requests a minute for each key and each member; lets all pass while Redis is away."""

    wait_seconds = 60

    def allow_request(self, request: Request, view: APIView) -> bool:
        actor = actor_of(request)
        if actor is None:
            return True
        now = time.time()
        self.wait_seconds = 60 - int(now) % 60
        name = workspace_cache_key(
            actor.workspace, "requests", self.who_counts(actor), int(now) // 60
        )
        try:
            cache.add(name, 0, timeout=120)
            number_of_requests = cache.incr(name)
        except Exception:
            logger.warning("throttle_unavailable", exc_info=True)
            return True
        return number_of_requests <= self.most()

    def who_counts(self, actor: Actor) -> str:
        """Whose requests are counted together, within the workspace."""
        return f"key-{actor.key.pk}" if actor.key else f"user-{actor.user.pk if actor.user else 0}"

    def most(self) -> int:
        """Requests a minute."""
        return int(getattr(settings, "API_REQUESTS_PER_MINUTE", 3000))

    def wait(self) -> float:
        return self.wait_seconds


def _refusal(reason: str) -> str:
    texts = {"expired": _("The key has expired."), "revoked": _("The key was revoked.")}
    return texts.get(reason) or _("Unknown key.")
