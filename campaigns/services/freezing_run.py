"""One run frozen inside the snapshot it is evaluated from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from campaigns import guard, parts
from campaigns.audience import CountedAudience, count_audience, hash_of_members
from campaigns.documents import Audience, Content, Variant, read_part
from campaigns.frozen import (
    RunSettings,
    confirmations_of,
    sending_settings_of,
    settings_of,
    variants_of,
)
from campaigns.models import Run, RunKind, RunState
from campaigns.services.codes import give_codes
from campaigns.services.plans import settle_campaign
from campaigns.services.receipts import kept_segments
from campaigns.services.writing import blocks_of, write_recipients
from campaigns.snapshots import settings_for
from campaigns.waterfall import Waterfall, conditions_of, fall
from contacts.models import contact_id_of
from segments.criteria.scope import Scope
from workspaces.models import Workspace


@dataclass(frozen=True)
class Frozen:
    """What came of it; without `counted` the run is held for a person."""

    counted: CountedAudience | None


@dataclass(frozen=True)
class _Source:
    """What is sent to whom: the campaign as it is now, or what the parent run has kept of it."""

    audience: dict[str, Any]
    content: Content
    settings: RunSettings
    version: int | None

    @property
    def conditions(self) -> set[int]:
        return conditions_of(variants_of(self.content, self.settings.testing))


def warm(run: Run, as_of: datetime) -> None:
    """Bring the leaves' sets up and keep them, which the freeze itself may not do."""
    _count(run, _source_of(run), as_of)


def freeze_in_snapshot(*, run: Run, workspace: Workspace, as_of: datetime) -> Frozen:
    """Evaluate, look whether a person must look first, and write everybody of the audience.

    Raises `AudienceRefusedError`, `InvalidDocument` and `PoolExhaustedError`.
    """
    source = _source_of(run)
    counted = _count(run, source, as_of)
    if _is_held(run, workspace, counted):
        return Frozen(None)
    falls = fall(
        workspace=workspace,
        counted=counted,
        settings=source.settings,
        campaign_id=run.campaign_id,
        part=parts.part_of(run, Scope(workspace, as_of)),
    )
    testing = source.settings.testing
    if run.kind == RunKind.TEST and testing is not None:
        falls = parts.sample(falls, testing, _salt(run))
    write_recipients(
        run=run,
        falls=falls,
        variants=_variants(run, source, falls),
        blocks=blocks_of([each.members for each in counted.conditional], falls.recipients),
        codes=_codes(run, workspace, source, falls),
    )
    _keep(run, source, counted, falls)
    settle_campaign(run.campaign)
    return Frozen(counted)


def _count(run: Run, source: _Source, as_of: datetime) -> CountedAudience:
    return count_audience(
        workspace=run.campaign.workspace,
        audience=read_part(Audience, source.audience, path="$.audience"),
        conditions=source.conditions,
        as_of=as_of,
    )


def _source_of(run: Run) -> _Source:
    campaign, parent = run.campaign, run.parent
    if parent is None:
        return _Source(
            campaign.audience,
            read_part(Content, campaign.content, path="$.content"),
            settings_for(campaign, sending_settings_of(run.workspace_id)),
            campaign.version_number,
        )
    content = read_part(Content, parent.content or {}, path="$.content")
    kept = settings_of(parent)
    if run.kind == RunKind.RESEND:
        content, kept = _resent(content, kept)
    return _Source(parent.audience or {}, content, kept, parent.version_number)


def _resent(content: Content, kept: RunSettings) -> tuple[Content, RunSettings]:
    """Once more, perhaps under another subject, which then is that of every variant."""
    resend, testing = kept.resend, kept.testing
    if resend is not None and resend.subject:
        content = content.model_copy(update={"subject": resend.subject})
        if testing is not None:
            variants = [_titled(each, resend.subject) for each in testing.variants]
            testing = testing.model_copy(update={"variants": variants})
    return content, kept.model_copy(update={"resend": None, "testing": testing})


def _titled(variant: Variant, subject: str) -> Variant:
    return variant.model_copy(update={"subject": subject})


def _is_held(run: Run, workspace: Workspace, counted: CountedAudience) -> bool:
    """Whether the guard wants a person to look first; then the run waits."""
    sending = sending_settings_of(workspace.pk)
    reasons = guard.reasons_to_hold(
        workspace=workspace, counted=counted, jump_percent=sending.jump_percent
    )
    if not guard.unconfirmed(reasons, guard.confirmed_reasons(run)):
        return False
    run.state, run.held_reasons, run.lease_until = RunState.HELD, reasons, None
    run.confirmed, run.confirmed_by, run.confirmed_at = [], None, None
    run.save(
        update_fields=[
            "state",
            "held_reasons",
            "lease_until",
            "confirmed",
            "confirmed_by",
            "confirmed_at",
        ]
    )
    return True


def _variants(run: Run, source: _Source, falls: Waterfall) -> npt.NDArray[np.int64]:
    numbers = falls.recipients.numbers()
    testing = source.settings.testing
    if testing is None:
        return np.zeros(numbers.size, dtype=np.int64)
    if run.kind == RunKind.REST and run.parent is not None:
        return np.full(numbers.size, run.parent.winner or 0, dtype=np.int64)
    if run.kind == RunKind.RESEND and run.parent is not None:
        return parts.as_before(run.parent, numbers)
    recipients = falls.mailboxes.of(falls.recipients)
    return parts.dealt(recipients, len(testing.variants) + 1, _salt(run))


def _salt(run: Run) -> str:
    return f"test-{run.pk}"


def _codes(run: Run, workspace: Workspace, source: _Source, falls: Waterfall) -> dict[int, int]:
    """The id of each recipient's discount code, by contact id."""
    pool = source.settings.code_pool
    if pool is None:
        return {}
    given = give_codes(
        workspace=workspace,
        campaign_id=run.campaign_id,
        pool_id=pool,
        contact_ids=[contact_id_of(workspace, int(n)) for n in falls.recipients.numbers()],
        now=falls.as_of,
    )
    return {contact_id: code.pk for contact_id, code in given.items()}


def _keep(run: Run, source: _Source, counted: CountedAudience, falls: Waterfall) -> None:
    own = {
        "audience_hash": hash_of_members(falls.inside),
        "recipients_hash": hash_of_members(falls.recipients),
        "confirmations": confirmations_of(run),
    }
    run.state, run.lease_until = RunState.SENDING, None
    run.as_of = run.started_at = falls.as_of
    run.version_number = source.version
    run.audience = source.audience
    run.content = source.content.model_dump(mode="json")
    run.settings = source.settings.model_copy(update=own).model_dump(mode="json")
    run.segments = kept_segments(counted)
    run.waterfall = falls.rows()
    run.size = len(falls.recipients)
    run.save()
