from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contacts.text import KEY_LENGTH
from workspaces.models import Workspace
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
    WorkspaceQuerySet,
    workspace_id_of,
)

NUMBER_BITS = 31
NUMBER_MASK = 2**NUMBER_BITS - 1


def contact_id_of(workspace: Workspace | int, number: int) -> int:
    """`workspace id << 31 | contact number`: dense numbers per workspace make bitmaps small."""
    return workspace_id_of(workspace) << NUMBER_BITS | number


class ContactCounter(WorkspaceModel):
    """The next contact number of a workspace; numbers are dense and never reused."""

    id = models.BigAutoField(primary_key=True)
    next_number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="counter_once_a_workspace"),
            models.CheckConstraint(
                condition=Q(next_number__gte=1, next_number__lt=2**NUMBER_BITS),
                name="contact_numbers_fit_bitmaps",
            ),
        ]

    def __str__(self) -> str:
        return str(self.next_number)


class ContactQuerySet(WorkspaceQuerySet["Contact"]):
    """Contacts by whether they exist at an instant."""

    def live(self) -> Self:
        """Neither erased nor merged into another contact."""
        return self.filter(erased_at__isnull=True, merged_into_id__isnull=True)

    def known_before(self, as_of: datetime) -> Self:
        """The universe of every evaluation: live contacts first known before the instant."""
        return self.live().filter(known_since__lt=as_of)


class Contact(WorkspaceModel):
    """A person the shop knows.

    Identity and what pages show at once; every detail that can change, with its history, is an
    `AttributeValue`. `email`, `phone`, the names and `time_zone` repeat the current value.
    """

    id = models.BigIntegerField(primary_key=True)
    external_id = models.CharField(max_length=200, null=True, db_collation="C")
    email = models.CharField(max_length=320, blank=True)
    email_key = models.CharField(max_length=320, blank=True, db_collation="C")  # normalised
    phone = models.CharField(max_length=40, blank=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    known_since = models.DateTimeField()  # earliest of creation, stated observed_at, first fact
    created_at = models.DateTimeField()  # added here
    created_by = models.CharField(max_length=20, default="api")  # api, import, form, tracker, demo
    erased_at = models.DateTimeField(null=True)
    merged_into = WorkspaceForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, related_name="+"
    )

    objects = ContactQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="contact_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "email_key"], name="contact_by_email"),
            # The universe of an evaluation, newest contacts first on pages.
            models.Index(
                fields=["workspace", "known_since", "id"],
                condition=Q(erased_at__isnull=True, merged_into_id__isnull=True),
                name="contact_universe",
            ),
            models.Index(fields=["workspace", "created_at", "id"], name="contact_by_creation"),
            models.Index(
                fields=["workspace", "merged_into"],
                condition=Q(merged_into_id__isnull=False),
                name="contact_merged",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or self.external_id or f"#{self.number}"

    @property
    def number(self) -> int:
        number: int = self.id & NUMBER_MASK
        return number

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class AttributeType(models.TextChoices):
    """What values of an attribute are."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")
    DATETIME = "datetime", _("Date and time")
    CHOICE = "choice", _("One of a list")
    CHOICES = "choices", _("Several of a list")


class AttributeDefinition(WorkspaceModel):
    """A detail the workspace keeps about contacts: built-in (city) or its own (shoe size)."""

    key = models.CharField(max_length=60, db_collation="C")  # permanent; trees name it
    label = models.CharField(max_length=120)
    type = models.CharField(max_length=8, choices=AttributeType.choices)
    is_builtin = models.BooleanField(default=False)
    options = models.JSONField(default=list)  # of choices: [{"key", "label"}]
    first_known_at = models.DateTimeField(null=True)  # recorded since, for coverage
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="attribute_key_unique"),
        ]

    def __str__(self) -> str:
        return self.label


class AttributeValue(WorkspaceModel):
    """One value of one contact's attribute, for as long as it held.

    Text and choices compare by `text_norm` (found by its indexed beginning, `text_key`), numbers
    and yes/no (1, 0) by `number`, dates and instants by their own columns. `slot` is the value's
    key for attributes with several values, else empty. A value that was taken away is closed; an
    empty string is never stored.
    """

    attribute = WorkspaceForeignKey(
        AttributeDefinition, on_delete=models.DO_NOTHING, related_name="values"
    )
    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="attribute_values"
    )
    slot = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    text = models.TextField(null=True)  # as given
    text_key = models.CharField(max_length=KEY_LENGTH, null=True, db_collation="C")
    text_norm = models.TextField(null=True, db_collation="C")
    number = models.FloatField(null=True)
    date = models.DateField(null=True)
    instant = models.DateTimeField(null=True)
    # HMAC of an address (e-mail, phone) with the workspace's suppression key.
    address_hash = models.BinaryField(max_length=32, null=True)
    observed_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "attribute", "slot"],
                condition=Q(valid_to__isnull=True),
                name="attribute_one_current_value",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="attribute_value_lasts",
            ),
        ]
        indexes = [
            # Leaves: covering, current rows apart (performance.md, typed attribute values).
            models.Index(
                fields=["workspace", "attribute", "text_key"],
                include=["contact"],
                condition=Q(valid_to__isnull=True, text_key__isnull=False),
                name="attribute_text_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "number"],
                include=["contact"],
                condition=Q(valid_to__isnull=True, number__isnull=False),
                name="attribute_number_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "date"],
                include=["contact"],
                condition=Q(valid_to__isnull=True, date__isnull=False),
                name="attribute_date_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "instant"],
                include=["contact"],
                condition=Q(valid_to__isnull=True, instant__isnull=False),
                name="attribute_instant_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "contact", "valid_from"],
                name="attribute_history",
            ),
            models.Index(fields=["workspace", "contact", "attribute"], name="attribute_of_contact"),
            models.Index(
                fields=["workspace", "address_hash"],
                include=["contact", "valid_from", "valid_to"],
                condition=Q(address_hash__isnull=False),
                name="attribute_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id}: {self.text or self.number or self.date or self.instant}"


class LabelModel(WorkspaceModel):
    """What tags and categories have in common: a permanent key and a name that may change."""

    key = models.CharField(max_length=120, db_collation="C")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Tag(LabelModel):
    """A free label on contacts."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="tag_key_unique"),
        ]


