"""Instants as integrators write them: ISO 8601 with a zone."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.translation import gettext as _


def read_instant(value: object) -> datetime:
    """An instant in UTC, from ISO 8601 text or a datetime. Raises `ValueError` without a zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                _("Give an instant as ISO 8601 with a zone, like 2026-03-31T12:00:00Z.")
            ) from None
    if not isinstance(value, datetime):
        raise ValueError(_("Give an instant as ISO 8601 with a zone, like 2026-03-31T12:00:00Z."))
    if value.tzinfo is None:
        raise ValueError(_("The instant has no zone: add Z or an offset like +02:00."))
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(_("The instant is out of range.")) from None
