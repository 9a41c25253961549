"""The base of every REST view, and the router."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from workspaces.api.access import (
    ActorThrottle,
    ApiKeyAuthentication,
    BrowserAuthentication,
    RolePermission,
)
from workspaces.api.parsing import MAX_BODY_BYTES, StrictJSONParser, too_large
from workspaces.api.problems import ProblemError
from workspaces.models import Workspace
from workspaces.policies import Action, Actor
from workspaces.services import (
    IdempotencyConflictError,
    IdempotencyInFlightError,
    StoredAnswer,
    recall_answer,
    store_answer,
)
from workspaces.tenancy import WorkspaceQuerySet

IDEMPOTENCY_HEADER = "Idempotency-Key"


class ApiRouter(SimpleRouter):
    """Takes every route with and without its last slash (batches are documented without)."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


class _AnsweredBeforeError(Exception):
    """Carries the stored answer from `initial` to `handle_exception`."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__()
        self.answer = answer


class WorkspaceViewSet(GenericViewSet[Any]):
    """A viewset inside a workspace, the same for keys and for the browser.

    Declares what each action needs in `required`; what it doesn't declare is refused. Unsafe
    requests with an `Idempotency-Key` are answered once and repeated for 48 hours.
    """

    authentication_classes = (ApiKeyAuthentication, BrowserAuthentication)
    permission_classes = (RolePermission,)
    throttle_classes = (ActorThrottle,)
    parser_classes: Sequence[type[BaseParser]] = (StrictJSONParser,)
    required: ClassVar[dict[str, Action]] = {}

    _idempotent: tuple[str, str, str] | None = None  # key, route, hash of the request

    @property
    def actor(self) -> Actor:
        return cast(Actor, self.request._request.actor)  # type: ignore[attr-defined]

    @property
    def workspace(self) -> Workspace:
        return self.actor.workspace

    @property
    def now(self) -> datetime:
        """The instant of the request: the only clock a view has."""
        return cast(datetime, self.request._request.now)  # type: ignore[attr-defined]

    def get_queryset(self) -> QuerySet[Model]:
        queryset: Any = super().get_queryset()
        if isinstance(queryset, WorkspaceQuerySet):
            queryset = queryset.in_workspace(self.workspace)
        return cast(QuerySet[Model], queryset)

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        return {**context, "workspace": self.workspace, "actor": self.actor, "now": self.now}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self._is_named(request):
            # The check of the CSRF token reads the stream: what is hashed later is kept before.
            self._check_size(request)
            _ = request._request.body
        if not self.action:
            # Sign-in comes first all the same: a stranger isn't told which methods there are.
            self.perform_authentication(request)
            if request.auth is not None:
                raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        self._check_size(request)
        if self._is_named(request):
            self._recall(request)

    def _is_named(self, request: Request) -> bool:
        return request.method not in SAFE_METHODS and IDEMPOTENCY_HEADER in request.headers

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, _AnsweredBeforeError):
            answer = HttpResponse(
                exc.answer.body, status=exc.answer.status, content_type="application/json"
            )
            answer["Idempotency-Replayed"] = "true"
            return cast(Response, answer)
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        answer: Any = super().finalize_response(request, response, *args, **kwargs)
        # Problems are plain responses, and streams can't be kept.
        if self._idempotent and isinstance(answer, Response) and answer.status_code < 300:
            answer.add_post_render_callback(self._store)
        return cast(Response, answer)

    def _check_size(self, request: Request) -> None:
        is_upload = (request.content_type or "").startswith("multipart/")
        if not is_upload and int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
            raise too_large()

    def _recall(self, request: Request) -> None:
        key = request.headers[IDEMPOTENCY_HEADER]
        if not 0 < len(key) <= 255 or not key.isprintable():
            raise ProblemError(
                400, "bad_idempotency_key", _("An idempotency key has 1 to 255 characters.")
            )
        django_request = request._request
        route = f"{request.method} {django_request.path_info}"[:200]
        told = [request.method or "", django_request.get_full_path(), request.content_type or ""]
        digest = hashlib.sha256("\0".join(told).encode() + b"\0" + django_request.body).hexdigest()
        try:
            answer = recall_answer(
                workspace=self.workspace, key=key, route=route, request_hash=digest, now=self.now
            )
        except IdempotencyInFlightError as error:
            raise ProblemError(
                409,
                "idempotency_key_in_use",
                _("A request with this idempotency key is being answered."),
                retry_after=1,
            ) from error
        except IdempotencyConflictError as error:
            raise ProblemError(
                422,
                "idempotency_key_reused",
                _("This idempotency key was used for a different request."),
            ) from error
        if answer is not None:
            raise _AnsweredBeforeError(answer)
        self._idempotent = (key, route, digest)

    def _store(self, response: Response) -> None:
        if self._idempotent is None:
            return
        key, route, digest = self._idempotent
        store_answer(
            workspace=self.workspace,
            key=key,
            route=route,
            request_hash=digest,
            answer=StoredAnswer(status=response.status_code, body=response.content.decode()),
            now=self.now,
        )
