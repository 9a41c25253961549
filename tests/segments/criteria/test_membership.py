"""Other segments over time, and static lists."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from contacts.models import Contact, StaticList
from contacts.services import remove_from_list, untag_contacts
from segments.criteria import membership
from segments.models import Segment
from tests.makers.contacts import days_ago, make_contact, make_list
from tests.makers.once import made_once
from tests.makers.segments import (
    all_examples,
    check_example,
    errors_of,
    make_names,
    make_segment,
    names,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


TAGGED = {"type": "tags.has", "tags": ["vip"]}


def filled(where: dict[str, Any], **ids: int) -> Any:
    """An example with the ids of things that exist."""
    text = json.dumps(where)
    for name, value in ids.items():
        text = text.replace("{" + name + "}", str(value))
    return json.loads(text)


@made_once
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(membership))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    segment = make_segment(workspace, TAGGED)
    static_list = make_list(workspace, "A list", make_contact(workspace, "listed"))
    check_example(workspace, filled(where, segment=segment.pk, list=static_list.pk))


def tag(workspace: Workspace, name: str, *, since: float, until: float | None = None) -> Contact:
    """A contact tagged vip so many days ago, and perhaps untagged again."""
    contact = make_contact(workspace, name, tags={"add": ["vip"]}, observed_at=days_ago(since))
    if until is not None:
        untag_contacts(
            workspace=workspace,
            contact_ids=[contact.pk],
            tag="vip",
            now=NOW,
            source="api",
            observed_at=days_ago(until),
        )
    return contact


def over_time(key: str, segment: Segment, days: int) -> dict[str, Any]:
    return {"type": f"segments.{key}", "segment": segment.pk, "days": days}


# --- Semantics 12: the current definition at the workspace's day-ends ----------------------------


def test_in_for_needs_every_day_end(workspace: Workspace) -> None:
    tag(workspace, "long", since=40)
    tag(workspace, "short", since=3)
    tag(workspace, "left", since=40, until=1)
    broken = tag(workspace, "broken", since=40, until=20)
    make_contact(workspace, "broken", tags={"add": ["vip"]}, observed_at=days_ago(15))
    assert broken.external_id == "broken"
    vips = make_segment(workspace, TAGGED)
    assert names(workspace, over_time("in_for", vips, 30)) == {"long"}
    assert names(workspace, over_time("in_for", vips, 10)) == {"long", "broken"}
    assert names(workspace, over_time("in_for", vips, 2)) == {"long", "broken", "short"}
    assert names(workspace, over_time("in_for", vips, 30), as_of=days_ago(2)) == {"long", "left"}


def test_entered_and_left_need_no_recorded_snapshot(workspace: Workspace) -> None:
    """The segment was saved just now: snapshots would say that nobody ever entered."""
    tag(workspace, "long", since=40)
    tag(workspace, "entered", since=3)
    tag(workspace, "left", since=40, until=3)
    tag(workspace, "between-day-ends", since=3.1, until=3.05)
    vips = make_segment(workspace, TAGGED)
    assert names(workspace, over_time("entered", vips, 7)) == {"entered"}
    assert names(workspace, over_time("left", vips, 7)) == {"left"}
    assert names(workspace, over_time("entered", vips, 2)) == set()
    assert names(workspace, over_time("left", vips, 2)) == set()
    assert names(workspace, over_time("entered", vips, 7), as_of=days_ago(39)) == {"long", "left"}


def test_the_instant_itself_counts_as_a_day_end(workspace: Workspace) -> None:
    tag(workspace, "an-hour-ago", since=1 / 24)
    vips = make_segment(workspace, TAGGED)
    assert names(workspace, over_time("entered", vips, 1)) == {"an-hour-ago"}
    assert names(workspace, over_time("in_for", vips, 1)) == set()


def test_day_ends_are_the_workspaces_own(workspace: Workspace) -> None:
    """Warsaw's midnight is 23:00 UTC: in from 22:30 to 23:30 is in at a day-end."""
    start = NOW.replace(hour=22, minute=30) - timedelta(days=2)
    contact = make_contact(workspace, "a", tags={"add": ["vip"]}, observed_at=start)
    untag_contacts(
        workspace=workspace,
        contact_ids=[contact.pk],
        tag="vip",
        now=NOW,
        source="api",
        observed_at=start + timedelta(hours=1),
    )
    vips = make_segment(workspace, TAGGED)
    assert names(workspace, over_time("entered", vips, 7)) == {"a"}
    workspace.time_zone = "UTC"
    assert names(workspace, over_time("entered", vips, 7)) == set()


def test_pins_count_from_when_they_were_set(workspace: Workspace) -> None:
    """Semantics 13: pinned out wins over pinned in wins over the tree, at every day-end."""
    kept_out = tag(workspace, "kept-out", since=40)
    kept_in = make_contact(workspace, "kept-in", observed_at=days_ago(40))
    vips = make_segment(
        workspace, TAGGED, pinned_in=[kept_in], pinned_out=[kept_out], pinned_at=days_ago(5)
    )
    assert names(workspace, {"segment": vips.pk}) == {"kept-in"}
    assert names(workspace, over_time("entered", vips, 10)) == {"kept-in"}
    assert names(workspace, over_time("left", vips, 10)) == {"kept-out"}
    assert names(workspace, over_time("in_for", vips, 10)) == set()


