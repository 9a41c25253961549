"""The vocabulary of criteria's parameters: what they accept, how they compare and speak."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from django.db.models import Q, TextChoices
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
)

from contacts.text import KEY_LENGTH, key_of, normalise

MAX_TEXT = 1_000
MAX_VALUES = 1_000


class Value(BaseModel):
    """A structured parameter: immutable, nothing unknown accepted."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=False, allow_inf_nan=False
    )


class Control:
    """Metadata of a parameter: how the wizard shows it, and what its texts refer to.

    `kind`: select, number, money, text, texts, window, reference, references, boolean, date,
    conditions, percent. `reference` names what the texts must exist as: tag, category, attribute,
    activity_kind, product, brand, product_category, list, segment, … (references.py).
    `shown_when`: other field -> values for which this one is needed; it must be absent otherwise.
    """

    def __init__(
        self,
        kind: str,
        *,
        reference: str = "",
        suggest: str = "",
        shown_when: dict[str, Sequence[str]] | None = None,
        **extras: Any,
    ) -> None:
        self.kind = kind
        self.reference = reference
        self.suggest = suggest or reference
        self.shown_when = shown_when or {}
        self.extras = extras

    @property
    def types(self) -> tuple[str, ...]:
        """Which types of attribute or parameter the reference may have; empty for all."""
        return tuple(self.extras.get("types", ()))

    def describe(self) -> dict[str, Any]:
        described: dict[str, Any] = {"control": self.kind, **self.extras}
        if self.reference:
            described["reference"] = self.reference
        if self.suggest:
            described["suggest"] = self.suggest
        if self.shown_when:
            described["shown_when"] = {key: list(v) for key, v in self.shown_when.items()}
        return described


def _decimal_text(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,4})?", value):
        raise ValueError(_("Write the amount as a text like “19.90”."))
    return Decimal(value)


Money = Annotated[
    Decimal, BeforeValidator(_decimal_text), PlainSerializer(str, return_type=str), Control("money")
]
Count = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True), Control("number", whole=True)]
Percent = Annotated[float, Field(gt=0, le=100, strict=True), Control("percent")]


def _plain_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e15:
        raise ValueError(_("A number is expected."))
    return value


NumberValue = Annotated[
    float, PlainValidator(_plain_number, json_schema_input_type=float), Control("number")
]


def _clean_text(value: str) -> str:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(_("The text holds characters that can't be stored."))
    if not value.strip():
        raise ValueError(_("Fill in a value."))
    return value


Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT, strict=True),
    AfterValidator(_clean_text),
]
Texts = Annotated[list[Text], Field(min_length=1, max_length=MAX_VALUES), Control("texts")]


def reference_texts(reference: str, **extras: Any) -> Any:
    """A list of keys that must exist in the workspace as `reference`."""
    return Annotated[
        list[Text],
        Field(min_length=1, max_length=MAX_VALUES),
        Control("references", reference=reference, **extras),
    ]


def reference_text(reference: str, **extras: Any) -> Any:
    """One key that must exist in the workspace as `reference`."""
    return Annotated[Text, Control("reference", reference=reference, **extras)]


def suggested_texts(suggest: str, **extras: Any) -> Any:
    """A list of free texts, with suggestions from real values."""
    return Annotated[
        list[Text],
        Field(min_length=1, max_length=MAX_VALUES),
        Control("texts", suggest=suggest, **extras),
    ]


class AnyOrAll(TextChoices):
    """Lists of values always say which: any or all; none is a group around the row."""

    ANY = "any", gettext_lazy("any of")
    ALL = "all", gettext_lazy("all of")


class NumberOperator(TextChoices):
    """How a number is compared."""

    AT_LEAST = "at_least", gettext_lazy("at least")
    MORE_THAN = "more_than", gettext_lazy("more than")
    AT_MOST = "at_most", gettext_lazy("at most")
    LESS_THAN = "less_than", gettext_lazy("less than")
    EXACTLY = "exactly", gettext_lazy("exactly")
    NOT_EXACTLY = "not_exactly", gettext_lazy("not exactly")
    BETWEEN = "between", gettext_lazy("between")


BETWEEN_ONLY = {"operator": ("between",)}


