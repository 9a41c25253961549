"""Why one contact is in or out: facts, numbers, pins, and what would flip it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact
from segments.criteria.tree import InvalidTree
from segments.explain.parts import Explanation, Reason
from segments.models import Segment
from segments.services.explaining import explain_segment, explain_where
from tests.makers.contacts import make_contact
from tests.makers.segments import make_names, make_segment
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_key, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
VIP = {"type": "tags.has", "tags": ["vip"]}
LETTER = {"type": "tags.has", "tags": ["newsletter"]}
SPENT = {
    "type": "transactions.amount_spent",
    "operator": "at_least",
    "amount": "300.00",
    "window": {"last": 30, "unit": "days"},
}
VISITED = {"type": "visits.visited", "number": 3, "window": {"last": 30, "unit": "days"}}


@pytest.fixture
def workspace() -> Any:
    workspace = make_workspace(now=NOW - 400 * DAY)
    make_names(workspace)
    with workspace_scope(workspace):
        yield workspace


@pytest.fixture
def anna(workspace: Workspace) -> Contact:
    """Tagged vip; spent 120.00 in the last 30 days and 500.00 before; visited twice of late."""
    contact = make_contact(
        workspace,
        "anna",
        now=NOW - 300 * DAY,
        attributes={"first_name": "Anna", "city": "Sopot"},
        tags={"add": ["vip"]},
    )
    make_transaction(workspace, contact, NOW - 60 * DAY, "500.00", external_id="T-1")
    make_transaction(workspace, contact, NOW - 20 * DAY, "70.00", external_id="T-2")
    make_transaction(workspace, contact, NOW - 10 * DAY, "50.00", external_id="T-3")
    for days in (26, 4):
        make_visit(workspace, contact, NOW - days * DAY)
    return contact


def explain(
    workspace: Workspace, contact: Contact, where: Any, *, as_of: datetime = NOW, **more: Any
) -> Explanation:
    return explain_where(
        workspace=workspace, where=where, contact=contact, as_of=as_of, now=NOW, **more
    )


def row(found: Explanation, number: int = 0) -> Reason:
    assert found.reason is not None
    return list(found.reason.rows())[number]


def test_the_number_stands_beside_its_threshold_with_the_facts(
    workspace: Workspace, anna: Contact
) -> None:
    found = explain(workspace, anna, SPENT)
    assert not found.is_member
    spent = row(found)
    assert not spent.holds
    assert spent.figure is not None
    assert (spent.figure.value, spent.figure.threshold) == (Decimal(120), Decimal(300))
    assert spent.figure.missing == Decimal(180)
    assert spent.figure.said == "EUR\xa0120.00; asked for: at least EUR\xa0300.00"
    assert spent.change == "EUR\xa0180.00 more in the last 30 days"
    assert (spent.since, spent.until) == (NOW - 30 * DAY, NOW)
    assert [fact.at for fact in spent.facts] == [NOW - 10 * DAY, NOW - 20 * DAY]
    assert "T-3" in spent.facts[0].text
    assert spent.facts[0].url.startswith(f"/w/{workspace.pk}/transactions/")
    assert [fact.at for fact in spent.nearby] == [NOW - 60 * DAY]


def test_a_count_says_how_many_are_missing_and_when_too_few_are_left(
    workspace: Workspace, anna: Contact
) -> None:
    lacking = row(explain(workspace, anna, VISITED))
    assert lacking.change == "1 visit more in the last 30 days"
    assert lacking.turns_at is None
    enough = row(explain(workspace, anna, VISITED | {"number": 2}))
    assert enough.holds
    assert enough.number_of_facts == 2
    assert enough.turns_at is not None  # the older visit leaves the window
    assert timedelta(0) <= enough.turns_at - (NOW + 4 * DAY) <= timedelta(seconds=2)


def test_nothing_turns_by_itself_as_of_a_past_day(workspace: Workspace, anna: Contact) -> None:
    then = row(explain(workspace, anna, VISITED | {"number": 1}, as_of=NOW - DAY))
    assert then.holds
    assert then.turns_at is None


def test_a_date_turns_when_its_day_comes(workspace: Workspace) -> None:
    contact = make_contact(workspace, now=NOW - DAY, attributes={"contract_end": "2026-03-25"})
    ending = {
        "type": "contacts.date",
        "attribute": "contract_end",
        "window": {"next": 7, "unit": "days"},
    }
    found = row(explain(workspace, contact, ending))
    assert not found.holds
    assert found.turns_at is not None
    midnight = datetime(2026, 3, 18, 23, tzinfo=UTC)  # in Warsaw: the 19th begins
    assert abs(found.turns_at - midnight) <= timedelta(seconds=1)
    assert "25" in found.facts[0].text


def test_groups_and_negations_nest_like_the_tree_without_disabled_rows(
    workspace: Workspace, anna: Contact
) -> None:
    where = {"all": [VISITED | {"disabled": True}, {"not": {"any": [VIP, LETTER]}}, SPENT]}
    found = explain(workspace, anna, where)
    root = found.reason
    assert root is not None
    assert [(child.kind, child.path) for child in root.children] == [
        ("not", "$.where.all[1]"),
        ("row", "$.where.all[2]"),
    ]
    group = root.children[0].children[0]
    assert (group.kind, group.wanted, group.holds) == ("any", False, True)
    assert [(each.holds, each.wanted, each.fits) for each in group.children] == [
        (True, False, False),
        (False, False, True),
    ]
    assert sorted(each.path for each in found.flips) == [
        "$.where.all[1].not.any[0]",
        "$.where.all[2]",
    ]
    assert found.sentence == "Anna is not among these people, because 2 of 3 rows fail."


def test_a_named_segment_is_opened_and_its_pin_decides(workspace: Workspace, anna: Contact) -> None:
    inner = make_segment(workspace, VIP, name="VIPs", pinned_out=[anna], pinned_at=NOW - DAY)
    found = explain(workspace, anna, {"all": [{"segment": inner.pk}, VIP]})
    assert not found.is_member
    segment = found.reason.children[0]  # type: ignore[union-attr]
    assert (segment.kind, segment.holds) == ("segment", False)
    assert [(each.kind, each.holds, each.fits) for each in segment.children] == [
        ("pin", True, False),
        ("row", True, True),
    ]
    assert [each.path for each in found.flips] == ["$.where.all[0].pin"]
    earlier = explain(workspace, anna, {"segment": inner.pk}, as_of=NOW - 2 * DAY)
    assert earlier.is_member


def test_the_segments_own_pin_wins_over_its_tree(workspace: Workspace, anna: Contact) -> None:
    segment = make_segment(workspace, LETTER, name="Letters", pinned_in=[anna], now=NOW - DAY)
    found = explain_segment(segment=segment, workspace=workspace, contact=anna, as_of=NOW, now=NOW)
    assert found.is_member
    assert found.pin is not None
    assert found.sentence == "Anna is in “Letters”, because somebody put them in by hand."
    assert [each.kind for each in found.flips] == ["pin"]


def test_a_contact_that_was_not_known_yet_is_out_without_reasons(
    workspace: Workspace, anna: Contact
) -> None:
    found = explain(workspace, anna, {"not": VIP}, as_of=NOW - 390 * DAY)
    assert (found.is_known, found.is_member, found.reason) == (False, False, None)


def test_where_there_is_no_fitting_fact_the_newest_of_the_kind_are_told(
    workspace: Workspace, anna: Contact
) -> None:
    found = row(explain(workspace, anna, LETTER))
    assert not found.facts
    assert ["vip" in fact.text for fact in found.nearby] == [True]


def test_an_invalid_tree_is_refused(workspace: Workspace, anna: Contact) -> None:
    with pytest.raises(InvalidTree):
        explain(workspace, anna, {"all": []})


def test_more_rows_of_the_same_kinds_cost_no_more_statements(
    workspace: Workspace, anna: Contact
) -> None:
    few = {"all": [VIP, LETTER, SPENT, VISITED | {"number": 1}]}
    many = {
        "any": [
            few,
            {"all": [LETTER, {"not": VIP}, SPENT | {"amount": "50.00"}, VISITED]},
            *(SPENT | {"window": {"last": days, "unit": "days"}} for days in range(40, 46)),
        ]
    }
    numbers = []
    for where in (few, many):
        with CaptureQueriesContext(connection) as captured:
            explain(workspace, anna, where)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
    assert numbers[0] <= STATEMENTS


# Parsing and looking up one kind of name, whether the statistics are settled, evaluating, facts,
# those of the kind, what flips by itself, and one for each of the three tables told of.
STATEMENTS = 10


# --- Over REST ------------------------------------------------------------------------------------


def client_of(workspace: Workspace, scopes: list[str] | None = None) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_key(workspace, scopes)[1]}"})


@pytest.fixture
def shop() -> tuple[Workspace, Segment, Contact]:
    now = timezone.now()
    workspace = make_workspace(now=now - 90 * DAY)
    contact = make_contact(workspace, "c-1", now=now - 30 * DAY, tags={"add": ["vip"]})
    segment = make_segment(workspace, {"all": [VIP, VISITED]}, name="Loyal", now=now - DAY)
    return workspace, segment, contact


def test_rest_explains_a_segment_by_either_id_and_as_of(
    shop: tuple[Workspace, Segment, Contact],
) -> None:
    workspace, segment, contact = shop
    client = client_of(workspace)
    url = f"/api/v1/segments/{segment.pk}/explain/"
    found = client.get(url, {"contact": contact.pk}).json()
    assert (found["member"], found["known"]) == (False, True)
    rows = found["why"]["children"]
    assert [each["holds"] for each in rows] == [True, False]
    assert rows[1]["number"]["missing"] == "3"
    assert rows[0]["evidence"][0]["kind"] == "contacttag"
    assert [each["path"] for each in found["change"]["rows"]] == ["$.where.all[1]"]
    same = client.get(url, {"external_id": "c-1"}).json()
    assert same["why"] == found["why"] | {
        "children": [
            each | {"from": new["from"], "until": new["until"]}
            for each, new in zip(rows, same["why"]["children"], strict=True)
        ]
    }
    past = (timezone.now() - 60 * DAY).isoformat()
    before = client.get(url, {"contact": contact.pk, "as_of": past}).json()
    assert (before["known"], before["why"]) == (False, None)


def test_rest_explains_a_tree_that_is_not_saved(shop: tuple[Workspace, Segment, Contact]) -> None:
    workspace, _segment, contact = shop
    body = {"where": {"not": VIP}, "contact": contact.pk}
    answer = client_of(workspace).post(
        "/api/v1/segments/explain/", json.dumps(body), "application/json"
    )
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert not found["member"]
    assert found["why"]["kind"] == "not"
    assert found["why"]["children"][0]["wanted"] is False


def test_rest_says_what_is_wrong(shop: tuple[Workspace, Segment, Contact]) -> None:
    workspace, segment, contact = shop
    client = client_of(workspace)
    url = f"/api/v1/segments/{segment.pk}/explain/"
    ahead = (timezone.now() + DAY).isoformat()
    assert client.get(url).status_code == 400
    assert client.get(url, {"contact": contact.pk, "external_id": "c-1"}).status_code == 400
    assert client.get(url, {"contact": contact.pk, "as_of": ahead}).status_code == 400
    assert client.get(url, {"contact": contact.pk + 1}).status_code == 404
    body = {"where": {"all": []}, "contact": contact.pk}
    answer = client.post("/api/v1/segments/explain/", json.dumps(body), "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "$.where.all")
    with workspace_scope(workspace):
        gone = {"version": 1, "where": {"type": "tags.has", "tags": ["gone"]}}
        Segment.objects.filter(pk=segment.pk, workspace=workspace).update(definition=gone)
    broken = client.get(url, {"contact": contact.pk})
    assert broken.status_code == 409
    assert "gone" in broken.json()["detail"]


def test_rest_needs_the_right_to_read_contacts(shop: tuple[Workspace, Segment, Contact]) -> None:
    workspace, segment, contact = shop
    client = client_of(workspace, ["segments:read"])
    url = f"/api/v1/segments/{segment.pk}/explain/"
    assert client.get(url, {"contact": contact.pk}).status_code == 403
    body = {"where": VIP, "contact": contact.pk}
    answer = client.post("/api/v1/segments/explain/", json.dumps(body), "application/json")
    assert answer.status_code == 403
