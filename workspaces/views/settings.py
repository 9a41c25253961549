"""Settings of a workspace and the people in it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from workspaces.forms import InvitationForm, WorkspaceForm, add_errors
from workspaces.letters import send_invitation
from workspaces.middleware import WorkspaceRequest
from workspaces.models import Invitation, Member, Role
from workspaces.policies import Action, Actor, assignable_roles, require
from workspaces.services import (
    LastOwnerError,
    change_role,
    change_workspace,
    invite_member,
    remove_member,
    revoke_invitation,
)


@require_http_methods(["GET", "HEAD", "POST"])
def workspace_settings(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Name, time zone, week and language."""
    require(request.actor, Action.READ_SETTINGS)
    form = (
        WorkspaceForm(request.POST)
        if request.method == "POST"
        else WorkspaceForm.of(request.workspace)
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_workspace(actor=request.actor, now=request.now, **_settings(form))
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Settings saved."))
            return redirect("workspace-settings", workspace=workspace)
    may_change = request.actor.may(Action.MANAGE_WORKSPACE)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    return render(request, "workspaces/settings.html", {"form": form, "may_change": may_change})


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Who works here; posting invites somebody."""
    require(request.actor, Action.READ_SETTINGS)
    form = InvitationForm(request.POST or None, actor=request.actor)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            invitation, token = invite_member(
                actor=request.actor,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                now=request.now,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            # Shown at once, not after a redirect: nobody can read the link again.
            context |= _sent(request, invitation, token)
            context["form"] = InvitationForm(actor=request.actor)
    return render(request, "workspaces/members.html", context | _people(request))


@require_POST
def member_role(request: WorkspaceRequest, workspace: int, member: int) -> HttpResponse:
    """Give a member another role."""
    role = request.POST.get("role", "")
    try:
        changed = change_role(actor=request.actor, member_id=member, role=role, now=request.now)
    except Member.DoesNotExist:
        raise Http404 from None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("%(person)s is now: %(role)s.")
        messages.success(request, text % {"person": changed.user, "role": _role(changed)})
    return redirect("workspace-members", workspace=workspace)


@require_POST
def member_remove(request: WorkspaceRequest, workspace: int, member: int) -> HttpResponse:
    """Remove a member, or leave."""
    try:
        remove_member(actor=request.actor, member_id=member, now=request.now)
    except Member.DoesNotExist:
        raise Http404 from None
    except LastOwnerError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("workspace-members", workspace=workspace)
    still_here = Member.objects.filter(workspace=workspace, user=request.actor.user).exists()
    if not still_here:
        messages.success(request, _("You left %(name)s.") % {"name": request.workspace.name})
        return redirect("home")
    messages.success(request, _("Member removed."))
    return redirect("workspace-members", workspace=workspace)


@require_POST
def invitation_revoke(request: WorkspaceRequest, workspace: int, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    try:
        gone = revoke_invitation(actor=request.actor, invitation_id=invitation, now=request.now)
    except Invitation.DoesNotExist:
        raise Http404 from None
    text = _("The invitation of %(email)s was taken back.")
    messages.success(request, text % {"email": gone.email})
    return redirect("workspace-members", workspace=workspace)


def _settings(form: WorkspaceForm) -> dict[str, Any]:
    names = ("name", "time_zone", "week_start", "language", "leap_birthday")
    return {name: form.cleaned_data[name] for name in names}


def _people(request: WorkspaceRequest) -> dict[str, Any]:
    actor = request.actor
    return {
        "members": [_row(actor, member) for member in _members(request)],
        "invitations": Invitation.objects.filter(
            workspace=request.workspace,
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=request.now,
        )
        .select_related("invited_by")
        .order_by("-created_at"),
        "may_manage": actor.may(Action.MANAGE_MEMBERS),
    }


def _members(request: WorkspaceRequest) -> QuerySet[Member]:
    return (
        Member.objects.filter(workspace=request.workspace)
        .select_related("user")
        .order_by("created_at", "pk")
    )


def _row(actor: Actor, member: Member) -> dict[str, Any]:
    """A member with what this actor may do to them."""
    roles = tuple(assignable_roles(actor))
    may_manage = actor.may(Action.MANAGE_MEMBERS) and Role(member.role) in roles
    return {
        "member": member,
        "is_me": actor.user is not None and member.user_id == actor.user.pk,
        "roles": [(role.value, role.label) for role in roles] if may_manage else [],
        "may_remove": may_manage,
    }


def _sent(request: WorkspaceRequest, invitation: Invitation, token: str) -> dict[str, Any]:
    url = request.build_absolute_uri(reverse("invitation", kwargs={"token": token}))
    was_mailed = send_invitation(
        invitation=invitation, url=url, language=request.workspace.language
    )
    return {"invited": invitation, "invitation_url": url, "was_mailed": was_mailed}


def _role(member: Member) -> str:
    return str(Role(member.role).label)
