"""What criteria about purchases share: which purchases, which rows, how sums are tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from django.db.models import Aggregate, Count, ExpressionWrapper, F, TextChoices, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Criterion, Family, Speech, control_of, say_value
from segments.criteria.conditions import Condition
from segments.criteria.evidence import Measured, MeasureUnit, measure, weight_of
from segments.criteria.measures import with_measure
from segments.criteria.purchase_conditions import (
    EXACT,
    line_q,
    literal,
    names_lines,
    say_conditions,
    transaction_q,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    Control,
    Money,
    NumberOperator,
    NumberTest,
    NumberValue,
)
from segments.criteria.values import Count as CountValue
from segments.criteria.windows import EVER, WindowKind
from transactions.models import TransactionStatus

if TYPE_CHECKING:
    Statuses = list[TransactionStatus]
    UpperMoney = Decimal | None
    UpperCount = int | None
    UpperNumber = float | None
else:
    # Left out or empty: paid and fulfilled, the statuses that count.
    Statuses = Annotated[
        list[TransactionStatus], Field(max_length=len(TransactionStatus)), Control("selects")
    ]
    UpperMoney = Annotated[Money | None, Control("money", shown_when=BETWEEN_ONLY)]
    UpperCount = Annotated[CountValue | None, Control("number", shown_when=BETWEEN_ONLY)]
    UpperNumber = Annotated[NumberValue | None, Control("number", shown_when=BETWEEN_ONLY)]


# A queryset; of annotated values the stubs can't tell the type.
Query = Any


class ConditionScope(TextChoices):
    """What amounts and quantities are measured on (semantics 10)."""

    IN_LINE = "in_line", gettext_lazy("in one line")
    IN_TRANSACTION = "in_transaction", gettext_lazy("in one transaction")
    ALTOGETHER = "altogether", gettext_lazy("altogether")


@dataclass(frozen=True)
class Rows:
    """Rows to count and sum: transactions, or their matching lines."""

    queryset: Query
    amount: str  # the column of what was paid for the goods
    number: Aggregate  # how many transactions the rows stand for


def lines_of(scope: Scope, statuses: Statuses) -> Query:
    """Lines bought, with their margin."""
    return scope.bought_lines(statuses).alias(margin=F("amount") - F("cost"))


class PurchaseCriterion(Criterion):
    """About purchases. Carts never count; the statuses that do can be chosen."""

    icon = "shopping-cart"
    family = Family.TRANSACTIONS
    sources: ClassVar[tuple[str, ...]] = ("transactions",)

    statuses: Statuses = Field(default_factory=list)

    @property
    def asked_window(self) -> WindowKind | str:
        """The `window` of criteria that have one."""
        window: WindowKind | str = getattr(self, "window", EVER)
        return window

    def purchases(self, scope: Scope) -> Query:
        """The purchases asked about, in the window."""
        return scope.within(scope.purchases(self.statuses), self.asked_window)

    def lines(self, scope: Scope) -> Query:
        return scope.within(lines_of(scope, self.statuses), self.asked_window)

    def rows(self, scope: Scope, where: list[Condition]) -> Rows:
        """Whole transactions, or only the matching lines when conditions are on lines."""
        if names_lines(where):
            lines = self.lines(scope).filter(line_q(where, scope))
            number = Count("transaction_id", distinct=True)
            return Rows(lines, "amount", number)
        purchases = self.purchases(scope)
        if where:
            purchases = purchases.filter(transaction_q(where, scope))
        return Rows(purchases, "goods_amount", Count("pk"))

    def fitting(self, scope: Scope, where: list[Condition]) -> Query:
        """Whole transactions that meet the conditions, at any time."""
        purchases = scope.purchases(self.statuses)
        if names_lines(where):
            lines = lines_of(scope, self.statuses).filter(line_q(where, scope))
            return purchases.filter(pk__in=lines.values("transaction_id"))
        return purchases.filter(transaction_q(where, scope))

    def present(self, scope: Scope) -> Query:
        return scope.purchases(self.statuses).values("contact_id")

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        lower = next((getattr(self, name, None) for name in ("amount", "number", "days")), None)
        upper = getattr(self, "upper", None)
        if upper is not None and lower is not None and upper < lower:
            yield ("upper",), _("The second number must not be the smaller.")

    def say_field(self, name: str, speech: Speech) -> str:
        value = getattr(self, name)
        if value is None or value == []:
            return ""
        if name == "upper":
            control = control_of(type(self).model_fields[name])
            return _("and {upper}").format(upper=say_value(value, control, speech, ""))
        if name == "statuses":
            labels = ", ".join(str(status.label) for status in value)
            return _("(transactions with status {statuses})").format(statuses=labels)
        if name == "where":
            return _("where {conditions}").format(conditions=say_conditions(value, speech))
        return super().say_field(name, speech)


class TestedStatistic(PurchaseCriterion):
    """A number for each contact, compared.

    Sums and counts of nothing are 0: if 0 passes, everybody matches but those who fail.
    """

    family = Family.STATISTICS
    icon = "sigma"
    # Which parameter holds the number compared with.
    compared_field: ClassVar[str] = "number"
    measure_unit: ClassVar[MeasureUnit] = MeasureUnit.THINGS
    of_nothing: ClassVar[int | None] = 0

    operator: NumberOperator

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        """The rows, and what is compared of those of a contact."""
        raise NotImplementedError

    def matching(self, scope: Scope) -> Query:
        return self.compare(*self.rows_and_statistic(scope), scope)

    def evidence(self, scope: Scope) -> tuple[Query, ...]:
        return (self.rows_and_statistic(scope)[0],)

    def measured(self, scope: Scope) -> Measured | None:
        rows, statistic = self.rows_and_statistic(scope)
        return Measured(
            self.exact_test(scope),
            self.measure_unit,
            measure(rows, statistic),
            of_nothing=self.of_nothing,
            weight=weight_of(statistic),
        )

    def exact_test(self, scope: Scope) -> NumberTest:
        """The comparison in storage units, for numbers read from the database."""
        value, upper = getattr(self, self.compared_field), getattr(self, "upper", None)
        stored = None if upper is None else self.stored(upper, scope)
        return NumberTest(self.operator, self.stored(value, scope), stored)

    def test(self, scope: Scope) -> NumberTest:
        """The comparison in storage units."""
        upper = getattr(self, "upper", None)
        value = getattr(self, self.compared_field)
        return NumberTest(
            self.operator,
            literal(self.stored(value, scope)),
            None if upper is None else literal(self.stored(upper, scope)),
        )

    def stored(self, value: Any, scope: Scope) -> Any:
        """The number in storage units."""
        return scope.money(value) if isinstance(value, Decimal) else value

    def passes_zero(self) -> bool:
        value, upper = getattr(self, self.compared_field), getattr(self, "upper", None)
        return NumberTest(self.operator, value, upper).passes(0)

    @property
    def negated(self) -> bool:
        return self.passes_zero()

    def compare(self, rows: Query, statistic: Aggregate | Any, scope: Scope) -> Any:
        """Contacts by their statistic over the rows, or those who fail where 0 passes."""
        test = self.test(scope)
        condition = test.fails_q("statistic") if self.negated else test.q("statistic")
        measured = rows.order_by().values("contact_id").annotate(statistic=statistic)
        found = measured.filter(condition).values("contact_id")
        return with_measure(found, rows, statistic, test, self.negated)


class OwnedStatistic(TestedStatistic):
    """A number that contacts without purchases lack: only "not exactly" includes them."""

    of_nothing = None

    @property
    def negated(self) -> bool:
        return self.operator == NumberOperator.NOT_EXACTLY

    @property
    def positive(self) -> NumberOperator:
        """The comparison that `matching` makes."""
        return NumberOperator.EXACTLY if self.negated else self.operator

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        """The value and the upper value in storage units, for `ratio_q`."""
        upper = getattr(self, "upper", None)
        value = self.stored(getattr(self, self.compared_field), scope)
        return value, None if upper is None else self.stored(upper, scope)


def ratio_q(
    operator: NumberOperator,
    bounds: tuple[Any, Any],
    numerator: Any,
    denominator: Any,
    grouped: Query,
) -> Any:
    """Grouped rows whose numerator / denominator passes, without dividing.

    Sum ≥ x · count keeps averages exact. The denominator is positive. `bounds` are the value and
    (of "between") the upper value.
    """
    value, upper = bounds
    over_value = _over(numerator, value, denominator)
    if operator == NumberOperator.BETWEEN:
        both = grouped.alias(over_value=over_value, over_upper=_over(numerator, upper, denominator))
        return both.filter(over_value__gte=0, over_upper__lte=0)
    return grouped.alias(over_value=over_value).filter(NumberTest(operator, 0).q("over_value"))


def _over(numerator: Any, value: Any, denominator: Any) -> Any:
    # Decimal: a large value times a large count doesn't fit a bigint.
    product = Value(Decimal(str(value)), output_field=EXACT) * denominator
    return ExpressionWrapper(numerator - product, output_field=EXACT)
