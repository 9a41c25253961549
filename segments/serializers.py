"""Segments as integrators and the wizard see them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from segments.models import PinDirection, Recount, Schedule, Segment, SegmentPin, Snapshot
from segments.services.evaluating import Answer
from workspaces.serializers import InstantField, StrictSerializer

MAX_PINS = 10_000


class ContactIds(serializers.ListField):
    """Ids of contacts, each once."""

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_PINS, **kwargs)


class MembersAsked(StrictSerializer):
    """How many members an evaluation should name."""

    limit = serializers.IntegerField(min_value=1, max_value=500, default=10)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)


class EvaluationAsked(StrictSerializer):
    """A tree to evaluate; `where` itself is validated by `parse_tree`."""

    where = serializers.JSONField()
    as_of = InstantField(required=False)
    pinned_in = ContactIds(required=False, default=list)
    pinned_out = ContactIds(required=False, default=list)
    members = MembersAsked(required=False)
    segment = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class SegmentGiven(StrictSerializer):
    """A segment to create or change."""

    name = serializers.CharField(max_length=160)
    where = serializers.JSONField()
    schedule = serializers.ChoiceField(choices=Schedule.choices, required=False)
    labels = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=20, required=False
    )
    pinned_in = ContactIds(required=False)
    pinned_out = ContactIds(required=False)


class TextGiven(StrictSerializer):
    """A tree to turn into text, or a text to turn into a tree: exactly one of the two."""

    where = serializers.JSONField(required=False)
    text = serializers.CharField(required=False, max_length=300_000, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(_("Give either where or text."))
        return attrs


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    """A segment with its latest count."""

    where = serializers.SerializerMethodField()
    pinned_in = serializers.SerializerMethodField()
    pinned_out = serializers.SerializerMethodField()

    class Meta:
        model = Segment
        fields = (
            "id",
            "name",
            "where",
            "schedule",
            "labels",
            "state",
            "error",
            "size",
            "counted_at",
            "version_number",
            "created_at",
            "changed_at",
            "archived_at",
            "pinned_in",
            "pinned_out",
        )
        read_only_fields = fields

    def get_where(self, segment: Segment) -> Any:
        return segment.definition.get("where")

    def get_pinned_in(self, segment: Segment) -> list[int]:
        return self._pins(segment, PinDirection.IN)

    def get_pinned_out(self, segment: Segment) -> list[int]:
        return self._pins(segment, PinDirection.OUT)

    def _pins(self, segment: Segment, direction: PinDirection) -> list[int]:
        pins = SegmentPin.objects.in_workspace(segment.workspace_id).filter(
            segment_id=segment.pk, valid_to__isnull=True, direction=direction
        )
        return list(pins.order_by("contact_id").values_list("contact_id", flat=True))


class RecountSerializer(serializers.ModelSerializer[Recount]):
    """One counting of a segment."""

    class Meta:
        model = Recount
        fields = (
            "id",
            "reason",
            "state",
            "as_of",
            "requested_at",
            "started_at",
            "finished_at",
            "duration_ms",
            "size",
            "error",
            "progress_done",
            "progress_total",
        )
        read_only_fields = fields


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    """One point of a trend: recorded then, or recomputed with a definition."""

    counted_at = serializers.DateTimeField(source="as_of")
    recorded = serializers.BooleanField(source="is_recorded")

    class Meta:
        model = Snapshot
        fields = (
            "counted_at",
            "size",
            "entered",
            "left",
            "universe",
            "reason",
            "recorded",
            "version_number",
            "coverage",
        )
        read_only_fields = fields


class NodeNumbers(serializers.Serializer[Any]):
    """The numbers of one node of a tree."""

    path = serializers.CharField()
    size = serializers.IntegerField(help_text="The node alone.")
    enters = serializers.IntegerField(help_text="What reaches it.")
    leaves = serializers.IntegerField(help_text="What is left after it.")
    without = serializers.IntegerField(help_text="The total if it were switched off.")
    only_by_absence = serializers.IntegerField(
        help_text="How many it includes only for lack of a value or of any fact."
    )


class WarningGiven(serializers.Serializer[Any]):
    """Something worth knowing about a row."""

    path = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)


class MemberGiven(serializers.Serializer[Any]):
    """A contact in a segment."""

    id = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField()


class PinsGiven(serializers.Serializer[Any]):
    """What the pins add to and remove from the tree's answer."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()


class EvaluationGiven(serializers.Serializer[Any]):
    """An evaluated tree: all numbers from one snapshot."""

    as_of = serializers.DateTimeField()
    size = serializers.IntegerField()
    universe = serializers.IntegerField()
    nodes = NodeNumbers(many=True)
    pins = PinsGiven()
    sentence = serializers.CharField()
    warnings = WarningGiven(many=True)
    members = MemberGiven(many=True, required=False)


class MembersGiven(serializers.Serializer[Any]):
    """A page of members."""

    as_of = serializers.DateTimeField()
    size = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = MemberGiven(many=True)


def answer_document(answer: Answer) -> dict[str, Any]:
    """An evaluation as docs/rest.md shapes it (members apart)."""
    evaluation = answer.evaluation
    return {
        "as_of": evaluation.as_of,
        "size": evaluation.size,
        "universe": len(evaluation.universe),
        "nodes": [
            {
                "path": node.path,
                "size": node.size,
                "enters": node.enters,
                "leaves": node.leaves,
                "without": node.without,
                "only_by_absence": node.only_by_absence,
            }
            for node in evaluation.nodes
        ],
        "pins": {"added": evaluation.pins_added, "removed": evaluation.pins_removed},
        "sentence": answer.sentence,
        "warnings": [
            {"path": w.path, "code": w.code, "message": w.message, "number": w.number}
            for w in answer.warnings
        ],
    }
