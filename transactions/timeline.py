"""What a transaction was worth when: versions derived from statements and refunds. Pure.

Statements are what the shop said, each from its `stated_at` on (the first from the beginning);
refunds lower what was stated, each from its `occurred_at` on (semantics 18 and 19). The order in
which they arrive doesn't matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from transactions.models import BEGINNING, TransactionStatus
from workspaces.money import decimals_of

RATE_DECIMALS = 10  # as `Rate.rate` stores them


@dataclass(frozen=True, slots=True)
class StatedProperty:
    """A typed property of a line: a text with its compared forms, or a number."""

    key: str
    text: str = ""
    text_key: str = ""
    number: float | None = None


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line as the shop stated it; money in minor units of the transaction's currency."""

    number: int  # from 1
    quantity: int  # thousandths
    amount: int
    cost: int | None = None  # of the whole line
    product_id: int | None = None
    variant_id: int | None = None
    brand_id: int | None = None
    category_id: int | None = None
    name: str = ""
    properties: tuple[StatedProperty, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedSource:
    """Where the shop says the buyer came from."""

    channel: str
    is_paid: bool = False
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the shop said of a transaction at `stated_at`."""

    stated_at: datetime
    contact_id: int
    occurred_at: datetime
    received_at: datetime
    is_clamped: bool
    kind: str
    status: str
    currency: str
    rate: Decimal  # base units for one unit of the currency
    goods: int  # minor units of the currency, without shipping
    shipping: int
    digest: str
    converted_to: str = ""
    coupon: str = ""
    sales_channel: str = ""
    source: StatedSource | None = None
    lines: tuple[StatedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundPart:
    """What a refund names: a line by its number, or a product."""

    line_number: int | None
    product_id: int | None
    quantity: int  # thousandths
    amount: int


@dataclass(frozen=True, slots=True)
class RefundSaid:
    """A refund; `amount` is the whole, minor units of the transaction's currency."""

    external_id: str
    occurred_at: datetime
    amount: int
    parts: tuple[RefundPart, ...] = ()


@dataclass(slots=True)
class Given:
    """What was given back of a statement so far. Mutable: refunds are applied one by one."""

    goods: int = 0
    shipping: int = 0
    amounts: dict[int, int] = field(default_factory=dict)  # by line number
    quantities: dict[int, int] = field(default_factory=dict)
    excess: int = 0  # refunded beyond what there was
    excess_quantity: int = 0


@dataclass(frozen=True, slots=True)
class VersionOf:
    """A statement less what was refunded, for the time it held."""

    statement: Statement
    version_from: datetime
    superseded_at: datetime | None
    given: Given
    status: str

    @property
    def is_first(self) -> bool:
        return self.version_from == BEGINNING


def versions_of(statements: Iterable[Statement], refunds: Iterable[RefundSaid]) -> list[VersionOf]:
    """The versions in order of time; exactly one holds at any instant.

    Statements must differ in `stated_at`, and there must be one.
    """
    said = sorted(statements, key=lambda statement: statement.stated_at)
    returns = sorted(refunds, key=lambda refund: (refund.occurred_at, refund.external_id))
    starts = sorted(
        {BEGINNING}
        | {statement.stated_at for statement in said[1:]}
        | {refund.occurred_at for refund in returns}
    )
    versions = []
    for position, start in enumerate(starts):
        statement = [each for each in said[1:] if each.stated_at <= start][-1:] or said[:1]
        given = give_back(statement[0], [each for each in returns if each.occurred_at <= start])
        versions.append(
            VersionOf(
                statement=statement[0],
                version_from=start,
                superseded_at=starts[position + 1] if position + 1 < len(starts) else None,
                given=given,
                status=_status(statement[0], given),
            )
        )
    return versions


def give_back(statement: Statement, refunds: Iterable[RefundSaid]) -> Given:
    """Apply refunds, in order of time, to a statement."""
    given = Given(
        amounts=dict.fromkeys((line.number for line in statement.lines), 0),
        quantities=dict.fromkeys((line.number for line in statement.lines), 0),
    )
    for refund in refunds:
        _give_back_one(statement, given, refund)
    if is_all_given_back(statement, given):
        given.quantities = {line.number: line.quantity for line in statement.lines}
    return given


def is_all_given_back(statement: Statement, given: Given) -> bool:
    """Nothing of the goods is left."""
    if statement.goods:
        return given.goods == statement.goods
    return any(given.quantities.values()) and all(
        given.quantities[line.number] == line.quantity for line in statement.lines
    )


def _status(statement: Statement, given: Given) -> str:
    if is_all_given_back(statement, given):
        return TransactionStatus.REFUNDED.value
    return statement.status


def _give_back_one(statement: Statement, given: Given, refund: RefundSaid) -> None:
    rest = refund.amount
    for part in refund.parts:
        lines = _named(statement.lines, part)
        given.excess_quantity += _take_quantity(lines, given, part.quantity)
        rest -= part.amount
        rest += _take_amount(lines, given, part.amount)
    # What the lines don't explain was given back for shipping, then for the goods as a whole;
    # a refund without lines is about the goods first.
    if refund.parts:
        rest = _spread(statement, given, _take_shipping(statement, given, rest))
    else:
        rest = _take_shipping(statement, given, _spread(statement, given, rest))
    given.excess += rest


def _named(lines: Sequence[StatedLine], part: RefundPart) -> list[StatedLine]:
    if part.line_number is not None:
        return [line for line in lines if line.number == part.line_number]
    return [line for line in lines if line.product_id == part.product_id]


def _take_quantity(lines: Sequence[StatedLine], given: Given, quantity: int) -> int:
    """Take from the lines in order; answers what they didn't have."""
    for line in lines:
        taken = min(quantity, line.quantity - given.quantities[line.number])
        given.quantities[line.number] += taken
        quantity -= taken
    return quantity


def _take_amount(lines: Sequence[StatedLine], given: Given, amount: int) -> int:
    for line in lines:
        taken = min(amount, line.amount - given.amounts[line.number])
        given.amounts[line.number] += taken
        given.goods += taken
        amount -= taken
    return amount


def _take_shipping(statement: Statement, given: Given, amount: int) -> int:
    taken = min(amount, statement.shipping - given.shipping)
    given.shipping += taken
    return amount - taken


def _spread(statement: Statement, given: Given, amount: int) -> int:
    """Take from all lines in proportion to what is left of them, to the last minor unit."""
    left = statement.goods - given.goods
    taken = min(amount, left)
    given.goods += taken
    if statement.lines and taken:
        rests = [line.amount - given.amounts[line.number] for line in statement.lines]
        for line, share in zip(statement.lines, shares_of(taken, rests), strict=True):
            given.amounts[line.number] += share
    return amount - taken


def shares_of(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion, exactly: the largest remainders get the rest.

    No share is larger than its weight where the amount is at most their sum.
    """
    total = sum(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(
        range(len(weights)), key=lambda index: (shares[index] - exact[index], index)
    )
    for index in by_remainder[: amount - sum(shares)]:
        shares[index] += 1
    return shares


def to_base(amount: int, statement: Statement, base_currency: str) -> int:
    """Minor units of the base currency, half a unit rounded up; exact whatever the size."""
    if statement.currency == base_currency:
        return amount
    exponent = decimals_of(base_currency) - decimals_of(statement.currency)
    dividend = amount * int(statement.rate.scaleb(RATE_DECIMALS))
    divisor = int(10 ** (RATE_DECIMALS - exponent))
    return (2 * dividend + divisor) // (2 * divisor)


def restate(statements: Iterable[Statement], new: Statement) -> list[Statement]:
    """The statements with the new one, which replaces one of the same instant."""
    kept = [each for each in statements if each.stated_at != new.stated_at]
    return [*kept, new]
