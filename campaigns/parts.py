"""Which part of an audience a run is for.

Runs that belong together make one send: the zones of a slot, a test and the winner to the rest.
No contact and no address has a place in two of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from campaigns.documents import Testing
from campaigns.mailboxes import HASH, BytesJoined, Mailboxes, NumbersSent
from campaigns.models import Recipient, RecipientState, Run, RunKind
from campaigns.responded import contacts_who_responded
from campaigns.waterfall import Part, Waterfall
from campaigns.zones import contacts_by_zone
from contacts.models import contact_id_of
from segments.criteria.scope import Scope
from segments.engine.sets import ContactSet

SLOT = "slot:"  # what keys of scheduled runs begin with
ZONE = "@"  # between the slot and the zone; nothing behind it: everybody else


def part_of(run: Run, scope: Scope) -> Part:
    """Whom of the audience the run is for."""
    if run.kind == RunKind.RESEND and run.parent is not None:
        return Part(within=_reached(run.parent) - contacts_who_responded(run.parent, scope.as_of))
    zoned = run if run.parent is None else run.parent
    within, without = _of_zone(zoned, scope)
    siblings = siblings_of(run)
    if not siblings:
        return Part(within=within, without=without)
    rows = Recipient.objects.in_workspace(run.workspace_id).filter(run__in=siblings)
    sent = rows.aggregate(numbers=NumbersSent("contact_id"))["numbers"]
    already = ContactSet.from_array_send(run.workspace_id, sent)
    return Part(
        within=within,
        without=already if without is None else without | already,
        taken=_addresses(rows.exclude(state=RecipientState.SKIPPED)),
    )


def slot_and_zone(run_key: str) -> tuple[str, str | None]:
    """The slot a run's key names and whose zone it is for: "" is everybody else, None is a run
    that goes by one clock."""
    slot, at, zone = run_key.partition(ZONE)
    return (slot, zone) if at and run_key.startswith(SLOT) else (run_key, None)


def siblings_of(run: Run) -> list[int]:
    """Ids of the other runs of the same send whose audience is frozen."""
    first = run.parent if run.kind == RunKind.REST and run.parent is not None else run
    frozen = Run.objects.in_workspace(run.workspace_id).filter(
        campaign_id=run.campaign_id, as_of__isnull=False
    )
    together = frozen.filter(pk=first.pk)
    slot, zone = slot_and_zone(first.run_key)
    if zone is not None:
        together = frozen.filter(parent=None, run_key__startswith=slot + ZONE)
    firsts = list(together.values_list("pk", flat=True))
    rests = frozen.filter(kind=RunKind.REST, parent__in=firsts).values_list("pk", flat=True)
    return sorted({*firsts, *rests} - {run.pk})


def _of_zone(run: Run, scope: Scope) -> tuple[ContactSet | None, ContactSet | None]:
    """Contacts of the run's zone; for everybody else, who lives in a zone with a run of its own."""
    slot, zone = slot_and_zone(run.run_key)
    if zone is None:
        return None, None
    nobody = ContactSet.empty(run.workspace_id)
    if zone:
        return contacts_by_zone(scope, [zone]).get(zone, nobody), None
    keys = Run.objects.in_workspace(run.workspace_id).filter(
        campaign_id=run.campaign_id, parent=None, run_key__startswith=slot + ZONE
    )
    names = [key.partition(ZONE)[2] for key in keys.values_list("run_key", flat=True)]
    elsewhere = nobody
    for contacts in contacts_by_zone(scope, [name for name in names if name]).values():
        elsewhere = elsewhere | contacts
    return None, elsewhere


def _reached(run: Run) -> ContactSet:
    rows = Recipient.objects.in_workspace(run.workspace_id).filter(
        run=run, state=RecipientState.SENT
    )
    sent = rows.aggregate(numbers=NumbersSent("contact_id"))["numbers"]
    return ContactSet.from_array_send(run.workspace_id, sent)


def _addresses(rows: QuerySet[Recipient]) -> frozenset[bytes]:
    joined = bytes(rows.aggregate(hashes=BytesJoined("address_hash"))["hashes"] or b"")
    return frozenset(joined[at : at + HASH] for at in range(0, len(joined), HASH))


def sample(falls: Waterfall, testing: Testing, salt: str) -> Waterfall:
    """The part of a waterfall that a test takes: so many per cent of the recipients, and of those
    left out the same share. By address, so that twins stay together."""
    if testing.share == 100:
        return falls
    keys = falls.mailboxes.of(falls.recipients).shuffled(salt)
    if not keys.size:
        return falls
    wanted = max(round(keys.size * testing.share / 100), len(testing.variants) + 1)
    if wanted >= keys.size:
        return falls
    highest = np.sort(keys)[wanted - 1]
    everybody = [falls.mailboxes, _nameless(falls)]
    chosen = [each.numbers[each.shuffled(salt) <= highest] for each in everybody]
    numbers = np.concatenate(chosen).astype(np.int32)
    return falls.narrowed_to(ContactSet.from_numbers(falls.inside.workspace_id, numbers))


def _nameless(falls: Waterfall) -> Mailboxes:
    """Contacts without an address, by their numbers in the place of its hash."""
    numbers = (falls.inside - falls.mailboxes.contacts()).numbers()
    hashes = np.zeros((numbers.size, HASH), dtype=np.uint8)
    hashes[:, -8:] = numbers.astype(">i8").view(np.uint8).reshape(-1, 8)
    return Mailboxes(falls.inside.workspace_id, numbers, hashes)


def dealt(mailboxes: Mailboxes, number: int, salt: str) -> npt.NDArray[np.int64]:
    """The variant of each contact: as many get one as get another, give or take one."""
    variants = np.zeros(len(mailboxes), dtype=np.int64)
    order = np.argsort(mailboxes.shuffled(salt), kind="stable")
    variants[order] = np.arange(len(mailboxes)) % number
    return variants


def as_before(parent: Run, numbers: Iterable[int]) -> npt.NDArray[np.int64]:
    """The variant each contact (by its number) got in an earlier run."""
    rows = Recipient.objects.in_workspace(parent.workspace_id).filter(run=parent)
    known = dict(rows.exclude(variant=0).values_list("contact_id", "variant"))
    ids = (contact_id_of(parent.workspace_id, int(number)) for number in numbers)
    return np.array([known.get(contact_id, 0) for contact_id in ids], dtype=np.int64)
