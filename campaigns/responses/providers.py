"""Mail providers' webhooks: how each proves itself, and what it says, in django-anymail's words.

The views of django-anymail are made for one account an installation, configured by settings; here
one is made for each request, with the secrets of the account that is called.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import requests
from anymail.exceptions import (
    AnymailError,
    AnymailInsecureWebhookWarning,
    AnymailNotSupportedWarning,
)
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from anymail.webhooks.unisender_go import UnisenderGoTrackingWebhookView
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from campaigns.models import Transport
from campaigns.responses.outcomes import OutcomeKind, is_permanent

_SNS_HOST = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/", re.ASCII)
_FRESH_SECONDS = 300


class ForgedWebhookError(Exception):
    """A call that doesn't prove that it comes from the account's provider."""


class UnreadableWebhookError(Exception):
    """A call from the provider that says nothing we understand."""


class NotificationView(AmazonSESTrackingWebhookView):  # type: ignore[misc]
    """Amazon's, without its client library: all it would be needed for is confirming."""

    def __init__(self, **given: Any) -> None:
        self.auto_confirm_enabled = False
        AnymailBaseWebhookView.__init__(self, **given)


_VIEWS: Mapping[str, Callable[..., Any]] = {
    Transport.AMAZON_SES: NotificationView,
    Transport.BREVO: BrevoTrackingWebhookView,
    Transport.MAILERSEND: MailerSendTrackingWebhookView,
    Transport.MAILGUN: MailgunTrackingWebhookView,
    Transport.MAILJET: MailjetTrackingWebhookView,
    Transport.MAILTRAP: MailtrapTrackingWebhookView,
    Transport.MANDRILL: MandrillCombinedWebhookView,
    Transport.POSTAL: PostalTrackingWebhookView,
    Transport.POSTMARK: PostmarkTrackingWebhookView,
    Transport.RESEND: ResendTrackingWebhookView,
    Transport.SENDGRID: SendGridTrackingWebhookView,
    Transport.SPARKPOST: SparkPostTrackingWebhookView,
    Transport.UNISENDER_GO: UnisenderGoTrackingWebhookView,
}

# What an account's credentials call the key a provider signs with; without it some can't be used.
SIGNING_FIELDS: Mapping[str, str] = {
    Transport.MAILERSEND: "signing_secret",
    Transport.MAILGUN: "webhook_signing_key",
    Transport.MAILTRAP: "tracking_secret",
    Transport.MANDRILL: "webhook_key",
    Transport.POSTAL: "webhook_key",
    Transport.RESEND: "signing_secret",
    Transport.SENDGRID: "tracking_webhook_verification_key",
    Transport.UNISENDER_GO: "api_key",
}
_ANY_SIGNING = ("signing_key", "signing_secret", "tracking_secret")  # the same by another name
_MUST_SIGN = frozenset(
    {
        Transport.MAILERSEND,
        Transport.MAILGUN,
        Transport.MANDRILL,
        Transport.POSTAL,
        Transport.UNISENDER_GO,
    }
)


def has_webhook(transport: str) -> bool:
    """Whether a provider tells what became of messages."""
    return transport in _VIEWS


def read_webhook(
    request: HttpRequest,
    *,
    transport: str,
    credentials: Mapping[str, Any],
    password: str,
    address: str,
    now: datetime,
) -> list[AnymailTrackingEvent]:
    """What a provider's call says, once it has proved itself.

    By a signature where the account has a key for it, else by `password` ("user:password") in
    basic authentication. Raises `ForgedWebhookError`, `UnreadableWebhookError`.
    """
    given = _secrets(request, transport, credentials, password, address, now)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AnymailInsecureWebhookWarning)
            warnings.simplefilter("ignore", AnymailNotSupportedWarning)
            view = _VIEWS[transport](**given)
        view.run_validators(request)
    except (SuspiciousOperation, AnymailError, ValueError, TypeError, AttributeError) as error:
        raise ForgedWebhookError from error
    try:
        events = view.parse_events(request)
    except (AnymailError, SuspiciousOperation) as error:
        raise UnreadableWebhookError from error
    except (ArithmeticError, AssertionError, AttributeError, LookupError) as error:
        raise UnreadableWebhookError from error
    except (TypeError, ValueError) as error:
        raise UnreadableWebhookError from error
    return [event for event in events if isinstance(event, AnymailTrackingEvent)]


def _secrets(
    request: HttpRequest,
    transport: str,
    credentials: Mapping[str, Any],
    password: str,
    address: str,
    now: datetime,
) -> dict[str, Any]:
    """What the view is made with; a provider that can't be checked at all is refused."""
    field = SIGNING_FIELDS.get(transport, "")
    names = (field, *_ANY_SIGNING) if field and transport != Transport.UNISENDER_GO else (field,)
    key = next((str(credentials[name]) for name in names if credentials.get(name)), "")
    if not key:
        if transport in _MUST_SIGN:
            raise ForgedWebhookError
        return {"webhook_secret": [password]}
    if transport == Transport.RESEND:
        # Checked here: the view would want another library for it.
        if not _is_signed_by_svix(request, key, now):
            raise ForgedWebhookError
        return {"webhook_secret": []}
    given = {"webhook_secret": [], field: key}
    return given | {"webhook_url": address} if transport == Transport.MANDRILL else given


