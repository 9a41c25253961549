"""What to be told about an answer: rows that match nobody, and people who are in only because
nothing is known about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from segments.criteria.scope import Scope
from segments.criteria.tree import Leaf, Tree
from segments.engine.evaluation import Evaluation
from tracking.models import SourceCoverage
from workspaces.models import Workspace


@dataclass(frozen=True)
class Warning:
    """One thing worth knowing about a row. `number` is how many contacts it concerns."""

    path: str
    code: str
    message: str
    number: int | None = None


def warnings_for(tree: Tree, scope: Scope, evaluation: Evaluation) -> Sequence[Warning]:
    """Everything worth telling, in the order of the rows."""
    counts = {node.path: node for node in evaluation.nodes}
    found: list[Warning] = []
    for leaf in tree.leaves():
        count = counts.get(leaf.path)
        if count is None or not isinstance(leaf, Leaf):
            continue
        if count.size == 0:
            found.append(Warning(leaf.path, "matches_nobody", _("This row matches nobody."), 0))
        if count.only_by_absence:
            message = ngettext(
                "%d contact passes this row only because nothing is known of it.",
                "%d contacts pass this row only because nothing is known of them.",
                count.only_by_absence,
            )
            number = count.only_by_absence
            found.append(Warning(leaf.path, "only_by_absence", message % number, number))
    return found


def sources_missing_at(tree: Tree, *, workspace: Workspace, as_of: datetime) -> Iterator[str]:
    """Sources the tree asks about that weren't recorded yet at the instant."""
    asked = sorted(
        {s for leaf in tree.leaves() if isinstance(leaf, Leaf) for s in leaf.criterion.sources}
    )
    known = dict(
        SourceCoverage.objects.in_workspace(workspace)
        .filter(source__in=asked)
        .values_list("source", "recorded_since")
    )
    yield from (source for source in asked if source in known and known[source] > as_of)
