"""The values templates get for each contact: the closed list, and nothing that isn't read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.content.compiling import Compiled
from campaigns.content.products import Products
from campaigns.content.values import attributes_of, clean
from workspaces.models import Workspace


@dataclass(frozen=True)
class Person:
    """Whom a message is for: the contact, its conditional segments, its code and addresses."""

    contact_id: int
    segments: Mapping[int, bool] = field(default_factory=dict)
    code: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)  # unsubscribe_url, …


@dataclass(frozen=True)
class Setting:
    """What is the same for all messages of a run."""

    workspace: Workspace
    campaign_name: str
    postal_address: str
    as_of: datetime
    products: Products

    def values(self) -> dict[str, Any]:
        """The variables that are the same for everybody."""
        return {
            "workspace": {
                "name": clean(self.workspace.name),
                "postal_address": clean(self.postal_address),
            },
            "campaign": {"name": clean(self.campaign_name)},
            "today": self.as_of.astimezone(self.workspace.zone).date().isoformat(),
        }


def values_for(
    people: Sequence[Person], compiled: Compiled, setting: Setting
) -> list[dict[str, Any]]:
    """For each person the values of a compiled content. A fixed number of queries."""
    ids = [person.contact_id for person in people]
    attributes = attributes_of(setting.workspace, ids, compiled.attributes(), setting.as_of)
    shared = setting.values()
    lists = {
        f"products_{number}": setting.products.of_block(block, ids)
        for number, block in enumerate(compiled.lists)
    }
    last = setting.products.last_bought(ids) if compiled.reads("contact", "last_products") else {}
    return [
        {
            **shared,
            "contact": {
                **attributes.get(person.contact_id, {}),
                "last_products": clean(last.get(person.contact_id, [])),
            },
            "code": clean(person.code) or None,  # an empty text would be true in Liquid
            **person.addresses,
            **segment_values(person.segments),
            **{name: clean(chosen[person.contact_id]) for name, chosen in lists.items()},
        }
        for person in people
    ]


def segment_values(segments: Mapping[int, bool]) -> dict[str, bool]:
    """`segment_12`: whether the contact was in segment 12."""
    return {f"segment_{segment_id}": is_in for segment_id, is_in in segments.items()}


def memberships(shown: Collection[int], asked: Collection[int]) -> dict[int, bool]:
    """For each segment asked about whether it is one of those the contact was in."""
    return {segment_id: segment_id in shown for segment_id in asked}
