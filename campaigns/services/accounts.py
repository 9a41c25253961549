"""Accounts that campaigns are sent through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.delivery.amazon import is_region
from campaigns.delivery.letters import Letter
from campaigns.delivery.network import PrivateAddressError, port_number, resolve_public
from campaigns.delivery.outcomes import AccountUnavailableError, Result
from campaigns.delivery.plan import Sender
from campaigns.delivery.providers import API_URLS, OPTIONAL, REQUIRED
from campaigns.delivery.transports import send_one
from campaigns.models import Campaign, Run, SendingAccount, Transport
from campaigns.models.runs import OPEN_STATES
from campaigns.responses.providers import SIGNING_FIELDS
from campaigns.responses.webhook_addresses import new_webhook_key
from contacts.addresses import read_email
from workspaces.audit import record_audit
from workspaces.policies import Action, Actor, require
from workspaces.secrets import UnreadableSecretError, seal, unseal
from workspaces.tenancy import claimer_scope, workspace_scope

logger = structlog.get_logger(__name__)

SMTP_FIELDS = ("host", "port", "security", "user", "password")
MAILBOX_FIELDS = ("address", "host", "port", "user", "password", "folder", "security")
SECURITY = ("starttls", "tls", "none")
# Never shown again, and kept when they are left empty.
SECRET_FIELDS = frozenset(
    {
        *("password", "api_key", "api_token", "secret_key", "server_token", "secret_access_key"),
        *SIGNING_FIELDS.values(),
    }
)
LONGEST = 500


@dataclass(frozen=True)
class WantedAccount:
    """An account as a person wants it. A secret left empty stays as it is."""

    name: str
    transport: Transport
    credentials: Mapping[str, str] = field(default_factory=dict)
    bounce_mailbox: Mapping[str, str] = field(default_factory=dict)
    per_second: int | None = None
    per_day: int | None = None
    warm_up_from: date | None = None
    is_default: bool = False


def fields_of(transport: Transport) -> tuple[str, ...]:
    """Names of what has to be known of an account, the required ones first."""
    if transport == Transport.INSTALLATION:
        return ()
    if transport == Transport.SMTP:
        return SMTP_FIELDS
    own = (*REQUIRED[transport], *OPTIONAL.get(transport, ()))
    urls = ("api_url",) if transport in API_URLS and "api_url" not in own else ()
    signing = SIGNING_FIELDS.get(transport)
    return (*own, *urls, *((signing,) if signing and signing not in own else ()))


def shown_credentials(account: SendingAccount) -> dict[str, str]:
    """What is stored of an account without its secrets; those are "" or "set"."""
    return _shown(account.credentials)


def shown_mailbox(account: SendingAccount) -> dict[str, str]:
    """The bounce mailbox of an account, likewise."""
    return _shown(account.bounce_mailbox or b"")


def create_account(*, actor: Actor, wanted: WantedAccount, now: datetime) -> SendingAccount:
    """A new account; the first one of a workspace is its default. Raises `ValidationError`."""
    require(actor, Action.MANAGE_WORKSPACE)
    _refuse(wanted, wanted.credentials, wanted.bounce_mailbox)
    with workspace_scope(actor.workspace):
        others = SendingAccount.objects.in_workspace(actor.workspace).filter(archived_at=None)
        _refuse_taken(actor, wanted.name)
        account = SendingAccount(
            workspace=actor.workspace,
            transport=wanted.transport,
            webhook_key=new_webhook_key(),
        )
        is_default = wanted.is_default or not others.filter(is_default=True).exists()
        _fill(account, wanted, wanted.credentials, wanted.bounce_mailbox, is_default=is_default)
        _store(account)
        record_audit(actor=actor, action="account.created", subject=account, now=now)
        return account


def change_account(
    *, actor: Actor, account: SendingAccount, wanted: WantedAccount, now: datetime
) -> SendingAccount:
    """Change everything but the way it sends. Raises `ValidationError`."""
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        locked = _locked(actor, account)
        if wanted.transport != locked.transport:
            raise ValidationError({"transport": _("Make a new account for another way to send.")})
        credentials = _merged(locked.credentials, wanted.credentials)
        mailbox = _merged(locked.bounce_mailbox or b"", wanted.bounce_mailbox)
        if not wanted.bounce_mailbox:
            mailbox = {}
        _refuse(wanted, credentials, mailbox)
        _refuse_taken(actor, wanted.name, beside=locked)
        is_default = wanted.is_default or locked.is_default
        _fill(locked, wanted, credentials, mailbox, is_default=is_default)
        locked.error, locked.paused_until = "", None
        _store(locked)
        record_audit(actor=actor, action="account.changed", subject=locked, now=now)
        return locked


def archive_account(*, actor: Actor, account: SendingAccount, now: datetime) -> None:
    """Send nothing through it any more. Raises `ValidationError` while a campaign needs it."""
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        locked = _locked(actor, account)
        if used := list(_users(locked)):
            names = ", ".join(used[:5])
            raise ValidationError(_("Still used by: %(names)s.") % {"names": names})
        locked.archived_at, locked.is_default = now, False
        locked.credentials, locked.bounce_mailbox = b"", None
        locked.save()
        record_audit(actor=actor, action="account.archived", subject=locked, now=now)


def test_account(*, actor: Actor, account: SendingAccount, to: str, now: datetime) -> str:
    """Send a short message through the account to an address; "" or what went wrong.

    The sender is the address itself, so that any server that knows it will take it. Raises
    `ValidationError` for an address that is none.
    """
    require(actor, Action.MANAGE_WORKSPACE)
    try:
        address = read_email(to)
    except ValueError as error:
        raise ValidationError({"to": str(error)}) from error
    text = _("This message came through the account “%(name)s”.") % {"name": account.name}
    key = str(uuid4())
    sender = Sender("Kohorta", address)
    letter = Letter(
        recipient_id=0,
        message_id=f"{key}@{address.rpartition('@')[2]}",
        key=key,
        from_name=sender.name,
        from_email=sender.email,
        to=address,
        subject=_("A test of “%(name)s”") % {"name": account.name},
        html=f"<p>{_escaped(text)}</p>",
        text=text,
        date=now,
    )
    try:
        outcome = send_one(account, letter)
    except AccountUnavailableError as error:
        return str(error)
    return "" if outcome.result == Result.SENT else outcome.error or _("The server refused it.")


def read_all_bounces(*, now: datetime) -> None:
    """Read the bounce mailbox of every account that has one."""
    from campaigns.responses.mailbox import read_bounces

    with claimer_scope():
        found = SendingAccount.objects.filter(archived_at=None, bounce_mailbox__isnull=False)
        accounts = list(found.select_related("workspace"))
    for account in accounts:
        try:
            read_bounces(account=account, now=now)
        except Exception:  # one mailbox that can't be read doesn't keep the others waiting
            logger.exception("bounces_not_read", account_id=account.pk)


def _shown(sealed: bytes | memoryview) -> dict[str, str]:
    return {
        name: ("set" if value else "") if name in SECRET_FIELDS else str(value)
        for name, value in _stored(sealed).items()
    }


def _stored(sealed: bytes | memoryview) -> dict[str, Any]:
    try:
        return dict(unseal(sealed) or {})
    except UnreadableSecretError:
        return {}


def _merged(sealed: bytes | memoryview, given: Mapping[str, str]) -> dict[str, Any]:
    stored = _stored(sealed)
    kept = {name: stored[name] for name in SECRET_FIELDS if stored.get(name)}
    return {**kept, **{name: value for name, value in given.items() if value or name not in kept}}


def _fill(
    account: SendingAccount,
    wanted: WantedAccount,
    credentials: Mapping[str, Any],
    mailbox: Mapping[str, Any],
    *,
    is_default: bool,
) -> None:
    account.name = wanted.name.strip()
    account.credentials = seal({name: value for name, value in credentials.items() if value})
    account.bounce_mailbox = seal(dict(mailbox)) if any(mailbox.values()) else None
    account.per_second, account.per_day = wanted.per_second, wanted.per_day
    account.warm_up_from = wanted.warm_up_from
    account.is_default = is_default


def _store(account: SendingAccount) -> None:
    if account.is_default:
        others = SendingAccount.objects.in_workspace(account.workspace_id)
        others.exclude(pk=account.pk).filter(is_default=True).update(is_default=False)
    account.save()


def _locked(actor: Actor, account: SendingAccount) -> SendingAccount:
    accounts = SendingAccount.objects.in_workspace(actor.workspace).select_for_update()
    return accounts.get(pk=account.pk, archived_at=None)


def _refuse_taken(actor: Actor, name: str, beside: SendingAccount | None = None) -> None:
    accounts = SendingAccount.objects.in_workspace(actor.workspace)
    same = accounts.filter(archived_at=None, name=name.strip())
    if beside is not None:
        same = same.exclude(pk=beside.pk)
    if same.exists():
        raise ValidationError({"name": _("There is an account with this name already.")})


def _users(account: SendingAccount) -> Iterator[str]:
    """Names of campaigns with something still to be sent through it."""
    campaigns = Campaign.objects.in_workspace(account.workspace_id).filter(archived_at=None)
    mine = Q(account=account) | (Q(account=None) if account.is_default else Q(pk__in=[]))
    running = Run.objects.in_workspace(account.workspace_id).filter(state__in=OPEN_STATES)
    due = Q(state="scheduled") | Q(pk__in=running.values("campaign_id"))
    yield from campaigns.filter(mine, due).order_by("name").values_list("name", flat=True)


def _refuse(
    wanted: WantedAccount, credentials: Mapping[str, Any], mailbox: Mapping[str, Any]
) -> None:
    faults = {
        **dict(_plain_faults(wanted)),
        **dict(_credential_faults(wanted.transport, credentials)),
        **{f"mailbox_{name}": text for name, text in _mailbox_faults(mailbox)},
    }
    if faults:
        raise ValidationError(faults)


def _plain_faults(wanted: WantedAccount) -> Iterator[tuple[str, str]]:
    if not wanted.name.strip() or len(wanted.name) > 120:
        yield "name", _("Give it a name of at most 120 characters.")
    if wanted.per_second is not None and not 1 <= wanted.per_second <= 10_000:
        yield "per_second", _("Between 1 and 10,000, or nothing for no limit.")
    if wanted.per_day is not None and not 1 <= wanted.per_day <= 100_000_000:
        yield "per_day", _("At least 1, or nothing for no limit.")


def _credential_faults(transport: Transport, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = fields_of(transport)
    for name, value in given.items():
        if name not in known:
            yield name, _("This kind of account has no such setting.")
        elif len(str(value)) > LONGEST or "\x00" in str(value) or "\n" in str(value):
            yield name, _("This can't be right.")
    if transport == Transport.SMTP:
        yield from _server_faults(given)
    for name in REQUIRED.get(transport, ()):
        if not given.get(name):
            yield name, _("This is needed.")
    if url := given.get("api_url"):
        yield from _url_faults(transport, str(url))
    if transport == Transport.AMAZON_SES and not is_region(str(given.get("region", ""))):
        yield "region", _("A region is called like eu-central-1.")


def _server_faults(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    host, port = str(given.get("host", "")).strip(), str(given.get("port") or "587")
    number = port_number(port)
    if number is None:
        yield "port", _("A port is a number up to 65535.")
        return
    if given.get("security", "starttls") not in SECURITY:
        yield "security", _("Choose how the connection is protected.")
    if not host:
        yield "host", _("This is needed.")
        return
    yield from (("host", fault) for fault in _host_faults(host, number))


def _mailbox_faults(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not any(given.values()):
        return
    for name in given:
        if name not in MAILBOX_FIELDS:
            yield name, _("This kind of account has no such setting.")
    host, port = str(given.get("host", "")).strip(), str(given.get("port") or "993")
    if not host or not given.get("user") or not given.get("password"):
        yield "host", _("A mailbox needs a server, a user and a password.")
    elif (number := port_number(port)) is None:
        yield "port", _("A port is a number up to 65535.")
    else:
        yield from (("host", fault) for fault in _host_faults(host, number))


def _host_faults(host: str, port: int) -> Iterator[str]:
    try:
        resolve_public(host, port)
    except PrivateAddressError as error:
        yield str(error)
    except (OSError, UnicodeError):
        yield _("There is no server of this name.")


def _url_faults(transport: Transport, url: str) -> Iterator[tuple[str, str]]:
    """An API's address gets the key: it is the provider's own, or Postal's, which has no other."""
    if settings.PRIVATE_MAIL_SERVERS or url in API_URLS.get(transport, ()):
        return
    parts = urlsplit(url)
    if transport != Transport.POSTAL or parts.scheme != "https" or not parts.hostname:
        yield "api_url", _("This is no address of this provider.")
        return
    yield from (("api_url", fault) for fault in _host_faults(parts.hostname, parts.port or 443))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
