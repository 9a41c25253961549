"""What distinguishes a segment: exact shares, and no chance told as insight."""

from __future__ import annotations

from datetime import timedelta
from math import comb
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from segments.models import Segment, SegmentReference
from segments.services.chance import chance_of, wilson
from segments.services.profile_channels import DIMENSIONS
from segments.services.profiling import FEWEST_PEOPLE, Profile, Standout, profile_of
from tests.makers.contacts import make_attribute, make_list, read_contact, upsert
from tests.makers.segments import LATER, make_segment
from tests.makers.segments import members as members_of
from tests.makers.tracking import visit_from, visits
from tests.makers.transactions import line_item, transaction_item, transactions
from tests.makers.workspaces import NOW, make_workspace
from tests.segments.test_api import Program
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
VIP = {"type": "tags.has", "match": "any", "tags": ["vip"]}
NOBODY = {"not": {"type": "contacts.bucket", "salt": "x", "from_percent": 0, "to_percent": 100}}


def make_shop(number: int = 200, *, now: Any = NOW) -> Workspace:
    """The first fifth is tagged vip. Of vips three in four live in Gdańsk, of the others one in
    ten; everybody's `coin` is tossed; every second contact of all is a student."""
    workspace = make_workspace(now=now - 90 * DAY)
    make_attribute(workspace, "coin")
    make_attribute(workspace, "is_student", "boolean")
    tossed = Random(5)
    items = []
    for index in range(number):
        is_vip = index < number // 5
        from_gdansk = index % 4 != 0 if is_vip else index % 10 == 0
        items.append(
            {
                "external_id": f"c{index}",
                "email": f"c{index}@mail.example",
                "attributes": {
                    "city": "Gdańsk" if from_gdansk else "Łódź" if index % 3 else "ŁÓDŹ",
                    "coin": tossed.choice(("heads", "tails")),
                    "is_student": index % 2 == 0,
                    "first_name": "Ada",
                },
                "tags": {"add": ["vip"] if is_vip else []},
            }
        )
    upsert(workspace, *items, now=now - 30 * DAY)
    return workspace


def profile(workspace: Workspace, where: Any = VIP, *, as_of: Any = LATER) -> Profile:
    segment = make_segment(workspace, where)
    with workspace_scope(workspace):
        return profile_of(workspace=workspace, segment=segment, as_of=as_of)


def value(found: Profile, dimension: str, label: str) -> Standout:
    [one] = [
        each
        for each in found.values
        if (each.named.dimension, each.named.label) == (dimension, label)
    ]
    return one


def test_shares_and_lift_are_counted_exactly() -> None:
    found = profile(make_shop())
    assert (found.size, found.universe, found.can_tell) == (40, 200, True)
    gdansk = value(found, "attribute.city", "Gdańsk")
    assert (gdansk.members, gdansk.everybody) == (30, 46)
    assert gdansk.share == pytest.approx(30 / 40)
    assert gdansk.share_of_everybody == pytest.approx(46 / 200)
    assert gdansk.lift == pytest.approx((30 / 40) / (46 / 200))
    assert gdansk.verdict == "more"
    assert gdansk.named.phrase == "from Gdańsk"
    lodz = value(found, "attribute.city", "Łódź")
    assert (lodz.members, lodz.everybody) == (10, 154), "spellings are one value"
    assert lodz.verdict == "less"
    students = value(found, "attribute.is_student", "yes")
    assert (students.members, students.everybody, students.verdict) == (20, 100, "chance")
    assert found.more[0].named.label in ("vip", "Gdańsk")
    assert [each.named.label for each in found.less] == ["Łódź"]


def test_what_tells_one_person_from_another_is_left_out() -> None:
    found = profile(make_shop())
    asked = {each.named.dimension for each in found.values}
    assert asked == {"attribute.city", "attribute.coin", "attribute.is_student", "tag"}


def test_what_the_segment_asks_for_itself_is_marked() -> None:
    found = profile(make_shop())
    assert not value(found, "attribute.city", "Gdańsk").in_definition
    workspace = make_shop()
    segment = make_segment(workspace, VIP)
    with workspace_scope(workspace):
        SegmentReference.objects.create(workspace=workspace, segment=segment, kind="tag", key="vip")
        again = profile_of(workspace=workspace, segment=segment, as_of=LATER)
    assert value(again, "tag", "vip").in_definition


