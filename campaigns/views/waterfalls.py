"""From everybody in the segments to who gets the message: as frozen, and as it would be now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.audience import AudienceRefusedError
from campaigns.documents import InvalidDocument
from campaigns.models import Run, SkipReason
from campaigns.views.framing import find_campaign
from campaigns.waterfall import IN_SEGMENTS, RECIPIENTS, Waterfall, waterfall_of
from contacts.models import Contact
from segments.engine.sets import ContactSet
from segments.views.parameters import contact_after, instant_asked
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 50


@dataclass(frozen=True)
class Fall:
    """One step as it is drawn: who falls away, and who is left after it."""

    key: str
    label: str
    removed: int
    left: int


def frozen_steps(run: Run) -> list[Fall]:
    """The steps as they were when the audience was frozen; empty before."""
    return [
        Fall(
            key=step["step"],
            label=label_of(step["step"]),
            removed=step["removed"],
            left=step["left"],
        )
        for step in run.waterfall or []
    ]


def label_of(step: str) -> str:
    """A step in words."""
    ends = {IN_SEGMENTS: _("in the segments and lists"), RECIPIENTS: _("recipients")}
    return ends.get(step) or str(SkipReason(step).label)


def everybody(steps: list[Fall]) -> int:
    """Who was in the segments and lists, before anybody fell away."""
    return steps[0].left + steps[0].removed if steps else 0


def as_drawn(steps: list[Fall]) -> dict[str, Any]:
    """What `campaigns/partials/_waterfall.html` needs."""
    return {"steps": steps, "everybody": everybody(steps), "left": steps[-1].left if steps else 0}


@require_safe
def waterfall_list(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """Behind a number of the waterfall of a campaign that isn't sent yet: `step` says which."""
    require(request.actor, Action.READ_CAMPAIGNS)
    require(request.actor, Action.READ_CONTACTS)
    found = find_campaign(request, campaign)
    step = request.GET.get("step", RECIPIENTS)
    if step not in (IN_SEGMENTS, RECIPIENTS, *SkipReason.values):
        raise Http404
    as_of = instant_asked(request)
    context: dict[str, Any] = {
        "campaign": found,
        "step": step,
        "label": label_of(step),
        "as_of": as_of,
    }
    try:
        # A statement that took too long must not take the page with it.
        with transaction.atomic():
            waterfall = waterfall_of(campaign=found, as_of=as_of)
            context |= _people(request, waterfall.contacts_of(step), waterfall)
    except (AudienceRefusedError, InvalidDocument) as error:
        context["fault"] = str(error)
    except KeyError as error:  # a reason that only comes up later: cancelled, erased
        raise Http404 from error
    return render(request, "campaigns/waterfall_list.html", context)


def _people(request: WorkspaceRequest, members: ContactSet, waterfall: Waterfall) -> dict[str, Any]:
    """A page of them by id, and the waterfall they are from."""
    after = contact_after(request)
    ids = members.id_list(limit=PAGE_SIZE, after=after)
    contacts = Contact.objects.in_workspace(request.workspace).filter(pk__in=ids).order_by("pk")
    steps = [
        Fall(step.key, str(step.label), len(step.removed), len(step.left))
        for step in waterfall.steps
    ]
    return {
        "contacts": list(contacts),
        "number": len(members),
        "is_first": not after,
        "last": ids[-1] if len(ids) == PAGE_SIZE else None,
        "waterfall": as_drawn(steps),
        "asked": urlencode({"as_of": waterfall.as_of.isoformat()}),
    }
