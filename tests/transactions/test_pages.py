"""Pages about products, transactions and kinds of activities."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.makers.tracking import make_activity
from tests.makers.transactions import (
    line_item,
    make_product,
    make_refund,
    make_transaction,
)
from tests.makers.workspaces import make_member, make_workspace
from tracking.models import ActivityKind
from transactions.models import ProductAccessory
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


class Browser:
    """A signed-in member of a workspace."""

    def __init__(self, workspace: Workspace, role: str = Role.MARKETER) -> None:
        self.workspace = workspace
        self.client = Client()
        self.client.force_login(make_member(workspace, role).user)

    def get(self, name: str, *args, **query) -> str:
        answer = self.client.get(reverse(name, args=[self.workspace.pk, *args]), query)
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def post(self, name: str, *args, **data):
        return self.client.post(reverse(name, args=[self.workspace.pk, *args]), data)


@pytest.fixture
def shop() -> Workspace:
    workspace = make_workspace()
    make_product(workspace, "boots", name="Winter boots", brand="Nordica", price="99.90", now=NOW)
    make_product(workspace, "wax", name="Wax", in_stock=False, now=NOW)
    for who in ("ann", "bob"):
        make_transaction(
            workspace,
            who,
            NOW - DAY,
            lines=[line_item("40.00", product="boots", quantity=2, properties={"size": "42"})],
            external_id=f"order-{who}",
            now=NOW,
        )
    make_refund(workspace, "order-bob", NOW - DAY / 2, "15.00", now=NOW)
    return workspace


@pytest.mark.parametrize(
    "page", ["transactions:products", "transactions:brands", "transactions:list", "tracking:kinds"]
)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.MARKETER])
def test_pages_open_with_and_without_data(shop, page, role):
    for workspace in (shop, make_workspace("Empty")):
        said = Browser(workspace, role).get(page)
        assert said.count("<h1") == 1
        assert "style=" not in said


def test_products_are_searched_and_show_what_was_sold(shop):
    browser = Browser(shop)

    said = browser.get("transactions:products", search="WINTER")
    assert "Winter boots" in said
    assert "Wax" not in said
    assert '<td class="r" data-label="Sold">4</td>' in said
    assert '<td class="r" data-label="Buyers">2</td>' in said
    assert "Winter boots" not in browser.get("transactions:products", in_stock="false")
    assert "65.00" in browser.get("transactions:brands")


def test_a_product_shows_its_buyers_and_takes_accessories(shop):
    browser = Browser(shop)
    with workspace_scope(shop):
        from transactions.models import Product

        boots = Product.objects.get(external_id="boots")
        wax = Product.objects.get(external_id="wax")
    assert "None yet" in browser.get("transactions:product-card", boots.pk)

    browser.post("transactions:accessories", boots.pk, add="wax")
    assert "wax" in browser.get("transactions:product-card", boots.pk)
    browser.post("transactions:accessories", boots.pk, remove=str(wax.pk))
    with workspace_scope(shop):
        assert not ProductAccessory.objects.exists()

    viewer = Browser(shop, Role.VIEWER)
    assert viewer.post("transactions:accessories", boots.pk, add="wax").status_code == 403


def test_a_transaction_shows_what_was_known_when(shop):
    browser = Browser(shop)
    said = browser.get("transactions:list", external_id="order-bob")
    assert "order-bob" in said
    assert "order-ann" not in said
    assert "order-bob" not in browser.get("transactions:list", status="pending")

    bought = make_transaction(shop, "cyd", NOW - DAY, "20.00", external_id="order-cyd", now=NOW)
    make_refund(shop, bought, NOW - DAY / 2, "5.00", now=NOW)
    card = browser.get("transactions:card", bought.root_id)
    assert "20.00" in card
    assert "15.00" in card
    assert "the beginning" in card


def test_another_workspaces_cards_are_not_there(shop):
    stranger = Browser(make_workspace("Other"))
    bought = make_transaction(shop, "ann", NOW - DAY, "1.00", now=NOW)
    product = make_product(shop, now=NOW)
    for name, pk in (("card", bought.pk), ("product-card", product.pk)):
        path = reverse(f"transactions:{name}", args=[stranger.workspace.pk, pk])
        assert stranger.client.get(path).status_code == 404


def test_kinds_are_declared_changed_and_deleted(shop):
    browser = Browser(shop)
    browser.post(
        "tracking:kinds", label="Survey", key="survey", parameters="score number\ncity: text"
    )
    assert "score" in browser.get("tracking:kinds")
    with workspace_scope(shop):
        kind = ActivityKind.objects.get(key="survey")
    bad = browser.post("tracking:kinds", label="X", key="x", parameters="score imaginary")
    assert "imaginary" in bad.content.decode()

    browser.post("tracking:kind", kind.pk, label="Answered a survey")
    make_activity(shop, "ann", "survey", NOW - DAY, now=NOW)
    browser.post("tracking:kind-delete", kind.pk)
    said = browser.get("tracking:kinds")
    assert "Answered a survey" in said
    assert "something was recorded of it" in said
