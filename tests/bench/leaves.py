"""The leaves of the questions: our document, and what DuckDB is asked instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from segments.criteria.windows import Calendar, CalendarPeriod, Clock, Rolling, Unit
from tests.bench import names
from workspaces.models import Workspace


@dataclass(frozen=True)
class Part:
    """Facts of one table of DuckDB."""

    table: str
    where: str


@dataclass(frozen=True)
class Leaf:
    """One question about a contact, twice.

    `document` is ours. For DuckDB: who owns a fact of any of the `parts`; with `having`, whose
    facts of the only part satisfy it; or `inline`, a condition on the contact itself. `is_absent`:
    the document means everybody else. `by_row`: what of this the row of statistics a contact says
    (table `stat`), for comparing with us where we read such a row.
    """

    name: str
    document: dict[str, Any]
    parts: tuple[Part, ...] = ()
    having: str = ""
    inline: str = ""
    is_absent: bool = False
    by_row: str = ""

    def given_row(self) -> Leaf:
        """The leaf where DuckDB has the row, too: it stands for all of the table `tx`."""
        if not self.by_row:
            return self
        others = tuple(part for part in self.parts if part.table != "tx")
        return replace(self, parts=(*others, Part("stat", self.by_row)), having="")

    def ids(self) -> str:
        """Contact ids, repeats allowed."""
        if self.inline:
            return f"SELECT c.id FROM contact c WHERE {self.inline}"
        if self.having:
            [part] = self.parts
            return (
                f"SELECT contact FROM {part.table} WHERE {part.where}"
                f" GROUP BY contact HAVING {self.having}"
            )
        return " UNION ALL ".join(
            f"SELECT contact FROM {part.table} WHERE {part.where}" for part in self.parts
        )

    def within(self) -> str:
        """A condition on contact `c` by membership in a subquery."""
        return self._signed(self._inlined() or f"c.id IN ({self.ids()})")

    def correlated(self) -> str:
        """A condition on contact `c` by correlated subqueries."""
        if self.inline:
            return self._signed(self._inlined())
        if self.having:
            [part] = self.parts
            return self._signed(
                f"coalesce((SELECT {self.having} FROM {part.table} f"
                f" WHERE f.contact = c.id AND {part.where}), false)"
            )
        exists = (
            f"EXISTS (SELECT 1 FROM {part.table} f WHERE f.contact = c.id AND {part.where})"
            for part in self.parts
        )
        return self._signed(f"({' OR '.join(exists)})")

    def _inlined(self) -> str:
        return f"coalesce({self.inline}, false)" if self.inline else ""

    def _signed(self, condition: str) -> str:
        return f"NOT {condition}" if self.is_absent else condition


def leaves_of(workspace: Workspace, as_of: datetime, *, is_past: bool = False) -> dict[str, Leaf]:
    """Every leaf of Q1 to Q13, by name. Both sides get the same instants, computed here.

    `is_past`: there are facts after the instant, so DuckDB has to be told where to stop.
    """
    clock = Clock(as_of, workspace.zone, workspace.week_start)

    def since(number: int, unit: Unit) -> str:
        bounds = Rolling(last=number, unit=unit).bounds(clock)
        until = f" AND ts < {_instant(bounds.end)}" if is_past else ""
        return f"ts >= {_instant(bounds.start)}{until}"

    month = Calendar(calendar=CalendarPeriod.PREVIOUS_MONTH).bounds(clock)
    last_month = f"ts >= {_instant(month.start)} AND ts < {_instant(month.end)}"
    month_ago = since(30, Unit.DAYS)
    bought = "transactions.bought"
    mail_channels = [names.CHANNELS.index("direct"), names.CHANNELS.index("email")]
    found = [
        Leaf(
            "tag A",
            {"type": "tags.has", "tags": [names.tag_key(TAG)]},
            (Part("tag", f"tag = {TAG}"),),
        ),
        Leaf(
            "city B",
            {
                "type": "contacts.text",
                "attribute": "city",
                "operator": "any_of",
                "values": [names.city_name(CITY)],
            },
            inline=f"c.city = {CITY}",
        ),
        Leaf(
            "women",
            {
                "type": "contacts.choice",
                "attribute": "gender",
                "operator": "any_of",
                "values": ["female"],
            },
            inline=f"c.gender = {names.GENDERS.index('female')}",
        ),
        Leaf(
            "score below 50",
            {"type": "contacts.number", "attribute": "score", "operator": "less_than", "value": 50},
            inline="c.score < 50",
        ),
        Leaf(
            "spent on brand X",
            {
                "type": "transactions.amount_spent",
                "operator": "more_than",
                "amount": "300.00",
                "where": [{"field": "brand", "values": [names.brand_name(BRAND)]}],
                "window": {"last": 6, "unit": "months"},
            },
            (Part("item", f"brand = {BRAND} AND counted AND {since(6, Unit.MONTHS)}"),),
            having="sum(cents) > 30000",
        ),
        Leaf(
            "3 transactions in 90 days",
            {
                "type": bought,
                "operator": "at_least",
                "number": 3,
                "window": {"last": 90, "unit": "days"},
            },
            (Part("tx", f"counted AND {since(90, Unit.DAYS)}"),),
            having="count(*) >= 3",
        ),
        Leaf(
            "only from ads",
            {"type": "transactions.source", "quantifier": "only", "channels": ["ad"]},
            (Part("tx", "counted"),),
            having="bool_and(paid)",
            by_row=f"sources & {_mask(False)} = 0",
        ),
        Leaf(
            "never direct or e-mail",
            {"type": "transactions.source", "quantifier": "none", "channels": ["direct", "email"]},
            (Part("tx", f"counted AND channel IN ({', '.join(map(str, mail_channels))})"),),
            is_absent=True,
            by_row=f"sources & {sum(1 << code for code in mail_channels)} <> 0",
        ),
        Leaf(
            "bought X last month",
            {
                "type": bought,
                "where": [{"field": "product", "values": [names.product_key(PRODUCT_X)]}],
                "window": {"calendar": "previous_month"},
            },
            (Part("item", f"product = {PRODUCT_X} AND counted AND {last_month}"),),
        ),
        Leaf(
            "bought Y",
            {
                "type": bought,
                "where": [{"field": "product", "values": [names.product_key(PRODUCT_Y)]}],
            },
            (Part("item", f"product = {PRODUCT_Y} AND counted"),),
        ),
        Leaf(
            "visited by campaign Z",
            {
                "type": "visits.visited",
                "where": [
                    {
                        "field": "utm_campaign",
                        "operator": "any_of",
                        "values": [names.campaign_key(CAMPAIGN)],
                    }
                ],
                "window": {"last": 30, "unit": "days"},
            },
            (Part("visit", f"campaign = {CAMPAIGN} AND {month_ago}"),),
        ),
        Leaf(
            "bought in 30 days",
            {"type": bought, "window": {"last": 30, "unit": "days"}},
            (Part("tx", f"counted AND {month_ago}"),),
            by_row=month_ago.replace("ts", "last_ts"),
        ),
        Leaf(
            "opened in a week",
            {
                "type": "engagement.engaged",
                "channels": ["opens"],
                "window": {"last": 7, "unit": "days"},
            },
            (Part("mail", f"kind = {names.OPENED} AND NOT by_machine AND {since(7, Unit.DAYS)}"),),
        ),
        Leaf(
            "no engagement in 30 days",
            {
                "type": "engagement.engaged",
                "operator": "exactly",
                "number": 0,
                "window": {"last": 30, "unit": "days"},
            },
            (
                Part("visit", month_ago),
                Part(
                    "mail",
                    f"kind IN ({names.OPENED}, {names.CLICKED}) AND NOT by_machine AND {month_ago}",
                ),
                Part("activity", month_ago),
                Part("tx", f"counted AND {month_ago}"),
            ),
            is_absent=True,
            by_row=month_ago.replace("ts", "last_ts"),
        ),
        Leaf("bought ever", {"type": bought}, (Part("tx", "counted"),), by_row="true"),
        Leaf(
            "spent 1,000 in all",
            {"type": "transactions.amount_spent", "operator": "at_least", "amount": "1000.00"},
            (Part("tx", "counted"),),
            having="sum(cents) >= 100000",
            by_row="cents >= 100000",
        ),
        Leaf(
            "80 on average",
            {"type": "transactions.average_order", "operator": "at_least", "amount": "80.00"},
            (Part("tx", "counted"),),
            having="sum(cents) >= 8000 * count(*)",
            by_row="cents >= 8000 * number",
        ),
    ]
    return {leaf.name: leaf for leaf in found}


def _mask(is_paid: bool) -> int:
    """The bits of channels, as the row keeps them."""
    return sum(1 << code for code, paid in enumerate(names.IS_PAID) if paid == is_paid)


def _instant(instant: datetime | None) -> str:
    assert instant is not None
    return f"TIMESTAMP '{instant:%Y-%m-%d %H:%M:%S.%f}'"


# What the questions name: neither the most popular nor the rarest.
TAG, CITY, BRAND, PRODUCT_X, PRODUCT_Y = 4, 6, 1, 12, 3
CAMPAIGN = 102  # begun three weeks before the instant


def names_in(where: Any) -> Sequence[str]:
    """The names of the leaves in a tree, in order."""
    if isinstance(where, str):
        return [where]
    _kind, *children = where
    return [name for child in children for name in names_in(child)]
