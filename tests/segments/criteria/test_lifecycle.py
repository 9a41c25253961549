"""No engagement, last seen, and habits: first time, stopped, resumed, regularly."""

from __future__ import annotations

from typing import Any

import pytest

from segments.criteria import engagement, lifecycle
from tests.makers.contacts import days_ago, make_contact
from tests.makers.once import made_once
from tests.makers.segments import (
    LATER,
    all_examples,
    check_example,
    errors_of,
    make_names,
    names,
    sentence,
)
from tests.makers.tracking import make_activity, make_message, make_message_event, make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_workspace
from tracking.services import define_activity_kind
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@made_once
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(engagement) + all_examples(lifecycle))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    check_example(workspace, where)


MONTH = {"last": 30, "unit": "days"}


def engaged(**more: Any) -> dict[str, Any]:
    return {"type": "engagement.engaged", **more}


QUIET = {"operator": "exactly", "number": 0, "window": MONTH}


def mailed(workspace: Workspace, contact: str, kind: str, **more: Any) -> None:
    message = make_message(workspace, contact, days_ago(3), channel=more.pop("channel", "email"))
    make_message_event(workspace, message, kind, days_ago(2), **more)


def test_engagement_is_what_people_do_and_nothing_else(workspace: Workspace) -> None:
    """Semantics 22: sends, deliveries and machine opens are nobody's interest."""
    make_visit(workspace, "visited", days_ago(2))
    mailed(workspace, "opened", "opened")
    mailed(workspace, "clicked", "clicked")
    mailed(workspace, "pushed", "clicked", channel="push")
    make_activity(workspace, "form", "form_submitted", days_ago(2), form="x")
    make_activity(workspace, "ticket", "ticket_bought", days_ago(2), price=1)
    make_transaction(workspace, "bought", days_ago(2), "10.00")
    active = {"visited", "opened", "clicked", "pushed", "form", "ticket", "bought"}
    mailed(workspace, "delivered", "delivered")
    mailed(workspace, "machine", "opened", is_machine=True)
    mailed(workspace, "scanner", "clicked", is_machine=True)
    define_activity_kind(workspace=workspace, key="score_changed", is_engagement=False)
    make_activity(workspace, "scored", "score_changed", days_ago(2))
    make_visit(workspace, "long-ago", days_ago(31))
    make_transaction(workspace, "cancelled", days_ago(2), "10.00", status="cancelled")
    make_contact(workspace, "never")
    assert names(workspace, engaged(window=MONTH)) == active
    assert names(workspace, engaged(**QUIET)) == {
        "delivered",
        "machine",
        "scanner",
        "scored",
        "long-ago",
        "cancelled",
        "never",
    }
    assert names(workspace, engaged(channels=["opens", "purchases"])) == {"opened", "bought"}
    assert names(workspace, engaged(channels=["clicks"])) == {"clicked"}
    assert names(workspace, engaged(channels=["push_clicks"])) == {"pushed"}
    assert names(workspace, engaged(channels=["activities"])) == {"ticket"}
    assert names(workspace, engaged(channels=["forms"])) == {"form"}


def test_engagement_is_counted_over_all_channels_together(workspace: Workspace) -> None:
    make_visit(workspace, "mixed", days_ago(2))
    mailed(workspace, "mixed", "opened")
    make_transaction(workspace, "mixed", days_ago(1), "10.00")
    make_visit(workspace, "once", days_ago(2))
    make_contact(workspace, "never")

    def counted(operator: str, number: int) -> set[str]:
        return names(workspace, engaged(operator=operator, number=number, window=MONTH))

    assert counted("at_least", 3) == {"mixed"}
    assert counted("at_least", 4) == set()
    assert counted("exactly", 1) == {"once"}
    assert counted("at_most", 1) == {"once", "never"}
    assert counted("not_exactly", 3) == {"once", "never"}


def test_no_engagement_reads_as_a_sentence(workspace: Workspace) -> None:
    assert sentence(workspace, engaged(**QUIET)) == (
        "People who showed no engagement in any channel in the last 30 days."
    )


