"""First and last, rhythm, sources, carts and accessories."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from tests.laws.oracle.asking import Asked, answers
from tests.laws.oracle.buying import (
    Bought,
    fitting_lines,
    is_on_lines,
    lines_in_window,
    lines_of,
    minor,
    transaction_passes,
)
from tests.laws.oracle.compare import text_passes
from tests.laws.oracle.doing import has_utm, products_named
from tests.laws.oracle.facts import Row
from tests.laws.oracle.people import Leaf


def fits(ask: Asked, version: Row, where: list[dict[str, Any]]) -> bool:
    if is_on_lines(where):
        return bool(fitting_lines(ask, [version], where))
    return all(transaction_passes(version, condition) for condition in where)


def in_order(versions: list[Row]) -> list[Row]:
    """By time; at one instant the one stored first."""
    return sorted(versions, key=lambda row: (row.occurred_at, row.root_id))


@answers("transactions.first_purchase")
def first_purchase(ask: Asked, leaf: Leaf) -> bool:
    return picked(ask, leaf, 0)


@answers("transactions.last_purchase")
def last_purchase(ask: Asked, leaf: Leaf) -> bool:
    return picked(ask, leaf, -1)


def picked(ask: Asked, leaf: Leaf, index: int) -> bool:
    """Found among all there were, then tested (semantics 21)."""
    versions = in_order(ask.purchases(leaf))
    if not versions:
        return False
    one = versions[index]
    in_window = ask.in_window(one.occurred_at, leaf.get("window", "ever"))
    return in_window and fits(ask, one, leaf.get("where", []))


@answers("transactions.only_purchase")
def only_purchase(ask: Asked, leaf: Leaf) -> bool:
    return len(ask.purchases(leaf)) == 1 and picked(ask, leaf, 0)


# --- Rhythm --------------------------------------------------------------------------------------


@answers("transactions.within_days")
def within_days(ask: Asked, leaf: Leaf) -> bool:
    found = Bought(ask, leaf)
    if leaf["statistic"] == "amount_spent":
        rows, numbers, bound = found.rows, found.amounts, minor(leaf["amount"])
    else:
        rows, numbers, bound = found.versions, [1] * len(found.versions), leaf["number"]
    days = [row.occurred_at.astimezone(ask.facts.zone).date() for row in rows]
    for start in set(days):
        stop = start + timedelta(days=leaf["days"])
        total = sum(
            number for day, number in zip(days, numbers, strict=True) if start <= day < stop
        )
        if total >= bound if leaf.get("operator", "at_least") == "at_least" else total > bound:
            return True
    return False


@answers("transactions.compared")
def compared_with_itself(ask: Asked, leaf: Leaf) -> bool:
    now, before = (statistic(ask, leaf, leaf[name]) for name in ("window", "than"))
    if now is None or before is None:
        return False
    match leaf["comparison"]:
        case "less":
            return now < before
        case "more":
            return now > before
    if before <= 0:
        return False
    percent = Fraction(str(leaf["percent"]))
    if leaf["comparison"] == "percent_less":
        return now * 100 <= before * (100 - percent)
    return now * 100 >= before * (100 + percent)


def statistic(ask: Asked, leaf: Leaf, window: Any) -> Fraction | None:
    """Sums and counts of nothing are 0; an average of nothing is missing."""
    found = Bought(ask, leaf, window=window)
    match leaf["statistic"]:
        case "number_of_orders":
            return Fraction(len(found.versions))
        case "average_order":
            return found.average
        case "units_bought":
            lines = lines_in_window(ask, leaf | {"window": window})
            return Fraction(sum(line.quantity for line in lines))
    return Fraction(sum(found.amounts))


# --- Sources (semantics 16 and 17) ---------------------------------------------------------------


def source_passes(row: Row, leaf: Leaf, *, is_visit: bool) -> bool:
    """Whether a visit's, or a transaction's own, source is among those named."""
    paid = row.is_paid if is_visit else row.is_paid_channel
    utm = has_utm(row) if is_visit else row.utm_source or row.utm_medium or row.utm_campaign
    channels = leaf.get("channels", [])
    named = not channels or any(
        (name == "ad" and paid) or (name == "utm" and bool(utm)) or row.channel == name
        for name in channels
    )
    return named and all(
        text_passes(
            getattr(row, condition["field"]),
            condition.get("operator", "any_of"),
            condition.get("values", []),
        )
        for condition in leaf.get("utm", [])
    )


def sources(ask: Asked, version: Row, leaf: Leaf) -> list[bool]:
    """For each source of the purchase, whether it is among those named; always one or more."""
    own = [source_passes(version, leaf, is_visit=False)]
    model = leaf.get("model", "visit")
    if model == "visit":
        return own
    visits = [v for v in ask.happened("visits") if v.occurred_at <= version.occurred_at]
    visits = sorted(visits, key=lambda v: (v.occurred_at, v.external_id))
    if model == "first_touch":
        if version.is_source_given or not visits:
            return own
        return [source_passes(visits[0], leaf, is_visit=True)]
    since = version.occurred_at - timedelta(days=leaf["days"])
    recent = [visit for visit in visits if visit.occurred_at > since]
    if model == "any_touch":
        touches = [source_passes(visit, leaf, is_visit=True) for visit in recent]
        return touches + own if version.is_source_given or not recent else touches
    others = [visit for visit in recent if visit.channel != "direct"]
    is_answer = version.is_source_given or version.channel not in ("direct", "unknown")
    if is_answer or not others:
        return own
    return [source_passes(others[-1], leaf, is_visit=True)]


@answers("transactions.source")
def transaction_source(ask: Asked, leaf: Leaf) -> bool:
    window, quantifier = leaf.get("window", "ever"), leaf["quantifier"]
    versions = in_order(ask.purchases(leaf))
    if quantifier in ("first", "last"):
        one = versions[:1] if quantifier == "first" else versions[-1:]
        found = ask.within(one, window)
        return bool(found) and any(sources(ask, found[0], leaf))
    found = ask.within(versions, window)
    inside = [version for version in found if any(sources(ask, version, leaf))]
    match quantifier:
        case "any":
            return bool(inside)
        case "none":
            return not inside
        case "only":
            return bool(found) and all(all(sources(ask, version, leaf)) for version in found)
    percent = Fraction(str(leaf["percent"]))
    if quantifier == "share_of_transactions":
        return bool(found) and 100 * len(inside) >= percent * len(found)
    whole = sum(version.goods_amount for version in found)
    part = sum(version.goods_amount for version in inside)
    return whole > 0 and 100 * part >= percent * whole


# --- Carts, accessories --------------------------------------------------------------------------


@answers("transactions.cart")
def cart(ask: Asked, leaf: Leaf) -> bool:
    carts = [row for row in ask.stood("cart") if row.status not in ("cancelled", "test")]
    carts = ask.within(carts, leaf.get("window", "ever"))
    carts = [row for row in carts if fits(ask, row, leaf.get("where", []))]
    if leaf["state"] == "converted":
        return any(row.converted_to for row in carts)
    left_at = ask.as_of - timedelta(hours=leaf["hours"])
    return any(not row.converted_to and row.occurred_at <= left_at for row in carts)


@answers("transactions.lacks_accessories")
def lacks_accessories(ask: Asked, leaf: Leaf) -> bool:
    facts, every = ask.facts, ask.purchases(leaf)
    owned = {line.product_id for line in lines_of(every)}
    wanted = {p.id for key in leaf.get("products", []) for p in products_named(facts, key)}
    gone = {
        product.id
        for product in facts.products
        if product.archived_at is not None and product.archived_at <= ask.as_of
    }
    for line in lines_of(ask.within(every, leaf.get("window", "ever"))):
        if wanted and line.product_id not in wanted:
            continue
        links = facts.accessories.get(line.product_id, [])
        accessories = {link.accessory_id for link in links} - gone
        lacked = accessories - owned
        if leaf.get("lacking", "at_least_one") == "all":
            if accessories and lacked == accessories:
                return True
        elif lacked:
            return True
    return False
