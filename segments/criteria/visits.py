"""Visits by traffic source, pages seen, tracked links clicked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.agreeing import agreeing
from segments.criteria.base import Family, Speech, criterion
from segments.criteria.conditions import (
    Condition,
    FlagCondition,
    NumberCondition,
    ReferenceOperator,
    TextCondition,
    all_of,
    conditions,
)
from segments.criteria.counting import CountingCriterion
from segments.criteria.scope import Scope
from segments.criteria.values import (
    WITH_VALUES,
    TextTest,
    reference_texts,
    say_values,
    suggested_texts,
)
from segments.criteria.windows import EVER, Window
from tracking.models import PageView, TrafficChannel, Visit
from tracking.pages import page_of
from transactions.models import Product

UTM_COLUMNS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _texts(suggest: str) -> Any:
    return suggested_texts(suggest, shown_when={"operator": WITH_VALUES}) | None


class SourceWord(TextChoices):
    """A marketer's words for where a visit came from (semantics 16); they may overlap."""

    AD = "ad", gettext_lazy("ad")
    SEARCH = "search", gettext_lazy("search")
    EMAIL = "email", gettext_lazy("e-mail")
    REFERRAL = "referral", gettext_lazy("referral")
    DIRECT = "direct", gettext_lazy("direct")
    UTM = "utm", gettext_lazy("link with UTM fields")


HAS_UTM = Q()
for _column in UTM_COLUMNS:
    HAS_UTM |= ~Q((_column, ""))

SOURCE_WORDS: dict[SourceWord, Q] = {
    SourceWord.AD: Q(is_paid=True),
    SourceWord.SEARCH: Q(channel=TrafficChannel.ORGANIC_SEARCH),
    SourceWord.EMAIL: Q(channel=TrafficChannel.EMAIL),
    SourceWord.REFERRAL: Q(channel=TrafficChannel.REFERRAL),
    SourceWord.DIRECT: Q(channel=TrafficChannel.DIRECT),
    SourceWord.UTM: HAS_UTM,
}


class FromSource(Condition):
    """The visit came from any, or none, of these kinds of source."""

    label = gettext_lazy("Source")
    field: Literal["source"]
    operator: ReferenceOperator = ReferenceOperator.ANY_OF
    values: Annotated[list[SourceWord], Field(min_length=1, max_length=len(SourceWord))]

    def q(self, scope: Scope) -> Q:
        condition = Q()
        for word in self.values:
            condition |= SOURCE_WORDS[word]
        return condition if self.operator == ReferenceOperator.ANY_OF else ~condition

    def speak(self, speech: Speech) -> str:
        values = say_values([word.label for word in self.values], _("or"))
        return f"{self.label} {self.operator.label} {values}"


class FromChannel(Condition):
    """The visit's one channel."""

    label = gettext_lazy("Channel")
    field: Literal["channel"]
    operator: ReferenceOperator = ReferenceOperator.ANY_OF
    values: Annotated[list[TrafficChannel], Field(min_length=1, max_length=len(TrafficChannel))]

    def q(self, scope: Scope) -> Q:
        found = Q(channel__in=[channel.value for channel in self.values])
        return found if self.operator == ReferenceOperator.ANY_OF else ~found

    def speak(self, speech: Speech) -> str:
        values = say_values([channel.label for channel in self.values], _("or"))
        return f"{self.label} {self.operator.label} {values}"


class IsPaid(FlagCondition):
    """Whether the visit was paid for."""

    label = gettext_lazy("Paid")
    column = "is_paid"
    field: Literal["is_paid"]


class HasUtm(FlagCondition):
    """Whether the visit's link had any UTM field."""

    label = gettext_lazy("Has UTM fields")
    field: Literal["has_utm"]

    def q(self, scope: Scope) -> Q:
        return HAS_UTM if self.value else ~HAS_UTM


class UtmSource(TextCondition):
    """The link's utm_source."""

    label = gettext_lazy("UTM source")
    column = "utm_source"
    field: Literal["utm_source"]
    values: _texts("utm_source") = None  # type: ignore[valid-type]


class UtmMedium(TextCondition):
    """The link's utm_medium."""

    label = gettext_lazy("UTM medium")
    column = "utm_medium"
    field: Literal["utm_medium"]
    values: _texts("utm_medium") = None  # type: ignore[valid-type]


