"""What holds for every campaign of a workspace."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.models import RevenueRule, SendingSettings
from contacts.addresses import read_email
from workspaces.audit import record_audit
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

MOST_POINTS = 5_000  # of 10,000: whoever holds out more than half measures nothing


@dataclass(frozen=True)
class Wanted:
    """Every setting, as a person wants it."""

    postal_address: str = ""
    from_name: str = ""  # of confirmations, and of new campaigns
    from_email: str = ""
    cap_number: int | None = None  # e-mails within `cap_days`; None: no cap
    cap_days: int = 7
    quiet_from: time | None = None
    quiet_to: time | None = None
    holdout_points: int = 0  # of 10,000
    jump_percent: int = 50
    attribution_days: int = 5
    revenue_rule: RevenueRule = RevenueRule.CLICK


def change_settings(*, actor: Actor, wanted: Wanted, now: datetime) -> SendingSettings:
    """Replace all of them. Raises `ValidationError` by field."""
    require(actor, Action.MANAGE_WORKSPACE)
    if errors := dict(_faults(wanted)):
        raise ValidationError(errors)
    with workspace_scope(actor.workspace):
        # The row has to be there before it can be locked; two who save at once make one.
        SendingSettings.objects.bulk_create(
            [SendingSettings(workspace=actor.workspace)], ignore_conflicts=True
        )
        rows = SendingSettings.objects.in_workspace(actor.workspace)
        settings = rows.select_for_update().get()
        before = _shown(settings)
        for name, value in asdict(wanted).items():
            setattr(settings, name, value)
        settings.postal_address = _lines(wanted.postal_address)
        settings.from_name = wanted.from_name.strip()
        settings.from_email = wanted.from_email.strip()
        # The group stays the same people for as long as there is one.
        settings.holdout_salt = settings.holdout_salt or secrets.token_hex(16)
        settings.save()
        after = _shown(settings)
        changes = {
            name: {"from": before[name], "to": value}
            for name, value in after.items()
            if value != before[name]
        }
        if changes:
            record_audit(
                actor=actor, action="sending.changed", now=now, details={"changes": changes}
            )
    return settings


def _faults(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Field and what is wrong with it."""
    if len(wanted.postal_address) > 500:
        yield "postal_address", _("An address has at most 500 characters.")
    if len(wanted.from_name) > 120:
        yield "from_name", _("At most 120 characters.")
    if wanted.from_email:
        try:
            read_email(wanted.from_email)
        except ValueError as error:
            yield "from_email", str(error)
    if wanted.cap_number is not None and not 1 <= wanted.cap_number <= 100:
        yield "cap_number", _("Between 1 and 100, or nothing for no limit.")
    if not 1 <= wanted.cap_days <= 90:
        yield "cap_days", _("Between 1 and 90 days.")
    if (wanted.quiet_from is None) != (wanted.quiet_to is None):
        missing = "quiet_from" if wanted.quiet_from is None else "quiet_to"
        yield missing, _("Quiet hours need a beginning and an end.")
    elif wanted.quiet_from is not None and wanted.quiet_from == wanted.quiet_to:
        yield "quiet_to", _("They would last the whole day. Choose another end.")
    if not 0 <= wanted.holdout_points <= MOST_POINTS:
        yield "holdout_points", _("Between 0 and 50 per cent.")
    if not 5 <= wanted.jump_percent <= 1_000:
        yield "jump_percent", _("Between 5 and 1,000 per cent.")
    if not 1 <= wanted.attribution_days <= 90:
        yield "attribution_days", _("Between 1 and 90 days.")


def _lines(address: str) -> str:
    """The address without empty lines and without spaces at the ends of lines."""
    return "\n".join(line.strip() for line in address.splitlines() if line.strip())


def _shown(settings: SendingSettings) -> dict[str, Any]:
    """As the audit log shows them."""
    return {
        name: value if isinstance(value, int) else "" if value is None else str(value)
        for name in asdict(Wanted())
        for value in (getattr(settings, name),)
    }
