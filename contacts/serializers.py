"""Contacts and their vocabulary as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from contacts.models import (
    AttributeDefinition,
    AttributeType,
    Category,
    Channel,
    ConsentRecord,
    ConsentStatus,
    Contact,
    StaticList,
    Suppression,
    SuppressionReason,
    Tag,
)
from contacts.reading import Known, as_json
from workspaces.serializers import InstantField, StrictSerializer

MAX_IDS = 10_000


class ConsentSerializer(serializers.Serializer[Any]):
    """What a contact last said about a channel and topic."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    topic = serializers.CharField()
    status = serializers.ChoiceField(choices=ConsentStatus.choices)
    since = InstantField(source="valid_from")


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A contact with what holds now; the context's `known` is `reading.known_of` its page."""

    known_since = InstantField(read_only=True)
    created_at = InstantField(read_only=True)
    attributes = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    categories = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()
    name = serializers.CharField(source="full_name", read_only=True)

    class Meta:
        model = Contact
        fields = [
            "id",
            "external_id",
            "email",
            "phone",
            "name",
            "first_name",
            "last_name",
            "time_zone",
            "known_since",
            "created_at",
            "attributes",
            "tags",
            "categories",
            "consents",
        ]
        read_only_fields = fields

    def _known(self, contact: Contact) -> Known:
        known: Mapping[int, Known] = self.context.get("known", {})
        return known.get(contact.pk, Known())

    def get_attributes(self, contact: Contact) -> dict[str, Any]:
        return {key: as_json(value) for key, value in self._known(contact).attributes.items()}

    def get_tags(self, contact: Contact) -> list[str]:
        return [tag.key for tag in self._known(contact).tags]

    def get_categories(self, contact: Contact) -> list[str]:
        return [category.key for category in self._known(contact).categories]

    def get_consents(self, contact: Contact) -> Sequence[Any]:
        return list(ConsentSerializer(self._known(contact).consents, many=True).data)


class AttributeSerializer(serializers.ModelSerializer[AttributeDefinition]):
    """An attribute of contacts."""

    first_known_at = InstantField(read_only=True)

    class Meta:
        model = AttributeDefinition
        fields = ["id", "key", "label", "type", "is_builtin", "options", "first_known_at"]
        read_only_fields = fields


class NewAttributeSerializer(StrictSerializer):
    """What declares an attribute."""

    key = serializers.CharField(max_length=60)
    label = serializers.CharField(max_length=120, required=False)  # type: ignore[assignment]
    type = serializers.ChoiceField(choices=AttributeType.choices)
    options = serializers.ListField(child=serializers.JSONField(), required=False, max_length=1000)


class ChangedAttributeSerializer(StrictSerializer):
    """What may change of an attribute."""

    label = serializers.CharField(max_length=120, required=False)  # type: ignore[assignment]
    options = serializers.ListField(child=serializers.JSONField(), required=False, max_length=1000)


class NameSerializer(StrictSerializer):
    """A name."""

    name = serializers.CharField(max_length=120)


class TagSerializer(serializers.ModelSerializer[Tag]):
    """A tag; `size` is how many contacts have it now."""

    size = serializers.IntegerField(read_only=True)

    class Meta:
        model = Tag
        fields = ["id", "key", "name", "size"]
        read_only_fields = fields


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A contact category; `size` is how many contacts are in it now."""

    size = serializers.IntegerField(read_only=True)

    class Meta:
        model = Category
        fields = ["id", "key", "name", "size"]
        read_only_fields = fields


class StaticListSerializer(serializers.ModelSerializer[StaticList]):
    """A static list; `size` is how many contacts are on it now."""

    size = serializers.IntegerField(read_only=True)
    created_at = InstantField(read_only=True)

    class Meta:
        model = StaticList
        fields = ["id", "name", "description", "size", "created_at"]
        read_only_fields = fields


class NewListSerializer(StrictSerializer):
    """What makes a list."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**53),
        required=False,
        max_length=MAX_IDS,
    )


class ChangedListSerializer(StrictSerializer):
    """What may change of a list."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ContactIdsSerializer(StrictSerializer):
    """Contacts, by our ids."""

    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**53), max_length=MAX_IDS
    )


class MergeSerializer(StrictSerializer):
    """Which contact goes into which."""

    winner = serializers.IntegerField(min_value=1, max_value=2**53)
    loser = serializers.IntegerField(min_value=1, max_value=2**53)


class ConsentRecordSerializer(serializers.ModelSerializer[ConsentRecord]):
    """One statement about consent, as it was received."""

    ip = serializers.IPAddressField(source="ip_address", allow_null=True, read_only=True)
    stated_at = InstantField(read_only=True)
    recorded_at = InstantField(read_only=True)

    class Meta:
        model = ConsentRecord
        fields = [
            *("id", "channel", "topic", "status"),
            *("source", "ip", "wording", "stated_at", "recorded_at"),
        ]
        read_only_fields = fields


class NewConsentSerializer(StrictSerializer):
    """What a contact said."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    status = serializers.ChoiceField(choices=ConsentStatus.choices)
    topic = serializers.CharField(max_length=60, required=False, allow_blank=True)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=60, required=False, allow_blank=True
    )
    ip = serializers.IPAddressField(required=False)
    wording = serializers.CharField(max_length=200, required=False, allow_blank=True)
    observed_at = InstantField(required=False)


class SuppressionSerializer(serializers.ModelSerializer[Suppression]):
    """A blocked address; we keep only its hash."""

    since = InstantField(source="valid_from", read_only=True)

    class Meta:
        model = Suppression
        fields = ["id", "channel", "reason", "source", "since"]
        read_only_fields = fields


class NewSuppressionSerializer(StrictSerializer):
    """An address to block."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    address = serializers.CharField(max_length=320)
    reason = serializers.ChoiceField(
        choices=SuppressionReason.choices, default=SuppressionReason.MANUAL.value
    )


class LiftedSuppressionSerializer(StrictSerializer):
    """An address to unblock, for one reason or for all."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    address = serializers.CharField(max_length=320)
    reason = serializers.ChoiceField(choices=SuppressionReason.choices, required=False)
