"""The receipt of a run: what exactly was sent to whom, and why others got nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import Count

from campaigns.audience import hash_of_members
from campaigns.frozen import confirmations_of, used_segments
from campaigns.mailboxes import NumbersSent
from campaigns.models import Recipient, RecipientState, Run
from campaigns.waterfall import IN_SEGMENTS
from segments.engine.sets import ContactSet

FORMAT = 1


def receipt_of(*, run: Run) -> dict[str, Any]:
    """The receipt as a document (JSON).

    Versions, instants, sizes of every row, hashes of members and the waterfall are as they were
    frozen and never change; `counts` are those of now, and `matches_frozen` says whether the
    recipients still are who they were (an erasure, say, takes some away).
    """
    counts, frozen = _counts(run), run.settings or {}
    audience = sum(counts["by_state"].values())
    waterfall = run.waterfall or []
    inside = waterfall[0]["left"] + waterfall[0]["removed"] if waterfall else 0
    return {
        "format": FORMAT,
        "run": run.pk,
        "kind": run.kind,
        "parent": run.parent_id,
        "zone": run.zone,
        "run_key": run.run_key,
        "state": run.state,
        "campaign": {"id": run.campaign_id, "version": run.version_number, **_named(run)},
        "as_of": _iso(run.as_of),
        "scheduled_for": _iso(run.scheduled_for),
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "audience": run.audience,
        "settings": run.settings,
        "segments": [asdict(each) for each in used_segments(run)],
        "conditional_segments": [
            {"segment": each.id, "name": each.name, "version": each.version, "bit": each.bit}
            for each in used_segments(run)
            if each.bit is not None
        ],
        "waterfall": [{"step": IN_SEGMENTS, "removed": 0, "left": inside}, *waterfall],
        "size": run.size,
        "audience_hash": frozen.get("audience_hash", ""),
        "recipients_hash": frozen.get("recipients_hash", ""),
        "counts": {**counts, "audience": audience},
        "matches_frozen": run.as_of is None or _is_as_frozen(run, frozen),
        "confirmations": confirmations_of(run).model_dump(mode="json"),
        "error": run.error,
    }


def _counts(run: Run) -> dict[str, Any]:
    rows = (
        Recipient.objects.in_workspace(run.workspace_id)
        .filter(run=run)
        .order_by()
        .values_list("state", "reason", "variant")
        .annotate(number=Count("contact_id"))
    )
    by_state: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    by_variant: Counter[int] = Counter()
    for state, reason, variant, number in rows:
        by_state[state] += number
        if state == RecipientState.SKIPPED:
            by_reason[reason] += number
        else:
            by_variant[variant] += number
    return {
        "by_state": dict(sorted(by_state.items())),
        "skipped_by_reason": dict(sorted(by_reason.items())),
        "by_variant": {str(variant): by_variant[variant] for variant in sorted(by_variant)},
    }


def _is_as_frozen(run: Run, frozen: dict[str, Any]) -> bool:
    """Whether the rows are still of the very contacts of the frozen audience."""
    rows = Recipient.objects.in_workspace(run.workspace_id).filter(run=run)
    sent = rows.aggregate(numbers=NumbersSent("contact_id"))["numbers"]
    contacts = ContactSet.from_array_send(run.workspace_id, sent)
    return hash_of_members(contacts) == frozen.get("audience_hash")


def _named(run: Run) -> dict[str, Any]:
    return {"name": (run.settings or {}).get("campaign_name", run.campaign.name)}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
