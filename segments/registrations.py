"""What segments tell the contacts app: where things are used, and who is in which segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import models
from django.db.models import QuerySet
from django.urls import reverse

from contacts.models import Contact
from contacts.registry import (
    SegmentLink,
    Use,
    erasers,
    in_segment,
    movers,
    segment_choices,
    segments_of,
    used_in,
)
from segments.criteria.tree import InvalidTree
from segments.engine.sets import ContactSet
from segments.models import Segment, SegmentPin, SegmentReference, Snapshot
from segments.services.recounting import evaluate_segment
from workspaces.models import Workspace


def _key_of(instance: models.Model) -> str:
    """How trees name the object: by key, lists by id."""
    return str(getattr(instance, "key", instance.pk))


@used_in.register
def segments_naming(
    *, workspace: Workspace, subject: str, instances: Sequence[models.Model]
) -> Mapping[int, Sequence[Use]]:
    """Live segments whose tree names tags, categories, attributes or lists."""
    by_key = {_key_of(instance): instance.pk for instance in instances}
    references = (
        SegmentReference.objects.in_workspace(workspace)
        .filter(kind=subject, key__in=list(by_key), segment__archived_at__isnull=True)
        .select_related("segment")
        .order_by("segment__name")
    )
    uses: dict[int, list[Use]] = {}
    for reference in references:
        url = reverse("segments:page", args=[workspace.pk, reference.segment_id])
        use = Use("segment", reference.segment.name, url)
        uses.setdefault(by_key[reference.key], []).append(use)
    return uses


@segments_of.register
def latest_segments_of(
    *, workspace: Workspace, contact: Contact, as_of: datetime
) -> Sequence[SegmentLink]:
    """Segments whose latest count has the contact."""
    latest = (
        Snapshot.objects.in_workspace(workspace)
        .filter(is_recorded=True, segment__archived_at__isnull=True, as_of__lte=as_of)
        .order_by("segment_id", "-as_of")
        .distinct("segment_id")
        .select_related("segment")
    )
    return [
        SegmentLink(
            snapshot.segment.name,
            reverse("segments:page", args=[workspace.pk, snapshot.segment_id]),
            why_url=reverse("segments:why", args=[workspace.pk, snapshot.segment_id])
            + f"?contact={contact.pk}",
        )
        for snapshot in latest
        if contact.pk in ContactSet.unpack(workspace.pk, snapshot.members)
    ]


@segment_choices.register
def live_segments(*, workspace: Workspace) -> Sequence[tuple[int, str]]:
    """Segments to filter contacts by."""
    segments = Segment.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    return list(segments.order_by("name", "pk").values_list("pk", "name")[:500])


@in_segment.register
def contacts_in_segment(
    *, workspace: Workspace, segment_id: int, as_of: datetime, contacts: QuerySet[Contact]
) -> QuerySet[Contact]:
    """Contacts of the queryset in the segment, evaluated as of the instant."""
    segment = (
        Segment.objects.in_workspace(workspace)
        .filter(pk=segment_id, archived_at__isnull=True)
        .first()
    )
    if segment is None:
        raise LookupError(segment_id)
    try:
        evaluation = evaluate_segment(segment=segment, workspace=workspace, as_of=as_of)
    except InvalidTree as error:
        raise LookupError(segment_id) from error
    return contacts.filter(pk__in=evaluation.members.id_list())


@movers.register
def move_pins(*, workspace: Workspace, loser_id: int, winner_id: int) -> None:
    """Pins of a merged contact go to the winner, unless the winner has one of its own."""
    pins = SegmentPin.objects.in_workspace(workspace)
    taken = pins.filter(contact_id=winner_id, valid_to__isnull=True).values("segment_id")
    pins.filter(contact_id=loser_id, valid_to__isnull=True, segment_id__in=taken).delete()
    pins.filter(contact_id=loser_id).update(contact_id=winner_id)


@erasers.register
def erase_pins(*, workspace: Workspace, contact_id: int) -> None:
    """Pins name a contact; recorded member sets hold only a number and stay."""
    SegmentPin.objects.in_workspace(workspace).filter(contact_id=contact_id).delete()
