"""Creates and changes segments. A definition is saved only when it is valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.models import ChangeKind
from contacts.services import touch_contacts
from segments.criteria.scope import Scope
from segments.criteria.tree import Leaf, SegmentNode, Tree, parse_tree, to_document
from segments.models import (
    PinDirection,
    Schedule,
    Segment,
    SegmentPin,
    SegmentReference,
    SegmentState,
    SegmentVersion,
)
from segments.pins import check_pins
from segments.registry import uses_by_segment
from segments.sentence import sentence_of
from segments.signals import definition_saved
from workspaces.audit import record_audit
from workspaces.policies import Actor

EVERY: dict[str, timedelta | None] = {
    Schedule.NONE: None,
    Schedule.QUARTER_HOUR: timedelta(minutes=15),
    Schedule.HOUR: timedelta(hours=1),
    Schedule.DAY: timedelta(days=1),
    Schedule.WEEK: timedelta(days=7),
}


class SegmentInUseError(Exception):
    """The segment is used elsewhere and can't go; `users` says where."""

    def __init__(self, users: Sequence[str]) -> None:
        super().__init__(_("It is used in {users}.").format(users=", ".join(users)))
        self.users = list(users)


@dataclass(frozen=True)
class SegmentInput:
    """What a caller says about a segment; None leaves a thing as it is."""

    name: str | None = None
    where: Any = None
    schedule: str | None = None
    labels: Sequence[str] | None = None
    pinned_in: Sequence[int] | None = None
    pinned_out: Sequence[int] | None = None


def create_segment(*, actor: Actor, given: SegmentInput, now: datetime) -> Segment:
    """A new segment, to be counted at once. Raises `InvalidTree`."""
    tree = parse_tree(given.where, workspace=actor.workspace)
    schedule = given.schedule or Schedule.HOUR
    segment = Segment.objects.create(
        workspace=actor.workspace,
        name=given.name or _("New segment"),
        definition=_definition(tree),
        summary=_summary(actor, tree),
        labels=_labels(given.labels or ()),
        schedule=schedule,
        next_due_at=_next_due(schedule, now),
        created_by=actor.user,
        created_at=now,
        changed_at=now,
    )
    _open_version(segment, actor, now)
    _keep_references(segment, tree)
    _pin(segment, actor, given, now)
    _tell(actor, segment, "segment.created", now)
    definition_saved.send(sender=Segment, segment=segment, now=now, is_new=True)
    return segment


def change_segment(
    *, actor: Actor, segment: Segment, given: SegmentInput, now: datetime
) -> Segment:
    """Change what is given. A changed tree opens a new version. Raises `InvalidTree`."""
    segment = _locked(segment)
    if given.name is not None:
        segment.name = given.name
    if given.labels is not None:
        segment.labels = _labels(given.labels)
    if given.schedule is not None and given.schedule != segment.schedule:
        segment.schedule = given.schedule
        segment.next_due_at = _next_due(given.schedule, now)
    pins_changed = _pin(segment, actor, given, now)
    tree_changed = is_mended = False
    if given.where is not None:
        tree = parse_tree(given.where, workspace=actor.workspace, ancestors=(segment.pk,))
        tree_changed = _definition(tree) != segment.definition
        if tree_changed:
            segment.definition = _definition(tree)
            segment.summary = _summary(actor, tree)
            segment.version_number += 1
            _open_version(segment, actor, now)
            _keep_references(segment, tree)
        is_mended = segment.state == SegmentState.BROKEN
        if is_mended:
            segment.state, segment.error = SegmentState.NEW, ""
    segment.changed_at = now
    segment.save()
    _tell(actor, segment, "segment.changed", now)
    if tree_changed or pins_changed or is_mended:
        definition_saved.send(sender=Segment, segment=segment, now=now, is_new=False)
    return segment


def duplicate_segment(*, actor: Actor, segment: Segment, now: datetime) -> Segment:
    """A copy under a free name, with its own history from now on."""
    name = _free_name(segment, _("copy"))
    given = SegmentInput(
        name=name,
        where=segment.definition["where"],
        schedule=segment.schedule,
        labels=segment.labels,
    )
    return create_segment(actor=actor, given=given, now=now)


def archive_segment(*, actor: Actor, segment: Segment, now: datetime) -> Segment:
    """Put a segment away; it is no longer counted. Raises `SegmentInUseError`."""
    segment = _locked(segment)
    segments = used_in(workspace=actor.workspace, kind="segment", key=str(segment.pk))
    users = [user.name for user in segments]
    users += [
        use.label for use in uses_by_segment(actor.workspace, [segment.pk]).get(segment.pk, ())
    ]
    if users:
        raise SegmentInUseError(users)
    segment.archived_at, segment.next_due_at = now, None
    segment.save(update_fields=["archived_at", "next_due_at"])
    _tell(actor, segment, "segment.archived", now)
    return segment


