"""Two contacts that are one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.addresses import email_key
from contacts.bulk import insert_rows
from contacts.models import (
    AbsenceKind,
    AttributeDefinition,
    AttributeValue,
    ChangeKind,
    Channel,
    Consent,
    ConsentStatus,
    Contact,
    ContactCategory,
    ContactTag,
    ListEntry,
    StatedAbsence,
    Suppression,
    SuppressionReason,
)
from contacts.periods import Timeline, held_at
from contacts.registry import movers
from contacts.services import histories
from contacts.services.absences import load_absences, of_attribute, write_absences
from contacts.services.changes import log_changes
from contacts.services.consents import ADDRESS_ATTRIBUTES, suppress_digest
from contacts.services.identity import SHOWN, Draft
from workspaces.audit import record_audit
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

Interval = tuple[datetime, datetime | None]

# Of two statements about one channel the one that forbids more counts.
RESTRICTION = {ConsentStatus.GRANTED: 0, ConsentStatus.PENDING: 1, ConsentStatus.WITHDRAWN: 2}


def merge_contacts(
    *,
    workspace: Workspace,
    winner_id: int,
    loser_id: int,
    now: datetime,
    actor: Actor | None = None,
) -> Contact:
    """Make two contacts one; the winner, with everything both had, is returned.

    Facts move to the winner. Histories of attributes are spliced (the value stated last holds),
    tags, categories and lists are united, the most restrictive consent and every suppression win.
    The loser's external id goes on leading to the winner; its number is never used again. Raises
    `Contact.DoesNotExist` for unknown or gone contacts, `ValidationError` for one and the same.
    """
    if winner_id == loser_id:
        raise ValidationError(_("A contact can't be merged with itself."))
    with workspace_scope(workspace):
        winner, loser = _lock(workspace, winner_id, loser_id)
        suppressions = _suppressions_of(workspace, (winner_id, loser_id))
        _merge_attributes(workspace, winner, loser_id)
        _unite(ContactTag, workspace, "tag_id", winner_id, loser_id)
        _unite(ContactCategory, workspace, "category_id", winner_id, loser_id)
        _unite(ListEntry, workspace, "static_list_id", winner_id, loser_id)
        _merge_consents(workspace, winner_id, loser_id)
        StatedAbsence.objects.in_workspace(workspace).filter(contact_id=loser_id).delete()
        for move in movers:
            move(workspace=workspace, loser_id=loser_id, winner_id=winner_id)
        _close(winner, loser)
        _suppress_again(workspace, winner_id, suppressions, now)
        kinds = (ChangeKind.MERGE, ChangeKind.CONTACT)
        log_changes(workspace, ((pk, kind) for pk in (winner_id, loser_id) for kind in kinds))
        if actor is not None:
            details = {"merged": loser_id}
            record_audit(
                actor=actor, action="contact.merged", now=now, details=details | {"into": winner_id}
            )
        return winner


def _lock(workspace: Workspace, winner_id: int, loser_id: int) -> tuple[Contact, Contact]:
    """Both, live, locked against facts being stored for them meanwhile."""
    found = Contact.objects.in_workspace(workspace).live().filter(pk__in=[winner_id, loser_id])
    contacts = {each.pk: each for each in found.order_by("pk").select_for_update()}
    if len(contacts) < 2:
        raise Contact.DoesNotExist
    return contacts[winner_id], contacts[loser_id]


def _close(winner: Contact, loser: Contact) -> None:
    """The loser's row stays, empty, and leads to the winner."""
    alias = loser.external_id
    loser.external_id = None if winner.external_id is None else alias
    loser.merged_into = winner
    for name in (*SHOWN, "email_key"):
        setattr(loser, name, "")
    loser.save()
    # What had been merged into the loser before leads to the winner at once.
    merged = Contact.objects.in_workspace(winner.workspace_id).filter(merged_into=loser)
    merged.update(merged_into=winner)
    if winner.external_id is None:
        winner.external_id = alias
    winner.known_since = min(winner.known_since, loser.known_since)
    winner.save()


def _merge_attributes(workspace: Workspace, winner: Contact, loser_id: int) -> None:
    definitions = dict(AttributeDefinition.objects.in_workspace(workspace).values_list("id", "key"))
    drafts = {pk: Draft(pk, None, "") for pk in (winner.pk, loser_id)}
    histories.load_attributes(workspace.pk, drafts, list(definitions))
    load_absences(workspace.pk, drafts, [AbsenceKind.ATTRIBUTE])
    kept = drafts[winner.pk]
    for attribute_id, slots in drafts[loser_id].attributes.items():
        own = kept.attributes.setdefault(attribute_id, {})
        for slot, timeline in slots.items():
            _replay(kept.timeline(own, slot, of_attribute(attribute_id)), timeline)
    AttributeValue.objects.in_workspace(workspace).filter(contact_id=loser_id).delete()
    histories.write_attributes(workspace.pk, [kept])
    write_absences(workspace.pk, [kept])
    for attribute_id, slots in kept.attributes.items():
        if definitions[attribute_id] in SHOWN and "" in slots:
            current = slots[""].current
            text = (current.text if current is not None else "") or ""
            setattr(winner, definitions[attribute_id], text)
    winner.email_key = email_key(winner.email)


