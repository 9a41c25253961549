"""Where people come from: the channels of visits and purchases a segment is compared by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from segments.criteria.scope import Scope
from segments.criteria.transaction_source import PurchaseSource
from segments.services.profile_values import (
    BRANDS,
    DETAILS,
    PRODUCT_CATEGORIES,
    TAGS,
    Counted,
    Dimension,
    Document,
    Named,
    Namer,
    Rows,
    grouped,
)
from tracking.models import TrafficChannel, Visit
from workspaces.models import Workspace

CHANNELS: Mapping[str, Any] = {**dict(PurchaseSource.choices), **dict(TrafficChannel.choices)}


def _sales_channel_rows(scope: Scope) -> QuerySet[Any, Any]:
    stated = scope.purchases().exclude(sales_channel="")
    return grouped(stated, F("sales_channel")).distinct()


def _purchase_channel_rows(scope: Scope) -> QuerySet[Any, Any]:
    return grouped(scope.purchases(), F("channel")).distinct()


def _visit_channel_rows(scope: Scope) -> QuerySet[Any, Any]:
    return grouped(scope.facts(Visit), F("channel")).distinct()


def _visit_at_end(order: str) -> Rows:
    """Of several visits at one instant the one stored first, or last."""

    def rows(scope: Scope) -> QuerySet[Any, Any]:
        sign = "-" if order.startswith("-") else ""
        ordered = scope.facts(Visit).order_by("contact_id", order, f"{sign}pk")
        return grouped(ordered.distinct("contact_id"), F("channel"))

    return rows


def _name_channels(
    dimension: str,
    label: Promise,
    phrase: Promise,
    row: Callable[[str], Document] | None = None,
    labels: Mapping[str, Any] = CHANNELS,
) -> Namer:
    def names(workspace: Workspace, found: Iterable[Counted]) -> Mapping[tuple[int, str], Named]:
        return {
            (0, each.value): Named(
                dimension=dimension,
                dimension_label=str(label),
                label=str(labels.get(each.value, each.value)),
                phrase=str(phrase).format(channel=labels.get(each.value, each.value)),
                row=row(each.value) if row else None,
                reference=None,
            )
            for each in found
        }

    return names


def _sold_through(channel: str) -> Document:
    where = [{"field": "sales_channel", "operator": "any_of", "values": [channel]}]
    return {"type": "transactions.bought", "where": where}


def _bought_from(channel: str) -> Document:
    return {"type": "transactions.source", "quantifier": "any", "channels": [channel]}


def _visited_from(channel: str) -> Document:
    where = [{"field": "channel", "operator": "any_of", "values": [channel]}]
    return {"type": "visits.visited", "where": where}


DIMENSIONS: tuple[Dimension, ...] = (
    DETAILS,
    TAGS,
    BRANDS,
    PRODUCT_CATEGORIES,
    Dimension(
        "sales_channels",
        _sales_channel_rows,
        _name_channels(
            "sales_channel",
            gettext_lazy("Sales channel"),
            gettext_lazy("buyers through {channel}"),
            _sold_through,
            labels={},  # the shop names them
        ),
    ),
    Dimension(
        "purchase_channels",
        _purchase_channel_rows,
        _name_channels(
            "purchase_channel",
            gettext_lazy("Source of a purchase"),
            gettext_lazy("buyers coming from {channel}"),
            _bought_from,
        ),
    ),
    Dimension(
        "visit_channels",
        _visit_channel_rows,
        _name_channels(
            "visit_channel",
            gettext_lazy("Source of a visit"),
            gettext_lazy("visitors from {channel}"),
            _visited_from,
        ),
    ),
    Dimension(
        "first_visit",
        _visit_at_end("occurred_at"),
        _name_channels(
            "first_visit",
            gettext_lazy("Source of the first visit"),
            gettext_lazy("people whose first visit came from {channel}"),
        ),
    ),
    Dimension(
        "last_visit",
        _visit_at_end("-occurred_at"),
        _name_channels(
            "last_visit",
            gettext_lazy("Source of the last visit"),
            gettext_lazy("people whose last visit came from {channel}"),
        ),
    ),
)
