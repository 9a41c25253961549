"""A message as a contact would see it: a page of its own, and answers to the editor."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.content.linting import lint_content
from campaigns.content.preview import Preview, preview, preview_content
from campaigns.documents import Content, InvalidDocument, read_part
from campaigns.models import Campaign
from campaigns.views.framing import find_campaign
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

# The one exception to "no unsafe-*": what a tenant wrote, in a frame that may do nothing.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data: 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
MAX_BODY = 2 * 1024 * 1024  # bytes


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


@require_POST
def preview_draft(request: WorkspaceRequest, workspace: int) -> JsonResponse:
    """A content that is not saved: its message and what is wrong with it. Stores nothing."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    try:
        asked = _read(request)
        content = read_part(Content, asked.get("content") or {}, path="$.content")
        campaign = _campaign(request, asked.get("campaign"))
        contact = asked.get("contact")
        if contact is not None:
            require(request.actor, Action.READ_CONTACTS)
            if type(contact) is not int:
                raise LookupError
        made = preview_content(
            workspace=request.workspace,
            content=content,
            campaign=campaign,
            contact_id=contact,
            as_of=request.now,
        )
        findings = lint_content(workspace=request.workspace, content=content, campaign=campaign)
    except InvalidDocument as error:
        errors = [{"path": e.path, "code": e.code, "message": e.message} for e in error.errors]
        return JsonResponse({"errors": errors}, status=422)
    except ValueError:
        return JsonResponse({"detail": _("A JSON object is expected.")}, status=400)
    except LookupError:
        return JsonResponse({"detail": _("There is no such contact.")}, status=404)
    return JsonResponse(
        {**asdict(made), "size": made.size, "findings": [asdict(each) for each in findings]}
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    """The body as an object. Raises `ValueError`."""
    if len(request.body) > MAX_BODY:
        raise ValueError
    asked = json.loads(request.body)
    if not isinstance(asked, dict):
        raise ValueError
    return asked


def _campaign(request: WorkspaceRequest, asked: Any) -> Campaign | None:
    return None if type(asked) is not int else find_campaign(request, asked)


def _number(text: str) -> int | None:
    """A number in an address; None without one. Raises `Http404`."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _framed(response: HttpResponse) -> HttpResponse:
    """For a frame on one of our own pages and nowhere else."""
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store"
    return response
