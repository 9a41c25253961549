from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from workspaces.tenancy import WorkspaceModel


class RevenueRule(models.TextChoices):
    """Which sign of interest a purchase is credited to."""

    CLICK = "click", _("the last click")
    OPEN_OR_CLICK = "open_or_click", _("the last open or click")


class SendingSettings(WorkspaceModel):
    """What holds for every campaign of a workspace; one row each."""

    postal_address = models.TextField(blank=True)  # required by law in every marketing e-mail
    from_name = models.CharField(max_length=120, blank=True)  # who writes where nobody is named
    from_email = models.CharField(max_length=320, blank=True)
    cap_number = models.PositiveSmallIntegerField(null=True)  # most e-mails a contact gets
    cap_days = models.PositiveSmallIntegerField(default=7)  # within so many days; null: no cap
    quiet_from = models.TimeField(null=True)  # local time from which nothing is sent
    quiet_to = models.TimeField(null=True)
    holdout_points = models.PositiveSmallIntegerField(default=0)  # of 10,000: the global control
    holdout_salt = models.CharField(max_length=40, blank=True)
    jump_percent = models.PositiveSmallIntegerField(default=50)  # a larger jump stops a run
    attribution_days = models.PositiveSmallIntegerField(default=5)
    revenue_rule = models.CharField(
        max_length=14, choices=RevenueRule.choices, default=RevenueRule.CLICK, db_collation="C"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="sending_settings_once"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_to__isnull=True)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_both_ends",
            ),
        ]


class Transport(models.TextChoices):
    """How e-mail leaves: the installation's own server, an SMTP server, or a provider."""

    INSTALLATION = "installation", _("This installation's mail server")
    SMTP = "smtp", _("SMTP server")
    AMAZON_SES = "amazon_ses", "Amazon SES"
    BREVO = "brevo", "Brevo"
    MAILERSEND = "mailersend", "MailerSend"
    MAILGUN = "mailgun", "Mailgun"
    MAILJET = "mailjet", "Mailjet"
    MAILTRAP = "mailtrap", "Mailtrap"
    MANDRILL = "mandrill", "Mandrill"
    POSTAL = "postal", "Postal"
    POSTMARK = "postmark", "Postmark"
    RESEND = "resend", "Resend"
    SCALEWAY = "scaleway", "Scaleway"
    SENDGRID = "sendgrid", "SendGrid"
    SPARKPOST = "sparkpost", "SparkPost"
    UNISENDER_GO = "unisender_go", "Unisender Go"


class SendingAccount(WorkspaceModel):
    """An account that e-mail is sent through, and how fast it may be used."""

    name = models.CharField(max_length=120)
    transport = models.CharField(max_length=14, choices=Transport.choices, db_collation="C")
    credentials = models.BinaryField(default=bytes)  # encrypted JSON: workspaces/secrets.py
    webhook_key = models.CharField(max_length=64, blank=True, db_collation="C")
    bounce_mailbox = models.BinaryField(null=True)  # encrypted JSON: IMAP host, user, password …
    bounces_read_at = models.DateTimeField(null=True)
    is_default = models.BooleanField(default=False)
    per_second = models.PositiveIntegerField(null=True)  # null: as fast as it goes
    per_day = models.PositiveIntegerField(null=True)
    warm_up_from = models.DateField(null=True)  # a new sender's daily limit grows from this day
    free_at = models.DateTimeField(null=True)  # by the database's time, when the next may be sent
    counted_on = models.DateField(null=True)  # the day `sent_that_day` counts, in UTC
    sent_that_day = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)  # after too many failures
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(archived_at__isnull=True),
                name="sending_account_name_unique",
            ),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(archived_at__isnull=True, is_default=True),
                name="sending_account_one_default",
            ),
            models.UniqueConstraint(
                fields=["workspace", "webhook_key"],
                condition=~Q(webhook_key=""),
                name="sending_account_webhook_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RecordStatus(models.TextChoices):
    """What a domain's DNS says."""

    UNKNOWN = "unknown", _("not checked yet")
    OK = "ok", _("in order")
    WRONG = "wrong", _("wrong")
    MISSING = "missing", _("missing")


class SenderDomain(WorkspaceModel):
    """A domain e-mail is sent from, its DKIM key, and what its DNS said last."""

    domain = models.CharField(max_length=253, db_collation="C")
    selector = models.CharField(max_length=63, db_collation="C")
    private_key = models.BinaryField(default=bytes)  # encrypted PEM: workspaces/secrets.py
    public_key = models.TextField()  # base64, as it stands in DNS
    spf = models.CharField(max_length=8, choices=RecordStatus.choices, default=RecordStatus.UNKNOWN)
    dkim = models.CharField(
        max_length=8, choices=RecordStatus.choices, default=RecordStatus.UNKNOWN
    )
    dmarc = models.CharField(
        max_length=8, choices=RecordStatus.choices, default=RecordStatus.UNKNOWN
    )
    found = models.JSONField(default=dict)  # the records as they were found, by kind
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "domain"], name="sender_domain_unique"),
        ]

    def __str__(self) -> str:
        return self.domain


class Topic(WorkspaceModel):
    """What contacts can subscribe to one by one; `key` is the topic of their consents."""

    key = models.CharField(max_length=60, db_collation="C")
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="topic_key_unique"),
        ]

    def __str__(self) -> str:
        return self.name
