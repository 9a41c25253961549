"""A message as a contact would see it: a page of its own, for a frame."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.content.preview import Preview, preview
from campaigns.documents import InvalidDocument
from campaigns.views.framing import find_campaign
from workspaces.middleware import WorkspaceRequest
from workspaces.numbers import whole_number
from workspaces.policies import Action, require

# The one exception to "no unsafe-*": what a tenant wrote, in a frame that may do nothing.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data: 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@require_safe
def campaign_preview(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """The message alone, for a frame: `?contact=&variant=&part=html|text`."""
    require(request.actor, Action.READ_CAMPAIGNS)
    found = find_campaign(request, campaign)
    contact = _number(request.GET.get("contact", ""))
    if contact is not None:
        require(request.actor, Action.READ_CONTACTS)
    try:
        made = preview(
            workspace=request.workspace,
            campaign=found,
            variant=_number(request.GET.get("variant", "")) or 0,
            contact_id=contact,
            as_of=request.now,
        )
    except LookupError:
        raise Http404 from None
    except InvalidDocument as error:
        made = Preview(fault=str(error))
    if made.fault:
        return _framed(render(request, "campaigns/preview_fault.html", {"fault": made.fault}))
    if request.GET.get("part") == "text":
        return _framed(HttpResponse(made.text, content_type="text/plain; charset=utf-8"))
    return _framed(HttpResponse(made.html))


def _number(text: str) -> int | None:
    """A number in an address; None without one. Raises `Http404`."""
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise Http404
    return number


def _framed(response: HttpResponse) -> HttpResponse:
    """For a frame on one of our own pages and nowhere else."""
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store"
    return response
