"""Which contact is meant: by external id, which is unique, or by e-mail, which is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeVar

from django.db import connection
from django.utils.translation import gettext as _

from contacts.models import AbsenceKind, ChangeKind, ContactCounter, contact_id_of
from contacts.periods import Timeline
from contacts.values import StoredValue
from workspaces.batches import ItemError
from workspaces.tenancy import workspace_id_of

# The attributes repeated on the contact itself, so that lists need no join.
SHOWN = ("email", "phone", "first_name", "last_name", "time_zone")

Lock = Literal["FOR NO KEY UPDATE", "FOR KEY SHARE"]

ConsentKey = tuple[str, str]  # channel, topic
Evidence = tuple[str, str | None, str]  # source, IP address, version of the wording


class SaidConsent(NamedTuple):
    """A statement about consent as it came in; `is_new` when it changed the history."""

    key: ConsentKey
    status: str
    at: datetime
    evidence: Evidence
    is_new: bool


Subject = tuple[AbsenceKind, str]  # of a stated absence

K = TypeVar("K")

NEVER = datetime.max.replace(tzinfo=UTC)


class IdentityError(Exception):
    """Nobody, or more than one contact, can be meant."""

    def __init__(self, path: str, code: str, message: str) -> None:
        super().__init__(message)
        self.item_error = ItemError(path, code, message)


@dataclass(eq=False, slots=True)
class Draft:
    """A contact as a batch leaves it, written when the whole batch is through."""

    id: int | None
    external_id: str | None
    email_key: str
    known_since: datetime = NEVER
    shown: dict[str, str] = field(default_factory=dict)
    is_dirty: bool = False  # the contact's own row differs from what is stored
    kinds: set[ChangeKind] = field(default_factory=set)
    attributes: dict[int, dict[str, Timeline[StoredValue]]] = field(default_factory=dict)
    tags: dict[str, Timeline[bool]] = field(default_factory=dict)
    categories: dict[int, Timeline[bool]] = field(default_factory=dict)
    consents: dict[ConsentKey, Timeline[str]] = field(default_factory=dict)
    said_consents: list[SaidConsent] = field(default_factory=list)
    absences: dict[Subject, list[datetime]] = field(default_factory=dict)
    changed_absences: set[Subject] = field(default_factory=set)

    def timeline(self, held: dict[K, Timeline[Any]], key: K, *subjects: Subject) -> Timeline[Any]:
        """What is known under a key, with the absences stated of these subjects."""
        found = held.get(key)
        if found is None:
            found = held[key] = Timeline()
        if not found.knows_absences:
            found.knows_absences = True
            for subject in subjects:
                found.add_absences(self.absences.get(subject, ()))
        return found

    def state_consent(self, key: ConsentKey, status: str, at: datetime, evidence: Evidence) -> bool:
        """Take in what was said of a channel and topic; whether the history changed."""
        is_new = self.timeline(self.consents, key).state(status, at, evidence)
        self.said_consents.append(SaidConsent(key, status, at, evidence, is_new))
        return is_new

    def note_absences(self, subject: Subject, instants: list[datetime]) -> None:
        """Replace what is kept of a subject's absences."""
        if instants != self.absences.get(subject, []):
            self.absences[subject] = instants
            self.changed_absences.add(subject)

    def became_known(self, at: datetime) -> None:
        """`known_since` is the earliest instant anything is known of."""
        if at < self.known_since:
            self.known_since = at
            self.mark(ChangeKind.CONTACT)

    def mark(self, kind: ChangeKind) -> None:
        self.is_dirty = True
        self.kinds.add(kind)


class Directory:
    """The contacts a batch speaks of, found by external id and by e-mail."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._by_id: dict[int, Draft] = {}
        self._by_external_id: dict[str, Draft] = {}
        self._by_email: dict[str, list[Draft]] = {}

    def add(self, draft: Draft, *, aliases: Iterable[str] = ()) -> Draft:
        """Take in a contact; `aliases` are external ids of contacts merged into it."""
        self.drafts.append(draft)
        if draft.id is not None:
            self._by_id[draft.id] = draft
        if draft.external_id is not None:
            self._by_external_id[draft.external_id] = draft
        for alias in aliases:
            self._by_external_id[alias] = draft
        if draft.email_key:
            self._by_email.setdefault(draft.email_key, []).append(draft)
        return draft

    def by_id(self, contact_id: int) -> Draft | None:
        """The contact with this id, if it is live."""
        return self._by_id.get(contact_id)

    def has_external_id(self, external_id: str) -> bool:
        """Whether some contact has it already."""
        return external_id in self._by_external_id

    def find(self, external_id: str | None, email: str) -> Draft | None:
        """The contact meant, or None if there is none yet. Raises `IdentityError`.

        An external id nobody has yet goes to the one contact with this e-mail that has none.
        """
        matches = self._by_email.get(email, []) if email else []
        if external_id is not None:
            known = self._by_external_id.get(external_id)
            if known is not None:
                if matches and known not in matches:
                    raise IdentityError(
                        "$.email",
                        "identity_conflict",
                        _("The external id and the e-mail belong to different contacts."),
                    )
                return known
            matches = [draft for draft in matches if draft.external_id is None]
        elif not email:
            raise IdentityError(
                "$", "identity_missing", _("Give an external id or an e-mail address.")
            )
        if len(matches) > 1:
            raise IdentityError(
                "$.email",
                "ambiguous_email",
                _("%(count)s contacts have this e-mail; name one by its external id.")
                % {"count": len(matches)},
            )
        return matches[0] if matches else None

    def identify(self, draft: Draft, external_id: str) -> None:
        """Give a contact its external id."""
        draft.external_id = external_id
        draft.mark(ChangeKind.CONTACT)
        self._by_external_id[external_id] = draft

    def readdress(self, draft: Draft, email: str) -> None:
        """A contact's current e-mail became another one."""
        if draft.email_key:
            self._by_email[draft.email_key].remove(draft)
        draft.email_key = email
        if email:
            self._by_email.setdefault(email, []).append(draft)


