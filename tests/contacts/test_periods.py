"""Statements in any order, against a plain reading of what they mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from contacts.periods import MAX_CONFIRMATIONS, Timeline, held_at

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def spelled(timeline: Timeline[str]) -> list[tuple[str, int, int | None]]:
    return [
        (
            period.value,
            (period.start - START).days,
            None if period.end is None else (period.end - START).days,
        )
        for period in timeline.periods
    ]


def stated(*statements: tuple[str | None, int]) -> Timeline[str]:
    timeline: Timeline[str] = Timeline()
    for value, at in statements:
        timeline.state(value, day(at))
    return timeline


def test_a_later_statement_closes_the_earlier_value():
    assert spelled(stated(("a", 1), ("b", 5))) == [("a", 1, 5), ("b", 5, None)]


def test_a_late_statement_is_spliced_in_and_the_current_value_stays():
    assert spelled(stated(("b", 5), ("a", 1))) == [("a", 1, 5), ("b", 5, None)]
    assert spelled(stated(("a", 1), ("c", 9), ("b", 5))) == [
        ("a", 1, 5),
        ("b", 5, 9),
        ("c", 9, None),
    ]


def test_a_value_confirmed_later_resumes_after_a_late_statement():
    assert spelled(stated(("a", 1), ("a", 9), ("b", 5))) == [
        ("a", 1, 5),
        ("b", 5, 9),
        ("a", 9, None),
    ]


def test_of_two_statements_for_one_instant_the_later_received_wins():
    assert spelled(stated(("a", 1), ("b", 1))) == [("b", 1, None)]


def test_a_removal_ends_the_value_and_a_late_one_keeps_the_end():
    assert spelled(stated(("a", 1), (None, 5))) == [("a", 1, 5)]
    assert spelled(stated(("a", 1), (None, 5), (None, 3))) == [("a", 1, 3)]


def test_equal_neighbours_are_one_period():
    assert spelled(stated(("a", 5), ("a", 1))) == [("a", 1, None)]
    assert spelled(stated(("a", 1), (None, 5), ("a", 5))) == [("a", 1, None)]


def test_the_same_statement_again_changes_nothing():
    timeline = stated(("a", 1))
    assert timeline.state("a", day(1)) is False
    assert timeline.state("a", day(8)) is False


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 9)),
        min_size=1,
        max_size=12,
        unique_by=lambda statement: statement[1],
    )
)
def test_the_current_value_is_the_one_stated_for_the_latest_instant(statements):
    """Whatever order statements arrive in; and periods never overlap, touch equal or run back."""
    timeline = stated(*statements)
    latest = max(statements, key=lambda statement: statement[1])
    assert timeline.current == latest[0]
    for before, after in zip(timeline.periods, timeline.periods[1:], strict=False):
        assert before.end is not None
        assert before.start < before.end <= after.start
        assert before.end < after.start or before.value != after.value


def test_a_removal_of_what_is_not_there_ends_what_is_stated_late():
    assert spelled(stated((None, 5), ("a", 1))) == [("a", 1, 5)]
    assert spelled(stated(("a", 1), (None, 5), (None, 9), ("b", 7))) == [("a", 1, 5), ("b", 7, 9)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 9)),
        max_size=12,
        unique_by=lambda statement: statement[1],
    )
)
def test_statements_in_their_own_order_give_exactly_the_steps_they_state(statements):
    in_order = sorted(statements, key=lambda statement: statement[1])
    timeline = stated(*in_order)
    for number in range(10):
        held = held_at(timeline.periods, day(number))
        said = [value for value, at in in_order if at <= number]
        assert (held.value if held else None) == (said[-1] if said else None)


def reloaded(timeline: Timeline[str]) -> Timeline[str]:
    """As it comes back from rows of periods and the absences kept beside them."""
    again: Timeline[str] = Timeline()
    for period in timeline.periods:
        again.add_stored(period)
    again.add_absences(timeline.absences)
    return again


STATEMENTS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 30)),
    max_size=MAX_CONFIRMATIONS,
    unique_by=lambda statement: statement[1],
)


@given(STATEMENTS, st.randoms(use_true_random=False), st.booleans())
@example([("a", 1), ("a", 5), ("a", 9), ("b", 3)], None, True)
def test_any_order_of_arrival_gives_one_history(statements, random, is_stored_between):
    """Even when the history is stored and loaded between any two statements."""
    arriving = list(statements)
    if random is not None:
        random.shuffle(arriving)
    timeline: Timeline[str] = Timeline()
    for value, at in arriving:
        before = spelled(timeline)
        is_changed = timeline.state(value, day(at))
        assert is_changed == (spelled(timeline) != before)
        if is_stored_between:
            timeline = reloaded(timeline)
    in_order = sorted(statements, key=lambda statement: statement[1])
    assert spelled(timeline) == spelled(stated(*in_order))


@given(STATEMENTS, STATEMENTS)
def test_rows_become_the_history_with_as_few_changes_as_can_be(first, then):
    timeline: Timeline[str] = Timeline()
    for number, period in enumerate(stated(*first).periods, start=1):
        period.row_id = number
        timeline.add_stored(period)
    timeline.add_absences(stated(*first).absences)
    rows = {period.row_id: period for period in timeline.stored}
    for value, at in then:
        timeline.state(value, day(at))
    plan = timeline.rows()
    for row_id in plan.deleted:
        del rows[row_id]
    for period in plan.changed:
        assert rows[period.row_id].value == period.value
        assert rows[period.row_id] != period
        rows[period.row_id] = period
    kept = sorted([*rows.values(), *plan.added], key=lambda period: period.start)
    assert [(each.value, each.start, each.end, each.confirmations) for each in kept] == [
        (each.value, each.start, each.end, each.confirmations) for each in timeline.periods
    ]


def test_only_the_latest_confirmations_are_kept_and_the_last_one_always():
    timeline = stated(*[("a", at) for at in range(100)])
    [period] = timeline.periods
    assert len(period.confirmations) == MAX_CONFIRMATIONS
    assert period.confirmed_at == day(99)
