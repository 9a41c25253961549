"""Tables kept column by column answer as the database does, and only what they surely can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Q
from django.test.utils import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Contact
from contacts.services import erase_contact
from segments import tasks
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine import shared, storing
from segments.engine.algebra import UNIVERSE
from segments.engine.bringing import Held, bring
from segments.engine.columns import answering, blocks, keeping
from segments.engine.columns.answering import _Answers, starts_from_columns
from segments.engine.columns.expressions import (
    ColumnOf,
    Comparison,
    Either,
    Every,
    Not,
    Parameter,
)
from segments.engine.columns.keeping import forget_old_tables, keep_table
from segments.engine.columns.loading import read_columns, tables_kept
from segments.engine.columns.reading import rows_of
from segments.engine.columns.tables import CONTACT, TABLES
from segments.engine.columns.values import Unanswerable
from segments.engine.evaluation import leaves_of
from segments.engine.leaves import fetch_sets
from segments.engine.questions import Asked, LeafMake
from segments.engine.sets import ContactSet
from segments.engine.shared import current
from segments.engine.storing import MOST_AGE
from segments.engine.templates import asked_all
from segments.models import KeptColumn, KeptTable, LeafSet
from segments.services import evaluating
from segments.services import keeping as keeping_service
from tests.laws.conftest import world  # noqa: F401
from tests.laws.random_trees import shared_leaves
from tests.makers.contacts import upsert
from tests.makers.transactions import line_item, make_transaction
from tests.makers.workspaces import NOW
from tests.segments.world import World
from tests.segments.world_time import AS_OFS
from transactions.models import ContactStatistics, Transaction, TransactionStatus
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
# ruff: noqa: F811

LATELY = {"last": 90, "unit": "days"}
STATISTICS, TRANSACTIONS = ContactStatistics._meta.db_table, Transaction._meta.db_table


@pytest.fixture(autouse=True)
def _every_shop_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(keeping, "BLOCK_ROWS", 60)
    keeping_service._asked_for.clear()
    with override_settings(KEPT_TABLES_FROM_CONTACTS=0):
        yield


def keep_all(world: World, *names: str) -> None:
    for name in names or TABLES:
        assert keep_table(workspace=world.workspace, name=name, as_of=NOW)


def makes_of(world: World) -> dict[str, LeafMake]:
    leaves = shared_leaves(world)
    trees = [
        parse_tree({"any": leaves[start : start + 100]}, workspace=world.workspace)
        for start in range(0, len(leaves), 100)
    ]
    return leaves_of(*trees, with_absence=True)


def wrong_ones(asked: dict[str, Asked], makes: dict[str, LeafMake], scope: Scope) -> list[str]:
    """Leaves that kept tables answer otherwise than the database."""
    held = starts_from_columns(asked, makes, scope).held
    if not held:
        return []
    everybody = LeafMake(lambda s: s.contacts().values("pk"))  # who was erased is nobody
    fresh = fetch_sets({n: make(scope) for n, make in (makes | {"": everybody}).items()}, scope)
    brought = bring({name: asked[name] for name in held}, held, scope)
    return [name for name in held if brought.sets[name] & fresh[""] != fresh[name] & fresh[""]]


@pytest.mark.parametrize("as_of", [NOW, *AS_OFS[::3]])
def test_rows_of_trees_are_answered_as_by_the_database(world: World, as_of: Any) -> None:
    with workspace_scope(world.workspace):
        keep_all(world)
        KeptTable.objects.in_workspace(world.workspace).update(as_of=as_of)
        scope, makes = Scope(world.workspace, as_of), makes_of(world)
        asked = asked_all(makes, scope)
        starts = starts_from_columns(asked, makes, scope)
        assert not starts.outdated
        assert len(starts.held) > 100
        assert wrong_ones(asked, makes, scope) == []


def test_what_each_table_is_kept_for_is_answered(world: World) -> None:
    rows = {
        STATISTICS: {"type": "transactions.average_order", "operator": "at_least", "amount": "80"},
        TRANSACTIONS: {
            "type": "transactions.amount_spent",
            "operator": "at_least",
            "amount": "50.00",
            "window": {"last": 400, "unit": "days"},
        },
        "tracking_visit": {"type": "visits.visited", "operator": "at_least", "number": 2},
        "tracking_messageevent": {"type": "messages.happened", "kind": "opened", "window": LATELY},
        "tracking_activity": {"type": "engagement.engaged", "window": LATELY},
    }
    assert rows.keys() == TABLES.keys()
    with workspace_scope(world.workspace):
        keep_all(world)
        scope = Scope(world.workspace, NOW)
        for table, row in rows.items():
            tree = parse_tree(row, workspace=world.workspace)
            makes = leaves_of(tree, with_absence=False)
            del makes[UNIVERSE]
            asked = asked_all(makes, scope)
            assert starts_from_columns(asked, makes, scope).held.keys() == makes.keys()
            KeptTable.objects.in_workspace(world.workspace).filter(table=table).delete()
            assert not starts_from_columns(asked, makes, scope).held
            keep_all(world, table)


# --- Conditions of any kind ----------------------------------------------------------------------

numbers = st.sampled_from([-1, 0, 1, 2, 3, 40, 300, 5_000, 2**31, 2**40])
instants = st.sampled_from([NOW - timedelta(days=each) for each in (0, 1, 30, 200, 700)])
signs = st.sampled_from(["exact", "lt", "lte", "gt", "gte"])
counts = ("number_of_orders", "goods_amount", "units", "margin", "smallest_order", "sources")
dates = ("settled_at", "first_at", "last_at")
conditions = st.one_of(
    st.builds(lambda c, s, n: Q((f"{c}__{s}", n)), st.sampled_from(counts), signs, numbers),
    st.builds(lambda c, s, n: Q((f"{c}__{s}", n)), st.sampled_from(dates), signs, instants),
    st.builds(lambda c, n: Q((f"{c}__in", n)), st.sampled_from(counts), st.lists(numbers)),
    st.builds(lambda c: Q((f"{c}__isnull", True)), st.sampled_from((*counts, *dates))),
    st.builds(
        lambda a, s, b: Q((f"{a}__{s}", F(b))),
        st.sampled_from(counts),
        signs,
        st.sampled_from(counts),
    ),
    st.builds(
        lambda s, n, m: Q((f"goods_amount__{s}", n * F("number_of_orders") - F("margin") + m)),
        signs,
        numbers,
        numbers,
    ),
    st.builds(lambda n, m: Q(sources__gt=n, sources=F("sources").bitand(m)), numbers, numbers),
)
trees = st.recursive(
    conditions,
    lambda below: st.one_of(
        st.builds(lambda a, b: a & b, below, below),
        st.builds(lambda a, b: a | b, below, below),
        st.builds(lambda a: ~a, below),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("fewest", [blocks.WORTH_SPREADING, 0])
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(condition=trees)
def test_any_condition_means_what_it_means_to_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch, fewest: int, condition: Q
) -> None:
    with workspace_scope(world.workspace):
        if not KeptTable.objects.in_workspace(world.workspace).exists():
            monkeypatch.setattr(blocks, "WORTH_SPREADING", fewest)
            keep_all(world, STATISTICS)
            [table] = KeptTable.objects.in_workspace(world.workspace)
            assert {each["by_contact"] for each in table.blocks} == {fewest > 0}
        make = LeafMake(lambda s: s.rows(ContactStatistics).filter(condition).values("contact_id"))
        scope = Scope(world.workspace, NOW)
        asked = asked_all({"it": make}, scope)
        assert wrong_ones(asked, {"it": make}, scope) == []


def test_numbers_too_large_are_left_to_the_database(world: World) -> None:
    large = LeafMake(
        lambda s: (
            s.rows(ContactStatistics)
            .filter(goods_amount__lt=2**50 * F("number_of_orders") * F("units"))
            .values("contact_id")
        )
    )
    with workspace_scope(world.workspace):
        keep_all(world, STATISTICS)
        scope = Scope(world.workspace, NOW)
        assert not starts_from_columns(asked_all({"it": large}, scope), {"it": large}, scope).held


def test_a_choice_that_is_none_is_told_from_all_others(world: World) -> None:
    with workspace_scope(world.workspace):
        some = Transaction.objects.in_workspace(world.workspace).first()
        assert some is not None
        Transaction.objects.in_workspace(world.workspace).filter(pk=some.pk).update(status="odd")
        keep_all(world, TRANSACTIONS)
        scope = Scope(world.workspace, NOW)
        every = {
            status: LeafMake(
                lambda s, status=status: (
                    s.rows(Transaction).filter(status__in=[status, "paid"]).values("contact_id")
                )
            )
            for status in (*TransactionStatus.values, "odd")
        }
        asked = asked_all(every, scope)
        assert starts_from_columns(asked, every, scope).held.keys() == set(TransactionStatus.values)
        assert wrong_ones(asked, every, scope) == []


def test_and_binds_more_than_or() -> None:
    sql = 'SELECT "t"."contact_id" FROM "t" WHERE "t"."a" = %s OR "t"."b" = %s AND NOT "t"."c"'
    (rows,) = rows_of(sql) or ()
    a, b = (Comparison("=", ColumnOf(name), Parameter(number)) for number, name in enumerate("ab"))
    assert rows.conditions == (Either((a, Every((b, Not(ColumnOf("c")))))),)


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "t"."contact_id" FROM "t"',
        'SELECT DISTINCT "t"."contact_id" FROM "t" WHERE "t"."a" = %s',
        'SELECT "t"."contact_id" FROM "t" WHERE "t"."a" = %s GROUP BY 1',
        'SELECT "t"."contact_id" FROM "t" WHERE "t"."a" LIKE %s',
        'SELECT "t"."contact_id" FROM "t" WHERE ("t"."a" = %s AND f("t"."b") = %s)',
        'SELECT "t"."contact_id" FROM "t" WHERE "t"."a" BETWEEN %s AND %s',
        'SELECT "t"."contact_id" FROM "t" INNER JOIN "u" ON ("t"."a" = "u"."a") WHERE "t"."a" = %s',
        'SELECT "t"."contact_id" FROM "t" WHERE CASE WHEN "t"."a" = %s THEN %s ELSE %s END',
        '(SELECT "t"."contact_id" FROM "t" WHERE "t"."a" = %s) UNION (SELECT "t"."contact_id"'
        ' FROM "t" WHERE "t"."a" = %s)',
        'SELECT "t"."contact_id" FROM "t" WHERE "t"."a" IN (SELECT "u"."a" FROM "u" WHERE "u"."b")',
        'SELECT "t"."contact_id" FROM "t" WHERE "u"."a" = %s',
        'SELECT "t"."contact_id" FROM "t" WHERE "t"."a" = %s; SELECT 1',
    ],
)
def test_what_is_not_understood_is_left_to_the_database(sql: str) -> None:
    assert rows_of(sql) is None


# --- What is written meanwhile -------------------------------------------------------------------


def test_who_was_written_about_since_is_asked_anew(world: World) -> None:
    workspace = world.workspace
    with workspace_scope(workspace):
        keep_all(world)
        scope, makes = Scope(workspace, NOW), makes_of(world)
        make_transaction(workspace, "c1", NOW - timedelta(days=3), lines=[line_item("900.00")])
        upsert(workspace, {"external_id": "somebody new"}, now=NOW)
        make_transaction(
            workspace, "somebody new", NOW - timedelta(days=2), lines=[line_item("9.00")]
        )
        erased = Contact.objects.in_workspace(workspace).get(external_id="c2")
        erase_contact(workspace=workspace, contact_id=erased.pk, now=NOW)
        asked = asked_all(makes, scope)
        assert wrong_ones(asked, makes, scope) == []


def test_columns_of_another_reading_are_not_taken(world: World) -> None:
    workspace = world.workspace
    with workspace_scope(workspace):
        keep_all(world, STATISTICS)
        first = tables_kept(workspace, [STATISTICS], as_of=NOW)[STATISTICS]
        make_transaction(workspace, "c1", NOW - timedelta(days=3), lines=[line_item("900.00")])
        KeptColumn.objects.in_workspace(workspace).update(snapshot="9:9:")
        with pytest.raises(Unanswerable):
            read_columns(workspace, first, [(0, CONTACT)])


def test_a_threshold_that_is_moved_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "PAST", timedelta(days=9999))
    monkeypatch.setattr(Held, "is_cheaper_patched", lambda self, contacts: True)
    shared._answered.clear()
    row = {"type": "transactions.number_of_orders", "operator": "at_least", "number": 2}
    with workspace_scope(world.workspace), override_settings(LEAF_SET_MIN_MICROSECONDS=0):
        keep_all(world, STATISTICS)
        makes = leaves_of(parse_tree(row, workspace=world.workspace), with_absence=False)
        for expected in (0, 1):
            found = current(makes, Scope(world.workspace, NOW))
            assert not found.unmeasured  # another threshold is as quick
            kept = LeafSet.objects.in_workspace(world.workspace).exclude(name=UNIVERSE)
            assert kept.count() == expected


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=40), timedelta(seconds=-40)])
def test_another_threshold_is_answered_from_the_numbers_that_were_combined(
    world: World, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    """Also when rows have come into the window and left it since, or facts were written."""
    workspace, asked = world.workspace, Scope(world.workspace, NOW)
    monkeypatch.setattr(Held, "is_cheaper_patched", lambda self, contacts: True)
    combined, combine = [], _Answers._combined
    monkeypatch.setattr(
        _Answers, "_combined", lambda self, *args: combined.append(1) or combine(self, *args)
    )
    for days in (90, 0):
        for seconds in (-20, 20):
            at = NOW - timedelta(days=days) + timedelta(seconds=seconds)
            for _ in range(2):
                make_transaction(workspace, f"edge {days} {seconds}", at, lines=[line_item("9.00")])
    with workspace_scope(workspace):
        keep_all(world, TRANSACTIONS)
        first = number_in_window(5)
        assert members_by_columns(first, asked) == members(first, asked)
        make_transaction(workspace, "c1", NOW - timedelta(days=3), lines=[line_item("900.00")])
        scope = asked.at(NOW + later)
        for number in (2, 3, 4):
            for operator in ("at_least", "exactly", "at_most"):
                row = number_in_window(number, operator)
                assert members_by_columns(row, scope) == members(row, scope), row
        assert len(combined) == 1
        numbers = number_in_window(2)
        assert (members(numbers, scope) == members(numbers, asked)) == (not later)


def number_in_window(number: int, operator: str = "at_least") -> dict[str, Any]:
    return {
        "type": "transactions.bought",
        "operator": operator,
        "number": number,
        "window": LATELY,
    }


def members_by_columns(row: dict[str, Any], scope: Scope) -> ContactSet:
    makes = leaves_of(parse_tree(row, workspace=scope.workspace), with_absence=False)
    asked = asked_all(makes, scope)
    [name] = set(makes) - {UNIVERSE}
    held = starts_from_columns(asked, makes, scope).held
    assert name in held
    return bring(asked, held, scope).held[name].members


def members(row: dict[str, Any], scope: Scope) -> ContactSet:
    """As the database says."""
    makes = leaves_of(parse_tree(row, workspace=scope.workspace), with_absence=False)
    [name] = set(makes) - {UNIVERSE}
    return fetch_sets({name: makes[name](scope)}, scope)[name]


def test_no_more_is_read_at_once_than_fits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "MOST_READ", 1_000)
    with workspace_scope(world.workspace):
        keep_all(world)
        scope, makes = Scope(world.workspace, NOW), makes_of(world)
        asked = asked_all(makes, scope)
        assert len(starts_from_columns(asked, makes, scope).held) < 60
        assert wrong_ones(asked, makes, scope) == []


def test_small_shops_are_asked_of_the_database(world: World) -> None:
    with override_settings(KEPT_TABLES_FROM_CONTACTS=10_000), workspace_scope(world.workspace):
        keep_all(world)
        scope, makes = Scope(world.workspace, NOW), makes_of(world)
        starts = starts_from_columns(asked_all(makes, scope), makes, scope)
        assert not starts.held
        assert not starts.outdated


def test_a_table_too_large_is_not_kept(world: World) -> None:
    with override_settings(KEPT_TABLE_MEGABYTES=0), workspace_scope(world.workspace):
        assert not keep_table(workspace=world.workspace, name=TRANSACTIONS, as_of=NOW)
        assert not KeptColumn.objects.in_workspace(world.workspace).exists()


def test_tables_read_long_ago_are_forgotten(world: World) -> None:
    workspace = world.workspace
    with workspace_scope(workspace):
        keep_all(world)
        forget_old_tables(workspace=workspace, now=NOW + MOST_AGE)
        assert KeptTable.objects.in_workspace(workspace).count() == len(TABLES)
        forget_old_tables(workspace=workspace, now=NOW + MOST_AGE + timedelta(seconds=1))
        assert not KeptTable.objects.in_workspace(workspace).exists()
        assert not KeptColumn.objects.in_workspace(workspace).exists()


def test_an_answer_has_a_worker_read_what_it_missed_once(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    where = {"type": "transactions.number_of_orders", "operator": "at_least", "number": 2}
    with workspace_scope(world.workspace):
        for expected in (1, 0):
            with django_capture_on_commit_callbacks() as sent:
                answer = evaluating.evaluate_where(
                    workspace=world.workspace, where=where, as_of=NOW
                )
            assert answer.evaluation.outdated == {STATISTICS}
            assert len(sent) == expected
    names, now = [STATISTICS, "no such table"], timezone.now()
    for asked in (now - timedelta(hours=1), now):
        tasks.keep_tables(workspace_id=world.workspace.pk, tables=names, as_of=asked.isoformat())
        with workspace_scope(world.workspace):
            kept = KeptTable.objects.in_workspace(world.workspace)
            assert kept.exists() == (asked == now)  # not for a question about long ago
    with workspace_scope(world.workspace):
        [kept] = KeptTable.objects.in_workspace(world.workspace)
        assert kept.table == STATISTICS
        assert kept.size > 0