class UtmCampaign(TextCondition):
    """The link's utm_campaign."""

    label = gettext_lazy("UTM campaign")
    column = "utm_campaign"
    field: Literal["utm_campaign"]
    values: _texts("utm_campaign") = None  # type: ignore[valid-type]


class UtmTerm(TextCondition):
    """The link's utm_term."""

    label = gettext_lazy("UTM term")
    column = "utm_term"
    field: Literal["utm_term"]
    values: _texts("utm_term") = None  # type: ignore[valid-type]


class UtmContent(TextCondition):
    """The link's utm_content."""

    label = gettext_lazy("UTM content")
    column = "utm_content"
    field: Literal["utm_content"]
    values: _texts("utm_content") = None  # type: ignore[valid-type]


class ReferrerHost(TextCondition):
    """The site the visit came from."""

    label = gettext_lazy("Referring site")
    column = "referrer_host"
    field: Literal["referrer_host"]
    values: _texts("referrer_host") = None  # type: ignore[valid-type]


class LandingPage(TextCondition):
    """The first page, without its query."""

    label = gettext_lazy("Landing page")
    column = "landing_page"
    field: Literal["landing_page"]
    values: _texts("landing_page") = None  # type: ignore[valid-type]


class Device(TextCondition):
    """Desktop, mobile, tablet …"""

    label = gettext_lazy("Device")
    column = "device"
    field: Literal["device"]
    values: _texts("device") = None  # type: ignore[valid-type]


class Country(TextCondition):
    """The visit's country by its two letters."""

    label = gettext_lazy("Country")
    column = "country"
    field: Literal["country"]
    values: _texts("visit_country") = None  # type: ignore[valid-type]


class Duration(NumberCondition):
    """How long the visit lasted; unknown durations pass "not exactly" only."""

    label = gettext_lazy("Duration in seconds")
    column = "duration"
    field: Literal["duration"]


class NumberOfPages(NumberCondition):
    """How many pages were seen."""

    label = gettext_lazy("Number of pages")
    column = "pages"
    field: Literal["pages"]


VISIT_CONDITIONS = (
    FromSource,
    FromChannel,
    IsPaid,
    HasUtm,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmTerm,
    UtmContent,
    ReferrerHost,
    LandingPage,
    Device,
    Country,
    Duration,
    NumberOfPages,
)
VisitConditions = conditions(*VISIT_CONDITIONS, noun="visit")


def visits_that(filters: list[Condition], scope: Scope) -> QuerySet[Any]:
    """Visits before the instant that fulfil every condition."""
    return scope.facts(Visit).filter(all_of(filters, scope))


def say_conditions(filters: list[Condition], speech: Speech, opening: str) -> str:
    """ "from a visit where Channel is any of search and Paid: no"; nothing without conditions."""
    if not filters:
        return ""
    said = _(" and ").join(each.speak(speech) for each in filters)
    return f"({opening} {said})"


@criterion
class Visited(CountingCriterion):
    """Visits that fulfil every condition, each condition on the same visit."""

    key = "visits.visited"
    label = gettext_lazy("Visit")
    help = gettext_lazy("For example: visited at least 2 times from an ad in the last 30 days")
    family = Family.VISITS
    icon = "mouse-pointer-click"
    sources = ("visits",)
    phrase = agreeing(
        "visited {operator} {number} {upper} time {window} {where}",
        "visited {operator} {number} {upper} times {window} {where}",
    )
    examples = (
        {"operator": "at_least", "number": 1, "window": {"last": 30, "unit": "days"}},
        {
            "operator": "at_least",
            "number": 2,
            "where": [
                {"field": "source", "operator": "any_of", "values": ["ad", "search", "utm"]},
                {"field": "device", "operator": "any_of", "values": ["mobile"]},
                {"field": "duration", "operator": "at_least", "value": 60},
            ],
            "window": {"last": 3, "unit": "months"},
        },
        {
            "operator": "exactly",
            "number": 0,
            "where": [{"field": "channel", "operator": "none_of", "values": ["direct"]}],
            "window": {"calendar": "this_year"},
        },
        {
            "operator": "less_than",
            "number": 3,
            "where": [
                {"field": "utm_campaign", "operator": "starts_with", "values": ["spring"]},
                {"field": "is_paid", "value": False},
                {"field": "country", "operator": "none_of", "values": ["de"]},
            ],
        },
        {"operator": "between", "number": 2, "upper": 5, "window": {"last_whole_days": 28}},
        {"operator": "more_than", "number": 1, "where": [{"field": "has_utm", "value": True}]},
        {"operator": "at_most", "number": 4, "window": {"from": "2026-01-01", "to": "2026-01-31"}},
        {"operator": "not_exactly", "number": 1},
        {"window": {"since": {"activity": "ticket_bought"}}},
        {"window": {"calendar": "yesterday", "zone": "contact"}},
    )

    where: VisitConditions = Field(default_factory=list)  # type: ignore[valid-type]
    window: Window = EVER

    def matching(self, scope: Scope) -> QuerySet[Any]:
        return self.counted(scope.within(visits_that(self.where, scope), self.window))

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.facts(Visit).values("contact_id")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "where":
            return say_conditions(self.where, speech, _("in one visit:"))
        return super().say_field(name, speech)