def _replay(target: Timeline[Any], source: Timeline[Any]) -> None:
    """State everything the source says, but for absences of what it didn't have anyway."""
    absences = set(source.absences)
    for at, (value, details) in zip(source.instants, source.said, strict=True):
        if value is not None or at not in absences:
            target.state(value, at, details)


def _unite(
    model: type[ContactTag] | type[ContactCategory] | type[ListEntry],
    workspace: Workspace,
    key: str,
    winner_id: int,
    loser_id: int,
) -> None:
    """Whatever either had, for as long as either had it."""
    rows = model._default_manager.filter(workspace=workspace, contact_id__in=[winner_id, loser_id])
    held: dict[int, list[Interval]] = {}
    for subject, start, end in rows.values_list(key, "valid_from", "valid_to"):
        held.setdefault(subject, []).append((start, end))
    rows.delete()
    insert_rows(
        model,
        workspace.pk,
        ("contact", key.removesuffix("_id"), "valid_from", "valid_to", *_EXTRA.get(model, {})),
        [
            (winner_id, subject, start, end, *_EXTRA.get(model, {}).values())
            for subject, intervals in held.items()
            for start, end in united(intervals)
        ],
    )


_EXTRA: Mapping[Any, Mapping[str, str]] = {
    ContactTag: {"source": "merge"},
    ContactCategory: {"source": "merge"},
}


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """The union of half-open intervals, as intervals that don't touch; None has no end."""
    merged: list[Interval] = []
    for start, end in sorted(intervals, key=lambda interval: interval[0]):
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            last = merged[-1][1]
            is_open = last is None or end is None
            merged[-1] = (merged[-1][0], None if is_open else max(last, end))  # type: ignore[type-var]
        else:
            merged.append((start, end))
    return merged


def _merge_consents(workspace: Workspace, winner_id: int, loser_id: int) -> None:
    """At every instant the most restrictive statement of the two."""
    drafts = {pk: Draft(pk, None, "") for pk in (winner_id, loser_id)}
    histories.load_consents(workspace.pk, drafts)
    both = Consent.objects.in_workspace(workspace).filter(contact_id__in=list(drafts))
    both.delete()
    merged = Draft(winner_id, None, "")
    mine, others = drafts[winner_id].consents, drafts[loser_id].consents
    for key in mine.keys() | others.keys():
        one, other = mine.get(key, Timeline()), others.get(key, Timeline())
        merged.consents[key] = _most_restrictive(one, other)
    histories.write_consents(workspace.pk, [merged])


def _most_restrictive(one: Timeline[str], other: Timeline[str]) -> Timeline[str]:
    both = (one.periods, other.periods)
    periods = [*both[0], *both[1]]
    instants = {each.start for each in periods} | {each.end for each in periods if each.end}
    result: Timeline[str] = Timeline()
    for at in sorted(instants):
        stated = [found for each in both if (found := held_at(each, at)) is not None]
        strictest = max(stated, key=lambda p: RESTRICTION[ConsentStatus(p.value)], default=None)
        if strictest is None:
            result.state(None, at)
        else:
            result.state(strictest.value, at, strictest.details)
    return result


Blocks = set[tuple[Channel, SuppressionReason]]


def _suppressions_of(workspace: Workspace, contact_ids: Iterable[int]) -> Blocks:
    """Why nothing may be sent to the current addresses of these contacts, by channel."""
    hashes = _address_hashes(workspace, contact_ids)
    wanted = Q(pk__in=[])
    for channel, found in hashes.items():
        wanted |= Q(channel=channel, address_hash__in=found)
    blocks = Suppression.objects.in_workspace(workspace).filter(wanted, valid_to=None)
    return {
        (Channel(channel), SuppressionReason(reason))
        for channel, reason in blocks.values_list("channel", "reason")
    }


def _suppress_again(workspace: Workspace, winner_id: int, blocks: Blocks, now: datetime) -> None:
    """Block the winner's addresses for every reason either had."""
    hashes = _address_hashes(workspace, [winner_id])
    for channel, reason in sorted(blocks):
        for digest in hashes.get(channel, []):
            suppress_digest(
                workspace=workspace,
                channel=channel,
                digest=digest,
                reason=reason,
                now=now,
                source="merge",
            )


def _address_hashes(workspace: Workspace, contact_ids: Iterable[int]) -> dict[Channel, list[bytes]]:
    values = AttributeValue.objects.in_workspace(workspace).filter(
        contact_id__in=list(contact_ids),
        address_hash__isnull=False,
        valid_to=None,
        attribute__workspace=workspace,
    )
    by_attribute: dict[str, list[bytes]] = {}
    for key, digest in values.values_list("attribute__key", "address_hash"):
        by_attribute.setdefault(key, []).append(bytes(digest or b""))
    return {
        channel: by_attribute.get(attribute, [])
        for channel, attribute in ADDRESS_ATTRIBUTES.items()
    }
