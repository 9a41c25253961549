"""A small shop in which every example of every criterion means something, and its twin.

About 250 contacts with everything that can be known of them, the same each time. The twin has
other data under the same names, so that whatever leaks from it shows.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contacts.models import Contact, StaticList
from contacts.services import create_category, create_tag
from segments.criteria.base import all_criteria
from segments.models import Segment
from tests.makers.contacts import make_attribute
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_user, make_workspace
from tests.segments.world_behaviour import record_behaviour
from tests.segments.world_people import let_some_go, make_people
from tests.segments.world_shopping import make_catalogue, record_shopping
from tests.segments.world_time import RECORDED
from tracking.services import define_activity_kind, define_builtin_kinds
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

SEED = 20_260_315


@dataclass
class World:
    """One workspace full of data; `twin` is the other one."""

    workspace: Workspace
    lists: list[StaticList] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    twin: World | None = None

    def fill(self, document: Any) -> Any:
        """The document with ids of this world where an example says "{list}" or "{segment}"."""
        text = json.dumps(document)
        text = text.replace("{list}", str(self.lists[0].pk))
        return json.loads(text.replace("{segment}", str(self.segments[0].pk)))

    def examples(self) -> dict[str, dict[str, Any]]:
        """Every example of every criterion as a leaf, by "key-number"."""
        return {
            f"{cls.key}-{number}": {"type": cls.key, **self.fill(example)}
            for cls in all_criteria()
            for number, example in enumerate(cls.examples)
        }


def example_names() -> list[str]:
    return [f"{cls.key}-{number}" for cls in all_criteria() for number in range(len(cls.examples))]


def make_world(*, with_twin: bool = True) -> World:
    """The world; everything is recorded through the services."""
    world = _fill("Acme", SEED, time_zone="Europe/Warsaw", count=250)
    if with_twin:
        world.twin = _fill("Other", SEED + 1, time_zone="America/Sao_Paulo", count=120)
    return world


def _fill(name: str, seed: int, *, time_zone: str, count: int) -> World:
    chance = random.Random(seed)
    workspace = make_workspace(
        name,
        owner=make_user(f"{name.lower()}@example.org"),
        time_zone=time_zone,
        now=datetime(2023, 1, 2, tzinfo=UTC),
    )
    world = World(workspace)
    make_vocabulary(workspace)
    people = make_people(workspace, count, chance)
    make_catalogue(workspace)
    record_behaviour(workspace, people, chance)
    record_shopping(workspace, people, chance)
    let_some_go(workspace, people)
    with workspace_scope(workspace):
        world.lists = list(StaticList.objects.in_workspace(workspace).order_by("pk"))
    world.segments = _make_segments(workspace)
    workspace.refresh_from_db()
    return world


def make_vocabulary(workspace: Workspace) -> None:
    """What examples name: tags, categories, attributes, kinds of activities."""
    with workspace_scope(workspace):
        for tag in ("vip", "newsletter", "gold"):
            create_tag(workspace=workspace, name=tag)
        for category in ("wholesale", "press"):
            create_category(workspace=workspace, name=category)
        make_attribute(workspace, "shoe_size", "number")
        make_attribute(workspace, "size_choice", "choice", options=["S", "M", "L"])
        make_attribute(workspace, "interests", "choices", options=["sailing", "cooking", "chess"])
        make_attribute(workspace, "is_student", "boolean")
        make_attribute(workspace, "contract_end", "date")
        make_attribute(workspace, "trial_ends_at", "datetime")
        define_builtin_kinds(workspace=workspace)
        define_activity_kind(
            workspace=workspace,
            key="ticket_bought",
            label="Bought a ticket",
            parameters={"price": "number", "size": "text", "is_gift": "boolean", "day": "date"},
        )
        define_activity_kind(workspace=workspace, key="scored", label="Scored", is_engagement=False)


def _make_segments(workspace: Workspace) -> list[Segment]:
    """One with pins, one that names it, one that looks into the past."""
    with workspace_scope(workspace):
        live = Contact.objects.in_workspace(workspace).live().order_by("pk")
        pinned = list(live[3:60:7])
    tagged = {"type": "tags.has", "tags": ["vip"]}
    spent = {
        "type": "transactions.amount_spent",
        "operator": "at_least",
        "amount": "100.00",
        "window": {"last": 60, "unit": "days"},
    }
    loyal = make_segment(
        workspace,
        {"any": [tagged, spent]},
        name="Loyal",
        now=datetime(2024, 1, 1, tzinfo=UTC),
        pinned_in=pinned[:4],
        pinned_out=pinned[4:],
        pinned_at=datetime(2026, 2, 20, 9, tzinfo=UTC),
    )
    others = make_segment(
        workspace,
        {"all": [{"not": {"segment": loyal.pk}}, {"type": "tags.has", "tags": ["newsletter"]}]},
        name="Readers who aren't loyal",
        now=datetime(2024, 1, 1, tzinfo=UTC),
    )
    lately = make_segment(
        workspace,
        {"type": "visits.visited", "window": {"last": 45, "unit": "days"}},
        name="Visited lately",
        now=RECORDED - timedelta(days=200),
    )
    return [loyal, others, lately]
