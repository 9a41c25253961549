"""Each cause, from facts made by hand; sums and order; a process that takes over."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contacts.services import create_tag, erase_contact, merge_contacts, tag_contacts
from contacts.services.changes import written_by_import
from segments import services
from segments.models import MembershipEvent, Segment
from segments.signals import membership_changed
from tests.makers.contacts import make_contact, make_contacts, upsert
from tests.makers.live import Follower, check_live, events_of, live_state, told
from tests.makers.recounts import EVERYBODY, change, save_segment, system
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
VISITED = {
    "type": "visits.visited",
    "operator": "at_least",
    "number": 1,
    "window": {"last": 30, "unit": "days"},
}
BOUGHT = {"type": "transactions.number_of_orders", "operator": "at_least", "number": 1}
VIP = {"type": "tags.has", "match": "any", "tags": ["vip"]}
FROM_GDYNIA = {
    "type": "contacts.text",
    "attribute": "city",
    "operator": "any_of",
    "values": ["Gdynia"],
}


def shop(where, number: int = 3, **given):
    """A workspace with contacts and one segment, followed since NOW."""
    workspace = make_workspace()
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
    contacts = make_contacts(workspace, number)
    segment = save_segment(workspace, where, **given)
    follower = Follower(workspace)
    follower.pulse(NOW + SECOND)
    return workspace, contacts, segment, follower


def give_tag(workspace, *contacts, now=NOW):
    with workspace_scope(workspace):
        ids = [contact.pk for contact in contacts]
        tag_contacts(workspace=workspace, tag="vip", contact_ids=ids, now=now, source="api")


def test_the_first_pulse_of_a_segment_enters_everybody_by_activation():
    workspace, contacts, segment, follower = shop(EVERYBODY)

    assert told(events_of(workspace)) == [
        (segment.pk, "entered", "activation", [contact.pk]) for contact in contacts
    ]
    check_live(workspace, NOW + SECOND, follower.memory)


def test_a_fact_enters_with_the_row_that_flipped_and_the_kind_of_fact():
    workspace, [buyer, *_], segment, follower = shop({"all": [EVERYBODY, BOUGHT]})
    at = NOW + HOUR
    make_transaction(workspace, buyer, at, "10.00", now=at)

    pulse = follower.pulse(at + SECOND, is_timed=False)

    assert told(pulse.events) == [(segment.pk, "entered", "fact", [buyer.pk])]
    assert pulse.events[0].reason == {
        "leaves": [{"path": "$.where.all[1]", "holds": True}],
        "kinds": ["transaction"],
    }
    check_live(workspace, at + SECOND, follower.memory)


def test_a_window_that_runs_out_is_an_expiry():
    workspace, [visitor, *_], segment, follower = shop(VISITED)
    make_visit(workspace, visitor, NOW, now=NOW + SECOND)
    assert follower.moves(NOW + 2 * SECOND) == [(segment.pk, "entered", "fact", [visitor.pk])]

    assert follower.moves(NOW + 30 * DAY - SECOND) == []
    assert follower.moves(NOW + 30 * DAY) == [], "the window still holds its first moment"
    pulse = follower.pulse(NOW + 30 * DAY + SECOND)

    assert told(pulse.events) == [(segment.pk, "left", "expiry", [visitor.pk])]
    assert pulse.events[0].reason == {"leaves": [{"path": "$.where", "holds": False}]}
    check_live(workspace, NOW + 30 * DAY + SECOND, follower.memory)


def test_a_detail_that_changed_is_an_attribute_and_so_is_a_tag():
    workspace = make_workspace()
    contact = make_contact(workspace, "c1")
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
    lives = save_segment(workspace, FROM_GDYNIA)
    tagged = save_segment(workspace, VIP)
    follower = Follower(workspace)
    follower.pulse(NOW + SECOND)

    upsert(workspace, {"external_id": "c1", "attributes": {"city": "Gdynia"}}, now=NOW + HOUR)
    give_tag(workspace, contact, now=NOW + HOUR)

    assert follower.moves(NOW + HOUR + SECOND, is_timed=False) == [
        (lives.pk, "entered", "attribute", [contact.pk]),
        (tagged.pk, "entered", "attribute", [contact.pk]),
    ]


def test_a_fact_that_comes_a_day_after_it_happened_is_late():
    workspace, [late, timely, both], segment, follower = shop(BOUGHT)
    now = NOW + 2 * DAY
    for contact, at in ((late, now - DAY - HOUR), (timely, now - HOUR), (both, now - DAY - HOUR)):
        make_transaction(workspace, contact, at, "10.00", now=now)
    make_transaction(workspace, both, now - HOUR, "10.00", now=now)

    moves = follower.moves(now + SECOND, is_timed=False)

    assert sorted(moves, key=lambda move: move[2]) == [
        (segment.pk, "entered", "fact", [timely.pk]),
        (segment.pk, "entered", "fact", [both.pk]),
        (segment.pk, "entered", "late_fact", [late.pk]),
    ]


def test_what_an_import_writes_is_an_import_unless_the_shop_said_so_too():
    workspace, [imported, both, _], segment, follower = shop(BOUGHT)
    at = NOW + HOUR
    with written_by_import():
        make_transaction(workspace, imported, at, "10.00", now=at)
        make_transaction(workspace, both, at, "10.00", now=at)
    make_transaction(workspace, both, at, "12.00", now=at)

    moves = follower.moves(at + SECOND, is_timed=False)

    assert sorted(moves) == [
        (segment.pk, "entered", "fact", [both.pk]),
        (segment.pk, "entered", "import", [imported.pk]),
    ]


def test_a_merge_enters_the_winner_and_the_loser_is_not_told_of():
    workspace, [winner, loser, _], segment, follower = shop(BOUGHT)
    make_transaction(workspace, loser, NOW + HOUR, "10.00", now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)
    told_of: list[MembershipEvent] = []

    def hear(events, **_):
        told_of.extend(events)

    membership_changed.connect(hear)
    try:
        merge_contacts(
            workspace=workspace, winner_id=winner.pk, loser_id=loser.pk, now=NOW + 2 * HOUR
        )
        pulse = follower.pulse(NOW + 2 * HOUR + SECOND, is_timed=False)
    finally:
        membership_changed.disconnect(hear)

    assert sorted(told(pulse.events)) == [
        (segment.pk, "entered", "merge", [winner.pk]),
        (segment.pk, "left", "merge", [loser.pk]),
    ]
    [gone] = [event for event in pulse.events if event.direction == "left"]
    assert gone.reason == {"merged_into": winner.pk}
    assert told(told_of) == [(segment.pk, "entered", "merge", [winner.pk])]
    check_live(workspace, NOW + 2 * HOUR + SECOND, follower.memory)


def test_an_erased_contact_leaves_by_erasure():
    workspace, [contact, *_], segment, follower = shop(EVERYBODY)
    erase_contact(workspace=workspace, contact_id=contact.pk, now=NOW + HOUR)

    moves = follower.moves(NOW + HOUR + SECOND, is_timed=False)

    assert moves == [(segment.pk, "left", "erasure", [contact.pk])]
    check_live(workspace, NOW + HOUR + SECOND, follower.memory)


def test_pins_enter_and_leave_by_hand_and_win_over_facts():
    workspace, [pinned, other, _], segment, follower = shop(BOUGHT)
    at = NOW + HOUR
    change(segment, pinned_in=[pinned.pk], pinned_out=[other.pk], now=at)
    make_transaction(workspace, other, at, "10.00", now=at)
    assert follower.moves(at + SECOND) == [(segment.pk, "entered", "pin", [pinned.pk])]

    change(segment, pinned_in=[], pinned_out=[], now=at + HOUR)
    assert sorted(follower.moves(at + HOUR + SECOND)) == [
        (segment.pk, "entered", "pin", [other.pk]),
        (segment.pk, "left", "pin", [pinned.pk]),
    ]
    check_live(workspace, at + HOUR + SECOND, follower.memory)


def test_a_changed_definition_moves_those_it_moves_and_facts_keep_their_own_cause():
    workspace, [buyer, tagged, _], segment, follower = shop(BOUGHT)
    at = NOW + HOUR
    make_transaction(workspace, buyer, at, "10.00", now=at)
    give_tag(workspace, tagged, now=at)
    change(segment, where=VIP, now=at)

    assert follower.moves(at + SECOND) == [
        (segment.pk, "entered", "fact", [buyer.pk]),
        (segment.pk, "left", "definition", [buyer.pk]),
        (segment.pk, "entered", "definition", [tagged.pk]),
    ]
    assert [event.version_number for event in events_of(workspace)] == [1, 2, 2]
    check_live(workspace, at + SECOND, follower.memory)


def test_a_changed_segment_moves_those_that_name_it_by_definition():
    workspace, [tagged, *_], inner, follower = shop(BOUGHT)
    outer = save_segment(workspace, {"all": [EVERYBODY, {"segment": inner.pk}]})
    give_tag(workspace, tagged)
    follower.pulse(NOW + 2 * SECOND)
    change(inner, where=VIP, now=NOW + HOUR)

    assert follower.moves(NOW + HOUR + SECOND) == [
        (inner.pk, "entered", "definition", [tagged.pk]),
        (outer.pk, "entered", "definition", [tagged.pk]),
    ]
    make_transaction(workspace, tagged, NOW + HOUR, "1.00", now=NOW + HOUR)
    assert follower.moves(NOW + 2 * HOUR) == []
    check_live(workspace, NOW + 2 * HOUR, follower.memory)


def test_a_row_inside_a_named_segment_is_told_as_the_row_that_names_it():
    workspace, [buyer, *_], inner, follower = shop(BOUGHT)
    save_segment(workspace, {"all": [EVERYBODY, {"segment": inner.pk}]})
    follower.pulse(NOW + 2 * SECOND)
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)

    [own, outer] = follower.pulse(NOW + HOUR + SECOND).events

    assert own.reason["leaves"] == [{"path": "$.where", "holds": True}]
    assert outer.reason["leaves"] == [{"path": "$.where.all[1]", "holds": True}]


def test_an_archived_segment_stands_still_and_restoring_it_tells_the_difference():
    workspace, [first, second, _], segment, follower = shop(BOUGHT)
    make_transaction(workspace, first, NOW + HOUR, "1.00", now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)
    with workspace_scope(workspace):
        services.archive_segment(actor=system(workspace), segment=segment, now=NOW + 2 * HOUR)
    assert follower.moves(NOW + 2 * HOUR + SECOND) == []
    make_transaction(workspace, second, NOW + 3 * HOUR, "1.00", now=NOW + 3 * HOUR)
    assert follower.moves(NOW + 3 * HOUR + SECOND) == []

    with workspace_scope(workspace):
        services.restore_segment(actor=system(workspace), segment=segment, now=NOW + 4 * HOUR)

    assert follower.moves(NOW + 4 * HOUR + SECOND) == [
        (segment.pk, "entered", "activation", [second.pk])
    ]
    check_live(workspace, NOW + 4 * HOUR + SECOND, follower.memory)


def test_a_segment_counted_only_on_demand_is_not_followed():
    workspace, _contacts, segment, follower = shop(EVERYBODY, schedule="none")
    assert events_of(workspace) == []
    change(segment, schedule="hour", now=NOW + HOUR)
    assert len(follower.moves(NOW + HOUR + SECOND)) == 3


def test_a_fact_never_tells_half_of_what_time_has_done():
    """A purchase comes while the contact's visit has run out unnoticed: nobody enters."""
    workspace, [contact, *_], _segment, follower = shop({"all": [VISITED, BOUGHT]})
    make_visit(workspace, contact, NOW, now=NOW + SECOND)
    follower.pulse(NOW + 2 * SECOND)
    later = NOW + 31 * DAY
    make_transaction(workspace, contact, later, "10.00", now=later)

    assert follower.moves(later + SECOND, is_timed=False) == []
    assert follower.moves(later + 2 * SECOND) == []
    check_live(workspace, later + 2 * SECOND, follower.memory)


