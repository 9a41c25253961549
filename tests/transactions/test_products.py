"""Products: the latest word wins, accessories in any order, variants, brands by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.makers.transactions import make_product, products
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import Brand, Product, ProductAccessory, ProductVariant
from transactions.services import change_accessories
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def statuses(results: list) -> list[str]:
    return [result.status.value for result in results]


def read(workspace: Workspace, external_id: str) -> Product:
    with workspace_scope(workspace):
        return Product.objects.select_related("brand").get(external_id=external_id)


def accessories(workspace: Workspace, external_id: str) -> set[str]:
    with workspace_scope(workspace):
        links = ProductAccessory.objects.filter(product__external_id=external_id)
        return set(links.values_list("accessory__external_id", flat=True))


def test_fields_that_are_not_named_stay_and_null_takes_a_value_away(shop):
    make_product(shop, "boots", brand="Nordica", price="99.90", url="https://shop.example/boots")
    changed = products(shop, {"external_id": "boots", "in_stock": False}, now=NOW + DAY)
    assert statuses(changed) == ["updated"]
    product = read(shop, "boots")
    assert (product.brand.name, product.price, product.is_in_stock) == ("Nordica", 9990, False)

    products(shop, {"external_id": "boots", "brand": None, "price": None}, now=NOW + DAY)
    product = read(shop, "boots")
    assert (product.brand_id, product.price, product.name) == (None, None, "Boots")


def test_the_latest_updated_at_wins(shop):
    item = {"external_id": "boots", "name": "New name", "updated_at": NOW.isoformat()}
    old = item | {"name": "Old name", "updated_at": (NOW - DAY).isoformat()}

    assert statuses(products(shop, item, old, item)) == ["created", "duplicate", "duplicate"]
    assert read(shop, "boots").name == "New name"


def test_sent_again_nothing_changes(shop):
    item = {
        "external_id": "boots",
        "name": "Boots",
        "brand": "Nordica",
        "variants": [{"external_id": "boots-42", "name": "42"}],
        "accessories": ["wax"],
    }
    assert statuses(products(shop, item)) == ["created"]
    assert statuses(products(shop, item, now=NOW + DAY)) == ["duplicate"]
    assert statuses(products(shop, item | {"accessories": []}, now=NOW + DAY)) == ["updated"]
    renamed = item | {"accessories": [], "variants": [{"external_id": "boots-42", "name": "XL"}]}
    assert statuses(products(shop, renamed, now=NOW + DAY)) == ["updated"]
    with workspace_scope(shop):
        assert ProductVariant.objects.get().name == "XL"


def test_accessories_may_come_later_in_the_batch_or_in_another_one(shop):
    results = products(
        shop,
        {"external_id": "boots", "name": "Boots", "accessories": ["wax", "laces", "boots"]},
        {"external_id": "wax", "name": "Wax", "brand": "Gliss"},
    )
    assert statuses(results) == ["created", "created"]
    assert accessories(shop, "boots") == {"wax", "laces"}

    later = products(shop, {"external_id": "laces", "name": "Laces"})
    assert statuses(later) == ["updated"]
    assert read(shop, "laces").name == "Laces"


def test_brands_are_found_whatever_their_case(shop):
    make_product(shop, "a", brand="Żółw")
    make_product(shop, "b", brand="ŻÓŁW ")

    with workspace_scope(shop):
        assert Brand.objects.get().name == "Żółw"


def test_a_new_product_needs_a_name_and_exact_money(shop):
    results = products(
        shop,
        {"external_id": "a"},
        {"external_id": "b", "name": "B", "price": "1.005"},
        {"external_id": "c", "name": "C", "price": "1005", "currency": "JPY"},
    )

    assert statuses(results) == ["error", "error", "created"]
    assert [result.errors[0].path for result in results[:2]] == ["$.name", "$.price"]
    assert read(shop, "c").price == 1005


def test_accessories_are_changed_by_hand(shop):
    boots, wax = make_product(shop, "boots"), make_product(shop, "wax")
    change_accessories(workspace=shop, product_id=boots.pk, accessory_ids=[wax.pk, boots.pk])
    assert accessories(shop, "boots") == {"wax"}

    other = make_product(make_workspace("Other"), "theirs")
    with pytest.raises(Product.DoesNotExist):
        change_accessories(workspace=shop, product_id=boots.pk, accessory_ids=[other.pk])
