"""Kinds of activities, visits and activities as the API tells of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tracking.models import Activity, ActivityKind, ActivityParameter, ParameterType, Visit
from tracking.rights import parameters_of, visit_document


class ParameterSerializer(serializers.ModelSerializer[ActivityParameter]):
    """A typed parameter of a kind."""

    class Meta:
        model = ActivityParameter
        fields = ("key", "label", "type")


class KindSerializer(serializers.ModelSerializer[ActivityKind]):
    """A kind of activity with its parameters."""

    parameters = serializers.SerializerMethodField()

    class Meta:
        model = ActivityKind
        fields = ("id", "key", "label", "is_engagement", "is_builtin", "parameters")

    def get_parameters(self, kind: ActivityKind) -> list[dict[str, Any]]:
        found = kind.parameters.in_workspace(kind.workspace_id).order_by("pk")
        return [dict(each) for each in ParameterSerializer(found, many=True).data]


class NewParameterSerializer(serializers.Serializer[Any]):
    """What a parameter is declared with."""

    key = serializers.CharField(max_length=60)
    label = serializers.CharField(max_length=120, required=False)  # type: ignore[assignment]
    type = serializers.ChoiceField(choices=ParameterType.choices)


class NewKindSerializer(serializers.Serializer[Any]):
    """What a kind is declared with."""

    key = serializers.CharField(max_length=60)
    label = serializers.CharField(max_length=120, required=False)  # type: ignore[assignment]
    is_engagement = serializers.BooleanField(default=True)
    parameters = NewParameterSerializer(many=True, required=False)


class ChangedKindSerializer(serializers.Serializer[Any]):
    """What may change of a kind: its words, never its key; parameters can be added."""

    label = serializers.CharField(max_length=120, required=False)  # type: ignore[assignment]
    is_engagement = serializers.BooleanField(required=False)
    parameters = NewParameterSerializer(many=True, required=False)


class VisitSerializer(serializers.Serializer[Visit]):
    """A visit with its classified source."""

    def to_representation(self, instance: Visit) -> dict[str, Any]:
        return {"id": instance.pk, "contact_id": instance.contact_id} | visit_document(instance)


class ActivitySerializer(serializers.Serializer[Activity]):
    """An activity with its parameters."""

    def to_representation(self, instance: Activity) -> dict[str, Any]:
        found = parameters_of(self.context["workspace"], [instance.pk])
        return {
            "id": instance.pk,
            "external_id": instance.external_id,
            "contact_id": instance.contact_id,
            "kind": instance.kind.key,
            "occurred_at": instance.occurred_at,
            "parameters": {key: value for key, _label, value in found.get(instance.pk, ())},
        }
