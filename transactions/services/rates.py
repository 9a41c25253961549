"""Dated rates to the base currency (semantics 20)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from tracking.items import CurrencyCode, Item, ItemBatch
from transactions.models import Rate
from workspaces.batches import ItemResult, ItemStatus
from workspaces.models import Workspace
from workspaces.money import validate_currency
from workspaces.tenancy import workspace_scope


def check_currency(value: str) -> str:
    """The code, if there is such a currency."""
    try:
        validate_currency(value)
    except ValidationError as error:
        raise PydanticCustomError("unknown_currency", _("There is no such currency.")) from error
    return value


def _read_date(value: object) -> date:
    if isinstance(value, str) and len(value) == 10:
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise PydanticCustomError("not_a_date", _('A date is written like "2026-06-30".'))
    return value


def _read_rate(value: object) -> Decimal:
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise PydanticCustomError("not_a_rate", _('A rate is a number like "4.2550".'))
    try:
        rate = Decimal(str(value)) if len(str(value)) <= 40 else Decimal("NaN")
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not Decimal("1e-10") <= rate < Decimal("1e10"):
        raise PydanticCustomError("not_a_rate", _("A rate is a positive number."))
    if rate != rate.quantize(Decimal("1e-10")):
        raise PydanticCustomError("not_a_rate", _("A rate has at most ten decimals."))
    return rate


Currency = Annotated[CurrencyCode, AfterValidator(check_currency)]


class RateItem(Item):
    """What one unit of a currency is worth in the base currency from a date on."""

    currency: Currency
    date: Annotated[date, BeforeValidator(_read_date)]
    rate: Annotated[Decimal, BeforeValidator(_read_rate)]


def record_rates(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Store rates; a known date's rate is replaced. Amounts that were converted stay."""
    batch = ItemBatch(items, RateItem)
    with workspace_scope(workspace):
        known = _known(workspace, {item.currency for item in batch.pending.values()})
        for index, item in list(batch.pending.items()):
            if item.currency == workspace.base_currency:
                batch.refuse(
                    index, "$.currency", "base_currency", _("The base currency has no rate.")
                )
                continue
            before = known.get((item.currency, item.date))
            known[item.currency, item.date] = item.rate
            if before is None:
                batch.settle(index, ItemStatus.CREATED)
            elif before == item.rate:
                batch.settle(index, ItemStatus.DUPLICATE)
            else:
                batch.settle(index, ItemStatus.UPDATED)
        _store(workspace, known)
    return batch.in_order()


class RateTable:
    """The rate that holds on a date: the latest one on or before it."""

    def __init__(self, base_currency: str, rates: Collection[tuple[str, date, Decimal]]) -> None:
        self._base = base_currency
        self._dates: dict[str, list[date]] = {}
        self._rates: dict[str, list[Decimal]] = {}
        for currency, day, rate in sorted(rates):
            self._dates.setdefault(currency, []).append(day)
            self._rates.setdefault(currency, []).append(rate)

    def rate_on(self, currency: str, day: date) -> Decimal | None:
        """None where no rate is known: never 1:1."""
        if currency == self._base:
            return Decimal(1)
        position = bisect_right(self._dates.get(currency, []), day)
        return self._rates[currency][position - 1] if position else None


def load_rates(workspace: Workspace, currencies: Collection[str]) -> RateTable:
    """The rates of these currencies."""
    foreign = set(currencies) - {workspace.base_currency}
    rows: Collection[tuple[str, date, Decimal]] = ()
    if foreign:
        rows = list(
            Rate.objects.in_workspace(workspace)
            .filter(currency__in=foreign)
            .values_list("currency", "date", "rate")
        )
    return RateTable(workspace.base_currency, rows)


def _known(workspace: Workspace, currencies: Collection[str]) -> dict[tuple[str, date], Decimal]:
    rows = Rate.objects.in_workspace(workspace).filter(currency__in=currencies)
    return {
        (currency, day): rate
        for currency, day, rate in rows.values_list("currency", "date", "rate")
    }


def _store(workspace: Workspace, rates: dict[tuple[str, date], Decimal]) -> None:
    Rate.objects.bulk_create(
        [
            Rate(workspace_id=workspace.pk, currency=currency, date=day, rate=rate)
            for (currency, day), rate in sorted(rates.items())
        ],
        update_conflicts=True,
        unique_fields=["workspace", "currency", "date"],
        update_fields=["rate"],
    )
