"""Explain, forecast, compare, overlap and the backfilled trend, on the large shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import Any
from uuid import uuid4

from contacts.models import Contact
from segments.models import Recount, RecountReason, Segment, Snapshot
from segments.services import backfilling, claims, trend
from segments.services.comparing import compare_with_saved
from segments.services.explaining import explain_segment
from segments.services.forecasting import forecast
from segments.services.overlapping import overlap_of
from tests.bench.measure import Figure, measures
from tests.bench.prepared import Bench
from tests.bench.product import Asked
from tests.bench.questions import Q10, document_of
from tests.bench.timing import timed
from tests.makers.segments import make_segment
from workspaces.tenancy import workspace_scope

FIVE = (
    "all",
    "tag A",
    ("any", "3 transactions in 90 days", "opened in a week"),
    ("not", "bought Y"),
    ("any", "bought in 30 days", "city B"),
)


def _segment(bench: Bench, where: Any) -> Segment:
    return make_segment(
        bench.large,
        document_of(where, bench.leaves),
        name=f"Measured {uuid4().hex[:8]}",
        now=bench.as_of,
    )


def _inside(bench: Bench, call: Callable[[], Any], repeats: int) -> float:
    def run() -> None:
        with workspace_scope(bench.large):
            call()

    run()
    return median(timed(run)[1] for _ in range(repeats))


def _figure(what: str, milliseconds: float, goal: float) -> Figure:
    if goal >= 5000:
        shown, wanted = f"{milliseconds / 1000:.2f} s", f"≤ {goal / 1000:g} s"
    else:
        shown, wanted = f"{milliseconds:.0f} ms", f"≤ {goal:g} ms"
    return Figure(what, shown, wanted, milliseconds <= goal)


@measures("explain", "Why one contact is in or out of Q10")
def explain(bench: Bench, repeats: int) -> list[Figure]:
    """A member, and somebody who isn't; the slower counts."""
    segment = _segment(bench, Q10)
    asked = Asked(bench.large, segment.definition["where"], bench.as_of)
    evaluation = asked.evaluation()
    inside = evaluation.members.id_list(limit=1)
    outside = (evaluation.universe - evaluation.members).id_list(limit=1)
    with workspace_scope(bench.large):
        contacts = list(Contact.objects.in_workspace(bench.large).filter(pk__in=inside + outside))

    def explaining(contact: Contact) -> Callable[[], Any]:
        return lambda: explain_segment(
            segment=segment,
            workspace=bench.large,
            contact=contact,
            as_of=bench.as_of,
            now=bench.as_of,
        )

    took = [_inside(bench, explaining(contact), repeats) for contact in contacts]
    return [_figure("one contact", max(took), 200)]


@measures("forecast", "Who enters and leaves a segment of 5 leaves if nothing happens")
def forecasts(bench: Bench, repeats: int) -> list[Figure]:
    """30 days ahead."""
    segment = _segment(bench, FIVE)
    took = _inside(
        bench, lambda: forecast(segment=segment, as_of=bench.as_of, days=30), min(repeats, 3)
    )
    return [_figure("30 days", took, 5000)]


@measures("compare", "A changed definition beside the saved one")
def compare(bench: Bench, repeats: int) -> list[Figure]:
    """Q10 and Q10 with one more row, all leaves stored."""
    segment = _segment(bench, Q10)
    changed = document_of(("all", Q10, "bought ever"), bench.leaves)
    Asked(bench.large, changed, bench.as_of).keep()

    def run() -> None:
        found = compare_with_saved(
            segment=segment, where=changed, pinned_in=None, pinned_out=None, as_of=bench.as_of
        )
        assert found.before.members is not None

    return [_figure("two definitions, warm", _inside(bench, run, repeats), 1000)]


@measures("overlap", "Overlap of segments")
def overlap(bench: Bench, repeats: int) -> list[Figure]:
    """Five of the questions, every pair, all leaves stored."""
    wheres = [
        "3 transactions in 90 days",
        "spent 1,000 in all",
        "bought Y",
        ("all", "no engagement in 30 days", "bought ever"),
        "only from ads",
    ]
    segments = [_segment(bench, where) for where in wheres]
    for segment in segments:
        Asked(bench.large, segment.definition["where"], bench.as_of).keep()
    took = _inside(
        bench,
        lambda: overlap_of(workspace=bench.large, segments=segments, as_of=bench.as_of),
        repeats,
    )
    return [_figure("5 segments, warm", took, 200)]


@measures("backfill", "Daily trend of a segment of 5 leaves, filled in afterwards")
def backfill(bench: Bench, repeats: int) -> list[Figure]:
    """As the worker does it, in one process."""
    segment = _segment(bench, FIVE)

    def clock() -> datetime:
        return bench.as_of

    with workspace_scope(bench.large):
        Recount.objects.in_workspace(bench.large).filter(state="queued").update(state="cancelled")
        trend.request_backfill(segment=segment, now=bench.as_of)

    def fill() -> None:
        """In turns, as it stands back now and then for whoever waits."""
        while claim := claims.claim_recount(now=bench.as_of):
            assert claim.reason == RecountReason.BACKFILL
            backfilling.backfill_claimed(claim=claim, clock=clock)

    _, took = timed(fill)
    with workspace_scope(bench.large):
        points = Snapshot.objects.in_workspace(bench.large).filter(segment=segment)
        sizes = [len(point.members) for point in points]
    days = len(sizes)
    seconds = took / 1000
    note = f"{sum(sizes) / 2**20:.2f} MiB of snapshots"
    is_met = seconds <= 60 if days > 360 else None
    return [Figure(f"{days} days", f"{seconds:.1f} s", "365 days ≤ 60 s", is_met, note)]
