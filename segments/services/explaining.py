"""Why one contact is in a segment, or in a tree that isn't saved, or out of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import Contact
from segments.criteria.scope import Scope
from segments.criteria.tree import Group, Leaf, Tree, parse_tree
from segments.engine.evaluation import evaluate_tree, members_of
from segments.explain.algebra import Formula, smallest_flip
from segments.explain.asking import Asked, ask
from segments.explain.building import (
    Builder,
    formula_of,
    pin_key,
    pinned_formula,
    rows_of,
    segments_in,
    wanted_facts,
)
from segments.explain.describing import read_facts
from segments.explain.parts import Explanation, Reason
from segments.explain.turning import turning_points
from segments.models import PinDirection, Segment, SegmentPin
from segments.services.recounting import tree_of
from workspaces.models import TIME_ZONES, Workspace


def explain_segment(
    *, segment: Segment, workspace: Workspace, contact: Contact, as_of: datetime, now: datetime
) -> Explanation:
    """Why the contact is in the segment's current definition, or out of it, at the instant.

    Raises `InvalidTree` where the segment is broken.
    """
    tree = tree_of(segment=segment, workspace=workspace)
    return _explain(tree, workspace, contact, as_of, now, name=segment.name, segment_id=segment.pk)


def explain_where(
    *,
    workspace: Workspace,
    where: Any,
    contact: Contact,
    as_of: datetime,
    now: datetime,
    segment_id: int | None = None,
) -> Explanation:
    """The same for a document that needn't be saved. Raises `InvalidTree`.

    `segment_id`: the segment being edited; its pins count.
    """
    ancestors = () if segment_id is None else (segment_id,)
    tree = parse_tree(where, workspace=workspace, ancestors=ancestors)
    return _explain(tree, workspace, contact, as_of, now, name="", segment_id=segment_id)


def _explain(
    tree: Tree,
    workspace: Workspace,
    contact: Contact,
    as_of: datetime,
    now: datetime,
    *,
    name: str,
    segment_id: int | None,
) -> Explanation:
    criteria = rows_of(tree.root)
    scope = Scope(workspace, as_of).knowing(tree.found).only([contact.pk])
    # The rows stand beside the tree, so that all of it is one evaluation of one snapshot.
    beside = [Leaf(key, False, criterion) for key, criterion in criteria.items()]
    both = Tree(Group("both", False, "any", (tree.root, *beside)), tree.labels)
    evaluation = evaluate_tree(both, scope, with_numbers=False)
    if contact.pk not in evaluation.universe:
        return _unknown(contact, as_of)
    sets = evaluation.node_sets
    pins = _pins(scope, contact, segments_in(tree.root) | ({segment_id} if segment_id else set()))
    pin = pins.get(segment_id) if segment_id else None
    in_tree = contact.pk in sets[tree.root.path]
    is_member = in_tree if pin is None else pin.direction == PinDirection.IN
    holds = {key: contact.pk in sets[key] for key in criteria}
    holds |= {pin_key(each): True for each in pins.values()}
    formula = pinned_formula(formula_of(tree.root, pins), pin)
    reason, is_smallest = _reason(
        tree, scope, contact, holds, formula, pins, pin, is_now=as_of >= now
    )
    return Explanation(
        contact=contact,
        as_of=as_of,
        is_known=True,
        is_member=is_member,
        sentence=_sentence(contact, name, is_member, reason, pin),
        reason=reason,
        pin=pin,
        flips=_each_once(reason),
        is_smallest=is_smallest,
        turns_at=_turns_at(tree, scope, contact, formula, holds, pin, reason),
    )


def _turns_at(
    tree: Tree,
    scope: Scope,
    contact: Contact,
    formula: Formula,
    holds: Mapping[str, bool],
    pin: SegmentPin | None,
    reason: Reason,
) -> datetime | None:
    """When the contact enters or leaves if nothing happens: the next rows turn one after another.

    The tree itself is asked whether it is so then: a row may have turned back meanwhile.
    """
    turning = {row.key: row.turns_at for row in reason.rows() if row.turns_at is not None}
    then = dict(holds)
    before = formula.value(holds)
    for key, at in sorted(turning.items(), key=lambda each: each[1]):
        then[key] = not then[key]
        if formula.value(then) != before and pin is None:
            is_in = contact.pk in members_of(tree, scope.at(at))
            return at if is_in != before else None
    return None


def _reason(
    tree: Tree,
    scope: Scope,
    contact: Contact,
    holds: Mapping[str, bool],
    formula: Formula,
    pins: Mapping[int, SegmentPin],
    pin: SegmentPin | None,
    *,
    is_now: bool,
) -> tuple[Reason, bool]:
    """The tree with what its rows rest on, and whether no fewer rows than marked flip it."""
    asked = ask(rows_of(tree.root), scope)
    zone = _zone(contact, scope)
    # What happened after a past instant is known: "if nothing happens" is asked of now only.
    turns = turning_points(asked, holds, scope, zone) if is_now else {}
    flip = smallest_flip(formula, holds, unlikely=_unlikely(asked, turns))
    builder = Builder(
        tree=tree,
        scope=scope,
        zone=zone,
        asked=asked,
        holds=holds,
        pins=pins,
        facts=read_facts(scope.workspace, wanted_facts(asked.values())),
        turns=turns,
        flips=flip.keys if flip else (),
    )
    reason = builder.build()
    if pin is not None:
        children = (builder.pin(pin, "$.pin", wanted=True), reason)
        is_in = pin.direction == PinDirection.IN
        reason = Reason("$", "pinned", _("A pin decides:"), is_in, children=children)
    return reason, flip is None or flip.is_smallest


def _unlikely(asked: Mapping[str, Asked], turns: Mapping[str, datetime]) -> set[str]:
    """Rows that flip only if something that has happened is undone."""
    return {
        key
        for key, each in asked.items()
        if each.measured is not None
        and each.number is not None
        and each.measured.undoes(each.number)
        and key not in turns
    }


def _unknown(contact: Contact, as_of: datetime) -> Explanation:
    sentence = _("{name} wasn't known yet then.").format(name=contact)
    return Explanation(contact, as_of, is_known=False, is_member=False, sentence=sentence)


def _pins(scope: Scope, contact: Contact, segments: set[int]) -> dict[int, SegmentPin]:
    if not segments:
        return {}
    pins = scope.valid(SegmentPin).filter(contact_id=contact.pk, segment_id__in=segments)
    # Pinned out wins: of two it comes last.
    return {pin.segment_id: pin for pin in pins.order_by("direction")}


def _zone(contact: Contact, scope: Scope) -> ZoneInfo:
    known = contact.time_zone in TIME_ZONES
    return ZoneInfo(contact.time_zone) if known else scope.workspace.zone


def _each_once(reason: Reason) -> list[Reason]:
    """The rows to flip, each once however often it stands in the tree."""
    return list({row.key: row for row in reason.rows() if row.flips}.values())


def _sentence(
    contact: Contact, name: str, is_member: bool, reason: Reason, pin: SegmentPin | None
) -> str:
    where = _("in “{segment}”").format(segment=name) if name else _("among these people")
    words = {"name": contact, "where": where}
    if pin is not None:
        if is_member:
            return _("{name} is {where}, because somebody put them in by hand.").format(**words)
        return _("{name} is not {where}, because somebody keeps them out by hand.").format(**words)
    rows = list(reason.rows())
    numbers = {"n": sum(row.fits == is_member for row in rows), "total": len(rows)}
    if is_member:
        text = ngettext(
            "{name} is {where}: {n} of {total} row fits.",
            "{name} is {where}: {n} of {total} rows fit.",
            len(rows),
        )
    else:
        text = ngettext(
            "{name} is not {where}, because {n} of {total} row fails.",
            "{name} is not {where}, because {n} of {total} rows fail.",
            len(rows),
        )
    return text.format(**words, **numbers)
