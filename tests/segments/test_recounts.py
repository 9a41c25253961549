"""What a recount records: one evaluation, its changes, its state and its faults."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import OperationalError, connection

from contacts.models import ListEntry
from contacts.services import create_tag, delete_tag, erase_contact, tag_contacts, untag_contacts
from segments.criteria.tree import InvalidTree
from segments.engine.sets import ContactSet
from segments.member_files import members_csv
from segments.models import RecountState, SegmentState
from segments.reading import latest_snapshot, members_of_snapshot
from segments.services import claims, queueing, recounting
from segments.services.freezing import freeze_into_list
from tests.makers.contacts import make_contact, make_contacts
from tests.makers.recounts import (
    EVERYBODY,
    MINUTE,
    ask,
    change,
    counts,
    meanwhile,
    read_segment,
    save_segment,
    snapshots,
    system,
    work,
)
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
TAGGED = {"type": "tags.has", "match": "any", "tags": ["vip"]}
BOUGHT = {"type": "transactions.number_of_orders", "operator": "at_least", "number": 1}
LATER = NOW + timedelta(hours=1)


def tagged_shop(number: int = 5):
    """A workspace with the tag, and contacts without it."""
    workspace = make_workspace()
    with workspace_scope(workspace):
        tag = create_tag(workspace=workspace, name="vip")
    return workspace, tag, make_contacts(workspace, number)


def give_tag(workspace, contacts, *, now, take: bool = False) -> None:
    state = untag_contacts if take else tag_contacts
    ids = [contact.pk for contact in contacts]
    with workspace_scope(workspace):
        state(workspace=workspace, tag="vip", contact_ids=ids, now=now, source="api")


def recount(segment, *, now) -> None:
    ask(segment, now=now)
    work(now=now)


def members_in(snapshot) -> ContactSet:
    return ContactSet.unpack(snapshot.workspace_id, snapshot.members)


def test_a_count_records_size_members_universe_and_how_long_it_took():
    workspace, _tag, contacts = tagged_shop(5)
    give_tag(workspace, contacts[:3], now=NOW)
    segment = save_segment(workspace, TAGGED)

    work(now=LATER)

    [recorded] = snapshots(segment)
    assert (recorded.size, recorded.entered, recorded.left, recorded.universe) == (3, 3, 0, 5)
    assert set(members_in(recorded).ids()) == {contact.pk for contact in contacts[:3]}
    read = read_segment(segment)
    assert (read.size, read.counted_at, read.state) == (3, LATER, SegmentState.FRESH)
    [counted] = counts(segment)
    assert (counted.state, counted.size, counted.as_of) == (RecountState.DONE, 3, LATER)
    assert counted.duration_ms == 0
    assert counted.finished_at == LATER


def test_previous_plus_entered_minus_left_is_the_size_under_random_histories():
    workspace, _tag, contacts = tagged_shop(12)
    segment = save_segment(workspace, TAGGED)
    random, inside = Random(7), set()
    expected = []
    for step in range(15):
        now = LATER + step * MINUTE
        chosen = random.sample(contacts, random.randint(0, 6))
        take = random.random() < 0.4
        give_tag(workspace, chosen, now=now, take=take)
        before = set(inside)
        ids = {contact.pk for contact in chosen}
        inside = inside - ids if take else inside | ids
        expected.append((len(inside), len(inside - before), len(before - inside)))
        recount(segment, now=now + MINUTE / 2)

    recorded = snapshots(segment)

    assert [(s.size, s.entered, s.left) for s in recorded] == expected
    sizes = [0, *(s.size for s in recorded)]
    for previous, snapshot in zip(sizes, recorded, strict=False):
        assert previous + snapshot.entered - snapshot.left == snapshot.size


def test_number_list_snapshot_export_and_frozen_list_are_of_one_evaluation():
    workspace, _tag, contacts = tagged_shop(9)
    give_tag(workspace, contacts[:4], now=NOW)
    segment = save_segment(workspace, TAGGED)
    work(now=LATER)
    with workspace_scope(workspace):
        snapshot = latest_snapshot(segment)
        assert snapshot is not None
        listed = set(members_of_snapshot(snapshot).values_list("pk", flat=True))
        response = members_csv(workspace, segment, members_in(snapshot))
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        exported = {row["external_id"] for row in csv.DictReader(io.StringIO(text))}
        frozen = freeze_into_list(
            actor=system(workspace), segment=segment, name="Frozen", now=LATER
        )
        entries = ListEntry.objects.in_workspace(workspace).filter(static_list_id=frozen.pk)
        kept = set(entries.values_list("contact_id", flat=True))
    expected = {contact.pk for contact in contacts[:4]}

    assert read_segment(segment).size == snapshot.size == 4
    assert listed == kept == expected
    assert exported == {contact.external_id for contact in contacts[:4]}


def test_a_frozen_list_does_not_follow_the_segment():
    workspace, _tag, contacts = tagged_shop(3)
    give_tag(workspace, contacts[:2], now=NOW)
    segment = save_segment(workspace, TAGGED)
    with workspace_scope(workspace):
        frozen = freeze_into_list(
            actor=system(workspace), segment=segment, name="Frozen", now=LATER
        )
    give_tag(workspace, contacts, now=LATER)
    with workspace_scope(workspace):
        entries = ListEntry.objects.in_workspace(workspace).filter(static_list_id=frozen.pk)
        assert entries.count() == 2


def test_facts_committed_while_it_is_counted_do_not_tear_size_from_members(monkeypatch):
    """Another connection stores a purchase in the middle of the count."""
    workspace = make_workspace()
    first, second = make_contacts(workspace, 2)
    make_transaction(workspace, first, NOW - timedelta(days=1), "10")
    segment = save_segment(workspace, {"all": [BOUGHT, EVERYBODY]})
    evaluate = recounting.evaluate_tree
    torn: list[int] = []

    def buy_in_between(*args: Any, **options: Any) -> Any:
        if not inside_the_count():
            return evaluate(*args, **options)
        bought = partial(make_transaction, workspace, second, NOW - timedelta(days=1), "10")
        meanwhile(bought)
        torn.append(1)
        return evaluate(*args, **options)

    monkeypatch.setattr(recounting, "evaluate_tree", buy_in_between)
    work(now=LATER)

    assert torn == [1]
    [recorded] = snapshots(segment)
    assert recorded.size == len(members_in(recorded)) == read_segment(segment).size == 1
    monkeypatch.undo()
    recount(segment, now=LATER + MINUTE)
    assert [s.size for s in snapshots(segment)] == [1, 2], "the next count has it"


def inside_the_count() -> bool:
    """Whether this is the count's own transaction, not the one that warms its leaves before."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        return cursor.fetchone() == ("repeatable read",)


