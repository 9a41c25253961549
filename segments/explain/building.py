"""Puts an explanation together: the tree as formula and as reasons, opened segments included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.utils.translation import gettext as _

from segments.criteria.base import Criterion, Speech
from segments.criteria.scope import Scope
from segments.criteria.tree import Group, Leaf, Node, Not, SegmentNode, Tree
from segments.criteria.windows import Bounds, Clock, Since, WindowKind, WindowZone
from segments.explain.algebra import Formula
from segments.explain.asking import Asked, Source
from segments.explain.parts import Fact, Reason
from segments.explain.wording import figure_of, say_change
from segments.models import PinDirection, SegmentPin

Pins = Mapping[int, SegmentPin]  # the contact's, by segment


def rows_of(node: Node) -> dict[str, Criterion]:
    """Every live criterion, also of opened segments, by what it asks."""
    if node.is_disabled:
        return {}
    match node:
        case Leaf():
            return {node.canonical: node.criterion}
        case SegmentNode():
            return rows_of(node.opened)
        case Not():
            return rows_of(node.child)
        case Group():
            return {key: row for child in node.live for key, row in rows_of(child).items()}
        case _:
            assert_never(node)


def segments_in(node: Node) -> set[int]:
    """Segments the live tree names, at any depth."""
    if node.is_disabled or isinstance(node, Leaf):
        return set()
    if isinstance(node, SegmentNode):
        return {node.segment_id} | segments_in(node.opened)
    children = node.live if isinstance(node, Group) else (node.child,)
    return {found for child in children for found in segments_in(child)}


def formula_of(node: Node, pins: Pins) -> Formula:
    """The tree as logic. A pin is a row of its own: it can be taken away."""
    match node:
        case Leaf():
            return Formula("row", key=node.canonical)
        case Not():
            return Formula("not", (formula_of(node.child, pins),))
        case Group():
            parts = tuple(formula_of(child, pins) for child in node.live)
            return Formula("all" if node.kind == "all" else "any", parts)
        case SegmentNode():
            return pinned_formula(formula_of(node.opened, pins), pins.get(node.segment_id))
        case _:
            assert_never(node)


def pinned_formula(inside: Formula, pin: SegmentPin | None) -> Formula:
    """Pinned out wins over pinned in wins over the tree."""
    if pin is None:
        return inside
    row = Formula("row", key=pin_key(pin))
    if pin.direction == PinDirection.IN:
        return Formula("any", (row, inside))
    return Formula("all", (Formula("not", (row,)), inside))


def pin_key(pin: SegmentPin) -> str:
    return f"pin:{pin.segment_id}"


@dataclass
class Builder:
    """What reasons are made from."""

    tree: Tree
    scope: Scope
    zone: ZoneInfo  # the contact's
    asked: Mapping[str, Asked]
    holds: Mapping[str, bool]
    pins: Pins
    facts: Mapping[Source, Fact]
    turns: Mapping[str, datetime]
    flips: Sequence[str]
    _speech: Speech = field(init=False)

    def __post_init__(self) -> None:
        self._speech = self.tree.speech(self.scope.workspace.base_currency)

    def build(self) -> Reason:
        return self._reason(self.tree.root, self.tree.root.path, wanted=True)

    def _reason(self, node: Node, path: str, *, wanted: bool) -> Reason:
        match node:
            case Leaf():
                return self._row(node, path, wanted)
            case Not():
                child = self._reason(node.child, f"{path}.not", wanted=not wanted)
                return Reason(path, "not", _("Not:"), not child.holds, wanted, children=(child,))
            case Group():
                return self._group(node, path, wanted)
            case SegmentNode():
                return self._segment(node, path, wanted)
            case _:
                assert_never(node)

    def _group(self, group: Group, path: str, wanted: bool) -> Reason:
        children = tuple(
            self._reason(child, f"{path}.{group.kind}[{index}]", wanted=wanted)
            for index, child in enumerate(group.children)
            if not child.is_disabled
        )
        said = _("All of these:") if group.kind == "all" else _("At least one of these:")
        holds = (child.holds for child in children)
        is_true = all(holds) if group.kind == "all" else any(holds)
        return Reason(path, group.kind, said, is_true, wanted, children=children)

    def _segment(self, node: SegmentNode, path: str, wanted: bool) -> Reason:
        inside = self._reason(node.opened, f"{path}.opened", wanted=wanted)
        pin = self.pins.get(node.segment_id)
        children = (inside,) if pin is None else (self.pin(pin, f"{path}.pin", wanted), inside)
        is_true = inside.holds if pin is None else pin.direction == PinDirection.IN
        said = _("is in the segment “{name}”").format(name=node.label)
        return Reason(path, "segment", said, is_true, wanted, icon="chart-pie", children=children)

    def pin(self, pin: SegmentPin, path: str, wanted: bool) -> Reason:
        """A pin as a row: it holds by being there."""
        is_in = pin.direction == PinDirection.IN
        said = _("put in by hand") if is_in else _("kept out by hand")
        note = f": {pin.note}" if pin.note else ""
        return Reason(
            path,
            "pin",
            f"{said}{note}",
            holds=True,
            wanted=wanted if is_in else not wanted,
            key=pin_key(pin),
            icon="pin",
            since=pin.valid_from,
            change=_("The pin is taken away."),
            flips=pin_key(pin) in self.flips,
        )

    def _row(self, leaf: Leaf, path: str, wanted: bool) -> Reason:
        key, each = leaf.canonical, self.asked[leaf.canonical]
        workspace, holds = self.scope.workspace, self.holds[leaf.canonical]
        figure = figure_of(each, workspace, holds=holds)
        bounds = self._bounds(leaf.criterion)
        return Reason(
            path,
            "row",
            leaf.criterion.say(self._speech),
            holds,
            wanted,
            key=key,
            icon=leaf.criterion.icon,
            facts=self._told(each.newest()),
            number_of_facts=each.total,
            nearby=self._told(each.others()),
            figure=figure,
            since=bounds.start,
            until=bounds.end,
            change=say_change(each, figure, workspace, self._speech, holds=holds),
            turns_at=self.turns.get(key),
            flips=key in self.flips,
        )

    def _bounds(self, criterion: Criterion) -> Bounds:
        """The window as instants; a window that begins with the contact's own activity has none."""
        window = getattr(criterion, "window", None)
        if not isinstance(window, WindowKind) or isinstance(window, Since):
            return Bounds(None, None)
        is_own = getattr(window, "zone", None) == WindowZone.CONTACT
        zone = self.zone if is_own else self.scope.workspace.zone
        return window.bounds(Clock(self.scope.as_of, zone, self.scope.workspace.week_start))

    def _told(self, sources: Iterable[Source]) -> tuple[Fact, ...]:
        # What was erased between two statements is left out.
        return tuple(self.facts[source] for source in sources if source in self.facts)


def wanted_facts(asked: Iterable[Asked]) -> dict[type[Model], set[int]]:
    """The facts to tell of, by table."""
    wanted: dict[type[Model], set[int]] = {}
    for each in asked:
        for model, pk in (*each.newest(), *each.others()):
            wanted.setdefault(model, set()).add(pk)
    return wanted
