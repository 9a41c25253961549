"""Visits, pages, activities, engagement and habits."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests.laws.oracle.asking import Asked, answers
from tests.laws.oracle.compare import NEGATIVE, fold, number_passes, text_passes
from tests.laws.oracle.facts import Facts, Row
from tests.laws.oracle.people import Leaf, counts
from tests.laws.oracle.times import ago, days_of, inside

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
NUMBERS = {"duration": "duration", "pages": "pages"}
WORDS = {
    "search": "organic_search",
    "email": "email",
    "referral": "referral",
    "direct": "direct",
}


def has_utm(visit: Row) -> bool:
    return any(getattr(visit, column) for column in UTM)


def is_from(visit: Row, word: str) -> bool:
    """A marketer's word for a source (semantics 16)."""
    if word == "ad":
        return bool(visit.is_paid)
    return has_utm(visit) if word == "utm" else visit.channel == WORDS[word]


def visit_passes(visit: Row, condition: dict[str, Any]) -> bool:
    field = condition["field"]
    operator = condition.get("operator", "any_of")
    if field in ("source", "channel"):
        words = condition["values"]
        one = any(
            is_from(visit, word) if field == "source" else visit.channel == word for word in words
        )
        return one == (operator == "any_of")
    if field in ("is_paid", "has_utm"):
        held = has_utm(visit) if field == "has_utm" else visit.is_paid
        return bool(held == condition.get("value", True))
    if field in NUMBERS:
        number = getattr(visit, NUMBERS[field])
        return number_passes(number, operator, condition["value"], condition.get("upper"))
    return text_passes(getattr(visit, field), operator, condition.get("values", []))


@answers("visits.visited")
def visited(ask: Asked, leaf: Leaf) -> bool:
    found = [
        visit
        for visit in ask.happened("visits")
        if all(visit_passes(visit, condition) for condition in leaf.get("where", []))
    ]
    return counts(leaf, len(ask.within(found, leaf.get("window", "ever"))))


def page_passes(facts: Facts, view: Row, condition: dict[str, Any]) -> bool:
    operator = condition.get("operator", "any_of")
    if condition["field"] == "page":
        return text_passes(view.page, operator, condition.get("values", []))
    named = {
        product.external_id for key in condition["values"] for product in products_named(facts, key)
    }
    return (view.product_key in named) == (operator == "any_of")


def products_named(facts: Facts, key: str) -> list[Row]:
    """By the shop's id, else by name."""
    by_id = [product for product in facts.products if product.external_id == key]
    return by_id or [p for p in facts.products if fold(p.name) == fold(key)]


@answers("visits.viewed_page")
def viewed_page(ask: Asked, leaf: Leaf) -> bool:
    found = [
        view
        for view in ask.happened("page_views")
        if all(page_passes(ask.facts, view, each) for each in leaf.get("where", []))
        and ask.facts.visits[view.visit_id].occurred_at < ask.as_of
        and all(
            visit_passes(ask.facts.visits[view.visit_id], each) for each in leaf.get("visit", [])
        )
    ]
    return counts(leaf, len(ask.within(found, leaf.get("window", "ever"))))


def parameter_passes(ask: Asked, activity: Row, condition: dict[str, Any]) -> bool:
    """Each on the same activity; a negative one includes activities without the parameter."""
    value = activity.values.get(condition.get("parameter", condition["field"]))
    operator = condition.get("operator", "is" if condition["field"] == "date" else "any_of")
    match condition["field"]:
        case "number":
            number = None if value is None else value.number
            return number_passes(number, operator, condition["value"], condition.get("upper"))
        case "boolean":
            return value is not None and bool(value.number) == condition.get("value", True)
        case "date":
            passes = value is not None and (
                condition.get("window", "ever") == "ever"
                or inside(value.date, days_of(condition["window"], ask.place))
            )
            return passes != (operator in NEGATIVE)
    return text_passes(value and value.text, operator, condition.get("values", []))


def activities(ask: Asked, kind: str) -> list[Row]:
    return [row for row in ask.happened("activities") if row.kind == kind]


@answers("activities.did")
def did(ask: Asked, leaf: Leaf) -> bool:
    found = [
        row
        for row in activities(ask, leaf.get("kind", "link_clicked"))
        if all(parameter_passes(ask, row, each) for each in leaf.get("where", []))
    ]
    return counts(leaf, len(ask.within(found, leaf.get("window", "ever"))))


answers("visits.clicked_link")(did)


# --- Engagement ----------------------------------------------------------------------------------

CHANNELS = ("visits", "opens", "clicks", "push_clicks", "forms", "purchases", "activities")


