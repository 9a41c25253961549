from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacts.models.people import Contact
from contacts.models.validity import validity_indexes
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
)


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
    confirmations = ArrayField(models.DateTimeField(), null=True)  # between those two, ascending
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
            *validity_indexes("contact_tag"),
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
    confirmations = ArrayField(models.DateTimeField(), null=True)  # between those two, ascending
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
            *validity_indexes("contact_category"),
        ]
