"""Who hasn't opened any of the last messages: the ones to win back, or to leave in peace."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, TextChoices
from django.db.models import Window as OverRows
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.consent import MessageChannel
from segments.criteria.messages import Campaigns, say_campaigns, say_machines, say_messages
from segments.criteria.scope import Scope
from segments.criteria.values import Control
from segments.criteria.windows import EVER, WindowKind
from tracking.models import Message, MessageEvent

MOST_MESSAGES = 100


class Answer(TextChoices):
    """What none of the messages got."""

    OPENED = "opened", gettext_lazy("neither opened nor clicked")
    CLICKED = "clicked", gettext_lazy("did not click in")


Number = Annotated[int, Field(ge=1, le=MOST_MESSAGES, strict=True), Control("number", whole=True)]


@criterion
class LastMessagesUnanswered(Criterion):
    """None of the last N messages was opened. Who got fewer than N doesn't count.

    A click shows that a message was opened, also where its images weren't loaded.
    """

    key = "messages.last_unanswered"
    label = gettext_lazy("Opened none of the last e-mails")
    help = gettext_lazy("For example: neither opened nor clicked any of the last 5 e-mails")
    family = Family.ACTIVITIES
    icon = "mail"
    phrase = gettext_lazy(
        "{kind} any of the last {number} {channel} {campaigns} {also_machines} and were sent"
        " at least that many"
    )
    examples = (
        {"number": 3},
        {"kind": "clicked", "number": 2, "campaigns": ["spring", "winter"]},
        {"kind": "opened", "channel": "sms", "number": 1},
        {"kind": "opened", "channel": "email", "number": 2, "also_machines": True},
    )

    kind: Answer = Answer.OPENED
    channel: MessageChannel = MessageChannel.EMAIL
    number: Number = 5
    campaigns: Campaigns | None = None
    also_machines: Annotated[bool | None, Control("boolean", optional=True)] = None

    @property
    def relies_on_absence(self) -> bool:
        """Members are in because no open was recorded."""
        return True

    def _sent(self, scope: Scope) -> QuerySet[Any]:
        sent = scope.facts(Message, "sent_at").filter(channel=self.channel.value)
        if self.campaigns is not None:
            sent = sent.filter(campaign_key__in=list(self.campaigns))
        return sent

    def _answers(self, scope: Scope) -> QuerySet[Any]:
        kinds = ("clicked",) if self.kind == Answer.CLICKED else ("opened", "clicked")
        answers = scope.facts(MessageEvent).filter(kind__in=kinds, channel=self.channel.value)
        return answers if self.also_machines else answers.filter(is_machine=False)

    def _last(self, scope: Scope) -> QuerySet[Any]:
        """The last N of each contact; of those of one instant, the ones recorded last."""
        place = OverRows(
            RowNumber(),
            partition_by=F("contact_id"),
            order_by=(F("sent_at").desc(), F("pk").desc()),
        )
        last: QuerySet[Any] = self._sent(scope).annotate(place=place)
        return last.filter(place__lte=self.number)

    def matching(self, scope: Scope) -> QuerySet[Any]:
        answered = self._answers(scope).filter(
            contact_id=OuterRef("contact_id"), message_id__in=self._last(scope).values("pk")
        )
        sent: QuerySet[Any] = self._sent(scope).filter(~Exists(answered)).values("contact_id")
        sent = sent.annotate(number_sent=Count("pk"))
        found: QuerySet[Any] = sent.filter(number_sent__gte=self.number).values("contact_id")
        return found

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (self._sent(scope), self._answers(scope))

    def change(self, speech: Speech, *, holds: bool) -> str:
        messages = say_messages(self.channel, self.number)
        if holds and self.kind == Answer.CLICKED:
            text = _("a link in one of the last {number} {messages} is clicked")
        elif holds:
            text = _("one of the last {number} {messages} is opened")
        else:
            text = _("{number} {messages} in a row stay unanswered")
        return text.format(number=self.number, messages=messages)

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"messages.{self.channel.value}",)

    def windows(self) -> tuple[WindowKind | str, ...]:
        return (EVER,)

    def say_field(self, name: str, speech: Speech) -> str:
        match name:
            case "channel":
                return say_messages(self.channel, self.number)
            case "campaigns":
                return say_campaigns(self.campaigns, speech)
            case "also_machines":
                return say_machines(self.also_machines)
        return super().say_field(name, speech)
