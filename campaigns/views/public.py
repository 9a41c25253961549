"""What recipients of messages reach, without signing in: the signed token says whose they are."""

from __future__ import annotations

import base64

from django.http import Http404, HttpRequest, HttpResponse

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def opened(request: HttpRequest, token: str) -> HttpResponse:
    """One transparent pixel, whoever asks."""
    return HttpResponse(_PIXEL, content_type="image/gif")


def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """On to where the link leads."""
    raise Http404


def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button; the button unsubscribes."""
    raise Http404


def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What the recipient wants to hear of."""
    raise Http404


def in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """The message as a page."""
    raise Http404
