"""What of a freeze is kept for its receipt, and the counts of its segments for their trend."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from campaigns.audience import CountedAudience
from segments.services.counting_for_sends import record_send_counts


def kept_segments(counted: CountedAudience) -> list[dict[str, Any]]:
    """`Run.segments`: versions, definitions, sizes, nodes and member hashes."""
    return [asdict(each) for each in counted.used()]


def record_counts(*, counted: CountedAudience, slot: str) -> int:
    """Show what was counted for a send in the trends of its segments. How many were recorded."""
    return record_send_counts(
        as_of=counted.as_of,
        universe=len(counted.universe),
        counts=[(each.segment, each.members) for each in counted.segments],
        slot=slot,
    )
