"""How the items of a batch are read: strictly, each on its own, with the path of every error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from workspaces.batches import ItemError, ItemResult, ItemStatus

EARLIEST = datetime(1900, 1, 2, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
NO_NUL = r"^[^\x00]*$"
MAX_ERRORS_AN_ITEM = 10

# What pydantic says, in our words and languages.
_MESSAGES = {
    "missing": gettext_lazy("This field is required."),
    "extra_forbidden": gettext_lazy("There is no such field."),
    "string_type": gettext_lazy("This must be text."),
    "string_too_long": gettext_lazy("This text is too long."),
    "string_too_short": gettext_lazy("This text can't be empty."),
    "string_pattern_mismatch": gettext_lazy("This text has characters that aren't allowed here."),
    "string_unicode": gettext_lazy("This text is not valid Unicode."),
    "bool_type": gettext_lazy("This must be true or false."),
    "int_type": gettext_lazy("This must be a whole number."),
    "list_type": gettext_lazy("This must be a list."),
    "dict_type": gettext_lazy("This must be an object."),
    "model_type": gettext_lazy("This must be an object."),
    "literal_error": gettext_lazy("This is none of the allowed values."),
    "too_long": gettext_lazy("This list is too long."),
    "too_short": gettext_lazy("This list is too short."),
    "union_tag_invalid": gettext_lazy("This is none of the allowed kinds."),
    "union_tag_not_found": gettext_lazy("Say of which kind this is."),
    "greater_than_equal": gettext_lazy("This number is too small."),
    "less_than_equal": gettext_lazy("This number is too large."),
    "less_than": gettext_lazy("This number is too large."),
}


class Item(BaseModel):
    """The base of every item: strict types, unknown fields refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def read_instant(value: object) -> datetime:
    """An instant in UTC from ISO 8601 text with a zone, or from an aware datetime."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise PydanticCustomError(
            "not_an_instant", _('An instant is written like "2026-06-30T12:00:00Z".')
        )
    if value.tzinfo is None:
        raise PydanticCustomError("no_time_zone", _("This instant has no time zone."))
    try:
        instant = value.astimezone(UTC)
    except OverflowError:
        instant = LATEST
    if not EARLIEST <= instant < LATEST:
        raise PydanticCustomError("out_of_range", _("This instant is out of range."))
    return instant


_QUANTITY = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,16}(\.[0-9]{1,8})?", re.ASCII)


def _canonical_amount(value: str) -> str:
    if not _AMOUNT.fullmatch(value):
        raise PydanticCustomError(
            "not_money", _('Money is written as a string like "19.90", and can\'t be negative.')
        )
    whole, _point, decimals = value.partition(".")
    decimals = decimals.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole


def read_thousandths(value: object) -> int:
    """A quantity in thousandths, from a number or a decimal string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise PydanticCustomError("not_a_quantity", _("A quantity is a number."))
    written = str(value) if isinstance(value, str | float) or abs(value) < 10**12 else ""
    thousandths = Decimal(written).scaleb(3) if _QUANTITY.fullmatch(written) else None
    if thousandths is None or thousandths != thousandths.to_integral_value():
        raise PydanticCustomError(
            "not_a_quantity",
            _("A quantity is a number of at least 0 with at most three decimals."),
        )
    return int(thousandths)


def text(max_length: int, *, min_length: int = 0) -> StringConstraints:
    """Text without NUL of at most so many characters."""
    return StringConstraints(max_length=max_length, min_length=min_length, pattern=NO_NUL)


Instant = Annotated[datetime, BeforeValidator(read_instant)]
Amount = Annotated[str, StringConstraints(max_length=30), AfterValidator(_canonical_amount)]
Thousandths = Annotated[int, BeforeValidator(read_thousandths)]
ExternalId = Annotated[str, text(200, min_length=1)]
ShortText = Annotated[str, text(300)]
Url = Annotated[str, text(4000)]
Key = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class ContactReference(Item):
    """Whose fact it is: by the integrator's id, or by e-mail (semantics 24)."""

    external_id: ExternalId | None = None
    email: Annotated[str, text(320, min_length=3)] | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> ContactReference:
        if self.external_id is None and self.email is None:
            raise PydanticCustomError(
                "contact_missing", _("Give the contact's external_id or email.")
            )
        return self


class UtmFields(Item):
    """The five campaign fields of a link."""

    source: ShortText = ""
    medium: ShortText = ""
    campaign: ShortText = ""
    term: ShortText = ""
    content: ShortText = ""


