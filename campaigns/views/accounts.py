from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.account_forms import OWN_SERVERS, AccountForm, transport_choices
from campaigns.models import SendingAccount, Transport
from campaigns.responses.providers import has_webhook
from campaigns.responses.webhook_addresses import (
    WEBHOOK_USER,
    webhook_address,
    webhook_password,
)
from campaigns.services import accounts as services
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_safe
def accounts(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """What e-mail is sent through."""
    require(request.actor, Action.READ_SETTINGS)
    found = SendingAccount.objects.in_workspace(request.workspace).filter(archived_at=None)
    context = {
        "accounts": found.order_by("-is_default", "name"),
        "choices": transport_choices(),
        "today": request.now.date(),
        "may_manage": request.actor.may(Action.MANAGE_WORKSPACE),
    }
    return render(request, "campaigns/accounts.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_new(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """A new account; `transport` says of which kind."""
    require(request.actor, Action.MANAGE_WORKSPACE)
    kind = request.GET.get("transport", Transport.SMTP)
    if not any(kind in kinds for _group, kinds in transport_choices()):
        raise Http404
    transport = Transport(kind)
    form = AccountForm(request.POST if request.method == "POST" else None, transport=transport)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_account(
                actor=request.actor, wanted=form.wanted(), now=request.now
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("{name} is ready. Try it.").format(name=made.name))
            return redirect("campaigns:account", workspace, made.pk)
    context = {"form": form, "transport": transport, **_kind(transport)}
    return render(request, "campaigns/account.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: WorkspaceRequest, workspace: int, account: int) -> HttpResponse:
    """One account: its settings without its secrets, its limits, where it tells of bounces."""
    require(request.actor, Action.MANAGE_WORKSPACE)
    found = _find(request, account)
    transport = Transport(found.transport)
    posted = request.POST if request.method == "POST" else None
    form = AccountForm(posted, transport=transport, account=found)
    if posted is not None and form.is_valid():
        try:
            services.change_account(
                actor=request.actor, account=found, wanted=form.wanted(), now=request.now
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Account saved."))
            return redirect("campaigns:account", workspace, account)
    context = {
        "account": found,
        "form": form,
        "transport": transport,
        "test_to": request.actor.user.email if request.actor.user else "",
        **_kind(transport),
        **_webhook(request, found),
    }
    return render(request, "campaigns/account.html", context)


@require_POST
def account_test(request: WorkspaceRequest, workspace: int, account: int) -> HttpResponse:
    """Send one message through it and say how that went."""
    require(request.actor, Action.MANAGE_WORKSPACE)
    to = request.POST.get("to", "").strip()
    try:
        fault = services.test_account(
            actor=request.actor, account=_find(request, account), to=to, now=request.now
        )
    except ValidationError as error:
        fault = " ".join(error.messages)
    if fault:
        messages.error(request, _("It did not go through: {fault}").format(fault=fault))
    else:
        text = _("Accepted by the server. Look into the mailbox of {to}.")
        messages.success(request, text.format(to=to))
    return redirect("campaigns:account", workspace, account)


@require_POST
def account_archive(request: WorkspaceRequest, workspace: int, account: int) -> HttpResponse:
    """Send nothing through it any more, and forget its secrets."""
    require(request.actor, Action.MANAGE_WORKSPACE)
    found = _find(request, account)
    try:
        services.archive_account(actor=request.actor, account=found, now=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("campaigns:account", workspace, account)
    messages.success(request, _("{name} is removed.").format(name=found.name))
    return redirect("campaigns:accounts", workspace)


def _find(request: WorkspaceRequest, account_id: int) -> SendingAccount:
    rows = SendingAccount.objects.in_workspace(request.workspace).filter(archived_at=None)
    return get_object_or_404(rows, pk=account_id)


def _kind(transport: Transport) -> dict[str, Any]:
    return {"is_own_server": transport in OWN_SERVERS, "has_webhook": has_webhook(transport)}


def _webhook(request: WorkspaceRequest, account: SendingAccount) -> dict[str, str]:
    """Where the provider is to tell what became of messages, and how it proves itself."""
    if not has_webhook(account.transport):
        return {}
    return {
        "webhook": webhook_address(workspace=request.workspace, account=account),
        "webhook_user": WEBHOOK_USER,
        "webhook_password": webhook_password(workspace=request.workspace, account=account),
    }
