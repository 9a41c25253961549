from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Contact
from contacts.text import KEY_LENGTH
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class TrafficChannel(models.TextChoices):
    """Where a visit came from: exactly one channel a visit (semantics 16)."""

    PAID_SEARCH = "paid_search", _("paid search")
    PAID_SOCIAL = "paid_social", _("paid social")
    DISPLAY = "display", _("display ad")
    AFFILIATE = "affiliate", _("affiliate")
    OTHER_PAID = "other_paid", _("other paid")
    ORGANIC_SEARCH = "organic_search", _("search")
    ORGANIC_SOCIAL = "organic_social", _("social")
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("push")
    ASSISTANT = "assistant", _("AI assistant")
    REFERRAL = "referral", _("referral")
    DIRECT = "direct", _("direct")
    OTHER = "other", _("other")


PAID_CHANNELS = frozenset(
    {
        TrafficChannel.PAID_SEARCH,
        TrafficChannel.PAID_SOCIAL,
        TrafficChannel.DISPLAY,
        TrafficChannel.AFFILIATE,
        TrafficChannel.OTHER_PAID,
    }
)


class Fact(WorkspaceModel):
    """Something that happened to a contact at an instant; insert-only, once per external id.

    A fact dated in the future is clamped to its receipt and flagged.
    """

    external_id = models.CharField(max_length=200, db_collation="C")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_clamped = models.BooleanField(default=False)
    content_number = models.BigIntegerField(default=0)  # tells repeated facts from other content

    class Meta:
        abstract = True


class Visit(Fact):
    """A visit to the shop's site, with its classified traffic source.

    Text columns are stored normalised (`contacts.text.normalise`) and cut to their length.
    """

    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="visits")
    duration = models.PositiveIntegerField(null=True)  # seconds
    # The last thing known of it: its last page view, or its start and duration.
    ended_at = models.DateTimeField()
    channel = models.CharField(max_length=14, choices=TrafficChannel.choices, db_collation="C")
    is_paid = models.BooleanField(default=False)
    utm_source = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    utm_medium = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    utm_campaign = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    utm_term = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    utm_content = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    click_id = models.CharField(max_length=20, blank=True, db_collation="C")  # gclid, fbclid, …
    referrer_host = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    landing_page = models.CharField(
        max_length=KEY_LENGTH, blank=True, db_collation="C"
    )  # host/path
    device = models.CharField(max_length=20, blank=True, db_collation="C")  # desktop, mobile, …
    country = models.CharField(max_length=2, blank=True, db_collation="C")  # ISO 3166, lower case
    pages = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="visit_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "occurred_at"], include=["contact"], name="visit_by_time"
            ),
            models.Index(
                fields=["workspace", "contact", "occurred_at"],
                include=["channel", "is_paid"],
                name="visit_of_contact",
            ),
            models.Index(
                fields=["workspace", "channel", "occurred_at"],
                include=["contact"],
                name="visit_by_channel",
            ),
            models.Index(
                fields=["workspace", "utm_campaign", "occurred_at"],
                include=["contact"],
                condition=~Q(utm_campaign=""),
                name="visit_by_campaign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.occurred_at:%Y-%m-%d %H:%M}"


class PageView(WorkspaceModel):
    """A page seen in a visit; `product_key` is the integrator's product id, or empty."""

    visit = WorkspaceForeignKey(Visit, on_delete=models.DO_NOTHING, related_name="page_views")
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="page_views")
    occurred_at = models.DateTimeField()
    position = models.PositiveIntegerField()  # within the visit, from 0
    page = models.TextField(db_collation="C")  # normalised host/path?query, without UTM fields
    page_key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    product_key = models.CharField(max_length=200, blank=True, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "visit", "position"], name="page_view_once_a_visit"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "product_key", "occurred_at"],
                include=["contact"],
                condition=~Q(product_key=""),
                name="page_view_by_product",
            ),
            models.Index(
                fields=["workspace", "page_key", "occurred_at"],
                include=["contact"],
                name="page_view_by_page",
            ),
            models.Index(
                fields=["workspace", "occurred_at"], include=["contact"], name="page_view_by_time"
            ),
            models.Index(
                fields=["workspace", "contact", "occurred_at"], name="page_view_of_contact"
            ),
        ]


