"""What is known of a contact: attributes of every type, now and before, and who it is."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from segments.criteria import attributes, choices, contact, dates
from tests.makers.contacts import days_ago, make_contact
from tests.makers.once import made_once
from tests.makers.segments import (
    all_examples,
    check_example,
    errors_of,
    evaluate,
    make_names,
    members,
    names,
    sentence,
)
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

EXAMPLES = [
    each for module in (attributes, choices, dates, contact) for each in all_examples(module)
]


@made_once
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", EXAMPLES)
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    known = {
        "city": "Gdynia",
        "birthday": "1990-03-20",
        "shoe_size": 40,
        "interests": ["sailing", "cooking"],
        "size_choice": "S",
        "is_student": True,
        "contract_end": "2026-03-20",
    }
    make_contact(workspace, "known", attributes=known, time_zone="America/New_York")
    make_contact(workspace, "none")
    check_example(workspace, where)


def text(operator: str, *values: str, attribute: str = "city", **more: Any) -> dict[str, Any]:
    given = {"values": list(values)} if values else {}
    return {"type": "contacts.text", "attribute": attribute, "operator": operator, **given, **more}


def make_cities(workspace: Workspace, *cities: str) -> None:
    for city in cities:
        make_contact(workspace, city or "nowhere", attributes={"city": city} if city else {})


# --- Missing values (semantics 7) ----------------------------------------------------------------


def test_negative_operators_include_contacts_without_a_value(workspace: Workspace) -> None:
    make_cities(workspace, "Gdynia", "Sopot", "")
    # A plain <> would leave "nowhere" out.
    assert names(workspace, text("none_of", "Gdynia")) == {"Sopot", "nowhere"}
    assert names(workspace, text("not_contains", "dyn")) == {"Sopot", "nowhere"}
    assert names(workspace, text("has_no_value")) == {"nowhere"}
    assert names(workspace, {"not": text("none_of", "Gdynia")}) == {"Gdynia"}


def test_a_value_that_was_emptied_is_no_value(workspace: Workspace) -> None:
    make_contact(workspace, "a", attributes={"city": "Gdynia"}, observed_at=days_ago(3))
    make_contact(workspace, "a", attributes={"city": ""}, observed_at=days_ago(1))
    assert names(workspace, text("has_value")) == set()
    assert names(workspace, text("has_value"), as_of=days_ago(2)) == {"a"}


def test_comparisons_never_include_contacts_without_a_value(workspace: Workspace) -> None:
    make_contact(workspace, "small", attributes={"shoe_size": 36})
    make_contact(workspace, "large", attributes={"shoe_size": 44})
    make_contact(workspace, "unknown")

    def sized(operator: str, **more: Any) -> set[str]:
        return names(
            workspace,
            {"type": "contacts.number", "attribute": "shoe_size", "operator": operator, **more},
        )

    assert sized("less_than", value=40) == {"small"}
    assert sized("at_most", value=36) == {"small"}
    assert sized("more_than", value=36) == {"large"}
    assert sized("between", value=36, upper=44) == {"small", "large"}
    assert sized("not_exactly", value=36) == {"large", "unknown"}
    assert sized("has_no_value") == {"unknown"}


def test_no_is_not_the_same_as_not_yes(workspace: Workspace) -> None:
    make_contact(workspace, "yes", attributes={"is_student": True})
    make_contact(workspace, "no", attributes={"is_student": False})
    make_contact(workspace, "unknown")

    def student(operator: str) -> set[str]:
        where = {"type": "contacts.boolean", "attribute": "is_student", "operator": operator}
        return names(workspace, where)

    assert student("no") == {"no"}
    assert student("not_yes") == {"no", "unknown"}


def test_a_row_says_how_many_it_includes_only_for_lack_of_a_value(workspace: Workspace) -> None:
    make_cities(workspace, "Gdynia", "Sopot", "")
    evaluation = evaluate(workspace, text("none_of", "Gdynia"))
    assert (evaluation.size, evaluation.nodes[0].only_by_absence) == (2, 1)
    assert evaluate(workspace, text("any_of", "Gdynia")).nodes[0].only_by_absence == 0


# --- How text compares (semantics 9) -------------------------------------------------------------


def test_text_ignores_capitals_and_heeds_accents(workspace: Workspace) -> None:
    make_contact(workspace, "composed", attributes={"city": "ŁÓDŹ"})
    make_contact(workspace, "decomposed", attributes={"city": "Ło\u0301dz\u0301"})
    make_contact(workspace, "plain", attributes={"city": "Lodz"})
    make_contact(workspace, "sharp", attributes={"city": "Gießen"})
    assert names(workspace, text("any_of", "łódź")) == {"composed", "decomposed"}
    assert names(workspace, text("any_of", "GIESSEN")) == {"sharp"}


def test_percent_and_underscore_are_letters_like_any_other(workspace: Workspace) -> None:
    make_cities(workspace, "50% off", "500 off", "a_b", "axb", "back\\slash")
    assert names(workspace, text("contains", "50%")) == {"50% off"}
    assert names(workspace, text("contains", "a_b")) == {"a_b"}
    assert names(workspace, text("ends_with", "k\\slash")) == {"back\\slash"}
    assert names(workspace, text("contains", "*")) == set()


def test_star_and_question_mark_mean_something_in_patterns_only(workspace: Workspace) -> None:
    make_cities(workspace, "81-340", "81-3", "91-340", "8%")
    assert names(workspace, text("matches", "81-*")) == {"81-340", "81-3"}
    assert names(workspace, text("matches", "?1-340")) == {"81-340", "91-340"}
    assert names(workspace, text("matches", "8%")) == {"8%"}
    assert names(workspace, text("not_matches", "8*")) == {"91-340"}


def test_long_values_are_compared_to_their_end(workspace: Workspace) -> None:
    alike = "x" * 200
    make_contact(workspace, "one", attributes={"company": alike + "1"})
    make_contact(workspace, "two", attributes={"company": alike + "2"})
    assert names(workspace, text("any_of", alike + "2", attribute="company")) == {"two"}


def test_several_of_a_list_says_any_all_or_none(workspace: Workspace) -> None:
    make_contact(workspace, "both", attributes={"interests": ["sailing", "cooking"]})
    make_contact(workspace, "one", attributes={"interests": ["sailing", "chess"]})
    make_contact(workspace, "none")

    def interested(operator: str) -> set[str]:
        values = ["sailing", "cooking"]
        where = {"type": "contacts.choices", "attribute": "interests", "operator": operator}
        return names(workspace, {**where, "values": values})

    assert interested("any_of") == {"both", "one"}
    assert interested("all_of") == {"both"}
    assert interested("none_of") == {"none"}
    assert interested("not_all_of") == {"one", "none"}


# --- History (P1) --------------------------------------------------------------------------------


def make_mover(workspace: Workspace) -> None:
    """Lived in Gdynia until 10 days ago, then in Sopot."""
    make_contact(workspace, "mover", attributes={"city": "Gdynia"}, observed_at=days_ago(40))
    make_contact(workspace, "mover", attributes={"city": "Sopot"}, observed_at=days_ago(10))
    make_contact(workspace, "stayer", attributes={"city": "Gdynia"}, observed_at=days_ago(40))
    make_contact(workspace, "newcomer", attributes={"city": "Gdynia"}, observed_at=days_ago(5))
    make_contact(workspace, "nowhere", observed_at=days_ago(40))


def held(days: int) -> dict[str, Any]:
    return {"history": "held", "held_for": days, "held_unit": "days"}


def test_was_ever_is_not_is(workspace: Workspace) -> None:
    make_mover(workspace)
    assert names(workspace, text("any_of", "Gdynia")) == {"stayer", "newcomer"}
    assert names(workspace, text("any_of", "Gdynia", history="ever")) == {
        "mover",
        "stayer",
        "newcomer",
    }
    assert names(workspace, text("none_of", "Gdynia", history="ever")) == {"nowhere"}
    # Values are as they were then.
    assert names(workspace, text("any_of", "Sopot", history="ever"), as_of=days_ago(20)) == set()


def test_has_been_for_at_least_some_days(workspace: Workspace) -> None:
    make_mover(workspace)
    assert names(workspace, text("any_of", "Gdynia", **held(30))) == {"stayer"}
    assert names(workspace, text("any_of", "Gdynia", **held(5))) == {"stayer", "newcomer"}
    # Nor in Gdynia for even a part of the last 30 days: the mover left it 10 days ago.
    assert names(workspace, text("none_of", "Gdynia", **held(30))) == {"nowhere"}
    assert names(workspace, text("none_of", "Gdynia", **held(9))) == {"mover", "nowhere"}


def test_a_value_confirmed_or_changed_within_the_answer_still_held(workspace: Workspace) -> None:
    for size, days in ((38, 40), (39, 20), (40, 3)):
        make_contact(workspace, "a", attributes={"shoe_size": size}, observed_at=days_ago(days))
    where = {"type": "contacts.number", "attribute": "shoe_size", "operator": "at_least"}
    # Three rows, one after the other, all of them at least 38.
    assert names(workspace, {**where, "value": 38, **held(35)}) == {"a"}
    assert names(workspace, {**where, "value": 39, **held(35)}) == set()
    assert names(workspace, {**where, "value": 39, **held(15)}) == {"a"}


def test_a_gap_in_between_breaks_it(workspace: Workspace) -> None:
    for city, days in (("Gdynia", 40), ("", 20), ("Gdynia", 19)):
        make_contact(workspace, "a", attributes={"city": city}, observed_at=days_ago(days))
    assert names(workspace, text("any_of", "Gdynia", **held(30))) == set()
    assert names(workspace, text("any_of", "Gdynia", **held(15))) == {"a"}


def test_changed_means_a_value_began_or_ended_in_the_window(workspace: Workspace) -> None:
    make_mover(workspace)
    where = {"type": "contacts.attribute_changed", "attribute": "city"}
    in_two_weeks = {**where, "window": {"last": 14, "unit": "days"}}
    assert names(workspace, in_two_weeks) == {"mover", "newcomer"}
    assert names(workspace, in_two_weeks, as_of=days_ago(12)) == set()


# --- Dates (semantics 5) -------------------------------------------------------------------------


def born(workspace: Workspace, **birthdays: str) -> None:
    for name, birthday in birthdays.items():
        make_contact(workspace, name, attributes={"birthday": birthday})


def anniversary(**window: Any) -> dict[str, Any]:
    return {"type": "contacts.anniversary", "attribute": "birthday", "window": window}


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_today_is_inside_the_next_and_the_last_seven_days(workspace: Workspace) -> None:
    born(workspace, yesterday="1990-03-14", today="1980-03-15", sixth="1970-03-21")
    born(workspace, seventh="1970-03-22")
    assert names(workspace, anniversary(next=7, unit="days")) == {"today", "sixth"}
    assert names(workspace, anniversary(last=7, unit="days")) == {"today", "yesterday"}


def test_birthdays_wrap_from_december_to_january(workspace: Workspace) -> None:
    born(workspace, christmas="1990-12-25", eve="1985-12-31")
    born(workspace, january="1970-01-02", march="1990-03-01")
    found = names(workspace, anniversary(next=7, unit="days"), as_of=at(2026, 12, 29, 12))
    assert found == {"eve", "january"}
    dates = {"from": "2026-12-24", "to": "2027-01-06"}
    assert names(workspace, anniversary(**dates)) == {"christmas", "eve", "january"}


@pytest.mark.parametrize(
    ("setting", "as_of", "has_birthday"),
    [
        ("02-28", at(2027, 2, 28, 12), True),
        ("02-28", at(2027, 3, 1, 12), False),
        ("03-01", at(2027, 2, 28, 12), False),
        ("03-01", at(2027, 3, 1, 12), True),
        ("02-28", at(2028, 2, 28, 12), False),
        ("02-28", at(2028, 2, 29, 12), True),
        ("03-01", at(2028, 2, 29, 12), True),
        ("03-01", at(2028, 3, 1, 12), False),
    ],
)
def test_the_leap_day_is_somewhere_in_every_year(
    setting: str, as_of: datetime, has_birthday: bool
) -> None:
    workspace = make_workspace()
    workspace.leap_birthday = setting
    born(workspace, leapling="2000-02-29")
    found = names(workspace, anniversary(calendar="today"), as_of=as_of)
    assert found == ({"leapling"} if has_birthday else set())
    # The same day makes them a year older.
    years = as_of.year - 2000
    turned = {"type": "contacts.age", "operator": "at_least", "years": years}
    has_turned = has_birthday or as_of.month == 3
    assert names(workspace, turned, as_of=as_of) == ({"leapling"} if has_turned else set())


def test_a_birthday_begins_at_the_contacts_own_midnight(workspace: Workspace) -> None:
    attributes = {"birthday": "1990-03-16"}
    make_contact(workspace, "auckland", attributes=attributes, time_zone="Pacific/Auckland")
    make_contact(workspace, "new-york", attributes=attributes, time_zone="America/New_York")
    make_contact(workspace, "unknown", attributes=attributes)
    local = anniversary(calendar="today", zone="contact")
    # 12:00 UTC on the 15th is past midnight in Auckland only.
    assert names(workspace, local) == {"auckland"}
    # 23:30 UTC: the 16th in Warsaw too, whose time the contact without a zone has.
    late = at(2026, 3, 15, 23, 30)
    assert names(workspace, local, as_of=late) == {"unknown"} | {"auckland"}
    assert names(workspace, anniversary(calendar="today"), as_of=late) == {
        "auckland",
        "new-york",
        "unknown",
    }


def test_age_is_in_whole_years_on_the_local_day(workspace: Workspace) -> None:
    born(workspace, tomorrow="2008-03-16", today="2008-03-15", older="1980-01-01")
    make_contact(workspace, "unknown")

    def aged(operator: str, years: int, **more: Any) -> set[str]:
        where = {"type": "contacts.age", "operator": operator, "years": years, **more}
        return names(workspace, where)

    assert aged("at_least", 18) == {"today", "older"}
    assert aged("exactly", 17) == {"tomorrow"}
    assert aged("less_than", 18) == {"tomorrow"}
    assert aged("at_most", 18) == {"tomorrow", "today"}
    assert aged("more_than", 18) == {"older"}
    assert aged("between", 17, upper=18) == {"tomorrow", "today"}
    assert aged("not_exactly", 18) == {"tomorrow", "older", "unknown"}


def test_dates_and_instants_are_asked_about_in_one_way(workspace: Workspace) -> None:
    make_contact(workspace, "day", attributes={"contract_end": "2026-03-20"})
    make_contact(workspace, "instant", attributes={"trial_ends_at": "2026-03-20T10:00:00Z"})
    for attribute, name in (("contract_end", "day"), ("trial_ends_at", "instant")):
        where = {"type": "contacts.date", "attribute": attribute, "operator": "is"}
        assert names(workspace, {**where, "window": {"next": 7, "unit": "days"}}) == {name}
        assert names(workspace, {**where, "window": {"next": 3, "unit": "days"}}) == set()
        assert names(workspace, {**where, "window": {"from": "2026-03-20"}}) == {name}


def test_becoming_a_contact_and_being_added_here_are_two_dates(workspace: Workspace) -> None:
    make_contact(workspace, "old", observed_at=days_ago(400))
    make_contact(workspace, "new")
    recent = {"last": 7, "unit": "days"}
    assert names(workspace, {"type": "contacts.became_contact", "window": recent}) == {"new"}
    assert names(workspace, {"type": "contacts.added_here", "window": recent}) == {"old", "new"}


# --- Other questions -----------------------------------------------------------------------------


def test_external_ids_compare_letter_by_letter(workspace: Workspace) -> None:
    for external_id in ("B2B-1", "b2b-1", "B2Bx"):
        make_contact(workspace, external_id)
    where = {"type": "contacts.external_id"}
    assert names(workspace, {**where, "operator": "any_of", "values": ["B2B-1"]}) == {"B2B-1"}
    found = names(workspace, {**where, "operator": "starts_with", "values": ["B2B"]})
    assert found == {"B2B-1", "B2Bx"}


def test_hash_buckets_are_stable_cover_everybody_and_differ_by_salt(workspace: Workspace) -> None:
    ids = [make_contact(workspace).pk for _ in range(40)]

    def bucket(salt: str, start: float, end: float) -> set[int]:
        where = {"type": "contacts.bucket", "salt": salt}
        return members(workspace, {**where, "from_percent": start, "to_percent": end})

    def number(salt: str, contact_id: int) -> int:
        digest = hashlib.md5(f"{salt}:{contact_id}".encode(), usedforsecurity=False).hexdigest()
        return int(digest[:8], 16) % 10_000

    low, high = bucket("a", 0, 37.25), bucket("a", 37.25, 100)
    assert low | high == set(ids)
    assert not low & high
    assert low == {each for each in ids if number("a", each) < 3_725}
    assert bucket("b", 0, 37.25) == {each for each in ids if number("b", each) < 3_725}
    assert bucket("b", 0, 37.25) != low


# --- The validator -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "path", "code"),
    [
        (text("any_of", "x", attribute="shoe_size"), "$.where.attribute", "wrong_type"),
        (text("any_of", "x", attribute="nothing"), "$.where.attribute", "not_found"),
        (text("any_of"), "$.where.values", "invalid"),
        (text("has_value", "x"), "$.where.values", "invalid"),
        (text("any_of", ""), "$.where.values[0]", "invalid"),
        (text("any_of", "x\x00"), "$.where.values[0]", "invalid"),
        (text("regex", "x"), "$.where.operator", "invalid"),
        (text("any_of", "x", history="held"), "$.where.held_for", "invalid"),
        (text("any_of", "x", held_for=3), "$.where.held_for", "invalid"),
        (text("any_of", "x", colour="red"), "$.where.colour", "unknown"),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_with_its_path(
    workspace: Workspace, where: dict[str, Any], path: str, code: str
) -> None:
    assert (path, code) in {(error.path, error.code) for error in errors_of(workspace, where)}


def test_sentences_say_what_a_negative_row_means(workspace: Workspace) -> None:
    assert sentence(workspace, text("none_of", "Gdynia", "Sopot")) == (
        "People who don't have City that is any of Gdynia or Sopot."
    )
    assert sentence(workspace, text("any_of", "Gdynia", **held(30))) == (
        "People who have had City that is any of Gdynia for at least 30 days."
    )
