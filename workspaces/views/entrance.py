"""Ways into a workspace: choosing, creating, being invited; and one's own profile."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from workspaces.forms import NewWorkspaceForm, ProfileForm, add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.models import Member, User
from workspaces.services import (
    InvitationRefusedError,
    accept_invitation,
    change_profile,
    create_workspace,
    find_invitation,
)

LAST_WORKSPACE_COOKIE = "workspace"
START_PAGES = ("segments", "segment-list", "segments:list", "workspace-settings")
REFUSED_INVITATIONS = {
    "unknown": gettext_lazy("This invitation doesn't exist. Copy the whole link from the e-mail."),
    "expired": gettext_lazy("This invitation has expired. Ask for a new one."),
    "revoked": gettext_lazy("This invitation was taken back. Ask who invited you."),
    "used": gettext_lazy("This invitation was used already. Sign in to open the workspace."),
    "other_address": gettext_lazy(
        "This invitation is for another e-mail address. Sign in with that one."
    ),
}


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The workspace used last, the only one, or a choice."""
    members = {member.workspace_id: member for member in _memberships(request)}
    last = request.COOKIES.get(LAST_WORKSPACE_COOKIE, "")
    if last.isascii() and last.isdigit() and int(last) in members:
        return redirect("workspace-home", workspace=int(last))
    if len(members) == 1:
        return redirect("workspace-home", workspace=next(iter(members)))
    return redirect("workspaces" if members else "workspace-create")


@login_required
@require_safe
def workspaces(request: HttpRequest) -> HttpResponse:
    """Every workspace the person is a member of."""
    return render(request, "workspaces/list.html", {"memberships": _memberships(request)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def workspace_create(request: WorkspaceRequest) -> HttpResponse:
    """A new workspace, whose owner is who makes it."""
    form = NewWorkspaceForm(request.POST or None, initial={"language": get_language()})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_workspace(
                owner=cast(User, request.user), now=request.now, **_new_settings(form)
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("workspace-home", workspace=made.pk)
    return render(
        request, "workspaces/create.html", {"form": form, "memberships": _memberships(request)}
    )


@require_safe
def workspace_home(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """To the segments; the workspace is remembered for the next visit."""
    response = redirect(_start_page(workspace))
    response.set_cookie(
        LAST_WORKSPACE_COOKIE,
        str(workspace),
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: WorkspaceRequest, token: str) -> HttpResponse:
    """Show who invites, and join on a click."""
    context: dict[str, Any] = {"token": token}
    try:
        found = find_invitation(token=token, now=request.now)
        if request.method == "POST" and isinstance(request.user, User):
            member = accept_invitation(user=request.user, token=token, now=request.now)
            return redirect("workspace-home", workspace=member.workspace_id)
    except InvitationRefusedError as refusal:
        context["refusal"] = REFUSED_INVITATIONS[refusal.reason]
        return render(request, "workspaces/invitation.html", context, status=410)
    is_other = request.user.is_authenticated and not _same_address(request, found.email)
    context |= {"invitation": found, "is_other_address": is_other}
    return render(request, "workspaces/invitation.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name and language."""
    user = cast(User, request.user)
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if request.method == "POST" and form.is_valid():
        try:
            change_profile(
                user=user,
                name=form.cleaned_data["name"],
                language=form.cleaned_data["language"],
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("account")
    return render(request, "account/profile.html", {"form": form})


def _memberships(request: HttpRequest) -> QuerySet[Member]:
    user = cast(User, request.user)
    return user.memberships.select_related("workspace").order_by("workspace__name", "pk")


def _new_settings(form: NewWorkspaceForm) -> dict[str, Any]:
    names = ("name", "time_zone", "week_start", "base_currency", "language")
    return {name: form.cleaned_data[name] for name in names}


def _start_page(workspace: int) -> str:
    for name in START_PAGES:
        try:
            return reverse(name, kwargs={"workspace": workspace})
        except NoReverseMatch:
            continue
    raise NoReverseMatch("No start page.")


def _same_address(request: HttpRequest, email: str) -> bool:
    return cast(User, request.user).email.lower() == email.lower()
