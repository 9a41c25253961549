"""That contacts had none of something: loaded before a batch, stored after it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.bulk import insert_rows
from contacts.models import AbsenceKind, StatedAbsence
from contacts.periods import MAX_CONFIRMATIONS, Timeline
from contacts.services.identity import Draft, Subject

# All categories were stated: whoever isn't named had none of them.
ALL_CATEGORIES: Subject = (AbsenceKind.CATEGORY, "")


def of_attribute(attribute_id: int) -> Subject:
    return AbsenceKind.ATTRIBUTE, str(attribute_id)


def of_tag(key: str) -> Subject:
    return AbsenceKind.TAG, key


def of_category(category_id: int) -> Subject:
    return AbsenceKind.CATEGORY, str(category_id)


def load_absences(
    workspace_id: int, drafts: Mapping[int, Draft], kinds: Collection[AbsenceKind]
) -> None:
    """What these contacts were said not to have."""
    if not drafts or not kinds:
        return
    rows = StatedAbsence.objects.in_workspace(workspace_id).filter(
        contact_id__any_of=drafts, kind__any_of=[int(kind) for kind in kinds]
    )
    for contact_id, kind, subject, instants in rows.values_list(
        "contact_id", "kind", "subject", "instants"
    ):
        drafts[contact_id].absences[AbsenceKind(kind), subject] = instants


def note_all_stated(draft: Draft, subject: Subject, at: datetime) -> None:
    """Whatever of the subject wasn't named at this instant was absent."""
    instants = draft.absences.get(subject, [])
    position = bisect_left(instants, at)
    if instants[position : position + 1] != [at]:
        kept = [*instants[:position], at, *instants[position:]][-MAX_CONFIRMATIONS:]
        draft.note_absences(subject, kept)


def write_absences(workspace_id: int, drafts: Iterable[Draft]) -> None:
    """Store what changed."""
    changed: list[tuple[int | None, int, str, list[datetime]]] = []
    for draft in drafts:
        _note_those_of_timelines(draft)
        changed += [
            (draft.id, int(kind), subject, draft.absences[kind, subject])
            for kind, subject in sorted(draft.changed_absences)
        ]
    if not changed:
        return
    # The contacts are locked: nobody else changes their absences meanwhile.
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM contacts_statedabsence AS stored"
            " USING unnest(%s::bigint[], %s::smallint[], %s::text[])"
            " AS given (contact_id, kind, subject)"
            " WHERE stored.workspace_id = %s AND stored.contact_id = given.contact_id"
            " AND stored.kind = given.kind AND stored.subject = given.subject",
            [*(list(column) for column in list(zip(*changed, strict=True))[:3]), workspace_id],
        )
    fields = ("contact", "kind", "subject", "instants")
    insert_rows(StatedAbsence, workspace_id, fields, [each for each in changed if each[3]])


def forget_absences(workspace_id: int, subject: Subject) -> None:
    """What was said not to be there can't be there any more."""
    kind, name = subject
    rows = StatedAbsence.objects.in_workspace(workspace_id)
    rows.filter(kind=kind, subject=name).delete()


def _note_those_of_timelines(draft: Draft) -> None:
    for key, tag in draft.tags.items():
        _note(draft, of_tag(key), tag)
    for category_id, category in draft.categories.items():
        _note(draft, of_category(category_id), category, draft.absences.get(ALL_CATEGORIES, ()))
    for attribute_id, slots in draft.attributes.items():
        # Of several choices the instants at which all were stated are kept already.
        if "" in slots:
            _note(draft, of_attribute(attribute_id), slots[""])


def _note(
    draft: Draft, subject: Subject, timeline: Timeline[Any], known: Collection[datetime] = ()
) -> None:
    if timeline.is_touched and (None, ()) in timeline.said:
        absences = timeline.absences
        draft.note_absences(subject, [at for at in absences if at not in known])
    elif timeline.is_touched:
        draft.note_absences(subject, [])
