"""What is known of the contacts a batch of messages is for: a few queries however many."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from contacts.models import AttributeType, AttributeValue
from contacts.reading import value_of
from workspaces.models import Workspace

MAX_TEXT = 5_000  # characters of one value
# Characters that are no text: control characters, and those our marks are made of.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ue000-\ue003]")


def clean(value: Any) -> Any:
    """A value as templates get it: plain text, numbers, lists and dictionaries of these."""
    if isinstance(value, str):
        return _NO_TEXT.sub("", value)[:MAX_TEXT]
    if isinstance(value, Mapping):
        return {str(key): clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def attributes_of(
    workspace: Workspace, contact_ids: Sequence[int], keys: Collection[str], as_of: datetime
) -> dict[int, dict[str, Any]]:
    """The named attributes of the contacts as they were at the instant. One query."""
    found: dict[int, dict[str, Any]] = {contact_id: {} for contact_id in contact_ids}
    if not keys:
        return found
    rows = (
        AttributeValue.objects.in_workspace(workspace)
        .filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=as_of),
            contact__in=list(found),
            attribute__key__in=list(keys),
            valid_from__lte=as_of,
        )
        .select_related("attribute")
        .order_by("contact_id", "attribute_id", "slot")
    )
    for row in rows:
        values = found[row.contact_id]
        key, value = row.attribute.key, clean(value_of(row))
        if row.attribute.type == AttributeType.CHOICES:
            values.setdefault(key, []).append(value)
        else:
            values[key] = value
    return found
