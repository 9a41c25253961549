"""The rows of a generated shop, table by table, as the services would have written them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contacts.models import (
    AttributeValue,
    Contact,
    ContactTag,
    Tag,
    contact_id_of,
)
from contacts.text import key_of, normalise
from tests.bench import names
from tests.bench.bulk import Rows
from tests.bench.encode import Coded, Numbered, One, Sometimes, Values
from tests.bench.generate import BRAND_COUNT, CATEGORY_COUNT, PAGE_COUNT, SECOND, TAG_COUNT, Shop
from tracking.models import Activity, Message, MessageEvent, PageView, Visit
from transactions.models import BEGINNING as VALID_FROM_THE_BEGINNING
from transactions.models import (
    Brand,
    LineItem,
    Product,
    ProductCategory,
    Transaction,
)
from workspaces.models import Workspace
from workspaces.tenancy import WorkspaceModel

CURRENCY = "EUR"
FROM_THE_BEGINNING = int(VALID_FROM_THE_BEGINNING.timestamp()) * SECOND
MODELS: tuple[type[WorkspaceModel], ...] = (
    *(Contact, AttributeValue, Tag, ContactTag, Brand, ProductCategory, Product),
    *(Visit, PageView, Activity, Message, MessageEvent, Transaction, LineItem),
)


@dataclass(frozen=True)
class Loaded:
    """A stored shop: its workspace, and our ids where its arrays have positions from 0."""

    workspace: Workspace
    shop: Shop
    first_ids: Mapping[type[WorkspaceModel], int]
    attributes: Mapping[str, int]
    kinds: Mapping[str, int]

    def contacts(self, numbers: Any) -> Any:
        """Contact ids."""
        return contact_id_of(self.workspace, numbers.astype(np.int64))

    def ids(self, model: type[WorkspaceModel], positions: Any) -> Any:
        return self.first_ids[model] + positions.astype(np.int64)


def _rows(model: type[WorkspaceModel], rows: int, /, **columns: Values) -> Rows:
    return Rows(model._meta.db_table, columns, rows)


# --- Contacts -----------------------------------------------------------------------------------


def _contacts(each: Loaded) -> list[Rows]:
    numbers = np.arange(1, each.shop.size + 1)
    known = each.shop.contacts["known"]
    return [
        _rows(
            Contact,
            each.shop.size,
            id=each.contacts(numbers),
            external_id=Numbered("c", numbers),
            email="",
            email_key="",
            phone="",
            first_name="",
            last_name="",
            time_zone="",
            known_since=known,
            created_at=known,
            created_by="import",
        )
    ]


def _attribute_values(each: Loaded) -> list[Rows]:
    """City and gender, where they are known; then the score."""
    contacts = each.shop.contacts
    cities = [names.city_name(code) for code in range(int(contacts["city"].max()) + 1)]
    parts: list[Rows] = []
    for key, texts in (("city", cities), ("gender", list(names.GENDERS))):
        [present] = np.nonzero(contacts[key] >= 0)
        codes = contacts[key][present]
        normal = [normalise(text) for text in texts]
        parts.append(
            _values_of(
                each,
                key,
                present,
                text=Coded(codes, texts),
                text_key=Coded(codes, [key_of(text) for text in normal]),
                text_norm=Coded(codes, normal),
                number=None,
            )
        )
    [scored] = np.nonzero(~np.isnan(contacts["score"]))
    score = contacts["score"][scored]
    parts.append(
        _values_of(each, "score", scored, text=None, text_key=None, text_norm=None, number=score)
    )
    return parts


def _values_of(each: Loaded, key: str, present: Any, **values: Values) -> Rows:
    known = each.shop.contacts["known"][present]
    return _rows(
        AttributeValue,
        len(present),
        attribute_id=each.attributes[key],
        contact_id=each.contacts(present + 1),
        slot="",
        observed_at=known,
        valid_from=known,
        **values,
    )


def _tags(each: Loaded) -> list[Rows]:
    keys = [names.tag_key(code) for code in range(TAG_COUNT)]
    codes = np.arange(TAG_COUNT)
    return [_rows(Tag, TAG_COUNT, key=Coded(codes, keys), name=Coded(codes, keys))]


def _contact_tags(each: Loaded) -> list[Rows]:
    tags = each.shop.tags
    return [
        _rows(
            ContactTag,
            len(tags["at"]),
            tag_id=each.ids(Tag, tags["tag"]),
            contact_id=each.contacts(tags["contact"]),
            source="import",
            valid_from=tags["at"],
        )
    ]


# --- Products -----------------------------------------------------------------------------------


def _brands(each: Loaded) -> list[Rows]:
    return [_named(Brand, [names.brand_name(code) for code in range(BRAND_COUNT)])]


def _categories(each: Loaded) -> list[Rows]:
    return [_named(ProductCategory, [f"Category {code:02}" for code in range(CATEGORY_COUNT)])]


def _named(model: type[WorkspaceModel], texts: list[str]) -> Rows:
    codes = np.arange(len(texts))
    keys = [key_of(normalise(text)) for text in texts]
    return _rows(model, len(texts), key=Coded(codes, keys), name=Coded(codes, texts))


def _products(each: Loaded) -> list[Rows]:
    products = each.shop.products
    codes = np.arange(len(products["price"]))
    added = int(each.shop.visits["at"][0])
    return [
        _rows(
            Product,
            len(codes),
            external_id=Numbered("P-", codes, 5),
            name=Numbered("Product ", codes, 5),
            name_key=Numbered("product ", codes, 5),
            brand_id=each.ids(Brand, products["brand"]),
            category_id=each.ids(ProductCategory, products["category"]),
            currency=CURRENCY,
            price=products["price"],
            url="",
            image_url="",
            is_in_stock=True,
            added_at=added,
            updated_at=added,
        )
    ]


# --- What contacts did, and what was done to them -----------------------------------------------


def _fact(each: Loaded, table: Mapping[str, Any], prefix: str) -> dict[str, Values]:
    """What every fact has; it was received when it happened."""
    return {
        "external_id": Numbered(prefix, np.arange(len(table["at"]))),
        "occurred_at": table["at"],
        "received_at": table["at"],
        "is_clamped": False,
        "contact_id": each.contacts(table["contact"]),
    }


def _utm(channel: Any, campaign: Any) -> dict[str, Values]:
    """Source and medium of visits that came through a campaign."""
    numbers = names.TAGGED_CHANNELS
    source = ["", *names.UTM_SOURCES]
    of_channel = [numbers.index(name) + 1 if name in numbers else 0 for name in names.CHANNELS]
    codes = np.where(campaign > 0, np.array(of_channel)[channel], 0)
    keys = [names.campaign_key(code) for code in range(int(campaign.max(initial=0)) + 1)]
    return {
        "utm_source": Coded(codes, source),
        "utm_medium": Coded(codes, ["", *numbers]),
        "utm_campaign": Coded(campaign, keys),
    }


def _visits(each: Loaded) -> list[Rows]:
    visits = each.shop.visits
    return [
        _rows(
            Visit,
            len(visits["at"]),
            **_fact(each, visits, "v"),
            **_utm(visits["channel"], visits["campaign"]),
            content_number=0,
            duration=visits["duration"],
            ended_at=visits["at"] + visits["duration"].astype(np.int64) * SECOND,
            channel=Coded(visits["channel"], names.CHANNELS),
            is_paid=np.array(names.IS_PAID)[visits["channel"]],
            utm_term="",
            utm_content="",
            click_id="",
            referrer_host="",
            landing_page="shop.example/",
            device=Coded(visits["device"], names.DEVICES),
            country=Coded(visits["country"], names.COUNTRIES),
            pages=visits["pages"],
        )
    ]


def _page_views(each: Loaded) -> list[Rows]:
    """Views of products, then of other pages."""
    views = each.shop.page_views
    pages = [names.page_address(code) for code in range(PAGE_COUNT)]
    shows_product = views["product"] >= 0
    parts = []
    for chosen in (np.nonzero(shows_product)[0], np.nonzero(~shows_product)[0]):
        is_product = bool(len(chosen)) and bool(shows_product[chosen[0]])
        product = views["product"][chosen]
        page: Values = (
            Numbered("shop.example/p/", product, 5)
            if is_product
            else Coded(views["page"][chosen], pages)
        )
        parts.append(
            _rows(
                PageView,
                len(chosen),
                visit_id=each.ids(Visit, views["visit"][chosen]),
                contact_id=each.contacts(views["contact"][chosen]),
                occurred_at=views["at"][chosen],
                position=views["position"][chosen],
                page=page,
                page_key=page,
                product_key=Numbered("P-", product, 5) if is_product else "",
            )
        )
    return parts


def _activities(each: Loaded) -> list[Rows]:
    activities = each.shop.activities
    kinds = np.array([each.kinds[key] for key in names.ACTIVITY_KINDS])
    return [
        _rows(
            Activity,
            len(activities["at"]),
            **_fact(each, activities, "a"),
            content_number=0,
            kind_id=kinds[activities["kind"]],
        )
    ]


def _messages(each: Loaded) -> list[Rows]:
    messages = each.shop.messages
    return [
        _rows(
            Message,
            len(messages["at"]),
            contact_id=each.contacts(messages["contact"]),
            channel="email",
            campaign_key=Numbered("send-", messages["send"], 4),
            external_id=Numbered("m", np.arange(len(messages["at"]))),
            subject="",
            sent_at=messages["at"],
            content_number=0,
        )
    ]


def _message_events(each: Loaded) -> list[Rows]:
    events, messages = each.shop.message_events, each.shop.messages
    return [
        _rows(
            MessageEvent,
            len(events["at"]),
            **_fact(each, events, "e"),
            content_number=0,
            message_id=each.ids(Message, events["message"]),
            channel="email",
            campaign_key=Numbered("send-", messages["send"][events["message"]], 4),
            kind=Coded(events["kind"], names.MESSAGE_EVENTS),
            is_machine=events["is_machine"],
            link="",
        )
    ]


# --- What contacts bought -----------------------------------------------------------------------


def _version(each: Loaded, chosen: Any) -> dict[str, Values]:
    """What a version says of itself, on the transaction and on each of its lines."""
    table = {name: column[chosen] for name, column in each.shop.transactions.items()}
    return {
        "contact_id": each.contacts(table["contact"]),
        "occurred_at": table["at"],
        "version_from": FROM_THE_BEGINNING,
        "kind": Coded(table["kind"], names.KINDS),
        "status": Coded(table["status"], names.STATUSES),
        "channel": Coded(table["channel"], names.CHANNELS),
        "is_paid_channel": np.array(names.IS_PAID)[table["channel"]],
        "coupon": "",
        "sales_channel": "",
    }


def _transactions(each: Loaded) -> list[Rows]:
    table = each.shop.transactions
    number = len(table["at"])
    positions = np.arange(number)
    visit = table["visit"]
    amount = table["amount"]
    return [
        _rows(
            Transaction,
            number,
            **_version(each, slice(None)),
            **_utm(table["channel"], table["campaign"]),
            external_id=Numbered("t", positions),
            root_id=each.ids(Transaction, positions),
            received_at=table["at"],
            is_clamped=False,
            stated_at=table["at"],
            stated_status=Coded(table["status"], names.STATUSES),
            converted_to="",
            goods_amount=amount,
            shipping_amount=0,
            total_amount=amount,
            refunded_amount=0,
            refunded_shipping_amount=0,
            currency=CURRENCY,
            rate=One(),
            original_goods_amount=amount,
            original_shipping_amount=0,
            is_source_given=(visit < 0) & (table["channel"] != names.UNKNOWN),
            visit_id=Sometimes(each.ids(Visit, visit), visit >= 0),
            content_hash="",
        )
    ]


def _lines(each: Loaded) -> list[Rows]:
    lines, products = each.shop.lines, each.shop.products
    of = lines["transaction"]
    return [
        _rows(
            LineItem,
            len(of),
            **_version(each, of),
            transaction_id=each.ids(Transaction, of),
            root_id=each.ids(Transaction, of),
            line_number=lines["number"],
            product_id=each.ids(Product, lines["product"]),
            brand_id=each.ids(Brand, products["brand"][lines["product"]]),
            category_id=each.ids(ProductCategory, products["category"][lines["product"]]),
            name="",
            quantity=lines["quantity"].astype(np.int64) * 1000,
            amount=lines["amount"],
            refunded_quantity=0,
            refunded_amount=0,
            original_amount=lines["amount"],
        )
    ]


ROWS: dict[type[WorkspaceModel], Callable[[Loaded], list[Rows]]] = {
    Contact: _contacts,
    AttributeValue: _attribute_values,
    Tag: _tags,
    ContactTag: _contact_tags,
    Brand: _brands,
    ProductCategory: _categories,
    Product: _products,
    Visit: _visits,
    PageView: _page_views,
    Activity: _activities,
    Message: _messages,
    MessageEvent: _message_events,
    Transaction: _transactions,
    LineItem: _lines,
}


def number_of(model: type[WorkspaceModel], shop: Shop) -> int:
    """How many rows a shop has in the table."""
    if model is AttributeValue:
        contacts = shop.contacts
        known = (contacts["city"] >= 0, contacts["gender"] >= 0, ~np.isnan(contacts["score"]))
        return sum(int(each.sum()) for each in known)
    fixed = {Tag: TAG_COUNT, Brand: BRAND_COUNT, ProductCategory: CATEGORY_COUNT}
    if model in fixed:
        return fixed[model]
    tables = {
        ContactTag: shop.tags,
        Product: shop.products,
        Visit: shop.visits,
        PageView: shop.page_views,
        Activity: shop.activities,
        Message: shop.messages,
        MessageEvent: shop.message_events,
        Transaction: shop.transactions,
        LineItem: shop.lines,
    }
    return len(next(iter(tables[model].values())))
