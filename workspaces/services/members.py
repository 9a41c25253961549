"""People in a workspace: invitations, roles, leaving."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from workspaces.audit import record_audit
from workspaces.models import Invitation, Member, Role, User, Workspace
from workspaces.policies import Action, Actor, assignable_roles, require
from workspaces.tenancy import workspace_scope

INVITATION_LIFETIME = timedelta(days=7)


class LastOwnerError(ValidationError):
    """The change would leave the workspace without an owner."""

    def __init__(self) -> None:
        super().__init__(_("A workspace needs at least one owner."), code="last_owner")


class InvitationRefusedError(Exception):
    """An invitation can't be accepted; `reason`: unknown, expired, used, revoked, other_address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def invite_member(*, actor: Actor, email: str, role: str, now: datetime) -> tuple[Invitation, str]:
    """Invite an address; answers the invitation and its token, which is stored as a hash only.

    An open invitation of the same address is replaced. Raises `ValidationError` for a bad
    address or one that is a member already.
    """
    require(actor, Action.MANAGE_MEMBERS)
    _require_assignable(actor, role)
    email = _normal_address(email)
    token = secrets.token_urlsafe(32)
    with workspace_scope(actor.workspace):
        _lock(actor.workspace)
        if Member.objects.filter(workspace=actor.workspace, user__email=email).exists():
            raise ValidationError(
                {"email": ValidationError(_("This person is a member already."), code="member")}
            )
        _open_invitations(actor.workspace).filter(email=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            workspace=actor.workspace,
            email=email,
            role=role,
            token_hash=_hash(token),
            invited_by=actor.user,
            expires_at=now + INVITATION_LIFETIME,
        )
        record_audit(
            actor=actor,
            action="member.invited",
            subject=invitation,
            details={"role": role},
            now=now,
        )
    return invitation, token


def revoke_invitation(*, actor: Actor, invitation_id: int, now: datetime) -> Invitation:
    """Take an open invitation back. Raises `Invitation.DoesNotExist`."""
    require(actor, Action.MANAGE_MEMBERS)
    with workspace_scope(actor.workspace):
        _lock(actor.workspace)
        invitation = _open_invitations(actor.workspace).get(pk=invitation_id)
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        record_audit(actor=actor, action="member.invitation_revoked", subject=invitation, now=now)
    return invitation


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """The open invitation of a token. Raises `InvitationRefusedError`."""
    invitation = (
        Invitation.objects.select_related("workspace").filter(token_hash=_hash(token)).first()
    )
    if invitation is None:
        raise InvitationRefusedError("unknown")
    if invitation.revoked_at is not None:
        raise InvitationRefusedError("revoked")
    if invitation.accepted_at is not None:
        raise InvitationRefusedError("used")
    if invitation.expires_at <= now:
        raise InvitationRefusedError("expired")
    return invitation


def accept_invitation(*, user: User, token: str, now: datetime) -> Member:
    """Join the workspace. Raises `InvitationRefusedError`."""
    workspace = find_invitation(token=token, now=now).workspace
    with workspace_scope(workspace):
        _lock(workspace)
        invitation = find_invitation(token=token, now=now)  # again, under the lock
        if invitation.email.lower() != user.email.lower():
            raise InvitationRefusedError("other_address")
        member, _created = Member.objects.get_or_create(
            workspace=workspace, user=user, defaults={"role": invitation.role}
        )
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
        actor = Actor(workspace=workspace, user=user, role=Role(member.role))
        record_audit(
            actor=actor,
            action="member.joined",
            subject=member,
            details={"role": member.role},
            now=now,
        )
    return member


def change_role(*, actor: Actor, member_id: int, role: str, now: datetime) -> Member:
    """Give a member another role.

    Raises `Member.DoesNotExist`, `LastOwnerError`, and `PermissionDenied` when somebody who is
    no owner makes or unmakes one.
    """
    require(actor, Action.MANAGE_MEMBERS)
    _require_assignable(actor, role)
    with workspace_scope(actor.workspace):
        _lock(actor.workspace)
        member = _member(actor.workspace, member_id)
        _require_assignable(actor, member.role)
        if role != Role.OWNER:
            _keep_an_owner(member)
        before, member.role = member.role, Role(role)
        if before != role:
            member.save(update_fields=["role"])
            record_audit(
                actor=actor,
                action="member.role_changed",
                subject=member,
                details={"from": before, "to": role},
                now=now,
            )
    return member


def remove_member(*, actor: Actor, member_id: int, now: datetime) -> None:
    """Remove a member; everybody may remove themselves. Raises as `change_role` does."""
    with workspace_scope(actor.workspace):
        _lock(actor.workspace)
        member = _member(actor.workspace, member_id)
        if actor.user is None or member.user_id != actor.user.pk:
            require(actor, Action.MANAGE_MEMBERS)
            _require_assignable(actor, member.role)
        _keep_an_owner(member)
        record_audit(
            actor=actor,
            action="member.removed",
            subject=member,
            details={"role": member.role},
            now=now,
        )
        member.delete()


def _lock(workspace: Workspace) -> None:
    # Two owners stepping down at the same moment must not both succeed.
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def _member(workspace: Workspace, member_id: int) -> Member:
    return Member.objects.select_related("user").get(workspace=workspace, pk=member_id)


def _keep_an_owner(member: Member) -> None:
    owners = Member.objects.filter(workspace_id=member.workspace_id, role=Role.OWNER)
    if member.role == Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise LastOwnerError


def _require_assignable(actor: Actor, role: str) -> None:
    if role not in Role.values:
        raise ValidationError({"role": ValidationError(_("Unknown role."), code="invalid")})
    if not actor.is_system and Role(role) not in assignable_roles(actor):
        raise PermissionDenied(_("Only owners can do this."))


def _open_invitations(workspace: Workspace) -> models.QuerySet[Invitation]:
    return Invitation.objects.filter(
        workspace=workspace, accepted_at__isnull=True, revoked_at__isnull=True
    )


def _normal_address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError({"email": error}) from error
    return email


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
