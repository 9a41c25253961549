"""What parameters of criteria are called, for screen readers and for what a row folds away."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: Final[dict[str, str | Promise]] = {
    "added": _("added to the list"),
    "also_machines": _("machines count, too"),
    "amount": _("amount"),
    "at_least": _("in at least so many periods"),
    "attribute": _("detail"),
    "break_days": _("days of the break"),
    "by": _("ranked by"),
    "campaigns": _("campaigns"),
    "categories": _("categories"),
    "channel": _("channel"),
    "channels": _("channels"),
    "comparison": _("compared how"),
    "days": _("days"),
    "direction": _("top or bottom"),
    "frequency": _("frequency"),
    "from_percent": _("from per cent"),
    "groups": _("groups"),
    "held_for": _("held for"),
    "held_unit": _("unit"),
    "history": _("now, ever or for some time"),
    "hours": _("hours"),
    "kind": _("kind"),
    "kinds": _("kinds"),
    "lacking": _("which of them lack"),
    "link_operator": _("how the link is compared"),
    "links": _("links"),
    "lists": _("lists"),
    "match": _("any or all"),
    "model": _("how the source is found"),
    "monetary": _("money"),
    "number": _("number"),
    "of": _("different what"),
    "of_last": _("of the last periods"),
    "operator": _("comparison"),
    "parameter": _("parameter"),
    "percent": _("per cent"),
    "products": _("products"),
    "property": _("property"),
    "quantifier": _("how often from there"),
    "reasons": _("reasons"),
    "recency": _("recency"),
    "refunds": _("when refunds count"),
    "salt": _("name of the split"),
    "scope": _("what the amount or number is of"),
    "segment": _("segment"),
    "stage": _("stage"),
    "state": _("state"),
    "statistic": _("statistic"),
    "statuses": _("statuses that count"),
    "subject": _("habit"),
    "tags": _("tags"),
    "than": _("than in"),
    "to_percent": _("to per cent"),
    "together_with": _("together with"),
    "topic": _("topic"),
    "unit": _("unit"),
    "upper": _("upper end"),
    "utm": _("UTM fields"),
    "value": _("value"),
    "values": _("values"),
    "visit": _("in a visit"),
    "where": _("where"),
    "window": _("when"),
    "years": _("years"),
    "zone": _("time zone"),
}

# Rarely needed: a row shows these once they are set or asked for.
FOLDED: Final = frozenset(
    {
        "added",
        "history",
        "reasons",
        "refunds",
        "statuses",
        "together_with",
        "topic",
        "utm",
        "visit",
        "zone",
    }
)

# Values of plain enumerations, which have no labels of their own.
VALUES: Final[dict[str, str | Promise]] = {"contact": _("in each contact's own time zone")}


def label_of(name: str) -> str:
    """The parameter in words; one that isn't listed by its own name."""
    return str(LABELS.get(name, name.replace("_", " ")))
