"""Where the apps above tell this one what they know about a contact.

Contacts may not import them, so they register callables in their `AppConfig.ready`. Every callable
runs inside the workspace's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from contacts.models import Contact
from workspaces.models import Workspace

F = TypeVar("F", bound=Callable[..., Any])


class Registry(Generic[F]):
    """Callables in the order they were registered; use `register` as a decorator."""

    def __init__(self) -> None:
        self._entries: dict[str, F] = {}

    def register(self, function: F) -> F:
        """Add a callable; registering it again changes nothing."""
        self._entries[f"{function.__module__}.{function.__qualname__}"] = function
        return function

    def forget(self, function: F) -> None:
        """Take a callable out again (tests do)."""
        self._entries.pop(f"{function.__module__}.{function.__qualname__}", None)

    def __iter__(self) -> Iterator[F]:
        return iter(self._entries.values())


# --- Used in -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """Something that names a tag, list, attribute …: "segment", "Loyal buyers", its page."""

    kind: str
    label: str
    url: str = ""


class UsedIn(Protocol):
    """Answers what names some objects: lists of uses by the object's primary key.

    `subject` is "tag", "category", "attribute", "list" or "activity_kind"; objects nobody names may
    be left out.
    """

    def __call__(
        self, *, workspace: Workspace, subject: str, instances: Sequence[models.Model]
    ) -> Mapping[int, Sequence[Use]]: ...


used_in: Registry[Any] = Registry()


class InUseError(Exception):
    """Something can't be deleted while others name it."""

    def __init__(self, uses: Sequence[Use]) -> None:
        names = ", ".join(use.label for use in uses[:5])
        super().__init__(_("Still used by: %(names)s.") % {"names": names})
        self.uses = tuple(uses)


def uses_of(
    workspace: Workspace, subject: str, instances: Sequence[models.Model]
) -> dict[int, list[Use]]:
    """Everything that names these tags, categories, attributes or lists, by primary key."""
    found: dict[int, list[Use]] = {}
    for answer in used_in if instances else ():
        uses = answer(workspace=workspace, subject=subject, instances=instances)
        for key, named in uses.items():
            found.setdefault(key, []).extend(named)
    return found


def refuse_if_used(workspace: Workspace, subject: str, instance: models.Model) -> None:
    """Raise `InUseError` unless nothing names it."""
    uses = uses_of(workspace, subject, [instance]).get(instance.pk)
    if uses:
        raise InUseError(uses)


# --- Merging, erasing, exporting -----------------------------------------------------------------


class Mover(Protocol):
    """Moves an app's facts of one contact to another; both are marked changed by the caller."""

    def __call__(self, *, workspace: Workspace, loser_id: int, winner_id: int) -> None: ...


class Eraser(Protocol):
    """Deletes or empties an app's personal data of a contact."""

    def __call__(self, *, workspace: Workspace, contact_id: int) -> None: ...


class Exporter(Protocol):
    """Everything an app holds of a contact, as JSON: {"visits": [...]}."""

    def __call__(self, *, workspace: Workspace, contact_id: int) -> Mapping[str, Any]: ...


movers: Registry[Any] = Registry()
erasers: Registry[Any] = Registry()
exporters: Registry[Any] = Registry()


class CardDocument(Protocol):
    """The newest facts of a contact, as JSON for its card over REST: {"visits": [...]}."""

    def __call__(
        self, *, workspace: Workspace, contact: Contact, as_of: datetime
    ) -> Mapping[str, Any]: ...


card_documents: Registry[Any] = Registry()


# --- The contact card ----------------------------------------------------------------------------


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened to a contact, for the card.

    `kind` is the filter it belongs to (one of the source's kinds), `icon` a name of the icon set,
    `details` short lines of plain text below the title.
    """

    at: datetime
    kind: str
    icon: str
    title: str
    details: Sequence[str] = field(default_factory=tuple)
    url: str = ""
    amount: str = ""


class TimelineSource(Protocol):
    """The newest entries of a contact before an instant, at most `limit`, newest first.

    `kinds` maps each kind the source delivers to its name; `entries` is asked for some of them.
    """

    kinds: Mapping[str, Any]

    def entries(
        self,
        *,
        workspace: Workspace,
        contact: Contact,
        before: datetime,
        kinds: frozenset[str],
        limit: int,
    ) -> Sequence[TimelineEntry]: ...


timeline_sources: list[TimelineSource] = []


def register_timeline_source(source: TimelineSource) -> None:
    """Add a source once; call it from `AppConfig.ready`."""
    if type(source) not in {type(known) for known in timeline_sources}:
        timeline_sources.append(source)


@dataclass(frozen=True)
class Fact:
    """A number on top of the card: "Spent", "1,240.00 EUR", what it counts."""

    label: str
    value: str
    explanation: str = ""


@dataclass(frozen=True)
class SegmentLink:
    """A segment a contact is in, with the page that says why."""

    name: str
    url: str
    why_url: str = ""


class CardFacts(Protocol):
    """Numbers of an app for the top of the card."""

    def __call__(
        self, *, workspace: Workspace, contact: Contact, as_of: datetime
    ) -> Sequence[Fact]: ...


class SegmentsOf(Protocol):
    """The segments a contact is in."""

    def __call__(
        self, *, workspace: Workspace, contact: Contact, as_of: datetime
    ) -> Sequence[SegmentLink]: ...


class SegmentChoices(Protocol):
    """Segments to filter the list of contacts by: (id, name)."""

    def __call__(self, *, workspace: Workspace) -> Sequence[tuple[int, str]]: ...


class InSegment(Protocol):
    """Contacts in a segment as of an instant. Raises `LookupError` for an unknown segment."""

    def __call__(
        self,
        *,
        workspace: Workspace,
        segment_id: int,
        as_of: datetime,
        contacts: models.QuerySet[Contact],
    ) -> models.QuerySet[Contact]: ...


@dataclass(frozen=True)
class ConsentStep:
    """A button about a contact's consent: what is posted to `url`, with its fields."""

    label: str
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


class ConsentSteps(Protocol):
    """What an app offers to do about a contact's consent."""

    def __call__(self, *, workspace: Workspace, contact: Contact) -> Sequence[ConsentStep]: ...


consent_steps: Registry[Any] = Registry()
card_facts: Registry[Any] = Registry()
segments_of: Registry[Any] = Registry()
segment_choices: Registry[Any] = Registry()
in_segment: Registry[Any] = Registry()
