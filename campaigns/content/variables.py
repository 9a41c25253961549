"""What templates can say: a closed list. Everything else is an error before anything is sent."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.content.layout import blocks_of
from campaigns.documents import Content, ProductsBlock
from contacts.models import AttributeDefinition, AttributeType
from workspaces.models import Workspace

PRODUCT_FIELDS = ("name", "url", "image_url", "price")
_OF_LISTS = ("size", "first", "last")
_SEGMENT = re.compile(r"segment_[1-9][0-9]{0,17}", re.ASCII)

_EXAMPLES = {
    "email": "anna@example.com",
    "phone": "+48 600 700 800",
    "first_name": "Anna",
    "last_name": "Nowak",
    "gender": "female",
    "birthday": "1990-06-15",
    "city": "Gdynia",
    "region": "Pomerania",
    "postal_code": "81-001",
    "country": "PL",
    "language": "en",
    "time_zone": "Europe/Warsaw",
    "company": "Example Ltd",
    "job_title": "Buyer",
}
_OF_TYPES: dict[str, Any] = {
    AttributeType.NUMBER: 42,
    AttributeType.BOOLEAN: True,
    AttributeType.DATE: "2026-06-30",
    AttributeType.DATETIME: "2026-06-30T12:00:00+00:00",
}


@dataclass(frozen=True)
class Variable:
    """One thing templates can say: how it is written, what it is, what it looks like."""

    name: str
    label: str
    example: Any
    is_list: bool = False  # of products


def variables_of(workspace: Workspace) -> list[Variable]:
    """The closed list of a workspace. Inside its scope; one query."""
    definitions = AttributeDefinition.objects.in_workspace(workspace).order_by("-is_builtin", "pk")
    return [
        *(Variable(f"contact.{each.key}", _(each.label), example_of(each)) for each in definitions),
        Variable("contact.last_products", _("Last products bought"), [], is_list=True),
        Variable("code", _("Discount code"), "SAMPLE-CODE"),
        Variable("unsubscribe_url", _("Address to unsubscribe"), "#unsubscribe"),
        Variable("preferences_url", _("Address of the preferences"), "#preferences"),
        Variable("view_url", _("The message in the browser"), "#view"),
        Variable("workspace.name", _("Name of the workspace"), workspace.name),
        Variable("workspace.postal_address", _("Postal address"), ""),
        Variable("campaign.name", _("Name of the campaign"), _("Campaign")),
        Variable("today", _("Day of the send"), "2026-06-30"),
    ]


def example_of(definition: AttributeDefinition) -> Any:
    """What a value of the attribute may look like."""
    if definition.key in _EXAMPLES:
        return _EXAMPLES[definition.key]
    options = [str(option.get("key", "")) for option in definition.options]
    if definition.type == AttributeType.CHOICES:
        return options[:2] or [_("Example")]
    if definition.type == AttributeType.CHOICE:
        return next(iter(options), _("Example"))
    return _OF_TYPES.get(definition.type, _("Example"))


def unknown_in(
    paths: Iterable[Sequence[Any]], variables: Sequence[Variable], lists: Iterable[str] = ()
) -> dict[str, str]:
    """Of the paths a template reads, those that are not in the list, with the nearest that is.

    `lists`: names of lists of products beside those of `variables`.
    """
    names = {each.name for each in variables if not each.is_list}
    products = {each.name for each in variables if each.is_list} | set(lists)
    found = {}
    for path in paths:
        if _is_known(path, names, products):
            continue
        written = ".".join(str(step) for step in path)
        near = difflib.get_close_matches(written, [*names, *products], n=1, cutoff=0.5)
        found[written] = near[0] if near else ""
    return found


def _is_known(path: Sequence[Any], names: set[str], products: set[str]) -> bool:
    steps = [step for step in path if isinstance(step, str | int)]
    if len(steps) < len(path):  # contact[contact.city]: which one is known too late
        return False
    if len(steps) == 1 and isinstance(steps[0], str) and _SEGMENT.fullmatch(steps[0]):
        return True
    for length in (1, 2):
        name, rest = ".".join(str(step) for step in steps[:length]), steps[length:]
        if name in names and (not rest or rest == ["size"]):
            return True
        if name in products:
            return _is_of_products(rest)
    return False


def _is_of_products(rest: Sequence[str | int]) -> bool:
    if not rest or list(rest) == ["size"]:
        return True
    is_one = isinstance(rest[0], int) or rest[0] in _OF_LISTS
    return is_one and (len(rest) == 1 or (len(rest) == 2 and rest[1] in PRODUCT_FIELDS))


def product_blocks(content: Content) -> list[ProductsBlock]:
    """The product blocks of a content in order: the n-th's products are `products_n`."""
    return [block for block in blocks_of(content.body) if isinstance(block, ProductsBlock)]