@dataclass(frozen=True)
class NumberTest:
    """A comparison with numbers already in storage units (minor units, thousandths, seconds).

    Both ends of "between" are included.
    """

    operator: NumberOperator
    value: float | Decimal
    upper: float | Decimal | None = None

    def passes(self, number: float | Decimal) -> bool:
        """Whether the number itself passes."""
        tests = {
            NumberOperator.AT_LEAST: number >= self.value,
            NumberOperator.MORE_THAN: number > self.value,
            NumberOperator.AT_MOST: number <= self.value,
            NumberOperator.LESS_THAN: number < self.value,
            NumberOperator.EXACTLY: number == self.value,
            NumberOperator.NOT_EXACTLY: number != self.value,
            NumberOperator.BETWEEN: self.value <= number <= (self.upper or 0),
        }
        return tests[self.operator]

    def q(self, column: str) -> Q:
        """The comparison on a named column or annotation of our own (never user input)."""
        conditions = {
            NumberOperator.AT_LEAST: Q((f"{column}__gte", self.value)),
            NumberOperator.MORE_THAN: Q((f"{column}__gt", self.value)),
            NumberOperator.AT_MOST: Q((f"{column}__lte", self.value)),
            NumberOperator.LESS_THAN: Q((f"{column}__lt", self.value)),
            NumberOperator.EXACTLY: Q((f"{column}", self.value)),
            # Negative operators include what has no value, comparisons never do.
            NumberOperator.NOT_EXACTLY: Q((f"{column}__lt", self.value))
            | Q((f"{column}__gt", self.value))
            | Q((f"{column}__isnull", True)),
            NumberOperator.BETWEEN: Q((f"{column}__gte", self.value))
            & Q((f"{column}__lte", self.upper)),
        }
        return conditions[self.operator]

    def fails_q(self, column: str) -> Q:
        """The comparison's opposite, for a column that is never null."""
        conditions = {
            NumberOperator.AT_LEAST: Q((f"{column}__lt", self.value)),
            NumberOperator.MORE_THAN: Q((f"{column}__lte", self.value)),
            NumberOperator.AT_MOST: Q((f"{column}__gt", self.value)),
            NumberOperator.LESS_THAN: Q((f"{column}__gte", self.value)),
            NumberOperator.EXACTLY: Q((f"{column}__lt", self.value))
            | Q((f"{column}__gt", self.value)),
            NumberOperator.NOT_EXACTLY: Q((f"{column}", self.value)),
            NumberOperator.BETWEEN: Q((f"{column}__lt", self.value))
            | Q((f"{column}__gt", self.upper)),
        }
        return conditions[self.operator]


def say_number(number: int | float | Decimal) -> str:
    """ "1,234.5", with the language's separators."""
    whole = int(number) if isinstance(number, float) and number.is_integer() else number
    return number_format(whole, force_grouping=True)


def say_percent(percent: float) -> str:
    """ "33.3", with the language's separator and no needless zeros."""
    return number_format(f"{percent:g}")


def say_test(operator: NumberOperator, value: str, upper: str | None = None) -> str:
    """ "at least 3", "between 2 and 5"."""
    if operator == NumberOperator.BETWEEN:
        return _("between {value} and {upper}").format(value=value, upper=upper)
    return f"{operator.label} {value}"


class TextOperator(TextChoices):
    """How text is compared; the negative ones include contacts without a value."""

    IS_ANY_OF = "any_of", gettext_lazy("is any of")
    IS_NONE_OF = "none_of", gettext_lazy("is none of")
    CONTAINS = "contains", gettext_lazy("contains")
    NOT_CONTAINS = "not_contains", gettext_lazy("does not contain")
    STARTS_WITH = "starts_with", gettext_lazy("starts with")
    NOT_STARTS_WITH = "not_starts_with", gettext_lazy("does not start with")
    ENDS_WITH = "ends_with", gettext_lazy("ends with")
    NOT_ENDS_WITH = "not_ends_with", gettext_lazy("does not end with")
    MATCHES = "matches", gettext_lazy("matches the pattern")
    NOT_MATCHES = "not_matches", gettext_lazy("does not match the pattern")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


# Each negative operator and the positive one whose complement it is.
POSITIVE: dict[TextOperator, TextOperator] = {
    TextOperator.IS_NONE_OF: TextOperator.IS_ANY_OF,
    TextOperator.NOT_CONTAINS: TextOperator.CONTAINS,
    TextOperator.NOT_STARTS_WITH: TextOperator.STARTS_WITH,
    TextOperator.NOT_ENDS_WITH: TextOperator.ENDS_WITH,
    TextOperator.NOT_MATCHES: TextOperator.MATCHES,
    TextOperator.HAS_NO_VALUE: TextOperator.HAS_VALUE,
}

# Operators that take values at all.
WITH_VALUES: tuple[str, ...] = tuple(
    operator.value
    for operator in TextOperator
    if operator not in (TextOperator.HAS_VALUE, TextOperator.HAS_NO_VALUE)
)


def escape_like(text: str) -> str:
    """Text in which `%`, `_` and `\\` mean themselves in a LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True)
class TextTest:
    """A positive text comparison on a normalised column (any of the values).

    `key_column`, where there is one, is the indexed beginning of `column`.
    """

    operator: TextOperator
    values: Sequence[str] = field(default_factory=tuple)

    def q(self, column: str, key_column: str = "") -> Q:
        wanted = [normalise(value) for value in self.values]
        if self.operator == TextOperator.IS_ANY_OF:
            exact = Q((f"{column}__in", wanted))
            if not key_column:
                return exact
            by_key = Q((f"{key_column}__in", [key_of(value) for value in wanted]))
            # Of a short text the beginning is all there is.
            is_short = all(len(value) < KEY_LENGTH for value in wanted)
            return by_key if is_short else exact & by_key
        if self.operator == TextOperator.HAS_VALUE:
            return Q((f"{column}__isnull", False)) & ~Q((column, ""))
        lookups = {
            TextOperator.CONTAINS: "contains",
            TextOperator.STARTS_WITH: "startswith",
            TextOperator.ENDS_WITH: "endswith",
            TextOperator.MATCHES: "matches_pattern",
        }
        condition = Q()
        for value in wanted:
            condition |= Q((f"{column}__{lookups[self.operator]}", value))
        return condition


def say_values(values: Sequence[Any], joiner: str) -> str:
    """ "vip, gold or silver"; long lists collapse."""
    shown = [str(value) for value in values]
    if len(shown) == 1:
        return shown[0]
    return _("{values} {joiner} {last}").format(
        values=", ".join(shown[:-1]), joiner=joiner, last=shown[-1]
    )
