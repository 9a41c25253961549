"""Where a mail provider tells what became of messages, and what it proves itself with."""

from __future__ import annotations

import base64
import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.urls import reverse

from campaigns.models import SendingAccount
from workspaces.models import Workspace

WEBHOOK_USER = "kohorta"


def new_webhook_key() -> str:
    """For `SendingAccount.webhook_key`: names the account in its address."""
    return secrets.token_urlsafe(24)


def webhook_password(*, workspace: Workspace, account: SendingAccount) -> str:
    """The password of an account's webhook, for providers that don't sign what they send.

    Made from the workspace's key, so that it is never stored; another `webhook_key` changes it.
    """
    key = hmac.digest(bytes(workspace.suppression_key), b"kohorta.webhooks", sha256)
    told = f"{account.pk}:{account.webhook_key}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, told, sha256)[:24]).decode()


def webhook_address(
    *, workspace: Workspace, account: SendingAccount, with_password: bool = False
) -> str:
    """The address to give to the provider; with the password where it has to stand in it."""
    path = reverse("message-webhook", args=[workspace.pk, account.webhook_key])
    parts = urlsplit(settings.BASE_URL.rstrip("/") + path)
    if with_password:
        password = webhook_password(workspace=workspace, account=account)
        parts = parts._replace(netloc=f"{WEBHOOK_USER}:{password}@{parts.netloc}")
    return str(urlunsplit(parts))