def restore_segment(*, actor: Actor, segment: Segment, now: datetime) -> Segment:
    """Bring an archived segment back; it is counted again. A taken name gets an addition."""
    segment = _locked(segment)
    if segment.archived_at is None:
        return segment
    if segment.name in _live_names(segment):
        segment.name = _free_name(segment, _("restored"))
    segment.archived_at = None
    segment.next_due_at = _next_due(segment.schedule, now)
    segment.save(update_fields=["name", "archived_at", "next_due_at"])
    _tell(actor, segment, "segment.restored", now)
    definition_saved.send(sender=Segment, segment=segment, now=now, is_new=False)
    return segment


def _live_names(segment: Segment) -> set[str]:
    live = Segment.objects.in_workspace(segment.workspace_id).filter(archived_at__isnull=True)
    return set(live.values_list("name", flat=True))


def _free_name(segment: Segment, addition: str) -> str:
    """The name with what makes it another's: "Loyal (copy)", "Loyal (copy 2)"."""
    taken, number = _live_names(segment), 1
    while True:
        words = addition if number == 1 else f"{addition} {number}"
        name = f"{segment.name[:140]} ({words})"
        if name not in taken:
            return name
        number += 1


def used_in(*, workspace: Any, kind: str, key: str) -> QuerySet[Segment]:
    """Live segments whose tree names the thing."""
    references = SegmentReference.objects.in_workspace(workspace).filter(kind=kind, key=key)
    return (
        Segment.objects.in_workspace(workspace)
        .filter(archived_at__isnull=True, pk__in=references.values("segment_id"))
        .order_by("name", "pk")
    )


def _locked(segment: Segment) -> Segment:
    return Segment.objects.in_workspace(segment.workspace_id).select_for_update().get(pk=segment.pk)


def _definition(tree: Tree) -> dict[str, Any]:
    return {"version": 1, "where": to_document(tree.root)}


def _summary(actor: Actor, tree: Tree) -> str:
    with translation.override(actor.workspace.language):
        return sentence_of(tree, actor.workspace.base_currency)


def _labels(labels: Iterable[str]) -> list[str]:
    return sorted({label.strip()[:60] for label in labels if label.strip()})


def _next_due(schedule: str, now: datetime) -> datetime | None:
    every = EVERY[schedule]
    return None if every is None else now + every


def _open_version(segment: Segment, actor: Actor, now: datetime) -> None:
    versions = SegmentVersion.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    versions.filter(valid_to__isnull=True).update(valid_to=now)
    SegmentVersion.objects.create(
        workspace_id=segment.workspace_id,
        segment=segment,
        number=segment.version_number,
        definition=segment.definition,
        author=actor.user,
        author_label=actor.label,
        valid_from=now,
    )


def _keep_references(segment: Segment, tree: Tree) -> None:
    named = {("segment", str(n.segment_id)) for n in tree.nodes() if isinstance(n, SegmentNode)}
    for node in tree.nodes():
        if isinstance(node, Leaf):
            named |= {(ref.kind, ref.key[:200]) for ref in node.references}
    SegmentReference.objects.in_workspace(segment.workspace_id).filter(segment=segment).delete()
    SegmentReference.objects.bulk_create(
        SegmentReference(workspace_id=segment.workspace_id, segment=segment, kind=kind, key=key)
        for kind, key in sorted(named)
    )


def _pin(segment: Segment, actor: Actor, given: SegmentInput, now: datetime) -> bool:
    """Make the pins what is given; True when that changed anything."""
    pinned_in, pinned_out = given.pinned_in or (), given.pinned_out or ()
    check_pins(Scope(actor.workspace, now), pinned_in=pinned_in, pinned_out=pinned_out)
    changed = False
    for direction, wanted in (
        (PinDirection.OUT, given.pinned_out),
        (PinDirection.IN, given.pinned_in),
    ):
        if wanted is not None:
            changed |= _pin_direction(segment, actor, direction, set(wanted), now)
    return changed


def _pin_direction(
    segment: Segment, actor: Actor, direction: PinDirection, wanted: set[int], now: datetime
) -> bool:
    open_pins = SegmentPin.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, valid_to__isnull=True
    )
    current = set(open_pins.filter(direction=direction).values_list("contact_id", flat=True))
    added, gone = wanted - current, current - wanted
    # A pin the other way ends: out and in at once would be decided by a rule nobody sees.
    ended = open_pins.filter(contact_id__in=gone, direction=direction) | open_pins.filter(
        contact_id__in=added
    )
    ended.filter(valid_from=now).delete()
    ended.update(valid_to=now)
    SegmentPin.objects.bulk_create(
        SegmentPin(
            workspace_id=segment.workspace_id,
            segment=segment,
            contact_id=contact_id,
            direction=direction,
            author_label=actor.label,
            valid_from=now,
        )
        for contact_id in sorted(added)
    )
    touch_contacts(workspace=segment.workspace_id, contact_ids=added | gone, kind=ChangeKind.PIN)
    return bool(added or gone)


def _tell(actor: Actor, segment: Segment, action: str, now: datetime) -> None:
    record_audit(actor=actor, action=action, subject=segment, now=now)
