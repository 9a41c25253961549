"""What was written since a pulse: of whom, of which kind, and whether it came out of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import connection, models
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from psycopg import sql

from contacts.models import (
    EVERYBODY,
    NUMBER_MASK,
    ChangeKind,
    ChangeOrigin,
    Contact,
    ContactChange,
)
from segments.engine.positions import Position, Snapshot
from segments.engine.sets import ContactSet
from tracking.models import Activity, MarketingAction, MessageEvent, Visit
from transactions.models import Transaction
from workspaces.models import Workspace

# A fact that comes so long after it happened is late: journeys don't start from it by themselves.
LATE_AFTER = timedelta(hours=24)

# A fact is stored a little after its receipt, a long transaction's much later.
_JUST_RECEIVED = timedelta(seconds=10)
_RECEIVED = timedelta(hours=1)

FACT_KINDS = frozenset(
    {ChangeKind.VISIT, ChangeKind.ACTIVITY, ChangeKind.MESSAGE, ChangeKind.TRANSACTION}
)
DETAIL_KINDS = frozenset(
    {
        ChangeKind.CONTACT,
        ChangeKind.ATTRIBUTE,
        ChangeKind.TAG,
        ChangeKind.CONSENT,
        ChangeKind.LIST,
    }
)
_FACTS: Mapping[ChangeKind, tuple[type[models.Model], ...]] = {
    ChangeKind.VISIT: (Visit,),
    ChangeKind.ACTIVITY: (Activity, MarketingAction),
    ChangeKind.MESSAGE: (MessageEvent,),
    ChangeKind.TRANSACTION: (Transaction,),
}

_READ = sql.SQL(
    "SELECT kind, origin, contact_id = {everybody},"
    " array_send(array_agg((contact_id & {mask})::int4))"
    " FROM {log} WHERE workspace_id = {workspace} AND xid >= {first_open}"
    " AND NOT (xid < {first_new} AND xid <> ALL ({open_ids}::bigint[])) GROUP BY 1, 2, 3"
)


@dataclass(frozen=True)
class News:
    """Contacts by the kind of what was written of them, and by where it came from."""

    workspace: Workspace
    since: Position | None = None
    written: Mapping[tuple[ChangeKind, ChangeOrigin], ContactSet] = field(default_factory=dict)
    of_everybody: frozenset[ChangeKind] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.written or self.of_everybody)

    @property
    def kinds(self) -> frozenset[ChangeKind]:
        return self.of_everybody | {kind for kind, _ in self.written}

    def of(self, kind: ChangeKind, origin: ChangeOrigin | None = None) -> ContactSet:
        """Contacts of whom this kind was written."""
        found = ContactSet.empty(self.workspace.pk)
        for (written, came_by), contacts in self.written.items():
            if written == kind and origin in (None, came_by):
                found = found | contacts
        return found

    # --- Asked only for contacts whose membership changed -----------------------------------

    def gone(self, contacts: ContactSet) -> dict[int, int | None]:
        """Of these, by number: erased ones (None) and merged ones (the id they lead to)."""
        touched = contacts & (self.of(ChangeKind.CONTACT) | self.of(ChangeKind.MERGE))
        if not touched:
            return {}
        rows = Contact.objects.in_workspace(self.workspace).filter(pk__in=touched.id_list())
        erased = rows.filter(erased_at__isnull=False).values_list("pk", flat=True)
        merged = rows.filter(erased_at__isnull=True, merged_into__isnull=False)
        found: dict[int, int | None] = {pk & NUMBER_MASK: None for pk in erased}
        found.update(
            (pk & NUMBER_MASK, into) for pk, into in merged.values_list("pk", "merged_into_id")
        )
        return found

    def late(self, kind: ChangeKind, contacts: ContactSet) -> ContactSet:
        """Of these, whose facts of the kind written since are all late ones."""
        nobody = ContactSet.empty(self.workspace.pk)
        asked = contacts & self.of(kind)
        if self.since is None or not asked:
            return nobody
        timely, late = nobody, nobody
        for model in _FACTS.get(kind, ()):
            timely |= self._received(model, asked, _JUST_RECEIVED, is_late=False)
            late |= self._received(model, asked, _RECEIVED, is_late=True)
        return late - timely

    def _received(
        self, model: type[models.Model], contacts: ContactSet, within: timedelta, *, is_late: bool
    ) -> ContactSet:
        rows: QuerySet[Any] = model._default_manager.filter(
            workspace=self.workspace, contact_id__in=contacts.id_list()
        )
        if self.since is not None:
            rows = rows.filter(received_at__gte=self.since.as_of - within)
        stated: Any = F("occurred_at")
        if model is Transaction:  # what the shop says of an old one today isn't late
            stated = Greatest("occurred_at", "version_from")
        rows = rows.annotate(dated_at=stated)
        bound = F("received_at") - LATE_AFTER
        rows = rows.filter(dated_at__lt=bound) if is_late else rows.filter(dated_at__gte=bound)
        ids: Iterable[int] = rows.values_list("contact_id", flat=True)
        return ContactSet.from_ids(self.workspace.pk, ids)


def read_news(workspace: Workspace, since: Position | None) -> News:
    """What the change log says since a position; nothing before the first one."""
    if since is None:
        return News(workspace)
    written: dict[tuple[ChangeKind, ChangeOrigin], ContactSet] = {}
    of_everybody = set()
    with connection.cursor() as cursor:
        cursor.execute(_statement(workspace.pk, since.snapshot))
        for kind, origin, is_everybody, sent in cursor.fetchall():
            if is_everybody:
                of_everybody.add(ChangeKind(kind))
            else:
                contacts = ContactSet.from_array_send(workspace.pk, sent)
                written[ChangeKind(kind), ChangeOrigin(origin)] = contacts
    return News(workspace, since, written, frozenset(of_everybody))


def _statement(workspace_id: int, snapshot: Snapshot) -> sql.Composed:
    return _READ.format(
        everybody=sql.Literal(EVERYBODY),
        mask=sql.Literal(NUMBER_MASK),
        log=sql.Identifier(ContactChange._meta.db_table),
        workspace=sql.Literal(workspace_id),
        first_open=sql.Literal(snapshot.first_open),
        first_new=sql.Literal(snapshot.first_new),
        open_ids=sql.Literal(sorted(snapshot.open_ids)),
    )


def is_in(contacts: ContactSet, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """For each number, whether it is in the set."""
    found = np.zeros(numbers.size, dtype=np.bool_)
    known = numbers >> 3 < contacts.bits.size
    here = numbers[known]
    found[known] = contacts.bits[here >> 3] >> (here & 7) & 1 > 0
    return found
