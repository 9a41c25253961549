"""No engagement, last seen, and habits: first time, stopped, resumed, regularly."""

from __future__ import annotations

from typing import Any

import pytest

from segments.criteria import engagement, lifecycle
from tests.makers.contacts import make_contact
from tests.makers.segments import all_examples, check_example, make_names
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(engagement) + all_examples(lifecycle))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    check_example(workspace, where)
