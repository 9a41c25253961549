"""A report and an uplift as JSON: money as texts, figures as numbers, shares beside them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from campaigns.report.figures import Comparison, Report, Responses, Uplift
from workspaces.money import from_minor_units


def report_document(report: Report) -> dict[str, Any]:
    """What REST answers of a campaign's or a run's report."""
    document = asdict(report)
    document["attribution"] = {
        "rule": report.attribution.rule.value,
        "days": report.attribution.days,
    }
    document["states"] = {str(state): number for state, number in report.states.items()}
    document["reasons"] = dict(report.reasons)
    document["total"] = _responses(report.total, report.currency)
    for variant, shown in zip(report.variants, document["variants"], strict=True):
        shown["responses"] = _responses(variant.responses, report.currency)
    for segment, shown in zip(report.segments, document["segments"], strict=True):
        shown["responses"] = _responses(segment.responses, report.currency)
    for point, shown in zip(report.series, document["series"], strict=True):
        shown["revenue"] = from_minor_units(point.revenue, report.currency)
    return document


def uplift_document(uplift: Uplift) -> dict[str, Any]:
    """What the campaign itself brought, against the hold-out group."""
    document = asdict(uplift)
    for name in ("recipients", "held_out"):
        group = getattr(uplift, name)
        document[name]["revenue"] = from_minor_units(group.revenue, uplift.currency)
    document["conversion"] = _comparison(uplift.conversion)
    document["revenue"] = _comparison(uplift.revenue)
    return document


def _responses(responses: Responses, currency: str) -> dict[str, Any]:
    """`delivered` and what the shares are of stand beside the counts."""
    return {
        **asdict(responses),
        "revenue": from_minor_units(responses.revenue, currency),
        "delivered": responses.delivered,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {**asdict(comparison), "verdict": comparison.verdict.value}