def signs(ask: Asked, channel: str) -> list[Row]:
    """Semantics 22: never machines, never kinds that aren't interest."""
    by_people = [row for row in ask.happened("message_events") if not row.is_machine]
    clicks = [row for row in by_people if row.kind == "clicked"]
    match channel:
        case "visits":
            return ask.happened("visits")
        case "opens":
            return [row for row in by_people if row.kind == "opened"]
        case "clicks":
            return [row for row in clicks if row.channel != "push"]
        case "push_clicks":
            return [row for row in clicks if row.channel == "push"]
        case "forms":
            return activities(ask, "form_submitted")
        case "purchases":
            return ask.purchases({})
    return [
        row
        for row in ask.happened("activities")
        if row.kind != "form_submitted" and ask.facts.kinds[row.kind_id].is_engagement
    ]


@answers("engagement.engaged")
def engaged(ask: Asked, leaf: Leaf) -> bool:
    found = [row for channel in leaf.get("channels", CHANNELS) for row in signs(ask, channel)]
    return counts(leaf, len(ask.within(found, leaf.get("window", "ever"))))


@answers("contacts.last_seen")
def last_seen(ask: Asked, leaf: Leaf) -> bool:
    seen = [row.occurred_at for channel in CHANNELS for row in signs(ask, channel)]
    match leaf.get("operator", "in"):
        case "ever":
            return bool(seen)
        case "never":
            return not seen
        case "in":
            return bool(seen) and ask.in_window(max(seen), leaf["window"])
    return not (bool(seen) and ask.in_window(max(seen), leaf["window"]))


# --- Messages ------------------------------------------------------------------------------------


def events(ask: Asked, leaf: Leaf, *kinds: str) -> list[Row]:
    """What happened to messages of the channel; machines' doings only where they are asked for."""
    return [
        row
        for row in ask.happened("message_events")
        if row.kind in kinds
        and row.channel == leaf.get("channel", "email")
        and (leaf.get("also_machines") or not row.is_machine)
    ]


def sent(ask: Asked, leaf: Leaf) -> list[Row]:
    return [
        row
        for row in ask.rows("messages")
        if row.sent_at < ask.as_of
        and row.channel == leaf.get("channel", "email")
        and row.campaign_key in leaf.get("campaigns", [row.campaign_key])
    ]


def link_passes(row: Row, leaf: Leaf) -> bool:
    if "links" not in leaf:
        return True
    operator = leaf.get("link_operator", "any_of")
    links = leaf["links"]
    if operator in ("any_of", "starts_with"):
        links = [fold(link)[:128] for link in links]  # no more is kept of a click
    return text_passes(row.link, operator, links)


@answers("messages.happened")
def happened(ask: Asked, leaf: Leaf) -> bool:
    window = leaf.get("window", "ever")
    if leaf["kind"] == "sent":
        return counts(leaf, len(ask.within(sent(ask, leaf), window, "sent_at")))
    found = [
        row
        for row in events(ask, leaf, leaf["kind"])
        if row.campaign_key in leaf.get("campaigns", [row.campaign_key]) and link_passes(row, leaf)
    ]
    return counts(leaf, len({row.message_id for row in ask.within(found, window)}))


@answers("messages.last_unanswered")
def last_unanswered(ask: Asked, leaf: Leaf) -> bool:
    number = leaf.get("number", 5)
    last = sorted(sent(ask, leaf), key=lambda row: (row.sent_at, row.id))[-number:]
    kinds = ("clicked",) if leaf.get("kind") == "clicked" else ("opened", "clicked")
    answered = {row.message_id for row in events(ask, leaf, *kinds)}
    return len(last) == number and not any(row.id in answered for row in last)


# --- Habits --------------------------------------------------------------------------------------


def subject_of(ask: Asked, leaf: Leaf) -> list[Row]:
    match leaf["subject"]:
        case "visit":
            return ask.happened("visits")
        case "page_view":
            return ask.happened("page_views")
        case "purchase":
            return ask.purchases({})
    return activities(ask, leaf["kind"])


@answers("activities.lifecycle")
def lifecycle(ask: Asked, leaf: Leaf) -> bool:
    times = sorted(row.occurred_at for row in subject_of(ask, leaf))
    window = leaf.get("window")
    match leaf["stage"]:
        case "first_time":
            return bool(times) and ask.in_window(times[0], window)
        case "stopped":
            start, _end = ask.span(window)
            did_before = any(at < start for at in times)
            return did_before and not any(ask.in_window(at, window) for at in times)
        case "resumed":
            pause = timedelta(days=leaf["break_days"])
            return any(
                ask.in_window(at, window)
                and any(before < at for before in times)
                and at - max(before for before in times if before < at) >= pause
                for at in times
            )
    edges = [ago(ask.place, back, leaf["unit"]) for back in range(leaf["of_last"] + 1)]
    periods = [any(start <= at < end for at in times) for end, start in pairwise(edges)]
    return sum(periods) >= leaf["at_least"]
