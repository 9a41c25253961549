from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.account_forms import DomainForm
from campaigns.models import RecordStatus, SenderDomain
from campaigns.services import domains as services
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

BADGES = {
    RecordStatus.OK: "good",
    RecordStatus.WRONG: "bad",
    RecordStatus.MISSING: "warn",
    RecordStatus.UNKNOWN: "hollow",
}


@require_http_methods(["GET", "HEAD", "POST"])
def domains(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Domains campaigns are sent from, and what their DNS says; posting adds one."""
    require(request.actor, Action.READ_SETTINGS)
    form = DomainForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_domain(
                actor=request.actor, domain=form.cleaned_data["domain"], now=request.now
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("campaigns:domain", workspace, made.pk)
    found = SenderDomain.objects.in_workspace(request.workspace).order_by("domain")
    context = {
        "form": form,
        "rows": [{"domain": domain, "checks": _checks(domain)} for domain in found],
        "may_manage": request.actor.may(Action.MANAGE_WORKSPACE),
    }
    return render(request, "campaigns/domains.html", context)


@require_safe
def domain(request: WorkspaceRequest, workspace: int, domain: int) -> HttpResponse:
    """What to put into DNS, and what stands there."""
    require(request.actor, Action.READ_SETTINGS)
    found = _find(request, domain)
    checks = {check["kind"]: check for check in _checks(found)}
    context = {
        "domain": found,
        "records": [
            {"record": record, **checks[record.kind]} for record in services.records_for(found)
        ],
        "is_ready": all(check["status"] == RecordStatus.OK for check in checks.values()),
        "may_manage": request.actor.may(Action.MANAGE_WORKSPACE),
        "may_check": request.actor.may(Action.WRITE_CAMPAIGNS),
    }
    return render(request, "campaigns/domain.html", context)


@require_POST
def domain_check(request: WorkspaceRequest, workspace: int, domain: int) -> HttpResponse:
    """Ask DNS now."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    try:
        services.check_domain(actor=request.actor, domain=_find(request, domain), now=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("campaigns:domain", workspace, domain)


@require_POST
def domain_remove(request: WorkspaceRequest, workspace: int, domain: int) -> HttpResponse:
    """Forget the domain and its key."""
    require(request.actor, Action.MANAGE_WORKSPACE)
    found = _find(request, domain)
    services.remove_domain(actor=request.actor, domain=found, now=request.now)
    messages.success(request, _("{name} is removed.").format(name=found.domain))
    return redirect("campaigns:domains", workspace)


def _find(request: WorkspaceRequest, domain_id: int) -> SenderDomain:
    return get_object_or_404(SenderDomain.objects.in_workspace(request.workspace), pk=domain_id)


def _checks(domain: SenderDomain) -> list[dict[str, Any]]:
    """Each kind of record: its status, and what was found."""
    found = domain.found or {}
    return [
        {
            "kind": kind,
            "name": kind.upper(),
            "status": status,
            "said": RecordStatus(status).label,
            "badge": BADGES[RecordStatus(status)],
            "found": found.get(kind) or [],
        }
        for kind, status in (
            ("dkim", domain.dkim),
            ("spf", domain.spf),
            ("dmarc", domain.dmarc),
        )
    ]