class Category(LabelModel):
    """A contact category: a managed label, apart from tags."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="category_key_unique"),
        ]


class ContactTag(WorkspaceModel):
    """A tag on a contact, for as long as it was there."""

    tag = WorkspaceForeignKey(Tag, on_delete=models.DO_NOTHING, related_name="taggings")
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="taggings")
    source = models.CharField(max_length=20, blank=True)
    observed_at = models.DateTimeField(null=True)  # last confirmed; null: at valid_from
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "tag"],
                condition=Q(valid_to__isnull=True),
                name="contact_tag_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="contact_tag_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "tag"],
                include=["contact"],
                condition=Q(valid_to__isnull=True),
                name="contact_tag_now",
            ),
            models.Index(
                fields=["workspace", "tag", "valid_from"],
                include=["contact", "valid_to"],
                name="contact_tag_history",
            ),
            models.Index(fields=["workspace", "contact"], name="contact_tag_of_contact"),
        ]


class ContactCategory(WorkspaceModel):
    """A category of a contact, for as long as it held."""

    category = WorkspaceForeignKey(
        Category, on_delete=models.DO_NOTHING, related_name="categorisations"
    )
    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="categorisations"
    )
    source = models.CharField(max_length=20, blank=True)
    observed_at = models.DateTimeField(null=True)  # last confirmed; null: at valid_from
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "category"],
                condition=Q(valid_to__isnull=True),
                name="contact_category_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="contact_category_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "category"],
                include=["contact"],
                condition=Q(valid_to__isnull=True),
                name="contact_category_now",
            ),
            models.Index(
                fields=["workspace", "category", "valid_from"],
                include=["contact", "valid_to"],
                name="contact_category_history",
            ),
            models.Index(fields=["workspace", "contact"], name="contact_category_of_contact"),
        ]


class Channel(models.TextChoices):
    """How a contact can be reached."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Web push")
    PHONE = "phone", _("Phone")
    POST = "post", _("Post")


