"""Since when each source of facts is recorded (semantics 15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from tracking.models import SourceCoverage
from workspaces.models import Workspace


def record_coverage(*, workspace: Workspace, earliest: Mapping[str, datetime]) -> None:
    """Facts of these sources, the earliest at these instants, were stored."""
    if not earliest:
        return
    known = dict(
        SourceCoverage.objects.in_workspace(workspace)
        .filter(source__in=list(earliest))
        .values_list("source", "recorded_since")
    )
    # Written only when it changes: one row a source would make all batches wait for each other.
    earlier = sorted(
        (source, instant)
        for source, instant in earliest.items()
        if source not in known or instant < known[source]
    )
    if not earlier:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_sourcecoverage (workspace_id, source, recorded_since)"
            " SELECT %s, * FROM unnest(%s::text[], %s::timestamptz[])"
            " ON CONFLICT (workspace_id, source) DO UPDATE SET recorded_since ="
            " least(tracking_sourcecoverage.recorded_since, excluded.recorded_since)",
            [workspace.pk, [source for source, _ in earlier], [at for _, at in earlier]],
        )


def earliest_by_source(facts: list[tuple[str, datetime]]) -> dict[str, datetime]:
    """The earliest instant of each source among (source, instant) pairs."""
    earliest: dict[str, datetime] = {}
    for source, instant in facts:
        if source not in earliest or instant < earliest[source]:
            earliest[source] = instant
    return earliest
