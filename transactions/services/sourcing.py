"""The visit model of attribution: the visit in which a purchase happened (semantics 17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.bulk import update_rows
from contacts.models import ChangeKind
from contacts.services import touch_contacts
from tracking.models import Visit
from tracking.services import IDLENESS, MAX_VISIT
from transactions.models import UNKNOWN_CHANNEL, LineItem, Transaction
from transactions.services.statistics import refresh_statistics
from transactions.timeline import Statement
from workspaces.models import Workspace

Moment = tuple[int, datetime]  # contact id, instant of the purchase


@dataclass(frozen=True, slots=True)
class AttributedSource:
    """What a transaction takes over from its visit."""

    visit_id: int | None
    channel: str = UNKNOWN_CHANNEL
    is_paid: bool = False
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""


NO_VISIT = AttributedSource(None)


def sources_of(workspace: Workspace, moments: Collection[Moment]) -> dict[Moment, AttributedSource]:
    """The visit each purchase happened in; moments outside any visit are absent.

    A visit lasts until 30 minutes after the last thing known of it. Of several open visits the
    one that started last counts.
    """
    if not moments:
        return {}
    ordered = list(moments)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT given.contact_id, given.at, visit.*
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS given (contact_id, at)
            CROSS JOIN LATERAL (
                SELECT id, channel, is_paid, utm_source, utm_medium, utm_campaign
                FROM tracking_visit
                WHERE workspace_id = %s AND contact_id = given.contact_id
                  AND occurred_at <= given.at
                  AND occurred_at >= given.at - make_interval(secs => %s)
                  AND ended_at >= given.at - make_interval(secs => %s)
                ORDER BY occurred_at DESC, external_id DESC
                LIMIT 1
            ) AS visit
            """,
            [
                [contact_id for contact_id, _ in ordered],
                [instant for _, instant in ordered],
                workspace.pk,
                (MAX_VISIT + IDLENESS).total_seconds(),
                IDLENESS.total_seconds(),
            ],
        )
        return {(row[0], row[1]): AttributedSource(*row[2:]) for row in cursor.fetchall()}


def source_columns(said: Statement, visited: AttributedSource | None) -> dict[str, Any]:
    """Columns of a transaction: the source the shop gave, else that of the visit, else unknown."""
    given = said.source
    if given is not None:
        return {
            "channel": given.channel,
            "is_paid_channel": given.is_paid,
            "is_source_given": True,
            "visit_id": None,
            "utm_source": given.utm_source,
            "utm_medium": given.utm_medium,
            "utm_campaign": given.utm_campaign,
        }
    visited = visited or NO_VISIT
    return {
        "channel": visited.channel,
        "is_paid_channel": visited.is_paid,
        "is_source_given": False,
        "visit_id": visited.visit_id,
        "utm_source": visited.utm_source,
        "utm_medium": visited.utm_medium,
        "utm_campaign": visited.utm_campaign,
    }


def attribute_to_visits(*, workspace: Workspace, visits: Sequence[Visit]) -> None:
    """Attribute anew the transactions that happened during these visits (they came late)."""
    _attribute(workspace, _during(workspace, visits))


def attribute_contacts(*, workspace: Workspace, contact_ids: Collection[int]) -> None:
    """Attribute anew everything these contacts bought (their visits changed hands)."""
    rows = Transaction.objects.in_workspace(workspace).filter(
        contact_id__any_of=contact_ids, is_source_given=False
    )
    _attribute(workspace, list(rows.order_by("pk").select_for_update()))


def _attribute(workspace: Workspace, rows: Sequence[Transaction]) -> None:
    if not rows:
        return
    sources = sources_of(workspace, {(row.contact_id, row.occurred_at) for row in rows})
    changed = [
        (row, found)
        for row in rows
        if (found := sources.get((row.contact_id, row.occurred_at), NO_VISIT)).visit_id
        != row.visit_id
    ]
    update_rows(
        Transaction,
        workspace.pk,
        ("visit", "channel", "is_paid_channel", "utm_source", "utm_medium", "utm_campaign"),
        [
            (
                row.pk,
                found.visit_id,
                found.channel,
                found.is_paid,
                found.utm_source,
                found.utm_medium,
                found.utm_campaign,
            )
            for row, found in changed
        ],
    )
    _update_lines(workspace, {row.pk: found for row, found in changed})
    contact_ids = {row.contact_id for row, _found in changed}
    touch_contacts(workspace=workspace, contact_ids=contact_ids, kind=ChangeKind.TRANSACTION)
    refresh_statistics(workspace=workspace, contact_ids=contact_ids)


def _during(workspace: Workspace, visits: Sequence[Visit]) -> list[Transaction]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT stored.id
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
                AS given (contact_id, starts, ends)
            JOIN transactions_transaction AS stored
              ON stored.workspace_id = %s AND stored.contact_id = given.contact_id
             AND stored.occurred_at >= given.starts AND stored.occurred_at <= given.ends
            WHERE NOT stored.is_source_given
            """,
            [
                [visit.contact_id for visit in visits],
                [visit.occurred_at for visit in visits],
                [visit.ended_at + IDLENESS for visit in visits],
                workspace.pk,
            ],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    if not ids:
        return []
    return list(
        Transaction.objects.in_workspace(workspace)
        .filter(pk__any_of=ids)
        .order_by("pk")
        .select_for_update()
        .only("pk", "contact_id", "occurred_at", "visit_id")
    )


def _update_lines(workspace: Workspace, sources: Mapping[int, AttributedSource]) -> None:
    lines = (
        LineItem.objects.in_workspace(workspace)
        .filter(transaction_id__any_of=sources)
        .values_list("pk", "transaction_id")
    )
    update_rows(
        LineItem,
        workspace.pk,
        ("channel", "is_paid_channel"),
        [
            (pk, sources[transaction_id].channel, sources[transaction_id].is_paid)
            for pk, transaction_id in lines
        ],
    )
