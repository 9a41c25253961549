from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from campaigns.models import RecipientState, RunKind, SkipReason
from campaigns.recipients import Filters, RecipientList, recipients_csv
from campaigns.report.asking import Question, asking_of
from campaigns.report.figures import Sales
from campaigns.report.people import Did, tree_of
from campaigns.views.framing import campaign_frame, find_campaign, find_run, run_frame
from segments.views.parameters import contact_after
from segments.wizard.drafts import link_to_new
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 50


@require_safe
def run_recipients(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """Everybody of one send's audience: what became of them, or why they were left out."""
    require(request.actor, Action.READ_CONTACTS)
    run = find_run(request, run_id)
    question = Question(request.workspace, run.campaign, request.now, run)
    address = reverse("campaigns:recipients-csv", args=[workspace, run_id])
    return _page(request, question, address, run_frame(request, run, "recipients"))


@require_safe
def campaign_recipients(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """The same of all sends of a campaign together."""
    require(request.actor, Action.READ_CONTACTS)
    found = find_campaign(request, campaign)
    question = Question(request.workspace, found, request.now)
    address = reverse("campaigns:all-recipients-csv", args=[workspace, campaign])
    return _page(request, question, address, campaign_frame(request, found))


@require_safe
def run_recipients_file(
    request: WorkspaceRequest, workspace: int, run_id: int
) -> StreamingHttpResponse:
    """The list of one send as a file."""
    require(request.actor, Action.EXPORT)
    run = find_run(request, run_id)
    question = Question(request.workspace, run.campaign, request.now, run)
    return recipients_csv(RecipientList(question, Filters.read(request.GET)))


@require_safe
def campaign_recipients_file(
    request: WorkspaceRequest, workspace: int, campaign: int
) -> StreamingHttpResponse:
    """The list of all sends as a file."""
    require(request.actor, Action.EXPORT)
    question = Question(request.workspace, find_campaign(request, campaign), request.now)
    return recipients_csv(RecipientList(question, Filters.read(request.GET)))


def _page(
    request: WorkspaceRequest, question: Question, csv_address: str, frame: dict[str, Any]
) -> HttpResponse:
    asked = RecipientList(question, Filters.read(request.GET))
    after = contact_after(request)
    with asking_of(request.workspace):
        rows = list(asked.found.filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
        context = {
            **frame,
            **_figure(request, asked),
            "filters": asked.filters,
            "rows": rows[:PAGE_SIZE],
            "is_first": not after,
            "last": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
            "runs_by_id": {run.pk: run for run in question.runs},
            "states": _counted(asked, "state", RecipientState.choices),
            "reasons": _counted(asked, "reason", SkipReason.choices),
            "variants": _variants(asked),
            "fates": Did.choices,
            "csv_address": csv_address,
        }
    return render(request, "campaigns/recipients.html", context)


def _figure(request: WorkspaceRequest, asked: RecipientList) -> dict[str, Any]:
    """How many fit, where a figure of the report is asked for; and the segment that says so."""
    filters, question = asked.filters, asked.question
    if filters.did is None:
        return {}
    is_sent_once = question.campaign.runs.in_workspace(request.workspace).count() == 1
    tree = None
    if filters.asks_only_what_was_done and (question.run is None or is_sent_once):
        tree = tree_of(question.campaign, filters.did, link=filters.link, is_sent_once=is_sent_once)
    may_write = request.actor.may(Action.WRITE_SEGMENTS)
    return {
        "number": asked.found.count(),
        "sales": asked.sales,
        "sold": _sum(asked.sales),
        "currency": request.workspace.base_currency,
        "segment_address": link_to_new(request.workspace, tree) if tree and may_write else "",
    }


def _sum(sales: dict[int, Sales]) -> Sales:
    found = sales.values()
    return Sales(
        sum(each.purchases for each in found), len(found), sum(each.revenue for each in found)
    )


def _counted(asked: RecipientList, field: str, choices: Any) -> list[tuple[str, str, int]]:
    """Value, label and number of the values somebody has."""
    numbers = dict(
        asked.everybody.order_by().values_list(field).annotate(number=Count("id")).iterator()
    )
    return [(value, label, numbers[value]) for value, label in choices if numbers.get(value)]


def _variants(asked: RecipientList) -> list[int]:
    """Of an A/B test; empty where everybody gets the same."""
    if all(run.kind != RunKind.TEST for run in asked.question.runs):
        return []
    kept = asked.everybody.exclude(state=RecipientState.SKIPPED).order_by("variant")
    numbers = list(kept.values_list("variant", flat=True).distinct())
    return numbers if len(numbers) > 1 else []