def test_a_segment_of_segments_over_time(workspace: Workspace) -> None:
    tag(workspace, "long", since=40)
    tag(workspace, "new", since=3)
    vips = make_segment(workspace, TAGGED)
    steady = make_segment(workspace, over_time("in_for", vips, 5))
    assert names(workspace, {"segment": steady.pk}) == {"long"}
    assert names(workspace, {"not": {"segment": steady.pk}}) == {"new"}
    assert names(workspace, over_time("in_for", steady, 3)) == {"long"}


# --- The validator -------------------------------------------------------------------------------


def errors(workspace: Workspace, where: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return [(error.path, error.code) for error in errors_of(workspace, where, **more)]


def redefine(workspace: Workspace, segment: Segment, where: dict[str, Any]) -> None:
    with workspace_scope(workspace):
        segment.definition = {"version": 1, "where": where}
        segment.save()


def test_cycles_through_a_row_are_refused(workspace: Workspace) -> None:
    first = make_segment(workspace, TAGGED)
    second = make_segment(workspace, over_time("entered", first, 3))
    itself = over_time("in_for", first, 3)
    assert errors(workspace, itself, ancestors=(first.pk,)) == [("$.where.segment", "cycle")]
    around = over_time("in_for", second, 3)
    assert errors(workspace, around, ancestors=(first.pk,)) == [("$.where.segment", "cycle")]
    redefine(workspace, first, {"segment": second.pk})
    assert errors(workspace, {"segment": first.pk}) == [("$.where.segment", "cycle")]


def test_diamonds_are_fine(workspace: Workspace) -> None:
    tag(workspace, "a", since=40)
    bottom = make_segment(workspace, TAGGED)
    left = make_segment(workspace, {"segment": bottom.pk})
    right = make_segment(workspace, over_time("in_for", bottom, 3))
    both = {"all": [{"segment": left.pk}, {"segment": right.pk}]}
    assert names(workspace, both) == {"a"}


@pytest.mark.parametrize("days", [0, 91, -1, "7", 1.5, True])
def test_days_are_one_to_ninety(workspace: Workspace, days: Any) -> None:
    vips = make_segment(workspace, TAGGED)
    where = {**over_time("in_for", vips, 1), "days": days}
    assert ("$.where.days", "invalid") in errors(workspace, where)


def test_what_costs_too_much_is_refused_before_it_is_compiled(workspace: Workspace) -> None:
    vips = make_segment(workspace, TAGGED)
    inner = make_segment(workspace, over_time("in_for", vips, 90))
    assert errors(workspace, {"segment": inner.pk}) == []
    too_expensive = [("$.where.segment", "too_expensive")]
    assert errors(workspace, over_time("in_for", inner, 3)) == too_expensive
    large = make_segment(workspace, {"any": [TAGGED] * 20})
    assert errors(workspace, over_time("in_for", large, 30)) == []
    assert errors(workspace, over_time("in_for", large, 90)) == too_expensive


def test_broken_and_foreign_segments_are_errors_alike(workspace: Workspace) -> None:
    other = make_workspace()
    make_names(other)
    foreign = make_segment(other, TAGGED)
    unknown = {"type": "segments.in_for", "segment": 999_999, "days": 3}
    assert errors(workspace, unknown) == [("$.where.segment", "not_found")]
    assert errors(workspace, over_time("in_for", foreign, 3)) == [("$.where.segment", "not_found")]
    broken = make_segment(workspace, {"type": "tags.has", "tags": ["gone"]})
    assert errors(workspace, over_time("in_for", broken, 3)) == [("$.where.segment", "broken")]


# --- Lists ---------------------------------------------------------------------------------------


def on(match: str, *lists: StaticList, **more: Any) -> dict[str, Any]:
    return {"type": "lists.on_list", "match": match, "lists": [each.pk for each in lists], **more}


def test_any_and_all_of_the_lists_as_they_were_then(workspace: Workspace) -> None:
    both = make_contact(workspace, "both", observed_at=days_ago(40))
    one = make_contact(workspace, "one", observed_at=days_ago(40))
    make_contact(workspace, "none")
    fair = make_list(workspace, "Fair", both, one, now=days_ago(20))
    press = make_list(workspace, "Press", both, now=days_ago(2))
    assert names(workspace, on("any", fair, press)) == {"both", "one"}
    assert names(workspace, on("all", fair, press)) == {"both"}
    assert names(workspace, {"not": on("any", fair)}) == {"none"}
    assert names(workspace, on("any", press), as_of=days_ago(3)) == set()
    recent = {"last": 7, "unit": "days"}
    assert names(workspace, on("any", fair, press, added=recent)) == {"both"}
    remove_from_list(workspace=workspace, list_id=fair.pk, contact_ids=[one.pk], now=days_ago(1))
    assert names(workspace, on("any", fair)) == {"both"}
    assert names(workspace, on("any", fair), as_of=days_ago(5)) == {"both", "one"}


def test_an_unknown_list_is_an_error_with_its_path(workspace: Workspace) -> None:
    fair = make_list(workspace, "Fair")
    where = {"type": "lists.on_list", "lists": [fair.pk, 999_999]}
    assert errors(workspace, where) == [("$.where.lists[1]", "not_found")]
    assert errors(workspace, {**where, "lists": [str(fair.pk)]}) == []
    assert ("$.where.lists[0]", "invalid") in errors(workspace, {**where, "lists": ["1; DROP"]})
