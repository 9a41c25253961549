"""The overlap of segments: exact, of one statement, over the service and over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact, Tag
from contacts.services import delete_tag, untag_contacts
from segments.models import Segment
from segments.services.overlapping import members_of_segments, overlap_of
from tests.makers.contacts import make_contact
from tests.makers.segments import LATER, make_segment
from tests.makers.workspaces import NOW, make_workspace
from tests.segments.test_api import Program
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
URL = "/api/v1/segments/overlap/"
# Who has which tag, by number.
TAGGED = {"a": {0, 1, 2, 3, 4}, "b": {3, 4, 5}, "c": {4, 6}, "d": set()}


def has(tag: str) -> dict[str, Any]:
    return {"type": "tags.has", "match": "any", "tags": [tag]}


def make_tagged(now: Any = NOW) -> tuple[Workspace, list[Segment]]:
    """Nine contacts and the segments a to d by tags; nobody is in d or has the number 8."""
    workspace = make_workspace(now=now - 90 * DAY)
    for number in range(9):
        tags = [tag for tag, some in TAGGED.items() if number in some]
        make_contact(workspace, f"c{number}", now=now - 30 * DAY, tags={"add": tags})
    known = make_contact(workspace, "once", now=now - 40 * DAY, tags={"add": ["d"]})
    with workspace_scope(workspace):
        untag_contacts(
            workspace=workspace,
            tag="d",
            contact_ids=[known.pk],
            now=now - 35 * DAY,
            source="api",
        )
    return workspace, [make_segment(workspace, has(tag), name=tag, now=now) for tag in TAGGED]


def test_every_pair_only_here_in_all_and_in_any() -> None:
    workspace, segments = make_tagged()
    with workspace_scope(workspace):
        found = overlap_of(workspace=workspace, segments=segments, as_of=LATER)
    assert found.universe == 10
    assert [(each.segment.name, each.size, each.only) for each in found.segments] == [
        ("a", 5, 3),
        ("b", 3, 1),
        ("c", 2, 1),
        ("d", 0, 0),
    ]
    numbers = {pair.first.name + pair.second.name: (pair.both, pair.either) for pair in found.pairs}
    assert numbers == {
        "ab": (2, 6),
        "ac": (1, 6),
        "ad": (0, 5),
        "bc": (1, 4),
        "bd": (0, 3),
        "cd": (0, 2),
    }
    assert (found.in_any, found.in_all) == (7, 0)
    a, b, _c, d = segments
    assert found.pair(b, a).share_of_first == pytest.approx(2 / 5)
    assert found.pair(a, b).share_of_second == pytest.approx(2 / 3)
    assert found.pair(a, d).share_of_second is None, "of nobody there is no share"


def test_pins_stand_in_the_overlap_and_the_past_is_as_it_was() -> None:
    workspace, [a, b, *_others] = make_tagged()
    with workspace_scope(workspace):
        evaluated = members_of_segments(workspace=workspace, segments=[a, b], as_of=LATER)
        only_a = sorted((evaluated.members[a.pk] - evaluated.members[b.pk]).ids())
        both = sorted((evaluated.members[a.pk] & evaluated.members[b.pk]).ids())
    with workspace_scope(workspace):
        pinned_in = list(Contact.objects.filter(pk=only_a[0]))
        pinned_out = list(Contact.objects.filter(pk=both[0]))
    pinned = make_segment(
        workspace, has("b"), name="pinned", pinned_in=pinned_in, pinned_out=pinned_out
    )
    with workspace_scope(workspace):
        found = overlap_of(workspace=workspace, segments=[a, pinned], as_of=LATER)
        before = overlap_of(workspace=workspace, segments=[a, pinned], as_of=NOW - DAY)
        long_ago = overlap_of(workspace=workspace, segments=[a, b], as_of=NOW - 60 * DAY)
    assert [each.size for each in found.segments] == [5, 3]
    assert found.pairs[0].both == 2
    assert [each.size for each in before.segments] == [5, 3], "the pins were set later"
    assert (long_ago.universe, long_ago.in_any) == (0, 0)


def test_shared_rows_are_fetched_once_and_all_sets_by_one_statement() -> None:
    workspace, segments = make_tagged()
    either = make_segment(workspace, {"any": [has("a"), has("b")]}, name="either")
    neither = make_segment(workspace, {"not": {"segment": either.pk}}, name="neither")
    with workspace_scope(workspace), CaptureQueriesContext(connection) as asked:
        found = overlap_of(
            workspace=workspace, segments=[*segments[:2], either, neither], as_of=LATER
        )
    assert found.pair(either, neither).both == 0
    assert found.pair(either, neither).either == found.universe
    selecting = [each["sql"] for each in asked.captured_queries if "array_agg" in each["sql"]]
    assert len(selecting) == 1
    assert selecting[0].count("contacts_contacttag") >= 2
    assert selecting[0].count('"contacts_contacttag"."tag_id" IN') == 2, "a and b, once each"


def test_broken_segments_are_named_and_left_out() -> None:
    workspace, [a, b, c, _d] = make_tagged()
    with workspace_scope(workspace):
        type(c).objects.filter(pk=c.pk).update(
            definition={"version": 1, "where": has("never there")}
        )
        c.refresh_from_db()
        found = overlap_of(workspace=workspace, segments=[a, c, b], as_of=LATER)
        assert [each.segment.name for each in found.broken] == ["c"]
        assert found.broken[0].error
        assert [each.segment.name for each in found.segments] == ["a", "b"]
        assert len(found.pairs) == 1
        none = overlap_of(workspace=workspace, segments=[c, c], as_of=LATER)
    assert (none.universe, none.in_any, none.in_all, list(none.pairs)) == (10, 0, 0, [])


# --- Over REST --------------------------------------------------------------------------------


@pytest.fixture
def shop() -> tuple[Program, list[Segment]]:
    workspace, segments = make_tagged(timezone.now())
    return Program(workspace), segments


def test_the_matrix_over_rest(shop: tuple[Program, list[Segment]]) -> None:
    program, [a, b, *_others] = shop
    answer = program.get(URL, segments=f"{a.pk},{b.pk}")
    assert (answer["universe"], answer["in_all"], answer["in_any"]) == (10, 2, 6)
    assert answer["segments"] == [
        {"id": a.pk, "name": "a", "size": 5, "only": 3},
        {"id": b.pk, "name": "b", "size": 3, "only": 1},
    ]
    assert answer["pairs"] == [
        {
            "segments": [a.pk, b.pk],
            "both": 2,
            "either": 6,
            "share_of_first": pytest.approx(0.4),
            "share_of_second": pytest.approx(2 / 3),
        }
    ]
    past = program.get(
        URL,
        segments=f"{a.pk},{b.pk}",
        as_of=(timezone.now() - 60 * DAY).isoformat(),
    )
    assert (past["universe"], past["in_any"]) == (0, 0)


@pytest.mark.parametrize(
    "asked", ["", "x", "1", "1,1", "1,,2", "-1,2", "1.5,2", ",".join(map(str, range(1, 12))), "١,٢"]
)
def test_two_to_ten_ids_are_asked_for(shop: tuple[Program, list[Segment]], asked: str) -> None:
    program, _segments = shop
    problem = program.get(URL, 400, segments=asked)
    assert problem["errors"][0]["path"] == "$.segments"


def test_what_does_not_exist_here_is_named(shop: tuple[Program, list[Segment]]) -> None:
    program, [a, *_others] = shop
    foreign = make_segment(make_workspace("Other"), has("a"))
    problem = program.get(URL, 400, segments=f"{a.pk},{foreign.pk},999999")
    assert [(each["path"], each["code"]) for each in problem["errors"]] == [
        ("$.segments[1]", "not_found"),
        ("$.segments[2]", "not_found"),
    ]
    ahead = (timezone.now() + DAY).isoformat()
    problem = program.get(URL, 400, segments=f"{a.pk},{a.pk + 1}", as_of=ahead)
    assert problem["errors"][0]["path"] == "$.as_of"


def test_reading_segments_is_enough(shop: tuple[Program, list[Segment]]) -> None:
    program, [a, b, *_others] = shop
    asked = f"{a.pk},{b.pk}"
    assert Program(program.workspace, ["segments:read"]).get(URL, segments=asked)["in_all"] == 2
    Program(program.workspace, ["contacts:read"]).get(URL, 403, segments=asked)


def test_a_deleted_tag_breaks_one_segment_only(shop: tuple[Program, list[Segment]]) -> None:
    program, [a, b, _c, d] = shop
    with workspace_scope(program.workspace):
        tag = Tag.objects.get(key="d")
        delete_tag(workspace=program.workspace, tag_id=tag.pk)
    answer = program.get(URL, segments=f"{a.pk},{b.pk},{d.pk}")
    assert [each["name"] for each in answer["broken"]] == ["d"]
    assert len(answer["pairs"]) == 1
