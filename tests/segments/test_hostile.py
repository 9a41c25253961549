"""Hostile trees over HTTP: always a 4xx that names a path, never a 5xx, never somebody (T-11)."""

# ruff: noqa: UP031 -- bodies are full of braces

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from segments.criteria.base import all_criteria
from segments.models import Segment
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_key
from tests.segments.naming import named_things
from tests.segments.world import World
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

EVALUATE = "/api/v1/segments/evaluate"
TAGGED = {"type": "tags.has", "tags": ["vip"]}
BIG = "9" * 400


@pytest.fixture(scope="module")
def named(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), named_things() as world:
        yield world


class Program:
    """Sends bodies as they are and remembers how many."""

    def __init__(self, world: World) -> None:
        self.client = Client(
            headers={"Authorization": f"Bearer {make_key(world.workspace)[1]}"},
            raise_request_exception=False,
        )
        self.asked = 0

    def post(self, body: str | bytes, path: str = EVALUATE) -> Any:
        raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        self.asked += 1
        return self.client.generic("POST", path, raw, "application/json")

    def refused(self, body: str | bytes, path: str = EVALUATE) -> Any:
        """The problem; it is the caller's, and says where."""
        answer = self.post(body, path)
        shown = (body[:200], answer.status_code, answer.content[:300])
        assert 400 <= answer.status_code < 500, shown
        document = answer.json()
        if answer.status_code == 400 and document["code"] == "invalid_tree":
            assert document["errors"], shown
            assert all(error["path"].startswith("$") for error in document["errors"]), shown
            assert all(error["message"] for error in document["errors"]), shown
        return document


@pytest.fixture
def program(named: World) -> Program:
    return Program(named)


def where(text: str) -> str:
    return '{"where": ' + text + "}"


def nested(depth: int, kind: str = "all") -> str:
    row = json.dumps(TAGGED)
    if kind == "not":
        return '{"not": ' * depth + row + "}" * depth
    return f'{{"{kind}": [' * depth + row + "]}" * depth


def window(text: str) -> str:
    return '{"type": "visits.visited", "window": ' + text + "}"


def amount(text: str) -> str:
    return '{"type": "transactions.amount_spent", "operator": "at_least", "amount": ' + text + "}"


def number(text: str) -> str:
    return (
        '{"type": "contacts.number", "attribute": "shoe_size", "operator": "at_least", "value": %s}'
        % text
    )


def city(text: str) -> str:
    return '{"type": "contacts.text", "attribute": "city", "values": [%s]}' % text


