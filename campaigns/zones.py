"""Which contacts live in which time zone."""

from __future__ import annotations

from collections.abc import Collection

from campaigns.mailboxes import NumbersSent
from contacts.text import normalise
from segments.criteria.scope import Scope
from segments.engine.sets import ContactSet
from workspaces.models import TIME_ZONES

_NAMES = {normalise(name): name for name in TIME_ZONES}


def contacts_by_zone(scope: Scope, names: Collection[str] | None = None) -> dict[str, ContactSet]:
    """The contacts of each zone that any has; those without a zone, or with one that isn't known,
    are in none. `names`: only of these zones."""
    values = scope.attribute_values("time_zone")
    if names is not None:
        values = values.filter(text_norm__in=sorted(normalise(name) for name in names))
    rows = values.order_by().values("text_norm").annotate(numbers=NumbersSent("contact_id"))
    return {
        _NAMES[row["text_norm"]]: ContactSet.from_array_send(scope.workspace.pk, row["numbers"])
        for row in rows
        if row["text_norm"] in _NAMES
    }
