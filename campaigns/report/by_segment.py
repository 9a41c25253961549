"""What recipients of each of the audience's segments did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Q

from campaigns.frozen import UsedSegment, used_segments
from campaigns.models import Run
from campaigns.report.asking import ANSWERED, DID, RECIPIENT_OF, Question
from campaigns.report.attribution import Credited
from campaigns.report.figures import Responses, SegmentFigures
from contacts.models import NUMBER_MASK, ListEntry
from segments.engine.sets import ContactSet
from segments.models import Snapshot

# Beyond so many people in all the runs together, their sets are too much to hold for a page.
MOST_PEOPLE = 5_000_000

_SET = f"array_send(array_agg((recipient.contact_id & {NUMBER_MASK})::int4)"

_SENT = f"""
    SELECT run_id, {_SET}) AS sent
    FROM campaigns_recipient AS recipient
    WHERE workspace_id = %(workspace)s AND run_id = ANY (%(runs)s::bigint[]) AND state = 'sent'
    GROUP BY run_id
"""  # noqa: S608 (all of it stands here)

_DONE = (
    f"""
    SELECT recipient.run_id,
           {", ".join(f"{_SET} FILTER (WHERE {test})) AS {name}" for name, test in DID.items())}
    FROM ({ANSWERED}) AS answered
    """  # noqa: S608 (all of it stands here)
    + RECIPIENT_OF.format(events="answered")
    + " GROUP BY recipient.run_id"
)

_NAMES = ("sent", *DID)


@dataclass(frozen=True)
class _Part:
    """The members of a segment or list of one run's audience, as they were counted then."""

    segment: UsedSegment
    run_id: int
    members: ContactSet


def count_by_segment(
    question: Question, people: int, purchases: Sequence[Credited]
) -> tuple[SegmentFigures, ...]:
    """Figures of each segment the audience was made of, in the audience's order.

    Segments whose count of that instant isn't kept are left out, and all of them where more than
    five million people are in the runs asked about.
    """
    parts = list(_parts(question)) if people <= MOST_PEOPLE else []
    if not parts:
        return ()
    done = _sets(question)
    names: dict[tuple[str, int], str] = {}
    figures: dict[tuple[str, int], list[Responses]] = defaultdict(list)
    for part in parts:
        key = (part.segment.kind, part.segment.id)
        names[key] = part.segment.name
        bought = [each for each in purchases if each.run_id == part.run_id]
        figures[key].append(_figures(part, done.get(part.run_id, {}), bought))
    return tuple(
        SegmentFigures(kind, pk, names[kind, pk], _total(found))
        for (kind, pk), found in figures.items()
    )


def _parts(question: Question) -> Iterator[_Part]:
    workspace_id = question.workspace.pk
    for run in question.runs:
        if run.as_of is None:
            continue
        included = [each for each in used_segments(run) if "include" in each.uses]
        segment_ids = [each.id for each in included if each.kind == "segment"]
        kept = Snapshot.objects.in_workspace(workspace_id).filter(
            segment_id__in=segment_ids, as_of=run.as_of, is_recorded=True
        )
        packed = dict(kept.values_list("segment_id", "members"))
        for each in included:
            if each.kind == "list":
                yield _Part(each, run.pk, _on_list(workspace_id, each.id, run))
            elif each.id in packed:
                yield _Part(each, run.pk, ContactSet.unpack(workspace_id, packed[each.id]))


def _on_list(workspace_id: int, list_id: int, run: Run) -> ContactSet:
    entries = ListEntry.objects.in_workspace(workspace_id).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=run.as_of),
        static_list_id=list_id,
        valid_from__lte=run.as_of,
    )
    return ContactSet.from_ids(workspace_id, entries.values_list("contact_id", flat=True))


def _sets(question: Question) -> dict[int, dict[str, ContactSet]]:
    """Who was sent to, and what they did, by run."""
    sets: dict[int, dict[str, ContactSet]] = defaultdict(dict)
    for row in (*question.ask(_SENT), *question.ask(_DONE)):
        run_id = row.pop("run_id")
        for name, sent in row.items():
            sets[run_id][name] = ContactSet.from_array_send(question.workspace.pk, sent)
    return sets


def _figures(part: _Part, done: dict[str, Any], purchases: Sequence[Credited]) -> Responses:
    numbers = {
        name: len(part.members & done[name]) for name in _NAMES if done.get(name) is not None
    }
    settled = numbers.pop("bounced_or_opened", 0)
    bought = [each for each in purchases if each.contact_id in part.members]
    return Responses(
        **numbers,
        unopened=numbers.get("sent", 0) - settled,
        purchases=len(bought),
        buyers=len({each.contact_id for each in bought}),
        revenue=sum(each.amount for each in bought),
    )


def _total(figures: Sequence[Responses]) -> Responses:
    """Of several runs; who bought after two of them is counted in both."""
    names = [field.name for field in fields(Responses)]
    return Responses(**{name: sum(getattr(each, name) for each in figures) for name in names})
