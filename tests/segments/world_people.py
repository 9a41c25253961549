"""The world's contacts: what is known of them, since when, and who is gone."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from contacts.models import Channel, Contact, SuppressionReason
from contacts.services import (
    add_to_list,
    create_list,
    erase_contact,
    lift_suppression,
    merge_contacts,
    remove_from_list,
    suppress_address,
)
from tests.makers.contacts import upsert
from tests.segments.world_time import RECORDED, moment
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

CITIES = ("Gdynia", "GDYNIA", "São Paulo", "Sa\u0303o Paulo", "Sopot", "Łódź", "straße", None)
COMPANIES = ("100%_ Wool", "100xx Wool", "Acme GmbH", "ACME gmbh", "Nordic", "_%", None, None)
JOBS = ("Head of Sales", "head chef", "Sales head", "Clerk", None, None)
POSTCODES = ("81-001", "81-x05", "81-200", "81-", "80-100", "8100", None)
ZONES = ("Europe/Warsaw", "America/Sao_Paulo", "Asia/Tokyo", "Pacific/Kiritimati", None, None)
TOPICS = ("", "", "offers")
INTERESTS = ("sailing", "cooking", "chess")


@dataclass(frozen=True)
class Person:
    """Who a fact is about: by external id, or only by e-mail."""

    number: int
    external_id: str | None
    email: str | None
    created_at: datetime

    @property
    def reference(self) -> dict[str, str]:
        if self.external_id is not None:
            return {"external_id": self.external_id}
        return {"email": self.email or ""}


def make_people(workspace: Workspace, count: int, chance: random.Random) -> list[Person]:
    """Contacts created at many times; then years of changes; lists and suppressions."""
    people = [_person(number, chance) for number in range(1, count + 1)]
    by_time: dict[datetime, list[Person]] = {}
    for person in people:
        by_time.setdefault(person.created_at, []).append(person)
    for created_at in sorted(by_time):
        store(workspace, [_first(person, chance) for person in by_time[created_at]], created_at)
    changes = [_change(chance.choice(people), chance) for _ in range(count * 3)]
    store(workspace, changes, RECORDED)
    _make_lists(workspace, chance)
    _suppress(workspace, people, chance)
    return people


def store(workspace: Workspace, items: list[dict[str, Any]], now: datetime) -> None:
    check(upsert(workspace, *items, now=now))


def check(results: list[ItemResult]) -> None:
    faults = [result.errors for result in results if result.is_error]
    assert not faults, faults[:3]


def _person(number: int, chance: random.Random) -> Person:
    names: dict[int, str | None] = {0: None, 1: f"B2B-{number}", 2: f"C{number}"}
    external_id = names.get(number % 10, f"c{number}") if number > 3 else f"c{number}"
    email = (
        None
        if number % 4 == 3 and external_id
        else f"p{number}@example.{'org com'.split()[number % 2]}"
    )
    # Few instants of creation, so that few batches make many contacts.
    days = chance.choice((0.1, 0.9, 17.2, 18.0, 40.0, 76.5, 120.1, 300.3, 500.0, 760.0, 1100.0))
    return Person(number, external_id, email, RECORDED - timedelta(days=days))


def _named(person: Person) -> dict[str, Any]:
    named = dict(person.reference)
    if person.email is not None:
        named["email"] = person.email.upper() if person.number % 7 == 0 else person.email
    return named


def _first(person: Person, chance: random.Random) -> dict[str, Any]:
    item: dict[str, Any] = _named(person) | {"attributes": _attributes(chance, some=0.75)}
    zone = chance.choice(ZONES)
    if zone is not None:
        item["time_zone"] = zone
    if person.number % 3:
        item["phone"] = f"+48 600 100 {person.number:03d}"
    if chance.random() < 0.3:  # told later than it was so
        item["observed_at"] = (
            person.created_at - timedelta(days=chance.random() * 300)
        ).isoformat()
    return item | _labels(chance)


def _change(person: Person, chance: random.Random) -> dict[str, Any]:
    """Something learnt of a contact at some time; what is older is spliced into the history."""
    item: dict[str, Any] = dict(person.reference) | {
        "attributes": _attributes(chance, some=0.12),
        "observed_at": moment(chance).isoformat(),
    }
    if chance.random() < 0.1:
        item["time_zone"] = chance.choice(ZONES[:4])
    return item | _labels(chance)


def _labels(chance: random.Random) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    tags = {name for name in ("vip", "newsletter", "gold") if chance.random() < 0.3}
    taken = {name for name in ("vip", "newsletter") if chance.random() < 0.15} - tags
    labels["tags"] = {"add": sorted(tags), "remove": sorted(taken)}
    if chance.random() < 0.3:
        labels["categories"] = [c for c in ("wholesale", "press") if chance.random() < 0.6]
    if chance.random() < 0.4:
        said = {"status": chance.choice(("granted", "granted", "pending", "withdrawn"))}
        channel = chance.choice(("email", "email", "sms", "push"))
        labels["consents"] = {channel: said | {"topic": chance.choice(TOPICS)}}
    return labels


def _attributes(chance: random.Random, *, some: float) -> dict[str, Any]:
    values: dict[str, Any] = {
        "city": chance.choice(CITIES),
        "company": chance.choice(COMPANIES),
        "job_title": chance.choice(JOBS),
        "postal_code": chance.choice(POSTCODES),
        "industry": chance.choice(("retail", "", None)),
        "gender": chance.choice(("female", "male", "other", None)),
        "birthday": _birthday(chance),
        "shoe_size": chance.choice((29, 37.5, 38, 39, 40, 40.0, 41, 45, None)),
        "size_choice": chance.choice(("S", "M", "L", None)),
        "interests": [name for name in INTERESTS if chance.random() < 0.5] or None,
        "is_student": chance.choice((True, False, None)),
        "contract_end": _day(chance),
        "trial_ends_at": chance.choice((None, moment(chance).isoformat())),
    }
    return {key: value for key, value in values.items() if chance.random() < some}


def _birthday(chance: random.Random) -> str | None:
    leap = ("2000-02-29", "1988-02-29", "2008-02-29")
    around = ("1986-03-15", "2008-03-15", "2008-03-16", "2000-03-14", "2001-12-24", "1995-01-06")
    ends = ("1990-01-01", "1989-12-31", "1985-03-01", "2007-02-28", "2026-03-16")
    dice = chance.random()
    if dice < 0.1:
        return None
    if dice < 0.6:
        return chance.choice(leap + around + ends)
    return date.fromordinal(date(1950, 1, 1).toordinal() + chance.randrange(24_000)).isoformat()


def _day(chance: random.Random) -> str | None:
    if chance.random() < 0.2:
        return None
    day = date(2026, 3, 15) + timedelta(
        days=chance.choice((-800, -400, -90, -14, -13, -1, 0, 1, 6, 7, 29, 30, 31, 365))
    )
    return day.isoformat()


def _make_lists(workspace: Workspace, chance: random.Random) -> None:
    with workspace_scope(workspace):
        ids = list(
            Contact.objects.in_workspace(workspace).order_by("pk").values_list("pk", flat=True)
        )
    for name in ("Fair 2025", "Friends of the shop"):
        created_at = RECORDED - timedelta(days=400)
        found = create_list(
            workspace=workspace, name=name, now=created_at, contact_ids=chance.sample(ids, 30)
        )
        steps = ((200, add_to_list), (100, remove_from_list), (30, add_to_list), (5, add_to_list))
        for days, change in steps:
            change(
                workspace=workspace,
                list_id=found.pk,
                contact_ids=chance.sample(ids, 40),
                now=RECORDED - timedelta(days=days),
            )


def _suppress(workspace: Workspace, people: list[Person], chance: random.Random) -> None:
    reasons = list(SuppressionReason)
    with_address = [person for person in people if person.email]
    for person in chance.sample(with_address, len(people) // 6):
        email = person.email or ""
        started = RECORDED - timedelta(days=chance.choice((3, 20, 50, 200)))
        suppress_address(
            workspace=workspace,
            channel=Channel.EMAIL,
            address=email,
            reason=chance.choice(reasons),
            now=started,
        )
        if chance.random() < 0.25:
            lift_suppression(
                workspace=workspace,
                channel=Channel.EMAIL,
                address=email,
                now=started + timedelta(days=2),
            )
    for person in chance.sample([p for p in people if p.number % 3], len(people) // 10):
        suppress_address(
            workspace=workspace,
            channel=chance.choice((Channel.SMS, Channel.PHONE)),
            address=f"+48 600 100 {person.number:03d}",
            reason=chance.choice(reasons),
            now=RECORDED - timedelta(days=chance.choice((3, 40))),
        )


def let_some_go(workspace: Workspace, people: list[Person]) -> None:
    """Three contacts turn out to be others; two ask to be forgotten."""
    with workspace_scope(workspace):
        ids = {
            contact.external_id: contact.pk
            for contact in Contact.objects.in_workspace(workspace)
            if contact.external_id
        }
    named = [ids[person.external_id] for person in people if person.external_id]
    for winner, loser in ((named[10], named[11]), (named[21], named[20]), (named[10], named[30])):
        merge_contacts(workspace=workspace, winner_id=winner, loser_id=loser, now=RECORDED)
    for forgotten in (named[5], named[40]):
        erase_contact(workspace=workspace, contact_id=forgotten, now=RECORDED)