def test_many_contacts_that_go_one_way_are_one_row_with_all_their_numbers():
    workspace = make_workspace()
    upsert(workspace, *({"external_id": f"c{number}"} for number in range(450)))
    segment = save_segment(workspace, EVERYBODY)
    follower = Follower(workspace)

    [row] = follower.pulse(NOW + SECOND).events

    assert (row.number, row.count, row.contact_id) == (450, 450, None)
    assert live_state(workspace).last_number == 450
    change(segment, where={"type": "contacts.external_id", "values": ["c7"]}, now=NOW + HOUR)
    [row] = follower.pulse(NOW + HOUR + SECOND).events
    assert (row.number, row.count, row.direction) == (899, 449, "left")
    check_live(workspace, NOW + HOUR + SECOND, follower.memory)


def test_whoever_takes_over_goes_on_from_the_events_and_tells_causes_and_rows():
    workspace, [visitor, buyer, _], segment, follower = shop({"any": [VISITED, BOUGHT]}, number=3)
    make_visit(workspace, visitor, NOW, now=NOW + SECOND)
    follower.pulse(NOW + 2 * SECOND)
    later = NOW + 31 * DAY
    make_transaction(workspace, buyer, later - HOUR, "10.00", now=later)

    pulse = Follower(workspace).pulse(later + SECOND)

    assert sorted(told(pulse.events)) == [
        (segment.pk, "entered", "fact", [buyer.pk]),
        (segment.pk, "left", "expiry", [visitor.pk]),
    ]
    reasons = {event.direction: event.reason for event in pulse.events}
    assert reasons == {
        "entered": {
            "leaves": [{"path": "$.where.any[1]", "holds": True}],
            "kinds": ["transaction"],
        },
        "left": {"leaves": [{"path": "$.where.any[0]", "holds": False}]},
    }
    check_live(workspace, later + SECOND)
    # The first process comes back: it notices that somebody went on.
    make_visit(workspace, visitor, later, now=later)
    assert follower.moves(later + 2 * SECOND, is_timed=False) == [
        (segment.pk, "entered", "fact", [visitor.pk])
    ]
    check_live(workspace, later + 2 * SECOND, follower.memory)


