"""A workspace that has what examples name, with the same ids whatever ran before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from typing import Any

from django.db import connections
from psycopg import sql

from tests.conftest import owner_connection, truncate_written_tables
from tests.makers.contacts import make_contact, make_list
from tests.makers.segments import make_segment
from tests.makers.tracking import make_message
from tests.makers.transactions import line_item, make_transaction
from tests.makers.workspaces import NOW, make_workspace
from tests.segments.world import World, make_vocabulary
from tests.segments.world_shopping import make_catalogue

# Ids that tell in a statement's parameters what they name.
FIRST_IDS = {
    "workspaces_workspace": 77,
    "contacts_tag": 1_001,
    "contacts_category": 1_101,
    "contacts_attributedefinition": 1_201,
    "contacts_staticlist": 1_301,
    "tracking_activitykind": 1_401,
    "tracking_activityparameter": 1_501,
    "transactions_product": 1_601,
    "transactions_brand": 1_701,
    "transactions_productcategory": 1_801,
    "transactions_productvariant": 1_901,
    "segments_segment": 2_001,
}


@contextmanager
def named_things() -> Iterator[World]:
    """Committed; everything is gone afterwards."""
    truncate_written_tables()
    with owner_connection() as connection:
        for table, first in FIRST_IDS.items():
            query = sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), %s, false)")
            connection.execute(query.format(sql.Literal(table)), [first])
    try:
        workspace = make_workspace(now=NOW - timedelta(days=900))
        make_vocabulary(workspace)
        make_catalogue(workspace)
        contact = make_contact(workspace, "c1", time_zone="Asia/Tokyo")
        line = line_item("9.00", product="P-1", properties={"size": "42"})
        make_transaction(workspace, "c1", NOW - timedelta(days=9), lines=[line])
        for campaign in ("spring", "winter"):
            make_message(workspace, "c1", NOW - timedelta(days=9), campaign=campaign)
        found = make_list(workspace, "Fair", contact)
        tagged = make_segment(workspace, {"type": "tags.has", "tags": ["vip"]}, name="Loyal")
        yield World(workspace, [found], [tagged])
    finally:
        connections["default"].close()
        truncate_written_tables()


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", name)


def as_text(parameter: Any) -> str:
    """A parameter as it is sent."""
    parameter = getattr(parameter, "obj", parameter)  # numbers with a stated type
    if isinstance(parameter, Enum):
        parameter = parameter.value
    return parameter.isoformat() if hasattr(parameter, "isoformat") else repr(parameter)