class ConsentStatus(models.TextChoices):
    """What the contact last said; no row means they were never asked."""

    GRANTED = "granted", _("given")
    PENDING = "pending", _("awaiting confirmation")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Consent(WorkspaceModel):
    """What a contact said about a channel and topic, for as long as it held."""

    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="consents")
    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    topic = models.CharField(max_length=60, blank=True, db_collation="C")  # "" is everything
    status = models.CharField(max_length=10, choices=ConsentStatus.choices, db_collation="C")
    source = models.CharField(max_length=60, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    wording = models.CharField(max_length=200, blank=True)  # version of the text consented to
    observed_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "channel", "topic"],
                condition=Q(valid_to__isnull=True),
                name="consent_one_current",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="consent_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "channel", "topic", "status"],
                include=["contact", "valid_from", "valid_to"],
                name="consent_leaf",
            ),
        ]


class SuppressionReason(models.TextChoices):
    """Why nothing may be sent to an address."""

    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    BOUNCED = "bounced", _("bounced")
    COMPLAINED = "complained", _("complained")
    MANUAL = "manual", _("blocked by hand")


class Suppression(WorkspaceModel):
    """An address nothing may be sent to; survives the contact, so it holds only a hash."""

    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    address_hash = models.BinaryField(max_length=32)  # HMAC-SHA256, workspace's suppression key
    reason = models.CharField(max_length=12, choices=SuppressionReason.choices, db_collation="C")
    source = models.CharField(max_length=60, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "channel", "address_hash", "reason"],
                condition=Q(valid_to__isnull=True),
                name="suppression_once",
            ),
        ]


class StaticList(WorkspaceModel):
    """A list whose contacts are put on it by hand, import or by freezing a segment."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="list_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class ListEntry(WorkspaceModel):
    """A contact on a static list, for as long as it was there."""

    static_list = WorkspaceForeignKey(
        StaticList, on_delete=models.DO_NOTHING, related_name="entries"
    )
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="list_entries")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "static_list"],
                condition=Q(valid_to__isnull=True),
                name="list_entry_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="list_entry_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "static_list", "valid_from"],
                include=["contact", "valid_to"],
                name="list_entry_leaf",
            ),
            models.Index(fields=["workspace", "contact"], name="list_entry_of_contact"),
        ]


class ChangeKind(models.IntegerChoices):
    """Which kind of fact about a contact changed."""

    CONTACT = 1
    ATTRIBUTE = 2
    TAG = 3
    CONSENT = 4
    LIST = 5
    VISIT = 6
    ACTIVITY = 7
    MESSAGE = 8
    TRANSACTION = 9
    MERGE = 10


class ContactChange(WorkspaceModel):
    """The change log: one row a touched contact and kind, written with the fact itself.

    `xid` is the writing transaction's id, so that a reader can find late committers.
    """

    contact_id = models.BigIntegerField()  # no foreign key: it outlives the contact
    kind = models.PositiveSmallIntegerField(choices=ChangeKind.choices)
    xid = models.BigIntegerField(
        db_default=models.Func(
            models.Func(function="pg_current_xact_id"),
            template="(%(expressions)s::text::bigint)",
            output_field=models.BigIntegerField(),
        )
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["workspace", "xid"], name="contact_change_by_xid")]


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Import(WorkspaceModel):
    """A file brought in: how it is read, how far it is, and what was refused.

    The file and its rejected rows have a time to live: they hold personal data.
    """

    kind = models.CharField(max_length=20)  # contacts, products, transactions, …
    file_name = models.CharField(max_length=255)
    content = models.BinaryField(null=True)  # the file itself, dropped at expires_at
    size_bytes = models.BigIntegerField(default=0)
    settings = models.JSONField(default=dict)  # delimiter, encoding, date format, mapping
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    is_dry_run = models.BooleanField(default=False)
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    created_count = models.BigIntegerField(default=0)
    updated_count = models.BigIntegerField(default=0)
    unchanged_count = models.BigIntegerField(default=0)
    rejected_count = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)  # further counts: {"contacts_created": 12}
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        "workspaces.User",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="import_newest")]


class RejectedRow(WorkspaceModel):
    """A row an import refused, as it stood in the file, and why."""

    import_run = WorkspaceForeignKey(Import, on_delete=models.DO_NOTHING, related_name="rejected")
    line_number = models.BigIntegerField()
    row = models.JSONField()
    reason = models.CharField(max_length=500)

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "import_run", "line_number"], name="rejected_in_order"
            )
        ]
