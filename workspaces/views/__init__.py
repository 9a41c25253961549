"""Pages about workspaces, members, keys and oneself."""

from __future__ import annotations

from workspaces.views.audit import audit_log
from workspaces.views.entrance import (
    home,
    invitation,
    profile,
    workspace_create,
    workspace_home,
    workspaces,
)
from workspaces.views.keys import key_revoke, keys
from workspaces.views.settings import (
    invitation_revoke,
    member_remove,
    member_role,
    members,
    workspace_settings,
)

__all__ = [
    "audit_log",
    "home",
    "invitation",
    "invitation_revoke",
    "key_revoke",
    "keys",
    "member_remove",
    "member_role",
    "members",
    "profile",
    "workspace_create",
    "workspace_home",
    "workspace_settings",
    "workspaces",
]
