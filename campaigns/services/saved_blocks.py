"""Blocks of content kept for other campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns.documents import AnyBlock, InvalidDocument, Part, read_part
from campaigns.models import SavedBlock
from workspaces.audit import record_audit
from workspaces.batches import ItemError
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

MAX_BLOCKS = 500
_NAME_LENGTH = 120


class BlockNameTakenError(Exception):
    """There is a kept block of this name."""

    def __init__(self) -> None:
        super().__init__(_("There is a saved block of this name."))


class _Kept(Part):
    block: AnyBlock


def save_block(*, actor: Actor, name: str, block: Mapping[str, Any], now: datetime) -> SavedBlock:
    """Keep a block under a name.

    Raises `InvalidDocument` by path, `BlockNameTakenError`, `PermissionDenied`.
    """
    require(actor, Action.WRITE_CAMPAIGNS)
    workspace, name = actor.workspace, " ".join(name.split())
    if not name or len(name) > _NAME_LENGTH:
        raise _refused("$.name", _("Give it a name of at most 120 characters."))
    kept = read_part(_Kept, {"block": block}, path="$").block.model_dump(mode="json")
    with workspace_scope(workspace):
        blocks = SavedBlock.objects.in_workspace(workspace)
        if blocks.count() >= MAX_BLOCKS:
            raise _refused("$.name", _("There are too many saved blocks. Delete some first."))
        saved, is_new = blocks.get_or_create(
            workspace=workspace, name=name, defaults={"block": kept, "changed_at": now}
        )
        if not is_new:
            raise BlockNameTakenError
        record_audit(actor=actor, action="saved_block.created", subject=saved, now=now)
    return saved


def delete_block(*, actor: Actor, block: SavedBlock, now: datetime) -> None:
    """Forget a kept block; campaigns that took it over keep theirs. Raises `PermissionDenied`."""
    require(actor, Action.WRITE_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        record_audit(actor=actor, action="saved_block.deleted", subject=block, now=now)
        SavedBlock.objects.in_workspace(actor.workspace).filter(pk=block.pk).delete()


def _refused(path: str, message: str) -> InvalidDocument:
    return InvalidDocument((ItemError(path, "invalid", message),))
