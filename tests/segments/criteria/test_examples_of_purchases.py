"""Every example of these families: valid, spoken, shown, answered alike alone and together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contacts.models import Contact
from segments.criteria.base import Criterion, Family, all_criteria
from segments.criteria.forms import criterion_form
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree, to_document
from segments.engine.evaluation import members_of
from segments.sentence import sentence_of
from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.tracking import make_visit
from tests.makers.transactions import line_item, make_product, make_refund, make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

OURS = (Family.TRANSACTIONS, Family.STATISTICS, Family.RANKS)
CRITERIA = [pytest.param(cls, id=cls.key) for cls in all_criteria() if cls.family in OURS]


@made_once
def shop() -> Workspace:
    shop = make_workspace()
    make_product(shop, "P-1", brand="Nordica", category="Ski boots", accessories=["P-2"])
    make_product(shop, "P-2", brand="Salewa", category="Jackets")
    for number in range(12):
        name = f"c{number}"
        make_contact(shop, name, now=NOW - timedelta(days=900))
        if number % 3 == 0:
            make_visit(shop, name, NOW - timedelta(days=number + 1), channel="paid_search")
        for order in range(number % 5):
            product = "P-1" if (number + order) % 2 else "P-2"
            line = line_item(
                f"{10 * (number + order + 1)}.00",
                product=product,
                quantity=order + 1,
                cost="8.00",
                properties={"size": str(40 + number)},
            )
            make_transaction(
                shop,
                name,
                NOW - timedelta(days=2 + 11 * order * number),
                lines=[line],
                external_id=f"{name}-{order}",
                coupon="NARTY10" if order == 1 else "",
                kind="cart" if order == 3 else "purchase",
                source={"channel": "email"} if order == 2 else None,
            )
    make_refund(
        shop,
        "c8-1",
        NOW - timedelta(days=1),
        lines=[{"line": 1, "quantity": 2, "amount": "100.00"}],
    )
    return shop


@pytest.mark.parametrize("cls", CRITERIA)
def test_the_examples(shop: Workspace, cls: type[Criterion]) -> None:
    with workspace_scope(shop):
        for example in cls.examples:
            check_example(shop, {"type": cls.key, **example})


def check_example(shop: Workspace, where: dict[str, Any]) -> None:
    tree = parse_tree(where, workspace=shop)
    assert to_document(tree.root) == where
    said = sentence_of(tree, shop.base_currency)
    for value in _plain_values(where):
        assert value in said, said
    everybody = set(Contact.objects.in_workspace(shop).values_list("pk", flat=True))
    scope = Scope(shop, NOW)
    found = set(members_of(tree, scope).ids())
    complement = parse_tree({"not": where}, workspace=shop)
    assert set(members_of(complement, scope).ids()) == everybody - found
    for contact_id in sorted(everybody)[:4]:
        alone = members_of(tree, scope.only([contact_id])).ids()
        assert set(alone) == found & {contact_id}


def _plain_values(value: Any, name: str = "") -> list[str]:
    """Numbers and free texts of a document; what has a label of its own is said by it."""
    labelled = {"type", "field", "operator", "window", "than", "statuses", "channels"}
    if isinstance(value, dict):
        return [
            v
            for key, each in value.items()
            if key not in labelled
            for v in _plain_values(each, key)
        ]
    if isinstance(value, list):
        return [v for each in value for v in _plain_values(each, name)]
    if isinstance(value, int | float):
        return [f"{value:,g}"]
    return [value] if name in ("values", "amount", "upper", "value", "property") else []


@pytest.mark.parametrize("cls", CRITERIA)
def test_a_form_has_every_field_of_its_phrase(cls: type[Criterion]) -> None:
    form = criterion_form(cls)
    shown = {part["field"] for part in form["parts"] if "field" in part}
    assert shown == set(form["fields"])
