from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from campaigns.frozen import used_segments
from campaigns.models import (
    OPEN_STATES,
    Recipient,
    RecipientState,
    Run,
    RunState,
    SkipReason,
)
from campaigns.receipt import receipt_of
from campaigns.receipt_lines import lines_of, uses_in_words
from campaigns.views.framing import find_run, progress_of, run_frame
from campaigns.views.waterfalls import as_drawn, frozen_steps
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

MOST_ERRORS = 6
# In the order in which a send goes; who was left out stands in the waterfall.
STATES = (
    RecipientState.SENT,
    RecipientState.QUEUED,
    RecipientState.SENDING,
    RecipientState.DEFERRED,
    RecipientState.FAILED,
    RecipientState.UNKNOWN,
)


@require_safe
def run_page(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """How one send goes or went."""
    require(request.actor, Action.READ_CAMPAIGNS)
    run = find_run(request, run_id)
    progress = progress_of(run)
    numbers = progress["states"]
    context = {
        **run_frame(request, run, "overview"),
        "progress": progress,
        "is_open": run.state in OPEN_STATES,
        "is_moving": run.state in (RunState.FREEZING, RunState.SENDING, RunState.SCHEDULED),
        "states": [(state, numbers[state]) for state in STATES],
        "unknown": numbers[RecipientState.UNKNOWN],
        "may_resend": request.actor.may(Action.SEND_CAMPAIGNS)
        and run.state in (RunState.SENDING, RunState.PAUSED, RunState.FINISHED),
        "errors": _errors(run),
        "waterfall": as_drawn(frozen_steps(run)),
    }
    return render(request, "campaigns/run.html", context)


@require_safe
def run_state(request: WorkspaceRequest, workspace: int, run_id: int) -> JsonResponse:
    """What the page asks for again and again while the send goes on."""
    require(request.actor, Action.READ_CAMPAIGNS)
    run = find_run(request, run_id)
    return JsonResponse({"state": run.state, **progress_of(run)})


@require_safe
def receipt(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """What exactly was sent to whom; made to be printed and kept."""
    require(request.actor, Action.READ_CAMPAIGNS)
    run = find_run(request, run_id)
    if run.as_of is None:
        return redirect("campaigns:run", workspace, run_id)
    document = receipt_of(run=run)
    counts, confirmed_at = document["counts"], document["confirmations"]["at"]
    used = used_segments(run)
    context = {
        **run_frame(request, run, "receipt"),
        "receipt": document,
        "confirmed_at": datetime.fromisoformat(confirmed_at) if confirmed_at else None,
        "settings": document["settings"] or {},
        "segments": [
            {
                "used": each,
                "uses": uses_in_words(each),
                "lines": lines_of(workspace=request.workspace, used=each)
                if each.definition
                else [],
            }
            for each in used
        ],
        "conditional": [each for each in used if each.bit is not None],
        "waterfall": as_drawn(frozen_steps(run)),
        "states": _in_words(counts["by_state"], RecipientState),
        "reasons": _in_words(counts["skipped_by_reason"], SkipReason),
        "variants": sorted((int(key), n) for key, n in counts["by_variant"].items()),
    }
    return render(request, "campaigns/receipt.html", context)


@require_safe
def receipt_file(request: WorkspaceRequest, workspace: int, run_id: int) -> JsonResponse:
    """The receipt as a document for machines."""
    require(request.actor, Action.READ_CAMPAIGNS)
    run = find_run(request, run_id)
    name = f"receipt-{run.campaign_id}-{run.pk}.json"
    return JsonResponse(
        receipt_of(run=run),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _in_words(numbers: dict[str, int], choices: Any) -> list[tuple[str, str, int]]:
    """Value, label and number, in the order of the choices."""
    return [(each.value, each.label, numbers[each]) for each in choices if numbers.get(each)]


def _errors(run: Run) -> list[dict[str, Any]]:
    """What servers answered, the most frequent first."""
    troubled = (RecipientState.FAILED, RecipientState.UNKNOWN, RecipientState.DEFERRED)
    rows = Recipient.objects.in_workspace(run.workspace_id).filter(run=run, state__in=troubled)
    rows = rows.exclude(error="")
    grouped = rows.order_by().values("state", "error").annotate(number=Count("id"))
    found = grouped.order_by("-number", "error")[:MOST_ERRORS]
    return [{**row, "label": RecipientState(row["state"]).label} for row in found]
