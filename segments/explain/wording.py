"""Numbers of an explanation in words: what there is, what is asked for, what is missing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from segments.criteria.base import Speech
from segments.criteria.evidence import Measured, MeasureUnit
from segments.criteria.values import NumberOperator, say_number, say_test
from segments.criteria.windows import WindowKind, say_window
from segments.explain.asking import Asked
from segments.explain.parts import Figure
from tracking.models import Activity, Message, MessageEvent, PageView, Visit
from transactions.figures import shown_money
from workspaces.models import Workspace
from workspaces.money import decimals_of

_SECONDS_A_DAY = 86_400
_THOUSAND = 1_000
_RANKED = (MeasureUnit.PLACES, MeasureUnit.SHARE)
_COUNTED = (
    MeasureUnit.FACTS,
    MeasureUnit.TRANSACTIONS,
    MeasureUnit.LINES,
    MeasureUnit.THINGS,
    MeasureUnit.PIECES,
)


def figure_of(each: Asked, workspace: Workspace, *, holds: bool) -> Figure | None:
    """The contact's number beside its threshold; None where the row compares none.

    A rounded number that says otherwise than the row is no explanation and is left out.
    """
    measured, number = each.measured, each.number
    if measured is None or number is None:
        return None
    if measured.test.passes(number) != holds:
        return None
    words = _Words(measured, each, workspace)
    threshold = Decimal(str(measured.test.value))
    upper = None if measured.test.upper is None else Decimal(str(measured.test.upper))
    missing = measured.missing(number)
    return Figure(
        unit=measured.unit,
        value=words.plain(number),
        operator=measured.test.operator.value,
        threshold=words.plain(threshold),
        upper=None if upper is None else words.plain(upper),
        missing=None if missing is None else words.plain(missing),
        said=words.compared(number, threshold, upper),
    )


def say_change(
    each: Asked, figure: Figure | None, workspace: Workspace, speech: Speech, *, holds: bool
) -> str:
    """What would flip the row, in words."""
    if figure is None or figure.missing is None or each.measured is None:
        return each.criterion.change(speech, holds=holds)
    words = _Words(each.measured, each, workspace)
    amount = words.say(words.stored(abs(figure.missing)))
    if figure.unit in _RANKED:
        text = _("{amount} further down") if figure.missing > 0 else _("{amount} further up")
    elif figure.missing > 0:
        text = _("{amount} more")
    elif figure.unit in _COUNTED:
        text = _("{amount} fewer")
    else:
        text = _("{amount} less")
    said = text.format(amount=amount)
    window = getattr(each.criterion, "window", None)
    return f"{said} {say_window(window)}" if isinstance(window, WindowKind) else said


class _Words:
    """Numbers of one row, from storage units to what people read."""

    def __init__(self, measured: Measured, each: Asked, workspace: Workspace) -> None:
        self.unit = measured.unit
        self.operator: NumberOperator = measured.test.operator
        self.each = each
        self.currency = workspace.base_currency
        self.per_unit = _per_unit(self.unit, workspace)

    def plain(self, number: Decimal) -> Decimal:
        """In units of people: 12.50, not 1250."""
        return number / self.per_unit

    def stored(self, number: Decimal) -> Decimal:
        return number * self.per_unit

    def compared(self, number: Decimal, threshold: Decimal, upper: Decimal | None) -> str:
        in_percent = self.unit in (MeasureUnit.SHARE, MeasureUnit.PERCENT)
        say = self.say if in_percent else self._bare
        asked = say_test(self.operator, say(threshold), None if upper is None else say(upper))
        forms = {
            MeasureUnit.PLACES: _("place {number} of the ranking; asked for: {test}"),
            MeasureUnit.SHARE: _("in the first {number} of the ranking; asked for: {test}"),
        }
        text = forms.get(self.unit, _("{number}; asked for: {test}"))
        is_place = self.unit == MeasureUnit.PLACES
        said = self._bare(number) if is_place else self.say(number)
        return text.format(number=said, test=asked)

    def say(self, number: Decimal) -> str:
        """With its unit: "EUR 12.50", "3 visits"."""
        shown = self._bare(number)
        if self.unit == MeasureUnit.MONEY:
            return shown
        whole = int(abs(number)) if number == int(number) else 2  # "1.5 days" is several
        forms = {
            MeasureUnit.FACTS: self._noun(whole),
            MeasureUnit.TRANSACTIONS: ngettext("%s transaction", "%s transactions", whole),
            MeasureUnit.LINES: ngettext("%s line", "%s lines", whole),
            MeasureUnit.DAYS: ngettext("%s day", "%s days", whole),
            MeasureUnit.DURATION: ngettext("%s day", "%s days", 2),
            MeasureUnit.YEARS: ngettext("%s year", "%s years", whole),
            MeasureUnit.PERCENT: _("%s %%"),
            MeasureUnit.SHARE: _("%s %%"),
            MeasureUnit.PLACES: ngettext("%s place", "%s places", whole),
            MeasureUnit.PIECES: ngettext("%s piece", "%s pieces", 1 if number == _THOUSAND else 2),
        }
        return forms.get(self.unit, "%s") % shown

    def _bare(self, number: Decimal) -> str:
        if self.unit == MeasureUnit.MONEY:
            return shown_money(round(number), self.currency)
        plain = round(self.plain(number), 3 if self.unit == MeasureUnit.PIECES else 2)
        return say_number(plain.normalize() if plain else Decimal(0))

    def _noun(self, number: int) -> str:
        nouns: dict[type[Model], str] = {
            Visit: ngettext("%s visit", "%s visits", number),
            PageView: ngettext("%s page view", "%s page views", number),
            Activity: ngettext("%s activity", "%s activities", number),
            Message: ngettext("%s message", "%s messages", number),
            MessageEvent: ngettext("%s message event", "%s message events", number),
        }
        tables = self.each.tables
        known = nouns.get(tables[0]) if len(set(tables)) == 1 else None
        return known or ngettext("%s time", "%s times", number)


def _per_unit(unit: MeasureUnit, workspace: Workspace) -> Decimal:
    units = {
        MeasureUnit.MONEY: Decimal(10) ** decimals_of(workspace.base_currency),
        MeasureUnit.PIECES: Decimal(_THOUSAND),
        MeasureUnit.DURATION: Decimal(_SECONDS_A_DAY),
        MeasureUnit.SHARE: Decimal("0.01"),
    }
    return units.get(unit, Decimal(1))


def say_when(at: datetime, now: datetime) -> str:
    """ "in 4 days", "in 3 hours"."""
    seconds = (at - now).total_seconds()
    if seconds >= 2 * _SECONDS_A_DAY:
        days = round(seconds / _SECONDS_A_DAY)
        return ngettext("in %d day", "in %d days", days) % days
    hours = max(1, round(seconds / 3600))
    return ngettext("in %d hour", "in %d hours", hours) % hours
