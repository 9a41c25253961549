from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from workspaces.models import ApiKey, Member, Role, User, Workspace
from workspaces.policies import KEY_SCOPES, Actor
from workspaces.services import create_key, create_workspace

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)  # a Sunday

_numbers = count(1)


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.org", **fields)


def make_workspace(
    name: str = "Acme",
    *,
    owner: User | None = None,
    time_zone: str = "Europe/Warsaw",
    base_currency: str = "EUR",
    now: datetime = NOW,
    **settings: Any,
) -> Workspace:
    return create_workspace(
        owner=owner or make_user(),
        name=name,
        time_zone=time_zone,
        base_currency=base_currency,
        now=now,
        **settings,
    )


def make_member(
    workspace: Workspace, role: str = Role.MARKETER, *, user: User | None = None
) -> Member:
    return Member.objects.create(workspace=workspace, user=user or make_user(), role=role)


def make_actor(workspace: Workspace, role: Role = Role.OWNER) -> Actor:
    """An actor with that role who is a member of the workspace."""
    return Actor(workspace=workspace, user=make_member(workspace, role).user, role=role)


def make_key(
    workspace: Workspace, scopes: list[str] | None = None, *, now: datetime = NOW, **fields: Any
) -> tuple[ApiKey, str]:
    """A key and what its holder sends: `Authorization: Bearer <text>`."""
    owner = Member.objects.select_related("user").filter(workspace=workspace, role=Role.OWNER)[0]
    return create_key(
        actor=Actor(workspace=workspace, user=owner.user, role=Role.OWNER),
        name="test",
        scopes=[scope.value for scope in KEY_SCOPES] if scopes is None else scopes,
        now=now,
        **fields,
    )
