"""Amazon SES: what its client is made of, and what its errors mean in terms of HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

AMAZON_NEEDS = ("region", "access_key_id", "secret_access_key")

# The region becomes part of a host's name.
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)

# Answers of status 400 that aren't about the message.
_SLOWER = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})
_ACCOUNT = frozenset(
    {
        *("AccountSuspendedException", "SendingPausedException", "LimitExceededException"),
        *("MailFromDomainNotVerifiedException", "AccessDeniedException"),
        *("UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    }
)


def is_region(text: str) -> bool:
    """Whether it can be the name of a region: eu-central-1."""
    return _REGION.fullmatch(text) is not None


def amazon_options(credentials: Mapping[str, Any], *, seconds: int) -> dict[str, Any]:
    """Options of the mail backend.

    The client uses this account's keys only, whatever the machine knows, and tries once: what it
    repeated by itself might be sent twice.
    """
    client: dict[str, Any] = {
        "region_name": credentials.get("region"),
        "aws_access_key_id": credentials.get("access_key_id"),
        "aws_secret_access_key": credentials.get("secret_access_key"),
        "config": {
            "retries": {"total_max_attempts": 1},
            "connect_timeout": seconds,
            "read_timeout": seconds,
            "ignore_configured_endpoint_urls": True,
        },
    }
    if credentials.get("api_url"):
        client["endpoint_url"] = credentials["api_url"]
    options: dict[str, Any] = {"client_params": client}
    if credentials.get("configuration_set_name"):
        options["configuration_set_name"] = credentials["configuration_set_name"]
    return options


def amazon_status(error: Exception) -> int:
    """The status of HTTP that says what an error of the client means; 0 where it says nothing."""
    response = getattr(error, "response", None)
    if not isinstance(response, Mapping):
        return 0
    name = str(response.get("Error", {}).get("Code", ""))
    if name in _SLOWER:
        return 429
    if name in _ACCOUNT:
        return 403
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