class ParameterType(models.TextChoices):
    """What values of an activity's parameter are."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")


class ActivityKind(WorkspaceModel):
    """A kind of activity the workspace records: "bought a ticket", a form, a survey.

    Built-in kinds: `link_clicked` (tracked links outside e-mail), `form_submitted`.
    """

    key = models.CharField(max_length=60, db_collation="C")  # permanent; trees name it
    label = models.CharField(max_length=120)
    is_engagement = models.BooleanField(default=True)  # counts as the contact showing interest
    is_builtin = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="activity_kind_key_unique"),
        ]

    def __str__(self) -> str:
        return self.label


class ActivityParameter(WorkspaceModel):
    """A typed parameter of an activity kind."""

    kind = WorkspaceForeignKey(ActivityKind, on_delete=models.DO_NOTHING, related_name="parameters")
    key = models.CharField(max_length=60, db_collation="C")
    label = models.CharField(max_length=120)
    type = models.CharField(max_length=8, choices=ParameterType.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "key"], name="activity_parameter_key_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Activity(Fact):
    """One activity of a contact."""

    kind = WorkspaceForeignKey(ActivityKind, on_delete=models.DO_NOTHING, related_name="activities")
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="activities")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="activity_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "occurred_at"], include=["contact"], name="activity_by_time"
            ),
            models.Index(
                fields=["workspace", "kind", "occurred_at"],
                include=["contact"],
                name="activity_by_kind",
            ),
            models.Index(
                fields=["workspace", "contact", "occurred_at"],
                include=["kind"],
                name="activity_of_contact",
            ),
        ]


class ActivityValue(WorkspaceModel):
    """The value of one parameter of one activity (typed like attribute values)."""

    activity = WorkspaceForeignKey(Activity, on_delete=models.DO_NOTHING, related_name="values")
    parameter = WorkspaceForeignKey(
        ActivityParameter, on_delete=models.DO_NOTHING, related_name="values"
    )
    text = models.TextField(null=True)
    text_key = models.CharField(max_length=KEY_LENGTH, null=True, db_collation="C")
    text_norm = models.TextField(null=True, db_collation="C")
    number = models.FloatField(null=True)
    date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "activity", "parameter"], name="activity_value_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "parameter", "text_key"],
                include=["activity"],
                condition=Q(text_key__isnull=False),
                name="activity_value_text",
            ),
            models.Index(
                fields=["workspace", "parameter", "number"],
                include=["activity"],
                condition=Q(number__isnull=False),
                name="activity_value_number",
            ),
        ]


class Message(WorkspaceModel):
    """A message sent to a contact; campaigns write here."""

    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    campaign_key = models.CharField(max_length=64, blank=True, db_collation="C")
    external_id = models.CharField(max_length=200, db_collation="C")
    subject = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField()
    content_number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="message_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "sent_at"], include=["contact"], name="message_by_time"
            ),
            models.Index(fields=["workspace", "contact", "sent_at"], name="message_of_contact"),
            models.Index(
                fields=["workspace", "channel", "sent_at"],
                include=["contact"],
                name="message_by_channel",
            ),
            models.Index(
                fields=["workspace", "campaign_key", "sent_at"],
                include=["contact"],
                condition=~Q(campaign_key=""),
                name="message_by_campaign",
            ),
        ]


class MessageEventKind(models.TextChoices):
    """What happened to a message."""

    DELIVERED = "delivered", _("delivered")
    OPENED = "opened", _("opened")
    CLICKED = "clicked", _("clicked")
    BOUNCED = "bounced", _("bounced")
    COMPLAINED = "complained", _("complained")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")


class MessageEvent(Fact):
    """Something that happened to a message; machine opens and scanners are flagged."""

    message = WorkspaceForeignKey(Message, on_delete=models.DO_NOTHING, related_name="events")
    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="message_events"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    campaign_key = models.CharField(max_length=64, blank=True, db_collation="C")
    kind = models.CharField(max_length=12, choices=MessageEventKind.choices, db_collation="C")
    is_machine = models.BooleanField(default=False)
    link = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="message_event_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "occurred_at"],
                include=["contact"],
                name="message_event_by_time",
            ),
            models.Index(
                fields=["workspace", "kind", "occurred_at"],
                include=["contact", "channel", "is_machine"],
                name="message_event_by_kind",
            ),
            models.Index(
                fields=["workspace", "campaign_key", "kind", "occurred_at"],
                include=["contact", "message", "is_machine"],
                condition=~Q(campaign_key=""),
                name="message_event_by_campaign",
            ),
            models.Index(
                fields=["workspace", "contact", "occurred_at"],
                include=["kind"],
                name="message_event_of_contact",
            ),
        ]


class MarketingAction(Fact):
    """Something done to a contact: added by an import, tagged by a rule, a code issued."""

    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="marketing_actions"
    )
    kind = models.CharField(max_length=40, db_collation="C")
    object_key = models.CharField(max_length=200, blank=True, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="marketing_action_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "occurred_at"],
                include=["contact"],
                name="marketing_action_by_time",
            ),
            models.Index(
                fields=["workspace", "kind", "object_key", "occurred_at"],
                include=["contact"],
                name="marketing_action_by_kind",
            ),
            models.Index(
                fields=["workspace", "contact", "occurred_at"], name="marketing_action_of_contact"
            ),
        ]


class SourceCoverage(WorkspaceModel):
    """Since when a source of facts is recorded (semantics 15): the first fact received of it."""

    source = models.CharField(max_length=80, db_collation="C")  # visits, messages.email, …
    recorded_since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source"], name="coverage_once_a_source"),
        ]
