"""Every request of a workspace runs, from the first query to the last byte, inside its scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from typing import Any, cast

import structlog
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from workspaces.api.problems import problem_response
from workspaces.models import User, Workspace
from workspaces.policies import Actor
from workspaces.services import KeyRefusedError, authenticate_key, member_actor
from workspaces.tenancy import workspace_scope

API_PREFIX = "/api/v1/"
_BROWSER_API = re.compile(r"/w/[0-9]+/api/")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


class WorkspaceRequest(HttpRequest):
    """A request inside a workspace, as views see it (for annotations)."""

    workspace: Workspace
    actor: Actor
    now: datetime
    key_refusal: str


class WorkspaceMiddleware:
    """Finds out whose data a request is about, and lets it see nothing else.

    Browser: routes with a `workspace` argument, for signed-in members (others are told that
    nothing is there). Programs: `/api/v1/` with a bearer key. Sets `request.workspace`,
    `request.actor` and `request.now`. An answer of 400 or above leaves nothing written.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = cast(WorkspaceRequest, request)
        asked.now = timezone.now()
        if request.path_info.startswith(API_PREFIX):
            return self._answer_program(asked)
        workspace_id = _workspace_in(request.path_info)
        if workspace_id is None:
            with _in_language_of(getattr(request, "user", None)):
                return self.get_response(request)
        return self._answer_member(asked, workspace_id)

    def _answer_program(self, request: WorkspaceRequest) -> HttpResponseBase:
        found = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if found is None:
            return self.get_response(request)
        try:
            actor = authenticate_key(
                presented=found[1], now=request.now, request_id=current_request_id()
            )
        except KeyRefusedError as refusal:
            request.key_refusal = refusal.reason
            return self.get_response(request)
        return self._answer_inside(request, actor)

    def _answer_member(self, request: WorkspaceRequest, workspace_id: int) -> HttpResponseBase:
        is_api = bool(_BROWSER_API.match(request.path_info))
        if not isinstance(request.user, User):
            if is_api:
                return problem_response(401, "not_authenticated", _("Sign in first."))
            return redirect_to_login(request.get_full_path())
        actor = member_actor(
            user=request.user, workspace_id=workspace_id, request_id=current_request_id()
        )
        if actor is None:
            if is_api:
                return problem_response(404, "not_found", _("Not found."))
            raise Http404
        return self._answer_inside(request, actor)

    def _answer_inside(self, request: WorkspaceRequest, actor: Actor) -> HttpResponseBase:
        request.actor = actor
        request.workspace = actor.workspace
        is_api = request.path_info.startswith(API_PREFIX) or _BROWSER_API.match(request.path_info)
        try:
            with _as_seen_by(actor), workspace_scope(actor.workspace):
                response = self.get_response(request)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
        except IntegrityError:
            # Deferred foreign keys are checked at commit: the last wall between workspaces.
            if not is_api:
                raise
            return problem_response(422, "unknown_reference", _("Something referred to is gone."))
        if is_api and response.status_code >= 500:
            return problem_response(500, "internal_error", _("Something went wrong on our side."))
        if isinstance(response, StreamingHttpResponse):
            body = cast(Iterable[Any], response.streaming_content)
            response.streaming_content = stream_in_scope(
                actor.workspace, body, language=_language_of(actor)
            )
        return response


def stream_in_scope(
    workspace: Workspace, body: Iterable[Any], *, language: str | None = None
) -> Iterator[Any]:
    """Iterate the body of a streaming response inside the workspace's scope.

    The middleware does it for every streaming response of a workspace; elsewhere (commands,
    tasks) it serves any generator that is consumed after the scope it was made in has closed.
    """
    with ExitStack() as stack:
        stack.enter_context(timezone.override(workspace.zone))
        if language:
            stack.enter_context(translation.override(language))
        stack.enter_context(workspace_scope(workspace))
        yield from body


def current_request_id() -> str:
    """The id that log lines and audit entries of this request share."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]


def _workspace_in(path: str) -> int | None:
    try:
        found = resolve(path).kwargs.get("workspace")
    except Resolver404:
        return None
    return found if isinstance(found, int) else None


@contextmanager
def _as_seen_by(actor: Actor) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(timezone.override(actor.workspace.zone))
        stack.enter_context(_in_language_of(actor.user))
        yield


def _in_language_of(user: object) -> AbstractContextManager[None]:
    """What the user chose; nothing chosen leaves what the browser asks for."""
    language = user.language if isinstance(user, User) else ""
    return translation.override(language) if language else nullcontext()


def _language_of(actor: Actor) -> str:
    return actor.user.language if actor.user is not None else ""
