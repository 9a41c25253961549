"""Computes the line of a trend: the current definition at each day-end of a year.

The newest days come first, so that the chart fills from where people look. Who was in is kept only
at the ends of what is there; the rest of the line is numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter

from django.db import transaction

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Tree
from segments.engine.coverage import sources_missing_at_each
from segments.engine.evaluation import members_at
from segments.engine.pool import LeafPool
from segments.engine.sets import ContactSet
from segments.models import Recount, RecountReason, Segment, SegmentPin, Snapshot
from segments.services import claims, queueing
from segments.services.claims import Claim
from segments.services.recounting import Clock, attempt, closed_tree, tree_of
from segments.services.stopping import name_transaction
from segments.services.trend import line_days, line_of
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

MOST_DAYS_AT_ONCE = 16
SHORT_SECONDS, LONG_SECONDS = 0.5, 3.0
# A day that takes longer is worth carrying leaf sets from day to day.
LONG_DAY_SECONDS = 0.15
# Then the worker looks whether somebody else is waiting, and stands back for them.
TURN_SECONDS = 30.0
WAITED_TOO_LONG = timedelta(seconds=2)
# What people look at first: each segment gets so much before any gets more.
FIRST_DAYS = 91
NOBODY_KEPT = b""  # of points whose members were not kept


@dataclass(frozen=True)
class Day:
    """The segment at a day-end."""

    as_of: datetime
    members: ContactSet
    universe: int


def backfill_claimed(*, claim: Claim, clock: Clock) -> None:
    """Evaluate the current definition at each missing day-end, some days a transaction.

    A killed backfill goes on where it stopped: days that are there are not counted again.
    """
    attempt(claim=claim, clock=clock, work=lambda workspace: _backfill(workspace, claim, clock))


def _backfill(workspace: Workspace, claim: Claim, clock: Clock) -> None:
    now, started = clock(), perf_counter()
    with workspace_scope(workspace):
        recount = Recount.objects.in_workspace(workspace).get(pk=claim.recount_id)
        segment = Segment.objects.in_workspace(workspace).get(pk=recount.segment_id)
        if segment.archived_at is not None or recount.version_number != segment.version_number:
            queueing.cancel_recount(recount=recount, now=now)
            return
        try:
            tree = _tree_with_pins(segment)
        except InvalidTree as error:
            claims.fail(claim, now=clock(), error=error.errors[0].message)
            return
        days = line_days(workspace=workspace, as_of=now)
        _forget_other_points(segment, days)
        there = set(line_of(segment).values_list("as_of", flat=True))
    line = _Line(segment, tree, days)
    for run in _runs_of_missing(days, there):
        for batch in line.batches(run):
            total = len(days)
            with workspace_scope(workspace, isolation=line.isolation):
                name_transaction(claim)
                line.record(batch)
                # Last, so that nobody who cancels or saves has to wait for the evaluation.
                done = len(there) + line.number_recorded
                if not claims.extend_lease(claim, done=done, total=total):
                    transaction.set_rollback(True)
                    return
            has_first = len(there) < FIRST_DAYS <= done < total
            if has_first or _should_stand_back(perf_counter() - started, clock()):
                with workspace_scope(workspace):
                    claims.give_way(claim)
                return
    with workspace_scope(workspace):
        claims.extend_lease(claim, done=len(days), total=len(days))
        claims.finish(claim, now=clock(), size=None, as_of=now)


def _should_stand_back(seconds: float, now: datetime) -> bool:
    """After a long turn, or when a count has been waiting for a worker."""
    return seconds > TURN_SECONDS or claims.counts_wait(since=now - WAITED_TOO_LONG)


def _tree_with_pins(segment: Segment) -> Tree:
    tree = tree_of(segment=segment, workspace=segment.workspace)
    pins = SegmentPin.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    return closed_tree(segment, tree) if pins.exists() else tree


def _forget_other_points(segment: Segment, days: Sequence[datetime]) -> None:
    """The line shows one definition and one year of one zone; what was recorded then stays."""
    recomputed = Snapshot.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, is_recorded=False
    )
    recomputed.exclude(version_number=segment.version_number).delete()
    recomputed.exclude(as_of__in=days).delete()


def _runs_of_missing(days: Sequence[datetime], there: set[datetime]) -> Iterator[list[datetime]]:
    """Missing days without a gap between them, newest first."""
    run: list[datetime] = []
    for day in reversed(days):
        if day not in there:
            run.append(day)
        elif run:
            yield run
            run = []
    if run:
        yield run


@dataclass
class _Line:
    """The points of one segment being computed, backwards in time."""

    segment: Segment
    tree: Tree
    days: Sequence[datetime]
    number_recorded: int = 0
    at_once: int = 1
    pool: LeafPool | None = None
    scope: Scope = field(init=False)  # what keys name is found out once for all days
    next_days: dict[datetime, datetime] = field(init=False)
    days_before: dict[datetime, datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(self.workspace, self.days[-1])
        pairs = list(zip(self.days, self.days[1:], strict=False))
        self.next_days = dict(pairs)
        self.days_before = {later: earlier for earlier, later in pairs}

    @property
    def workspace(self) -> Workspace:
        return self.segment.workspace

    @property
    def isolation(self) -> str | None:
        """Sets that are carried along need to see what commits meanwhile."""
        return None if self.pool is not None else "REPEATABLE READ"

    def batches(self, run: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
        """The run in pieces as large as they are cheap."""
        done = 0
        while done < len(run):
            batch = run[done : done + self.at_once]
            started = perf_counter()
            yield batch
            done += len(batch)
            self._adapt(perf_counter() - started, len(batch))

    def _adapt(self, seconds: float, days: int) -> None:
        if self.pool is None and seconds / days > LONG_DAY_SECONDS:
            self.pool = LeafPool(self.workspace, numbers={})
        if seconds < SHORT_SECONDS:
            self.at_once = min(self.at_once * 2, MOST_DAYS_AT_ONCE)
        elif seconds > LONG_SECONDS:
            self.at_once = max(1, self.at_once // 2)

    def record(self, batch: Sequence[datetime]) -> None:
        """Store one point a day, and join them to the days around them that are there."""
        found = self._evaluate(batch)
        following = self._point_at(self.next_days.get(batch[0]))
        earlier = self._point_at(self.days_before.get(batch[-1]))
        before = None if earlier is None else self._members_of(earlier)
        missing = sources_missing_at_each(self.tree, workspace=self.workspace, instants=batch)
        points = []
        for day, older, sources in zip(found, [*found[1:], None], missing, strict=True):
            members_before = older.members if older is not None else before
            points.append(self._point(day, members_before, sources))
        if following is None:
            points[0].members = found[0].members.pack()
        if earlier is None:
            points[-1].members = found[-1].members.pack()
        Snapshot.objects.bulk_create(points)
        self.number_recorded += len(points)
        if following is not None:
            self._join(following, found[0].members)
        if earlier is not None and self._point_at(self.days_before.get(earlier.as_of)):
            line_of(self.segment).filter(pk=earlier.pk).update(members=NOBODY_KEPT)

    def _evaluate(self, batch: Sequence[datetime]) -> list[Day]:
        scopes = [self.scope.at(day) for day in batch]
        if self.pool is None:
            return [
                Day(scope.as_of, members, len(universe))
                for scope, (members, universe) in zip(
                    scopes, members_at(self.tree, scopes), strict=True
                )
            ]
        return [self._step(self.pool, scope) for scope in scopes]

    def _step(self, pool: LeafPool, scope: Scope) -> Day:
        if pool.position is None:
            pool.hold([self.tree], scope)
        else:
            pool.advance(scope)
        return Day(scope.as_of, pool.members(self.tree), len(pool.universe))

    def _point(self, day: Day, before: ContactSet | None, sources: list[str]) -> Snapshot:
        """`before` None: what was the day before isn't known (yet), so nobody moved."""
        before = day.members if before is None else before
        return Snapshot(
            workspace=self.workspace,
            segment=self.segment,
            as_of=day.as_of,
            version_number=self.segment.version_number,
            is_recorded=False,
            reason=RecountReason.BACKFILL,
            size=len(day.members),
            entered=len(day.members - before),
            left=len(before - day.members),
            universe=day.universe,
            members=NOBODY_KEPT,
            coverage=sources,
        )

    def _point_at(self, day: datetime | None) -> Snapshot | None:
        return None if day is None else line_of(self.segment).filter(as_of=day).first()

    def _members_of(self, point: Snapshot) -> ContactSet:
        """As they were kept, or computed again where they weren't."""
        if point.members:
            return ContactSet.unpack(self.workspace.pk, point.members)
        [(members, _universe)] = members_at(self.tree, [self.scope.at(point.as_of)])
        return members

    def _join(self, following: Snapshot, before: ContactSet) -> None:
        """The day after the batch knows now who moved on it."""
        members = self._members_of(following)
        is_newest = self._point_at(self.next_days.get(following.as_of)) is None
        line_of(self.segment).filter(pk=following.pk).update(
            entered=len(members - before),
            left=len(before - members),
            members=following.members if is_newest else NOBODY_KEPT,
        )