def test_a_definition_saved_while_it_is_counted_is_not_overwritten_by_the_old_count(monkeypatch):
    workspace = make_workspace()
    make_contacts(workspace, 3)
    segment = save_segment(workspace, EVERYBODY)
    evaluate = recounting.evaluate_tree

    def save_in_between(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        meanwhile(partial(change, segment, where={"not": EVERYBODY}, now=LATER))
        return evaluate(*args, **options)

    monkeypatch.setattr(recounting, "evaluate_tree", save_in_between)
    work(now=LATER)

    read = read_segment(segment)
    assert (read.version_number, read.size, read.state) == (2, 0, SegmentState.FRESH)
    assert [(s.version_number, s.size) for s in snapshots(segment)] == [(2, 0)]


# --- Faults -----------------------------------------------------------------------------------


def test_a_segment_whose_reference_disappears_is_broken_until_a_new_save_mends_it():
    workspace, tag, _contacts = tagged_shop(3)
    segment = save_segment(workspace, {"all": [TAGGED]}, schedule="hour")
    work(now=LATER)
    with workspace_scope(workspace):
        type(tag).objects.filter(pk=tag.pk).delete()
    recount(segment, now=LATER + MINUTE)

    broken = read_segment(segment)
    assert broken.state == SegmentState.BROKEN
    assert "$.where.all[0].tags[0]" in broken.error
    assert [s.size for s in snapshots(segment)] == [0], "no number is made up"
    assert queueing.queue_due_segments(now=LATER + timedelta(days=3)) == 0, "not recounted"

    change(segment, where=EVERYBODY, now=LATER + 2 * MINUTE)
    work(now=LATER + 3 * MINUTE)
    mended = read_segment(segment)
    assert (mended.state, mended.error, mended.size) == (SegmentState.FRESH, "", 3)


def test_a_broken_segment_saved_unchanged_once_its_tag_is_back_is_counted_at_once():
    workspace, tag, _contacts = tagged_shop(3)
    segment = save_segment(workspace, TAGGED)
    with workspace_scope(workspace):
        type(tag).objects.filter(pk=tag.pk).delete()
    work(now=LATER)
    assert read_segment(segment).state == SegmentState.BROKEN
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")

    change(segment, where=TAGGED, now=LATER + MINUTE)
    work(now=LATER + 2 * MINUTE)

    assert read_segment(segment).state == SegmentState.FRESH


def test_a_tag_a_segment_uses_can_not_be_deleted():
    workspace, tag, _contacts = tagged_shop(1)
    save_segment(workspace, TAGGED, name="Users of the tag")
    with workspace_scope(workspace), pytest.raises(Exception, match="Users of the tag"):
        delete_tag(workspace=workspace, tag_id=tag.pk)


def test_a_failed_count_fails_the_segment_and_the_next_success_clears_it(monkeypatch):
    workspace, _tag, _contacts = tagged_shop(2)
    segment = save_segment(workspace, EVERYBODY)

    def explode(*args: Any, **options: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(recounting, "evaluate_tree", explode)
    work(now=LATER)
    failed = read_segment(segment)
    [counted] = counts(segment)
    assert (failed.state, counted.state) == (SegmentState.FAILED, RecountState.FAILED)
    assert failed.error == counted.error != ""
    assert "a defect" not in failed.error, "people aren't shown our insides"

    monkeypatch.undo()
    recount(segment, now=LATER + MINUTE)
    cleared = read_segment(segment)
    assert (cleared.state, cleared.error, cleared.size) == (SegmentState.FRESH, "", 2)


class FaultOfPostgres(OperationalError):
    """What psycopg raises, as Django passes it on."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("fault")
        self.__cause__ = type("Cause", (Exception,), {"sqlstate": sqlstate})()


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "57P01", "08006", "53300", ""])
def test_after_a_passing_fault_of_the_database_the_count_is_tried_again(monkeypatch, sqlstate):
    workspace, _tag, _contacts = tagged_shop(2)
    segment = save_segment(workspace, EVERYBODY)
    evaluate, faults = recounting.evaluate_tree, [sqlstate, sqlstate]

    def stumble(*args: Any, **options: Any) -> Any:
        if faults:
            raise FaultOfPostgres(faults.pop())
        return evaluate(*args, **options)

    monkeypatch.setattr(recounting, "evaluate_tree", stumble)
    work(now=LATER)

    [counted] = counts(segment)
    assert (counted.state, counted.attempts) == (RecountState.DONE, 3)


def test_a_count_that_takes_too_long_or_keeps_stumbling_fails(monkeypatch):
    workspace, _tag, _contacts = tagged_shop(2)
    slow = save_segment(workspace, EVERYBODY, name="slow")
    states = ["57014"] + ["40001"] * 20

    def stumble(*args: Any, **options: Any) -> Any:
        raise FaultOfPostgres(states.pop(0))

    monkeypatch.setattr(recounting, "evaluate_tree", stumble)
    work(now=LATER)
    [counted] = counts(slow)
    assert (counted.state, counted.attempts) == (RecountState.FAILED, 1)
    assert "too long" in counted.error

    stumbling = save_segment(workspace, EVERYBODY, name="stumbling")
    work(now=LATER)
    [counted] = counts(stumbling)
    assert (counted.state, counted.attempts) == (RecountState.FAILED, claims.MAX_ATTEMPTS)


# --- Pins -------------------------------------------------------------------------------------


def test_pins_count_from_when_they_are_set_until_they_are_taken_back():
    workspace, _tag, contacts = tagged_shop(4)
    give_tag(workspace, contacts[:2], now=NOW)
    segment = save_segment(workspace, TAGGED)
    work(now=LATER)

    pinned_at = LATER + MINUTE
    change(segment, pinned_in=[contacts[3].pk], pinned_out=[contacts[0].pk], now=pinned_at)
    work(now=pinned_at + MINUTE)
    change(segment, pinned_in=[], pinned_out=[], now=pinned_at + 2 * MINUTE)
    work(now=pinned_at + 3 * MINUTE)

    ids = [contact.pk for contact in contacts]
    recorded = [set(members_in(s).ids()) for s in snapshots(segment)]
    assert recorded == [{ids[0], ids[1]}, {ids[1], ids[3]}, {ids[0], ids[1]}]
    with workspace_scope(workspace):
        past = recounting.evaluate_segment(
            segment=segment, workspace=workspace, as_of=pinned_at + MINUTE
        )
    assert set(past.members.ids()) == {ids[1], ids[3]}, "the past has the pins of the past"
    assert (past.pins_added, past.pins_removed) == (1, 1)


def test_pinning_the_other_way_ends_the_pin_and_strangers_are_refused():
    workspace, _tag, contacts = tagged_shop(2)
    elsewhere = make_contact(make_workspace("Other"))
    segment = save_segment(workspace, TAGGED, pinned_in=[contacts[0].pk], now=LATER)
    with pytest.raises(InvalidTree, match=r"pinned_in\[1\]"):
        change(segment, pinned_in=[contacts[0].pk, elsewhere.pk], now=LATER)
    change(segment, pinned_out=[contacts[0].pk], now=LATER + MINUTE)
    work(now=LATER + 2 * MINUTE)
    assert read_segment(segment).size == 0


# --- Members that are gone --------------------------------------------------------------------


def test_an_erased_member_leaves_with_the_next_count_and_is_not_listed_meanwhile():
    workspace, _tag, contacts = tagged_shop(3)
    segment = save_segment(workspace, EVERYBODY)
    work(now=LATER)
    with workspace_scope(workspace):
        erase_contact(
            workspace=workspace, actor=system(workspace), contact_id=contacts[0].pk, now=LATER
        )
        snapshot = latest_snapshot(segment)
        assert snapshot is not None
        assert members_of_snapshot(snapshot).count() == 2
    recount(segment, now=LATER + MINUTE)
    assert [(s.size, s.entered, s.left) for s in snapshots(segment)] == [(3, 3, 0), (2, 0, 1)]


def test_an_evaluation_of_a_broken_segment_says_where_it_is_broken():
    workspace, tag, _contacts = tagged_shop(1)
    segment = save_segment(workspace, TAGGED)
    with workspace_scope(workspace):
        type(tag).objects.filter(pk=tag.pk).delete()
        with pytest.raises(InvalidTree):
            freeze_into_list(actor=system(workspace), segment=segment, name="x", now=LATER)
