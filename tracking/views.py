"""The page of kinds of activities."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.registry import InUseError, uses_of
from tracking.forms import KindForm
from tracking.models import Activity, ActivityKind, ActivityParameter, SourceCoverage
from tracking.services import (
    KindInUseError,
    change_activity_kind,
    define_activity_kind,
    delete_activity_kind,
)
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_http_methods(["GET", "HEAD", "POST"])
def kinds(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Kinds of activities with their parameters; posting declares one."""
    require(request.actor, Action.READ_CONTACTS)
    form = KindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require(request.actor, Action.WRITE_DATA)
        try:
            define_activity_kind(
                workspace=request.workspace,
                key=form.cleaned_data["key"],
                label=form.cleaned_data["label"],
                is_engagement=form.cleaned_data["is_engagement"],
                parameters=form.cleaned_data["parameters"],
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("tracking:kinds", workspace)
    context = {
        "rows": _rows(request),
        "form": form,
        "may_write": request.actor.may(Action.WRITE_DATA),
    }
    return render(request, "tracking/kinds.html", context)


def _rows(request: WorkspaceRequest) -> list[dict[str, Any]]:
    """Each kind with its parameters, how much was recorded of it, and since when."""
    activities = Activity.objects.in_workspace(request.workspace)
    recorded = dict(activities.values_list("kind_id").annotate(number=Count("pk")).order_by())
    coverage = SourceCoverage.objects.in_workspace(request.workspace)
    since = dict(coverage.values_list("source", "recorded_since"))
    found = list(ActivityKind.objects.in_workspace(request.workspace).order_by("label", "pk"))
    uses = uses_of(request.workspace, "activity_kind", found)
    parameters: dict[int, list[ActivityParameter]] = {}
    for each in ActivityParameter.objects.in_workspace(request.workspace).order_by("pk"):
        parameters.setdefault(each.kind_id, []).append(each)
    return [
        {
            "kind": kind,
            "parameters": parameters.get(kind.pk, []),
            "recorded": recorded.get(kind.pk, 0),
            "since": since.get(f"activities.{kind.key}"),
            "uses": uses.get(kind.pk, []),
        }
        for kind in found
    ]


@require_POST
def kind_change(request: WorkspaceRequest, workspace: int, kind: int) -> HttpResponse:
    """Give a kind another name, or say whether it counts as interest."""
    require(request.actor, Action.WRITE_DATA)
    try:
        change_activity_kind(
            workspace=request.workspace,
            kind_id=kind,
            label=request.POST.get("label", "").replace("\x00", ""),
            is_engagement=bool(request.POST.get("is_engagement")),
        )
    except ActivityKind.DoesNotExist:
        messages.error(request, _("This kind is gone."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("tracking:kinds", workspace)


@require_POST
def kind_delete(request: WorkspaceRequest, workspace: int, kind: int) -> HttpResponse:
    """Delete a kind nothing was recorded of."""
    require(request.actor, Action.WRITE_DATA)
    try:
        delete_activity_kind(workspace=request.workspace, kind_id=kind)
    except ActivityKind.DoesNotExist:
        messages.error(request, _("This kind is gone."))
    except InUseError as error:
        messages.error(request, str(error))
    except KindInUseError:
        messages.error(request, _("This kind is built in, or something was recorded of it."))
    return redirect("tracking:kinds", workspace)
