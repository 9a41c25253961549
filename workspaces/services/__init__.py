"""Everything that changes workspaces, members and keys."""

from __future__ import annotations

from workspaces.services.idempotency import (
    IdempotencyConflictError,
    IdempotencyInFlightError,
    StoredAnswer,
    forget_expired_answers,
    recall_answer,
    store_answer,
)
from workspaces.services.keys import (
    KeyRefusedError,
    authenticate_key,
    create_key,
    revoke_key,
)
from workspaces.services.members import (
    INVITATION_LIFETIME,
    InvitationRefusedError,
    LastOwnerError,
    accept_invitation,
    change_role,
    find_invitation,
    invite_member,
    remove_member,
    revoke_invitation,
)
from workspaces.services.profile import change_profile
from workspaces.services.tenants import (
    change_workspace,
    create_workspace,
    member_actor,
)

__all__ = [
    "INVITATION_LIFETIME",
    "IdempotencyConflictError",
    "IdempotencyInFlightError",
    "InvitationRefusedError",
    "KeyRefusedError",
    "LastOwnerError",
    "StoredAnswer",
    "accept_invitation",
    "authenticate_key",
    "change_profile",
    "change_role",
    "change_workspace",
    "create_key",
    "create_workspace",
    "find_invitation",
    "forget_expired_answers",
    "invite_member",
    "member_actor",
    "recall_answer",
    "remove_member",
    "revoke_invitation",
    "revoke_key",
    "store_answer",
]
