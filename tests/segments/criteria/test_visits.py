"""Visits by source, page views and clicks: everything in a row binds to one visit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from segments.criteria import visits
from tests.makers.contacts import days_ago, make_contact
from tests.makers.once import made_once
from tests.makers.segments import (
    all_examples,
    check_example,
    errors_of,
    evaluate,
    make_names,
    names,
    warnings,
)
from tests.makers.tracking import make_activity, make_visit
from tests.makers.transactions import make_product
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@made_once
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(visits))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    check_example(workspace, where)


def visited(*where: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "visits.visited", "where": list(where), **more}


def from_source(*words: str) -> dict[str, Any]:
    return {"field": "source", "operator": "any_of", "values": list(words)}


def test_conditions_bind_to_the_same_visit(workspace: Workspace) -> None:
    """Semantics 10: an ad on one visit and a phone on another are not an ad on a phone."""
    make_visit(workspace, "split", days_ago(2), channel="paid_search", device="desktop")
    make_visit(workspace, "split", days_ago(1), channel="direct", device="mobile")
    make_visit(workspace, "same", days_ago(1), channel="paid_search", device="mobile")
    mobile = {"field": "device", "operator": "any_of", "values": ["Mobile"]}
    assert names(workspace, visited(from_source("ad"), mobile)) == {"same"}
    apart = {"all": [visited(from_source("ad")), visited(mobile)]}
    assert names(workspace, apart) == {"same", "split"}


def test_the_six_words_of_a_marketer(workspace: Workspace) -> None:
    """Semantics 16: ad is any paid channel; search is the unpaid one; UTM stands beside."""
    for name, channel in {
        "ad": "paid_social",
        "search": "organic_search",
        "email": "email",
        "referral": "referral",
        "direct": "direct",
        "other": "other",
    }.items():
        make_visit(workspace, name, days_ago(1), channel=channel)
    campaign = {"channel": "email", "utm": {"campaign": "Spring"}}
    make_visit(workspace, "utm", days_ago(1), source=campaign)
    for word in ("ad", "search", "referral", "direct"):
        assert names(workspace, visited(from_source(word))) == {word}
    assert names(workspace, visited(from_source("email"))) == {"email", "utm"}
    assert names(workspace, visited(from_source("utm"))) == {"utm"}
    assert names(workspace, visited({"field": "has_utm", "value": True})) == {"utm"}
    # Unknown is never direct.
    assert names(workspace, visited(from_source("ad", "direct"))) == {"ad", "direct"}


def test_zero_counts_include_contacts_without_any_visit(workspace: Workspace) -> None:
    """Semantics 8: an inner join on visits would lose whoever never came."""
    make_contact(workspace, "never")
    make_visit(workspace, "once", days_ago(1))
    for days in (1, 2, 3):
        make_visit(workspace, "often", days_ago(days))

    def counted(operator: str, number: int, **more: Any) -> set[str]:
        return names(workspace, visited(operator=operator, number=number, **more))

    assert counted("exactly", 0) == {"never"}
    assert counted("less_than", 2) == {"never", "once"}
    assert counted("at_most", 1) == {"never", "once"}
    assert counted("not_exactly", 1) == {"never", "often"}
    assert counted("between", 0, upper=1) == {"never", "once"}
    assert counted("between", 1, upper=3) == {"once", "often"}
    assert counted("at_least", 0) == {"never", "once", "often"}
    assert counted("more_than", 0) == {"once", "often"}
    assert counted("at_least", 2) == {"often"}
    assert counted("less_than", 0) == set()
    evaluation = evaluate(workspace, visited(operator="at_most", number=1))
    assert (evaluation.size, evaluation.nodes[0].only_by_absence) == (2, 1)


def test_a_fact_at_the_instant_doesnt_count_yet(workspace: Workspace) -> None:
    """Semantics 1: occurred before the instant, and windows are half-open."""
    make_visit(workspace, "a", days_ago(7))
    window = {"last": 7, "unit": "days"}
    assert names(workspace, visited(window=window), as_of=days_ago(7)) == set()
    assert names(workspace, visited(window=window), as_of=days_ago(6)) == {"a"}
    assert names(workspace, visited(window=window), as_of=NOW) == {"a"}
    assert names(workspace, visited(window=window), as_of=NOW + SECOND) == set()


def test_a_window_in_the_contacts_own_zone(workspace: Workspace) -> None:
    """Semantics 4: the same minute is another day elsewhere."""
    at = NOW.replace(hour=3)  # 22:00 of the 14th in New York, 04:00 of the 15th in Warsaw
    make_contact(workspace, "new-york", time_zone="America/New_York")
    make_contact(workspace, "warsaw")
    make_visit(workspace, "new-york", at)
    make_visit(workspace, "warsaw", at)
    today = {"calendar": "today"}
    assert names(workspace, visited(window=today)) == {"new-york", "warsaw"}
    assert names(workspace, visited(window={**today, "zone": "contact"})) == {"warsaw"}


def test_since_starts_from_the_contacts_own_last_activity(workspace: Workspace) -> None:
    make_activity(workspace, "came-back", "ticket_bought", days_ago(10), price=1)
    make_activity(workspace, "gone", "ticket_bought", days_ago(2), price=1)
    make_visit(workspace, "came-back", days_ago(5))
    make_visit(workspace, "gone", days_ago(5))
    make_visit(workspace, "no-ticket", days_ago(5))
    since = visited(window={"since": {"activity": "ticket_bought"}})
    assert names(workspace, since) == {"came-back"}


def test_unknown_durations_pass_no_comparison(workspace: Workspace) -> None:
    make_visit(workspace, "short", days_ago(1), duration=5)
    make_visit(workspace, "unknown", days_ago(1))
    short = {"field": "duration", "operator": "less_than", "value": 60}
    assert names(workspace, visited(short)) == {"short"}


def test_negative_conditions_include_visits_without_the_field(workspace: Workspace) -> None:
    make_visit(workspace, "pl", days_ago(1), country="PL")
    make_visit(workspace, "de", days_ago(1), country="DE")
    make_visit(workspace, "unknown", days_ago(1))
    make_contact(workspace, "no-visit")
    elsewhere = {"field": "country", "operator": "none_of", "values": ["de"]}
    assert names(workspace, visited(elsewhere)) == {"pl", "unknown"}


def page(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "occurred_at": days_ago(1).isoformat(), **more}


def test_pages_are_found_by_address_and_by_product(workspace: Workspace) -> None:
    make_product(workspace, "boots", name="Winter boots")
    shoes = page("https://www.shop.example/shoes/?utm_source=x", product="boots")
    make_visit(workspace, "twice", days_ago(1), pages=[shoes, shoes], channel="email")
    make_visit(workspace, "once", days_ago(1), pages=[shoes], channel="direct")
    make_visit(workspace, "other", days_ago(1), pages=[page("https://shop.example/sale")])

    def viewed(condition: dict[str, Any], **more: Any) -> set[str]:
        return names(workspace, {"type": "visits.viewed_page", "where": [condition], **more})

    contains = {"field": "page", "operator": "contains", "values": ["/shoes"]}
    assert viewed(contains) == {"twice", "once"}
    assert viewed(contains, operator="at_least", number=2) == {"twice"}
    copied = ["https://shop.example/shoes?utm_campaign=y"]
    assert viewed({"field": "page", "operator": "any_of", "values": copied}) == {"twice", "once"}
    for named in ("boots", "winter BOOTS"):
        product = {"field": "product", "operator": "any_of", "values": [named]}
        assert viewed(product) == {"twice", "once"}
    by_email = [{"field": "channel", "operator": "any_of", "values": ["email"]}]
    assert viewed(contains, visit=by_email) == {"twice"}
    assert viewed({**contains, "operator": "not_contains"}) == {"other"}


def test_clicks_on_links_outside_email(workspace: Workspace) -> None:
    url = "https://shop.example/catalogue.pdf"
    make_activity(workspace, "qr", "link_clicked", days_ago(1), url=url, medium="qr")
    make_activity(workspace, "sms", "link_clicked", days_ago(1), url=url, medium="sms")
    clicked = {"type": "visits.clicked_link"}
    where = [
        {"field": "url", "operator": "ends_with", "values": [".pdf"]},
        {"field": "medium", "operator": "any_of", "values": ["QR"]},
    ]
    assert names(workspace, clicked) == {"qr", "sms"}
    assert names(workspace, {**clicked, "where": where}) == {"qr"}


def test_a_negative_row_that_looks_back_too_far_is_told(workspace: Workspace) -> None:
    """Semantics 15: three days after the tracker came, "no visit in 30 days" is everybody."""
    make_contact(workspace, "long-known", observed_at=days_ago(400))
    make_visit(workspace, "fresh", days_ago(3))

    def codes(where: dict[str, Any]) -> list[str]:
        found = warnings(workspace, where)
        return [each.code for each in found if each.code in ("coverage", "never_recorded")]

    quiet = visited(operator="exactly", number=0, window={"last": 30, "unit": "days"})
    assert codes(quiet) == ["coverage"]
    assert codes({"not": visited(window={"last": 30, "unit": "days"})}) == ["coverage"]
    assert codes({**quiet, "window": {"last": 2, "unit": "days"}}) == []
    assert codes({**quiet, "window": "ever"}) == ["coverage"]
    # Positive rows only miss people; nobody is in by mistake.
    assert codes(visited(window={"last": 30, "unit": "days"})) == []
    assert codes({"not": quiet}) == []
    no_ticket = {"not": {"type": "activities.did", "kind": "ticket_bought"}}
    assert codes(no_ticket) == ["never_recorded"]


def test_rows_that_match_nobody_are_told(workspace: Workspace) -> None:
    make_contact(workspace, "a", tags={"add": ["vip"]})
    where = {"any": [{"type": "tags.has", "tags": ["vip"]}, visited(from_source("ad"))]}
    told = [(each.path, each.code) for each in warnings(workspace, where)]
    assert told == [("$.where.any[1]", "matches_nobody")]


@pytest.mark.parametrize(
    ("where", "path", "code"),
    [
        (visited({"field": "colour", "value": 1}), "$.where.where[0]", "invalid"),
        (visited({"field": "channel", "values": ["tv"]}), "$.where.where[0].values[0]", "invalid"),
        (visited(operator="between", number=1), "$.where.upper", "invalid"),
        (visited(operator="between", number=3, upper=2), "$.where.upper", "invalid"),
        (visited(number=-1), "$.where.number", "invalid"),
        (visited(number=1.5), "$.where.number", "invalid"),
        (visited(window={"next": 1, "unit": "days"}), "$.where.window", "invalid"),
        (
            visited(window={"since": {"activity": "unknown"}}),
            "$.where.window.since.activity",
            "not_found",
        ),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_with_its_path(
    workspace: Workspace, where: dict[str, Any], path: str, code: str
) -> None:
    assert (path, code) in {(error.path, error.code) for error in errors_of(workspace, where)}
