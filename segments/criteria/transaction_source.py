"""Where a contact's transactions came from, with quantifiers (semantics 16 and 17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import Count, ExpressionWrapper, Q, Sum, TextChoices
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Speech, criterion
from segments.criteria.conditions import Condition, all_of, conditions
from segments.criteria.evidence import Measured, MeasureUnit, measure
from segments.criteria.first_and_last import first_purchases, last_purchases
from segments.criteria.purchase_conditions import EXACT, say_conditions
from segments.criteria.purchases import (
    PurchaseCriterion,
    Query,
    ratio_q,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    Control,
    NumberOperator,
    NumberTest,
    Percent,
    say_percent,
    say_values,
)
from segments.criteria.visits import HAS_UTM, UtmCampaign, UtmMedium, UtmSource
from segments.criteria.windows import EVER, MAX_NUMBER, Unit, Window, say_units
from tracking.models import TrafficChannel
from transactions.attribution import AttributionModel, with_source_test
from transactions.models import UNKNOWN_CHANNEL


class PurchaseSource(TextChoices):
    """A channel, or a word that covers several; "unknown" is never "direct"."""

    AD = "ad", gettext_lazy("any ad")
    UTM = "utm", gettext_lazy("a link with UTM fields")
    PAID_SEARCH = TrafficChannel.PAID_SEARCH.value, gettext_lazy("paid search")
    PAID_SOCIAL = TrafficChannel.PAID_SOCIAL.value, gettext_lazy("paid social")
    DISPLAY = TrafficChannel.DISPLAY.value, gettext_lazy("display ad")
    AFFILIATE = TrafficChannel.AFFILIATE.value, gettext_lazy("affiliate")
    OTHER_PAID = TrafficChannel.OTHER_PAID.value, gettext_lazy("other paid")
    ORGANIC_SEARCH = TrafficChannel.ORGANIC_SEARCH.value, gettext_lazy("search")
    ORGANIC_SOCIAL = TrafficChannel.ORGANIC_SOCIAL.value, gettext_lazy("social")
    EMAIL = TrafficChannel.EMAIL.value, gettext_lazy("e-mail")
    SMS = TrafficChannel.SMS.value, gettext_lazy("SMS")
    PUSH = TrafficChannel.PUSH.value, gettext_lazy("push")
    ASSISTANT = TrafficChannel.ASSISTANT.value, gettext_lazy("AI assistant")
    REFERRAL = TrafficChannel.REFERRAL.value, gettext_lazy("referral")
    DIRECT = TrafficChannel.DIRECT.value, gettext_lazy("direct")
    OTHER = TrafficChannel.OTHER.value, gettext_lazy("other")
    UNKNOWN = UNKNOWN_CHANNEL, gettext_lazy("an unknown source")


class SourceQuantifier(TextChoices):
    """How many of the contact's transactions came from the sources."""

    ANY = "any", gettext_lazy("bought at least once from")
    ONLY = "only", gettext_lazy("bought only from")
    NONE = "none", gettext_lazy("never bought from")
    FIRST = "first", gettext_lazy("made their first purchase ever from")
    LAST = "last", gettext_lazy("made their last purchase from")
    SHARE_OF_TRANSACTIONS = "share_of_transactions", gettext_lazy("made a share of purchases from")
    SHARE_OF_REVENUE = "share_of_revenue", gettext_lazy("spent a share of their money from")


_SHARES = {"quantifier": ("share_of_transactions", "share_of_revenue")}
_LOOKING_BACK = {"model": ("last_non_direct", "any_touch")}
_WORDS = (PurchaseSource.AD, PurchaseSource.UTM)
_OWN_UTM = ~Q(utm_source="") | ~Q(utm_medium="") | ~Q(utm_campaign="")

if TYPE_CHECKING:
    Channels = list[PurchaseSource]
    UtmConditions = list[Condition]
    Share = float | None
    LookBack = int | None
else:
    Channels = Annotated[
        list[PurchaseSource], Field(max_length=len(PurchaseSource)), Control("selects")
    ]
    UtmConditions = conditions(UtmSource, UtmMedium, UtmCampaign)
    Share = Annotated[Percent | None, Control("percent", shown_when=_SHARES)]
    LookBack = Annotated[
        Annotated[int, Field(ge=1, le=MAX_NUMBER, strict=True)] | None,
        Control("number", whole=True, shown_when=_LOOKING_BACK),
    ]


