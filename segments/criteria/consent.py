"""Consent, and addresses nothing may be sent to."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from contacts.models import (
    AttributeValue,
    Channel,
    Consent,
    ConsentStatus,
    Suppression,
    SuppressionReason,
)
from segments.criteria.agreeing import agreeing
from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.counting import CountingCriterion
from segments.criteria.scope import Scope
from segments.criteria.values import Control, Text, say_values
from segments.criteria.windows import EVER, Window
from tracking.models import MessageEvent, MessageEventKind


class AskedStatus(TextChoices):
    """What a contact last said, or that nobody asked."""

    GRANTED = "granted", gettext_lazy("given")
    PENDING = "pending", gettext_lazy("awaiting confirmation")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")
    NEVER_ASKED = "never_asked", gettext_lazy("never asked for")


Topic = Annotated[Text, Field(max_length=60), Control("text", suggest="consent_topic")]


@criterion
class ConsentIs(Criterion):
    """What the contact last said about a channel, and a topic if one is named."""

    key = "consents.status"
    label = gettext_lazy("Consent")
    help = gettext_lazy("For example: have consent to e-mail given")
    family = Family.CONSENT
    icon = "shield-check"
    phrase = gettext_lazy("have consent to {channel} {topic} {statuses}")
    examples = (
        {"channel": "email", "statuses": ["granted"]},
        {"channel": "email", "topic": "offers", "statuses": ["granted", "pending"]},
        {"channel": "sms", "statuses": ["withdrawn"]},
        {"channel": "sms", "statuses": ["never_asked"]},
        {"channel": "push", "statuses": ["withdrawn", "never_asked"]},
    )

    channel: Channel
    topic: Topic | None = None
    statuses: Annotated[list[AskedStatus], Field(min_length=1, max_length=len(AskedStatus))]

    @property
    def negated(self) -> bool:
        """Who was never asked has no row: everybody but those who said something else."""
        return AskedStatus.NEVER_ASKED in self.statuses

    def matching(self, scope: Scope) -> QuerySet[Any]:
        named = {status.value for status in self.statuses}
        wanted = [
            status.value for status in ConsentStatus if (status.value in named) != self.negated
        ]
        return self._said(scope).filter(status__in=wanted).values("contact_id")

    def _said(self, scope: Scope) -> QuerySet[Any]:
        return scope.valid(Consent).filter(
            channel=self.channel.value, topic=(self.topic or "").strip()
        )

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (self._said(scope),)

    def change(self, speech: Speech, *, holds: bool) -> str:
        if holds:
            text = _("consent to {channel} is given or withdrawn")
        else:
            text = _("consent to {channel} becomes {statuses}")
        return text.format(channel=self.channel.label, statuses=self.say_field("statuses", speech))

    def present(self, scope: Scope) -> QuerySet[Any] | None:
        # Asked for by name, "never asked" is no lack of a value but the answer itself.
        return None if self.negated else self._said(scope).values("contact_id")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "topic":
            return "" if self.topic is None else _("on “{topic}”").format(topic=self.topic)
        if name == "statuses":
            return say_values([status.label for status in self.statuses], _("or"))
        return super().say_field(name, speech)


class AddressChannel(TextChoices):
    """Channels whose addresses can be suppressed."""

    EMAIL = "email", gettext_lazy("E-mail")
    SMS = "sms", gettext_lazy("SMS")
    PHONE = "phone", gettext_lazy("Phone")


ADDRESS_ATTRIBUTES = {
    AddressChannel.EMAIL: "email",
    AddressChannel.SMS: "phone",
    AddressChannel.PHONE: "phone",
}


@criterion
class IsSuppressed(Criterion):
    """The contact's address, as of then, is one nothing may be sent to."""

    key = "contacts.suppressed"
    label = gettext_lazy("Suppressed address")
    help = gettext_lazy("For example: have an e-mail address that bounced or complained")
    family = Family.CONSENT
    icon = "ban"
    phrase = gettext_lazy("may get nothing by {channel} {reasons}")
    examples = (
        {"channel": "email"},
        {"channel": "email", "reasons": ["bounced", "complained"]},
        {"channel": "sms", "reasons": ["manual"]},
    )

    channel: AddressChannel = AddressChannel.EMAIL
    reasons: (
        Annotated[list[SuppressionReason], Field(min_length=1, max_length=len(SuppressionReason))]
        | None
    ) = None

    def matching(self, scope: Scope) -> QuerySet[Any]:
        held = Q(valid_to__isnull=True) | Q(valid_to__gt=scope.as_of)
        suppressed = Suppression.objects.in_workspace(scope.workspace).filter(
            held, valid_from__lte=scope.as_of, channel=self.channel.value
        )
        if self.reasons is not None:
            suppressed = suppressed.filter(reason__in=[reason.value for reason in self.reasons])
        return (
            self._addresses(scope)
            .filter(address_hash__in=suppressed.values("address_hash"))
            .values("contact_id")
        )

    def _addresses(self, scope: Scope) -> QuerySet[AttributeValue]:
        return scope.attribute_values(ADDRESS_ATTRIBUTES[self.channel])

    def present(self, scope: Scope) -> QuerySet[Any]:
        return self._addresses(scope).values("contact_id")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "reasons":
            if self.reasons is None:
                return _("for any reason")
            reasons = say_values([reason.label for reason in self.reasons], _("or"))
            return _("because of: {reasons}").format(reasons=reasons)
        return super().say_field(name, speech)


