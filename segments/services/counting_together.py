"""Counts many segments of one workspace in one pass: leaves they share are asked once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import DatabaseError

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Names, Tree
from segments.engine.evaluation import members_of_each
from segments.models import Recount, Segment
from segments.services import claims, queueing
from segments.services.claims import Claim
from segments.services.recounting import (
    Clock,
    Counted,
    closed_tree,
    count_claimed,
    mark_broken,
    record_count,
    tree_of,
)
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

MOST_AT_ONCE = 50  # then other workspaces have their turn


def count_together(*, held: Sequence[Claim], clock: Clock) -> None:
    """Count claimed recounts of one workspace. What can't be counted so is counted alone."""
    if len(held) > 1:
        try:
            held = _Pass(Workspace.objects.get(pk=held[0].workspace_id), clock).run(held)
        except DatabaseError:
            logger.warning("recounts_apart", workspace=held[0].workspace_id, exc_info=True)
    for claim in held:
        count_claimed(claim=claim, clock=clock)


class _Pass:
    def __init__(self, workspace: Workspace, clock: Clock) -> None:
        self.workspace = workspace
        self.clock = clock
        self.names: Names = {}  # what the trees name is looked up once

    def run(self, held: Sequence[Claim]) -> list[Claim]:
        """The claims that are left to be counted alone."""
        with workspace_scope(self.workspace):
            as_of = self.clock()
            found = {claim: self._tree(claim, as_of) for claim in held}
            trees = {claim: each for claim, each in found.items() if each is not None}
            closed = [closed_tree(segment, tree) for segment, tree in trees.values()]
            scope = Scope(self.workspace, as_of).knowing(self.names)
            together, universe = members_of_each(closed, scope)
        left = []
        for (claim, (segment, _tree)), members in zip(trees.items(), together, strict=True):
            counted = Counted(as_of, members, len(universe))
            with workspace_scope(self.workspace):
                is_recorded = record_count(
                    claim=claim, segment=segment, counted=counted, clock=self.clock
                )
            if not is_recorded:
                left.append(claim)
        return left

    def _tree(self, claim: Claim, now: datetime) -> tuple[Segment, Tree] | None:
        """The tree of a claim that is still to be counted; closes those that aren't."""
        if not claims.still_mine(claim):
            return None
        recount = Recount.objects.in_workspace(self.workspace).get(pk=claim.recount_id)
        segment = Segment.objects.in_workspace(self.workspace).get(pk=recount.segment_id)
        if segment.archived_at is not None or recount.version_number != segment.version_number:
            queueing.cancel_recount(recount=recount, now=now)
            return None
        try:
            tree = tree_of(segment=segment, workspace=self.workspace, names=self.names)
        except InvalidTree as error:
            mark_broken(segment=segment, error=error)
            claims.fail(claim, now=now, error=segment.error)
            return None
        return segment, tree