def test_a_receiver_that_fails_loses_nothing(caplog):
    workspace, [buyer, *_], segment, follower = shop(BOUGHT)
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)

    def fail(**_):
        raise RuntimeError("no")

    membership_changed.connect(fail)
    try:
        follower.pulse(NOW + HOUR + SECOND)
    finally:
        membership_changed.disconnect(fail)

    assert told(events_of(workspace)) == [(segment.pk, "entered", "fact", [buyer.pk])]
    assert "membership_receiver_failed" in caplog.text


def test_a_pulse_that_fails_leaves_nothing_and_the_next_one_tells_all(monkeypatch):
    workspace, [buyer, *_], segment, follower = shop(BOUGHT)
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)
    with monkeypatch.context() as patch:
        patch.setattr("segments.live.pulse.save_sizes", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            follower.pulse(NOW + HOUR + SECOND)
    assert events_of(workspace) == []

    assert follower.moves(NOW + HOUR + 2 * SECOND) == [(segment.pk, "entered", "fact", [buyer.pk])]


def test_a_clock_that_goes_back_takes_nobody_back():
    workspace, [visitor, *_], _segment, follower = shop(VISITED)
    make_visit(workspace, visitor, NOW, now=NOW + SECOND)
    follower.pulse(NOW + 31 * DAY)
    assert follower.moves(NOW + HOUR) == []
    assert live_state(workspace).as_of == NOW + 31 * DAY


WARSAW = ZoneInfo("Europe/Warsaw")
TODAY = {**VISITED, "window": {"calendar": "today"}}
LAST_24_HOURS = {**VISITED, "window": {"last": 24, "unit": "hours"}}


@pytest.mark.parametrize(
    ("where", "visited", "leaves"),
    [
        # On 29 March 2026 Warsaw's clocks jump from 2:00 to 3:00: the day has 23 hours.
        (TODAY, datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 30, 0, 0)),
        (LAST_24_HOURS, datetime(2026, 3, 28, 12, 0), datetime(2026, 3, 29, 13, 0)),
        # On 25 October they go back: 25 hours.
        (TODAY, datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 26, 0, 0)),
        (LAST_24_HOURS, datetime(2026, 10, 24, 12, 0), datetime(2026, 10, 25, 11, 0)),
        # Any hour.
        (LAST_24_HOURS, datetime(2026, 6, 1, 10, 0), datetime(2026, 6, 2, 10, 0)),
    ],
)
def test_a_window_runs_out_at_its_very_edge_also_on_days_of_23_and_25_hours(where, visited, leaves):
    visited, edge = (
        at.replace(tzinfo=WARSAW).astimezone(ZoneInfo("UTC")) for at in (visited, leaves)
    )
    workspace = make_workspace(now=visited - DAY)
    contact = make_contact(workspace, now=visited - DAY)
    segment = save_segment(workspace, where, now=visited - DAY)
    follower = Follower(workspace)
    follower.pulse(visited - HOUR)
    make_visit(workspace, contact, visited, now=visited + SECOND)
    assert follower.moves(visited + 2 * SECOND) == [(segment.pk, "entered", "fact", [contact.pk])]
    is_rolling = where is LAST_24_HOURS

    assert follower.moves(edge - SECOND) == []
    left = follower.moves(edge) or follower.moves(edge + timedelta(microseconds=1))

    assert left == [(segment.pk, "left", "expiry", [contact.pk])]
    last = edge + timedelta(microseconds=1) if is_rolling else edge
    assert live_state(workspace).as_of == last
    check_live(workspace, last, follower.memory)


