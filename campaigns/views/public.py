"""What recipients of messages reach, without signing in: the signed token says whose they are.

Nothing here reads a session or sets a cookie. POST is exempt from the cookie check against forged
requests, as RFC 8058 demands of one-click unsubscribing: what proves the right to act is the
address itself, which nobody can make who wasn't sent it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.responses.following import follow_link, record_open
from campaigns.responses.machines import Caller
from campaigns.responses.providers import ForgedWebhookError, UnreadableWebhookError
from campaigns.responses.tokens import Purpose, Token, read, sign
from campaigns.responses.viewing import message_in_browser
from campaigns.responses.webhooks import take_webhook
from campaigns.services import preferences as asked
from campaigns.services.preferences import Choice, Preferences
from workspaces.middleware import WorkspaceRequest
from workspaces.models import Workspace

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# What a tenant wrote is shown as a page of its own kind: no script, no form, no sign-in.
_SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src https: http: data:; font-src https: data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """One transparent pixel, whoever asks; that a message was opened, if the token is ours."""
    record_open(token=token, caller=caller_of(request), now=now_of(request))
    return _plain(HttpResponse(_PIXEL, content_type="image/gif"))


@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """On to where the link leads."""
    url = follow_link(token=token, caller=caller_of(request), now=now_of(request))
    if url is None:
        return no_such_link()
    # Not Django's redirect: that one refuses addresses longer than 2,048 characters.
    return _plain(HttpResponse(status=302, headers={"Location": iri_to_uri(url)}))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button; POST, by the button or by a mail program, unsubscribes."""
    found = read(Purpose.UNSUBSCRIBE, token)
    if found is None:
        return no_such_link()
    if request.method != "POST":
        stands = asked.preferences_of(token=found)
        return _page("messages/unsubscribe.html", stands, _way_to_preferences(stands, found))
    is_one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    stands = asked.unsubscribe(
        token=found,
        caller=caller_of(request),
        now=now_of(request),
        source="one-click" if is_one_click else "unsubscribe page",
    )
    return _page("messages/unsubscribed.html", stands, _way_to_preferences(stands, found))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What the recipient wants to hear of."""
    found = read(Purpose.PREFERENCES, token)
    if found is None:
        return no_such_link()
    if request.method != "POST":
        return _page("messages/preferences.html", asked.preferences_of(token=found), {})
    choice = request.POST.get("choice", "")
    if choice not in set(Choice):
        stands = asked.preferences_of(token=found)
        return _page("messages/preferences.html", stands, {"is_unclear": True}, status=400)
    stands = asked.save_preferences(
        token=found,
        choice=Choice(choice),
        topics=request.POST.getlist("topic"),
        caller=caller_of(request),
        now=now_of(request),
    )
    return _page("messages/preferences.html", stands, {"is_saved": True})


@require_safe
def in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """The message as a page."""
    found = read(Purpose.VIEW, token)
    html = message_in_browser(token=found) if found is not None else None
    if html is None:
        return no_such_link()
    response = HttpResponse(html)
    response["Content-Security-Policy"] = _SANDBOX
    return _plain(response)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, number: int, token: str) -> HttpResponse:
    """What a mail provider tells of an account's messages: workspace and account stand in the path.

    Providers look whether somebody is there before they tell anything.
    """
    if request.method != "POST":
        return _plain(HttpResponse())
    try:
        take_webhook(request=request, workspace_id=number, key=token, now=now_of(request))
    except ForgedWebhookError:
        asking = {"WWW-Authenticate": 'Basic realm="webhook"'}
        return _plain(HttpResponse(status=401, headers=asking))
    except UnreadableWebhookError:
        return _plain(HttpResponse(status=400))
    return _plain(HttpResponse())


def now_of(request: HttpRequest) -> datetime:
    """The instant of the request."""
    return cast(WorkspaceRequest, request).now


def caller_of(request: HttpRequest) -> Caller:
    """What the request says of who makes it."""
    said = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:  # a connection without an address: a socket file, say
        address = None
    return Caller(
        method=request.method or "",
        agent=request.headers.get("User-Agent", ""),
        purpose=" ".join(said).lower(),
        address=address,
    )


def _way_to_preferences(stands: Preferences, token: Token) -> dict[str, str]:
    told = sign(Purpose.PREFERENCES, workspace=stands.workspace, recipient_id=token.recipient_id)
    return {"preferences_url": reverse("message-preferences", args=[told])}


def _page(
    template: str, stands: Preferences, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    template = template if stands.is_known else "messages/gone.html"
    return public_page(template, stands, context, status=status)


class Stands(Protocol):
    """What a page for somebody who isn't signed in shows at least."""

    @property
    def workspace(self) -> Workspace: ...
    @property
    def language(self) -> str: ...


def public_page(
    template: str, stands: Stands, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page in the recipient's language, for whom no request says what they want."""
    with translation.override(stands.language):
        html = render_to_string(template, {"stands": stands, **(context or {})})
    return _plain(HttpResponse(html, status=status))


def no_such_link() -> HttpResponse:
    """The same for a token that was forged, cut off, or is for something else."""
    return _plain(HttpResponse(render_to_string("messages/nothing.html"), status=404))


def _plain(response: HttpResponse) -> HttpResponse:
    """For nobody's store and no search engine."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex"
    return response
