"""Domains that campaigns are sent from: their keys, and what their DNS says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.delivery.dkim import new_key
from campaigns.delivery.dns import (
    DnsUnavailableError,
    Record,
    Resolver,
    look_up,
    records_for,
    resolve_txt,
)
from campaigns.models import RecordStatus, SenderDomain
from workspaces.audit import record_audit
from workspaces.models import Workspace
from workspaces.policies import Action, Actor, require
from workspaces.secrets import seal
from workspaces.tenancy import workspace_scope

__all__ = [
    "Record",
    "add_domain",
    "check_all",
    "check_domain",
    "records_for",
    "refresh",
    "remove_domain",
]

logger = structlog.get_logger(__name__)

MOST_DOMAINS = 50
LOOKED_AT_EVERY = timedelta(hours=12)
_NAME = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])"
)


def add_domain(*, actor: Actor, domain: str, now: datetime) -> SenderDomain:
    """A domain with a new key; its DNS is not looked at yet. Raises `ValidationError`."""
    require(actor, Action.MANAGE_WORKSPACE)
    name = _read(domain)
    with workspace_scope(actor.workspace):
        domains = SenderDomain.objects.in_workspace(actor.workspace)
        if domains.filter(domain=name).exists():
            raise ValidationError({"domain": _("This domain is here already.")})
        if domains.count() >= MOST_DOMAINS:
            raise ValidationError({"domain": _("There are too many domains.")})
        private_key, public_key = new_key()
        made = SenderDomain.objects.create(
            workspace=actor.workspace,
            domain=name,
            selector=f"kohorta-{uuid4().hex[:8]}",
            private_key=seal(private_key),
            public_key=public_key,
        )
        record_audit(actor=actor, action="domain.added", subject=made, now=now)
        return made


def check_domain(
    *, actor: Actor, domain: SenderDomain, now: datetime, resolve: Resolver = resolve_txt
) -> SenderDomain:
    """Look at its DNS now. Raises `ValidationError` when no answer can be had."""
    require(actor, Action.WRITE_CAMPAIGNS)
    try:
        return refresh(domain=domain, now=now, resolve=resolve)
    except DnsUnavailableError as error:
        raise ValidationError(_("DNS could not be asked; try again.")) from error


def remove_domain(*, actor: Actor, domain: SenderDomain, now: datetime) -> None:
    """Forget a domain and its key; messages from it are not signed any more."""
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        found = SenderDomain.objects.in_workspace(actor.workspace).filter(pk=domain.pk)
        if found.delete()[0]:
            record_audit(actor=actor, action="domain.removed", subject=domain, now=now)


def check_all(*, now: datetime, resolve: Resolver = resolve_txt) -> int:
    """Look at domains whose DNS was not looked at for long, in every workspace; how many."""
    number = 0
    for workspace in Workspace.objects.all():
        with workspace_scope(workspace):
            old = Q(checked_at=None) | Q(checked_at__lt=now - LOOKED_AT_EVERY)
            domains = list(SenderDomain.objects.in_workspace(workspace).filter(old))
        for domain in domains:
            try:
                refresh(domain=domain, now=now, resolve=resolve)
                number += 1
            except DnsUnavailableError as error:
                logger.warning("dns_unavailable", domain=domain.domain, why=str(error))
    return number


def refresh(*, domain: SenderDomain, now: datetime, resolve: Resolver) -> SenderDomain:
    """Ask DNS, outside of any transaction of ours, and keep the answer."""
    found = look_up(domain, resolve)
    values: dict[str, RecordStatus] = {}
    texts: dict[str, list[str]] = {}
    for kind in ("spf", "dkim", "dmarc"):
        values[kind], texts[kind] = getattr(found, kind)
    kept = {kind: [text[:1000] for text in each[:10]] for kind, each in texts.items()}
    with workspace_scope(domain.workspace_id):
        SenderDomain.objects.in_workspace(domain.workspace_id).filter(pk=domain.pk).update(
            spf=values["spf"],
            dkim=values["dkim"],
            dmarc=values["dmarc"],
            found=kept,
            checked_at=now,
        )
        return SenderDomain.objects.in_workspace(domain.workspace_id).get(pk=domain.pk)


def _read(text: str) -> str:
    """The name as DNS has it. Raises `ValidationError`."""
    name = text.strip().lower().rstrip(".").removeprefix("@")
    try:
        name = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name):
        raise ValidationError({"domain": _("A domain looks like shop.example.")})
    return name
