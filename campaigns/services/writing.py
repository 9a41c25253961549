"""Writes the recipients of a run: everybody of its audience, sent to or left out for a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from campaigns.models import RecipientState, Run
from campaigns.waterfall import Waterfall
from contacts.bulk import array_literal
from contacts.models import NUMBER_BITS, AttributeDefinition
from segments.engine.sets import ContactSet

AT_ONCE = 100_000  # rows a statement
# LATERAL with a limit: one look into an index a row, whatever the planner believes.

_INSERT = """
INSERT INTO campaigns_recipient (workspace_id, run_id, contact_id, address, address_hash, state,
    reason, variant, blocks, code_id, attempt, handed_over, provider_id, error)
SELECT %(workspace)s, %(run)s, given.contact_id, coalesce(held.text, ''), held.address_hash,
    %(state)s, %(reason)s, coalesce(given.variant, 0), coalesce(given.blocks, 0), given.code_id,
    0, false, '', ''
FROM unnest(%(contacts)s::bigint[], %(variants)s::smallint[], %(blocks)s::bigint[],
    %(codes)s::bigint[]) WITH ORDINALITY AS given (contact_id, variant, blocks, code_id, place)
LEFT JOIN LATERAL (
    SELECT text, address_hash FROM contacts_attributevalue
    WHERE workspace_id = %(workspace)s AND attribute_id = %(email)s
        AND contact_id = given.contact_id
        AND address_hash IS NOT NULL AND valid_from <= %(as_of)s
        AND (valid_to IS NULL OR valid_to > %(as_of)s)
    LIMIT 1
) held ON true
ORDER BY given.place
"""


def write_recipients(
    *,
    run: Run,
    falls: Waterfall,
    variants: npt.NDArray[np.int64],
    blocks: npt.NDArray[np.int64],
    codes: Mapping[int, int],
) -> None:
    """`variants` and `blocks` of the recipients by ascending number; `codes` by contact id."""
    writing = _Writing(run, falls)
    # Keys are checked with each statement: all of them at the commit would take too long for one.
    _check_keys(immediately=True)
    for step in falls.steps:
        writing.write(RecipientState.SKIPPED, step.key, step.removed)
    writing.write(RecipientState.QUEUED, "", falls.recipients, variants, blocks, codes)
    _check_keys(immediately=False)


def _check_keys(*, immediately: bool) -> None:
    """When the rest of the transaction checks what its rows refer to: at once, or at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE" if immediately else "SET CONSTRAINTS ALL DEFERRED"
        )


def blocks_of(conditional: Sequence[ContactSet], recipients: ContactSet) -> npt.NDArray[np.int64]:
    """For each recipient by ascending number: bit n, whether it is in the n-th set."""
    numbers = recipients.numbers()
    found = np.zeros(numbers.size, dtype=np.int64)
    for bit, members in enumerate(conditional):
        found |= np.isin(numbers, members.numbers(), assume_unique=True).astype(np.int64) << bit
    return found


class _Writing:
    def __init__(self, run: Run, falls: Waterfall) -> None:
        self.base = run.workspace_id << NUMBER_BITS
        attribute = AttributeDefinition.objects.in_workspace(run.workspace_id).get(key="email")
        self.shared: dict[str, Any] = {
            "workspace": run.workspace_id,
            "run": run.pk,
            "email": attribute.pk,
            "as_of": falls.as_of,
        }

    def write(
        self,
        state: RecipientState,
        reason: str,
        contacts: ContactSet,
        variants: npt.NDArray[np.int64] | None = None,
        blocks: npt.NDArray[np.int64] | None = None,
        codes: Mapping[int, int] | None = None,
    ) -> None:
        ids = contacts.numbers() | self.base
        for at in range(0, ids.size, AT_ONCE):
            chunk = slice(at, at + AT_ONCE)
            chosen = ids[chunk].tolist()
            parameters = self.shared | {
                "state": state.value,
                "reason": reason,
                "contacts": array_literal("bigint", chosen),
                # Shorter arrays are filled up with nulls.
                "variants": _literal(variants, chunk),
                "blocks": _literal(blocks, chunk),
                "codes": array_literal("bigint", [codes.get(pk) for pk in chosen] if codes else []),
            }
            with connection.cursor() as cursor:
                cursor.execute(_INSERT, parameters)


def _literal(values: npt.NDArray[np.int64] | None, chunk: slice) -> str:
    some = [] if values is None or not values.any() else values[chunk].tolist()
    return array_literal("bigint", some)
