"""The forecast is what each coming midnight will say if nothing happens until then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Tag
from segments.compiler import compile_tree
from segments.criteria.scope import Scope
from segments.engine import evaluation
from segments.models import Segment, SegmentPin
from segments.services import forecasting, recounting
from segments.services.comparing import Movement
from segments.services.forecasting import (
    Forecast,
    MoverPage,
    TooMuchToForecastError,
    forecast,
    forecast_movers,
)
from tests.makers.contacts import make_contact, upsert
from tests.makers.recounts import EVERYBODY, ask, save_segment, snapshots, work
from tests.makers.segments import make_segment
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction, transaction_item, transactions
from tests.makers.workspaces import NOW, make_workspace
from tests.segments.test_api import URL, VIP, Program
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + timedelta(seconds=1)
BIRTHDAY_TODAY = {
    "type": "contacts.anniversary",
    "attribute": "birthday",
    "window": {"calendar": "today"},
}


def bought(days: int) -> dict[str, Any]:
    return {
        "type": "transactions.number_of_orders",
        "operator": "at_least",
        "number": 1,
        "window": {"last": days, "unit": "days"},
    }


def contact(workspace: Workspace, name: str, *, bought_at: Sequence[datetime] = (), **item: Any):
    """Known for a year."""
    known = (NOW - 365 * DAY).isoformat()
    made = make_contact(workspace, name, observed_at=known, **item)
    for at in bought_at:
        make_transaction(workspace, made, at, "10")
    return made


def ahead(segment: Segment, days: int = 30, as_of: datetime = LATER) -> Forecast:
    with workspace_scope(segment.workspace_id):
        return forecast(segment=segment, as_of=as_of, days=days)


def movers(segment: Segment, day: date, movement: str, **page: Any) -> MoverPage:
    page = {"as_of": LATER, "limit": 100, **page}
    with workspace_scope(segment.workspace_id):
        return forecast_movers(segment=segment, day=day, movement=movement, **page)


def named(page: MoverPage) -> list[tuple[str | None, list[tuple[str, str]]]]:
    return [
        (each.contact.external_id, [(cause.path, cause.sentence) for cause in each.causes])
        for each in page.movers
    ]


def moves(found: Forecast) -> dict[str, tuple[int, int]]:
    """(entering, leaving) of the days on which anybody moves."""
    return {
        day.day.isoformat(): (day.entering, day.leaving)
        for day in found.days
        if day.entering or day.leaving
    }


# --- By hand -------------------------------------------------------------------------------------


def test_who_bought_five_days_ago_leaves_the_last_ten_days_in_five_days() -> None:
    workspace = make_workspace()
    contact(workspace, "early", bought_at=[NOW - 9 * DAY])
    contact(workspace, "late", bought_at=[NOW - 5 * DAY])
    contact(workspace, "twice", bought_at=[NOW - 9 * DAY, NOW - 5 * DAY])
    contact(workspace, "never")
    segment = make_segment(workspace, bought(10))

    found = ahead(segment)

    assert found.size == 3
    assert moves(found) == {"2026-03-16": (0, 1), "2026-03-20": (0, 2)}
    assert [day.size for day in found.days] == [3] + 4 * [2] + 25 * [0]
    assert (found.entering, found.leaving, found.last_size) == (0, 3, 0)
    page = movers(segment, date(2026, 3, 20), Movement.LEAVING)
    assert [name for name, _causes in named(page)] == ["late", "twice"]
    for _name, causes in named(page):
        [(path, sentence)] = causes
        assert path == "$.where"
        assert "in the last 10 days" in sentence
    assert movers(segment, date(2026, 3, 20), Movement.ENTERING).number == 0


def test_a_birthday_enters_with_its_midnight_and_leaves_with_the_next() -> None:
    """As in the trend, a day is shown as it stands at the midnight that ends it."""
    workspace = make_workspace()
    contact(workspace, "ewa", attributes={"birthday": "1990-03-25"})
    contact(workspace, "jan", attributes={"birthday": "1988-03-25"})
    contact(workspace, "ola", attributes={"birthday": "1991-02-01"})
    segment = make_segment(workspace, BIRTHDAY_TODAY)
    assert moves(ahead(segment)) == {"2026-03-24": (2, 0), "2026-03-25": (0, 2)}
    [point] = [day for day in ahead(segment).days if day.size]
    assert point.as_of == datetime(2026, 3, 24, 23, tzinfo=UTC), "25 March begins in Warsaw"


def test_a_window_that_ends_in_the_lost_hour_of_spring_leaves_on_the_next_day() -> None:
    """Bought on 14 March at 23:30; fifteen times 24 hours later it is 00:30 on 30 March, because
    the clocks went forward on the 29th."""
    workspace = make_workspace(time_zone="Europe/Warsaw")
    contact(workspace, "ewa", bought_at=[datetime(2026, 3, 14, 22, 30, tzinfo=UTC)])
    found = ahead(make_segment(workspace, bought(15)))
    assert moves(found) == {"2026-03-30": (0, 1)}
    lengths = {later.day: later.as_of - day.as_of for day, later in pairwise(found.days)}
    assert lengths.pop(date(2026, 3, 29)) == timedelta(hours=23)
    assert set(lengths.values()) == {DAY}


def test_negations_enter_when_the_window_passes() -> None:
    workspace = make_workspace()
    contact(workspace, "ewa", tags={"add": ["vip"]}, bought_at=[NOW - 5 * DAY])
    contact(workspace, "jan", bought_at=[NOW - 5 * DAY])
    segment = make_segment(workspace, {"all": [VIP, {"not": {"any": [bought(10)]}}]})
    assert moves(ahead(segment)) == {"2026-03-20": (1, 0)}
    [(name, causes)] = named(movers(segment, date(2026, 3, 20), Movement.ENTERING))
    assert (name, [path for path, _said in causes]) == ("ewa", ["$.where.all[1].not.any[0]"])


def test_only_the_rows_that_matter_are_named() -> None:
    """Both windows pass on one day; in the second group the other row holds on."""
    workspace = make_workspace()
    make_visit(workspace, contact(workspace, "ewa", bought_at=[NOW - 5 * DAY]), NOW - 5 * DAY)
    visited = {"type": "visits.visited", "window": {"last": 10, "unit": "days"}}
    held = {"any": [visited, bought(20)]}
    segment = make_segment(workspace, {"all": [bought(10), visited, held]})
    [(_name, causes)] = named(movers(segment, date(2026, 3, 20), Movement.LEAVING))
    assert [path for path, _said in causes] == ["$.where.all[0]", "$.where.all[1]"]


def test_pins_hold_for_as_long_as_they_are_valid() -> None:
    workspace = make_workspace()
    pinned = contact(workspace, "pinned")
    held = contact(workspace, "held", bought_at=[NOW - 5 * DAY])
    segment = make_segment(workspace, bought(10), pinned_in=[pinned, held])
    with workspace_scope(workspace):
        rows = SegmentPin.objects.in_workspace(workspace).filter(contact=pinned)
        rows.update(valid_to=NOW + 2 * DAY)
    found = ahead(segment)
    assert (found.size, moves(found)) == (2, {"2026-03-17": (0, 1)})
    [(name, causes)] = named(movers(segment, date(2026, 3, 17), Movement.LEAVING))
    assert (name, causes) == ("pinned", [("", "A pin begins or ends.")])


# --- The clock really moved ----------------------------------------------------------------------

TREES: dict[str, Any] = {
    "windows": {"all": [bought(30), {"not": bought(8)}]},
    "birthdays": {
        "any": [BIRTHDAY_TODAY, {**BIRTHDAY_TODAY, "window": {"next": 7, "unit": "days"}}]
    },
    "calendar": {**bought(1), "window": {"calendar": "previous_week"}},
    "months": {"not": {**bought(1), "window": {"last": 1, "unit": "months"}}},
    "everybody": EVERYBODY,
}


def make_shop() -> Workspace:
    workspace = make_workspace()
    people = [
        {
            "external_id": f"c{index}",
            "observed_at": (NOW - 365 * DAY).isoformat(),
            "attributes": {"birthday": f"1990-{3 + index % 3:02}-{1 + 2 * index:02}"},
        }
        for index in range(12)
    ]
    upsert(workspace, *people)
    bought_at = [NOW - timedelta(days=3 * index, hours=5 * index) for index in range(12)]
    items = [transaction_item(f"c{index}", at, "10") for index, at in enumerate(bought_at)]
    transactions(workspace, *items)
    return workspace


AT_NIGHT = ("calendar", "months", "everybody")
EACH_TREE = [
    pytest.param(name, marks=[pytest.mark.night] if name in AT_NIGHT else []) for name in TREES
]


@pytest.mark.parametrize("name", EACH_TREE)
def test_each_day_is_what_evaluating_that_later_instant_gives(name: str) -> None:
    workspace = make_shop()
    segment = make_segment(workspace, TREES[name])
    found = ahead(segment, days=21)
    with workspace_scope(workspace):
        tree = recounting.tree_of(segment=segment, workspace=workspace)
        before = set(compile_tree(tree, Scope(workspace, LATER)).values_list("pk", flat=True))
        assert found.size == len(before)
        for day in found.days:
            alone = recounting.evaluate_segment(
                segment=segment, workspace=workspace, as_of=day.as_of
            )
            after = set(
                compile_tree(tree, Scope(workspace, day.as_of)).values_list("pk", flat=True)
            )
            assert set(alone.members.ids()) == after
            numbers = (day.size, day.entering, day.leaving)
            assert numbers == (len(after), len(after - before), len(before - after))
            before = after
    if name != "everybody":
        assert found.entering or found.leaving, "this tree does move"


@pytest.mark.usefixtures("transactional_db")
def test_counting_when_the_day_has_come_records_what_was_forecast() -> None:
    """A worker whose clock has moved counts the same, frozen, data."""
    workspace = make_shop()
    inner = save_segment(workspace, TREES["windows"], now=LATER, name="Inner", schedule="none")
    where = {"any": [{"segment": inner.pk}, BIRTHDAY_TODAY]}
    segment = save_segment(workspace, where, now=LATER, name="Outer", schedule="none")
    work(now=LATER)
    found = ahead(segment, days=8)
    for day in found.days:
        ask(segment, now=day.as_of)
        work(now=day.as_of)
    first, *recorded = snapshots(segment)
    assert first.size == found.size
    assert [(each.as_of, each.size, each.entered, each.left) for each in recorded] == [
        (day.as_of, day.size, day.entering, day.leaving) for day in found.days
    ]
    assert found.leaving
    assert found.entering


def test_names_are_those_who_are_in_at_one_midnight_and_not_at_the_other() -> None:
    workspace = make_shop()
    segment = make_segment(workspace, TREES["windows"])
    found = ahead(segment, days=12)
    for day in found.days:
        for movement, number in (("entering", day.entering), ("leaving", day.leaving)):
            page = movers(segment, day.day, movement)
            assert page.number == len(page.movers) == number
            assert all(mover.causes for mover in page.movers)


# --- How it is asked -----------------------------------------------------------------------------


def test_days_asked_all_at_once_and_one_after_the_other_say_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = make_shop()
    segment = make_segment(workspace, TREES["windows"])
    said = []
    for cheap in (0, 10**9):
        monkeypatch.setattr(evaluation, "CHEAP", cheap)
        with CaptureQueriesContext(connection) as asked:
            said.append((ahead(segment), len([each for each in asked if _evaluates(each)])))
    (one_by_one, many), (at_once, few) = said
    assert one_by_one == at_once
    assert few <= 4 < many


def _evaluates(query: dict[str, str]) -> bool:
    return "array_agg" in query["sql"]


def test_a_forecast_nobody_would_wait_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_shop()
    segment = make_segment(workspace, TREES["windows"])
    with monkeypatch.context() as less:
        less.setattr(forecasting, "MOST_WORK", 12 * 2 * 31)
        assert len(ahead(segment, days=20).days) == 20
        with pytest.raises(TooMuchToForecastError):
            ahead(segment, days=31)
    monkeypatch.setattr(forecasting, "MOST_SECONDS", 0.0)
    assert len(ahead(segment, days=5).days) == 5
    with pytest.raises(TooMuchToForecastError):
        ahead(segment, days=6)


def test_a_tree_too_large_for_so_many_days_is_refused_before_anything_is_evaluated() -> None:
    workspace = make_shop()
    segment = make_segment(workspace, {"any": [bought(1 + index) for index in range(150)]})
    with CaptureQueriesContext(connection) as asked, pytest.raises(TooMuchToForecastError):
        ahead(segment, days=90)
    assert not [each for each in asked if _evaluates(each)]
    assert len(ahead(segment, days=2).days) == 2


@pytest.fixture
def program() -> Program:
    """Three bought, four, five and six days ago; they leave the last seven days one by one."""
    now = timezone.now()
    workspace = make_workspace(now=now - 90 * DAY, time_zone="UTC")
    for days in (4, 5, 6):
        known = (now - 60 * DAY).isoformat()
        made = make_contact(workspace, f"days-{days}", now=now - DAY, observed_at=known)
        make_transaction(workspace, made, now - days * DAY, "10", now=now - DAY)
    return Program(workspace)


def test_over_rest_the_days_and_the_names_with_their_rows(program: Program) -> None:
    segment = program.make("Lately", bought(7))
    path = f"{URL}{segment['id']}/forecast/"
    found = program.get(path, days=5)
    assert (found["size"], found["entering"], found["leaving"]) == (3, 0, 3)
    assert [day["leaving"] for day in found["days"]] == [0, 1, 1, 1, 0]
    assert len(program.get(path)["days"]) == 30
    asked = {"day": found["days"][1]["day"], "direction": "leaving", "as_of": found["as_of"]}
    page = program.get(f"{path}members/", **asked)
    assert (page["number"], page["next"]) == (1, None)
    [row] = page["results"]
    assert row["external_id"] == "days-6"
    [cause] = row["causes"]
    assert cause["path"] == "$.where"
    assert "7 days" in cause["sentence"]


def test_over_rest_names_come_in_pages(program: Program) -> None:
    segment = program.make("Lately", {"all": [bought(40)]})
    path = f"{URL}{segment['id']}/forecast/"
    days = {day["day"]: day["leaving"] for day in program.get(path, days=60)["days"]}
    assert sum(days.values()) == 3
    day = next(day for day, leaving in days.items() if leaving)
    page = program.get(f"{path}members/", day=day, direction="leaving", limit=1)
    following = program.client.get(page["next"]).json()
    assert (len(page["results"]), following["results"], following["next"]) == (1, [], None)


def test_over_rest_what_is_asked_wrongly_is_refused(program: Program) -> None:
    segment = program.make("Lately", bought(7))
    path = f"{URL}{segment['id']}/forecast/"
    today = timezone.now().date()
    for query in ({"days": "0"}, {"days": "91"}, {"days": "soon"}, {"from": "now"}):
        program.get(path, 400, **query)
    program.get(path, 400, as_of=(timezone.now() + DAY).isoformat())
    for query in (
        {"day": str(today - DAY), "direction": "leaving"},
        {"day": str(today + 90 * DAY), "direction": "leaving"},
        {"day": str(today), "direction": "staying"},
        {"direction": "leaving"},
    ):
        program.get(f"{path}members/", 400, **query)
    numbers_only = Program(program.workspace, ["segments:read"])
    numbers_only.get(path)
    numbers_only.get(f"{path}members/", 403, day=str(today), direction="leaving")


def test_over_rest_a_broken_segment_says_so(program: Program) -> None:
    with workspace_scope(program.workspace):
        tag = Tag.objects.create(workspace=program.workspace, key="vip", name="vip")
    segment = program.make("Tagged", VIP)
    with workspace_scope(program.workspace):
        Tag.objects.filter(pk=tag.pk).update(key="was-vip")
    assert program.get(f"{URL}{segment['id']}/forecast/", 409)["code"] == "broken"