def test_last_seen_is_the_latest_sign_of_life(workspace: Workspace) -> None:
    for days in (50, 2):
        make_visit(workspace, "back", days_ago(days))
    make_visit(workspace, "gone", days_ago(50))
    make_transaction(workspace, "buyer", days_ago(40), "10.00")
    make_contact(workspace, "never")

    def seen(operator: str, **window: Any) -> set[str]:
        given = {"window": window} if window else {}
        return names(workspace, {"type": "contacts.last_seen", "operator": operator, **given})

    assert seen("in", last=7, unit="days") == {"back"}
    # "Somebody was seen then" would bring in who came back since.
    assert seen("in", older_than=30, unit="days") == {"gone", "buyer"}
    assert seen("in", between=[35, 45], unit="days") == {"buyer"}
    assert seen("not_in", last=7, unit="days") == {"gone", "buyer", "never"}
    assert seen("never") == {"never"}
    assert seen("ever") == {"back", "gone", "buyer"}


def habit(subject: str, stage: str, **more: Any) -> dict[str, Any]:
    return {"type": "activities.lifecycle", "subject": subject, "stage": stage, **more}


def test_the_first_time_ever_lies_in_the_window(workspace: Workspace) -> None:
    """Semantics 21: the first ever, not the first in the window."""
    for days in (100, 3):
        make_transaction(workspace, "loyal", days_ago(days), "10.00")
    make_transaction(workspace, "new", days_ago(3), "10.00")
    first = habit("purchase", "first_time", window=MONTH)
    assert names(workspace, first) == {"new"}
    assert names(workspace, first, as_of=days_ago(90)) == {"loyal"}


def test_stopped_needs_something_to_have_stopped(workspace: Workspace) -> None:
    for days in (60, 3):
        make_visit(workspace, "still", days_ago(days))
    make_visit(workspace, "stopped", days_ago(60))
    make_contact(workspace, "never")
    stopped = habit("visit", "stopped", window=MONTH)
    assert names(workspace, stopped) == {"stopped"}
    assert names(workspace, {"not": stopped}) == {"still", "never"}


def test_resumed_looks_at_the_break_before_each_fact(workspace: Workspace) -> None:
    for name, many in {"back": (90, 3), "steady": (90, 45, 20, 3), "new": (3,)}.items():
        for days in many:
            make_activity(workspace, name, "ticket_bought", days_ago(days), price=1)
    resumed = habit("activity", "resumed", kind="ticket_bought", window=MONTH, break_days=60)
    assert names(workspace, resumed) == {"back"}
    assert names(workspace, {**resumed, "break_days": 25}) == {"back", "steady"}
    assert names(workspace, {**resumed, "break_days": 87}) == {"back"}
    assert names(workspace, {**resumed, "break_days": 88}) == set()


def test_regularly_counts_periods_and_not_facts(workspace: Workspace) -> None:
    for days in (1, 2, 3, 4):
        make_visit(workspace, "burst", days_ago(days))
    for days in (3, 10, 17):
        make_visit(workspace, "weekly", days_ago(days))
    regularly = habit("visit", "regularly", at_least=3, of_last=4, unit="weeks")
    assert names(workspace, regularly) == {"weekly"}
    assert names(workspace, {**regularly, "at_least": 1}) == {"burst", "weekly"}
    assert names(workspace, {**regularly, "of_last": 3}) == {"weekly"}
    # A fact 7 days ago to the second is of the period before: windows are half-open.
    make_visit(workspace, "edge", days_ago(7))
    two = habit("visit", "regularly", at_least=1, of_last=1, unit="weeks")
    assert "edge" in names(workspace, two, as_of=NOW)
    assert "edge" not in names(workspace, two, as_of=LATER)


@pytest.mark.parametrize(
    ("where", "path"),
    [
        (habit("visit", "stopped", window="ever"), "$.where.window"),
        (habit("visit", "stopped"), "$.where.window"),
        (habit("visit", "resumed", window=MONTH), "$.where.break_days"),
        (habit("activity", "first_time", window=MONTH), "$.where.kind"),
        (
            habit("visit", "regularly", at_least=5, of_last=4, unit="weeks"),
            "$.where.at_least",
        ),
        (
            habit("visit", "regularly", at_least=5, of_last=61, unit="weeks"),
            "$.where.of_last",
        ),
        (habit("visit", "regularly", at_least=1, of_last=4), "$.where.unit"),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_with_its_path(
    workspace: Workspace, where: dict[str, Any], path: str
) -> None:
    assert path in {error.path for error in errors_of(workspace, where)}