def _is_signed_by_svix(request: HttpRequest, secret: str, now: datetime) -> bool:
    told = request.headers
    at = told.get("svix-timestamp", "")
    if not at.isdecimal() or abs(int(at[:12]) - now.timestamp()) > _FRESH_SECONDS:
        return False
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return False
    signed = f"{told.get('svix-id', '')}.{at}.".encode() + request.body
    expected = base64.b64encode(hmac.digest(key, signed, sha256))
    offered = [part.partition(",") for part in told.get("svix-signature", "").split()[:10]]
    return any(
        version == "v1" and hmac.compare_digest(found.encode(), expected)
        for version, _, found in offered
    )


def confirm_subscription(request: HttpRequest, *, transport: str) -> bool:
    """Whether this was Amazon's question whether its messages are wanted; then they are.

    Only after `read_webhook` took the call: it is from whom the account's password was given to.
    """
    if transport != Transport.AMAZON_SES:
        return False
    try:
        told = json.loads(request.body)
    except ValueError:
        return False
    address = str(told.get("SubscribeURL") or "")
    if told.get("Type") != "SubscriptionConfirmation" or not _SNS_HOST.match(address):
        return False
    requests.get(address, timeout=5, allow_redirects=False).raise_for_status()
    return True


def kind_of(event: AnymailTrackingEvent, *, transport: str) -> OutcomeKind | None:
    """What an event means for us; None where it means nothing yet."""
    match event.event_type:
        case EventType.DELIVERED:
            return OutcomeKind.DELIVERED
        case EventType.COMPLAINED:
            return OutcomeKind.COMPLAINED
        case EventType.UNSUBSCRIBED:
            return OutcomeKind.UNSUBSCRIBED
        case EventType.OPENED | EventType.CLICKED:
            return OutcomeKind.ACCEPTED
        case EventType.BOUNCED | EventType.REJECTED | EventType.FAILED:
            is_hard = _is_hard(event, transport)
            return OutcomeKind.HARD_BOUNCE if is_hard else OutcomeKind.SOFT_BOUNCE
        case EventType.DEFERRED if _gave_up(event.esp_event, transport):
            return OutcomeKind.SOFT_BOUNCE
        case _:
            return None


def event_name(event: AnymailTrackingEvent, *, transport: str) -> Sequence[object]:
    """What tells this event from others of its message, the same whenever it is repeated."""
    said = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    if transport == Transport.MAILGUN and "event-data" in said:
        # The token that stands for it elsewhere is new at each attempt to tell us.
        return (said["event-data"].get("id"), event.timestamp)
    if event.event_id:
        return (event.event_id,)
    return (event.event_type, event.timestamp, event.recipient, event.message_id)


def _is_hard(event: AnymailTrackingEvent, transport: str) -> bool:
    said = _says_hard(event.esp_event, transport)
    if said is not None:
        return said
    if event.event_type == EventType.FAILED:
        return False
    if event.event_type == EventType.REJECTED:
        return event.reject_reason in {RejectReason.INVALID, RejectReason.BOUNCED}
    answer = is_permanent(f"{event.mta_response or ''} {event.description or ''}")
    if answer is not None:
        return answer
    return event.reject_reason in {None, RejectReason.INVALID, RejectReason.BOUNCED}


def _says_hard(said: Any, transport: str) -> bool | None:
    """Where the provider says itself which kind of bounce it was."""
    reader = _BOUNCES.get(transport)
    try:
        return reader(said) if reader is not None else None
    except (KeyError, TypeError, AttributeError, IndexError):
        return None


def _either(value: object, hard: set[object], soft: set[object]) -> bool | None:
    return True if value in hard else False if value in soft else None


_BOUNCES: Mapping[str, Callable[[Any], bool | None]] = {
    Transport.AMAZON_SES: lambda said: _either(
        said["bounce"]["bounceType"], {"Permanent"}, {"Transient", "Undetermined"}
    ),
    Transport.BREVO: lambda said: _either(
        said["event"], {"hard_bounce", "invalid_email"}, {"soft_bounce", "blocked", "error"}
    ),
    Transport.MAILERSEND: lambda said: _either(
        said["data"]["type"], {"hard_bounced"}, {"soft_bounced"}
    ),
    Transport.MAILGUN: lambda said: _either(
        said["event-data"]["severity"], {"permanent"}, {"temporary"}
    ),
    Transport.MAILJET: lambda said: _either(said["hard_bounce"], {True}, {False}),
    Transport.MANDRILL: lambda said: _either(said["event"], {"hard_bounce"}, {"soft_bounce"}),
    Transport.POSTAL: lambda said: _either(said["payload"]["status"], {"HardFail"}, {"SoftFail"}),
    Transport.POSTMARK: lambda said: _either(
        said["Type"], {"HardBounce", "BadEmailAddress"}, {"SoftBounce", "VirusNotification"}
    ),
    Transport.RESEND: lambda said: _either(
        said["data"]["bounce"]["type"], {"Permanent"}, {"Transient", "Undetermined"}
    ),
    Transport.SENDGRID: lambda said: _either(said["type"], {"bounce"}, {"blocked"}),
    Transport.SPARKPOST: lambda said: _either(
        str(next(iter(said["msys"].values()))["bounce_class"]),
        {"10", "30", "90"},
        {"1", "20", "21", "22", "23", "24", "25", "40", "50", "51", "52", "53", "54", "70"},
    ),
}


def _gave_up(said: Any, transport: str) -> bool:
    """Soft bounces that django-anymail takes for mere delays."""
    try:
        return (transport == Transport.MAILTRAP and said["event"] == "soft bounce") or (
            transport == Transport.UNISENDER_GO and said["status"] == "soft_bounced"
        )
    except (KeyError, TypeError):
        return False