def test_chance_is_not_told_as_insight() -> None:
    """Random segments of a shop without any pattern: next to none may stand out.

    Drawn by a fixed seed: a random part by contact ids (contacts.bucket) would be another one in
    every database, and one in a hundred pages tells chance as insight, as promised.
    """
    workspace = make_workspace()
    chance = Random(11)
    for key in "abcdefgh":
        make_attribute(workspace, key)
    stored = upsert(
        workspace,
        *(
            {
                "external_id": f"c{index}",
                "attributes": {key: chance.choice("uvwxyz") for key in "abcdefgh"},
            }
            for index in range(400)
        ),
    )
    told = 0
    for _ in range(20):
        drawn = [read_contact(workspace, each.id) for each in chance.sample(stored, 160)]
        drawn_list = make_list(workspace, "", *drawn)
        found = profile(workspace, {"type": "lists.on_list", "lists": [drawn_list.pk]})
        assert (found.can_tell, found.size) == (True, 160)
        told += len(found.more) + len(found.less)
        assert len(found.values) == 48
    assert told <= 1


def test_of_a_small_segment_nothing_can_be_told_yet() -> None:
    workspace = make_shop(100)
    found = profile(workspace)
    assert found.size == 20 < FEWEST_PEOPLE
    assert not found.can_tell
    assert {each.verdict for each in found.values} == {"unknown"}
    assert list(found.more) == list(found.less) == []
    nearly_all = profile(workspace, {"not": VIP})
    assert nearly_all.size == 80
    assert not nearly_all.can_tell, "there are too few others"


def test_of_nobody_the_shares_are_missing_and_the_counts_0() -> None:
    found = profile(make_shop(), NOBODY)
    assert (found.size, found.can_tell) == (0, False)
    gdansk = value(found, "attribute.city", "Gdańsk")
    assert (gdansk.members, gdansk.everybody, gdansk.share, gdansk.lift) == (0, 46, None, None)
    empty = profile(make_workspace("Empty"), NOBODY)
    assert (empty.size, empty.universe, list(empty.values)) == (0, 0, [])


def test_the_past_is_as_it_was() -> None:
    workspace = make_shop()
    upsert(
        workspace,
        *({"external_id": f"c{index}", "attributes": {"city": "Opole"}} for index in range(40)),
        now=NOW,
    )
    now, before = profile(workspace), profile(workspace, as_of=NOW - DAY)
    assert value(now, "attribute.city", "Opole").members == 40
    assert value(before, "attribute.city", "Gdańsk").members == 30
    long_ago = profile(workspace, as_of=NOW - 80 * DAY)
    assert (long_ago.size, long_ago.universe, list(long_ago.values)) == (0, 0, [])


def test_purchases_and_visits_count_each_person_once() -> None:
    workspace = make_shop()
    bought = [
        transaction_item(
            f"c{index}",
            NOW - (1 + again) * DAY,
            lines=[
                line_item("10.00", brand="Nordica", category="Ski boots"),
                line_item("5.00", brand="Nordica", category="Socks"),
            ],
            sales_channel="Store",
        )
        for index in range(50)
        for again in range(2)
    ]
    transactions(workspace, *bought)
    visits(
        workspace,
        *(
            visit_from(channel, f"c{index}", NOW - at * DAY)
            for index in range(60)
            for channel, at in (("email", 9), ("direct", 5), ("organic_search", 2))
        ),
    )
    found = profile(workspace)
    for dimension, label, members, everybody in (
        ("brand", "Nordica", 40, 50),
        ("product_category", "Socks", 40, 50),
        ("sales_channel", "store", 40, 50),
        ("visit_channel", "direct", 40, 60),
        ("first_visit", "e-mail", 40, 60),
        ("last_visit", "search", 40, 60),
    ):
        one = value(found, dimension, label)
        assert (one.members, one.everybody, one.verdict) == (members, everybody, "more"), one
    for each in found.values:
        if each.named.row is not None:
            matching = members_of(workspace, each.named.row)
            assert each.everybody == len(matching), each
            assert each.members == len(matching & members_of(workspace, VIP)), each
    assert not [
        each
        for each in found.values
        if each.named.dimension == "first_visit" and each.named.label != "e-mail"
    ]


