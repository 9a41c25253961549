"""Who may do what: the one place that answers it, for members and for API keys alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from workspaces.models import ApiKey, Role, User, Workspace


class Action(StrEnum):
    """Something a member or a key may be allowed to do; also the scopes of API keys."""

    READ_CONTACTS = "contacts:read"
    WRITE_CONTACTS = "contacts:write"
    WRITE_DATA = "data:write"  # visits, activities, products, transactions, imports
    READ_SEGMENTS = "segments:read"
    WRITE_SEGMENTS = "segments:write"
    READ_CAMPAIGNS = "campaigns:read"
    WRITE_CAMPAIGNS = "campaigns:write"
    SEND_CAMPAIGNS = "campaigns:send"
    EXPORT = "contacts:export"
    READ_SETTINGS = "workspace:read"
    MANAGE_WORKSPACE = "workspace:manage"
    MANAGE_MEMBERS = "members:manage"
    MANAGE_KEYS = "keys:manage"
    INGEST = "ingest"  # public write keys: the browser tracker


_VIEWER = {
    Action.READ_CONTACTS,
    Action.READ_SEGMENTS,
    Action.READ_CAMPAIGNS,
    Action.READ_SETTINGS,
}
_MARKETER = _VIEWER | {
    Action.WRITE_CONTACTS,
    Action.WRITE_DATA,
    Action.WRITE_SEGMENTS,
    Action.WRITE_CAMPAIGNS,
    Action.SEND_CAMPAIGNS,
    Action.EXPORT,
}
_ADMIN = _MARKETER | {Action.MANAGE_WORKSPACE, Action.MANAGE_MEMBERS, Action.MANAGE_KEYS}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset(_VIEWER),
    Role.MARKETER: frozenset(_MARKETER),
    Role.ADMIN: frozenset(_ADMIN),
    Role.OWNER: frozenset(_ADMIN),
}

# What a secret key may be given; managing people and keys stays with people.
KEY_SCOPES: tuple[Action, ...] = (
    Action.READ_CONTACTS,
    Action.WRITE_CONTACTS,
    Action.WRITE_DATA,
    Action.READ_SEGMENTS,
    Action.WRITE_SEGMENTS,
    Action.READ_CAMPAIGNS,
    Action.WRITE_CAMPAIGNS,
    Action.SEND_CAMPAIGNS,
    Action.EXPORT,
    Action.READ_SETTINGS,
)


@dataclass(frozen=True)
class Actor:
    """Who is asking, in which workspace: a signed-in member, a key, or the system itself."""

    workspace: Workspace
    user: User | None = None
    role: Role | None = None
    key: ApiKey | None = None
    is_system: bool = False  # scheduled work and commands: may do everything
    request_id: str = ""

    @property
    def allowed(self) -> frozenset[Action]:
        if self.is_system:
            return frozenset(Action)
        if self.key is not None:
            return frozenset(Action(scope) for scope in self.key.scopes)
        return ALLOWED[self.role] if self.role is not None else frozenset()

    def may(self, action: Action) -> bool:
        return action in self.allowed

    @property
    def kind(self) -> str:
        return "key" if self.key else "user" if self.user else "system"

    @property
    def label(self) -> str:
        return str(self.key or self.user or _("System"))


def require(actor: Actor, action: Action) -> None:
    """Raise `PermissionDenied` unless the actor may do it."""
    if not actor.may(action):
        raise PermissionDenied(_("Your role doesn't allow this."))


def assignable_roles(actor: Actor) -> Iterable[Role]:
    """Roles this member may give to others: only owners make owners."""
    if actor.role == Role.OWNER:
        return tuple(Role)
    return tuple(role for role in Role if role != Role.OWNER)
