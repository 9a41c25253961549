"""What a report is made of. Amounts are minor units of the workspace's base currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

from campaigns.models import RecipientState, RevenueRule


def share(part: float, whole: float) -> float | None:
    """A part of 1; None where there is nothing to be a part of."""
    return part / whole if whole else None


@dataclass(frozen=True)
class Responses:
    """What came of some messages. A message counts once wherever the name says no "opens" or
    "clicks"; people and machines are kept apart everywhere.

    `sent`: a server accepted it. `delivered`: sent and not bounced; `confirmed` of them by the
    receiving provider, where it tells. `opened` includes messages that were only clicked: images
    may not have been loaded. `opened_by_machine`: by mail programs and scanners only. `unopened`:
    neither bounced nor opened by people.
    """

    sent: int = 0
    bounced: int = 0
    confirmed: int = 0
    opened: int = 0
    opens: int = 0
    opened_by_machine: int = 0
    machine_opens: int = 0
    unopened: int = 0
    clicked: int = 0
    clicks: int = 0
    machine_clicks: int = 0
    complained: int = 0
    unsubscribed: int = 0
    purchases: int = 0
    buyers: int = 0
    revenue: int = 0

    @property
    def delivered(self) -> int:
        return max(self.sent - self.bounced, 0)

    @property
    def delivery_rate(self) -> float | None:
        """Of those sent."""
        return share(self.delivered, self.sent)

    @property
    def bounce_rate(self) -> float | None:
        """Of those sent."""
        return share(self.bounced, self.sent)

    @property
    def open_rate(self) -> float | None:
        """Opened by people, of those delivered."""
        return share(self.opened, self.delivered)

    @property
    def click_rate(self) -> float | None:
        """Clicked by people, of those delivered."""
        return share(self.clicked, self.delivered)

    @property
    def click_to_open_rate(self) -> float | None:
        """Clicked, of those opened; both by people."""
        return share(self.clicked, self.opened)

    @property
    def complaint_rate(self) -> float | None:
        """Of those delivered."""
        return share(self.complained, self.delivered)

    @property
    def unsubscribe_rate(self) -> float | None:
        """Of those delivered."""
        return share(self.unsubscribed, self.delivered)

    @property
    def conversion_rate(self) -> float | None:
        """Contacts who bought, of messages delivered."""
        return share(self.buyers, self.delivered)

    @property
    def revenue_per_message(self) -> float | None:
        """Minor units for each message delivered."""
        return share(self.revenue, self.delivered)

    @property
    def average_order(self) -> float | None:
        """Minor units for each purchase."""
        return share(self.revenue, self.purchases)


@dataclass(frozen=True)
class VariantFigures:
    """One variant of an A/B test; number 0 is the campaign's own content, "A"."""

    number: int
    responses: Responses
    is_winner: bool = False


@dataclass(frozen=True)
class LinkFigures:
    """A link, by its address as it is compared: `clicked` messages, `clicks` of people."""

    url: str
    clicked: int
    clicks: int
    machine_clicks: int
    link_id: int | None = None  # None: no link of the campaign has this address any more


@dataclass(frozen=True)
class SegmentFigures:
    """The recipients who were in one of the audience's segments or lists; they may overlap.

    Only messages are counted, not how often one was opened or clicked. `name` is of the time of
    the send.
    """

    kind: str  # segment or list
    id: int
    name: str
    responses: Responses


@dataclass(frozen=True)
class Point:
    """What happened from `start` on until `end` (exclusive)."""

    start: datetime
    end: datetime
    sent: int = 0
    opens: int = 0
    machine_opens: int = 0
    clicks: int = 0
    unsubscribed: int = 0
    purchases: int = 0
    revenue: int = 0


@dataclass(frozen=True)
class Attribution:
    """By which rule purchases are credited: to the last sign of interest in any campaign, at most
    `days` before the purchase."""

    rule: RevenueRule
    days: int


