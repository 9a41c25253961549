"""Counts a segment: members, size, entered and left, from one snapshot of the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError
from django.utils.translation import gettext as _

from segments.criteria.scope import Scope
from segments.criteria.tree import ROOT, InvalidTree, Names, SegmentNode, Tree, parse_tree
from segments.engine.evaluation import Evaluation, evaluate_tree
from segments.engine.sets import ContactSet
from segments.models import (
    Recount,
    Segment,
    SegmentState,
    Snapshot,
)
from segments.pins import NO_PINS, read_pins
from segments.services import claims, queueing
from segments.services.claims import Claim
from segments.services.stopping import name_transaction
from segments.signals import segment_counted
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

# Serialisation failure, deadlock, lock timeout, and the classes of lost connections, servers
# going down and resources that ran out: the next attempt may well succeed.
_PASSING = ("40001", "40P01", "55P03", "08", "57P", "53")
_TOO_LONG = "57014"
_ASKED_TO_STOP = "user request"  # instead of by the time it took, which has the same code


def count_claimed(*, claim: Claim, clock: Clock) -> None:
    """Count one claimed recount and record it, or say why not. Never leaves it open."""

    def work(workspace: Workspace) -> None:
        _warm(workspace, claim, clock)
        with workspace_scope(workspace, isolation="REPEATABLE READ"):
            _count(workspace, claim, clock)

    attempt(claim=claim, clock=clock, work=work)


def attempt(*, claim: Claim, clock: Clock, work: Callable[[Workspace], None]) -> None:
    """Do a claim's work; after a passing fault it is put back, after any other it has failed."""
    try:
        work(Workspace.objects.get(pk=claim.workspace_id))
    except (OperationalError, InterfaceError, IntegrityError) as error:
        state = getattr(error.__cause__, "sqlstate", None) or ""
        logger.warning("recount_interrupted", recount=claim.recount_id, sqlstate=state)
        with workspace_scope(claim.workspace_id):
            if state == _TOO_LONG and _ASKED_TO_STOP in str(error):
                claims.put_back(claim)  # does nothing for what was cancelled
            elif state == _TOO_LONG:
                _record_failure(claim, clock(), _("Counting took too long and was stopped."))
            elif claim.failures + 1 >= claims.MAX_ATTEMPTS:
                _record_failure(claim, clock(), _("The database couldn't finish the count."))
            elif not state or state.startswith(_PASSING) or isinstance(error, IntegrityError):
                claims.put_back(claim)
            else:
                _record_failure(claim, clock(), _("The database refused to count."))
    except Exception:
        logger.exception("recount_failed", recount=claim.recount_id)
        with workspace_scope(claim.workspace_id):
            _record_failure(claim, clock(), _("Counting failed. The log says more."))


def _warm(workspace: Workspace, claim: Claim, clock: Clock) -> None:
    """Bring the leaves' sets up and keep them, which the count itself may not do."""
    with workspace_scope(workspace):
        recount = _own_recount(claim)
        if recount is None:
            return
        segment = Segment.objects.in_workspace(workspace).get(pk=recount.segment_id)
        with suppress(InvalidTree):  # the count says so
            evaluate_segment(segment=segment, workspace=workspace, as_of=clock())


def _count(workspace: Workspace, claim: Claim, clock: Clock) -> None:
    recount = _own_recount(claim)
    if recount is None:
        return
    segment = Segment.objects.in_workspace(workspace).get(pk=recount.segment_id)
    as_of = clock()
    if segment.archived_at is not None or recount.version_number != segment.version_number:
        queueing.cancel_recount(recount=recount, now=as_of)
        return
    try:
        evaluation = evaluate_segment(segment=segment, workspace=workspace, as_of=as_of)
    except InvalidTree as error:
        mark_broken(segment=segment, error=error)
        claims.fail(claim, now=clock(), error=segment.error)
        return
    # Only now, so that nobody who saves has to wait for the count. If somebody did save since
    # this transaction began, the database refuses the lock and the recount is put back.
    counted = Counted(as_of, evaluation.members, len(evaluation.universe))
    record_count(claim=claim, segment=segment, counted=counted, clock=clock)


