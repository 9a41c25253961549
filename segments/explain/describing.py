"""Rows of evidence in words, with the place where the contact's card shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import (
    AttributeValue,
    Consent,
    Contact,
    ContactCategory,
    ContactTag,
    ListEntry,
)
from contacts.timeline import shown
from segments.campaign_keys import known_campaigns
from segments.criteria.evidence import instant_column
from segments.explain.parts import Fact
from tracking.models import Activity, Message, MessageEvent, PageView, TrafficChannel, Visit
from tracking.rights import parameters_of
from transactions.card import transaction_url
from transactions.figures import shown_money, shown_quantity
from transactions.models import LineItem, Transaction, TransactionKind, TransactionStatus
from workspaces.models import Workspace

Rows = Sequence[Any]


@dataclass(frozen=True)
class Described:
    """How rows of a table are told: the icon, the filter of the card's timeline, the words."""

    icon: str
    timeline: str
    tell: Callable[[Workspace, Rows], Iterable[str]]
    related: tuple[str, ...] = ()


def read_facts(
    workspace: Workspace, wanted: Mapping[type[Model], Iterable[int]]
) -> dict[tuple[type[Model], int], Fact]:
    """The rows of each table in words, by table and id; one or two SQL statements a table."""
    found: dict[tuple[type[Model], int], Fact] = {}
    for model, ids in wanted.items():
        how = DESCRIBED[model]
        found_rows = model._default_manager.filter(workspace_id=workspace.pk, pk__in=list(ids))
        if how.related:
            found_rows = found_rows.select_related(*how.related)  # without names it follows all
        rows = list(found_rows.order_by("pk"))
        for row, text in zip(rows, how.tell(workspace, rows), strict=True):
            found[model, row.pk] = _fact(workspace, row, text, how)
    return found


def _fact(workspace: Workspace, row: Any, text: str, how: Described) -> Fact:
    at: datetime = getattr(row, instant_column(type(row)))
    return Fact(
        kind=row._meta.model_name,
        id=row.pk,
        at=at,
        icon=how.icon,
        text=text,
        url=_url(workspace, row, at, how),
    )


def _url(workspace: Workspace, row: Any, at: datetime, how: Described) -> str:
    if isinstance(row, Transaction | LineItem):
        return transaction_url(workspace, row.root_id)
    contact_id = row.pk if isinstance(row, Contact) else row.contact_id
    card = reverse("contacts:card", args=[workspace.pk, contact_id])
    if not how.timeline:
        return card
    # The card's timeline begins with what happened before an instant: this row is on top.
    before = (at + timedelta(microseconds=1)).isoformat()
    return f"{card}?{urlencode({'kind': how.timeline, 'before': before})}"


def joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _visits(workspace: Workspace, rows: Rows) -> Iterable[str]:
    for row in rows:
        yield joined(
            _("Visit: %(channel)s") % {"channel": TrafficChannel(row.channel).label},
            row.utm_campaign,
            row.device,
            ngettext("%(n)s page", "%(n)s pages", row.pages) % {"n": row.pages}
            if row.pages
            else "",
        )


def _page_views(workspace: Workspace, rows: Rows) -> Iterable[str]:
    return (_("Page: %(address)s") % {"address": row.page} for row in rows)


def _activities(workspace: Workspace, rows: Rows) -> Iterable[str]:
    parameters = parameters_of(workspace, [row.pk for row in rows])
    for row in rows:
        label = _(row.kind.label) if row.kind.is_builtin else row.kind.label
        values = (f"{name}: {_plain(value)}" for _key, name, value in parameters.get(row.pk, ()))
        yield joined(label, *values)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _messages(workspace: Workspace, rows: Rows) -> Iterable[str]:
    keys = {row.campaign_key for row in rows if row.campaign_key}
    names = known_campaigns(workspace, keys) if keys else {}
    for row in rows:
        yield joined(
            _("Message by %(channel)s sent") % {"channel": row.get_channel_display()},
            names.get(row.campaign_key, row.campaign_key),
            row.subject,
        )


def _message_events(workspace: Workspace, rows: Rows) -> Iterable[str]:
    for row in rows:
        yield joined(
            _("Message by %(channel)s %(kind)s")
            % {"channel": row.get_channel_display(), "kind": row.get_kind_display()},
            row.link,
        )


def _transactions(workspace: Workspace, rows: Rows) -> Iterable[str]:
    for row in rows:
        is_cart = row.kind == TransactionKind.CART
        name = _("Cart %(name)s") if is_cart else _("Purchase %(name)s")
        yield joined(
            name % {"name": row.external_id},
            shown_money(row.goods_amount, workspace.base_currency),
            str(TransactionStatus(row.status).label),
        )


def _lines(workspace: Workspace, rows: Rows) -> Iterable[str]:
    for row in rows:
        name = row.name or (row.product.name if row.product else _("unnamed"))
        yield joined(
            f"{shown_quantity(row.quantity)} × {name}",
            shown_money(row.amount, workspace.base_currency),
            _("in purchase %(name)s") % {"name": row.transaction.external_id},
        )


def _values(workspace: Workspace, rows: Rows) -> Iterable[str]:
    return (_held(f"{_(row.attribute.label)}: {shown(row)}", row) for row in rows)


def _tags(workspace: Workspace, rows: Rows) -> Iterable[str]:
    return (_held(_("Tag “%(name)s”") % {"name": row.tag.name}, row) for row in rows)


def _categories(workspace: Workspace, rows: Rows) -> Iterable[str]:
    return (_held(_("Category “%(name)s”") % {"name": row.category.name}, row) for row in rows)


def _entries(workspace: Workspace, rows: Rows) -> Iterable[str]:
    return (_held(_("List “%(name)s”") % {"name": row.static_list.name}, row) for row in rows)


def _consents(workspace: Workspace, rows: Rows) -> Iterable[str]:
    for row in rows:
        text = _("Consent to %(channel)s: %(status)s") % {
            "channel": row.get_channel_display(),
            "status": row.get_status_display(),
        }
        yield _held(joined(text, row.topic), row)


def _held(text: str, row: Any) -> str:
    """With the day it ended, if it did."""
    if row.valid_to is None:
        return text
    day = date_format(localtime(row.valid_to), "SHORT_DATE_FORMAT")
    return joined(text, _("until %(day)s") % {"day": day})


def _people(workspace: Workspace, rows: Rows) -> Iterable[str]:
    for row in rows:
        day = date_format(localtime(row.created_at), "SHORT_DATE_FORMAT")
        yield joined(
            _("External id %(id)s") % {"id": row.external_id}
            if row.external_id
            else _("No external id"),
            _("added here on %(day)s") % {"day": day},
        )


DESCRIBED: dict[type[Model], Described] = {
    Visit: Described("globe", "visits", _visits),
    PageView: Described("eye", "visits", _page_views),
    Activity: Described("activity", "activities", _activities, ("kind",)),
    Message: Described("mail", "messages", _messages),
    MessageEvent: Described("mail", "messages", _message_events),
    Transaction: Described("shopping-cart", "transactions", _transactions),
    LineItem: Described("package", "transactions", _lines, ("product", "transaction")),
    AttributeValue: Described("pencil", "details", _values, ("attribute",)),
    ContactTag: Described("tag", "tags", _tags, ("tag",)),
    ContactCategory: Described("folder", "tags", _categories, ("category",)),
    ListEntry: Described("list", "tags", _entries, ("static_list",)),
    Consent: Described("shield-check", "consents", _consents),
    Contact: Described("user-check", "", _people),
}