class PageAddress(TextCondition):
    """The page's address: host, path and query, without UTM fields."""

    label = gettext_lazy("Page")
    column = "page"
    field: Literal["page"]
    values: _texts("page") = None  # type: ignore[valid-type]

    def passing(self, test: TextTest, scope: Scope) -> Q:
        stored = TextTest(test.operator, [_as_stored(value) for value in test.values])
        # Only whole addresses are found by the index on their beginning.
        return stored.q(self.column, "page_key")


def _as_stored(value: str) -> str:
    """An address copied from the browser is cut as pages are when they are recorded."""
    return page_of(value) if "://" in value else value


class PageProduct(Condition):
    """The product the page shows."""

    label = gettext_lazy("Product")
    field: Literal["product"]
    operator: ReferenceOperator = ReferenceOperator.ANY_OF
    values: reference_texts("product")  # type: ignore[valid-type]

    def q(self, scope: Scope) -> Q:
        ids = scope.ids_of("product", self.values)
        keys = Product.objects.in_workspace(scope.workspace).filter(pk__in=ids)
        found = Q(product_key__in=list(keys.values_list("external_id", flat=True)))
        return found if self.operator == ReferenceOperator.ANY_OF else ~found

    def speak(self, speech: Speech) -> str:
        named = [speech.label("product", key) for key in self.values]
        return f"{self.label} {self.operator.label} {say_values(named, _('or'))}"


PageConditions = conditions(PageAddress, PageProduct, noun="page")


@criterion
class ViewedPage(CountingCriterion):
    """Page views that fulfil every condition, in visits that fulfil theirs."""

    key = "visits.viewed_page"
    label = gettext_lazy("Page view")
    help = gettext_lazy("For example: viewed pages of product X at least 2 times in the last week")
    family = Family.VISITS
    icon = "eye"
    sources = ("visits",)
    phrase = agreeing(
        "viewed {where} {operator} {number} {upper} time {window} {visit}",
        "viewed {where} {operator} {number} {upper} times {window} {visit}",
    )
    examples = (
        {
            "where": [{"field": "page", "operator": "contains", "values": ["/shoes"]}],
            "window": {"last": 7, "unit": "days"},
        },
        {
            "operator": "at_least",
            "number": 2,
            "where": [{"field": "page", "operator": "any_of", "values": ["shop.example/sale"]}],
            "visit": [{"field": "channel", "operator": "any_of", "values": ["email", "sms"]}],
            "window": {"last": 30, "unit": "days"},
        },
        {
            "operator": "at_most",
            "number": 1,
            "where": [{"field": "page", "operator": "not_contains", "values": ["/account"]}],
            "window": {"between": [1, 2], "unit": "weeks"},
        },
    )

    where: PageConditions = Field(default_factory=list)  # type: ignore[valid-type]
    visit: VisitConditions = Field(default_factory=list)  # type: ignore[valid-type]
    window: Window = EVER

    def matching(self, scope: Scope) -> QuerySet[Any]:
        views = scope.facts(PageView).filter(all_of(self.where, scope))
        if self.visit:
            views = views.filter(visit_id__in=visits_that(self.visit, scope).values("pk"))
        return self.counted(scope.within(views, self.window))

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.facts(PageView).values("contact_id")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "where":
            return say_conditions(self.where, speech, _("one page:")) or _("any page")
        if name == "visit":
            return say_conditions(self.visit, speech, _("in one visit:"))
        return super().say_field(name, speech)
