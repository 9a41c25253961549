from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms import TopicForm
from campaigns.models import Topic
from campaigns.services import topics as services
from contacts.models import Channel, Consent, ConsentStatus
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_http_methods(["GET", "HEAD", "POST"])
def topics(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """What contacts can subscribe to one by one, in the order they see; posting adds one."""
    require(request.actor, Action.READ_CAMPAIGNS)
    form = TopicForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.create_topic(actor=request.actor, now=request.now, **_given(form))
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("campaigns:topics", workspace)
    everything = list(Topic.objects.in_workspace(request.workspace).order_by("position", "pk"))
    context = {
        "form": form,
        "topics": _rows(request, [topic for topic in everything if not topic.archived_at]),
        "archived": [topic for topic in everything if topic.archived_at],
        "may_write": request.actor.may(Action.MANAGE_WORKSPACE),
    }
    return render(request, "campaigns/topics.html", context)


@require_POST
def topic_change(request: WorkspaceRequest, workspace: int, topic: int) -> HttpResponse:
    """Another name or description."""
    found = _find(request, topic)
    form = TopicForm(request.POST)
    if form.is_valid():
        try:
            services.change_topic(actor=request.actor, topic=found, now=request.now, **_given(form))
        except ValidationError as error:
            add_errors(form, error)
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    return redirect("campaigns:topics", workspace)


@require_POST
def topic_move(request: WorkspaceRequest, workspace: int, topic: int) -> HttpResponse:
    """One place up or down among those that are in use."""
    found = _find(request, topic)
    live = Topic.objects.in_workspace(request.workspace).filter(archived_at__isnull=True)
    order = list(live.order_by("position", "pk").values_list("pk", flat=True))
    if found.pk in order:
        at = order.index(found.pk)
        to = at + (1 if request.POST.get("to") == "down" else -1)
        if 0 <= to < len(order):
            order[at], order[to] = order[to], order[at]
        services.order_topics(actor=request.actor, topic_ids=order, now=request.now)
    return redirect("campaigns:topics", workspace)


@require_POST
def topic_archive(request: WorkspaceRequest, workspace: int, topic: int) -> HttpResponse:
    """Take it off the preference page."""
    found = services.archive_topic(
        actor=request.actor, topic=_find(request, topic), now=request.now
    )
    messages.success(request, _("{name} is archived.").format(name=found.name))
    return redirect("campaigns:topics", workspace)


@require_POST
def topic_restore(request: WorkspaceRequest, workspace: int, topic: int) -> HttpResponse:
    """Put it back."""
    services.restore_topic(actor=request.actor, topic=_find(request, topic), now=request.now)
    return redirect("campaigns:topics", workspace)


def _find(request: WorkspaceRequest, topic_id: int) -> Topic:
    return get_object_or_404(Topic.objects.in_workspace(request.workspace), pk=topic_id)


def _given(form: TopicForm) -> dict[str, str]:
    return {name: form.cleaned_data[name] for name in ("name", "description")}


def _rows(request: WorkspaceRequest, found: list[Topic]) -> list[dict[str, Any]]:
    """Each with how many contacts agreed to it, have yet to confirm, and said no."""
    consents = Consent.objects.in_workspace(request.workspace).filter(
        channel=Channel.EMAIL, topic__in=[topic.key for topic in found], valid_to__isnull=True
    )
    counted = consents.order_by().values("topic", "status").annotate(number=Count("id"))
    numbers = {(row["topic"], row["status"]): row["number"] for row in counted}
    return [
        {
            "topic": topic,
            "form": TopicForm(initial=vars(topic), auto_id=f"topic-{topic.pk}-%s"),
            "granted": numbers.get((topic.key, ConsentStatus.GRANTED), 0),
            "pending": numbers.get((topic.key, ConsentStatus.PENDING), 0),
            "withdrawn": numbers.get((topic.key, ConsentStatus.WITHDRAWN), 0),
        }
        for topic in found
    ]
