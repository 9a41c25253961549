"""What to be told about an answer: rows that match nobody, people who are in only because nothing
is known about them, and negative rows that look back to before anything was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import AttributeDefinition, Contact
from segments.criteria.base import Criterion
from segments.criteria.scope import Scope
from segments.criteria.tree import Leaf, Node, Not, SegmentNode, Tree, children_of
from segments.criteria.values import say_number
from segments.engine.evaluation import Evaluation
from tracking.models import ActivityKind, SourceCoverage
from workspaces.models import Workspace

ATTRIBUTE = "attribute."
ACTIVITIES = "activities."


@dataclass(frozen=True)
class Warning:
    """One thing worth knowing about a row. `number` is how many contacts it concerns."""

    path: str
    code: str
    message: str
    number: int | None = None


@dataclass(frozen=True)
class Gap:
    """A negative row looks back to before a source was recorded (None: it never was)."""

    path: str
    source: str
    recorded_since: datetime | None


def warnings_for(tree: Tree, scope: Scope, evaluation: Evaluation) -> Sequence[Warning]:
    """Everything worth telling, in the order of the rows."""
    counts = {node.path: node for node in evaluation.nodes}
    gaps = gaps_in(tree, scope)
    found: list[Warning] = []
    for leaf in tree.leaves():
        count = counts.get(leaf.path)
        if count is None or not isinstance(leaf, Leaf):
            continue
        if count.size == 0:
            found.append(Warning(leaf.path, "matches_nobody", _("This row matches nobody."), 0))
        found += _absence(leaf.path, evaluation)
        found += [_warn(gap, scope) for gap in gaps if gap.path == leaf.path]
    return found


def _absence(path: str, evaluation: Evaluation) -> list[Warning]:
    """Members who pass the row only because nothing is known of them."""
    passing = evaluation.absent_sets.get(path)
    number = 0 if passing is None else len(passing & evaluation.members)
    if not number:
        return []
    message = ngettext(
        "{number} member passes this row only because nothing is known of it.",
        "{number} members pass this row only because nothing is known of them.",
        number,
    )
    said = message.format(number=say_number(number))
    return [Warning(path, "only_by_absence", said, number)]


def sources_missing_at_each(
    tree: Tree, *, workspace: Workspace, instants: Sequence[datetime]
) -> list[list[str]]:
    """For each instant the sources of which negative rows need more than was recorded by then."""
    negative = list(_negative_leaves(tree.root, is_inverted=False))
    asked = _sources_of(negative)
    if not asked:
        return [[] for _instant in instants]
    known = recorded_since(workspace, asked)
    first = Contact.objects.in_workspace(workspace).live().aggregate(first=Min("known_since"))
    missing = []
    for instant in instants:
        earliest = first["first"] if first["first"] and first["first"] < instant else None
        gaps = _gaps(negative, Scope(workspace, instant), known, earliest)
        missing.append(sorted({gap.source for gap in gaps}))
    return missing


def gaps_in(tree: Tree, scope: Scope) -> list[Gap]:
    """Each negative row and source whose window begins before the source does."""
    return _gaps_of(list(_negative_leaves(tree.root, is_inverted=False)), scope)


def gap_warnings(tree: Tree, scope: Scope, *, is_excluded: bool = False) -> list[Warning]:
    """The same as warnings, also of rows inside segments that the tree names.

    `is_excluded`: the answer is everybody but the tree's members.
    """
    negative = list(_negative_leaves(tree.root, is_inverted=is_excluded, opens_segments=True))
    return [_warn(gap, scope) for gap in _gaps_of(negative, scope)]


def _gaps_of(negative: Sequence[Leaf], scope: Scope) -> list[Gap]:
    asked = _sources_of(negative)
    if not asked:
        return []
    known = recorded_since(scope.workspace, asked)
    earliest = scope.contacts().aggregate(earliest=Min("known_since"))["earliest"]
    return list(_gaps(negative, scope, known, earliest))


def _sources_of(leaves: Iterable[Leaf]) -> set[str]:
    return {source for leaf in leaves for source in leaf.criterion.recorded_sources()}


def _gaps(
    negative: Iterable[Leaf],
    scope: Scope,
    known: Mapping[str, datetime],
    earliest: datetime | None,
) -> Iterator[Gap]:
    for leaf in negative:
        for start in _starts(leaf.criterion, scope, earliest):
            for source in leaf.criterion.recorded_sources():
                since = known.get(source)
                if since is None or start < since:
                    yield Gap(leaf.path, source, since)


def _negative_leaves(
    node: Node, *, is_inverted: bool, opens_segments: bool = False
) -> Iterator[Leaf]:
    """Live rows that contacts pass because something is absent."""
    if node.is_disabled:
        return
    if isinstance(node, Leaf):
        if node.criterion.relies_on_absence != is_inverted:
            yield node
        return
    children = children_of(node)
    if opens_segments and isinstance(node, SegmentNode):
        children = (node.opened,)
    for child in children:
        yield from _negative_leaves(
            child,
            is_inverted=is_inverted != isinstance(node, Not),
            opens_segments=opens_segments,
        )


def _starts(criterion: Criterion, scope: Scope, earliest: datetime | None) -> Iterator[datetime]:
    """Back to when the row looks: for "ever", to when the first contact became known."""
    starts = set()
    for window in criterion.windows():
        start = None if isinstance(window, str) else window.bounds(scope.clock).start
        starts.add(start or earliest)
    found = [start for start in starts if start is not None]
    if found:
        yield min(found)


def recorded_since(workspace: Workspace, sources: Iterable[str]) -> dict[str, datetime]:
    """Since when each source is recorded; one that never was is left out."""
    asked = set(sources)
    found = dict(
        SourceCoverage.objects.in_workspace(workspace)
        .filter(source__in=asked)
        .values_list("source", "recorded_since")
    )
    keys = [each.removeprefix(ATTRIBUTE) for each in asked if each.startswith(ATTRIBUTE)]
    if keys:
        attributes = AttributeDefinition.objects.in_workspace(workspace).filter(
            key__in=keys, first_known_at__isnull=False
        )
        for attribute in attributes:
            if attribute.first_known_at is not None:
                found[ATTRIBUTE + attribute.key] = attribute.first_known_at
    return found


def _warn(gap: Gap, scope: Scope) -> Warning:
    name = _name_of(gap.source, scope.workspace)
    if gap.recorded_since is None:
        message = _("Nothing was ever recorded of: {source}. So everybody passes this row.")
        return Warning(gap.path, "never_recorded", message.format(source=name))
    day = date_format(gap.recorded_since.astimezone(scope.workspace.zone), "SHORT_DATE_FORMAT")
    message = _("This row looks back further than there are records of: {source}, since {day}.")
    return Warning(gap.path, "coverage", message.format(source=name, day=day))


def _name_of(source: str, workspace: Workspace) -> str:
    named = {
        "visits": _("visits"),
        "transactions": _("transactions"),
        "messages.email": _("e-mails"),
        "messages.sms": _("SMS"),
        "messages.push": _("web pushes"),
    }
    if source in named:
        return named[source]
    if source.startswith(ATTRIBUTE):
        key = source.removeprefix(ATTRIBUTE)
        found = AttributeDefinition.objects.in_workspace(workspace).filter(key=key).first()
        return found.label if found else key
    key = source.removeprefix(ACTIVITIES)
    kind = ActivityKind.objects.in_workspace(workspace).filter(key=key).first()
    return kind.label if kind else key
