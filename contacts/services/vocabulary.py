"""The attributes and categories a workspace knows, as a batch needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from contacts.models import AttributeDefinition, AttributeType, Category
from contacts.services.builtins import BUILTIN_ATTRIBUTES, ensure_builtin_attributes
from contacts.services.documents import ContactItem
from contacts.services.labels import ensure_categories, label_key
from contacts.values import (
    KEY_PATTERN,
    ReadingContext,
    Slots,
    declared_type,
    is_empty,
    read_values,
)
from workspaces.batches import ItemError
from workspaces.models import Workspace

# These stand beside `attributes` in an item, and are attributes all the same.
TOP_LEVEL = ("email", "phone", "time_zone", "language")


@dataclass
class Vocabulary:
    """What the workspace knows, by key."""

    workspace: Workspace
    attributes: dict[str, AttributeDefinition]
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def attribute_ids(self) -> dict[str, int]:
        return {key: definition.pk for key, definition in self.attributes.items()}

    @property
    def sets(self) -> frozenset[int]:
        """Ids of the attributes with several values, which are always stated together."""
        return frozenset(
            definition.pk
            for definition in self.attributes.values()
            if definition.type == AttributeType.CHOICES
        )

    def read_attributes(
        self, item: ContactItem, context: ReadingContext
    ) -> tuple[dict[int, Slots], list[ItemError]]:
        """Typed values by attribute id; null and "" take a value away."""
        values: dict[int, Slots] = {}
        errors: list[ItemError] = []
        for path, key, raw in _stated_attributes(item):
            definition = self.attributes.get(key)
            if definition is None:
                errors.append(
                    ItemError(path, "unknown_attribute", _("There is no such attribute."))
                )
                continue
            if definition.pk in values:
                errors.append(ItemError(path, "given_twice", _("This is given twice.")))
                continue
            try:
                values[definition.pk] = read_values(definition, raw, context)
            except ValueError as error:
                errors.append(ItemError(path, f"invalid_{definition.type}", str(error)))
        return values, errors

    def read_categories(self, item: ContactItem) -> tuple[frozenset[int] | None, list[ItemError]]:
        """Ids of the categories an item states, or None when it says nothing of them."""
        if item.categories is None:
            return None, []
        keys = [label_key(name) for name in item.categories]
        errors = [
            ItemError(
                f"$.categories[{position}]", "unknown_category", _("There is no such category.")
            )
            for position, key in enumerate(keys)
            if key not in self.categories
        ]
        return frozenset(self.categories[key] for key in keys if key in self.categories), errors

    def note_first_known(self, first_known: Mapping[int, datetime]) -> None:
        """Keep since when each attribute is recorded; it says how far back an answer reaches."""
        known = {each.pk: each.first_known_at for each in self.attributes.values()}
        for attribute_id, at in sorted(first_known.items()):  # one order for all writers
            before = known.get(attribute_id)
            if before is None or at < before:
                AttributeDefinition.objects.in_workspace(self.workspace).filter(
                    pk=attribute_id
                ).update(first_known_at=Least(Coalesce(F("first_known_at"), Value(at)), Value(at)))


def _stated_attributes(item: ContactItem) -> list[tuple[str, str, Any]]:
    """Path, key and raw value of everything an item says, top level first."""
    stated: list[tuple[str, str, Any]] = [
        (f"$.{key}", key, getattr(item, key)) for key in TOP_LEVEL if key in item.model_fields_set
    ]
    stated += [(f"$.attributes.{key}", key, raw) for key, raw in item.attributes.items()]
    return stated


def load_vocabulary(
    workspace: Workspace, items: Sequence[ContactItem], *, define: bool
) -> Vocabulary:
    """Everything these items may name; with `define`, what is missing is declared first."""
    attributes = _definitions(workspace)
    if not attributes.keys() >= BUILTIN_ATTRIBUTES.keys():
        ensure_builtin_attributes(workspace=workspace)
        attributes = _definitions(workspace)
    if define and _declare_missing(workspace, items, attributes):
        attributes = _definitions(workspace)
    names = {label_key(name): name for item in items for name in item.categories or ()}
    if define and names:
        ensure_categories(workspace.pk, names)
    known = Category.objects.in_workspace(workspace).filter(key__in=list(names))
    categories = dict(known.values_list("key", "id")) if names else {}
    return Vocabulary(workspace, attributes, categories)


def _definitions(workspace: Workspace) -> dict[str, AttributeDefinition]:
    return {each.key: each for each in AttributeDefinition.objects.in_workspace(workspace)}


def _declare_missing(
    workspace: Workspace,
    items: Sequence[ContactItem],
    known: Mapping[str, AttributeDefinition],
) -> bool:
    """Declare unknown attributes by the JSON type of their first value."""
    types: dict[str, AttributeType] = {}
    for item in items:
        for key, raw in item.attributes.items():
            if key in known or key in types or is_empty(raw) or not re.match(KEY_PATTERN, key):
                continue
            try:
                types[key] = declared_type(raw)
            except ValueError:
                continue
    AttributeDefinition.objects.bulk_create(
        [
            AttributeDefinition(
                workspace=workspace, key=key, label=_label_of(key), type=attribute_type
            )
            for key, attribute_type in sorted(types.items())
        ],
        ignore_conflicts=True,
    )
    return bool(types)


def _label_of(key: str) -> str:
    return key.replace("_", " ").capitalize()
