"""What a run keeps of the campaign it was frozen from: typed views of its documents.

`Run.content` is the campaign's content (variant 0), `Run.settings` a `RunSettings`, and
`Run.segments` a list of `UsedSegment` documents, those of conditional blocks with their bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.documents import Content, Part, Resend, Testing, Variant, read_part
from campaigns.models import Campaign, Recipient, Run, SendingSettings


class Confirmations(Part):
    """What the guard asked about a run and who confirmed it, as it was when it was frozen."""

    asked: list[dict[str, Any]] = []  # [{"code", "message", …}]
    confirmed: list[str] = []  # codes
    by: str = ""
    at: str | None = None


class RunSettings(Part):
    """Who sends, about what, and what held for everybody when the audience was frozen."""

    campaign_name: str
    account: int | None = None  # None: the workspace's default
    from_name: str = ""
    from_email: str = ""
    reply_to: str = ""
    topic: str = ""  # its key; "": everything
    topic_name: str = ""
    consent_rule: str
    postal_address: str = ""
    cap_number: int | None = None  # None: no cap, or the campaign ignores it
    cap_days: int = 7
    holdout_points: int = 0  # of 10,000: the campaign's own
    control_points: int = 0  # of 10,000: the workspace's
    control_salt: str = ""
    code_pool: int | None = None
    attribution_days: int = 5
    revenue_rule: str
    testing: Testing | None = None  # None: one variant
    resend: Resend | None = None
    # SHA-256 over the sorted ids of everybody in the audience, and of the recipients.
    audience_hash: str = ""
    recipients_hash: str = ""
    confirmations: Confirmations = Confirmations()


@dataclass(frozen=True)
class UsedSegment:
    """A segment or list as it was when the audience was frozen."""

    kind: str  # segment or list
    id: int
    name: str
    uses: Sequence[str]  # include, exclude, block
    size: int
    members_hash: str  # SHA-256 over the sorted contact ids
    bit: int | None = None  # of `Recipient.blocks`, where blocks depend on it
    version: int | None = None
    definition: Mapping[str, Any] | None = None
    nodes: Mapping[str, int] | None = None  # contacts each row matches, by its path


def settings_of(run: Run) -> RunSettings:
    """The run's frozen settings. Raises `InvalidDocument`, also before the audience is frozen."""
    return read_part(RunSettings, run.settings or {}, path="$.settings")


def confirmations_of(run: Run) -> Confirmations:
    """What was confirmed about the run: frozen, or as it stands before that."""
    if run.settings is not None:
        return settings_of(run).confirmations
    by = run.confirmed_by
    return Confirmations(
        asked=run.held_reasons,
        confirmed=run.confirmed,
        by=str(by) if by is not None else "",
        at=run.confirmed_at.isoformat() if run.confirmed_at is not None else None,
    )


def contents_of(run: Run) -> list[Content]:
    """What the run sends, one a variant."""
    content = read_part(Content, run.content or {}, path="$.content")
    return variants_of(content, settings_of(run).testing)


def variants_of(content: Content, testing: Testing | None) -> list[Content]:
    """The content itself, then each variant of it as a content of its own."""
    variants = testing.variants if testing is not None else []
    return [content, *(_varied(content, variant) for variant in variants)]


def _varied(content: Content, variant: Variant) -> Content:
    given = {
        name: value
        for name in type(variant).model_fields
        if (value := getattr(variant, name)) is not None
    }
    return content.model_copy(update=given)


def testing_of(campaign: Campaign) -> Testing | None:
    """The A/B test of a campaign; None where there is but one variant."""
    testing = read_part(Testing, campaign.testing or {}, path="$.testing")
    return testing if testing.variants else None


def used_segments(run: Run) -> list[UsedSegment]:
    """Segments and lists the frozen audience and its blocks depend on."""
    return [UsedSegment(**each) for each in run.segments or ()]


def conditional_bits(run: Run) -> dict[int, int]:
    """The bit of `Recipient.blocks` of each segment that decides what is shown."""
    return {each.id: each.bit for each in used_segments(run) if each.bit is not None}


def segments_shown(recipient: Recipient, bits: Mapping[int, int]) -> frozenset[int]:
    """Of the run's conditional segments, those the recipient was in."""
    return frozenset(segment_id for segment_id, bit in bits.items() if recipient.blocks >> bit & 1)


def sending_settings_of(workspace_id: int) -> SendingSettings:
    """The workspace's settings of sending, with their defaults where none were saved."""
    found = SendingSettings.objects.in_workspace(workspace_id).first()
    return found or SendingSettings(workspace_id=workspace_id)
