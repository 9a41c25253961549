"""From everybody in the segments to the recipients: who is left out at which step, and why.

Exact, in the order of `SkipReason`, and in sets: a million contacts take a few statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from campaigns import gates, guard
from campaigns.audience import CountedAudience, CoverageGap, count_audience
from campaigns.documents import Audience, Content, conditions_in, read_part
from campaigns.frozen import RunSettings, sending_settings_of, testing_of, variants_of
from campaigns.mailboxes import Mailboxes, read_mailboxes
from campaigns.models import Campaign, ConsentRule, SkipReason
from campaigns.snapshots import settings_for
from contacts.models import NUMBER_MASK
from segments.criteria.scope import Scope
from segments.engine.sets import ContactSet
from workspaces.models import Workspace

IN_SEGMENTS = "in_segments"
RECIPIENTS = "recipients"
# Fewer contacts than this are asked about by their ids.
FEW = 20_000


@dataclass(frozen=True)
class Step:
    """One reason: whom it took away, and who was left then."""

    key: str  # a value of `SkipReason`
    label: str | Promise
    removed: ContactSet
    left: ContactSet


@dataclass(frozen=True)
class Waterfall:
    """What becomes of an audience. `inside` = `recipients` + what the steps removed."""

    as_of: datetime
    audience: CountedAudience
    inside: ContactSet
    steps: Sequence[Step]
    recipients: ContactSet
    mailboxes: Mailboxes  # of everybody inside who has an address

    @property
    def coverage(self) -> Sequence[CoverageGap]:
        """Warnings to be confirmed before a send (semantics 15)."""
        return self.audience.coverage

    def rows(self) -> list[dict[str, str | int]]:
        """The steps in numbers, for storage."""
        return [
            {"step": step.key, "removed": len(step.removed), "left": len(step.left)}
            for step in self.steps
        ]

    def contacts_of(self, key: str) -> ContactSet:
        """Behind a number: a step's removed, "in_segments" or "recipients". Raises `KeyError`."""
        found = {step.key: step.removed for step in self.steps}
        return {**found, IN_SEGMENTS: self.inside, RECIPIENTS: self.recipients}[key]

    def narrowed_to(self, contacts: ContactSet) -> Waterfall:
        """The same for a part of the audience that keeps contacts with one address together."""
        steps = [
            Step(step.key, step.label, step.removed & contacts, step.left & contacts)
            for step in self.steps
        ]
        return Waterfall(
            self.as_of,
            self.audience,
            self.inside & contacts,
            steps,
            self.recipients & contacts,
            self.mailboxes.of(contacts),
        )


@dataclass(frozen=True)
class Part:
    """Which part of the audience a run is for; the default is all of it."""

    within: ContactSet | None = None
    without: ContactSet | None = None
    taken: Collection[bytes] = ()  # hashes of addresses that this send has already reached


EVERYBODY = Part()


def waterfall_of(*, campaign: Campaign, as_of: datetime) -> Waterfall:
    """The waterfall of the campaign as it is now, were it sent at this instant.

    Raises `AudienceRefusedError`, and `InvalidDocument` for a campaign that can't be read.
    """
    counted = count_campaign(campaign=campaign, as_of=as_of)
    settings = settings_for(campaign, sending_settings_of(campaign.workspace_id))
    return fall(
        workspace=campaign.workspace,
        counted=counted,
        settings=settings,
        campaign_id=campaign.pk,
    )


def count_campaign(*, campaign: Campaign, as_of: datetime) -> CountedAudience:
    """The audience and the conditional blocks of the campaign as it is now.

    Raises `AudienceRefusedError` and `InvalidDocument`.
    """
    content = read_part(Content, campaign.content, path="$.content")
    return count_audience(
        workspace=campaign.workspace,
        audience=read_part(Audience, campaign.audience, path="$.audience"),
        conditions=conditions_of(variants_of(content, testing_of(campaign))),
        as_of=as_of,
    )


def warnings_of(*, campaign: Campaign, as_of: datetime) -> list[guard.Reason]:
    """What a person has to confirm before the campaign may be sent at this instant: sizes that
    jump, rows that look back to before records began. [{"code", "message", …}]

    Raises `AudienceRefusedError` and `InvalidDocument`.
    """
    return guard.reasons_to_hold(
        workspace=campaign.workspace,
        counted=count_campaign(campaign=campaign, as_of=as_of),
        jump_percent=sending_settings_of(campaign.workspace_id).jump_percent,
    )


def conditions_of(contents: Iterable[Content]) -> set[int]:
    """Ids of the segments that decide what is shown in any of the variants."""
    return {pk for content in contents for pk in conditions_in(content)}


def fall(
    *,
    workspace: Workspace,
    counted: CountedAudience,
    settings: RunSettings,
    campaign_id: int,
    part: Part = EVERYBODY,
) -> Waterfall:
    """Take away, in order, whoever gets nothing."""
    inside = counted.inside
    if part.within is not None:
        inside = inside & part.within
    if part.without is not None:
        inside = inside - part.without
    scope = Scope(workspace, counted.as_of)
    if len(inside) <= FEW:
        scope = scope.only(inside.id_list())
    falling = _Falling(scope, inside, settings, campaign_id)
    falling.take(SkipReason.EXCLUDED, counted.excluded)
    falling.take_by_address(part.taken)
    return Waterfall(counted.as_of, counted, inside, falling.steps, falling.left, falling.mailboxes)


class _Falling:
    def __init__(
        self, scope: Scope, inside: ContactSet, settings: RunSettings, campaign_id: int
    ) -> None:
        self.scope = scope
        self.settings = settings
        self.campaign_id = campaign_id
        self.left = inside
        self.steps: list[Step] = []
        numbers = inside.numbers()
        highest = int(numbers[-1]) if numbers.size else 0
        self.mailboxes = read_mailboxes(scope, min(highest, NUMBER_MASK)).of(inside)

    def take(self, reason: SkipReason, contacts: ContactSet) -> None:
        removed = self.left & contacts
        self.left = self.left - removed
        self.steps.append(Step(reason.value, reason.label, removed, self.left))

    def take_by_address(self, taken: Collection[bytes]) -> None:
        """Every step after the exclusions."""
        scope, settings = self.scope, self.settings
        self.take(SkipReason.NO_ADDRESS, self.left - self.mailboxes.contacts())
        self.take(
            SkipReason.NO_CONSENT,
            gates.without_consent(
                asked=self.left,
                scope=scope,
                rule=ConsentRule(settings.consent_rule),
                topic=settings.topic,
            ),
        )
        self.take(SkipReason.SUPPRESSED, gates.suppressed(asked=self.left, scope=scope))
        self.take(SkipReason.CAPPED, self._capped())
        self.take(SkipReason.HELD_OUT, self._held_out())
        left = self.mailboxes.of(self.left)
        self.take(SkipReason.DUPLICATE, left.repeated() | left.among(taken))

    def _capped(self) -> ContactSet:
        number = self.settings.cap_number
        if number is None:
            return ContactSet.empty(self.scope.workspace.pk)
        return gates.capped(
            asked=self.left, scope=self.scope, number=number, days=self.settings.cap_days
        )

    def _held_out(self) -> ContactSet:
        """The workspace's control group, and the campaign's own: independent of each other."""
        left, settings = self.mailboxes.of(self.left), self.settings
        control = left.in_points(settings.control_salt, settings.control_points)
        own = left.in_points(holdout_salt(self.campaign_id), settings.holdout_points)
        return control | own


def holdout_salt(campaign_id: int) -> str:
    """The same for every send of a campaign, so that the same people get none of them."""
    return f"campaign-{campaign_id}"
