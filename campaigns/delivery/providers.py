"""Providers by their HTTP interfaces, with django-anymail: one object an account, no settings."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from anymail.backends.resend import EmailBackend as ResendBackend
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailNotSupportedWarning,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError
from django.utils.translation import gettext as _

from campaigns.delivery.amazon import AMAZON_NEEDS, amazon_options, amazon_status
from campaigns.delivery.letters import Letter, as_django_message
from campaigns.delivery.outcomes import AccountUnavailableError, Outcome, Result
from campaigns.models import Transport

TIMEOUT_SECONDS = 30
MOST_AT_ONCE = 100

# What the backend of each provider is made of: names of settings, required ones first.
REQUIRED: dict[Transport, tuple[str, ...]] = {
    Transport.AMAZON_SES: AMAZON_NEEDS,
    Transport.BREVO: ("api_key",),
    Transport.MAILERSEND: ("api_token",),
    Transport.MAILGUN: ("api_key",),
    Transport.MAILJET: ("api_key", "secret_key"),
    Transport.MAILTRAP: ("api_token",),
    Transport.MANDRILL: ("api_key",),
    Transport.POSTAL: ("api_key", "api_url"),
    Transport.POSTMARK: ("server_token",),
    Transport.RESEND: ("api_key",),
    Transport.SCALEWAY: ("secret_key", "project_id"),
    Transport.SENDGRID: ("api_key",),
    Transport.SPARKPOST: ("api_key",),
    Transport.UNISENDER_GO: ("api_key", "api_url"),
}
OPTIONAL: dict[Transport, tuple[str, ...]] = {
    Transport.AMAZON_SES: ("configuration_set_name",),
    Transport.MAILGUN: ("sender_domain",),
    Transport.POSTMARK: ("message_stream",),
    Transport.SCALEWAY: ("region",),
    Transport.SPARKPOST: ("subaccount",),
}
# Providers with several places; the address of another is refused (it would get the key).
API_URLS: dict[Transport, tuple[str, ...]] = {
    Transport.MAILGUN: ("https://api.mailgun.net/v3", "https://api.eu.mailgun.net/v3"),
    Transport.SPARKPOST: (
        "https://api.sparkpost.com/api/v1",
        "https://api.eu.sparkpost.com/api/v1",
    ),
    Transport.UNISENDER_GO: (
        "https://go1.unisender.ru/ru/transactional/api/v1/",
        "https://go2.unisender.ru/ru/transactional/api/v1/",
    ),
}

_NO_CONNECTION = frozenset(
    {
        *("NewConnectionError", "NameResolutionError", "SSLCertVerificationError"),
        *("EndpointConnectionError", "ConnectTimeoutError"),
    }
)


def backend_of(transport: Transport, credentials: Mapping[str, Any]) -> Any:
    """The mail backend of an account. Raises `AccountUnavailableError` for incomplete ones."""
    known = (*REQUIRED[transport], *OPTIONAL.get(transport, ()), "api_url")
    options: dict[str, Any] = {name: credentials[name] for name in known if credentials.get(name)}
    if transport == Transport.AMAZON_SES:
        options = amazon_options(options, seconds=TIMEOUT_SECONDS)
    else:
        options["timeout"] = TIMEOUT_SECONDS
    options["ignore_unsupported_features"] = True  # no provider has all; ours are in the headers
    try:
        with warnings.catch_warnings():
            # Some it supports no longer officially; those who have an account there know.
            warnings.simplefilter("ignore", AnymailNotSupportedWarning)
            return get_connection(f"anymail.backends.{transport.value}.EmailBackend", **options)
    except (AnymailConfigurationError, ImportError) as error:
        raise AccountUnavailableError(
            _("The account is not set up completely: %(reason)s") % {"reason": str(error)[:200]},
            seconds=300,
        ) from error


class Provider:
    """A `Transporter` through a provider that takes each message by itself."""

    is_idempotent = False
    most = 1

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self._is_open = False

    def send(self, letters: Sequence[Letter], *, key: str = "") -> list[Outcome]:
        self._open()
        return [self._send(letter) for letter in letters]

    def close(self) -> None:
        if self._is_open:
            self.backend.close()
            self._is_open = False

    def _open(self) -> None:
        if not self._is_open:
            self._is_open = bool(self.backend.open())

    def _send(self, letter: Letter) -> Outcome:
        try:
            message = _message(letter)
            self.backend.send_messages([message])
        except BadHeaderError as error:
            return Outcome(Result.FAILED, str(error)[:300])
        except AnymailRecipientsRefused as error:
            return Outcome(Result.FAILED, str(error)[:400], bounced=True)
        except (AnymailError, requests.RequestException) as error:
            return judge(error, is_idempotent=False)
        status: Any = vars(message)["anymail_status"]
        return Outcome(Result.SENT, provider_id=str(status.message_id or "")[:200])


class ResendBatches:
    """A `Transporter` through Resend: a hundred messages a request, repeated by its key.

    Resend answers a repeated `Idempotency-Key` as it did before, for 24 hours, and refuses one
    that comes with other messages.
    """

    is_idempotent = True
    most = MOST_AT_ONCE

    def __init__(self, backend: ResendBackend) -> None:
        self.backend = backend

    def send(self, letters: Sequence[Letter], *, key: str = "") -> list[Outcome]:
        self.backend.open()
        try:
            response = self._post(letters, key)
        except BadHeaderError as error:
            return [Outcome(Result.FAILED, str(error)[:300])] * len(letters)
        except (AnymailError, requests.RequestException) as error:
            outcome = judge(error, is_idempotent=True)
            if outcome.result == Result.FAILED and len(letters) > 1:
                # One address the provider doesn't like refuses the request: each by itself.
                return [self.send([each], key=each.key)[0] for each in letters]
            return [outcome] * len(letters)
        ids = [str(each["id"]) for each in response["data"]]
        return [Outcome(Result.SENT, provider_id=each) for each in ids]

    def close(self) -> None:
        self.backend.close()

    def _post(self, letters: Sequence[Letter], key: str) -> Any:
        payloads = [self.backend.build_message_payload(_message(each), {}) for each in letters]
        first = payloads[0]
        params = {
            **first.get_request_params(self.backend.api_url),
            "url": f"{self.backend.api_url}emails/batch",
            "data": json.dumps([payload.data for payload in payloads]),
            "headers": {**first.headers, "Idempotency-Key": key},
            "timeout": self.backend.timeout,
        }
        response = self.backend.session.request(**params)
        self.backend.raise_for_status(response, first, first.message)
        found = response.json()
        if len(found["data"]) != len(letters):
            raise AnymailRequestsAPIError("Answers and messages don't fit.", response=response)
        return found


def judge(error: Exception, *, is_idempotent: bool) -> Outcome:
    """What a fault of a provider means for a message; raises `AccountUnavailableError` where it
    is about the account and nothing was accepted."""
    said = " ".join(str(error).split())[:400]
    if _never_arrived(error):
        raise AccountUnavailableError(said) from error
    code = _status_of(error)
    if code in {401, 402, 403}:
        raise AccountUnavailableError(said, seconds=300) from error
    if code == 429:
        raise AccountUnavailableError(said, seconds=10) from error
    if code == 409 and is_idempotent:
        # The first request is still being worked on; or it came with other messages, and who
        # knows which went.
        return Outcome(
            Result.UNKNOWN, said, code=code, is_repeatable="concurrent" in str(error).lower()
        )
    if 400 <= code < 500:
        return Outcome(Result.FAILED, said, code=code)
    if not code and isinstance(error, AnymailError) and not isinstance(error, AnymailAPIError):
        return Outcome(Result.FAILED, said)  # found before anything was sent
    return Outcome(Result.UNKNOWN, said, code=code, is_repeatable=is_idempotent)


def _status_of(error: Exception) -> int:
    """The status of HTTP that a provider answered with; 0 for none."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else amazon_status(error)


def _never_arrived(error: Exception) -> bool:
    """Whether there was no connection at all."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    causes: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in causes:
        causes.append(at)
        reason = getattr(at, "reason", None)
        inner = reason if isinstance(reason, BaseException) else None
        if inner is None and at.args and isinstance(at.args[0], BaseException):
            inner = at.args[0]
        at = inner or at.__cause__
    names = {type(cause).__name__ for cause in causes}
    return bool(names & _NO_CONNECTION)


def _message(letter: Letter) -> EmailMultiAlternatives:
    message: Any = as_django_message(letter)
    # Comes back with the provider's webhooks.
    message.metadata = {"recipient": str(letter.recipient_id)} if letter.recipient_id else {}
    message.track_opens = message.track_clicks = False  # addresses in the message are our own
    found: EmailMultiAlternatives = message
    return found
