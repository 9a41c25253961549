"""Why one contact is in a segment or out of it, over REST."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from segments.api_problems import past_instant, tree_problems
from segments.api_time import member_document
from segments.criteria.tree import InvalidTree
from segments.explain.parts import Explanation, Fact, Figure, Reason
from segments.faults import say_faults
from segments.models import Segment, SegmentPin
from segments.services.explaining import explain_segment, explain_where
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.policies import Action, require
from workspaces.serializers import InstantField, StrictSerializer


class WhoAndWhen(StrictSerializer):
    """The contact by our id or by the shop's, and perhaps a past instant."""

    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    external_id = serializers.CharField(required=False, max_length=200, trim_whitespace=False)
    as_of = InstantField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("contact" in attrs) == ("external_id" in attrs):
            raise serializers.ValidationError(_("Give either contact or external_id."))
        return attrs


class ExplanationAsked(WhoAndWhen):
    """A tree to explain; `where` itself is validated by `parse_tree`."""

    where = serializers.JSONField()
    segment = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class SegmentExplainMixin(WorkspaceViewSet):
    """The routes that say why."""

    @extend_schema(
        parameters=[
            OpenApiParameter("contact", OpenApiTypes.INT, description="Our id of the contact."),
            OpenApiParameter("external_id", description="Or the shop's."),
            OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="Now, if left out."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["get"])
    def explain(self, request: Request, **kwargs: Any) -> Response:
        """Why a contact is in the segment or out of it, row by row."""
        require(self.actor, Action.READ_CONTACTS)
        segment: Segment = self.get_object()
        asked = WhoAndWhen(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        try:
            found = explain_segment(
                segment=segment,
                workspace=self.workspace,
                contact=self._contact(asked.validated_data),
                as_of=past_instant(asked.validated_data.get("as_of"), self.now),
                now=self.now,
            )
        except InvalidTree as error:
            where = segment.definition.get("where")
            raise ProblemError(409, "broken", say_faults(where, error)) from error
        return Response(explanation_document(found))

    @extend_schema(request=ExplanationAsked, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], url_path="explain", url_name="explain-where")
    def explain_where(self, request: Request, **kwargs: Any) -> Response:
        """The same for a tree that needn't be saved."""
        require(self.actor, Action.READ_CONTACTS)
        asked = ExplanationAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        with tree_problems():
            found = explain_where(
                workspace=self.workspace,
                where=given["where"],
                contact=self._contact(given),
                as_of=past_instant(given.get("as_of"), self.now),
                now=self.now,
                segment_id=given.get("segment"),
            )
        return Response(explanation_document(found))

    def _contact(self, given: dict[str, Any]) -> Contact:
        live = Contact.objects.in_workspace(self.workspace).live()
        if "contact" in given:
            contact = live.filter(pk=given["contact"]).first()
        else:
            contact = live.filter(external_id=given["external_id"]).first()
        if contact is None:
            raise ProblemError(404, "not_found", _("There is no such contact."))
        return contact


def explanation_document(found: Explanation) -> dict[str, Any]:
    """An explanation as docs/rest.md shapes it."""
    return {
        "contact": member_document(found.contact),
        "as_of": found.as_of,
        "known": found.is_known,
        "member": found.is_member,
        "sentence": found.sentence,
        "pin": None if found.pin is None else _pin_document(found.pin),
        "why": None if found.reason is None else _node_document(found.reason),
        "change": {
            "smallest": found.is_smallest,
            "rows": [
                {"path": row.path, "said": row.said, "holds": row.holds, "change": row.change}
                for row in found.flips
            ],
        },
        "turns_at": found.turns_at,
        "by_itself": [
            {"path": row.path, "said": row.said, "at": row.turns_at} for row in found.turning
        ],
    }


def _pin_document(pin: SegmentPin) -> dict[str, Any]:
    return {
        "direction": pin.direction,
        "since": pin.valid_from,
        "note": pin.note,
        "author": pin.author_label,
    }


def _node_document(node: Reason) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": node.path,
        "kind": node.kind,
        "said": node.said,
        "holds": node.holds,
        "wanted": node.wanted,
    }
    if node.children:
        return document | {"children": [_node_document(child) for child in node.children]}
    return document | {
        "from": node.since,
        "until": node.until,
        "number": None if node.figure is None else _figure_document(node.figure),
        "evidence": _facts(node.facts),
        "number_of_facts": node.number_of_facts,
        "nearby": _facts(node.nearby),
        "change": node.change,
        "turns_at": node.turns_at,
    }


def _figure_document(figure: Figure) -> dict[str, Any]:
    return {
        "said": figure.said,
        "unit": figure.unit.value,
        "value": _number(figure.value),
        "operator": figure.operator,
        "threshold": _number(figure.threshold),
        "upper": None if figure.upper is None else _number(figure.upper),
        "missing": None if figure.missing is None else _number(figure.missing),
    }


def _number(number: Decimal) -> str:
    """A plain decimal text without needless zeros: "120", "0.5"."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _facts(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    return [
        {"kind": fact.kind, "id": fact.id, "at": fact.at, "text": fact.text, "url": fact.url}
        for fact in facts
    ]