def test_statements_do_not_grow_with_the_values() -> None:
    workspace = make_shop()
    segment = make_segment(workspace, VIP)
    with workspace_scope(workspace), CaptureQueriesContext(connection) as asked:
        profile_of(workspace=workspace, segment=segment, as_of=LATER)
    counting = [each for each in asked.captured_queries if "get_bit" in each["sql"]]
    assert len(counting) == len(DIMENSIONS)
    assert len(asked) <= len(DIMENSIONS) + 10


def test_a_broken_segment_says_why() -> None:
    found = profile(make_shop(), {"type": "tags.has", "match": "any", "tags": ["gone"]})
    assert found.broken is not None
    assert found.broken.error


# --- Chance -----------------------------------------------------------------------------------


def test_the_chance_is_that_of_drawing_blindly() -> None:
    """Against the exact sum of the hypergeometric distribution."""
    for everybody, having, drawn in ((20, 7, 8), (60, 30, 10), (50, 3, 40)):
        total = comb(everybody, drawn)
        odds = {
            part: comb(having, part) * comb(everybody - having, drawn - part) / total
            for part in range(max(0, drawn + having - everybody), min(drawn, having) + 1)
        }
        for part in odds:
            expected = drawn * having / everybody
            beyond = sum(
                chance
                for other, chance in odds.items()
                if (other >= part if part > expected else other <= part)
            )
            exact = 1.0 if part == expected else min(1.0, 2 * beyond)
            assert chance_of(
                part, drawn=drawn, having=having, everybody=everybody
            ) == pytest.approx(exact, rel=1e-9)


def test_large_counts_neither_overflow_nor_take_long() -> None:
    assert chance_of(60_000, drawn=100_000, having=500_000, everybody=1_000_000) < 1e-300
    fair = chance_of(50_100, drawn=100_000, having=500_000, everybody=1_000_000)
    assert 0.4 < fair < 0.6
    with pytest.raises(ValueError, match="draw"):
        chance_of(5, drawn=4, having=10, everybody=20)


def test_wilsons_interval_holds_the_share() -> None:
    assert wilson(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert wilson(10, 10)[1] == 1.0
    low, high = wilson(18, 100)
    assert (low, high) == (pytest.approx(0.1170, abs=1e-4), pytest.approx(0.2667, abs=1e-4))
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


# --- Over REST --------------------------------------------------------------------------------


@pytest.fixture
def shop() -> tuple[Program, Segment]:
    workspace = make_shop(now=timezone.now())
    return Program(workspace), make_segment(workspace, VIP, now=timezone.now())


def test_the_profile_over_rest(shop: tuple[Program, Segment]) -> None:
    program, segment = shop
    answer = program.get(f"/api/v1/segments/{segment.pk}/profile/")
    assert (answer["size"], answer["universe"], answer["can_tell"]) == (40, 200, True)
    [city] = [each for each in answer["dimensions"] if each["key"] == "attribute.city"]
    assert [each["everybody"] for each in city["values"]] == [154, 46]
    [gdansk] = [each for each in answer["more"] if each["label"] == "Gdańsk"]
    assert gdansk["row"] == {
        "type": "contacts.text",
        "attribute": "city",
        "operator": "any_of",
        "values": ["Gdańsk"],
    }
    low, high = gdansk["interval"]
    assert low < gdansk["share"] < high
    where = {"all": [{"segment": segment.pk}, gdansk["row"]]}
    assert program.send("post", "/api/v1/segments/evaluate", {"where": where})["size"] == 30


def test_values_need_the_right_to_read_contacts(shop: tuple[Program, Segment]) -> None:
    program, segment = shop
    url = f"/api/v1/segments/{segment.pk}/profile/"
    Program(program.workspace, ["segments:read"]).get(url, 403)
    Program(make_workspace("Other")).get(url, 404)
    problem = program.get(url, 400, as_of=(timezone.now() + DAY).isoformat())
    assert problem["errors"][0]["path"] == "$.as_of"


def test_a_broken_segment_has_no_profile(shop: tuple[Program, Segment]) -> None:
    program, _segment = shop
    broken = make_segment(program.workspace, {"type": "tags.has", "tags": ["gone"]})
    assert program.get(f"/api/v1/segments/{broken.pk}/profile/", 409)["code"] == "broken"