def test_a_count_that_agrees_changes_nothing_and_one_that_differs_is_put_right(caplog):
    from tests.makers.recounts import ask, work

    workspace, [buyer, *_], segment, follower = shop(BOUGHT)
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)
    ask(segment, now=NOW + 2 * HOUR)
    work(now=NOW + 2 * HOUR)
    assert follower.moves(NOW + 2 * HOUR + SECOND) == []
    assert live_state(workspace).corrections == 0

    # A fault by hand: the fact's row in the log is missing.
    with workspace_scope(workspace):
        Segment.objects.all()
        follower.memory.followed[segment.pk].members ^= follower.memory.followed[segment.pk].members
    ask(segment, now=NOW + 3 * HOUR)
    work(now=NOW + 3 * HOUR)

    assert follower.moves(NOW + 3 * HOUR + SECOND) == [
        (segment.pk, "entered", "correction", [buyer.pk])
    ]
    assert live_state(workspace).corrections == 1
    assert "live_membership_was_wrong" in caplog.text


def test_erasing_a_contact_others_were_merged_into_leaves_once():
    workspace, [winner, loser, _], segment, follower = shop(EVERYBODY)
    merge_contacts(workspace=workspace, winner_id=winner.pk, loser_id=loser.pk, now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)
    check_live(workspace, NOW + HOUR + SECOND, follower.memory)
    erase_contact(workspace=workspace, contact_id=winner.pk, now=NOW + 2 * HOUR)

    moves = follower.moves(NOW + 2 * HOUR + SECOND)

    assert moves == [(segment.pk, "left", "erasure", [winner.pk])]
    check_live(workspace, NOW + 2 * HOUR + SECOND, follower.memory)
