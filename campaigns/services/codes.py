"""Pools of discount codes: filled, given away, put away.

A code is free while nobody was given it and no purchase used it. It is given to one contact by one
campaign, once, and never becomes free again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.codes import (
    FAULTS,
    MOST_CODES,
    fault_of,
    key_of_code,
    new_codes,
    read_codes,
    tail_length,
)
from campaigns.models import OPEN_STATES, Campaign, CampaignState, CodePool, DiscountCode, Run
from campaigns.services.redeeming import find_redemptions
from contacts.bulk import array_literal
from workspaces.audit import record_audit
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

CHUNK = 20_000  # codes a statement
SHOWN_FAULTS = 100


class PoolExhaustedError(Exception):
    """A pool has too few free codes; `missing` says how many more are needed. None were given."""

    def __init__(self, missing: int) -> None:
        super().__init__(_("The pool lacks {number} discount codes.").format(number=missing))
        self.missing = missing


class PoolInUseError(Exception):
    """A campaign that is going to be sent takes its codes from the pool; `users` names them."""

    def __init__(self, users: Sequence[str]) -> None:
        super().__init__(_("It is used in {users}.").format(users=", ".join(users)))
        self.users = list(users)


class TooManyCodesError(ValueError):
    """More than a million codes at once."""

    def __init__(self) -> None:
        super().__init__(_("At most {number} codes at once.").format(number=f"{MOST_CODES:,}"))


@dataclass
class Filled:
    """What became of codes put into a pool."""

    added: int = 0
    repeated: int = 0  # twice in what was uploaded
    taken: int = 0  # already in this or another pool
    unusable: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)  # (line, why) of the first 100


def create_pool(
    *, actor: Actor, name: str, now: datetime, description: str = "", prefix: str = ""
) -> CodePool:
    """An empty pool. Raises `ValidationError` by field."""
    with workspace_scope(actor.workspace):
        pool = CodePool(
            workspace=actor.workspace,
            name=name.strip(),
            description=description.strip(),
            prefix=prefix.strip(),
        )
        _check(pool)
        pool.save(force_insert=True)
        record_audit(actor=actor, action="code_pool.created", subject=pool, now=now)
        return pool


def change_pool(
    *, actor: Actor, pool: CodePool, now: datetime, name: str, description: str, prefix: str
) -> CodePool:
    """Rename or describe a pool. Raises `ValidationError` by field."""
    with workspace_scope(actor.workspace):
        pool.name, pool.description = name.strip(), description.strip()
        pool.prefix = prefix.strip()
        _check(pool)
        pool.save(update_fields=["name", "description", "prefix"])
        record_audit(actor=actor, action="code_pool.changed", subject=pool, now=now)
        return pool


def archive_pool(*, actor: Actor, pool: CodePool, now: datetime) -> CodePool:
    """Put a pool away: its free codes are given to nobody any more. Raises `PoolInUseError`."""
    with workspace_scope(actor.workspace):
        _lock(actor.workspace, pool.pk)
        if users := _senders(actor.workspace, pool):
            raise PoolInUseError(users)
        pool.archived_at = now
        pool.save(update_fields=["archived_at"])
        record_audit(actor=actor, action="code_pool.archived", subject=pool, now=now)
        return pool


def upload_codes(*, actor: Actor, pool: CodePool, lines: Iterable[str], now: datetime) -> Filled:
    """Put the codes of a text, one a line or in a CSV file's first column, into the pool.

    Codes that differ only in case are one code, as coupons of purchases are compared. Raises
    `TooManyCodesError` beyond a million; then none were added.
    """
    filled = Filled()
    codes: dict[str, str] = {}
    for number, code in islice(read_codes(lines), MOST_CODES + 1):
        fault = fault_of(code)
        if fault:
            filled.unusable += 1
            if len(filled.faults) < SHOWN_FAULTS:
                filled.faults.append((number, str(FAULTS[fault])))
        elif (key := key_of_code(code)) in codes:
            filled.repeated += 1
        else:
            codes[key] = code
    if len(codes) + filled.repeated + filled.unusable > MOST_CODES:
        raise TooManyCodesError
    with workspace_scope(actor.workspace):
        filled.added = _store(actor.workspace, pool, list(codes.items()))
        filled.taken = len(codes) - filled.added
        find_redemptions(workspace=actor.workspace, pool_id=pool.pk)
        details = {"added": filled.added}
        record_audit(actor=actor, action="code_pool.filled", subject=pool, now=now, details=details)
    return filled


def generate_codes(
    *, actor: Actor, pool: CodePool, number: int, now: datetime, length: int = 10
) -> int:
    """Make so many new codes, longer than `length` letters where that could be guessed.

    Raises `TooManyCodesError` beyond a million.
    """
    if not 1 <= number <= MOST_CODES:
        raise TooManyCodesError
    prefix, length = pool.prefix, tail_length(number, length)
    added = 0
    with workspace_scope(actor.workspace):
        while added < number:  # once more for those that exist, if any do
            codes = new_codes(number - added, prefix=prefix, length=length)
            added += _store(actor.workspace, pool, [(key_of_code(code), code) for code in codes])
        details = {"added": added}
        record_audit(actor=actor, action="code_pool.filled", subject=pool, now=now, details=details)
    return added


def give_codes(
    *,
    workspace: Workspace,
    campaign_id: int,
    pool_id: int,
    contact_ids: Collection[int],
    now: datetime,
) -> dict[int, DiscountCode]:
    """The code of each contact in this campaign, by contact id: the one given before, or a free one
    of the pool.

    Runs in the caller's transaction, and others that give from the pool wait for its end. In a
    repeatable-read transaction PostgreSQL refuses it (SQLSTATE 40001) if codes of the pool were
    given since the transaction began: begin again. Raises `PoolExhaustedError`, and then has given
    none; an archived pool has no free codes.
    """
    if not contact_ids:
        return {}
    with workspace_scope(workspace):
        is_open = _lock(workspace, pool_id)
        parameters: dict[str, Any] = {
            "workspace": workspace.pk,
            "campaign": campaign_id,
            "pool": pool_id,
            "contacts": array_literal("bigint", contact_ids),
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(_GIVEN, parameters)
            rows = cursor.fetchall()
            wanted = len(set(contact_ids)) - len(rows)
            if wanted:
                cursor.execute(_GIVE, parameters | {"number": wanted if is_open else 0})
                new = cursor.fetchall()
                if len(new) < wanted:
                    # The scope is a savepoint or the whole transaction: nothing stays given.
                    raise PoolExhaustedError(wanted - len(new))
                rows += new
    return {row[2]: _code(workspace, campaign_id, row) for row in rows}


_GIVEN = """
    SELECT id, code, contact_id, code_key, pool_id, given_at, transaction_id, redeemed_at
    FROM campaigns_discountcode
    WHERE workspace_id = %(workspace)s AND campaign_id = %(campaign)s
      AND contact_id = ANY (%(contacts)s::bigint[])
