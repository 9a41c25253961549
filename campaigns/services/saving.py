"""Creates and changes campaigns. A part is saved only when it is valid and names what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from campaigns.documents import (
    Audience,
    Content,
    InvalidDocument,
    Part,
    Schedule,
    Testing,
    read_part,
)
from campaigns.frozen import sending_settings_of
from campaigns.models import (
    OPEN_STATES,
    Campaign,
    CampaignState,
    CodePool,
    Run,
    SendingAccount,
    Topic,
)
from campaigns.services.references import keep_references, names_of_parts, unknown_names
from workspaces.audit import record_audit
from workspaces.batches import ItemError
from workspaces.policies import Actor

PARTS: Mapping[str, type[Part]] = {
    "audience": Audience,
    "content": Content,
    "schedule": Schedule,
    "testing": Testing,
}
_NAME_LENGTH = 160


class Unset(Enum):
    """Says nothing, where None says "none"."""

    UNSET = "unset"


UNSET = Unset.UNSET


class CampaignLockedError(Exception):
    """The campaign is being sent or waits to be sent: it is stopped first, then changed."""

    def __init__(self, *, is_sending: bool) -> None:
        super().__init__(
            _("The campaign is being sent. Change it when that is over, or cancel the send.")
            if is_sending
            else _("The campaign is scheduled. Stop it, then change it.")
        )


class StaleVersionError(Exception):
    """Somebody else has changed the campaign since; `current` is its version now."""

    def __init__(self, current: int) -> None:
        super().__init__(_("The campaign was changed meanwhile. Reload it before changing it."))
        self.current = current


@dataclass(frozen=True)
class CampaignInput:
    """What a caller says about a campaign; what is unset stays as it is."""

    name: str | Unset = UNSET
    audience: Any = UNSET
    content: Any = UNSET
    schedule: Any = UNSET
    testing: Any = UNSET
    account: int | Unset | None = UNSET
    from_name: str | Unset = UNSET
    from_email: str | Unset = UNSET
    reply_to: str | Unset = UNSET
    topic: int | Unset | None = UNSET
    consent_rule: str | Unset = UNSET
    ignores_cap: bool | Unset = UNSET
    holdout_points: int | Unset = UNSET
    code_pool: int | Unset | None = UNSET

    def given(self) -> Iterator[tuple[str, Any]]:
        """What is said, by name."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not UNSET:
                yield field.name, value


def create_campaign(*, actor: Actor, given: CampaignInput, now: datetime) -> Campaign:
    """A new draft. Without a name it gets a free one. Raises `InvalidDocument`."""
    campaign = Campaign(
        workspace=actor.workspace, created_by=actor.user, created_at=now, changed_at=now
    )
    if given.name is UNSET:
        campaign.name = free_name(campaign, _("New campaign"))
    usual = sending_settings_of(actor.workspace.pk)
    campaign.from_name, campaign.from_email = usual.from_name, usual.from_email
    _apply(actor, campaign, given)
    campaign.save()
    _keep(campaign)
    record_audit(actor=actor, action="campaign.created", subject=campaign, now=now)
    return campaign


def change_campaign(
    *,
    actor: Actor,
    campaign: Campaign,
    given: CampaignInput,
    expected_version: int | None = None,
    now: datetime,
) -> Campaign:
    """Change what is given; a version number goes up with what really differs.

    Raises `InvalidDocument`, `CampaignLockedError`, and `StaleVersionError` where
    `expected_version` isn't the current one.
    """
    campaign = _locked(campaign)
    _refuse_while_sending(campaign)
    if expected_version is not None and expected_version != campaign.version_number:
        raise StaleVersionError(campaign.version_number)
    changed = _apply(actor, campaign, given)
    if not changed:
        return campaign
    campaign.version_number += 1
    campaign.changed_at = now
    campaign.save()
    _keep(campaign)
    record_audit(
        actor=actor,
        action="campaign.changed",
        subject=campaign,
        now=now,
        details={"changed": changed, "version": campaign.version_number},
    )
    return campaign


def duplicate_campaign(*, actor: Actor, campaign: Campaign, now: datetime) -> Campaign:
    """A draft that says the same under a free name; nothing of it is scheduled."""
    copy = Campaign(
        workspace=actor.workspace,
        name=_with_addition(campaign, _("copy")),
        audience=campaign.audience,
        content=campaign.content,
        schedule=campaign.schedule,
        testing=campaign.testing,
        account_id=campaign.account_id,
        from_name=campaign.from_name,
        from_email=campaign.from_email,
        reply_to=campaign.reply_to,
        topic_id=campaign.topic_id,
        consent_rule=campaign.consent_rule,
        ignores_cap=campaign.ignores_cap,
        holdout_points=campaign.holdout_points,
        code_pool_id=campaign.code_pool_id,
        created_by=actor.user,
        created_at=now,
        changed_at=now,
    )
    copy.save()
    _keep(copy)
    record_audit(
        actor=actor,
        action="campaign.created",
        subject=copy,
        now=now,
        details={"copy_of": campaign.pk},
    )
    return copy


