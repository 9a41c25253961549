"""API keys: made once, shown once, checked on every request."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workspaces.audit import record_audit
from workspaces.models import ApiKey
from workspaces.policies import KEY_SCOPES, Action, Actor, require
from workspaces.tenancy import workspace_scope

SECRET_PREFIX = "kh_"  # noqa: S105 - what secret keys start with
PUBLIC_PREFIX = "pk_"

_PRESENTED = re.compile(r"(kh_([0-9a-f]{16})\.[A-Za-z0-9_-]{43}|pk_([0-9a-f]{16}))", re.ASCII)
_NOBODY = hashlib.sha256(b"").hexdigest()
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class KeyRefusedError(Exception):
    """The presented key opens nothing; `reason` is unknown, expired or revoked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def create_key(
    *,
    actor: Actor,
    name: str,
    kind: str = ApiKey.Kind.SECRET,
    scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key and its plain text, which nobody can read again.

    Public keys may ingest and nothing else, whatever `scopes` says. Raises `ValidationError` by
    field: nobody can give a key more than they may do themselves.
    """
    require(actor, Action.MANAGE_KEYS)
    granted = (
        [Action.INGEST.value] if kind == ApiKey.Kind.PUBLIC else _checked_scopes(actor, scopes)
    )
    _check(name=name, kind=kind, expires_at=expires_at, now=now)
    prefix = secrets.token_hex(8)
    plain_text = (
        f"{PUBLIC_PREFIX}{prefix}"
        if kind == ApiKey.Kind.PUBLIC
        else f"{SECRET_PREFIX}{prefix}.{secrets.token_urlsafe(32)}"
    )
    with workspace_scope(actor.workspace):
        key = ApiKey.objects.create(
            workspace=actor.workspace,
            name=name.strip(),
            kind=kind,
            prefix=prefix,
            secret_hash=_hash(plain_text),
            scopes=granted,
            created_by=actor.user,
            expires_at=expires_at,
        )
        record_audit(
            actor=actor,
            action="key.created",
            subject=key,
            details={"kind": kind, "scopes": granted},
            now=now,
        )
    return key, plain_text


def revoke_key(*, actor: Actor, key_id: int, now: datetime) -> ApiKey:
    """Make a key useless from now on. Raises `ApiKey.DoesNotExist`."""
    require(actor, Action.MANAGE_KEYS)
    with workspace_scope(actor.workspace):
        key = ApiKey.objects.select_for_update().get(workspace=actor.workspace, pk=key_id)
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
            record_audit(actor=actor, action="key.revoked", subject=key, now=now)
    return key


def authenticate_key(*, presented: str, now: datetime, request_id: str = "") -> Actor:
    """The key's actor. Raises `KeyRefusedError`.

    An unknown prefix and a wrong secret cost the same comparison; expiry and revocation are told
    only to those who hold the whole key.
    """
    found = _PRESENTED.fullmatch(presented)
    prefix = (found[2] or found[3]) if found else ""
    key = ApiKey.objects.select_related("workspace").filter(prefix=prefix).first()
    expected = key.secret_hash if key is not None else _NOBODY
    if not hmac.compare_digest(_hash(presented), expected) or key is None:
        raise KeyRefusedError("unknown")
    if key.revoked_at is not None:
        raise KeyRefusedError("revoked")
    if not key.is_live(now=now):
        raise KeyRefusedError("expired")
    _note_use(key, now)
    return Actor(workspace=key.workspace, key=key, request_id=request_id)


def _note_use(key: ApiKey, now: datetime) -> None:
    since = now - _USE_IS_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at < since:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=since)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _checked_scopes(actor: Actor, scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    known = {scope.value for scope in KEY_SCOPES}
    own = {action.value for action in actor.allowed}
    refused = [scope for scope in wanted if scope not in known & own]
    if refused or not wanted:
        raise ValidationError(
            {"scopes": ValidationError(_("Choose what the key may do."), code="invalid")}
        )
    return wanted


def _check(*, name: str, kind: str, expires_at: datetime | None, now: datetime) -> None:
    if kind not in ApiKey.Kind.values:
        raise ValidationError({"kind": ValidationError(_("Unknown kind."), code="invalid")})
    if not 0 < len(name.strip()) <= 80:
        raise ValidationError(
            {"name": ValidationError(_("A name has 1 to 80 characters."), code="invalid")}
        )
    if expires_at is not None and expires_at <= now:
        raise ValidationError(
            {"expires_at": ValidationError(_("This moment has passed."), code="invalid")}
        )


def _hash(presented: str) -> str:
    return hashlib.sha256(presented.encode("utf-8", "replace")).hexdigest()
