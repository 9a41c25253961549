"""What is asked and answered about changes of segments: forecasts, comparisons, versions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from segments.api_time import member_document
from segments.models import Segment, SegmentVersion
from segments.serializers import ContactIds
from segments.services.comparing import Comparison, Hit, Movement, Side
from segments.services.forecasting import MOST_DAYS, USUAL_DAYS, Forecast, MoverPage
from segments.services.versions import say_version
from workspaces.serializers import InstantField, StrictSerializer


class ForecastAsked(StrictSerializer):
    """How far to look ahead."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=USUAL_DAYS)
    as_of = InstantField(required=False)


class MoversAsked(StrictSerializer):
    """Whose names: a day of the forecast, and which way."""

    day = serializers.DateField()
    direction = serializers.ChoiceField(choices=[Movement.ENTERING, Movement.LEAVING])
    as_of = InstantField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)


class NamesAsked(StrictSerializer):
    """Which names of a comparison; without `limit` there are numbers only."""

    limit = serializers.IntegerField(min_value=1, max_value=500, required=False)
    list = serializers.ChoiceField(choices=Movement.choices, required=False)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)


class DiffAsked(NamesAsked):
    """A definition that needn't be saved; what is left out stays as it is saved."""

    where = serializers.JSONField(required=False)
    pinned_in = ContactIds(required=False)
    pinned_out = ContactIds(required=False)
    as_of = InstantField(required=False)


def forecast_document(found: Forecast) -> dict[str, Any]:
    """A forecast as docs/rest.md shapes it."""
    return {
        "as_of": found.as_of,
        "size": found.size,
        "entering": found.entering,
        "leaving": found.leaving,
        "days": [
            {
                "day": day.day,
                "as_of": day.as_of,
                "size": day.size,
                "entering": day.entering,
                "leaving": day.leaving,
            }
            for day in found.days
        ],
    }


def movers_document(page: MoverPage, following: str | None) -> dict[str, Any]:
    return {
        "day": page.day,
        "direction": page.movement,
        "number": page.number,
        "next": following,
        "results": [
            {
                **member_document(mover.contact),
                "causes": [
                    {
                        "path": cause.path or None,
                        "sentence": cause.sentence,
                        "holds": cause.holds,
                    }
                    for cause in mover.causes
                ],
            }
            for mover in page.movers
        ],
    }


def comparison_document(
    found: Comparison, named: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """A comparison as docs/rest.md shapes it; `named` has members by movement."""
    moved = {each: {"number": len(found.moved(each))} for each in Movement.values}
    for each, members in named.items():
        moved[each]["members"] = members  # type: ignore[assignment]
    return {
        "as_of": found.as_of,
        "before": _side(found.before),
        "after": _side(found.after),
        **moved,
    }


def _side(side: Side) -> dict[str, Any]:
    return {"version": side.number, "size": side.size, "sentence": side.sentence}


def hit_document(hit: Hit) -> dict[str, Any]:
    return {
        "kind": hit.use.kind,
        "label": hit.use.label,
        "url": hit.use.url,
        "through": list(hit.through),
    }


def version_document(segment: Segment, version: SegmentVersion) -> dict[str, Any]:
    said = say_version(segment=segment, version=version)
    return {
        "number": version.number,
        "where": version.definition.get("where"),
        "sentence": said.sentence,
        "error": said.error,
        "author": version.author_label,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
    }