def archive_campaign(*, actor: Actor, campaign: Campaign, now: datetime) -> Campaign:
    """Put a campaign away; its runs and its report stay. Raises `CampaignLockedError`."""
    campaign = _locked(campaign)
    if campaign.archived_at is not None:
        return campaign
    _refuse_while_sending(campaign)
    campaign.archived_at = now
    campaign.save(update_fields=["archived_at"])
    record_audit(actor=actor, action="campaign.archived", subject=campaign, now=now)
    return campaign


def restore_campaign(*, actor: Actor, campaign: Campaign, now: datetime) -> Campaign:
    """Bring an archived campaign back. A name taken meanwhile gets an addition."""
    campaign = _locked(campaign)
    if campaign.archived_at is None:
        return campaign
    if _is_taken(campaign, campaign.name):
        campaign.name = _with_addition(campaign, _("restored"))
    campaign.archived_at = None
    campaign.save(update_fields=["name", "archived_at"])
    record_audit(actor=actor, action="campaign.restored", subject=campaign, now=now)
    return campaign


def is_locked(campaign: Campaign) -> bool:
    """Whether it is being sent or waits to be sent, so that it can't be changed."""
    return campaign.state == CampaignState.SCHEDULED or is_sending(campaign)


def is_sending(campaign: Campaign) -> bool:
    """Whether a send of it is under way, or held back for a person to look at."""
    runs = Run.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    return runs.filter(state__in=OPEN_STATES).exists()


def free_name(campaign: Campaign, wanted: str) -> str:
    """The name, or with a number what nobody has: "New campaign", "New campaign 2"."""
    taken, number, name = _live_names(campaign), 1, wanted[:_NAME_LENGTH]
    while name in taken:
        number += 1
        name = f"{wanted[: _NAME_LENGTH - 12]} {number}"
    return name


# --- Inside --------------------------------------------------------------------------------------


def _apply(actor: Actor, campaign: Campaign, given: CampaignInput) -> list[str]:
    """Set what is given; answers the names of what differs. Raises `InvalidDocument`."""
    errors: list[ItemError] = []
    changed: list[str] = []
    for name, value in given.given():
        try:
            column, wanted = _read(actor, campaign, name, value)
        except InvalidDocument as error:
            errors.extend(error.errors)
            continue
        if getattr(campaign, column) != wanted:
            setattr(campaign, column, wanted)
            changed.append(name)
    if not errors:
        names = [n for n in _names(campaign) if _part_of(n.path) in dict(given.given())]
        errors = unknown_names(actor.workspace, names)
    if errors:
        raise InvalidDocument(tuple(errors))
    return changed


def _read(actor: Actor, campaign: Campaign, name: str, value: Any) -> tuple[str, Any]:
    """Column and value to store. Raises `InvalidDocument`."""
    path = f"$.{name}"
    if name in PARTS:
        return name, read_part(PARTS[name], value, path=path).model_dump(mode="json")
    if name in _REFERRED:
        if value is not None and not _exists(actor, _REFERRED[name], value):
            raise _fault(path, "unknown", _("There is no such thing in this workspace."))
        return f"{name}_id", value
    if name == "name":
        return name, _checked_name(campaign, value, path)
    return name, value


def _checked_name(campaign: Campaign, value: str, path: str) -> str:
    name = value.strip()[:_NAME_LENGTH]
    if not name:
        raise _fault(path, "blank", _("Give the campaign a name."))
    if _is_taken(campaign, name):
        raise _fault(path, "taken", _("There is a campaign with this name already."))
    return name


_REFERRED: Mapping[str, Any] = {
    "account": SendingAccount,
    "topic": Topic,
    "code_pool": CodePool,
}


def _exists(actor: Actor, model: Any, pk: int) -> bool:
    rows = model.objects.in_workspace(actor.workspace)
    return bool(rows.filter(pk=pk, archived_at__isnull=True).exists())


def _fault(path: str, code: str, message: str) -> InvalidDocument:
    return InvalidDocument((ItemError(path, code, message),))


def _part_of(path: str) -> str:
    return path.removeprefix("$.").split(".")[0]


def _names(campaign: Campaign) -> Any:
    return names_of_parts(
        audience=read_part(Audience, campaign.audience, path="$.audience"),
        content=read_part(Content, campaign.content, path="$.content"),
        testing=read_part(Testing, campaign.testing, path="$.testing"),
    )


def _keep(campaign: Campaign) -> None:
    keep_references(campaign, _names(campaign))


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.in_workspace(campaign.workspace_id)
    return rows.select_for_update().get(pk=campaign.pk)


def _refuse_while_sending(campaign: Campaign) -> None:
    if is_locked(campaign):
        raise CampaignLockedError(is_sending=is_sending(campaign))


def _live_names(campaign: Campaign) -> set[str]:
    live = Campaign.objects.in_workspace(campaign.workspace_id).filter(archived_at__isnull=True)
    return set(live.exclude(pk=campaign.pk).values_list("name", flat=True))


def _is_taken(campaign: Campaign, name: str) -> bool:
    return name in _live_names(campaign)


def _with_addition(campaign: Campaign, addition: str) -> str:
    """The name with what makes it another's: "Spring (copy)", "Spring (copy 2)"."""
    taken, number = {*_live_names(campaign), campaign.name}, 1
    while True:
        words = addition if number == 1 else f"{addition} {number}"
        name = f"{campaign.name[:140]} ({words})"
        if name not in taken:
            return name
        number += 1
