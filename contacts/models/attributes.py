from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Contact
from contacts.models.validity import validity_indexes
from contacts.text import KEY_LENGTH
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
)


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
    observed_at = models.DateTimeField()  # last confirmed
    confirmations = ArrayField(models.DateTimeField(), null=True)  # since valid_from, ascending
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
            # Leaves: covering, current rows apart.
            models.Index(
                fields=["workspace", "attribute", "text_key"],
                include=["contact", "valid_from"],
                condition=Q(valid_to__isnull=True, text_key__isnull=False),
                name="attribute_text_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "number"],
                include=["contact", "valid_from"],
                condition=Q(valid_to__isnull=True, number__isnull=False),
                name="attribute_number_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "date"],
                include=["contact", "valid_from"],
                condition=Q(valid_to__isnull=True, date__isnull=False),
                name="attribute_date_now",
            ),
            models.Index(
                fields=["workspace", "attribute", "instant"],
                include=["contact", "valid_from"],
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
            *validity_indexes("attribute"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id}: {self.text or self.number or self.date or self.instant}"