def load_directory(
    workspace_id: int,
    external_ids: Collection[str],
    emails: Collection[str],
    lock: Lock,
    ids: Collection[int] = (),
) -> Directory:
    """The live contacts with these external ids, normalised e-mails or ids, locked.

    The external id of a merged contact leads to the contact it was merged into.
    """
    directory = Directory()
    rows = _found(workspace_id, external_ids, emails, ids, lock)
    winners = {row[0]: row for row in rows if row[3] is None}
    aliases: dict[int, list[str]] = {}
    for row in rows:
        external_id, winner = row[1], row
        while winner[3] is not None:
            if winner[3] not in winners:
                winners |= {found[0]: found for found in _by_ids(workspace_id, [winner[3]], lock)}
            winner = winners[winner[3]]
        if winner is not row and external_id is not None:
            aliases.setdefault(winner[0], []).append(external_id)
    for row in winners.values():
        if row[3] is None and row[10] is None:
            directory.add(_draft(row), aliases=aliases.get(row[0], ()))
    return directory


_COLUMNS = (
    "id, external_id, email_key, merged_into_id, known_since, "
    "email, phone, first_name, last_name, time_zone, erased_at"
)
Row = tuple[Any, ...]


def _draft(row: Row) -> Draft:
    shown = dict(zip(SHOWN, row[5:10], strict=True))
    return Draft(id=row[0], external_id=row[1], email_key=row[2], known_since=row[4], shown=shown)


def _found(
    workspace_id: int,
    external_ids: Collection[str],
    emails: Collection[str],
    ids: Collection[int],
    lock: Lock,
) -> list[Row]:
    # Locked in the order of ids, so that two batches can't wait for each other.
    with connection.cursor() as cursor:
        cursor.execute(
            # An array, not IN: without statistics IN became a nested loop over the workspace.
            f"SELECT {_COLUMNS} FROM contacts_contact WHERE workspace_id = %s AND id = ANY(ARRAY("  # noqa: S608 -- our own constants
            " SELECT id FROM contacts_contact"
            " WHERE workspace_id = %s AND external_id = ANY(%s)"
            " UNION SELECT id FROM contacts_contact"
            " WHERE workspace_id = %s AND email_key = ANY(%s)"
            " AND erased_at IS NULL AND merged_into_id IS NULL"
            f" UNION ALL SELECT unnest(%s::bigint[]))) ORDER BY id {lock}",
            [
                workspace_id,
                workspace_id,
                list(external_ids),
                workspace_id,
                list(emails),
                list(ids),
            ],
        )
        return list(cursor.fetchall())


def _by_ids(workspace_id: int, ids: Collection[int], lock: Lock) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM contacts_contact"  # noqa: S608 -- our own constants
            f" WHERE workspace_id = %s AND id = ANY(%s) ORDER BY id {lock}",
            [workspace_id, list(ids)],
        )
        return list(cursor.fetchall())


_IDENTITIES = 0x1DE7  # names our advisory lock; its second key is the workspace


def lock_identities(workspace_id: int) -> None:
    """Let one writer at a time decide who is who in a workspace, until its transaction ends.

    Who is new, or gets an external id, depends on rows that others may be about to write: no row
    lock can hold what isn't there yet. Taken before any contact is locked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_IDENTITIES, workspace_id])


class StaleDirectoryError(Exception):
    """Somebody else created one of the contacts meanwhile: look again."""


def take_ids(workspace_id: int, drafts: Collection[Draft]) -> None:
    """Give new contacts their ids, dense in the workspace.

    The counter's row stays locked until the transaction ends, so that contacts are created by one
    writer at a time; a rollback gives the numbers back. Raises `StaleDirectoryError` when another
    writer created one of them since the directory was loaded.
    """
    if not drafts:
        return
    last = _advance_counter(workspace_id, len(drafts))
    external_ids = {draft.external_id for draft in drafts if draft.external_id is not None}
    emails = {draft.email_key for draft in drafts if draft.external_id is None}
    if _any_exists(workspace_id, external_ids, emails - {""}):
        raise StaleDirectoryError
    for number, draft in enumerate(drafts, start=last - len(drafts)):
        draft.id = contact_id_of(workspace_id, number)


def _advance_counter(workspace_id: int, count: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contactcounter AS counter (workspace_id, next_number)"
            " VALUES (%s, 1 + %s) ON CONFLICT (workspace_id)"
            " DO UPDATE SET next_number = counter.next_number + %s RETURNING next_number",
            [workspace_id, count, count],
        )
        (last,) = cursor.fetchall()[0]
    return int(last)


def _any_exists(workspace_id: int, external_ids: set[str], emails: set[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM contacts_contact"
            " WHERE workspace_id = %s AND external_id = ANY(%s))"
            " OR EXISTS (SELECT FROM contacts_contact"
            " WHERE workspace_id = %s AND email_key = ANY(%s)"
            " AND erased_at IS NULL AND merged_into_id IS NULL)",
            [workspace_id, list(external_ids), workspace_id, list(emails)],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def ensure_counter(workspace: int) -> None:
    """Every workspace starts counting contacts at 1."""
    ContactCounter.objects.get_or_create(workspace_id=workspace_id_of(workspace))
