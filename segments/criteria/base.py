"""What a criterion is: one question about a contact, declared in one class.

Written once per criterion: `key`, `label`, `phrase`, `examples`, the typed parameters, and
`matching`. Schema, form, sentence, references and tests are derived from these.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin

from django.db.models import QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from segments.criteria.agreeing import Agreeing
from segments.criteria.evidence import Measured, rows_behind
from segments.criteria.scope import Scope
from segments.criteria.values import AnyOrAll, Control, Value, say_number, say_values
from segments.criteria.windows import EVER, WindowKind, say_window


class Family(TextChoices):
    """How criteria are grouped in the picker, in this order."""

    CONTACT = "contact", gettext_lazy("Details")
    TAGS = "tags", gettext_lazy("Tags and categories")
    CONSENT = "consent", gettext_lazy("Consent")
    VISITS = "visits", gettext_lazy("Visits and pages")
    ACTIVITIES = "activities", gettext_lazy("Activities")
    TRANSACTIONS = "transactions", gettext_lazy("Transactions")
    STATISTICS = "statistics", gettext_lazy("Transaction statistics")
    RANKS = "ranks", gettext_lazy("Ranks")
    MEMBERSHIP = "membership", gettext_lazy("Segments and lists")


@dataclass(frozen=True)
class Speech:
    """What a sentence needs beside the tree: the currency and the labels of references."""

    currency: str = ""
    labels: dict[tuple[str, str], str] = field(default_factory=dict)

    def label(self, reference: str, key: str) -> str:
        return self.labels.get((reference, key), key)


@dataclass(frozen=True)
class Reference:
    """A key in a tree that must exist in the workspace. `path` is relative to the leaf.

    `types`: which types of attribute or parameter fit; empty for all.
    """

    kind: str
    key: str
    path: tuple[str | int, ...]
    types: tuple[str, ...] = ()


class Criterion(Value):
    """One question about a contact. Subclasses are statements: `HasTag`, `AmountSpent`."""

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    help: ClassVar[str | Promise] = ""
    family: ClassVar[Family]
    icon: ClassVar[str] = "filter"
    phrase: ClassVar[str | Promise | Agreeing]
    agrees_with: ClassVar[str] = "number"  # the parameter such a phrase agrees with
    examples: ClassVar[tuple[dict[str, Any], ...]]
    # Sources of facts whose "recorded since" limits what a negative answer means (semantics 15).
    sources: ClassVar[tuple[str, ...]] = ()

    def matching(self, scope: Scope) -> QuerySet[Any]:
        """Contact ids (one column `contact_id`, repeats allowed) straight from the fact table."""
        raise NotImplementedError

    @property
    def negated(self) -> bool:
        """Whether the answer is everybody but `matching`."""
        return False

    @property
    def relies_on_absence(self) -> bool:
        """Whether contacts pass because something wasn't recorded of them."""
        return self.negated

    @property
    def asks_each_row(self) -> bool:
        """Whether a contact matches by any one row with validity, whatever other rows say."""
        return False

    def present(self, scope: Scope) -> QuerySet[Any] | None:
        """Contact ids that have a value, or any fact, of the kind asked about; None: everybody."""
        return None

    def recorded_sources(self) -> tuple[str, ...]:
        """`sources`, where they depend on the parameters."""
        return self.sources

    def windows(self) -> tuple[WindowKind | str, ...]:
        """The windows the answer looks into, for coverage."""
        return tuple(windows_in(self))

    # --- Why somebody is in or out (segments/explain) -----------------------------------------

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        """The rows the answer rests on, whether or not there are enough of them."""
        return rows_behind(self.matching(scope))

    @property
    def rests_on_oldest(self) -> bool:
        """Whether the oldest rows decide, not the newest."""
        return False

    def measured(self, scope: Scope) -> Measured | None:
        """The number that is compared, where one is; `scope` is of one contact."""
        return None

    def at_any_time(self) -> Criterion | None:
        """The same question without its window; None where it has none."""
        if getattr(self, "window", None) in (None, EVER):
            return None
        return self.model_copy(update={"window": EVER})

    def edges(self) -> tuple[WindowKind, ...]:
        """Windows that can change the answer by moving past a row of evidence."""
        return tuple(each for each in self.windows() if isinstance(each, WindowKind))

    def edge_column(self, scope: Scope) -> str:
        """The column of the evidence those windows move past; empty: when a row happened."""
        return ""

    def change(self, speech: Speech, *, holds: bool) -> str:
        """What would flip the answer, where that can be said better than by the row itself."""
        return ""

    def instants(self) -> int:
        """At how many instants a segment named here is evaluated."""
        return 1

    def more_references(self) -> Iterator[Reference]:
        """Keys that must exist and depend on other parameters."""
        yield from ()

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Rules between parameters: (path below the leaf, message) for each one broken."""
        yield from ()

    def say(self, speech: Speech) -> str:
        """The row as a sentence part."""
        spoken = {name: self.say_field(name, speech) for name in type(self).model_fields}
        words = self._phrase().format(**spoken).split(" ")
        return " ".join(word for word in words if word)  # a space inside a number stays

    def _phrase(self) -> str:
        if isinstance(self.phrase, Agreeing):
            return self.phrase.with_number(self.said_number)
        return str(self.phrase)

    @property
    def said_number(self) -> Any:
        """The number that words agree with; of "between" the upper one."""
        upper = getattr(self, "upper", None)
        return getattr(self, self.agrees_with) if upper is None else upper

    def say_field(self, name: str, speech: Speech) -> str:
        """One parameter in words; override for parameters that speak together."""
        value = getattr(self, name)
        control = control_of(type(self).model_fields[name])
        joiner = _("and") if AnyOrAll.ALL in self.__dict__.values() else _("or")
        return say_value(value, control, speech, joiner)

    def document(self) -> dict[str, Any]:
        """The leaf as it stands in a document."""
        return {"type": self.key, **document_of(self)}


def document_of(value: BaseModel) -> dict[str, Any]:
    """Parameters as given: what was left out stays out."""
    return value.model_dump(mode="json", by_alias=True, exclude_unset=True)


def say_value(value: Any, control: Control | None, speech: Speech, joiner: str) -> str:
    """Any parameter in words."""
    if value is None or value == []:
        return ""
    if isinstance(value, WindowKind) or (control is not None and control.kind == "window"):
        return say_window(value)
    if isinstance(value, Value):
        say = getattr(value, "speak", None)
        return say(speech) if say else str(value)
    if isinstance(value, list):
        if isinstance(value[0], Value):
            return ", ".join(say_value(item, control, speech, joiner) for item in value)
        reference = control.reference if control else ""
        return say_values([speech.label(reference, str(item)) for item in value], joiner)
    if isinstance(value, TextChoices):
        return str(value.label)
    if isinstance(value, Decimal) and (control is None or control.kind == "money"):
        return f"{speech.currency} {say_number(value)}".strip()
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return say_number(value)
    return speech.label(control.reference if control else "", str(value))


@dataclass(frozen=True)
class Parameter:
    """A parameter of a class: its name, what it is called in documents, and its control."""

    name: str
    alias: str
    control: Control | None


@cache
def parameters_of(cls: type[BaseModel]) -> tuple[Parameter, ...]:
    """In the order of their declaration."""
    return tuple(
        Parameter(name, info.alias or name, control_of(info))
        for name, info in cls.model_fields.items()
    )


def control_of(info: FieldInfo) -> Control | None:
    """The control a parameter declares, wherever in its annotation it stands."""
    for item in info.metadata:
        if isinstance(item, Control):
            return item
    return _control_in(info.annotation)


def _control_in(annotation: Any) -> Control | None:
    if get_origin(annotation) is Annotated:
        for item in get_args(annotation)[1:]:
            if isinstance(item, Control):
                return item
        return _control_in(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        for option in get_args(annotation):
            found = _control_in(option)
            if found is not None:
                return found
    return None


def references_in(value: BaseModel, path: tuple[str | int, ...] = ()) -> Iterator[Reference]:
    """Every key below this value that must exist in the workspace."""
    if isinstance(value, Criterion):
        yield from value.more_references()
    for each in parameters_of(type(value)):
        content, control = getattr(value, each.name), each.control
        here = (*path, each.alias)
        if isinstance(content, BaseModel):
            yield from references_in(content, here)
        elif isinstance(content, list):
            for index, item in enumerate(content):
                if isinstance(item, BaseModel):
                    yield from references_in(item, (*here, index))
                elif control is not None and control.reference:
                    yield Reference(control.reference, str(item), (*here, index), control.types)
        elif control is not None and control.reference and content is not None:
            yield Reference(control.reference, str(content), here, control.types)


def windows_in(value: BaseModel) -> Iterator[WindowKind | str]:
    """Every window below this value."""
    for each in parameters_of(type(value)):
        content, control = getattr(value, each.name), each.control
        if isinstance(content, WindowKind) or (
            isinstance(content, str) and control is not None and control.kind == "window"
        ):
            yield content
        elif isinstance(content, BaseModel):
            yield from windows_in(content)
        elif isinstance(content, list):
            for item in content:
                if isinstance(item, BaseModel):
                    yield from windows_in(item)


def broken_rules(
    value: BaseModel, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Parameters that are missing or don't belong, by `shown_when` and by `check`."""
    for each in parameters_of(type(value)):
        content, control = getattr(value, each.name), each.control
        here = (*path, each.alias)
        if control is not None and control.shown_when:
            needed = all(
                _plain(getattr(value, other)) in allowed
                for other, allowed in control.shown_when.items()
            )
            if needed and content is None and not control.extras.get("optional"):
                yield here, _("Fill in a value.")
            if not needed and content is not None:
                yield here, _("This doesn't belong to the chosen operator.")
        items = content if isinstance(content, list) else [content]
        for index, item in enumerate(items):
            if isinstance(item, BaseModel):
                yield from broken_rules(item, (*here, index) if item is not content else here)
    check = getattr(value, "check", None)
    if check is not None:
        for below, message in check():
            yield (*path, *below), message


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


_REGISTRY: dict[str, type[Criterion]] = {}

C = TypeVar("C", bound=Criterion)


class CriterionDefinitionError(TypeError):
    """A criterion class lacks something, or its key is taken."""


def criterion(cls: type[C]) -> type[C]:
    """Register a criterion class under its permanent key."""
    for name in ("key", "label", "family", "phrase", "examples"):
        if not getattr(cls, name, None):
            raise CriterionDefinitionError(f"{cls.__name__} lacks {name}.")
    if cls.key in _REGISTRY:
        raise CriterionDefinitionError(f"{cls.key} is registered twice.")
    _REGISTRY[cls.key] = cls
    return cls


def all_criteria() -> list[type[Criterion]]:
    """Every criterion, by family and then as declared."""
    order = list(Family)
    return sorted(_REGISTRY.values(), key=lambda cls: order.index(cls.family))


def find_criterion(key: str) -> type[Criterion] | None:
    return _REGISTRY.get(key)
