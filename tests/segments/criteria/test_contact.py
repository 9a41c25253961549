"""What is known of a contact: attributes of every type, now and before, and who it is."""

from __future__ import annotations

from typing import Any

import pytest

from segments.criteria import attributes, choices, contact, dates
from tests.makers.contacts import make_contact
from tests.makers.segments import (
    all_examples,
    check_example,
    make_names,
)
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

EXAMPLES = [
    each for module in (attributes, choices, dates, contact) for each in all_examples(module)
]


@pytest.fixture
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", EXAMPLES)
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    known = {
        "city": "Gdynia",
        "birthday": "1990-03-20",
        "shoe_size": 40,
        "interests": ["sailing", "cooking"],
        "size_choice": "S",
        "is_student": True,
        "contract_end": "2026-03-20",
    }
    make_contact(workspace, "known", attributes=known, time_zone="America/New_York")
    make_contact(workspace, "none")
    check_example(workspace, where)