TABLE: dict[str, str | bytes] = {
    "no body": "",
    "not JSON": "{where",
    "not UTF-8": b'{"where": "\xff\xfe"}',
    "null": "null",
    "a list": "[]",
    "a number": "7",
    "no tree": "{}",
    "tree null": where("null"),
    "tree text": where('"all"'),
    "tree list": where("[]"),
    "empty object": where("{}"),
    "two kinds": where('{"all": [%s], "any": [%s]}' % ((json.dumps(TAGGED),) * 2)),
    "unknown key": where('{"all": [%s], "nor": 1}' % json.dumps(TAGGED)),
    "type is a list": where('{"type": ["tags.has"]}'),
    "type is an object": where('{"type": {}}'),
    "unknown type": where('{"type": "tags.has\\u0000", "tags": ["vip"]}'),
    "unknown parameter": where('{"type": "tags.has", "tags": ["vip"], "__class__": 1}'),
    "empty all": where('{"all": []}'),
    "empty any": where('{"any": []}'),
    "not of nothing": where('{"not": {}}'),
    "not of a list": where('{"not": [%s]}' % json.dumps(TAGGED)),
    "empty group in a group": where('{"all": [%s, {"any": []}]}' % json.dumps(TAGGED)),
    "all switched off": where('{"all": [%s]}' % json.dumps({**TAGGED, "disabled": True})),
    "root switched off": where(json.dumps({**TAGGED, "disabled": True})),
    "disabled is text": where('{"type": "tags.has", "tags": ["vip"], "disabled": "yes"}'),
    "duplicate keys": where('{"type": "tags.has", "tags": ["vip"], "tags": ["newsletter"]}'),
    "50 deep all": where(nested(50)),
    "50 deep not": where(nested(50, "not")),
    "9 deep": where(nested(8)),
    "100,000 deep": where("[" * 100_000 + "]" * 100_000),
    "10,000 leaves": where('{"any": [%s]}' % ",".join([json.dumps(TAGGED)] * 10_000)),
    "201 leaves": where('{"any": [%s]}' % ",".join([json.dumps(TAGGED)] * 201)),
    "1 MB of text": where(city('"' + "x" * 1_000_000 + '"')),
    "1,001 characters": where(city('"' + "x" * 1_001 + '"')),
    "1,001 values": where(city(",".join(f'"{n}"' for n in range(1_001)))),
    "NUL": where(city('"a\\u0000b"')),
    "half a surrogate pair": where(city('"\\ud800"')),
    "the other half": where(city('"\\udc00x"')),
    "half a pair in a key": where('{"\\ud800": 1}'),
    "half a pair in a tag": where('{"type": "tags.has", "tags": ["\\ud83d"]}'),
    "NUL in a tag": where('{"type": "tags.has", "tags": ["vip\\u0000"]}'),
    "no text": where(city('""')),
    "spaces": where(city('"   "')),
    "a number for a text": where(city("7")),
    "null for a text": where(city("null")),
    "no values": where(city("")),
    "1e400": where(number("1e400")),
    "-1e400": where(number("-1e400")),
    "NaN": where(number("NaN")),
    "Infinity": where(number("Infinity")),
    "10**400": where(number("1" + "0" * 400)),
    "5,000 digits": where(number("9" * 5_000)),
    "1e16": where(number("1e16")),
    "a number as text": where(number('"38"')),
    "true for a number": where(number("true")),
    "an object for a number": where(number("{}")),
    "amount as a number": where(amount("100")),
    "amount in words": where(amount('"a lot"')),
    "amount too long": where(amount(f'"{BIG}"')),
    "amount 1e1000000": where(amount('"1e1000000"')),
    "amount NaN": where(amount('"NaN"')),
    "amount with other digits": where(amount('"١٢"')),
    "window of nothing": where(window("{}")),
    "window null": where(window("null")),
    "window list": where(window("[]")),
    "window of two kinds": where(window('{"last": 1, "unit": "days", "calendar": "today"}')),
    "10**9 days": where(window('{"last": 1000000000, "unit": "days"}')),
    "10**400 days": where(window('{"last": 1%s, "unit": "days"}' % ("0" * 400))),
    "0 days": where(window('{"last": 0, "unit": "days"}')),
    "-1 days": where(window('{"last": -1, "unit": "days"}')),
    "half a day": where(window('{"last": 0.5, "unit": "days"}')),
    "true days": where(window('{"last": true, "unit": "days"}')),
    "unknown unit": where(window('{"last": 1, "unit": "eons"}')),
    "year 0": where(window('{"from": "0000-01-01"}')),
    "year 10000": where(window('{"to": "10000-01-01"}')),
    "30 February": where(window('{"from": "2026-02-30"}')),
    "a date as a number": where(window('{"from": 20260101}')),
    "from after to": where(window('{"from": "2026-02-02", "to": "2026-02-01"}')),
    "between the wrong way": where(window('{"between": [5, 2], "unit": "days"}')),
    "between three": where(window('{"between": [1, 2, 3], "unit": "days"}')),
    "unknown zone": where(window('{"calendar": "today", "zone": "Mars/Olympus"}')),
    "since nothing": where(window('{"since": {}}')),
    "since what isn't": where(window('{"since": {"activity": "nothing"}}')),
    "segment 0": where('{"segment": 0}'),
    "segment -1": where('{"segment": -1}'),
    "segment true": where('{"segment": true}'),
    "segment text": where('{"segment": "1"}'),
    "segment 2**63": where('{"segment": 9223372036854775808}'),
    "segment 10**400": where('{"segment": 1%s}' % ("0" * 400)),
    "segment that isn't": where('{"segment": 999999}'),
    "list that isn't": where('{"type": "lists.on_list", "lists": [999999]}'),
    "list as a list": where('{"type": "lists.on_list", "lists": [[1]]}'),
    "attribute of another type": where(
        '{"type": "contacts.text", "attribute": "shoe_size", "operator": "has_value"}'
    ),
    "as_of without a zone": '{"where": %s, "as_of": "2026-01-01T00:00:00"}' % json.dumps(TAGGED),
    "as_of in the year 0": '{"where": %s, "as_of": "0000-01-01T00:00:00Z"}' % json.dumps(TAGGED),
    "as_of a number": '{"where": %s, "as_of": 1767225600}' % json.dumps(TAGGED),
    "pins text": '{"where": %s, "pinned_in": "all"}' % json.dumps(TAGGED),
    "pins of 10**400": '{"where": %s, "pinned_in": [1%s]}' % (json.dumps(TAGGED), "0" * 400),
    "too many members": '{"where": %s, "members": {"limit": 501}}' % json.dumps(TAGGED),
    "unknown field beside": '{"where": %s, "admin": true}' % json.dumps(TAGGED),
}


