"""Fields and serializers that hold the API's promises; and the workspace's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from workspaces.models import Workspace
from workspaces.money import from_minor_units, to_minor_units

_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2999


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses members it doesn't know, beside whatever else is wrong."""

    default_error_messages = {"unknown_field": _("Unknown field.")}

    def to_internal_value(self, data: Any) -> Any:
        unknown = (
            [key for key in data if key not in self.fields] if isinstance(data, Mapping) else []
        )
        errors: dict[str, Any] = {}
        value: Any = None
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            errors.update(error.detail)
        for key in unknown[:20]:
            errors[str(key)] = [
                serializers.ErrorDetail(str(self.error_messages["unknown_field"]), "unknown_field")
            ]
        if errors:
            raise serializers.ValidationError(errors)
        return value


class InstantField(serializers.Field[datetime, Any, str, Any]):
    """An instant: ISO 8601 with a zone in, UTC with "Z" out."""

    default_error_messages = {
        "not_an_instant": _("An instant is written as 2026-01-31T12:00:00Z."),
        "no_zone": _("The instant has no time zone: end it with Z or +02:00."),
        "out_of_range": _("The year must be between 1900 and 2999."),
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or len(data) > 40 or "T" not in data.upper():
            self.fail("not_an_instant")
        try:
            instant = parse_datetime(data.upper().replace(" ", "", 1).strip())
        except ValueError:
            instant = None
        if instant is None:
            self.fail("not_an_instant")
        if instant.tzinfo is None:
            self.fail("no_zone")
        if not _EARLIEST_YEAR <= instant.year <= _LATEST_YEAR:
            self.fail("out_of_range")
        return instant.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class MoneyField(serializers.Field[int, Any, str, Any]):
    """Money: a decimal string in JSON ("19.90"), integer minor units inside.

    The currency is, in this order: the serializer context's `currency`, the `currency` of the
    document or row at hand, the workspace's base currency.
    """

    default_error_messages = {
        "not_money": _('Money is written as a string like "19.90".'),
        "negative": _("The amount can't be negative."),
    }

    def __init__(self, *, allow_negative: bool = False, **kwargs: Any) -> None:
        self.allow_negative = allow_negative
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str):
            self.fail("not_money")
        document = getattr(self.root, "initial_data", None)
        try:
            amount = to_minor_units(data, self._currency(document))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error
        if amount < 0 and not self.allow_negative:
            self.fail("negative")
        return amount

    def to_representation(self, value: int) -> str:
        return from_minor_units(value, self._currency(getattr(self.parent, "instance", None)))

    def _currency(self, holder: Any) -> str:
        if given := self.context.get("currency"):
            return str(given)
        found = (
            holder.get("currency")
            if isinstance(holder, Mapping)
            else getattr(holder, "currency", "")
        )
        if isinstance(found, str) and found:
            return found
        return str(self.context["workspace"].base_currency)


class WorkspaceSerializer(serializers.ModelSerializer[Workspace]):
    """The workspace a key or a member is in."""

    created_at = InstantField(read_only=True)

    class Meta:
        model = Workspace
        fields = [
            "id",
            "name",
            "time_zone",
            "week_start",
            "base_currency",
            "language",
            "is_demo",
            "created_at",
        ]
        read_only_fields = fields


class WhoAmISerializer(serializers.Serializer[Any]):
    """Who is asking, and what they may do."""

    kind = serializers.ChoiceField(choices=["user", "key"], read_only=True)
    name = serializers.CharField(read_only=True)
    role = serializers.CharField(read_only=True, allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)


class CurrentWorkspaceSerializer(serializers.Serializer[Any]):
    """The answer of `GET /workspace/`."""

    workspace = WorkspaceSerializer(read_only=True)
    actor = WhoAmISerializer(read_only=True)
