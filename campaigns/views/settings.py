from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.forms import SettingsForm
from campaigns.frozen import sending_settings_of
from campaigns.services.settings import change_settings
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_http_methods(["GET", "HEAD", "POST"])
def sending_settings(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Postal address, caps, quiet hours, hold-out, guard and attribution."""
    require(request.actor, Action.READ_SETTINGS)
    saved = sending_settings_of(request.workspace.pk)
    form = SettingsForm.of(saved, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(actor=request.actor, wanted=form.wanted(), now=request.now)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Settings saved."))
            return redirect("campaigns:settings", workspace)
    may_change = request.actor.may(Action.MANAGE_WORKSPACE)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {"form": form, "may_change": may_change, "saved": saved}
    return render(request, "campaigns/settings.html", context)
