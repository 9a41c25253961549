"""E-mail addresses and phone numbers: one form to compare them by, one hash to block them by."""

from __future__ import annotations

import hashlib
import hmac

import phonenumbers
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from contacts.text import normalise
from workspaces.models import Workspace

# Where a number without an international prefix is dialled, when the contact has no country.
REGION_OF_LANGUAGE = {"pl": "PL", "pt-br": "BR"}
MAX_EMAIL_LENGTH = 320


def read_email(value: str) -> str:
    """An address as it is shown, its domain in lower case. Raises `ValueError`."""
    if len(value) > MAX_EMAIL_LENGTH:
        raise ValueError(_("This is not an e-mail address."))
    try:
        # Whether a domain takes mail is found out by sending, not while storing.
        checked = validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(
            _("This is not an e-mail address: %(reason)s") % {"reason": str(error)}
        ) from None
    return checked.normalized


def email_key(address: str) -> str:
    """The form in which addresses are compared."""
    return normalise(address)


def read_phone(value: str, *, region: str | None) -> str:
    """A number in international form (+48123456789). Raises `ValueError`.

    `region` (ISO 3166) says where a number without a prefix is dialled.
    """
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        raise ValueError(
            _("This is not a phone number; write it with its country code, like +48 123 456 789.")
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError(_("This phone number is too short or too long."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phone_region(country: str, workspace: Workspace) -> str | None:
    """Where a contact's number without a prefix is dialled, or None when nobody knows."""
    if len(country) == 2 and country.isascii():
        return country.upper()
    return REGION_OF_LANGUAGE.get(workspace.language)


def hash_address(*, workspace: Workspace, address: str) -> bytes:
    """HMAC-SHA256 of a normalised address: equal addresses, equal hashes, in this workspace only.

    The workspace's key is never rotated, else suppressions would be forgotten.
    """
    return hmac.new(
        bytes(workspace.suppression_key), normalise(address).encode(), hashlib.sha256
    ).digest()
