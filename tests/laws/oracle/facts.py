"""The rows of one workspace as they lie in the tables, by contact; no ORM, no app code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

Row = SimpleNamespace

# Tables whose rows belong to a contact.
BY_CONTACT = {
    "attribute_values": "contacts_attributevalue",
    "tags": "contacts_contacttag",
    "categories": "contacts_contactcategory",
    "consents": "contacts_consent",
    "list_entries": "contacts_listentry",
    "visits": "tracking_visit",
    "page_views": "tracking_pageview",
    "activities": "tracking_activity",
    "messages": "tracking_message",
    "message_events": "tracking_messageevent",
    "transactions": "transactions_transaction",
}


class Facts:
    """Everything a question can be about."""

    def __init__(self, workspace_id: int) -> None:
        [settings] = rows("workspaces_workspace", workspace_id, "id")
        self.zone = ZoneInfo(settings.time_zone)
        self.week_start: int = settings.week_start
        self.leap_birthday: str = settings.leap_birthday
        self.contacts = {
            row.id: row
            for row in rows("contacts_contact", workspace_id)
            if row.erased_at is None and row.merged_into_id is None
        }
        self.of: dict[str, dict[int, list[Row]]] = {
            name: grouped(rows(table, workspace_id), "contact_id")
            for name, table in BY_CONTACT.items()
        }
        self.suppressions = rows("contacts_suppression", workspace_id)
        self.products = rows("transactions_product", workspace_id)
        self.accessories = grouped(
            rows("transactions_productaccessory", workspace_id), "product_id"
        )
        self.variants = rows("transactions_productvariant", workspace_id)
        self.brands = rows("transactions_brand", workspace_id)
        self.product_categories = rows("transactions_productcategory", workspace_id)
        self.pins = rows("segments_segmentpin", workspace_id)
        self.segments = {row.id: row for row in rows("segments_segment", workspace_id)}
        self.refunds = grouped(rows("transactions_refund", workspace_id), "transaction_id")
        self._name_things(workspace_id)
        self._join(workspace_id)

    def _name_things(self, workspace_id: int) -> None:
        attributes = rows("contacts_attributedefinition", workspace_id)
        self.attribute_keys = {row.id: row.key for row in attributes}
        self.attribute_types = {row.key: row.type for row in attributes}
        self.tag_keys = keys(rows("contacts_tag", workspace_id))
        self.category_keys = keys(rows("contacts_category", workspace_id))
        self.kinds = {row.id: row for row in rows("tracking_activitykind", workspace_id)}
        self.parameter_keys = keys(rows("tracking_activityparameter", workspace_id))

    def _join(self, workspace_id: int) -> None:
        """Rows that belong to rows."""
        self.visits = {v.id: v for found in self.of["visits"].values() for v in found}
        values = grouped(rows("tracking_activityvalue", workspace_id), "activity_id")
        for activities in self.of["activities"].values():
            for activity in activities:
                activity.kind = self.kinds[activity.kind_id].key
                activity.values = {
                    self.parameter_keys[value.parameter_id]: value
                    for value in values.get(activity.id, [])
                }
        lines = grouped(rows("transactions_lineitem", workspace_id), "transaction_id")
        properties = grouped(rows("transactions_lineproperty", workspace_id), "line_item_id")
        for transactions in self.of["transactions"].values():
            for version in transactions:
                version.lines = lines.get(version.id, [])
                for line in version.lines:
                    line.properties = {p.key: p for p in properties.get(line.id, [])}
                    line.version = version
        self.attributes: dict[int, dict[str, list[Row]]] = {}
        for contact_id, found in self.of["attribute_values"].items():
            by_key: dict[str, list[Row]] = defaultdict(list)
            for value in found:
                by_key[self.attribute_keys[value.attribute_id]].append(value)
            self.attributes[contact_id] = by_key


def rows(table: str, workspace_id: int, column: str = "workspace_id") -> list[Row]:
    """All rows of a table; its name is one of ours."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {column} = %s ORDER BY id", [workspace_id])
        names = [each.name for each in cursor.description]
        return [Row(**dict(zip(names, found, strict=True))) for found in cursor.fetchall()]


def grouped(found: Iterable[Row], column: str) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in found:
        groups[getattr(row, column)].append(row)
    return dict(groups)


def keys(found: Iterable[Row]) -> dict[int, str]:
    return {row.id: row.key for row in found}


def holds(row: Any, as_of: datetime) -> bool:
    """`valid_from <= as_of < valid_to`."""
    return bool(row.valid_from <= as_of and (row.valid_to is None or as_of < row.valid_to))