"""

_GIVE = """
    WITH wanted AS (
        SELECT contact_id, row_number() OVER (ORDER BY contact_id) AS place
        FROM (SELECT DISTINCT unnest(%(contacts)s::bigint[]) AS contact_id) AS asked
        WHERE NOT EXISTS (
            SELECT FROM campaigns_discountcode AS given
            WHERE given.workspace_id = %(workspace)s AND given.campaign_id = %(campaign)s
              AND given.contact_id = asked.contact_id
        )
    ), free AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (
            SELECT id FROM campaigns_discountcode
            WHERE workspace_id = %(workspace)s AND pool_id = %(pool)s
              AND given_at IS NULL AND transaction_id IS NULL
            ORDER BY id LIMIT %(number)s
            FOR UPDATE
        ) AS locked
    )
    UPDATE campaigns_discountcode AS code
    SET campaign_id = %(campaign)s, contact_id = wanted.contact_id, given_at = %(now)s
    FROM free JOIN wanted USING (place)
    WHERE code.workspace_id = %(workspace)s AND code.id = free.id
    RETURNING code.id, code.code, code.contact_id, code.code_key, code.pool_id, code.given_at,
              code.transaction_id, code.redeemed_at
"""


def _code(workspace: Workspace, campaign_id: int, row: Sequence[Any]) -> DiscountCode:
    names = ("id", "code", "contact_id", "code_key", "pool_id", "given_at", "transaction_id")
    columns = (*names, "redeemed_at", "workspace_id", "campaign_id")
    values = dict(zip(columns, (*row, workspace.pk, campaign_id), strict=True))
    fields = [each.attname for each in DiscountCode._meta.concrete_fields]
    return DiscountCode.from_db(None, fields, [values[name] for name in fields])


def _lock(workspace: Workspace, pool_id: int) -> bool:
    """Wait for others that give from the pool; whether it is still in use."""
    pools = CodePool.objects.in_workspace(workspace).select_for_update(no_key=True)
    return pools.get(pk=pool_id).archived_at is None


def _store(workspace: Workspace, pool: CodePool, codes: Sequence[tuple[str, str]]) -> int:
    """Insert (key, code) that no pool has yet; how many those were."""
    added = 0
    for start in range(0, len(codes), CHUNK):
        keys, texts = zip(*codes[start : start + CHUNK], strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO campaigns_discountcode (workspace_id, pool_id, code, code_key)"
                " SELECT %s, %s, code, code_key FROM unnest(%s::text[], %s::text[])"
                " AS uploaded (code, code_key) ON CONFLICT DO NOTHING",
                [
                    workspace.pk,
                    pool.pk,
                    array_literal("text", texts),
                    array_literal("text", keys),
                ],
            )
            added += cursor.rowcount
    return added


def _check(pool: CodePool) -> None:
    """Raise `ValidationError` by field."""
    errors = {}
    for name, longest in (("name", 120), ("description", 300), ("prefix", 20)):
        text = getattr(pool, name)
        if len(text) > longest or not text.isprintable():
            errors[name] = _("At most {number} printable characters.").format(number=longest)
    if not pool.name:
        errors["name"] = _("Give it a name.")
    if pool.prefix and fault_of(pool.prefix):
        errors["prefix"] = str(FAULTS[fault_of(pool.prefix)])
    others = CodePool.objects.in_workspace(pool.workspace).exclude(pk=pool.pk)
    if others.filter(name=pool.name, archived_at__isnull=True).exists():
        errors["name"] = _("Another pool has this name.")
    if errors:
        raise ValidationError(errors)


def _senders(workspace: Workspace, pool: CodePool) -> list[str]:
    """Campaigns that still need codes of the pool."""
    open_runs = Run.objects.in_workspace(workspace).filter(state__in=OPEN_STATES)
    campaigns = Campaign.objects.in_workspace(workspace).filter(
        Q(state=CampaignState.SCHEDULED) | Q(pk__in=open_runs.values("campaign_id")),
        code_pool=pool,
        archived_at__isnull=True,
    )
    return list(campaigns.order_by("name").values_list("name", flat=True))