I = TypeVar("I", bound=Item)  # noqa: E741


class ItemBatch(Generic[I]):
    """The items of one call: those still to be stored, and the results of the others."""

    def __init__(self, items: Sequence[object], model: type[I]) -> None:
        self.size = len(items)
        self.pending: dict[int, I] = {}
        self._results: dict[int, ItemResult] = {}
        for index, raw in enumerate(items):
            try:
                self.pending[index] = model.model_validate(raw)
            except ValidationError as error:
                self._settle(ItemResult(index, ItemStatus.ERROR, errors=item_errors(error)))

    def settle(self, index: int, status: ItemStatus, id: int | None = None) -> None:
        """Say what became of the item."""
        self._settle(ItemResult(index, status, id))

    def refuse(self, index: int, path: str, code: str, message: str) -> None:
        """The item can't be stored."""
        self.refuse_for(index, [ItemError(path, code, message)])

    def refuse_for(self, index: int, errors: Sequence[ItemError]) -> None:
        """The item can't be stored, for these reasons."""
        self._settle(ItemResult(index, ItemStatus.ERROR, errors=tuple(errors)))

    def errors_of(self, index: int) -> Sequence[ItemError]:
        """Why a settled item was refused; empty if it wasn't."""
        return self._results[index].errors

    def _settle(self, result: ItemResult) -> None:
        self.pending.pop(result.index, None)
        self._results[result.index] = result

    def in_order(self) -> list[ItemResult]:
        """One result an item; raises KeyError if one was forgotten."""
        return [self._results[index] for index in range(self.size)]


def item_errors(error: ValidationError) -> tuple[ItemError, ...]:
    """Pydantic's errors as ours."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return tuple(
        ItemError(path_of(detail["loc"]), detail["type"], _message(detail))
        for detail in found[:MAX_ERRORS_AN_ITEM]
    )


def _message(detail: ErrorDetails) -> str:
    known = _MESSAGES.get(detail["type"])
    return str(known) if known else detail["msg"]


def path_of(location: Iterable[str | int]) -> str:
    """`("lines", 0, "amount")` -> `$.lines[0].amount`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in location)
    return "$" + "".join(steps)


def django_errors(error: DjangoValidationError, path: str) -> ItemError:
    """The first error of a validator of ours, at a path."""
    first = error.error_list[0]
    return ItemError(path, first.code or "invalid", first.messages[0])


def content_number(item: Item, *, leave_out: set[str] | None = None) -> int:
    """64 bits that tell whether a repeated item says the same.

    Fields at their defaults don't count, so that fields added later don't change old numbers.
    """
    said = item.model_dump_json(exclude_defaults=True, exclude=leave_out)
    return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), signed=True)


def content_digest(item: Item, *, leave_out: set[str] | None = None) -> str:
    """The same in 64 hexadecimal digits."""
    said = item.model_dump_json(exclude_defaults=True, exclude=leave_out)
    return blake2b(said.encode(), digest_size=32).hexdigest()


def clamp(instant: datetime, now: datetime) -> tuple[datetime, bool]:
    """The instant, or its receipt for one in the future; and whether it was clamped."""
    return (now, True) if instant > now else (instant, False)


def settle_repeats(
    batch: ItemBatch[I],
    *,
    key: Callable[[I], str],
    number: Mapping[int, int],
    known: Mapping[str, tuple[int, int]],
) -> dict[int, int]:
    """Settle the items whose external id is known: duplicates, or errors for other content.

    `known` holds (id, content number) by external id. Answers the index of the first occurrence
    by the index of each repeat within the batch: they are settled once the first is stored.
    """
    first_of: dict[str, int] = {}
    repeats: dict[int, int] = {}
    for index, item in list(batch.pending.items()):
        external_id = key(item)
        stored = known.get(external_id)
        if stored is not None:
            settle_repeat(batch, index, same=stored[1] == number[index], id=stored[0])
        elif external_id in first_of:
            repeats[index] = first_of[external_id]
            batch.pending.pop(index)
        else:
            first_of[external_id] = index
    return repeats


def settle_repeat(batch: ItemBatch[Any], index: int, *, same: bool, id: int) -> None:
    """An item whose external id is stored already."""
    if same:
        batch.settle(index, ItemStatus.DUPLICATE, id)
    else:
        batch.refuse(
            index,
            "$.external_id",
            "different_content",
            _("This external id is stored with other content, and such facts never change."),
        )