@dataclass(frozen=True)
class Counted:
    """A segment counted: its members and the size of the universe at an instant."""

    as_of: datetime
    members: ContactSet
    universe: int

    @property
    def size(self) -> int:
        return len(self.members)


def record_count(*, claim: Claim, segment: Segment, counted: Counted, clock: Clock) -> bool:
    """Close the recount and store what was counted; False if the definition has changed since.

    `segment` is the one whose definition was counted.
    """
    locked = Segment.objects.in_workspace(claim.workspace_id).select_for_update().get(pk=segment.pk)
    if locked.version_number != segment.version_number or locked.archived_at is not None:
        return False
    if not claims.finish(claim, now=clock(), size=counted.size, as_of=counted.as_of):
        return True
    recount = Recount.objects.in_workspace(claim.workspace_id).get(pk=claim.recount_id)
    keep_count(segment=locked, counted=counted, recount=recount)
    return True


def keep_count(*, segment: Segment, counted: Counted, recount: Recount) -> None:
    """Store what was counted of a locked segment, which is fresh with it, and tell who listens."""
    snapshot = _record_snapshot(segment=segment, counted=counted, recount=recount)
    segment.size, segment.counted_at = counted.size, counted.as_of
    segment.state, segment.error = SegmentState.FRESH, ""
    segment.save(update_fields=["size", "counted_at", "state", "error"])
    segment_counted.send(sender=Segment, segment=segment, snapshot=snapshot, now=counted.as_of)


def _own_recount(claim: Claim) -> Recount | None:
    name_transaction(claim)
    if not claims.still_mine(claim):
        return None
    return Recount.objects.in_workspace(claim.workspace_id).get(pk=claim.recount_id)


def _record_failure(claim: Claim, now: datetime, message: str) -> None:
    if claims.fail(claim, now=now, error=message):
        recount = Recount.objects.in_workspace(claim.workspace_id).get(pk=claim.recount_id)
        claims.mark_failed(recount=recount, error=message)


def mark_broken(*, segment: Segment, error: InvalidTree) -> None:
    """A reference is gone: the segment is shown, but not counted and not sent to."""
    segment.state = SegmentState.BROKEN
    segment.error = "; ".join(f"{e.path}: {e.message}" for e in error.errors)[:2000]
    segment.save(update_fields=["state", "error"])


def tree_of(*, segment: Segment, workspace: Workspace, names: Names | None = None) -> Tree:
    """The segment's current tree; `names` as for `parse_tree`. Raises `InvalidTree` where it is
    broken."""
    where, ancestors = segment.definition.get("where"), (segment.pk,)
    return parse_tree(where, workspace=workspace, ancestors=ancestors, names=names)


def closed_tree(segment: Segment, tree: Tree) -> Tree:
    """The segment's tree as one row, so that its pins of each instant come with it."""
    root = SegmentNode(ROOT, False, segment.pk, segment.name, tree.root)
    return replace(tree, root=root)


def evaluate_segment(*, segment: Segment, workspace: Workspace, as_of: datetime) -> Evaluation:
    """The segment by its current definition and the pins of that instant, without the numbers of
    its rows."""
    scope = Scope(workspace, as_of)
    pins = read_pins(scope, [segment.pk]).get(segment.pk, NO_PINS)
    tree = tree_of(segment=segment, workspace=workspace)
    return evaluate_tree(tree, scope.knowing(tree.found), pins=pins, with_numbers=False)


def _record_snapshot(*, segment: Segment, counted: Counted, recount: Recount) -> Snapshot:
    """Store what was counted; previous + entered - left = size."""
    previous = (
        Snapshot.objects.in_workspace(segment.workspace_id)
        .filter(segment=segment, is_recorded=True, as_of__lt=counted.as_of)
        .order_by("-as_of")
        .first()
    )
    before = (
        ContactSet.empty(segment.workspace_id)
        if previous is None
        else ContactSet.unpack(segment.workspace_id, previous.members)
    )
    return Snapshot.objects.create(
        workspace_id=segment.workspace_id,
        segment=segment,
        recount=recount,
        as_of=counted.as_of,
        version_number=segment.version_number,
        is_recorded=True,
        reason=recount.reason,
        size=counted.size,
        entered=len(counted.members - before),
        left=len(before - counted.members),
        universe=counted.universe,
        members=counted.members.pack(),
    )
