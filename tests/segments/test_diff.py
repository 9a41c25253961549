"""A changed definition beside the saved one: who enters, leaves and stays, and what it hits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Tag
from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, parse_tree
from segments.engine.evaluation import evaluate_tree
from segments.models import Segment
from segments.registry import Use, users_of_segments
from segments.services import SegmentInUseError, archive_segment
from segments.services.comparing import (
    BrokenDefinitionError,
    Movement,
    compare_with_saved,
    hits_of,
)
from tests.makers.contacts import make_contact
from tests.makers.recounts import change, save_segment, system
from tests.makers.workspaces import NOW, make_workspace
from tests.segments.test_api import GOLD, URL, VIP, Program, ids
from tests.segments.test_api import program as program
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=1)
TREES: dict[str, Any] = {
    "vip": VIP,
    "gold": GOLD,
    "either": {"any": [VIP, GOLD]},
    "both": {"all": [VIP, GOLD]},
    "neither": {"not": {"any": [VIP, GOLD]}},
    "vip, gold switched off": {"all": [VIP, {**GOLD, "disabled": True}]},
}


def make_people() -> tuple[Workspace, dict[str, int]]:
    """vip are a, b, c; gold are c, d; e has no tag."""
    workspace = make_workspace()
    tags = {"a": ["vip"], "b": ["vip"], "c": ["vip", "gold"], "d": ["gold"], "e": []}
    people = {
        name: make_contact(workspace, name, tags={"add": own}).pk for name, own in tags.items()
    }
    return workspace, people


def members_of(workspace: Workspace, where: Any) -> set[int]:
    with workspace_scope(workspace):
        tree = parse_tree(where, workspace=workspace)
        return set(evaluate_tree(tree, Scope(workspace, LATER)).members.ids())


def compare(segment: Segment, where: Any = None, **pins: Any) -> Any:
    given = {"pinned_in": None, "pinned_out": None, **pins}
    with workspace_scope(segment.workspace_id):
        return compare_with_saved(segment=segment, where=where, as_of=LATER, **given)


def moved(found: Any) -> tuple[set[int], set[int], set[int]]:
    entering, leaving, staying = (set(found.moved(each).ids()) for each in Movement.values)
    return entering, leaving, staying


def test_the_difference_is_that_of_the_two_sets_of_members() -> None:
    workspace, _people = make_people()
    alone = {name: members_of(workspace, where) for name, where in TREES.items()}
    assert all(alone.values())
    for before, old in alone.items():
        segment = save_segment(workspace, TREES[before], name=before)
        for after, new in alone.items():
            found = compare(segment, TREES[after])
            assert moved(found) == (new - old, old - new, old & new), (before, after)
            assert (found.before.size, found.after.size) == (len(old), len(new))


def test_both_definitions_are_one_statement_and_shared_rows_are_fetched_once() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, {"all": [VIP, {"not": GOLD}]})
    with CaptureQueriesContext(
        connection,
    ) as asked:
        compare(segment, {"any": [VIP, GOLD]})
    evaluations = [each["sql"] for each in asked if "array_agg" in each["sql"]]
    assert len(evaluations) == 1
    assert evaluations[0].count('"contacts_contacttag"."tag_id"') == 2, "vip once, gold once"


def test_pins_of_the_saved_one_hold_on_both_sides_and_given_ones_on_the_new_side() -> None:
    workspace, people = make_people()
    a, b, _c, d, e = people.values()
    segment = save_segment(workspace, VIP, now=LATER, pinned_in=[e], pinned_out=[a])
    entering, leaving, staying = moved(compare(segment, GOLD))
    assert (entering, leaving, staying) == ({d}, {b}, {people["c"], e})

    entering, leaving, staying = moved(compare(segment, pinned_in=[], pinned_out=[a, b]))
    assert (entering, leaving, staying) == (set(), {b, e}, {people["c"]})

    entering, leaving, staying = moved(compare(segment, pinned_out=[]))
    assert (entering, leaving, staying) == ({a}, set(), {b, people["c"], e})


def test_a_tree_that_is_not_valid_or_contains_the_segment_is_refused() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, VIP)
    for where, code in (({"all": []}, "empty"), ({"segment": segment.pk}, "cycle")):
        with pytest.raises(InvalidTree) as refused:
            compare(segment, where)
        assert [each.code for each in refused.value.errors] == [code]
    with pytest.raises(InvalidTree):
        compare(segment, VIP, pinned_in=[1])


def test_a_saved_definition_that_names_what_is_gone_is_said_in_words() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, VIP)
    with workspace_scope(workspace):
        Tag.objects.filter(key="vip").update(key="was-vip")
    with pytest.raises(BrokenDefinitionError, match="no such thing in this workspace: vip"):
        compare(segment, GOLD)


# --- What it would hit ---------------------------------------------------------------------------


@pytest.fixture
def campaigns() -> Iterator[dict[int, list[Use]]]:
    """An app above that uses segments: what it uses, by segment id."""
    used: dict[int, list[Use]] = {}

    @users_of_segments.register
    def campaigns_sending_to(*, workspace: Workspace, segment_ids: Any) -> dict[int, list[Use]]:
        return {key: uses for key, uses in used.items() if key in segment_ids}

    yield used
    users_of_segments.forget(campaigns_sending_to)


def test_what_a_change_hits_is_found_through_other_segments(
    campaigns: dict[int, list[Use]],
) -> None:
    workspace, _people = make_people()
    inner = save_segment(workspace, VIP, name="Inner")
    middle = save_segment(workspace, {"all": [{"segment": inner.pk}, GOLD]}, name="Middle")
    outer = save_segment(workspace, {"not": {"segment": middle.pk}}, name="Outer")
    gone = save_segment(workspace, {"segment": inner.pk}, name="Gone")
    apart = save_segment(workspace, GOLD, name="Apart")
    with workspace_scope(workspace):
        archive_segment(actor=system(workspace), segment=gone, now=NOW)
    campaigns[inner.pk] = [Use("campaign", "Spring", "/spring/")]
    campaigns[outer.pk] = [Use("rule", "Welcome")]
    campaigns[apart.pk] = [Use("campaign", "Another")]

    with workspace_scope(workspace):
        hits = [(hit.use.kind, hit.use.label, list(hit.through)) for hit in hits_of(segment=inner)]
    assert hits == [
        ("segment", "Middle", []),
        ("segment", "Outer", ["Middle"]),
        ("campaign", "Spring", []),
        ("rule", "Welcome", ["Middle", "Outer"]),
    ]


def test_a_segment_that_a_campaign_uses_can_not_be_archived(
    campaigns: dict[int, list[Use]],
) -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, VIP)
    campaigns[segment.pk] = [Use("campaign", "Spring")]
    with workspace_scope(workspace), pytest.raises(SegmentInUseError, match="Spring"):
        archive_segment(actor=system(workspace), segment=segment, now=NOW)
    campaigns.clear()
    with workspace_scope(workspace):
        assert archive_segment(actor=system(workspace), segment=segment, now=NOW).archived_at


# --- Over REST -----------------------------------------------------------------------------------


def test_over_rest_there_are_numbers_sentences_names_and_pages_of_them(program: Program) -> None:
    one, two, three, four, *_ = ids(program)
    segment = program.make("Loyal", VIP)
    path = f"{URL}{segment['id']}/diff/"
    plain = program.send("post", path, {"where": GOLD})
    assert {key: plain[key] for key in ("entering", "leaving", "staying")} == {
        "entering": {"number": 1},
        "leaving": {"number": 2},
        "staying": {"number": 1},
    }
    assert plain["before"] == {
        "version": 1,
        "size": 3,
        "sentence": "People who are tagged any of vip.",
    }
    assert plain["after"] == {
        "version": None,
        "size": 2,
        "sentence": "People who are tagged any of gold.",
    }
    assert plain["hits"] == []

    named = program.send("post", path, {"where": GOLD, "limit": 1})
    shown = {key: [m["id"] for m in named[key]["members"]] for key in Movement.values}
    assert shown == {"entering": [four], "leaving": [one], "staying": [three]}
    more = program.send("post", path, {"where": GOLD, "limit": 5, "list": "leaving", "after": one})
    assert [member["external_id"] for member in more["leaving"]["members"]] == ["c1"]
    assert "members" not in more["entering"]
    assert two in [member["id"] for member in more["leaving"]["members"]]
    assert program.get(f"{URL}{segment['id']}/")["version_number"] == 1, "nothing is saved"


def test_over_rest_the_segments_hit_are_named(program: Program) -> None:
    inner = program.make("Inner", VIP)
    outer = program.make("Outer", {"segment": inner["id"]})
    found = program.send("post", f"{URL}{inner['id']}/diff/", {"where": GOLD})
    page = f"/w/{program.workspace.pk}/segments/{outer['id']}/"
    assert found["hits"] == [{"kind": "segment", "label": "Outer", "url": page, "through": []}]


def test_names_need_the_right_to_read_contacts_and_numbers_do_not(program: Program) -> None:
    segment = program.make("Loyal", VIP)
    path = f"{URL}{segment['id']}/diff/"
    counting_only = Program(program.workspace, ["segments:read"])
    assert counting_only.send("post", path, {"where": GOLD})["entering"] == {"number": 1}
    counting_only.send("post", path, {"where": GOLD, "limit": 1}, 403)
    counting_only.send("post", path, {"where": GOLD, "list": "leaving"}, 403)


def test_what_is_asked_wrongly_is_said_by_its_path(program: Program) -> None:
    segment = program.make("Loyal", VIP)
    path = f"{URL}{segment['id']}/diff/"
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    for body, at in (
        ({"where": {"all": []}}, "$.where.all"),
        ({"where": GOLD, "list": "others"}, "$.list"),
        ({"where": GOLD, "as_of": tomorrow}, "$.as_of"),
        ({"where": GOLD, "pinned_in": [1]}, "$.pinned_in[0]"),
        ({"where": GOLD, "colour": "red"}, "$.colour"),
    ):
        problem = program.send("post", path, body, 400)
        assert [error["path"] for error in problem["errors"]] == [at]


def test_a_changed_segment_is_compared_with_what_is_saved_now() -> None:
    workspace, people = make_people()
    segment = save_segment(workspace, VIP)
    changed = change(segment, where=GOLD, now=NOW)
    assert moved(compare(changed, GOLD)) == (set(), set(), {people["c"], people["d"]})
