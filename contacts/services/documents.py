"""Items of `contacts/batch`: their shape, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from django.utils.translation import gettext as _
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from contacts.instants import read_instant
from contacts.models import Channel, ConsentStatus
from workspaces.batches import ItemError

MAX_LABELS = 200
MAX_ATTRIBUTES = 500

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
D = TypeVar("D", bound="Document")
Instant = Annotated[datetime, BeforeValidator(read_instant)]


class Document(BaseModel):
    """Strict: no coercion, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class LabelChanges(Document):
    """Tags by key or name; an unknown one is made by putting it on."""

    add: list[Name] = Field(default_factory=list, max_length=MAX_LABELS)
    remove: list[Name] = Field(default_factory=list, max_length=MAX_LABELS)


def _read_status(value: object) -> ConsentStatus:
    if isinstance(value, str) and value in ConsentStatus.values:
        return ConsentStatus(value)
    raise ValueError(_("Give one of: %(known)s.") % {"known": ", ".join(ConsentStatus.values)})


def _read_channel(value: object) -> Channel:
    if isinstance(value, str) and value in Channel.values:
        return Channel(value)
    raise ValueError(_("Give one of: %(known)s.") % {"known": ", ".join(Channel.values)})


class ConsentStatement(Document):
    """What a contact said about a channel; topic "" is everything sent over it."""

    status: Annotated[ConsentStatus, BeforeValidator(_read_status)]
    topic: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    source: Annotated[str, StringConstraints(max_length=60)] = ""
    ip: Annotated[str, StringConstraints(max_length=45)] | None = None
    wording: Annotated[str, StringConstraints(max_length=200)] = ""

    @field_validator("ip")
    @classmethod
    def _check_ip(cls, value: str | None) -> str | None:
        from ipaddress import ip_address

        if value is not None:
            ip_address(value)
        return value


def _read_consent(value: object) -> object:
    return {"status": value} if isinstance(value, str) else value


class ContactItem(Document):
    """One contact of a batch, as docs/rest.md `contacts/batch` names it."""

    external_id: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
        | None
    ) = None
    email: str | None = None
    phone: str | None = None
    time_zone: str | None = None
    language: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    tags: LabelChanges = LabelChanges()
    categories: list[Name] | None = Field(default=None, max_length=MAX_LABELS)
    consents: dict[
        Annotated[Channel, BeforeValidator(_read_channel)],
        Annotated[ConsentStatement, BeforeValidator(_read_consent)],
    ] = Field(default_factory=dict)
    observed_at: Instant | None = None


def read_document(kind: type[D], raw: object) -> D | list[ItemError]:
    """The checked document, or why it is refused, with paths from `$`."""
    unstorable = find_unstorable(raw)
    if unstorable is not None:
        return [
            ItemError(unstorable, "invalid_text", _("The text holds characters we can't store."))
        ]
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        return [_item_error(detail) for detail in error.errors(include_url=False)]


def find_unstorable(raw: object, path: str = "$") -> str | None:
    """The path of the first text with a NUL or half a surrogate pair, else None."""
    if isinstance(raw, str):
        if "\x00" in raw or (not raw.isascii() and any("\ud800" <= c <= "\udfff" for c in raw)):
            return path
        return None
    if isinstance(raw, Mapping):
        for key, value in raw.items():
            found = find_unstorable(key, path) or find_unstorable(value, f"{path}.{key}")
            if found is not None:
                return found if "\x00" not in found else path
        return None
    if isinstance(raw, Sequence) and not isinstance(raw, bytes | bytearray):
        for position, value in enumerate(raw):
            found = find_unstorable(value, f"{path}[{position}]")
            if found is not None:
                return found
    return None


def path_of(location: Sequence[int | str]) -> str:
    """`("tags", "add", 0)` as `$.tags.add[0]`."""
    parts = (
        f"[{part}]" if isinstance(part, int) else "" if part == "[key]" else f".{part}"
        for part in location
    )
    return "$" + "".join(parts)


def _item_error(detail: Mapping[str, Any]) -> ItemError:
    message = str(detail["msg"]).removeprefix("Value error, ")
    return ItemError(path_of(detail["loc"]), str(detail["type"]), message)
