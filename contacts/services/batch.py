"""One batch of statements about contacts: contacts loaded, statements taken in, all written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contacts.addresses import email_key
from contacts.bulk import insert_rows, update_rows
from contacts.models import AbsenceKind, ChangeKind, Channel, Contact, Tag
from contacts.periods import Timeline
from contacts.services import histories
from contacts.services.absences import (
    ALL_CATEGORIES,
    load_absences,
    note_all_stated,
    of_attribute,
    of_category,
    of_tag,
    write_absences,
)
from contacts.services.changes import log_changes
from contacts.services.documents import ConsentStatement
from contacts.services.identity import (
    SHOWN,
    Directory,
    Draft,
    IdentityError,
    load_directory,
    take_ids,
)
from contacts.services.labels import ensure_tags
from contacts.services.vocabulary import Vocabulary
from contacts.values import Slots
from workspaces.batches import ItemError, ItemStatus


@dataclass(slots=True)
class Statement:
    """An item that passed every check that needs no other contact."""

    external_id: str | None
    email: str  # normalised, "" if not given
    at: datetime
    is_backdated: bool
    contact_id: int | None = None  # of the contact meant, when that is known already
    values: dict[int, Slots] = field(default_factory=dict)
    added_tags: dict[str, str] = field(default_factory=dict)  # name by key
    removed_tags: frozenset[str] = frozenset()
    categories: frozenset[int] | None = None
    consents: Mapping[Channel, ConsentStatement] = field(default_factory=dict)


Outcome = tuple[ItemStatus, Draft | None, list[ItemError]]


class Batch:
    """The contacts of one batch while its statements are taken in, one after the other."""

    def __init__(
        self, workspace_id: int, vocabulary: Vocabulary, now: datetime, source: str
    ) -> None:
        self.workspace_id = workspace_id
        self.vocabulary = vocabulary
        self.now = now
        self.source = source
        self.directory = Directory()
        self.tag_names: dict[str, str] = {}
        self.first_known: dict[int, datetime] = {}
        self.sets = vocabulary.sets
        self.shown = {vocabulary.attribute_ids[key]: key for key in SHOWN}

    def load(self, statements: Sequence[Statement]) -> None:
        """Lock the contacts that exist, and load the histories these statements may change."""
        self.directory = load_directory(
            self.workspace_id,
            {each.external_id for each in statements if each.external_id is not None},
            {each.email for each in statements if each.email},
            "FOR NO KEY UPDATE",
            {each.contact_id for each in statements if each.contact_id is not None},
        )
        known = {draft.id: draft for draft in self.directory.drafts if draft.id is not None}
        if not known:
            return
        kinds: set[AbsenceKind] = set()
        attributes = {attribute for each in statements for attribute in each.values}
        if attributes:
            kinds.add(AbsenceKind.ATTRIBUTE)
            histories.load_attributes(self.workspace_id, known, attributes)
        tags = {key for each in statements for key in (*each.added_tags, *each.removed_tags)}
        if tags:
            kinds.add(AbsenceKind.TAG)
            histories.load_tags(self.workspace_id, known, tags)
        if any(each.categories is not None for each in statements):
            kinds.add(AbsenceKind.CATEGORY)
            histories.load_categories(self.workspace_id, known)
        if any(each.consents for each in statements):
            histories.load_consents(self.workspace_id, known)
        load_absences(self.workspace_id, known, kinds)

    def take(self, statement: Statement | list[ItemError]) -> Outcome:
        """Take in one statement."""
        if not isinstance(statement, Statement):
            return ItemStatus.ERROR, None, statement
        try:
            draft = self._find(statement)
        except IdentityError as error:
            return ItemStatus.ERROR, None, [error.item_error]
        if draft is None:
            draft = self.directory.add(
                Draft(None, statement.external_id, "", statement.at, dict.fromkeys(SHOWN, ""))
            )
            draft.mark(ChangeKind.CONTACT)
            self._apply(draft, statement)
            return ItemStatus.CREATED, draft, []
        is_changed = self._apply(draft, statement)
        return (ItemStatus.UPDATED if is_changed else ItemStatus.DUPLICATE), draft, []

    def _find(self, statement: Statement) -> Draft | None:
        if statement.contact_id is None:
            return self.directory.find(statement.external_id, statement.email)
        draft = self.directory.by_id(statement.contact_id)
        if draft is None:
            raise IdentityError("$", "not_found", _("There is no such contact."))
        wanted = statement.external_id
        if wanted is not None and wanted != draft.external_id:
            if draft.external_id is not None:
                raise IdentityError(
                    "$.external_id", "permanent", _("The external id can't be changed.")
                )
            if self.directory.has_external_id(wanted):
                raise IdentityError(
                    "$.external_id", "identity_conflict", _("Another contact has this id.")
                )
        return draft

    def _apply(self, draft: Draft, statement: Statement) -> bool:
        changes = [
            self._apply_identity(draft, statement),
            self._apply_attributes(draft, statement),
            self._apply_tags(draft, statement),
            self._apply_categories(draft, statement),
            self._apply_consents(draft, statement),
        ]
        return any(changes)

    def _apply_identity(self, draft: Draft, statement: Statement) -> bool:
        is_new_name = statement.external_id is not None and draft.external_id is None
        if is_new_name and statement.external_id is not None:
            self.directory.identify(draft, statement.external_id)
        is_earlier = statement.is_backdated and statement.at < draft.known_since
        if is_earlier:
            draft.became_known(statement.at)
        return is_new_name or is_earlier

    def _apply_attributes(self, draft: Draft, statement: Statement) -> bool:
        is_changed = False
        for attribute_id, stated in statement.values.items():
            slots = draft.attributes.setdefault(attribute_id, {})
            for slot in self._stated_slots(draft, attribute_id, stated):
                is_changed |= slots[slot].state(stated.get(slot), statement.at)
            if attribute_id in self.sets and not stated:
                note_all_stated(draft, of_attribute(attribute_id), statement.at)
            if stated:
                earliest = self.first_known.get(attribute_id, statement.at)
                self.first_known[attribute_id] = min(earliest, statement.at)
            if attribute_id in self.shown:
                self._show(draft, self.shown[attribute_id], slots)
        if is_changed:
            draft.kinds.add(ChangeKind.ATTRIBUTE)
        return is_changed

    def _stated_slots(self, draft: Draft, attribute_id: int, stated: Slots) -> Collection[str]:
        """The slots of which a statement says something, each with all that is known of it."""
        slots, subject = draft.attributes[attribute_id], of_attribute(attribute_id)
        if attribute_id not in self.sets:
            draft.timeline(slots, "", subject)
            return ("",)
        # Choices are stated together: what was said of one says that the others were absent.
        instants = {at for timeline in slots.values() for at in timeline.instants}
        instants.update(draft.absences.get(subject, ()))
        for slot in slots.keys() | stated.keys():
            timeline = slots.setdefault(slot, Timeline())
            if not timeline.knows_absences:
                timeline.knows_absences = True
                timeline.add_absences(sorted(instants))
        return slots.keys()

    def _show(self, draft: Draft, key: str, slots: Mapping[str, Timeline[Any]]) -> None:
        """Repeat the current value on the contact's own row."""
        current = slots[""].current if "" in slots else None
        text = (current.text if current is not None else None) or ""
        if draft.shown[key] == text:
            return
        draft.shown[key] = text
        draft.is_dirty = True
        if key == "email":
            self.directory.readdress(draft, email_key(text))

    def _apply_tags(self, draft: Draft, statement: Statement) -> bool:
        is_changed = False
        for key, name in statement.added_tags.items():
            self.tag_names.setdefault(key, name)
            is_changed |= draft.timeline(draft.tags, key, of_tag(key)).state(True, statement.at)
        for key in statement.removed_tags:
            is_changed |= draft.timeline(draft.tags, key, of_tag(key)).state(None, statement.at)
        if is_changed:
            draft.kinds.add(ChangeKind.TAG)
        return is_changed

    def _apply_categories(self, draft: Draft, statement: Statement) -> bool:
        if statement.categories is None:
            return False
        is_changed = False
        for category_id in draft.categories.keys() | statement.categories:
            timeline = draft.timeline(
                draft.categories, category_id, ALL_CATEGORIES, of_category(category_id)
            )
            is_stated = category_id in statement.categories
            is_changed |= timeline.state(True if is_stated else None, statement.at)
        note_all_stated(draft, ALL_CATEGORIES, statement.at)
        if is_changed:
            draft.kinds.add(ChangeKind.TAG)
        return is_changed

    def _apply_consents(self, draft: Draft, statement: Statement) -> bool:
        is_changed = False
        for channel, consent in statement.consents.items():
            key = (str(channel), consent.topic)
            evidence = (consent.source or self.source, consent.ip, consent.wording)
            is_changed |= draft.state_consent(key, str(consent.status), statement.at, evidence)
        if is_changed:
            draft.kinds.add(ChangeKind.CONSENT)
        return is_changed

    def write(self) -> None:
        """Store everything, in a handful of statements; new contacts get their ids here."""
        new = [draft for draft in self.directory.drafts if draft.id is None]
        changed = [draft for draft in self.directory.drafts if draft.id and draft.is_dirty]
        take_ids(self.workspace_id, new)
        _insert_contacts(self.workspace_id, new, self.now, self.source)
        _update_contacts(self.workspace_id, changed)
        drafts = self.directory.drafts
        histories.write_attributes(self.workspace_id, drafts)
        if self.tag_names or any(draft.tags for draft in drafts):
            tag_ids = ensure_tags(self.workspace_id, self.tag_names)
            tag_ids |= self._removed_tag_ids(drafts, tag_ids)
            histories.write_tags(self.workspace_id, drafts, tag_ids, self.source)
        histories.write_categories(self.workspace_id, drafts, self.source)
        histories.write_consents(self.workspace_id, drafts)
        write_absences(self.workspace_id, drafts)
        self.vocabulary.note_first_known(self.first_known)
        log_changes(
            self.workspace_id,
            ((draft.id, kind) for draft in drafts if draft.id for kind in sorted(draft.kinds)),
        )

    def _removed_tag_ids(self, drafts: Iterable[Draft], known: Mapping[str, int]) -> dict[str, int]:
        missing = {key for draft in drafts for key in draft.tags} - known.keys()
        tags = Tag.objects.in_workspace(self.workspace_id).filter(key__in=list(missing))
        return dict(tags.values_list("key", "id")) if missing else {}


_OWN_COLUMNS = ("external_id", "email_key", "known_since", *SHOWN)


def _own_values(draft: Draft) -> tuple[Any, ...]:
    shown = (draft.shown[key] for key in SHOWN)
    return (draft.id, draft.external_id, draft.email_key, draft.known_since, *shown)


def _insert_contacts(
    workspace_id: int, drafts: Iterable[Draft], now: datetime, source: str
) -> None:
    rows = [(*_own_values(draft), now, source) for draft in drafts]
    fields = ("id", *_OWN_COLUMNS, "created_at", "created_by")
    insert_rows(Contact, workspace_id, fields, rows)


def _update_contacts(workspace_id: int, drafts: Iterable[Draft]) -> None:
    update_rows(Contact, workspace_id, _OWN_COLUMNS, [_own_values(draft) for draft in drafts])
