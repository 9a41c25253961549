"""Campaigns as integrators and the editor see them."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from campaigns.models import (
    Campaign,
    CodePool,
    ConfirmationRequest,
    ConsentRule,
    Recipient,
    Run,
    SavedBlock,
    SendingAccount,
    Topic,
)
from campaigns.services.saving import UNSET, CampaignInput
from workspaces.serializers import InstantField, StrictSerializer

MAX_ID = 2**63 - 1

one_line = RegexValidator(r"^[^\r\n\x00]*$", _("This must be one line."), "one_line")


class IdField(serializers.IntegerField):
    """An id of ours."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class CampaignGiven(StrictSerializer):
    """A campaign to create or change; its documents are validated when it is saved."""

    name = serializers.CharField(max_length=160, required=False, validators=[one_line])
    audience = serializers.JSONField(required=False)
    content = serializers.JSONField(required=False)
    schedule = serializers.JSONField(required=False)
    testing = serializers.JSONField(required=False)
    account = IdField(required=False, allow_null=True)
    from_name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, validators=[one_line]
    )
    from_email = serializers.EmailField(max_length=320, required=False, allow_blank=True)
    reply_to = serializers.EmailField(max_length=320, required=False, allow_blank=True)
    topic = IdField(required=False, allow_null=True)
    consent_rule = serializers.ChoiceField(choices=ConsentRule.choices, required=False)
    ignores_cap = serializers.BooleanField(required=False)
    holdout_points = serializers.IntegerField(required=False, min_value=0, max_value=9000)
    code_pool = IdField(required=False, allow_null=True)
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text=_("The version it changes.")
    )

    def as_input(self) -> tuple[CampaignInput, int | None]:
        """What is given, and the version it was made of."""
        given = self.validated_data
        said = CampaignInput(
            name=given.get("name", UNSET),
            audience=given.get("audience", UNSET),
            content=given.get("content", UNSET),
            schedule=given.get("schedule", UNSET),
            testing=given.get("testing", UNSET),
            account=given.get("account", UNSET),
            from_name=given.get("from_name", UNSET),
            from_email=given.get("from_email", UNSET),
            reply_to=given.get("reply_to", UNSET),
            topic=given.get("topic", UNSET),
            consent_rule=given.get("consent_rule", UNSET),
            ignores_cap=given.get("ignores_cap", UNSET),
            holdout_points=given.get("holdout_points", UNSET),
            code_pool=given.get("code_pool", UNSET),
        )
        return said, given.get("version")


class VersionAsked(StrictSerializer):
    """The version the caller has seen."""

    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class SendAsked(VersionAsked):
    """A send; `confirmed` names the warnings somebody has looked at."""

    confirmed = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False, default=list
    )


class TestAsked(StrictSerializer):
    """To whom a test goes, of which variant, made for whom."""

    to = serializers.ListField(
        child=serializers.CharField(max_length=320), min_length=1, max_length=10
    )
    variant = serializers.IntegerField(min_value=0, max_value=4, required=False, default=0)
    contact = IdField(required=False, allow_null=True, default=None)


class ConfirmAsked(StrictSerializer):
    """The reasons a run is held for, by code, that somebody has looked at."""

    codes = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """A campaign: its documents, its sender, and what its plan is."""

    account = serializers.IntegerField(source="account_id", allow_null=True)
    topic = serializers.IntegerField(source="topic_id", allow_null=True)
    code_pool = serializers.IntegerField(source="code_pool_id", allow_null=True)
    version = serializers.IntegerField(source="version_number")
    next_due_at = InstantField()
    created_at = InstantField()
    changed_at = InstantField()
    archived_at = InstantField()

    class Meta:
        model = Campaign
        fields = (
            "id",
            "name",
            "state",
            "audience",
            "content",
            "schedule",
            "testing",
            "account",
            "from_name",
            "from_email",
            "reply_to",
            "topic",
            "consent_rule",
            "ignores_cap",
            "holdout_points",
            "code_pool",
            "version",
            "next_due_at",
            "created_at",
            "changed_at",
            "archived_at",
        )
        read_only_fields = fields