@dataclass(frozen=True)
class Sales:
    """What a campaign is credited with; `revenue` in minor units, `buyers` are contacts."""

    purchases: int = 0
    buyers: int = 0
    revenue: int = 0


@dataclass(frozen=True)
class Report:
    """What came of a campaign, or of one run of it, as known at `as_of`.

    `states` and `reasons` count everybody of the audiences: every state is there, reasons only
    where somebody was left out for them. `series` is by the hour for 48 hours from the first
    message, then by the day.
    """

    campaign_id: int
    run_id: int | None
    as_of: datetime
    currency: str
    attribution: Attribution
    audience: int
    states: Mapping[RecipientState, int]
    reasons: Mapping[str, int]
    total: Responses
    variants: tuple[VariantFigures, ...] = ()  # empty: there is but one
    links: tuple[LinkFigures, ...] = ()  # most clicked first
    segments: tuple[SegmentFigures, ...] = ()
    series: tuple[Point, ...] = ()
    codes_given: int = 0
    codes_used: int = 0
    codes_used_by_others: int = 0  # by another contact than the one they were given to

    @property
    def is_empty(self) -> bool:
        """Nobody was written to yet."""
        return not self.total.sent


class Verdict(TextChoices):
    """What a comparison with the hold-out group shows."""

    MORE = "more", gettext_lazy("more")
    LESS = "less", gettext_lazy("less")
    UNCLEAR = "unclear", gettext_lazy("can't tell yet")


@dataclass(frozen=True)
class Interval:
    """Where the true difference lies, with 95 % confidence."""

    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        if self.low > 0:
            return Verdict.MORE
        return Verdict.LESS if self.high < 0 else Verdict.UNCLEAR


@dataclass(frozen=True)
class Group:
    """Recipients, or those held out: how many, how many bought, and for how much."""

    contacts: int = 0
    buyers: int = 0
    purchases: int = 0
    revenue: int = 0

    @property
    def conversion_rate(self) -> float | None:
        return share(self.buyers, self.contacts)

    @property
    def revenue_per_contact(self) -> float | None:
        """Minor units."""
        return share(self.revenue, self.contacts)


@dataclass(frozen=True)
class Comparison:
    """A number of the recipients less that of the hold-out group.

    `interval` is None where there are too few contacts or buyers to say anything.
    """

    difference: float | None = None
    interval: Interval | None = None

    @property
    def verdict(self) -> Verdict:
        return self.interval.verdict if self.interval is not None else Verdict.UNCLEAR


@dataclass(frozen=True)
class Uplift:
    """Did the campaign sell more than sending nothing would have?

    Everybody meant to get it, whatever became of the message, against those held out at random;
    what either bought from the instant their audience was frozen for `days`. `conversion` is a
    difference of rates (parts of 1), `revenue` of minor units a contact.
    """

    days: int
    complete_at: datetime | None  # when the last window closes; None: nobody was sent to
    as_of: datetime
    currency: str
    recipients: Group = field(default_factory=Group)
    held_out: Group = field(default_factory=Group)
    conversion: Comparison = field(default_factory=Comparison)
    revenue: Comparison = field(default_factory=Comparison)

    @property
    def has_holdout(self) -> bool:
        return self.held_out.contacts > 0

    @property
    def is_complete(self) -> bool:
        """Nothing bought later can count."""
        return self.complete_at is not None and self.complete_at <= self.as_of

    @property
    def verdict(self) -> Verdict:
        """Whether more of them bought."""
        return self.conversion.verdict

    @property
    def extra_revenue(self) -> float | None:
        """Minor units the campaign brought in all, as the difference has it."""
        difference = self.revenue.difference
        return None if difference is None else difference * self.recipients.contacts

    @property
    def extra_revenue_interval(self) -> Interval | None:
        interval = self.revenue.interval
        if interval is None:
            return None
        number = self.recipients.contacts
        return Interval(interval.low * number, interval.high * number)