@pytest.mark.parametrize("name", list(TABLE))
def test_it_is_refused(program: Program, name: str, record_property: Any) -> None:
    program.refused(TABLE[name])
    record_property("hostile requests", program.asked)


@pytest.mark.parametrize("name", list(TABLE))
def test_it_is_never_saved(program: Program, named: World, name: str, record_property: Any) -> None:
    body = TABLE[name]
    if isinstance(body, str) and body.startswith('{"where"'):
        body = '{"name": "Probe", ' + body[1:]
    program.refused(body, "/api/v1/segments/")
    with workspace_scope(named.workspace):
        assert not Segment.objects.filter(name="Probe").exists()
    record_property("hostile requests", program.asked)


def test_extremes_that_are_legal_have_an_answer(program: Program) -> None:
    """As far as windows, numbers and texts go."""
    legal = [
        *(
            window('{"last": 10000, "unit": "%s"}' % unit)
            for unit in ("hours", "days", "weeks", "months", "years")
        ),
        *(
            window('{"older_than": 10000, "unit": "%s"}' % unit)
            for unit in ("weeks", "months", "years")
        ),
        window('{"from": "0001-01-01", "to": "9999-12-31", "zone": "contact"}'),
        window('{"from": "0001-01-01"}'),
        window('{"between": [0, 10000], "unit": "years"}'),
        '{"type": "contacts.anniversary", "window": {"next": 10000, "unit": "years"}}',
        '{"type": "contacts.anniversary", "window": {"from": "0001-01-01", "to": "9999-12-31"}}',
        '{"type": "contacts.date", "attribute": "contract_end",'
        ' "window": {"next": 10000, "unit": "years"}}',
        '{"type": "contacts.age", "years": 150, "operator": "less_than"}',
        number("-1e15"),
        number("1e-300"),
        number("-0"),
        amount('"999999999999.9999"'),
        city('"' + "\u202e" * 1_000 + '"'),
        city('"%_\\\\*?"'),
        '{"type": "contacts.text", "attribute": "city", "operator": "matches", "values": ["%s"]}'
        % ("*?" * 200),
        '{"type": "visits.visited", "number": 1000000000, "operator": "less_than"}',
        '{"type": "ranks.top", "by": "visits", "number": 1000000000}',
        nested(7),
        nested(7, "not"),
    ]
    for text in legal:
        for as_of in (
            "2026-03-15T12:00:00Z",
            "1900-01-01T00:00:00+14:00",
            "2999-12-31T23:59:59-12:00",
        ):
            answer = program.post('{"where": %s, "as_of": "%s"}' % (text, as_of))
            assert answer.status_code == 200, (text[:200], as_of, answer.content[:300])


# --- Made-up trees -------------------------------------------------------------------------------

POISON: tuple[Any, ...] = (
    *(None, True, False, 0, -1, -0.0, 2**31, 2**63, 2**64, 10**18, 1e308, -1e308, 1e-320, 0.1),
    *("", " ", "\x00", "a\x00b", "\ud800", "\u202e", "💥" * 50, "%", "_", "*" * 300, "NaN"),
    *("1e400", "9" * 300, "0000-01-01", "10000-01-01", "2026-02-30", "ever", "vip", "x" * 1_001),
    *([], {}, [[]], [None], {"": None}, {"last": 10**9, "unit": "days"}, ["vip"] * 1_001),
    *({"segment": 1}, {"all": []}, {"not": None}, {"$ne": 1}, ["' OR 1=1 --"], {"field": []}),
)


def poisoned(document: Any, chance: random.Random) -> Any:
    """The document with something else somewhere: a value, a key, a missing or doubled part."""
    if isinstance(document, dict) and document and chance.random() < 0.85:
        key = chance.choice(list(document))
        dice = chance.random()
        if dice < 0.1:
            return {name: value for name, value in document.items() if name != key}
        if dice < 0.2:
            return {
                **document,
                chance.choice(("disabled", "not", "type", "x", "\ud800")): chance.choice(POISON),
            }
        return {**document, key: poisoned(document[key], chance)}
    if isinstance(document, list) and document and chance.random() < 0.8:
        index = chance.randrange(len(document))
        changed = [*document]
        changed[index] = poisoned(document[index], chance)
        return changed * 2 if chance.random() < 0.05 else changed
    return chance.choice(POISON)


