"""Loads the demo shop through the same services that shops use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

import structlog

from contacts.models import AttributeType, Contact
from contacts.services import create_list, define_attribute, upsert_contacts
from segments import services
from segments.demo.catalog import BRANDS, make_catalog, product_items
from segments.demo.history import Chronicler, History
from segments.demo.people import Person, make_people
from segments.models import RecountReason
from segments.services import claims
from segments.services.counting_together import MOST_AT_ONCE, count_together
from segments.services.recounting import Clock
from segments.services.saving import SegmentInput
from segments.wizard.templates import templates_for
from tracking.services import (
    define_activity_kind,
    record_activities,
    record_message_events,
    record_messages,
    record_visits,
)
from transactions.services import record_products, record_refunds, record_transactions
from workspaces.batches import MAX_BATCH_ITEMS, ItemResult
from workspaces.models import Role, User, Workspace
from workspaces.policies import Actor
from workspaces.services import create_workspace
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

SEED = 20_240_229
MONTHS = 24
SOURCE = "demo"
NAME = "Nordlicht Outdoor"

Progress = Callable[[str], None]
AfterBatch = Callable[[], None]
Record = Callable[..., list[ItemResult]]


class DemoDataRefusedError(RuntimeError):
    """A generated item was refused: the generator and the services disagree."""


@dataclass(frozen=True)
class Shop:
    """Everything about the demo shop as items of the REST batches, not stored anywhere yet."""

    products: list[dict[str, Any]]
    people: list[Person]
    history: History

    @property
    def contacts(self) -> list[dict[str, Any]]:
        return [_with_tags(person) for person in self.people]


def draw_shop(*, contacts: int, now: datetime) -> Shop:
    """24 months up to the instant; the same arguments draw the same shop."""
    random = Random(SEED)
    start = now - timedelta(days=MONTHS * 30 + 15)
    catalog = make_catalog(random)
    people = make_people(random, number=contacts, start=start, now=now, brands=BRANDS)
    chronicler = Chronicler(random, catalog, now)
    for person in people:
        chronicler.live(person)
    return Shop(product_items(catalog, start.isoformat()), people, chronicler.history)


def record_shop(
    *,
    workspace: Workspace,
    shop: Shop,
    now: datetime,
    progress: Progress,
    after_batch: AfterBatch = lambda: None,
) -> None:
    """Store the shop in an empty workspace, as its integrator would."""
    history = shop.history
    with workspace_scope(workspace):
        _vocabulary(workspace)
    for record, items in (
        (record_products, shop.products),
        (upsert_contacts, shop.contacts),
        (record_visits, history.visits),
        (record_transactions, history.transactions),
        (record_refunds, history.refunds),
        (record_activities, history.activities),
        (record_messages, history.messages),
        (record_message_events, history.message_events),
    ):
        _record(workspace, record, items, now, progress, after_batch)


def load_demo(
    *,
    owner: User,
    now: datetime,
    contacts: int,
    progress: Progress,
    after_batch: AfterBatch = lambda: None,
) -> Workspace:
    """Make the demo workspace with everything in it. `contacts` is how many people."""
    workspace = create_workspace(
        owner=owner,
        name=NAME,
        time_zone="Europe/Warsaw",
        week_start=1,
        base_currency="EUR",
        language="en",
        is_demo=True,
        now=now,
    )
    shop = draw_shop(contacts=contacts, now=now)
    record_shop(workspace=workspace, shop=shop, now=now, progress=progress, after_batch=after_batch)
    with workspace_scope(workspace):
        _lists(workspace, shop.people, now)
        save_segments(workspace=workspace, owner=owner, now=now)
    return workspace


def _with_tags(person: Person) -> dict[str, Any]:
    if not person.tags:
        return person.item
    return {**person.item, "tags": {"add": sorted(person.tags)}}


def _vocabulary(workspace: Workspace) -> None:
    define_attribute(
        workspace=workspace, key="shoe_size", label="Shoe size", type=AttributeType.NUMBER
    )
    define_attribute(
        workspace=workspace,
        key="interests",
        label="Interests",
        type=AttributeType.CHOICES,
        options=["skiing", "hiking", "climbing", "camping", "running"],
    )
    define_attribute(
        workspace=workspace, key="is_student", label="Student", type=AttributeType.BOOLEAN
    )
    define_attribute(
        workspace=workspace,
        key="club_member_since",
        label="Club member since",
        type=AttributeType.DATE,
    )
    define_activity_kind(
        workspace=workspace,
        key="ticket_bought",
        label="Bought a ticket",
        parameters={"price": "number", "event": "text"},
    )
    define_activity_kind(
        workspace=workspace,
        key="survey_answered",
        label="Answered the survey",
        parameters={"rating": "number"},
    )


def _record(
    workspace: Workspace,
    record: Record,
    items: Sequence[dict[str, Any]],
    now: datetime,
    progress: Progress,
    after_batch: AfterBatch,
) -> None:
    started = perf_counter()
    for first in range(0, len(items), MAX_BATCH_ITEMS):
        with workspace_scope(workspace):
            results = record(
                workspace=workspace,
                items=items[first : first + MAX_BATCH_ITEMS],
                now=now,
                source=SOURCE,
            )
        after_batch()
        for result in results:
            if result.is_error:
                item = items[first + result.index]
                raise DemoDataRefusedError(f"{[asdict(e) for e in result.errors]}: {item}")
    name = record.__name__.removeprefix("record_").removeprefix("upsert_").replace("_", " ")
    progress(f"{len(items):,} {name} in {perf_counter() - started:.1f} s")


def count_segments(*, clock: Clock, progress: Progress) -> None:
    """Count what was saved, as a worker does; trends of a year are left to the workers."""
    started, number = perf_counter(), 0
    while (claim := claims.claim_recount(now=clock())) is not None:
        if claim.reason == RecountReason.BACKFILL:
            with workspace_scope(claim.workspace_id):
                claims.give_way(claim)
            break
        held = [claim, *claims.claim_beside(claim, now=clock(), most=MOST_AT_ONCE - 1)]
        count_together(held=held, clock=clock)
        number += len(held)
    progress(f"{number} segments counted in {perf_counter() - started:.1f} s")


def _lists(workspace: Workspace, people: Sequence[Person], now: datetime) -> None:
    keys = [person.key for person in people[7::90]]
    ids = Contact.objects.in_workspace(workspace).filter(external_id__in=keys)
    create_list(
        workspace=workspace,
        name="Mountain fair 2026",
        contact_ids=list(ids.values_list("pk", flat=True)),
        now=now,
    )


def save_segments(*, workspace: Workspace, owner: User, now: datetime) -> None:
    """A segment from every template, so that the first page has something to look at."""
    actor = Actor(workspace, user=owner, role=Role.OWNER)
    for template in templates_for(workspace=workspace, now=now):
        given = SegmentInput(
            name=template["name"], where=template["where"], labels=("from a template",)
        )
        services.create_segment(actor=actor, given=given, now=now)
