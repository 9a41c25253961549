"""Typed values of attributes: from what an integrator sent to what is stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from contacts.addresses import email_key, hash_address, read_email, read_phone
from contacts.instants import read_instant
from contacts.models import AttributeDefinition, AttributeType
from contacts.text import key_of, normalise
from workspaces.models import TIME_ZONES, Workspace

MAX_TEXT_LENGTH = 4_000
MAX_CHOICES = 200
KEY_PATTERN = r"^[a-z][a-z0-9_]{0,59}$"


class StoredValue(NamedTuple):
    """The columns of one value; two values are the same if all of them are."""

    text: str | None = None
    text_norm: str | None = None
    number: float | None = None
    date: date | None = None
    instant: datetime | None = None
    address_hash: bytes | None = None


Slots = Mapping[str, StoredValue]
"""The values of one attribute by slot; empty for no value. All but `choices` use slot ""."""


@dataclass(frozen=True)
class ReadingContext:
    """What reading a value needs beside the value: the workspace and where phones are dialled."""

    workspace: Workspace
    phone_region: str | None = None


def is_empty(raw: object) -> bool:
    """Whether it takes the value away: null, an empty or blank string, an empty list."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or raw == []


def read_values(definition: AttributeDefinition, raw: object, context: ReadingContext) -> Slots:
    """What is stored for `raw`. Raises `ValueError` with a text for people."""
    if is_empty(raw):
        return {}
    if definition.type == AttributeType.CHOICES:
        return _read_choices(definition, raw)
    special = SPECIAL_READERS.get(definition.key) if definition.is_builtin else None
    if special is not None:
        return {"": special(_text_of(raw), context)}
    return {"": READERS[AttributeType(definition.type)](definition, raw)}


def declared_type(raw: object) -> AttributeType:
    """The type an unknown attribute is declared with, by the JSON type of its first value.

    Raises `ValueError` for objects and nulls.
    """
    if isinstance(raw, bool):
        return AttributeType.BOOLEAN
    if isinstance(raw, int | float):
        return AttributeType.NUMBER
    if isinstance(raw, list):
        return AttributeType.CHOICES
    if isinstance(raw, str):
        return AttributeType.TEXT
    if isinstance(raw, datetime):
        return AttributeType.DATETIME
    if isinstance(raw, date):
        return AttributeType.DATE
    raise ValueError(_("An attribute can't hold an object."))


def stored_text(text: str, *, address_hash: bytes | None = None) -> StoredValue:
    """A text value; `address_hash` for addresses."""
    return StoredValue(text=text, text_norm=normalise(text), address_hash=address_hash)


def _text_of(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError(_("Give text."))
    if len(raw) > MAX_TEXT_LENGTH:
        raise ValueError(_("The text is longer than %(limit)s characters.") % {"limit": "4,000"})
    return raw.strip()


def _read_text(definition: AttributeDefinition, raw: object) -> StoredValue:
    return stored_text(_text_of(raw))


def _read_number(definition: AttributeDefinition, raw: object) -> StoredValue:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError(_("Give a number."))
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(_("The number is too large."))
    return StoredValue(number=number)


def _read_boolean(definition: AttributeDefinition, raw: object) -> StoredValue:
    if not isinstance(raw, bool):
        raise ValueError(_("Give true or false."))
    return StoredValue(number=1.0 if raw else 0.0)


def _read_date(definition: AttributeDefinition, raw: object) -> StoredValue:
    if isinstance(raw, datetime):
        raise ValueError(_("Give a date without a time, like 1990-05-17."))
    if isinstance(raw, date):
        return StoredValue(date=raw)
    if not isinstance(raw, str):
        raise ValueError(_("Give a date, like 1990-05-17."))
    try:
        return StoredValue(date=date.fromisoformat(raw.strip()))
    except ValueError:
        raise ValueError(_("This is not a date; write it like 1990-05-17.")) from None


def _read_datetime(definition: AttributeDefinition, raw: object) -> StoredValue:
    return StoredValue(instant=read_instant(raw))


def _read_choice(definition: AttributeDefinition, raw: object) -> StoredValue:
    text = _text_of(raw)
    if not definition.options:
        return stored_text(text)
    wanted = normalise(text)
    for option in definition.options:
        if wanted in (normalise(option["key"]), normalise(option["label"])):
            return stored_text(option["key"])
    known = ", ".join(option["key"] for option in definition.options[:10])
    raise ValueError(_("Not one of the choices: %(known)s.") % {"known": known})


def _read_choices(definition: AttributeDefinition, raw: object) -> Slots:
    if not isinstance(raw, list | tuple):
        raise ValueError(_("Give a list of choices."))
    if len(raw) > MAX_CHOICES:
        raise ValueError(_("More than %(limit)s choices.") % {"limit": MAX_CHOICES})
    values = [_read_choice(definition, entry) for entry in raw if not is_empty(entry)]
    return {key_of(value.text_norm or ""): value for value in values}


READERS: dict[AttributeType, Callable[[AttributeDefinition, Any], StoredValue]] = {
    AttributeType.TEXT: _read_text,
    AttributeType.NUMBER: _read_number,
    AttributeType.BOOLEAN: _read_boolean,
    AttributeType.DATE: _read_date,
    AttributeType.DATETIME: _read_datetime,
    AttributeType.CHOICE: _read_choice,
}


def _read_email(text: str, context: ReadingContext) -> StoredValue:
    address = read_email(text)
    return stored_text(
        address, address_hash=hash_address(workspace=context.workspace, address=email_key(address))
    )


def _read_phone(text: str, context: ReadingContext) -> StoredValue:
    number = read_phone(text, region=context.phone_region)
    return stored_text(
        number, address_hash=hash_address(workspace=context.workspace, address=number)
    )


def _read_time_zone(text: str, context: ReadingContext) -> StoredValue:
    if text not in TIME_ZONES:
        raise ValueError(_("%(value)s is not a time zone.") % {"value": text[:60]})
    return stored_text(text)


def _read_country(text: str, context: ReadingContext) -> StoredValue:
    return stored_text(text.upper() if len(text) == 2 else text)


def _read_name(text: str, context: ReadingContext) -> StoredValue:
    if len(text) > 150:
        raise ValueError(_("The text is longer than %(limit)s characters.") % {"limit": "150"})
    return stored_text(text)


SPECIAL_READERS: dict[str, Callable[[str, ReadingContext], StoredValue]] = {
    "email": _read_email,
    "phone": _read_phone,
    "time_zone": _read_time_zone,
    "country": _read_country,
    "first_name": _read_name,
    "last_name": _read_name,
}