def ask_poisoned(program: Program, named: World, seed: int, count: int) -> dict[int, int]:
    chance = random.Random(seed)
    examples = list(named.examples().values())
    statuses: dict[int, int] = {}
    for _ in range(count):
        leaf = chance.choice(examples)
        tree: Any = (
            leaf if chance.random() < 0.7 else {"all": [leaf, {"not": {"any": [leaf, TAGGED]}}]}
        )
        for _ in range(chance.choice((1, 1, 2, 3))):
            tree = poisoned(tree, chance)
        answer = program.post(json.dumps({"where": tree}))
        assert answer.status_code < 500, (tree, answer.content[:300])
        if answer.status_code == 400:
            assert all(error["path"].startswith("$") for error in answer.json()["errors"])
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    return statuses


def test_poisoned_examples(program: Program, named: World, record_property: Any) -> None:
    statuses = ask_poisoned(program, named, seed=1, count=1_200)
    assert set(statuses) <= {200, 400, 422}
    assert statuses[400] > 800
    record_property("hostile requests", program.asked)


@pytest.mark.night
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_more_poisoned_examples(
    program: Program, named: World, seed: int, record_property: Any
) -> None:
    """A key of its own each: more requests at once would be asked to wait."""
    statuses = ask_poisoned(program, named, seed=seed, count=1_000)
    assert set(statuses) <= {200, 400, 422}
    record_property("hostile requests at night", program.asked)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([cls.key for cls in all_criteria()]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "type", "segment", "disabled", "where", "window"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_any_json_at_all(program: Program, record_property: Any) -> None:
    @settings(
        max_examples=200,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(JSON)
    def ask(document: Any) -> None:
        program.refused(json.dumps({"where": document}))

    ask()
    record_property("hostile requests", program.asked)


# --- Segments in segments ------------------------------------------------------------------------


def redefine(segment: Segment, tree: Any) -> None:
    segment.definition = {"version": 1, "where": tree}
    segment.save(update_fields=["definition"])


def test_cycles_are_refused_and_diamonds_are_fine(program: Program, named: World) -> None:
    """A -> B -> A however it came to be, and by a criterion too."""
    workspace = named.workspace
    a = make_segment(workspace, TAGGED, name="A")
    b = make_segment(workspace, {"segment": a.pk}, name="B")
    c = make_segment(workspace, {"not": {"segment": a.pk}}, name="C")
    diamond = {"all": [{"segment": b.pk}, {"any": [{"segment": c.pk}, {"segment": a.pk}]}]}
    assert program.post(json.dumps({"where": diamond})).status_code == 200
    for segment, tree in (
        (a, {"segment": b.pk}),
        (a, {"segment": a.pk}),
        (a, {"type": "segments.entered", "segment": b.pk, "days": 2}),
    ):
        answer = program.client.patch(
            f"/api/v1/segments/{segment.pk}/", json.dumps({"where": tree}), "application/json"
        )
        assert answer.status_code == 400, answer.content
        assert {error["code"] for error in answer.json()["errors"]} == {"cycle"}
    with workspace_scope(workspace):
        redefine(a, {"any": [TAGGED, {"segment": b.pk}]})
    problem = program.refused(json.dumps({"where": {"all": [{"segment": a.pk}]}}))
    assert problem["errors"][0]["path"].startswith("$.where.all[0]")
    assert problem["errors"][0]["code"] == "cycle"


def test_chains_of_segments_end(program: Program, named: World) -> None:
    chain = make_segment(named.workspace, TAGGED)
    for _ in range(4):
        chain = make_segment(named.workspace, {"segment": chain.pk})
    problem = program.refused(json.dumps({"where": {"segment": chain.pk}}))
    assert {error["code"] for error in problem["errors"]} == {"too_deep"}


def test_days_of_days_of_days_are_refused_before_they_are_asked(
    program: Program, named: World
) -> None:
    over_time = make_segment(named.workspace, TAGGED)
    for _ in range(2):
        leaf = {"type": "segments.in_for", "segment": over_time.pk, "days": 90}
        over_time = make_segment(named.workspace, leaf)
    problem = program.refused(json.dumps({"where": {"segment": over_time.pk}}))
    assert {error["code"] for error in problem["errors"]} == {"too_expensive"}


def test_what_takes_too_long_is_a_422_and_the_connection_lives(
    program: Program, named: World
) -> None:
    rows = [leaf for leaf in named.examples().values() if "segment" not in leaf][:100]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 2")
    answer = program.post(json.dumps({"where": {"any": rows}}))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    assert answer.status_code == 422, answer.content
    assert answer.json()["code"] == "query_too_expensive"
    assert program.post(json.dumps({"where": TAGGED})).status_code == 200
