from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from contacts.models import Contact
from contacts.services import erase_contact
from segments.compiler import compile_tree
from segments.criteria.ranks import RFM_GROUPS
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import members_of
from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.segments import errors_of, names, sentence
from tests.makers.tracking import make_visit
from tests.makers.transactions import line_item, make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def ago(days: float = 0) -> datetime:
    return NOW - timedelta(days=days)


def top(by: str, **more: Any) -> dict[str, Any]:
    return {"type": "ranks.top", "by": by, **more}


def top_percent(by: str, percent: float, **more: Any) -> dict[str, Any]:
    return top(by, unit="percent", percent=percent, **more)


@made_once
def shop() -> Workspace:
    """Spent: a 100 in one, b 90 in three, c and d 50 each, e nothing."""
    shop = make_workspace()
    for name in "abcde":
        make_contact(shop, name, now=ago(800))
    make_transaction(shop, "a", ago(100), lines=[line_item("100.00", cost="99.00")])
    for days in (10, 20, 30):
        make_transaction(shop, "b", ago(days), lines=[line_item("30.00", cost="10.00")])
    make_transaction(shop, "c", ago(5), "50.00")
    make_transaction(shop, "d", ago(7), "50.00")
    for name, visits in {"e": 3, "a": 1}.items():
        for number in range(visits):
            make_visit(shop, name, ago(number + 1))
    return shop


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (top("amount_spent", number=1), {"a"}),
        (top("amount_spent", number=3), {"a", "b", "c"}),
        (top("amount_spent", number=100), {"a", "b", "c", "d"}),
        (top("amount_spent", number=1, window={"last": 60, "unit": "days"}), {"b"}),
        (top("amount_spent", number=1, direction="bottom"), {"c"}),
        (top("amount_spent", number=3, direction="bottom"), {"b", "c", "d"}),
        (top("number_of_orders", number=1), {"b"}),
        (top("average_order", number=3), {"a", "c", "d"}),
        (top("margin", number=1), {"b"}),
        (top("margin", number=9), {"a", "b"}),
        (top("last_purchase", number=2), {"c", "d"}),
        (top("last_purchase", number=1, direction="bottom"), {"a"}),
        (top("visits", number=1), {"e"}),
        (top("visits", number=9), {"a", "e"}),
        (top_percent("amount_spent", 25), {"a"}),
        (top_percent("amount_spent", 26), {"a", "b"}),
        (top_percent("amount_spent", 1), {"a"}),
        (top_percent("amount_spent", 100), {"a", "b", "c", "d"}),
        (top_percent("amount_spent", 50, direction="bottom"), {"c", "d"}),
    ],
)
def test_top_and_bottom(shop: Workspace, tree: dict[str, Any], expected: set[str]) -> None:
    assert names(shop, tree) == expected


def test_only_contacts_with_the_statistic_are_ranked(shop: Workspace) -> None:
    """23: with "e" at 0 the lowest by money would be who never bought."""
    assert names(shop, top("amount_spent", number=1, direction="bottom")) == {"c"}
    assert names(shop, {"not": top("amount_spent", number=9)}) == {"e"}


def test_ties_break_by_contact_id(shop: Workspace) -> None:
    """23: c and d spent the same; left to chance, the third place would change by itself."""
    assert names(shop, top("amount_spent", number=3)) == {"a", "b", "c"}
    assert names(shop, top("amount_spent", number=1, direction="bottom")) == {"c"}


def test_asking_about_some_contacts_ranks_everybody(shop: Workspace) -> None:
    """Ranking only those asked about, everybody would be at the top when asked alone."""
    with workspace_scope(shop):
        ids = dict(Contact.objects.in_workspace(shop).values_list("external_id", "pk"))
        for where in (top("amount_spent", number=2), top_percent("average_order", 50)):
            tree = parse_tree(where, workspace=shop)
            everybody = set(members_of(tree, Scope(shop, NOW)).ids())
            for contact_id in ids.values():
                scope = Scope(shop, NOW).only([contact_id])
                assert set(members_of(tree, scope).ids()) == everybody & {contact_id}
                compiled = compile_tree(tree, scope).values_list("pk", flat=True)
                assert set(compiled) == everybody & {contact_id}


