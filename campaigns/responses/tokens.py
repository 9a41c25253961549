"""Signed addresses in messages. They name a recipient and a stored link, never a destination.

The key is the workspace's own and never changes, so that links in old messages keep working.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from django.conf import settings
from django.urls import reverse

from workspaces.models import Workspace

_BODY = struct.Struct(">IQQ")
_MAC_LENGTH = 16


class Purpose(StrEnum):
    """What an address in a message is for; a token for one is none for another."""

    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VIEW = "view"  # the message in the browser
    CONFIRM = "confirm"  # names a request for confirmation where others name a recipient


@dataclass(frozen=True)
class Token:
    """Whose message it is, and which stored link (0: none)."""

    workspace_id: int
    recipient_id: int
    link_id: int = 0


def sign(purpose: Purpose, *, workspace: Workspace, recipient_id: int, link_id: int = 0) -> str:
    """48 characters that can't be made without the workspace's key."""
    body = _BODY.pack(workspace.pk, recipient_id, link_id)
    return base64.urlsafe_b64encode(body + _mac(purpose, workspace, body)).decode()


def read(purpose: Purpose, text: str) -> Token | None:
    """The token, or None for one that was not signed for this purpose.

    Reads the workspace's key, outside any scope.
    """
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    if len(raw) != _BODY.size + _MAC_LENGTH:
        return None
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    token = Token(*_BODY.unpack(body))
    workspace = Workspace.objects.filter(pk=token.workspace_id).first()
    if workspace is None or not hmac.compare_digest(mac, _mac(purpose, workspace, body)):
        return None
    return token


def address(purpose: Purpose, *, workspace: Workspace, recipient_id: int, link_id: int = 0) -> str:
    """The whole address, as it stands in a message."""
    token = sign(purpose, workspace=workspace, recipient_id=recipient_id, link_id=link_id)
    return f"{settings.BASE_URL.rstrip('/')}{reverse(f'message-{purpose}', args=[token])}"


def _mac(purpose: Purpose, workspace: Workspace, body: bytes) -> bytes:
    key = hmac.digest(bytes(workspace.suppression_key), b"kohorta.message-links", sha256)
    return hmac.digest(key, f"{purpose}:".encode() + body, sha256)[:_MAC_LENGTH]