@criterion
class TransactionSource(PurchaseCriterion):
    """Where transactions came from.

    "Only" needs at least one counted transaction and none from elsewhere; an unknown source is
    elsewhere. "Never" includes contacts without transactions. A share of nothing never matches.
    "First" and "last" are of all there were; that one must lie in the window.
    """

    key = "transactions.source"
    label = gettext_lazy("Source of transactions")
    help = gettext_lazy("Ads, search, e-mail, direct …: any, only, never, first, last or a share")
    icon = "route"
    sources = ("transactions", "visits")
    phrase = gettext_lazy(
        "{quantifier} {percent} {channels} {utm} {model} {days} {window} {statuses}"
    )
    examples = (
        {"quantifier": "only", "channels": ["ad"]},
        {"quantifier": "any", "channels": ["email", "utm"], "window": {"last": 90, "unit": "days"}},
        {"quantifier": "none", "channels": ["direct", "email"]},
        {"quantifier": "first", "channels": ["paid_search", "paid_social"]},
        {"quantifier": "last", "channels": ["organic_search"], "window": {"calendar": "this_year"}},
        {"quantifier": "share_of_transactions", "percent": 50, "channels": ["direct", "unknown"]},
        {"quantifier": "share_of_revenue", "percent": 33.3, "channels": ["referral"]},
        {
            "quantifier": "any",
            "utm": [{"field": "utm_campaign", "operator": "starts_with", "values": ["winter"]}],
        },
        {
            "quantifier": "only",
            "channels": ["ad", "email"],
            "model": "last_non_direct",
            "days": 30,
        },
        {"quantifier": "any", "channels": ["affiliate"], "model": "first_touch"},
        {
            "quantifier": "none",
            "channels": ["paid_search"],
            "model": "any_touch",
            "days": 14,
            "statuses": ["paid"],
        },
    )

    quantifier: SourceQuantifier
    percent: Share = None
    channels: Channels = Field(default_factory=list)
    utm: UtmConditions = Field(default_factory=list)
    model: AttributionModel = AttributionModel.VISIT
    days: LookBack = None
    window: Window = EVER

    @property
    def negated(self) -> bool:
        return self.quantifier == SourceQuantifier.NONE

    def matching(self, scope: Scope) -> Query:
        if self.quantifier in (SourceQuantifier.FIRST, SourceQuantifier.LAST):
            pick = first_purchases if self.quantifier == SourceQuantifier.FIRST else last_purchases
            picked = scope.within(pick(scope.purchases(self.statuses)), self.window)
            return self._tested(picked, scope).filter(is_inside=True).values("contact_id")
        rows = self._tested(self.purchases(scope), scope)
        if self.quantifier in (SourceQuantifier.ANY, SourceQuantifier.NONE):
            return rows.filter(is_inside=True).values("contact_id")
        grouped = rows.order_by().values("contact_id")
        if self.quantifier == SourceQuantifier.ONLY:
            elsewhere = Count("pk", filter=Q(is_outside=True))
            return grouped.alias(elsewhere=elsewhere).filter(elsewhere=0).values("contact_id")
        return self._by_share(grouped)

    def measured(self, scope: Scope) -> Measured | None:
        if self.percent is None:
            return None
        part, whole = self._part_and_whole()
        share = ExpressionWrapper(100 * Cast(part, EXACT) / NullIf(whole, 0), output_field=EXACT)
        test = NumberTest(NumberOperator.AT_LEAST, self.percent)
        rows = self._tested(self.purchases(scope), scope)
        return Measured(test, MeasureUnit.PERCENT, measure(rows, share), of_nothing=None)

    def _part_and_whole(self) -> tuple[Any, Any]:
        inside = Q(is_inside=True)
        if self.quantifier == SourceQuantifier.SHARE_OF_REVENUE:
            return Coalesce(Sum("goods_amount", filter=inside), 0), Sum("goods_amount")
        return Count("pk", filter=inside), Count("pk")

    def _by_share(self, grouped: Query) -> Any:
        part, whole = self._part_and_whole()
        some = grouped.alias(whole=whole).filter(whole__gt=0)
        bounds = (self.percent, None)
        shares = ratio_q(NumberOperator.AT_LEAST, bounds, 100 * part, whole, some)
        return shares.values("contact_id")

    def _tested(self, purchases: Query, scope: Scope) -> Query:
        utm = all_of(self.utm, scope)
        return with_source_test(
            purchases,
            self.model,
            days=self.days or 0,
            as_of=scope.as_of,
            own=self._channels_q("is_paid_channel", _OWN_UTM) & utm,
            visited=self._channels_q("is_paid", HAS_UTM) & utm,
        )

    def _channels_q(self, paid: str, has_utm: Q) -> Q:
        """The channels as a condition on a transaction's columns, or on a visit's."""
        if not self.channels:
            return Q()
        named = [channel.value for channel in self.channels if channel not in _WORDS]
        condition = Q(channel__in=named) if named else Q()
        if PurchaseSource.AD in self.channels:
            condition |= Q((paid, True))
        if PurchaseSource.UTM in self.channels:
            condition |= has_utm
        return condition

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        if not self.channels and not self.utm:
            yield ("channels",), _("Choose where the transactions came from.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "quantifier" and self.percent is not None:
            return self._say_share()
        if name == "percent":
            return ""
        if name == "channels" and self.channels:
            return say_values([channel.label for channel in self.channels], _("or"))
        if name == "utm" and self.utm:
            said = say_conditions(self.utm, speech)
            where = _("with {conditions}") if self.channels else _("links with {conditions}")
            return where.format(conditions=said)
        if name == "model":
            return f"({self.model.label}" + ("" if self.days else ")")
        if name == "days" and self.days is not None:
            return _("within {period})").format(period=say_units(self.days, Unit.DAYS))
        return super().say_field(name, speech)

    def _say_share(self) -> str:
        percent = f"{say_percent(self.percent or 0)} %"
        if self.quantifier == SourceQuantifier.SHARE_OF_TRANSACTIONS:
            return _("made at least {percent} of their purchases from").format(percent=percent)
        return _("spent at least {percent} of their money on purchases from").format(
            percent=percent
        )
