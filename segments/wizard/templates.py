"""Ready trees for the use cases, filled from the workspace's own data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from contacts.models import AttributeValue, Channel
from tracking.models import MessageEvent, MessageEventKind, PageView
from transactions.models import LineItem, Product, ProductAccessory, Transaction
from workspaces.models import Workspace


@dataclass(frozen=True)
class Template:
    """A tree to start from. `where` names only what the workspace really has."""

    key: str
    name: str
    description: str
    where: dict[str, Any]


# A builder gives its template, or None where the workspace lacks the data for it.
Builder = Callable[[Workspace, datetime], Template | None]


def templates_for(*, workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """The templates this workspace has data for, in their order."""
    made = (build(workspace, now) for build in BUILDERS)
    return [asdict(template) for template in made if template is not None]


def last(number: int, unit: str = "days") -> dict[str, Any]:
    return {"last": number, "unit": unit}


def row(type: str, **values: Any) -> dict[str, Any]:
    return {"type": type, **values}


def none_of(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"not": {"any": list(rows)}}


def _up_selling(workspace: Workspace, now: datetime) -> Template | None:
    brand = _best(workspace, "brand__name", since=now - timedelta(days=180))
    if brand is None:
        return None
    return Template(
        "U1",
        _("Up-selling: {brand}").format(brand=brand),
        _("Bought {brand} for more than 300 in the last 6 months").format(brand=brand),
        row(
            "transactions.amount_spent",
            operator="more_than",
            amount="300.00",
            where=[{"field": "brand", "values": [brand]}],
            window=last(6, "months"),
        ),
    )


def _loyalty(amount: str, upper: str | None) -> Builder:
    """The steps of U2: whatever the number of transactions."""

    def build(workspace: Workspace, now: datetime) -> Template | None:
        if not _has_purchases(workspace):
            return None
        if upper is None:
            name = _("Loyalty: {amount} or more").format(amount=amount)
            test = {"operator": "at_least", "amount": f"{amount}.00"}
        elif amount == "0":
            name = _("Loyalty: below {amount}").format(amount=upper)
            test = {"operator": "less_than", "amount": f"{upper}.00"}
        else:
            name = _("Loyalty: {amount} to {upper}").format(amount=amount, upper=upper)
            test = {
                "operator": "between",
                "amount": f"{amount}.00",
                "upper": f"{int(upper) - 1}.99",
            }
        said = _("By what they have spent altogether; nothing spent counts as 0")
        return Template(f"U2-{amount}", name, said, row("transactions.amount_spent", **test))

    return build


def _paid_only(workspace: Workspace, now: datetime) -> Template | None:
    paid = Transaction.objects.in_workspace(workspace).current().filter(is_paid_channel=True)
    if not paid.exists():
        return None
    return Template(
        "U3",
        _("Paid-only buyers"),
        _(
            "Ordered only after paid sources, never after direct or e-mail; a discount code in the"
            " newsletter may bring them back for less"
        ),
        row("transactions.source", quantifier="only", channels=["ad"]),
    )


def _cross_selling(workspace: Workspace, now: datetime) -> Template | None:
    with_accessories = ProductAccessory.objects.in_workspace(workspace).values("product_id")
    bought = (
        LineItem.objects.in_workspace(workspace)
        .current()
        .filter(product_id__in=with_accessories, occurred_at__gte=now - timedelta(days=30))
        .values("product__external_id", "product__name")
        .annotate(buyers=Count("contact_id", distinct=True))
        .order_by("-buyers", "product__external_id")
    )
    best = list(bought[:5])
    if not best:
        return None
    return Template(
        "U4",
        _("Cross-selling: accessories missing"),
        _("Bought {product} or the like in the last month and lacks an accessory of it").format(
            product=best[0]["product__name"]
        ),
        row(
            "transactions.lacks_accessories",
            products=[group["product__external_id"] for group in best],
            window=last(1, "months"),
        ),
    )


def _high_value(workspace: Workspace, now: datetime) -> Template | None:
    if not _has_purchases(workspace):
        return None
    return Template(
        "U5",
        _("Best customers"),
        _("In the top 10 % by what they spent and by their average order: show high margins"),
        {
            "all": [
                row("ranks.top", by="amount_spent", unit="percent", percent=10),
                row("ranks.top", by="average_order", unit="percent", percent=10),
            ]
        },
    )


def _opened(workspace: Workspace, now: datetime) -> Template | None:
    opens = MessageEvent.objects.in_workspace(workspace).filter(
        kind=MessageEventKind.OPENED, channel=Channel.EMAIL, is_machine=False
    )
    if not opens.exists():
        return None
    return Template(
        "U6",
        _("Opened an e-mail in the last week"),
        _("At least one, by a person, in the last 7 days"),
        row("messages.happened", kind="opened", number=1, window=last(7)),
    )


def _viewed(workspace: Workspace, now: datetime) -> Template | None:
    views = (
        PageView.objects.in_workspace(workspace)
        .filter(occurred_at__gte=now - timedelta(days=30))
        .exclude(product_key="")
        .values("product_key")
        .annotate(viewers=Count("contact_id", distinct=True))
        .order_by("-viewers", "product_key")
    )
    keys = [group["product_key"] for group in views[:3]]
    known = Product.objects.in_workspace(workspace).filter(external_id__in=keys)
    names = dict(known.values_list("external_id", "name"))
    if not names:
        return None
    return Template(
        "U7",
        _("Looked at {product}").format(product=names[next(key for key in keys if key in names)]),
        _("Viewed these product pages in the last 30 days"),
        row(
            "visits.viewed_page",
            where=[{"field": "product", "values": [key for key in keys if key in names]}],
            window=last(30),
        ),
    )


def _silent(workspace: Workspace, now: datetime) -> Template | None:
    if not _has_purchases(workspace):
        return None
    return Template(
        "U8",
        _("Buyers gone quiet"),
        _("Bought before; no engagement in any channel for 30 days"),
        {
            "all": [
                row("transactions.number_of_orders", operator="at_least", number=1),
                row("engagement.engaged", operator="exactly", number=0, window=last(30)),
            ]
        },
    )


def _second_purchase(workspace: Workspace, now: datetime) -> Template | None:
    if not _has_purchases(workspace):
        return None
    return Template(
        "U9",
        _("New customers without a second purchase"),
        _("Exactly one purchase ever, 14 to 90 days ago"),
        row("transactions.only_purchase", window={"between": [14, 90], "unit": "days"}),
    )


def _birthday(workspace: Workspace, now: datetime) -> Template | None:
    if not _attribute_values(workspace, "birthday").exists():
        return None
    return Template(
        "U13",
        _("Birthday in the next 7 days"),
        _("By each contact's own calendar, today included"),
        row(
            "contacts.anniversary",
            attribute="birthday",
            window={"next": 7, "unit": "days", "zone": "contact"},
        ),
    )


def _firmographic(workspace: Workspace, now: datetime) -> Template | None:
    rows = []
    for key, take in (("industry", 2), ("job_title", 3), ("organisation_type", 3)):
        frequent = _frequent(workspace, key, take)
        if frequent:
            rows.append(row("contacts.text", attribute=key, operator="any_of", values=frequent))
    if len(rows) < 2:
        return None
    return Template(
        "U14",
        _("Business contacts"),
        _("By industry, job title and type of organisation"),
        {"all": rows},
    )


def _combined(workspace: Workspace, now: datetime) -> Template | None:
    brand = _best(workspace, "brand__name", since=now - timedelta(days=365))
    if brand is None:
        return None
    return Template(
        "U16",
        _("Combined audience"),
        _("Bought {brand} or spent 500, and has not bought in the last 60 days").format(
            brand=brand
        ),
        {
            "all": [
                {
                    "any": [
                        row("transactions.bought", where=[{"field": "brand", "values": [brand]}]),
                        row("transactions.amount_spent", operator="at_least", amount="500.00"),
                    ]
                },
                none_of(
                    row(
                        "transactions.number_of_orders",
                        operator="at_least",
                        number=1,
                        window=last(60),
                    )
                ),
            ]
        },
    )


BUILDERS: tuple[Builder, ...] = (
    _up_selling,
    _loyalty("0", "100"),
    _loyalty("100", "500"),
    _loyalty("500", "1000"),
    _loyalty("1000", None),
    _paid_only,
    _cross_selling,
    _high_value,
    _opened,
    _viewed,
    _silent,
    _second_purchase,
    _birthday,
    _firmographic,
    _combined,
)


def _has_purchases(workspace: Workspace) -> bool:
    return Transaction.objects.in_workspace(workspace).current().exists()


def _best(workspace: Workspace, column: str, *, since: datetime) -> str | None:
    """What most was spent on since then."""
    groups = (
        LineItem.objects.in_workspace(workspace)
        .current()
        .filter(occurred_at__gte=since, brand_id__isnull=False)
        .values(column)
        .annotate(spent=Sum("amount"))
        .order_by("-spent", column)
    )
    first = groups.first()
    return str(first[column]) if first else None


def _attribute_values(workspace: Workspace, key: str) -> Any:
    return AttributeValue.objects.in_workspace(workspace).filter(
        attribute__key=key, valid_to__isnull=True
    )


def _frequent(workspace: Workspace, key: str, number: int) -> list[str]:
    """The most frequent spellings of a text attribute."""
    groups = (
        _attribute_values(workspace, key)
        .filter(text_norm__isnull=False)
        .values("text_norm")
        .annotate(label=Max("text"), uses=Count("pk"))
        .order_by("-uses", "text_norm")
    )
    return [str(group["label"]) for group in groups[:number]]
