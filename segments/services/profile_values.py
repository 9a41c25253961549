"""The values a segment is compared with everybody by: details, tags, what was bought.

Each dimension is one queryset of (part, value, shown, contact): `part` tells attributes apart,
`value` is what is grouped by, `shown` a spelling of it. A contact has a value at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import AttributeDefinition, AttributeType, AttributeValue, ContactTag, Tag
from contacts.text import normalise
from segments.criteria.scope import Scope
from transactions.models import Brand, ProductCategory
from workspaces.models import Workspace

Document = dict[str, Any]

COMPARED_TYPES = (
    AttributeType.TEXT,
    AttributeType.CHOICE,
    AttributeType.CHOICES,
    AttributeType.BOOLEAN,
)
# They tell one person from another, not one group from another.
PERSONAL = ("email", "phone", "first_name", "last_name")
PLACES = ("city", "region", "country")
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Named:
    """A value in words: as a row of a tree where there is such a row, and in a sentence."""

    dimension: str  # attribute.city, tag, brand, …
    dimension_label: str
    label: str
    phrase: str  # after "3.2 × as often": "from Gdańsk", "tagged vip", "buyers of Skis"
    row: Document | None
    reference: tuple[str, str] | None  # what a definition that names it refers to


@dataclass(frozen=True)
class Counted:
    """A value and how many have it."""

    part: int
    value: str
    shown: str
    everybody: int
    members: int


Rows = Callable[[Scope], QuerySet[Any, Any]]
Namer = Callable[[Workspace, Iterable[Counted]], Mapping[tuple[int, str], Named]]


@dataclass(frozen=True)
class Dimension:
    """One way to group contacts, and how its values are called."""

    key: str
    rows: Rows
    names: Namer


def grouped(rows: QuerySet[Any, Any], value: Any, **more: Any) -> QuerySet[Any, Any]:
    expressions = {
        "part_": Value(0, output_field=IntegerField()),
        "value_": value,
        "shown_": Value("", output_field=TextField()),
        **more,
    }
    found: QuerySet[Any, Any] = rows.annotate(**expressions).values_list(
        "part_", "value_", "shown_", "contact_id"
    )
    return found


# --- Details --------------------------------------------------------------------------------


def _attribute_rows(scope: Scope) -> QuerySet[Any, Any]:
    """Texts beyond the indexed length are nobody's group; they are left out."""
    compared = (
        AttributeDefinition.objects.in_workspace(scope.workspace)
        .filter(type__in=COMPARED_TYPES)
        .exclude(key__in=PERSONAL)
    )
    ids = list(compared.values_list("pk", flat=True))
    values = scope.valid(AttributeValue).filter(attribute_id__in=ids)
    short = values.filter(text_norm=F("text_key")) | values.filter(number__in=(0, 1))
    is_yes = Case(When(number=1, then=Value(YES)), default=Value(NO))
    value = Coalesce("text_key", is_yes, output_field=TextField())
    shown = Coalesce("text", Value(""), output_field=TextField())
    return grouped(short, value, part_=F("attribute_id"), shown_=shown)


def _name_details(
    workspace: Workspace, found: Iterable[Counted]
) -> Mapping[tuple[int, str], Named]:
    definitions = AttributeDefinition.objects.in_workspace(workspace).in_bulk(
        list({each.part for each in found})
    )
    return {
        (each.part, each.value): _name_detail(definitions[each.part], each)
        for each in found
        if each.part in definitions
    }


def _name_detail(definition: AttributeDefinition, each: Counted) -> Named:
    label, attribute = _(definition.label), definition.key
    if definition.type == AttributeType.BOOLEAN:
        row: Document = {"type": "contacts.boolean", "attribute": attribute, "operator": each.value}
        shown = _("yes") if each.value == YES else _("no")
    else:
        row = {
            "type": f"contacts.{definition.type}",
            "attribute": attribute,
            "operator": "any_of",
            "values": [each.shown],
        }
        shown = _option_label(definition, each)
    phrase = _("from {value}") if attribute in PLACES else _("with {detail}: {value}")
    return Named(
        dimension=f"attribute.{attribute}",
        dimension_label=label,
        label=shown,
        phrase=phrase.format(detail=label, value=shown),
        row=row,
        reference=("attribute", attribute),
    )


def _option_label(definition: AttributeDefinition, each: Counted) -> str:
    """Built-in choices are shown translated."""
    for option in definition.options:
        if normalise(option["key"]) == each.value:
            label: str = option["label"]
            return _(label) if definition.is_builtin and label else label or each.shown
    return each.shown


# --- Tags, brands, product categories -------------------------------------------------------


def _tag_rows(scope: Scope) -> QuerySet[Any, Any]:
    return grouped(scope.valid(ContactTag), Cast("tag_id", TextField()))


def _bought(column: str) -> Rows:
    def rows(scope: Scope) -> QuerySet[Any, Any]:
        lines = scope.bought_lines().exclude((f"{column}__isnull", True))
        return grouped(lines, Cast(column, TextField())).distinct()

    return rows


def _name_tags(workspace: Workspace, found: Iterable[Counted]) -> Mapping[tuple[int, str], Named]:
    tags = Tag.objects.in_workspace(workspace).in_bulk([int(each.value) for each in found])
    return {
        (0, str(pk)): Named(
            dimension="tag",
            dimension_label=_("Tag"),
            label=tag.name,
            phrase=_("tagged {tag}").format(tag=tag.name),
            row={"type": "tags.has", "match": "any", "tags": [tag.key]},
            reference=("tag", tag.key),
        )
        for pk, tag in tags.items()
    }


def _name_bought(
    dimension: str,
    model: type[Brand] | type[ProductCategory],
    field: str,
    label: Promise,
    phrase: Promise,
) -> Namer:
    def names(workspace: Workspace, found: Iterable[Counted]) -> Mapping[tuple[int, str], Named]:
        things = model.objects.in_workspace(workspace).in_bulk([int(each.value) for each in found])
        return {
            (0, str(pk)): Named(
                dimension=dimension,
                dimension_label=str(label),
                label=thing.name,
                phrase=str(phrase).format(name=thing.name),
                row={
                    "type": "transactions.bought",
                    "where": [{"field": field, "values": [thing.name]}],
                },
                reference=(dimension, thing.key),
            )
            for pk, thing in things.items()
        }

    return names


DETAILS = Dimension("attributes", _attribute_rows, _name_details)
TAGS = Dimension("tags", _tag_rows, _name_tags)
BRANDS = Dimension(
    "brands",
    _bought("brand_id"),
    _name_bought(
        "brand", Brand, "brand", gettext_lazy("Brand bought"), gettext_lazy("buyers of {name}")
    ),
)
PRODUCT_CATEGORIES = Dimension(
    "product_categories",
    _bought("category_id"),
    _name_bought(
        "product_category",
        ProductCategory,
        "category",
        gettext_lazy("Product category bought"),
        gettext_lazy("buyers of {name}"),
    ),
)
