"""Details, tags, consent and lists."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from tests.laws.oracle.asking import Asked, answers
from tests.laws.oracle.compare import NEGATIVE, fold, number_passes, text_passes
from tests.laws.oracle.facts import Row, holds
from tests.laws.oracle.times import age_on, ago, birthday_in, days_of, inside

Leaf = dict[str, Any]


@answers("contacts.external_id")
def external_id(ask: Asked, leaf: Leaf) -> bool:
    operator, held = leaf.get("operator", "any_of"), ask.contact.external_id
    positive = NEGATIVE.get(operator, operator)
    values = leaf.get("values", [])
    passes = (
        held is not None
        and {
            "any_of": held in values,
            "starts_with": held.startswith(tuple(values)),
            "has_value": True,
        }[positive]
    )
    return passes != (operator in NEGATIVE)


@answers("contacts.became_contact")
def became_contact(ask: Asked, leaf: Leaf) -> bool:
    return ask.in_window(ask.contact.known_since, leaf["window"])


@answers("contacts.added_here")
def added_here(ask: Asked, leaf: Leaf) -> bool:
    created_at = ask.contact.created_at
    return created_at < ask.as_of and ask.in_window(created_at, leaf["window"])


@answers("contacts.age")
def age(ask: Asked, leaf: Leaf) -> bool:
    place = ask.own_place if leaf.get("zone") == "contact" else ask.place
    born = next((row.date for row in ask.values_now("birthday")), None)
    years = None if born is None else age_on(place.today, born, ask.facts.leap_birthday)
    if years is not None and years < 0:
        years = None if leaf.get("operator") != "not_exactly" else years
    return number_passes(years, leaf.get("operator", "at_least"), leaf["years"], leaf.get("upper"))


@answers("contacts.anniversary")
def anniversary(ask: Asked, leaf: Leaf) -> bool:
    for row in ask.values_now(leaf.get("attribute", "birthday")):
        if leaf["window"] == "ever":
            return True
        start, end = days_of(leaf["window"], ask.place_of(leaf["window"]))
        if start is None or end is None or end - start >= timedelta(days=366):
            return True
        years = range(start.year, end.year + 1)
        leap = ask.facts.leap_birthday
        if any(inside(birthday_in(row.date, year, leap), (start, end)) for year in years):
            return True
    return False


@answers("contacts.bucket")
def bucket(ask: Asked, leaf: Leaf) -> bool:
    digest = hashlib.md5(f"{leaf['salt']}:{ask.contact_id}".encode()).hexdigest()
    number = int(digest[:8], 16) % 10_000
    return leaf.get("from_percent", 0) * 100 <= number < leaf["to_percent"] * 100


# --- Attributes: now, ever, for some time --------------------------------------------------------


def passes_value(ask: Asked, leaf: Leaf, row: Row, operator: str, wanted: Any) -> bool:
    """Whether one value passes the positive question."""
    if operator == "has_value":
        return True
    match leaf["type"]:
        case "contacts.text":
            return text_passes(row.text, operator, wanted)
        case "contacts.choice" | "contacts.choices":
            return fold(row.text) in [fold(value) for value in wanted]
        case "contacts.number":
            return number_passes(row.number, operator, leaf["value"], leaf.get("upper"))
        case "contacts.boolean":
            return bool(row.number) == (operator == "yes")
    if leaf["window"] == "ever":
        return True
    if row.instant is not None:
        return ask.in_window(row.instant, leaf["window"])
    return inside(row.date, days_of(leaf["window"], ask.place_of(leaf["window"])))


def attribute(ask: Asked, leaf: Leaf) -> bool:
    defaults = {"contacts.number": "", "contacts.boolean": "yes", "contacts.date": "is"}
    operator = leaf.get("operator", defaults.get(leaf["type"], "any_of"))
    positive = {"not_yes": "yes", "not_no": "no"}.get(operator, NEGATIVE.get(operator, operator))
    questions: list[Any] = [leaf.get("values")]
    if positive == "all_of":
        questions = [[value] for value in leaf["values"]]
    is_negative = positive != operator
    found = all(
        held(
            ask,
            leaf,
            [
                row
                for row in ask.values(leaf["attribute"])
                if passes_value(ask, leaf, row, positive, wanted)
            ],
            is_negative,
        )
        for wanted in questions
    )
    return found != is_negative


def held(ask: Asked, leaf: Leaf, rows: list[Row], is_negative: bool) -> bool:
    """Whether these values were there: now, at any time, or for the whole time asked about."""
    history = leaf.get("history", "now")
    if history == "now":
        return any(holds(row, ask.as_of) for row in rows)
    if history == "ever":
        return bool(rows)
    since = ago(ask.place, leaf["held_for"], leaf["held_unit"])
    if is_negative:
        return any(row.valid_to is None or row.valid_to > since for row in rows)
    return covers(rows, since, ask.as_of)


def covers(rows: list[Row], since: datetime, until: datetime) -> bool:
    """Whether some value held at every instant of the time."""
    reached = since
    for row in sorted(rows, key=lambda row: row.valid_from):
        if row.valid_from <= reached:
            if row.valid_to is None or row.valid_to > until:
                return True
            reached = max(reached, row.valid_to)
    return False


for _key in ("text", "number", "boolean", "choice", "choices", "date"):
    answers(f"contacts.{_key}")(attribute)


@answers("contacts.attribute_changed")
def attribute_changed(ask: Asked, leaf: Leaf) -> bool:
    return any(
        ask.in_window(row.valid_from, leaf["window"])
        or (
            row.valid_to is not None
            and row.valid_to <= ask.as_of
            and ask.in_window(row.valid_to, leaf["window"])
        )
        for row in ask.values(leaf["attribute"])
    )


# --- Tags and categories -------------------------------------------------------------------------


def label_answer(table: str, column: str, named: str, event: str) -> Any:
    def answer(ask: Asked, leaf: Leaf) -> bool:
        names = ask.facts.tag_keys if table == "tags" else ask.facts.category_keys
        rows = ask.begun(table)
        if event == "has":
            rows = [row for row in rows if holds(row, ask.as_of)]
        elif event == "given":
            rows = ask.within(rows, leaf["window"], "valid_from")
        else:
            ended = [row for row in rows if row.valid_to is not None and row.valid_to <= ask.as_of]
            rows = ask.within(ended, leaf["window"], "valid_to")
        found = {names[getattr(row, column)] for row in rows}
        quantify = all if leaf.get("match", "any") == "all" else any
        return quantify(key in found for key in leaf[named])

    return answer


for _event in ("has", "given", "taken"):
    answers(f"tags.{_event}")(label_answer("tags", "tag_id", "tags", _event))
    answers(f"categories.{_event}")(label_answer("categories", "category_id", "categories", _event))


# --- Consent, suppression, messages --------------------------------------------------------------


@answers("consents.status")
def consent(ask: Asked, leaf: Leaf) -> bool:
    said = [
        row.status
        for row in ask.rows("consents")
        if holds(row, ask.as_of)
        and (row.channel, row.topic) == (leaf["channel"], leaf.get("topic", ""))
    ]
    return (said[0] if said else "never_asked") in leaf["statuses"]


@answers("contacts.suppressed")
def suppressed(ask: Asked, leaf: Leaf) -> bool:
    channel = leaf.get("channel", "email")
    addresses = ask.values_now("email" if channel == "email" else "phone")
    hashes = {bytes(row.address_hash) for row in addresses}
    return any(
        row.channel == channel
        and bytes(row.address_hash) in hashes
        and holds(row, ask.as_of)
        and ("reasons" not in leaf or row.reason in leaf["reasons"])
        for row in ask.facts.suppressions
    )


@answers("messages.bounced_or_complained")
def trouble(ask: Asked, leaf: Leaf) -> bool:
    events = [
        row
        for row in ask.happened("message_events")
        if row.channel == leaf.get("channel", "email") and row.kind in leaf["kinds"]
    ]
    return counts(leaf, len(ask.within(events, leaf.get("window", "ever"))))


def counts(leaf: Leaf, number: int) -> bool:
    """A number of facts; none is 0."""
    operator = leaf.get("operator", "at_least")
    return number_passes(number, operator, leaf.get("number", 1), leaf.get("upper"))


@answers("lists.on_list")
def on_list(ask: Asked, leaf: Leaf) -> bool:
    rows = [row for row in ask.rows("list_entries") if holds(row, ask.as_of)]
    if "added" in leaf:
        rows = ask.within(rows, leaf["added"], "valid_from")
    found = {str(row.static_list_id) for row in rows}
    quantify = all if leaf.get("match", "any") == "all" else any
    return quantify(str(each) in found for each in leaf["lists"])
