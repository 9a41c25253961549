"""API keys: made, shown once, revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workspaces.forms import SCOPE_LABELS, KeyForm, PublicKeyForm, add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.models import ApiKey
from workspaces.policies import KEY_SCOPES, Action, require
from workspaces.services import create_key, revoke_key


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """All keys; posting makes one and shows its text this once."""
    require(request.actor, Action.READ_SETTINGS)
    is_public = request.POST.get("kind") == ApiKey.Kind.PUBLIC
    posted = request.POST if request.method == "POST" else None
    context: dict[str, Any] = {
        "form": KeyForm(None if is_public else posted, auto_id="key_%s"),
        "public_form": PublicKeyForm(posted if is_public else None, auto_id="public_%s"),
    }
    form = context["public_form" if is_public else "form"]
    if posted is not None and form.is_valid():
        try:
            context["made"], context["plain_text"] = create_key(
                actor=request.actor, now=request.now, **_wanted(request, form)
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            context |= {
                "form": KeyForm(auto_id="key_%s"),
                "public_form": PublicKeyForm(auto_id="public_%s"),
            }
    return render(request, "workspaces/keys.html", context | _list(request))


@require_POST
def key_revoke(request: WorkspaceRequest, workspace: int, key: int) -> HttpResponse:
    """Make a key useless."""
    try:
        revoked = revoke_key(actor=request.actor, key_id=key, now=request.now)
    except ApiKey.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Key “%(name)s” was revoked.") % {"name": revoked.name})
    return redirect("workspace-keys", workspace=workspace)


def _wanted(request: WorkspaceRequest, form: KeyForm | PublicKeyForm) -> dict[str, Any]:
    name = form.cleaned_data["name"]
    if isinstance(form, PublicKeyForm):
        return {"name": name, "kind": ApiKey.Kind.PUBLIC}
    return {
        "name": name,
        "kind": ApiKey.Kind.SECRET,
        "scopes": form.cleaned_data["scopes"],
        "expires_at": form.expires_at(now=request.now),
    }


def _list(request: WorkspaceRequest) -> dict[str, Any]:
    found = (
        ApiKey.objects.filter(workspace=request.workspace)
        .select_related("created_by")
        .order_by("-created_at", "-pk")
    )
    rows: list[dict[str, Any]] = [
        {
            "key": key,
            "state": _state(request, key),
            "scopes": _scopes_in_words(key),
        }
        for key in found
    ]
    return {
        "secret_keys": [row for row in rows if row["key"].kind == ApiKey.Kind.SECRET],
        "public_keys": [row for row in rows if row["key"].kind == ApiKey.Kind.PUBLIC],
        "may_manage": request.actor.may(Action.MANAGE_KEYS),
    }


def _scopes_in_words(key: ApiKey) -> list[str]:
    if set(key.scopes) >= set(KEY_SCOPES):
        return [_("Everything a key can be given")]
    return [str(SCOPE_LABELS[scope]) for scope in KEY_SCOPES if scope in key.scopes]


def _state(request: WorkspaceRequest, key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now=request.now) else "expired"
