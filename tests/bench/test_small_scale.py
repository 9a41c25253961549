"""The measurements at a small scale: answers agree, and costs grow as promised. No seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pytest
from django.db import connections

from contacts.models import Contact, ContactTag
from segments.engine.algebra import UNIVERSE
from segments.models import LeafSet
from tests.bench.duck import fill_duck, open_duck
from tests.bench.generate import AS_OF, Shop, generate_shop
from tests.bench.leaves import Leaf, leaves_of
from tests.bench.load import TABLES, load_shops
from tests.bench.product import Asked, costs, forget_leaves, rows_read
from tests.bench.questions import (
    Q10,
    Question,
    all_nodes_shapes,
    document_of,
    given_row,
    member_shapes,
    questions_of,
    shapes_of,
)
from tests.conftest import owner_connection, truncate_written_tables
from tests.makers.tracking import visit_item, visits
from tests.makers.transactions import line_item, transaction_item, transactions
from transactions.models import ContactStatistics, LineItem, Transaction
from transactions.services import differing_statistics
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
LARGE, SMALL = 10_000, 2_500  # scale 0.01, and a quarter of it
KEYS = [f"Q{number}" for number in range(1, 11)]


@dataclass
class Bench:
    """Two shops in our database, the larger one in DuckDB, too."""

    shops: list[Shop]
    workspaces: list[Workspace]
    duck: duckdb.DuckDBPyConnection
    leaves: Mapping[str, Leaf]
    catalog: Mapping[str, Any]

    def question(self, key: str) -> Question:
        return next(each for each in questions_of(self.leaves) if each.key == key)

    def asked(self, where: Any, shop: int = 0) -> Asked:
        return Asked(self.workspaces[shop], document_of(where, self.leaves), AS_OF)


@pytest.fixture(scope="module")
def bench(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bench]:
    shops = [
        generate_shop(size, seed=1, number=number) for number, size in enumerate((LARGE, SMALL))
    ]
    with django_db_blocker.unblock(), owner_connection() as owner:
        before = _catalog(owner)
        try:
            workspaces = load_shops(owner, shops, now=AS_OF, memory="64MB")
            connections["default"].close()
            duck = open_duck()
            fill_duck(duck, shops[0])
            leaves = leaves_of(workspaces[0], AS_OF)
            yield Bench(shops, workspaces, duck, leaves, before)
        finally:
            connections["default"].close()
            truncate_written_tables()


def _catalog(owner: Any) -> dict[str, Any]:
    """Indexes, keys and walls of the tables that are loaded."""
    return {
        "constraints": owner.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        ).fetchall(),
        "indexes": owner.execute(
            "SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid"
            " FROM pg_index WHERE indrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
            [list(TABLES)],
        ).fetchall(),
        "walls": owner.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
        ).fetchall(),
    }


def test_the_same_seed_makes_the_same_shop():
    first, again, other = (generate_shop(300, seed=seed) for seed in (1, 1, 2))
    for table in ("contacts", "transactions", "message_events"):
        for name, column in getattr(first, table).items():
            assert np.array_equal(column, getattr(again, table)[name], equal_nan=name == "score")
    assert not np.array_equal(first.visits["at"], other.visits["at"])


def test_loading_leaves_indexes_keys_and_walls_as_they_were(bench: Bench):
    with owner_connection() as owner:
        assert _catalog(owner) == bench.catalog


def test_every_generated_row_is_stored(bench: Bench):
    shop, workspace = bench.shops[0], bench.workspaces[0]
    with workspace_scope(workspace):
        stored = {
            model: model.objects.in_workspace(workspace).count()
            for model in (Contact, ContactTag, Transaction, LineItem)
        }
        assert Transaction.objects.in_workspace(workspace).exclude(kind="cart").exists()
    rows = shop.rows()
    assert list(stored.values()) == [
        rows[name] for name in ("contacts", "tags", "transactions", "lines")
    ]


def test_what_happens_after_the_load_is_stored(bench: Bench):
    workspace, who = bench.workspaces[0], "c00000001"
    [visit] = visits(workspace, visit_item(who, AS_OF), now=AS_OF)
    order = transaction_item(who, AS_OF, lines=[line_item("10.00", product="P-00001")])
    [bought] = transactions(workspace, order, now=AS_OF)
    assert not visit.is_error
    assert not bought.is_error


def test_the_statistics_of_contacts_equal_their_transactions(bench: Bench):
    workspace = bench.workspaces[0]
    assert not differing_statistics(workspace=workspace)
    with workspace_scope(workspace):
        assert ContactStatistics.objects.in_workspace(workspace).count() > LARGE / 2


@pytest.mark.parametrize("key", KEYS)
def test_both_sides_answer_the_same(bench: Bench, key: str):
    question = bench.question(key)
    members = bench.asked(question.where).members()
    assert len(members) > 0
    for name, statement in shapes_of(question, bench.leaves).items():
        assert bench.duck.execute(statement).fetchall() == [(len(members),)], name
    with_row, leaves = given_row(question, bench.leaves)
    for name, statement in shapes_of(with_row, leaves).items():
        assert bench.duck.execute(statement).fetchall() == [(len(members),)], f"{name}, row"


@pytest.mark.parametrize("key", KEYS)
def test_both_sides_name_the_same_people(bench: Bench, key: str):
    question = bench.question(key)
    numbers = bench.asked(question.where).members().numbers().tolist()
    statement = member_shapes(question.where, bench.leaves)["in"]
    assert [number for (number,) in bench.duck.execute(f"{statement} ORDER BY 1").fetchall()] == (
        numbers
    )


def test_both_sides_count_every_node_the_same(bench: Bench):
    sizes = [node.size for node in bench.asked(Q10).evaluation().nodes]
    assert len(sizes) == 22
    for name, statement in all_nodes_shapes(Q10, bench.leaves).items():
        assert list(bench.duck.execute(statement).fetchall()[0]) == sizes, name


@pytest.mark.parametrize("key", KEYS)
def test_a_question_takes_as_many_statements_whatever_the_size(
    bench: Bench, key: str, settings: Any
):
    settings.LEAF_SET_MIN_MICROSECONDS = 0  # else what was quick isn't looked for in the store
    numbers = []
    for shop in (0, 1):
        asked = bench.asked(bench.question(key).where, shop)
        asked.members()  # leaves are compiled once, which may take statements of its own
        with costs() as found:
            asked.members()
        numbers.append(len(found.statements))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("key", KEYS)
def test_cold_questions_read_rows_in_proportion_to_the_size(bench: Bench, key: str):
    read = []
    for shop in (0, 1):
        asked = bench.asked(bench.question(key).where, shop)
        with costs() as found:
            asked.members()
        read.append(rows_read(bench.workspaces[shop], found))
    # The tables hold both shops: a scan without an index passes the rows of the other one, too.
    assert read[0] <= read[1] * (LARGE + SMALL) / SMALL * 1.1


def test_warm_counts_of_all_nodes_read_as_much_whatever_the_size(bench: Bench, settings: Any):
    """The stored sets and what the tree names; no fact."""
    settings.LEAF_SET_MIN_MICROSECONDS = 0
    both = [bench.asked(Q10, shop) for shop in (0, 1)]
    for asked in both:
        forget_leaves(asked.workspace, everything=True)
    cold = [asked.keep() for asked in both]
    with workspace_scope(bench.workspaces[0]):
        assert LeafSet.objects.in_workspace(bench.workspaces[0]).filter(name=UNIVERSE).exists()
    read = []
    for asked, before in zip(both, cold, strict=True):
        with costs() as found:
            assert asked.evaluation().nodes == before.nodes
        read.append(rows_read(asked.workspace, found))
    assert read[0] < 1.2 * read[1]
    assert read[0] < SMALL / 2
