"""The SQL and the sentence of every example, as files to be read in a review.

`KOHORTA_UPDATE_GOLDEN=1 ./dev test tests/segments/test_golden.py` writes them anew.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlparse
from django.core.exceptions import EmptyResultSet

from segments.criteria.base import Criterion, all_criteria, find_criterion
from segments.criteria.scope import Scope
from segments.criteria.settled import matching_of
from segments.criteria.tree import parse_tree
from segments.sentence import sentence_of
from tests.makers.workspaces import NOW
from tests.segments.naming import as_text, named_things, slug
from tests.segments.world import World, example_names
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parent / "golden"
IS_UPDATE = os.environ.get("KOHORTA_UPDATE_GOLDEN") == "1"
LONG = 20_000  # the formatter takes minutes for segments at dozens of instants
HOSTILE = 10_000


@pytest.fixture(scope="module")
def named(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), named_things() as world:
        yield world


def same_as_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if IS_UPDATE:
        path.write_text(text)
    assert path.exists(), f"{name} is new: write it with KOHORTA_UPDATE_GOLDEN=1 and review it"
    assert text == path.read_text()


def compiled(criterion: Criterion, world: World) -> tuple[str, tuple[Any, ...]]:
    try:
        found = matching_of(criterion, Scope(world.workspace, NOW)).query.sql_with_params()
    except EmptyResultSet:
        return "-- nobody", ()
    return str(found[0]), tuple(found[1])


@pytest.mark.parametrize("name", example_names())
def test_the_sql_of(named: World, name: str) -> None:
    leaf = named.examples()[name]
    with workspace_scope(named.workspace):
        tree = parse_tree(leaf, workspace=named.workspace)
        criterion: Criterion = tree.root.criterion  # type: ignore[union-attr]
        sentence = sentence_of(tree, "EUR")
        statement, parameters = compiled(criterion, named)
    shown = statement if len(statement) > LONG else sqlparse.format(statement, reindent=True)
    lines = [
        f"-- {json.dumps(leaf, ensure_ascii=False)}",
        f"-- {sentence}",
        f"-- {'Everybody but these' if criterion.negated else 'These'} contacts:",
        shown,
        "",
        "-- Parameters, in order:",
        *(f"-- {as_text(parameter)}" for parameter in parameters),
    ]
    same_as_golden(f"{slug(name)}.sql", "\n".join(lines) + "\n")


def test_the_sentences(named: World) -> None:
    with workspace_scope(named.workspace):
        said = [
            f"{name}: {sentence_of(parse_tree(leaf, workspace=named.workspace), 'EUR')}"
            for name, leaf in named.examples().items()
        ]
    same_as_golden("sentences.txt", "\n".join(sorted(said)) + "\n")


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{slug(name)}.sql" for name in example_names()}
    left_over = {path.name for path in GOLDEN.glob("*.sql")} - wanted
    if IS_UPDATE:
        for name in left_over:
            (GOLDEN / name).unlink()
        left_over = set()
    assert not left_over


# --- T-10: no text of a user's stands in the SQL -------------------------------------------------

PARTS = (
    *("' OR 1=1 --", '" OR ""="', "'; DROP TABLE contacts_contact; --", "') UNION SELECT NULL--"),
    *("__class__", "_connector", "pk__in", "contact__workspace__name", "%(name)s", "%s%s", "{0}"),
    *(
        "\\'; SELECT pg_sleep(9); --",
        "/**/OR/**/1",
        "$$;$$",
        "a\u2028b",
        "ｓｅｌｅｃｔ",
        "\u202eevil",
    ),
    *("workspace_id = 2", "%' ESCAPE '!", "x' AND 1=(SELECT 1)--", "?|?", "@>", "::text", "🙂"),
)
SKIPPED = ("segments.in_for", "segments.entered", "segments.left")  # they name nothing but an id


def test_no_text_of_a_users_becomes_sql(named: World, record_property: Any) -> None:
    """Whatever is written into a parameter, the statement's text stays the same."""
    chance = random.Random(10)
    spots = [
        (cls.key, leaf, place)
        for cls in all_criteria()
        if cls.key not in SKIPPED
        for leaf in (named.fill(example) for example in cls.examples)
        for place in texts(leaf)
    ]
    tried = refused = 0
    with workspace_scope(named.workspace):
        # Where any text may stand; elsewhere (operators, statuses …) every text of ours is refused.
        plain = {
            number: found
            for number, spot in enumerate(spots)
            if (found := statement_with(named, *spot, "plainly")) is not None
        }
        free = list(plain)
        for _ in range(HOSTILE):
            number = chance.choice(free)
            key, leaf, place = spots[number]
            said = "".join(chance.choice(PARTS) for _ in range(chance.choice((1, 1, 2, 3))))
            said = f"{said}{chance.getrandbits(48):012x}"
            found = statement_with(named, key, leaf, place, said)
            if found is None:
                refused += 1
                continue
            assert found == plain[number], (key, place, said)
            tried += 1
    record_property("hostile texts compiled", tried)
    record_property("places of free text", len(free))
    assert tried + refused == HOSTILE
    assert tried > HOSTILE * 0.8
    with workspace_scope(named.workspace):
        closed = [spot for number, spot in enumerate(spots) if number not in plain]
        assert all(statement_with(named, *spot, PARTS[0]) is None for spot in closed)


def statement_with(
    world: World, key: str, leaf: dict[str, Any], place: tuple[Any, ...], said: str
) -> str | None:
    """The SQL of the leaf with this text in that place; None when it is refused."""
    changed = copy.deepcopy(leaf)
    holder: Any = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = said
    cls = find_criterion(key)
    assert cls is not None
    try:
        criterion = cls.model_validate(changed)
    except ValueError:
        return None
    return compiled(criterion, world)[0]


def texts(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where texts stand."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from texts(value, (*at, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from texts(value, (*at, index))
    elif isinstance(document, str):
        yield at
