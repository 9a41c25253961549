"""Workspaces themselves, and who acts in them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from workspaces.audit import record_audit
from workspaces.models import LeapBirthday, Member, Role, User, Workspace
from workspaces.money import validate_currency
from workspaces.policies import Action, Actor, require
from workspaces.signals import workspace_created
from workspaces.tenancy import workspace_scope


@transaction.atomic
def create_workspace(
    *,
    owner: User,
    name: str,
    time_zone: str = "UTC",
    week_start: int = 1,
    base_currency: str = "EUR",
    language: str = "en",
    is_demo: bool = False,
    now: datetime,
) -> Workspace:
    """A new workspace with its first owner.

    Sends `workspace_created` inside the transaction and the new workspace's scope. Raises
    `ValidationError` by field.
    """
    workspace = Workspace(
        name=name.strip(),
        time_zone=time_zone,
        week_start=week_start,
        base_currency=base_currency,
        language=language,
        is_demo=is_demo,
    )
    _check(workspace)
    workspace.save(force_insert=True)
    Member.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    with workspace_scope(workspace):
        actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
        record_audit(actor=actor, action="workspace.created", subject=workspace, now=now)
        workspace_created.send(sender=Workspace, workspace=workspace, now=now)
    return workspace


def change_workspace(
    *,
    actor: Actor,
    name: str | None = None,
    time_zone: str | None = None,
    week_start: int | None = None,
    language: str | None = None,
    leap_birthday: str | None = None,
    now: datetime,
) -> Workspace:
    """Change settings; what is None stays.

    The base currency can't change: stored amounts were converted into it.
    """
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        workspace = Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
        before = _settings_of(workspace)
        workspace.name = workspace.name if name is None else name.strip()
        workspace.time_zone = time_zone or workspace.time_zone
        workspace.week_start = week_start or workspace.week_start
        workspace.language = language or workspace.language
        workspace.leap_birthday = LeapBirthday(leap_birthday or workspace.leap_birthday)
        _check(workspace)
        workspace.save()
        after = _settings_of(workspace)
        changes = {
            field: {"from": before[field], "to": value}
            for field, value in after.items()
            if before[field] != value
        }
        if changes:
            record_audit(
                actor=actor,
                action="workspace.changed",
                subject=workspace,
                details={"changes": changes},
                now=now,
            )
    return workspace


def member_actor(*, user: User, workspace_id: int, request_id: str = "") -> Actor | None:
    """The user as an actor in that workspace, or None for a stranger or an unknown workspace."""
    member = (
        Member.objects.select_related("workspace")
        .filter(user_id=user.pk, workspace_id=workspace_id, user__is_active=True)
        .first()
    )
    if member is None:
        return None
    return Actor(
        workspace=member.workspace, user=user, role=Role(member.role), request_id=request_id
    )


def _check(workspace: Workspace) -> None:
    errors: dict[str, ValidationError] = {}
    try:
        workspace.clean_fields(exclude={"suppression_key"})
    except ValidationError as error:
        errors.update({field: ValidationError(found) for field, found in error.error_dict.items()})
    try:
        validate_currency(workspace.base_currency)
    except ValidationError as error:
        errors["base_currency"] = error
    if workspace.language not in dict(settings.LANGUAGES):
        errors["language"] = ValidationError(_("This language isn't available."), code="invalid")
    if errors:
        raise ValidationError(errors)


def _settings_of(workspace: Workspace) -> dict[str, str | int]:
    return {
        "name": workspace.name,
        "time_zone": workspace.time_zone,
        "week_start": workspace.week_start,
        "language": workspace.language,
        "leap_birthday": str(workspace.leap_birthday),
    }
