"""What a campaign's documents name: checked when they are saved, and kept for used-in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.documents import Audience, Condition, Content, Part, ProductsBlock, Testing
from campaigns.documents.content import CONDITION
from campaigns.models import Campaign, CampaignReference
from contacts.models import StaticList
from contacts.text import normalise
from segments.models import Segment
from transactions.models import Brand, Product
from workspaces.batches import ItemError
from workspaces.models import Workspace


@dataclass(frozen=True)
class Name:
    """A thing a document names, and where."""

    kind: str  # segment, list, brand, product
    key: str
    path: str


def names_in(part: Any, path: str) -> Iterator[Name]:
    """Everything a part names, however deep, with its path."""
    if isinstance(part, str):
        for number in CONDITION.findall(part):
            yield Name("segment", number, path)
    elif isinstance(part, list | tuple):
        for index, each in enumerate(part):
            yield from names_in(each, f"{path}[{index}]")
    elif isinstance(part, Part):
        yield from _named_by(part, path)
        for name in type(part).model_fields:
            yield from names_in(getattr(part, name), f"{path}.{name}")


def _named_by(part: Part, path: str) -> Iterator[Name]:
    if isinstance(part, Audience):
        for kind, field in _AUDIENCE:
            for index, key in enumerate(getattr(part, field)):
                yield Name(kind, str(key), f"{path}.{field}[{index}]")
    elif isinstance(part, Condition):
        yield Name("segment", str(part.segment), f"{path}.segment")
    elif isinstance(part, ProductsBlock):
        if part.brand:
            yield Name("brand", normalise(part.brand), f"{path}.brand")
        for index, key in enumerate(part.products):
            yield Name("product", key, f"{path}.products[{index}]")


_AUDIENCE = (
    ("segment", "segments"),
    ("segment", "exclude_segments"),
    ("list", "lists"),
    ("list", "exclude_lists"),
)


def unknown_names(workspace: Workspace, names: Collection[Name]) -> list[ItemError]:
    """An error for each name of what isn't there, or is archived."""
    known = {kind: _known(workspace, kind, names) for kind in {name.kind for name in names}}
    return [
        ItemError(name.path, "unknown", str(_UNKNOWN[name.kind]))
        for name in names
        if name.key not in known[name.kind]
    ]


def keep_references(campaign: Campaign, names: Iterable[Name]) -> None:
    """Make the campaign's references exactly these."""
    wanted = {(name.kind, name.key[:200]) for name in names}
    rows = CampaignReference.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    kept = set(rows.values_list("kind", "key"))
    if kept == wanted:
        return
    rows.delete()
    CampaignReference.objects.bulk_create(
        CampaignReference(workspace_id=campaign.workspace_id, campaign=campaign, kind=kind, key=key)
        for kind, key in sorted(wanted)
    )


def names_of_parts(*, audience: Audience, content: Content, testing: Testing) -> tuple[Name, ...]:
    """What the three parts that name things name."""
    return (
        *names_in(audience, "$.audience"),
        *names_in(content, "$.content"),
        *names_in(testing, "$.testing"),
    )


def _known(workspace: Workspace, kind: str, names: Collection[Name]) -> set[str]:
    return _FINDERS[kind](workspace, {name.key for name in names if name.kind == kind})


def _known_segments(workspace: Workspace, keys: set[str]) -> set[str]:
    rows = Segment.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    return {str(pk) for pk in rows.filter(pk__in=_ids(keys)).values_list("pk", flat=True)}


def _known_lists(workspace: Workspace, keys: set[str]) -> set[str]:
    rows = StaticList.objects.in_workspace(workspace)
    return {str(pk) for pk in rows.filter(pk__in=_ids(keys)).values_list("pk", flat=True)}


def _known_brands(workspace: Workspace, keys: set[str]) -> set[str]:
    rows = Brand.objects.in_workspace(workspace).filter(key__in=keys)
    return set(rows.values_list("key", flat=True))


def _known_products(workspace: Workspace, keys: set[str]) -> set[str]:
    rows = Product.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    return set(rows.filter(external_id__in=keys).values_list("external_id", flat=True))


def _ids(keys: Iterable[str]) -> list[int]:
    """Ids that a bigint can hold; others name nothing."""
    return [number for key in keys if 0 < (number := int(key)) < 2**63]


_FINDERS: dict[str, Callable[[Workspace, set[str]], set[str]]] = {
    "segment": _known_segments,
    "list": _known_lists,
    "brand": _known_brands,
    "product": _known_products,
}
_UNKNOWN: dict[str, Promise] = {
    "segment": _("There is no such segment."),
    "list": _("There is no such list."),
    "brand": _("There is no such brand."),
    "product": _("There is no such product."),
}
