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

_INSERT = """
INSERT INTO campaigns_recipient (workspace_id, run_id, contact_id, address, address_hash, state,
    reason, variant, blocks, code_id, attempt, handed_over, provider_id, error)
SELECT %(workspace)s, %(run)s, given.contact_id, coalesce(held.text, ''), held.address_hash,
    %(state)s, %(reason)s, given.variant, given.blocks, given.code_id, 0, false, '', ''
FROM unnest(%(contacts)s::bigint[], %(variants)s::smallint[], %(blocks)s::bigint[],
    %(codes)s::bigint[]) WITH ORDINALITY AS given (contact_id, variant, blocks, code_id, place)
LEFT JOIN contacts_attributevalue held ON held.workspace_id = %(workspace)s
    AND held.attribute_id = %(email)s AND held.contact_id = given.contact_id
    AND held.contact_id BETWEEN %(first)s AND %(last)s
    AND held.address_hash IS NOT NULL AND held.valid_from <= %(as_of)s
    AND (held.valid_to IS NULL OR held.valid_to > %(as_of)s)
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
    for step in falls.steps:
        writing.write(RecipientState.SKIPPED, step.key, step.removed)
    writing.write(RecipientState.QUEUED, "", falls.recipients, variants, blocks, codes)


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
        zeros = np.zeros(ids.size, dtype=np.int64)
        variants = zeros if variants is None else variants
        blocks = zeros if blocks is None else blocks
        for at in range(0, ids.size, AT_ONCE):
            chunk = slice(at, at + AT_ONCE)
            chosen = ids[chunk].tolist()
            parameters = self.shared | {
                "state": state.value,
                "reason": reason,
                "first": chosen[0],
                "last": chosen[-1],
                "contacts": array_literal("bigint", chosen),
                "variants": array_literal("bigint", variants[chunk].tolist()),
                "blocks": array_literal("bigint", blocks[chunk].tolist()),
                "codes": array_literal("bigint", [(codes or {}).get(pk) for pk in chosen]),
            }
            with connection.cursor() as cursor:
                cursor.execute(_INSERT, parameters)
