"""What became of messages: sent, delivered, opened, clicked, bounced, complained about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from contacts.text import key_of, normalise
from segments.criteria.base import Family, Speech, criterion
from segments.criteria.consent import MessageChannel
from segments.criteria.counting import CountingCriterion
from segments.criteria.evidence import Measured, MeasureUnit, measure
from segments.criteria.scope import Scope
from segments.criteria.values import (
    Control,
    TextOperator,
    TextTest,
    reference_texts,
    say_values,
    suggested_texts,
)
from segments.criteria.windows import EVER, Window
from tracking.models import Message, MessageEvent


class Fate(TextChoices):
    """What is asked of messages."""

    SENT = "sent", gettext_lazy("were sent")
    DELIVERED = "delivered", gettext_lazy("were delivered")
    OPENED = "opened", pgettext_lazy("what people did", "opened")
    CLICKED = "clicked", gettext_lazy("clicked in")
    BOUNCED = "bounced", gettext_lazy("had bounces of")
    COMPLAINED = "complained", gettext_lazy("complained about")
    UNSUBSCRIBED = "unsubscribed", gettext_lazy("unsubscribed by")


class LinkOperator(TextChoices):
    """How the address of a clicked link is compared."""

    IS_ANY_OF = "any_of", gettext_lazy("is any of")
    CONTAINS = "contains", gettext_lazy("contains")
    STARTS_WITH = "starts_with", gettext_lazy("starts with")
    MATCHES = "matches", gettext_lazy("matches the pattern")


WITH_MACHINES = {"kind": ("opened", "clicked")}
CLICKED_ONLY = {"kind": ("clicked",)}

# Keys of campaigns: ours, and what imports and other senders called theirs.
if TYPE_CHECKING:
    Campaigns = list[str]
    Links = list[str]
else:
    Campaigns = reference_texts("campaign", optional=True)
    Links = suggested_texts("message_link", shown_when=CLICKED_ONLY, optional=True)


@criterion
class MessagesHappened(CountingCriterion):
    """In how many messages something happened: opening one three times is one message opened."""

    key = "messages.happened"
    label = gettext_lazy("E-mail engagement")
    help = gettext_lazy("For example: opened at least 1 e-mail in the last 7 days")
    family = Family.ACTIVITIES
    icon = "mail"
    phrase = gettext_lazy(
        "{kind} {operator} {number} {upper} {channel} {campaigns} {link_operator} {links}"
        " {also_machines} {window}"
    )
    examples = (
        {"kind": "opened", "window": {"last": 1, "unit": "weeks"}},
        {
            "kind": "clicked",
            "operator": "between",
            "number": 1,
            "upper": 5,
            "campaigns": ["spring", "winter"],
            "window": {"last": 90, "unit": "days"},
        },
        {
            "kind": "clicked",
            "link_operator": "contains",
            "links": ["/shoes"],
            "also_machines": True,
        },
        {"kind": "clicked", "links": ["https://shop.example/sale"], "also_machines": False},
        {
            "kind": "opened",
            "operator": "exactly",
            "number": 0,
            "window": {"last": 1, "unit": "years"},
        },
        {"kind": "sent", "operator": "more_than", "number": 2, "window": {"calendar": "this_year"}},
        {"kind": "delivered", "channel": "sms", "operator": "at_most", "number": 1},
        {"kind": "unsubscribed", "campaigns": ["spring"]},
        {"kind": "bounced", "channel": "email", "operator": "at_least", "number": 2},
        {"kind": "complained", "window": {"older_than": 30, "unit": "days"}},
    )

    kind: Fate
    channel: MessageChannel = MessageChannel.EMAIL
    campaigns: Campaigns | None = None
    link_operator: Annotated[
        LinkOperator | None, Control("select", shown_when=CLICKED_ONLY, optional=True)
    ] = None
    links: Links | None = None
    also_machines: Annotated[
        bool | None, Control("boolean", shown_when=WITH_MACHINES, optional=True)
    ] = None
    window: Window = EVER

    @property
    def _column(self) -> str:
        return "sent_at" if self.kind == Fate.SENT else "occurred_at"

    def _rows(self, scope: Scope) -> QuerySet[Any]:
        """The messages sent, or what happened to them, that are counted."""
        if self.kind == Fate.SENT:
            rows: QuerySet[Any] = scope.facts(Message, "sent_at")
        else:
            rows = scope.facts(MessageEvent).filter(kind=self.kind.value)
        rows = rows.filter(channel=self.channel.value)
        if self.campaigns is not None:
            rows = rows.filter(campaign_key__in=list(self.campaigns))
        if self.kind in (Fate.OPENED, Fate.CLICKED) and not self.also_machines:
            rows = rows.filter(is_machine=False)
        if self.links is not None:
            rows = rows.filter(self._link_q())
        found: QuerySet[Any] = scope.within(rows, self.window, self._column)
        return found

    def _link_q(self) -> Q:
        operator = TextOperator(self.link_operator or LinkOperator.IS_ANY_OF)
        links = self.links or ()
        if operator in (TextOperator.IS_ANY_OF, TextOperator.STARTS_WITH):
            # Only the beginning of a long address is kept of a click.
            links = [key_of(normalise(link)) for link in links]
        return TextTest(operator, links).q("link")

    def matching(self, scope: Scope) -> QuerySet[Any]:
        rows = self._rows(scope)
        if self.is_plain or self.kind == Fate.SENT:
            return self.counted(rows)
        test = self.test.fails_q if self.negated else self.test.q
        messages: QuerySet[Any] = rows.order_by().values("contact_id")
        messages = messages.annotate(number_of_messages=_MESSAGES)
        found: QuerySet[Any] = messages.filter(test("number_of_messages")).values("contact_id")
        return found

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (self._rows(scope),)

    def measured(self, scope: Scope) -> Measured | None:
        if self.kind == Fate.SENT:
            return super().measured(scope)
        found = measure(self._rows(scope), _MESSAGES)
        return Measured(self.test, MeasureUnit.THINGS, found=found)

    def present(self, scope: Scope) -> QuerySet[Any]:
        """Whoever was sent anything: without a message there is nothing to open."""
        sent = scope.facts(Message, "sent_at").filter(channel=self.channel.value)
        return sent.values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"messages.{self.channel.value}",)

    def say_field(self, name: str, speech: Speech) -> str:
        match name:
            case "channel":
                return say_messages(self.channel, self.said_number)
            case "campaigns":
                return say_campaigns(self.campaigns, speech)
            case "link_operator":
                return ""  # spoken with the links
            case "links":
                return self._say_links()
            case "also_machines":
                return say_machines(self.also_machines)
        return super().say_field(name, speech)

    def _say_links(self) -> str:
        if self.links is None:
            return ""
        operator = (self.link_operator or LinkOperator.IS_ANY_OF).label
        links = say_values([f"“{link}”" for link in self.links], _("or"))
        return _("on a link that {operator} {links}").format(operator=operator, links=links)

    def check(self) -> Any:
        yield from super().check()
        if self.link_operator is not None and self.links is None:
            yield ("links",), _("Fill in a value.")


_MESSAGES = Count("message_id", distinct=True)


def say_messages(channel: MessageChannel, number: int) -> str:
    """ "e-mail", "e-mails"."""
    if channel == MessageChannel.EMAIL:
        return ngettext("e-mail", "e-mails", number)
    if channel == MessageChannel.SMS:
        return ngettext("text message", "text messages", number)
    return ngettext("web push", "web pushes", number)


def say_campaigns(campaigns: list[str] | None, speech: Speech) -> str:
    """ "of “Spring sale” or “Winter”"."""
    if not campaigns:
        return ""
    names = [f"“{speech.label('campaign', key)}”" for key in campaigns]
    return _("of {campaigns}").format(campaigns=say_values(names, _("or")))


def say_machines(also_machines: bool | None) -> str:
    """Whether opens and clicks by mail programs and scanners count; unsaid, they don't."""
    if also_machines is None:
        return ""
    return _("(by machines too)") if also_machines else _("(by people, not machines)")
