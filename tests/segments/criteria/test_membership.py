"""Other segments over time, and static lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segments.criteria import membership
from tests.makers.contacts import make_contact, make_list
from tests.makers.segments import all_examples, check_example, make_names, make_segment
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


TAGGED = {"type": "tags.has", "tags": ["vip"]}


def filled(where: dict[str, Any], **ids: int) -> Any:
    """An example with the ids of things that exist."""
    text = json.dumps(where)
    for name, value in ids.items():
        text = text.replace("{" + name + "}", str(value))
    return json.loads(text)


@pytest.fixture
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(membership))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    segment = make_segment(workspace, TAGGED)
    static_list = make_list(workspace, "A list", make_contact(workspace, "listed"))
    check_example(workspace, filled(where, segment=segment.pk, list=static_list.pk))
