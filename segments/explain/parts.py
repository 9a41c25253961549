"""What an explanation is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from contacts.models import Contact
from segments.criteria.evidence import MeasureUnit
from segments.models import SegmentPin


@dataclass(frozen=True)
class Fact:
    """One row of evidence: what it is, when, and where its contact's card shows it."""

    kind: str  # visit, transaction, line_item, tag, … : the table
    id: int
    at: datetime
    icon: str
    text: str
    url: str


@dataclass(frozen=True)
class Figure:
    """The contact's number beside the threshold, in units of people: money, pieces, days."""

    unit: MeasureUnit
    value: Decimal
    operator: str
    threshold: Decimal
    upper: Decimal | None
    missing: Decimal | None  # the smallest change that flips the row; None: no change does
    said: str  # "EUR 120.00, of at least EUR 300.00"


@dataclass(frozen=True)
class Reason:
    """One node of the tree: whether it holds, whether it should, and why.

    `kind`: row, segment, all, any, not, pin. `wanted`: false inside an odd number of "not".
    """

    path: str
    kind: str
    said: str
    holds: bool
    wanted: bool = True
    key: str = ""  # of rows: what they ask, however often they stand in the tree
    icon: str = ""
    children: tuple[Reason, ...] = ()
    facts: Sequence[Fact] = ()
    number_of_facts: int = 0
    nearby: Sequence[Fact] = ()  # of the kind, but outside the window or otherwise not fitting
    figure: Figure | None = None
    since: datetime | None = None  # the window's beginning and end as instants
    until: datetime | None = None
    change: str = ""  # what would flip it; empty: `said` itself has to become true or false
    turns_at: datetime | None = None  # when it flips by itself, if nothing else happens
    flips: bool = False  # one of the fewest rows that flip the whole

    @property
    def fits(self) -> bool:
        """Whether it does its part for the contact to be in."""
        return self.holds == self.wanted

    @property
    def shown(self) -> tuple[Reason, ...]:
        """The children as they are shown: "not" and the group in it are one."""
        if self.kind == "not" and self.children[0].kind in ("all", "any"):
            return self.children[0].children
        return self.children

    @property
    def shown_kind(self) -> str:
        """The kind with what it is wanted as: "any" that must not be so is "none"."""
        if self.kind == "not" and self.children[0].kind in ("all", "any"):
            return self.children[0].shown_kind
        opposite = {"any": "none", "all": "not_all"}
        return self.kind if self.wanted else opposite.get(self.kind, self.kind)

    @property
    def shown_said(self) -> str:
        """The words above the children as they are shown."""
        return self.said if self.shown is self.children else self.children[0].said

    @property
    def more_facts(self) -> int:
        """How many facts beside those told of."""
        return self.number_of_facts - len(self.facts)

    def rows(self) -> Iterator[Reason]:
        """The rows below, opened segments included."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.rows()


@dataclass(frozen=True)
class Explanation:
    """Why a contact is in or out at an instant; without a `reason` while it wasn't known yet."""

    contact: Contact
    as_of: datetime
    is_known: bool
    is_member: bool
    sentence: str
    reason: Reason | None = None
    pin: SegmentPin | None = None
    flips: Sequence[Reason] = field(default_factory=tuple)
    is_smallest: bool = True
    turns_at: datetime | None = None  # when they enter or leave by themselves

    @property
    def numbers(self) -> tuple[int, int]:
        """How many rows do their part, and how many there are."""
        rows = list(self.reason.rows()) if self.reason else []
        return sum(row.fits for row in rows), len(rows)

    @property
    def turning(self) -> Sequence[Reason]:
        """Rows that flip by themselves, the next one first."""
        rows = self.reason.rows() if self.reason else ()
        return sorted(
            {row.key: row for row in rows if row.turns_at}.values(),
            key=lambda row: row.turns_at or self.as_of,
        )