class RunSerializer(serializers.ModelSerializer[Run]):
    """One send of a campaign."""

    campaign = serializers.IntegerField(source="campaign_id")
    parent_run = serializers.IntegerField(source="parent_id", allow_null=True)
    scheduled_for = InstantField()
    as_of = InstantField()
    started_at = InstantField()
    finished_at = InstantField()

    class Meta:
        model = Run
        fields = (
            "id",
            "campaign",
            "kind",
            "parent_run",
            "zone",
            "state",
            "scheduled_for",
            "as_of",
            "started_at",
            "finished_at",
            "size",
            "waterfall",
            "winner",
            "held_reasons",
            "confirmed",
            "error",
        )
        read_only_fields = fields


class RecipientSerializer(serializers.ModelSerializer[Recipient]):
    """What became of one contact in one run."""

    contact = serializers.IntegerField(source="contact_id")
    sent_at = InstantField()

    class Meta:
        model = Recipient
        fields = ("contact", "address", "state", "reason", "variant", "sent_at", "error")
        read_only_fields = fields


class AccountSerializer(serializers.ModelSerializer[SendingAccount]):
    """An account that e-mail is sent through; its credentials never leave the server."""

    class Meta:
        model = SendingAccount
        fields = ("id", "name", "transport", "is_default", "per_second", "per_day")
        read_only_fields = fields


class TopicSerializer(serializers.ModelSerializer[Topic]):
    """What contacts can subscribe to one by one."""

    class Meta:
        model = Topic
        fields = ("id", "key", "name", "description")
        read_only_fields = fields


class PoolSerializer(serializers.ModelSerializer[CodePool]):
    """Discount codes to give away; `free` is how many nobody has."""

    free = serializers.IntegerField(read_only=True)
    total = serializers.IntegerField(read_only=True)

    class Meta:
        model = CodePool
        fields = ("id", "name", "description", "free", "total")
        read_only_fields = fields


class SavedBlockSerializer(serializers.ModelSerializer[SavedBlock]):
    """A block of content kept for other campaigns."""

    changed_at = InstantField()

    class Meta:
        model = SavedBlock
        fields = ("id", "name", "block", "changed_at")
        read_only_fields = fields


class SavedBlockGiven(StrictSerializer):
    """A block to keep."""

    name = serializers.CharField(max_length=120, validators=[one_line])
    block = serializers.JSONField()


class ConfirmationAsked(StrictSerializer):
    """Who is asked to confirm what: a contact by exactly one of its names."""

    contact = IdField(required=False)
    external_id = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=320, required=False)
    topic = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=60, required=False, allow_blank=True, default="", validators=[one_line]
    )
    ip = serializers.IPAddressField(required=False, default=None)
    wording = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", validators=[one_line]
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"contact", "external_id", "email"} & attrs.keys()) != 1:
            raise serializers.ValidationError(
                _("Name the contact by one of contact, external_id and email.")
            )
        return attrs


class ConfirmationSerializer(serializers.ModelSerializer[ConfirmationRequest]):
    """A request for confirmation and what came of it."""

    contact = serializers.IntegerField(source="contact_id", read_only=True)
    ip = serializers.IPAddressField(source="ip_address", read_only=True, allow_null=True)
    asked_at = InstantField(read_only=True)
    expires_at = InstantField(read_only=True)
    sent_at = InstantField(read_only=True, allow_null=True)
    confirmed_at = InstantField(read_only=True, allow_null=True)

    class Meta:
        model = ConfirmationRequest
        fields = (
            *("id", "contact", "topic", "address", "source", "ip", "wording"),
            *("asked_at", "expires_at", "sent_at", "error", "confirmed_at"),
        )
        read_only_fields = fields