def test_erased_contacts_take_no_place(shop: Workspace) -> None:
    """Their transactions stay for the sums; ranked, "a" would still be the first."""
    with workspace_scope(shop):
        first = Contact.objects.in_workspace(shop).get(external_id="a")
    erase_contact(workspace=shop, contact_id=first.pk, now=NOW)
    assert names(shop, top("amount_spent", number=1)) == {"b"}


def test_ranks_of_the_past(shop: Workspace) -> None:
    assert names(shop, top("amount_spent", number=1), as_of=ago(15)) == {"a"}
    assert names(shop, top("last_purchase", number=1), as_of=ago(15)) == {"b"}


def test_a_rank_needs_its_number(shop: Workspace) -> None:
    assert [error.path for error in errors_of(shop, top("margin"))] == ["$.where.number"]
    both = top("margin", number=5, percent=5)
    assert [error.path for error in errors_of(shop, both)] == ["$.where.percent"]


def test_the_sentence_of_a_rank(shop: Workspace) -> None:
    assert sentence(shop, top_percent("amount_spent", 12.5)) == (
        "People who are among the highest 12.5 per cent by amount spent ever."
    )


# --- Recency, frequency, money --------------------------------------------------------------


def rfm(**more: Any) -> dict[str, Any]:
    return {"type": "ranks.rfm", **more}


@made_once
def ten() -> Workspace:
    """c0 bought last and most often; c9 longest ago and once, but for the most money."""
    shop = make_workspace()
    for number in range(10):
        make_contact(shop, f"c{number}", now=ago(800))
    for number in range(10):
        for order in range(10 - number):
            amount = f"{(number + 1) ** 4}.00"
            make_transaction(shop, f"c{number}", ago(1 + number * 20 + order), amount)
    make_contact(shop, "nobody", now=ago(800))
    return shop


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (rfm(recency=["5"]), {"c0", "c1"}),
        (rfm(recency=["1", "2"]), {"c6", "c7", "c8", "c9"}),
        (rfm(frequency=["5"]), {"c0", "c1"}),
        (rfm(frequency=["3"]), {"c4", "c5"}),
        (rfm(monetary=["5"]), {"c7", "c8"}),
        (rfm(monetary=["1"]), {"c0", "c1"}),
        (rfm(recency=["1"], monetary=["4", "5"]), {"c8", "c9"}),
        (rfm(groups=["champions"]), {"c0", "c1"}),
        (rfm(groups=["loyal"]), {"c2", "c3"}),
        (rfm(groups=["need_attention"]), {"c4", "c5"}),
        (rfm(groups=["hibernating", "champions"]), {"c0", "c1", "c6", "c7", "c8", "c9"}),
        (rfm(groups=["hibernating"], monetary=["5"]), {"c7", "c8"}),
        (rfm(groups=["at_risk"]), set()),
        (rfm(recency=["5"], window={"older_than": 100, "unit": "days"}), {"c5"}),
    ],
)
def test_rfm(ten: Workspace, tree: dict[str, Any], expected: set[str]) -> None:
    assert names(ten, tree) == expected


def test_every_buyer_is_in_exactly_one_group(ten: Workspace) -> None:
    for recency in range(1, 6):
        for frequency in range(1, 6):
            fitting = [g for g, (r, f) in RFM_GROUPS.items() if recency in r and frequency in f]
            assert len(fitting) == 1, (recency, frequency)
    found = [name for group in RFM_GROUPS for name in names(ten, rfm(groups=[group.value]))]
    assert sorted(found) == [f"c{number}" for number in range(10)]


def test_rfm_needs_a_group_or_a_score(ten: Workspace) -> None:
    assert [error.path for error in errors_of(ten, rfm())] == ["$.where.groups"]


def test_the_sentence_of_rfm(ten: Workspace) -> None:
    assert sentence(ten, rfm(groups=["champions", "loyal"], monetary=["4", "5"])) == (
        "People who are champions or loyal with money 4 or 5 of the buyers ever."
    )
