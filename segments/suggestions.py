"""Real values for the wizard's inputs, each with how often it is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.translation import gettext

from contacts.models import (
    AttributeDefinition,
    AttributeValue,
    Category,
    StaticList,
    Tag,
)
from contacts.text import normalise
from segments.campaign_keys import every_campaign
from segments.loose_spelling import loose_pattern
from segments.models import Segment
from tracking.models import (
    ActivityKind,
    ActivityParameter,
    ActivityValue,
    MessageEvent,
    PageView,
    Visit,
)
from transactions.models import (
    Brand,
    LineItem,
    LineProperty,
    Product,
    ProductCategory,
    ProductVariant,
    Transaction,
)
from workspaces.models import Workspace

LIMIT = 20

Suggestion = dict[str, Any]
Source = Callable[[Workspace, str, str], list[Suggestion]]


def suggest(*, workspace: Workspace, kind: str, query: str, within: str = "") -> list[Suggestion]:
    """Up to 20 values `{value, label, count, hint}`; an unknown kind suggests nothing.

    `query` finds names however accents and capitals are written: "krakow" finds "Kraków" too.
    `within` narrows some kinds: the attribute of `attribute_value`, the parameter
    ("kind.parameter") of `parameter_value`, the kind of `activity_parameter`.
    """
    source = SOURCES.get(kind)
    if source is None or "\x00" in query + within:  # which no stored text has
        return []
    return source(workspace, query.strip(), within)


def _made(value: object, label: str, count: int | None = None, hint: str = "") -> Suggestion:
    return {"value": str(value), "label": label, "count": count, "hint": hint}


def _labels(model: Any, relation: str) -> Source:
    """Tags and categories by name, most used first."""

    def find(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
        rows = model.objects.in_workspace(workspace)
        if query:
            rows = rows.filter(Q(name__regex=loose_pattern(query)) | Q(key__icontains=query))
        current = Q((f"{relation}__valid_to__isnull", True))
        counted = rows.values("key", "name").annotate(uses=Count(relation, filter=current))
        ordered = counted.order_by("-uses", "name")[:LIMIT]
        return [_made(row["key"], row["name"], row["uses"]) for row in ordered]

    return find


def _named(model: Any, value: str, label: str, search: tuple[str, ...]) -> Source:
    """Anything with a value column and a label column, by label."""

    def find(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
        rows: QuerySet[Any] = model.objects.in_workspace(workspace)
        if hasattr(model, "archived_at"):
            rows = rows.filter(archived_at__isnull=True)
        if query:
            matches = Q()
            for column in search:
                matches |= Q((f"{column}__regex", loose_pattern(query)))
            rows = rows.filter(matches)
        rows = rows.order_by(label, "pk")[:LIMIT]
        return [_made(getattr(row, value), str(getattr(row, label))) for row in rows]

    return find


def _attributes(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    """`within` names the types that fit, comma separated."""
    rows = AttributeDefinition.objects.in_workspace(workspace)
    if within:
        rows = rows.filter(type__in=within.split(","))
    if query:
        rows = rows.filter(Q(label__regex=loose_pattern(query)) | Q(key__icontains=query))
    ordered = rows.order_by("-is_builtin", "label")[:60]
    return [{**_made(row.key, gettext(row.label)), "type": row.type} for row in ordered]


def _attribute_values(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    """Spellings with how many contacts have each; choices by their labels."""
    values = AttributeValue.objects.in_workspace(workspace).filter(
        attribute__key=within, valid_to__isnull=True, text_norm__isnull=False
    )
    return _spellings(values, "text_norm", "text", query)


def _parameter_values(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    kind, _, parameter = within.partition(".")
    values = ActivityValue.objects.in_workspace(workspace).filter(
        parameter__key=parameter, parameter__kind__key=kind, text_norm__isnull=False
    )
    return _spellings(values, "text_norm", "text", query)


def _spellings(rows: QuerySet[Any], column: str, shown: str, query: str) -> list[Suggestion]:
    groups = rows.values(grouped=F(column)).annotate(label=Max(shown), number=Count("pk"))
    if query:
        # By an aggregate, so that each spelling is compared once, after grouping: at a million
        # rows of 5,000 spellings a third of the time that comparing every row takes.
        groups = groups.annotate(spelling=Max(column))
        groups = groups.filter(spelling__regex=loose_pattern(normalise(query)))
    return [
        _made(group["label"], group["label"], group["number"])
        for group in groups.order_by("-number", "grouped")[:LIMIT]
    ]


def _column(model: Any, column: str) -> Source:
    """The most frequent values of a normalised text column."""

    def find(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
        rows = model.objects.in_workspace(workspace).exclude(Q((column, "")))
        return _spellings(rows, column, column, query)

    return find


def _activity_parameters(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    rows = ActivityParameter.objects.in_workspace(workspace).select_related("kind")
    if within:
        rows = rows.filter(kind__key=within)
    if query:
        rows = rows.filter(Q(label__regex=loose_pattern(query)) | Q(key__icontains=query))
    return [
        {**_made(row.key, row.label, hint=row.kind.label), "type": row.type}
        for row in rows.order_by("kind__label", "label")[:60]
    ]


def _products(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    rows = Product.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    if query:
        pattern = loose_pattern(normalise(query))
        rows = rows.filter(Q(name_key__regex=pattern) | Q(external_id__icontains=query))
    rows = rows.select_related("brand").order_by("name", "pk")[:LIMIT]
    return [
        _made(row.external_id, row.name, hint=row.brand.name if row.brand else "") for row in rows
    ]


def _segments(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    rows = Segment.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    if query:
        rows = rows.filter(name__regex=loose_pattern(query))
    return [_made(row.pk, row.name, row.size) for row in rows.order_by("name", "pk")[:LIMIT]]


def _campaigns(workspace: Workspace, query: str, within: str) -> list[Suggestion]:
    fits = re.compile(loose_pattern(query), re.IGNORECASE) if query else None
    return [
        _made(key, label, hint="" if label == key else key)
        for key, label in every_campaign(workspace).items()
        if fits is None or fits.search(label) or query.casefold() in key.casefold()
    ][:LIMIT]


SOURCES: dict[str, Source] = {
    "tag": _labels(Tag, "taggings"),
    "category": _labels(Category, "categorisations"),
    "attribute": _attributes,
    "attribute_value": _attribute_values,
    "activity_kind": _named(ActivityKind, "key", "label", ("label", "key")),
    "activity_parameter": _activity_parameters,
    "parameter_value": _parameter_values,
    "brand": _named(Brand, "name", "name", ("name",)),
    "product_category": _named(ProductCategory, "name", "name", ("name",)),
    "product": _products,
    "variant": _named(ProductVariant, "external_id", "name", ("name", "external_id")),
    "line_name": _column(LineItem, "name"),
    "property_key": _column(LineProperty, "key"),
    "property_value": _column(LineProperty, "text_key"),
    "coupon": _column(Transaction, "coupon"),
    "sales_channel": _column(Transaction, "sales_channel"),
    "utm_source": _column(Visit, "utm_source"),
    "utm_medium": _column(Visit, "utm_medium"),
    "utm_campaign": _column(Visit, "utm_campaign"),
    "utm_term": _column(Visit, "utm_term"),
    "utm_content": _column(Visit, "utm_content"),
    "referrer_host": _column(Visit, "referrer_host"),
    "landing_page": _column(Visit, "landing_page"),
    "device": _column(Visit, "device"),
    "country": _column(Visit, "country"),
    "page": _column(PageView, "page_key"),
    "list": _named(StaticList, "pk", "name", ("name",)),
    "segment": _segments,
    "campaign": _campaigns,
    "message_link": _column(MessageEvent, "link"),
}
