"""What was bought: rows, conditions on them, and numbers over them (semantics 10, 18 to 21)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.laws.oracle.asking import Asked, answers
from tests.laws.oracle.compare import fold, number_passes, text_passes
from tests.laws.oracle.doing import products_named
from tests.laws.oracle.facts import Facts, Row
from tests.laws.oracle.people import Leaf, counts

Condition = dict[str, Any]
MEASURES = ("amount", "margin", "quantity")
OF_TRANSACTION = ("coupon", "sales_channel", "transaction_amount", "order_total", "shipping")
AMOUNTS = {
    "transaction_amount": "goods_amount",
    "order_total": "total_amount",
    "shipping": "shipping_amount",
}


def minor(amount: str) -> Fraction:
    """Minor units of euro."""
    return Fraction(Decimal(amount)) * 100


def compared(number: Any, condition: Condition, *, is_money: bool = True) -> bool:
    def exact(value: Any) -> Fraction | None:
        if value is None:
            return None
        return minor(value) if is_money else Fraction(Decimal(str(value))) * 1000

    return number_passes(
        number, condition["operator"], exact(condition["value"]), exact(condition.get("upper"))
    )


def measure(line: Row, name: str) -> int | None:
    if name == "margin":
        return None if line.cost is None else line.amount - line.cost
    return int(getattr(line, name))


def transaction_passes(version: Row, condition: Condition) -> bool:
    field = condition["field"]
    if field in AMOUNTS:
        return compared(getattr(version, AMOUNTS[field]), condition)
    text = getattr(version, field)
    return text_passes(text, condition.get("operator", "any_of"), condition.get("values", []))


def ids_named(facts: Facts, field: str, keys: list[str]) -> set[int]:
    if field == "product":
        return {product.id for key in keys for product in products_named(facts, key)}
    if field == "variant":
        return {each.id for each in facts.variants if each.external_id in keys}
    things = facts.brands if field == "brand" else facts.product_categories
    return {each.id for each in things if fold(each.name) in [fold(key) for key in keys]}


def line_passes(facts: Facts, line: Row, condition: Condition) -> bool:
    """One condition on one line and the transaction it stands in."""
    field = condition["field"]
    operator = condition.get("operator", "any_of")
    if field in OF_TRANSACTION:
        return transaction_passes(line.version, condition)
    if field in MEASURES:
        return compared(measure(line, field), condition, is_money=field != "quantity")
    if field in ("product", "variant", "brand", "category"):
        held = getattr(line, f"{field}_id")
        return (held in ids_named(facts, field, condition["values"])) == (operator == "any_of")
    if field == "name":
        return text_passes(line.name, operator, condition.get("values", []))
    found = line.properties.get(fold(condition["property"]))
    if field == "property_number":
        number = None if found is None else found.number
        return number_passes(number, operator, condition["value"], condition.get("upper"))
    return text_passes(property_text(found), operator, condition.get("values", []))


def property_text(found: Row | None) -> str:
    """Shops send sizes as 42 and as "42"."""
    if found is None or found.text:
        return found.text if found else ""
    return "" if found.number is None else f"{found.number:g}"


def is_on_lines(where: list[Condition]) -> bool:
    return any(condition["field"] not in OF_TRANSACTION for condition in where)


def lines_of(versions: list[Row]) -> list[Row]:
    """What was refunded in full was not bought."""
    return [line for version in versions for line in version.lines if line.quantity > 0]


def fitting_lines(ask: Asked, versions: list[Row], where: list[Condition]) -> list[Row]:
    return [
        line
        for line in lines_of(versions)
        if all(line_passes(ask.facts, line, condition) for condition in where)
    ]


class Bought:
    """Whole transactions, or only the matching lines when conditions are on lines."""

    def __init__(self, ask: Asked, leaf: Leaf, *, window: Any = None) -> None:
        where = leaf.get("where", [])
        versions = ask.within(ask.purchases(leaf), window or leaf.get("window", "ever"))
        if is_on_lines(where):
            self.rows = fitting_lines(ask, versions, where)
            self.amounts = [line.amount for line in self.rows]
            found = {line.version.id: line.version for line in self.rows}
            self.versions = list(found.values())
        else:
            self.versions = self.rows = [
                version
                for version in versions
                if all(transaction_passes(version, condition) for condition in where)
            ]
            self.amounts = [version.goods_amount for version in self.versions]

    @property
    def average(self) -> Fraction | None:
        return Fraction(sum(self.amounts), len(self.versions)) if self.versions else None


def money_passes(number: Any, leaf: Leaf) -> bool:
    upper = minor(leaf["upper"]) if "upper" in leaf else None
    return number_passes(number, leaf["operator"], minor(leaf["amount"]), upper)


@answers("transactions.bought")
def bought(ask: Asked, leaf: Leaf) -> bool:
    where, unit = leaf.get("where", []), leaf.get("unit", "transactions")
    together = leaf.get("together_with", [])
    versions = ask.within(ask.purchases(leaf), leaf.get("window", "ever"))
    if not is_on_lines(where) and not together and unit == "transactions":
        found = [v for v in versions if all(transaction_passes(v, each) for each in where)]
        return counts(leaf, len(found))
    measures = [each for each in where if each["field"] in MEASURES]
    chosen = [each for each in where if each["field"] not in MEASURES]
    if together:
        versions = [v for v in versions if fitting_lines(ask, [v], together)]
    lines = fitting_lines(ask, versions, chosen)
    scope = leaf.get("scope", "altogether")
    if scope == "in_line":
        lines = [li for li in lines if all(line_passes(ask.facts, li, m) for m in measures)]
    elif scope == "in_transaction" and measures:
        groups: dict[int, list[Row]] = {}
        for line in lines:
            groups.setdefault(line.version.id, []).append(line)
        lines = [line for group in groups.values() if sums_pass(group, measures) for line in group]
    elif not sums_pass(lines, measures):
        return False
    number = len(lines) if unit == "lines" else len({line.version.id for line in lines})
    return counts(leaf, number)


def sums_pass(lines: list[Row], measures: list[Condition]) -> bool:
    """Sums of nothing are 0."""
    return all(
        compared(
            sum(measure(line, each["field"]) or 0 for line in lines),
            each,
            is_money=each["field"] != "quantity",
        )
        for each in measures
    )


@answers("transactions.amount_spent")
def amount_spent(ask: Asked, leaf: Leaf) -> bool:
    if leaf.get("refunds") == "by_refund_date":
        return money_passes(spent_by_refund_date(ask, leaf), leaf)
    found = Bought(ask, leaf)
    match leaf.get("scope", "altogether"):
        case "altogether":
            return money_passes(sum(found.amounts), leaf)
        case "in_line":
            lines = fitting_lines(
                ask,
                ask.within(ask.purchases(leaf), leaf.get("window", "ever")),
                leaf.get("where", []),
            )
            return any(money_passes(line.amount, leaf) for line in lines)
    if not is_on_lines(leaf.get("where", [])):
        return any(money_passes(version.goods_amount, leaf) for version in found.versions)
    sums: dict[int, int] = {}
    for line in found.rows:
        sums[line.version.id] = sums.get(line.version.id, 0) + line.amount
    return any(money_passes(total, leaf) for total in sums.values())


def spent_by_refund_date(ask: Asked, leaf: Leaf) -> int:
    """Bought in the window, before refunds, less what was given back of goods in the window."""
    window, spent = leaf.get("window", "ever"), 0
    statuses = leaf.get("statuses") or ("paid", "fulfilled")
    for version in ask.stood("purchase"):
        if version.stated_status not in statuses:
            continue
        if not all(transaction_passes(version, each) for each in leaf.get("where", [])):
            continue
        if ask.in_window(version.occurred_at, window):
            spent += version.goods_amount + version.refunded_amount
        for refund in ask.facts.refunds.get(version.root_id, []):
            if refund.occurred_at < ask.as_of and ask.in_window(refund.occurred_at, window):
                spent -= goods_given_back(ask, version, refund)
    return spent


def goods_given_back(ask: Asked, version: Row, refund: Row) -> int:
    """By how much the refund raised what had been given back of goods."""
    history = [row for row in ask.rows("transactions") if row.root_id == version.root_id]
    before = [row for row in history if row.version_from < refund.occurred_at]
    at = [row for row in history if row.version_from <= refund.occurred_at]
    latest = max(at, key=lambda row: row.version_from)
    earlier = max(before, key=lambda row: row.version_from)
    return int(latest.refunded_amount - earlier.refunded_amount)


# --- Statistics ----------------------------------------------------------------------------------


@answers("transactions.number_of_orders")
def number_of_orders(ask: Asked, leaf: Leaf) -> bool:
    return counts(leaf, len(Bought(ask, leaf).versions))


@answers("transactions.order_total")
def order_total(ask: Asked, leaf: Leaf) -> bool:
    return money_passes(sum(v.total_amount for v in Bought(ask, leaf).versions), leaf)


@answers("transactions.shipping_paid")
def shipping_paid(ask: Asked, leaf: Leaf) -> bool:
    return money_passes(sum(v.shipping_amount for v in Bought(ask, leaf).versions), leaf)


def lines_in_window(ask: Asked, leaf: Leaf) -> list[Row]:
    versions = ask.within(ask.purchases(leaf), leaf.get("window", "ever"))
    return fitting_lines(ask, versions, leaf.get("where", []))


@answers("transactions.units_bought")
def units_bought(ask: Asked, leaf: Leaf) -> bool:
    units = Fraction(sum(line.quantity for line in lines_in_window(ask, leaf)), 1000)
    exact = {
        name: Fraction(Decimal(str(leaf[name]))) for name in ("number", "upper") if name in leaf
    }
    return counts(leaf | exact, units)  # type: ignore[arg-type]


@answers("transactions.margin")
def margin(ask: Asked, leaf: Leaf) -> bool:
    margins = [measure(line, "margin") or 0 for line in lines_in_window(ask, leaf)]
    return money_passes(sum(margins), leaf)


@answers("transactions.distinct")
def distinct(ask: Asked, leaf: Leaf) -> bool:
    columns = {
        "products": "product_id",
        "variants": "variant_id",
        "brands": "brand_id",
        "categories": "category_id",
    }
    if leaf["of"] in columns:
        found = {getattr(line, columns[leaf["of"]]) for line in lines_in_window(ask, leaf)}
        return counts(leaf, len(found - {None}))
    versions = Bought(ask, leaf).versions
    if leaf["of"] == "days":
        zone = ask.facts.zone
        return counts(leaf, len({v.occurred_at.astimezone(zone).date() for v in versions}))
    column = {"coupons": "coupon", "sales_channels": "sales_channel"}[leaf["of"]]
    return counts(leaf, len({fold(getattr(v, column)) for v in versions} - {""}))


@answers("transactions.average_order")
def average_order(ask: Asked, leaf: Leaf) -> bool:
    return money_passes(Bought(ask, leaf).average, leaf)


@answers("transactions.largest_order")
def largest_order(ask: Asked, leaf: Leaf) -> bool:
    return money_passes(max(Bought(ask, leaf).amounts, default=None), leaf)


@answers("transactions.smallest_order")
def smallest_order(ask: Asked, leaf: Leaf) -> bool:
    return money_passes(min(Bought(ask, leaf).amounts, default=None), leaf)


def days_pass(days: Fraction | int | None, leaf: Leaf) -> bool:
    value, upper = Fraction(Decimal(str(leaf["days"]))), leaf.get("upper")
    return number_passes(
        days, leaf["operator"], value, None if upper is None else Fraction(Decimal(str(upper)))
    )


@answers("transactions.days_between_orders")
def days_between_orders(ask: Asked, leaf: Leaf) -> bool:
    found = Bought(ask, leaf)
    if len(found.versions) < 2:
        return days_pass(None, leaf)
    times = [row.occurred_at for row in found.versions]
    span = Fraction((max(times) - min(times)) // timedelta(microseconds=1), 86_400 * 10**6)
    return days_pass(span / (len(found.versions) - 1), leaf)


@answers("transactions.days_since_last_order")
def days_since_last_order(ask: Asked, leaf: Leaf) -> bool:
    times = [row.occurred_at for row in Bought(ask, leaf).versions]
    return days_pass((ask.as_of - max(times)).days if times else None, leaf)