class Trouble(TextChoices):
    """What a contact's mailbox or the contact said to a message."""

    BOUNCED = "bounced", gettext_lazy("bounced")
    COMPLAINED = "complained", gettext_lazy("complained")
    UNSUBSCRIBED = "unsubscribed", gettext_lazy("unsubscribed")


class MessageChannel(TextChoices):
    """Channels messages are sent over."""

    EMAIL = "email", gettext_lazy("E-mail")
    SMS = "sms", gettext_lazy("SMS")
    PUSH = "push", gettext_lazy("Web push")


@criterion
class BouncedOrComplained(CountingCriterion):
    """Messages that bounced, or that the contact complained about or unsubscribed from."""

    key = "messages.bounced_or_complained"
    label = gettext_lazy("Bounce or complaint")
    help = gettext_lazy("For example: had e-mail bounced at least 2 times in the last 90 days")
    family = Family.CONSENT
    icon = "mail-x"
    phrase = agreeing(
        "had {channel} {kinds} {operator} {number} {upper} time {window}",
        "had {channel} {kinds} {operator} {number} {upper} times {window}",
    )
    examples = (
        {"kinds": ["bounced"], "window": {"last": 90, "unit": "days"}},
        {"channel": "sms", "kinds": ["bounced", "complained", "unsubscribed"], "window": "ever"},
        {
            "operator": "exactly",
            "number": 0,
            "kinds": ["bounced", "complained"],
            "window": {"last": 1, "unit": "years"},
        },
    )

    channel: MessageChannel = MessageChannel.EMAIL
    kinds: Annotated[list[Trouble], Field(min_length=1, max_length=len(Trouble))]
    window: Window = EVER

    def matching(self, scope: Scope) -> QuerySet[Any]:
        events = scope.facts(MessageEvent).filter(
            channel=self.channel.value, kind__in=[kind.value for kind in self.kinds]
        )
        return self.counted(scope.within(events, self.window))

    def present(self, scope: Scope) -> QuerySet[Any]:
        """Whoever was delivered anything: without a message nothing can bounce."""
        events = scope.facts(MessageEvent).filter(
            channel=self.channel.value,
            kind__in=(MessageEventKind.DELIVERED, *(trouble.value for trouble in Trouble)),
        )
        return events.values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"messages.{self.channel.value}",)

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "kinds":
            return say_values([kind.label for kind in self.kinds], _("or"))
        return super().say_field(name, speech)
