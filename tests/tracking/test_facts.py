"""Facts are stored once per external id, for ever, and one bad item harms no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ChangeKind, Contact, ContactChange
from tests.makers.tracking import (
    activities,
    activity_item,
    make_activity,
    make_kind,
    make_message,
    make_message_event,
    make_visit,
    visit_item,
    visits,
)
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import Activity, ActivityValue, PageView, SourceCoverage, Visit
from tracking.services import record_marketing_actions, record_message_events
from workspaces.batches import ItemStatus
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def statuses(results: list) -> list[str]:
    return [result.status.value for result in results]


def test_a_visit_is_stored_with_its_pages(shop):
    pages = [
        {"url": "https://shop.example/boots?utm_source=x&size=42", "occurred_at": NOW.isoformat()},
        {
            "url": "https://shop.example/boots/red/",
            "occurred_at": (NOW + HOUR).isoformat(),
            "product": "p1",
        },
    ]
    visit = make_visit(
        shop, "ann", NOW - HOUR, now=NOW + 2 * HOUR, pages=pages, device="Mobile", country="PL"
    )

    with workspace_scope(shop):
        stored = list(PageView.objects.order_by("position").values_list("page", "product_key"))
        assert stored == [("shop.example/boots?size=42", ""), ("shop.example/boots/red", "p1")]
    assert (visit.device, visit.country, visit.pages) == ("mobile", "pl", 2)
    assert visit.ended_at == NOW + HOUR


def test_the_same_visit_twice_is_a_duplicate(shop):
    item = visit_item("ann", NOW - HOUR)

    first, second = visits(shop, item)[0], visits(shop, item)[0]

    assert first.status == ItemStatus.CREATED
    assert (second.status, second.id) == (ItemStatus.DUPLICATE, first.id)
    with workspace_scope(shop):
        assert Visit.objects.count() == 1


def test_the_same_instant_in_another_zone_is_the_same_content(shop):
    item = visit_item("ann", NOW - HOUR)
    again = item | {"occurred_at": "2026-03-15T12:00:00+01:00"}

    assert statuses(visits(shop, item, again)) == ["created", "duplicate"]


def test_the_same_id_with_other_content_is_an_error_and_the_first_wins(shop):
    item = visit_item("ann", NOW - HOUR)

    results = visits(shop, item, item | {"device": "mobile"})
    later = visits(shop, item | {"country": "PL"})

    assert statuses(results + later) == ["created", "error", "error"]
    assert results[1].errors[0].path == "$.external_id"
    assert results[1].errors[0].code == "different_content"
    with workspace_scope(shop):
        assert Visit.objects.get().device == ""


def test_a_repeat_counts_when_its_first_occurrence_is_refused(shop):
    make_kind(shop, "seminar", city="text")
    bad = activity_item("ann", "seminar", NOW - HOUR, parameters={"city": 5})
    good = bad | {"parameters": {"city": "Gdynia"}}

    assert statuses(activities(shop, bad, good, good)) == ["error", "created", "duplicate"]


def test_facts_of_the_future_are_clamped_to_their_receipt_and_flagged(shop):
    item = visit_item("ann", NOW + HOUR)
    visit_id = visits(shop, item)[0].id

    with workspace_scope(shop):
        visit = Visit.objects.get(pk=visit_id)
        assert (visit.occurred_at, visit.is_clamped) == (NOW, True)
        assert Contact.objects.get().known_since == NOW
    # Sent again later, it is the same fact: what was said is compared, not what was stored.
    assert statuses(visits(shop, item, now=NOW + timedelta(days=1))) == ["duplicate"]


def test_a_batch_of_1000_with_37_bad_stores_963_and_names_the_paths(shop):
    bad = {}
    items = []
    for index in range(1000):
        item = visit_item(f"c{index % 50}", NOW - HOUR)
        if index % 27 == 5:
            kind = len(bad) % 5
            if kind == 0:
                item["occurred_at"], bad[index] = "2026-01-01T00:00:00", "$.occurred_at"
            elif kind == 1:
                item["contact"], bad[index] = {}, "$.contact"
            elif kind == 2:
                item["pages"] = [{"url": "x", "occurred_at": "soon"}]
                bad[index] = "$.pages[0].occurred_at"
            elif kind == 3:
                item["colour"], bad[index] = "red", "$.colour"
            else:
                item["url"], bad[index] = "https://shop.example/\x00", "$.url"
        items.append(item)
    assert len(bad) == 37

    results = visits(shop, *items)

    assert [result.index for result in results] == list(range(1000))
    assert {r.index: r.errors[0].path for r in results if r.is_error} == bad
    with workspace_scope(shop):
        assert Visit.objects.count() == 963


def test_unknown_kinds_and_parameters_are_errors_unless_they_are_defined(shop):
    item = activity_item("ann", "seminar", NOW - HOUR, parameters={"city": "Gdynia", "seats": 2})

    refused = activities(shop, item)[0]
    make_kind(shop, "seminar", city="text")
    halfway = activities(shop, item)[0]
    defined = activities(shop, item, define=True)[0]

    assert [error.path for error in refused.errors] == ["$.kind"]
    assert [error.path for error in halfway.errors] == ["$.parameters.seats"]
    assert defined.status == ItemStatus.CREATED
    with workspace_scope(shop):
        values = ActivityValue.objects.order_by("parameter__key")
        assert [(value.text, value.number) for value in values] == [("Gdynia", None), (None, 2.0)]


def test_refused_facts_leave_no_contact_behind(shop):
    activities(shop, activity_item("stranger", "unknown_kind", NOW - HOUR))

    with workspace_scope(shop):
        assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("type_name", "value", "is_right"),
    [
        ("text", "Łódź", True),
        ("text", 5, False),
        ("number", 5, True),
        ("number", 2.5, True),
        ("number", 10**400, False),
        ("number", float("nan"), False),
        ("number", True, False),
        ("boolean", True, True),
        ("boolean", 1, False),
        ("date", "2026-02-28", True),
        ("date", "2026-02-30", False),
    ],
)
def test_parameters_are_of_their_type(shop, type_name, value, is_right):
    make_kind(shop, "seminar", field=type_name)

    [result] = activities(
        shop, activity_item("ann", "seminar", NOW - HOUR, parameters={"field": value})
    )

    assert result.is_error is not is_right


def test_the_order_of_parameters_is_not_content(shop):
    item = activity_item("ann", "seminar", NOW - HOUR, parameters={"a": 1, "b": 2})
    turned = item | {"parameters": {"b": 2, "a": 1}}

    assert statuses(activities(shop, item, turned, define=True)) == ["created", "duplicate"]


def test_every_workspace_starts_with_the_built_in_kinds(shop):
    make_activity(shop, "ann", "link_clicked", NOW - HOUR, url="https://x.example", medium="sms")
    make_activity(shop, "ann", "form_submitted", NOW - HOUR, form="newsletter")

    with workspace_scope(shop):
        assert Activity.objects.filter(kind__is_builtin=True).count() == 2


def test_events_of_messages_inherit_contact_channel_and_campaign(shop):
    message = make_message(shop, "ann", NOW - HOUR, campaign="spring")
    event = make_message_event(shop, message, "opened", NOW, is_machine=True)
    [unknown] = record_message_events(
        workspace=shop,
        items=[
            {
                "external_id": "e",
                "message": "nope",
                "kind": "opened",
                "occurred_at": NOW.isoformat(),
            }
        ],
        now=NOW,
        source="api",
    )

    assert (event.contact_id, event.channel) == (message.contact_id, "email")
    assert (event.campaign_key, event.is_machine) == ("spring", True)
    assert unknown.errors[0].path == "$.message"


def test_marketing_actions_are_stored_once(shop):
    item = {
        "external_id": "a1",
        "contact": {"external_id": "ann"},
        "kind": "import",
        "object": "list 5",
        "occurred_at": NOW.isoformat(),
    }
    results = record_marketing_actions(workspace=shop, items=[item, item], now=NOW, source="api")

    assert statuses(results) == ["created", "duplicate"]


def test_coverage_is_the_earliest_fact_of_each_source(shop):
    make_visit(shop, "ann", NOW - 3 * HOUR)
    make_visit(shop, "ann", NOW - 5 * HOUR)
    make_visit(shop, "ann", NOW - 1 * HOUR)
    make_activity(shop, "ann", "seminar", NOW - 2 * HOUR)
    make_message(shop, "ann", NOW - 4 * HOUR, channel="sms")

    with workspace_scope(shop):
        assert dict(SourceCoverage.objects.values_list("source", "recorded_since")) == {
            "visits": NOW - 5 * HOUR,
            "activities.seminar": NOW - 2 * HOUR,
            "messages.sms": NOW - 4 * HOUR,
        }


def test_facts_are_logged_as_changes_of_their_contacts_and_repeats_are_not(shop):
    item = visit_item("ann", NOW - HOUR)
    visits(shop, item)
    with workspace_scope(shop):
        before = ContactChange.objects.filter(kind=ChangeKind.VISIT).count()
    visits(shop, item)

    with workspace_scope(shop):
        assert before == 1
        assert ContactChange.objects.filter(kind=ChangeKind.VISIT).count() == 1


def test_workspaces_do_not_share_external_ids(shop):
    other = make_workspace("Other")
    item = visit_item("ann", NOW - HOUR)

    assert statuses(visits(shop, item) + visits(other, item)) == ["created", "created"]


def test_whoever_comes_back_from_paying_came_from_where_they_came_first(shop):
    first = make_visit(shop, "ann", NOW - HOUR, url="https://shop.example/?gclid=1", duration=600)
    back = make_visit(
        shop, "ann", NOW - HOUR + timedelta(minutes=25), referrer="https://secure.payu.com/pay"
    )
    lost = make_visit(shop, "bob", NOW - HOUR, referrer="https://secure.payu.com/pay")

    assert (first.channel, back.channel, back.is_paid) == ("paid_search", "paid_search", True)
    assert lost.channel == "other"  # unknown is never direct
