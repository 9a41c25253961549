"""Tags and categories: has them, and when they were given or taken."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.services import untag_contacts
from segments.criteria import tags
from tests.makers.contacts import days_ago, make_contact
from tests.makers.segments import (
    LATER,
    all_examples,
    check_example,
    errors_of,
    evaluate,
    make_names,
    names,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(tags))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "both", tags={"add": ["vip", "newsletter"]}, categories=["press"])
    make_contact(workspace, "none")
    check_example(workspace, where)


def has(match: str, *keys: str) -> dict[str, Any]:
    return {"type": "tags.has", "match": match, "tags": list(keys)}


def test_any_and_all_are_told_apart(workspace: Workspace) -> None:
    make_contact(workspace, "both", tags={"add": ["vip", "newsletter"]})
    make_contact(workspace, "one", tags={"add": ["vip"]})
    make_contact(workspace, "none")
    assert names(workspace, has("any", "vip", "newsletter")) == {"both", "one"}
    assert names(workspace, has("all", "vip", "newsletter")) == {"both"}
    assert names(workspace, {"not": has("any", "vip", "newsletter")}) == {"none"}


def test_all_of_a_tag_named_twice_needs_it_once(workspace: Workspace) -> None:
    make_contact(workspace, "one", tags={"add": ["vip"]})
    assert names(workspace, has("all", "vip", "vip")) == {"one"}


def test_tags_are_taken_as_they_were_then(workspace: Workspace) -> None:
    contact = make_contact(workspace, "a", tags={"add": ["vip"]}, observed_at=days_ago(20))
    untag_contacts(
        workspace=workspace,
        contact_ids=[contact.pk],
        tag="vip",
        now=NOW,
        source="api",
        observed_at=days_ago(5),
    )
    assert names(workspace, has("any", "vip"), as_of=days_ago(6)) == {"a"}
    assert names(workspace, has("any", "vip"), as_of=days_ago(5)) == set()
    assert names(workspace, has("any", "vip")) == set()


def test_when_a_tag_was_given_and_taken(workspace: Workspace) -> None:
    long_ago = make_contact(workspace, "long", tags={"add": ["vip"]}, observed_at=days_ago(40))
    make_contact(workspace, "lately", tags={"add": ["vip"]}, observed_at=days_ago(3))
    untag_contacts(
        workspace=workspace,
        contact_ids=[long_ago.pk],
        tag="vip",
        now=NOW,
        source="api",
        observed_at=days_ago(2),
    )
    window = {"last": 7, "unit": "days"}
    given = {"type": "tags.given", "tags": ["vip"], "window": window}
    taken = {"type": "tags.taken", "tags": ["vip"], "window": window}
    assert names(workspace, given) == {"lately"}
    assert names(workspace, taken) == {"long"}
    # A tag that is taken later was still there: nothing was taken before it happened.
    assert names(workspace, {**taken, "window": "ever"}, as_of=days_ago(4)) == set()


def test_an_unknown_tag_is_an_error_with_its_path(workspace: Workspace) -> None:
    [error] = errors_of(workspace, {"all": [has("any", "vip", "nobody-made-this")]})
    assert (error.path, error.code) == ("$.where.all[0].tags[1]", "not_found")


def test_not_tagged_says_how_many_have_no_tag_at_all(workspace: Workspace) -> None:
    make_contact(workspace, "vip", tags={"add": ["vip"]})
    make_contact(workspace, "other", tags={"add": ["newsletter"]})
    make_contact(workspace, "none")
    evaluation = evaluate(workspace, {"not": has("any", "vip")}, as_of=LATER)
    root = evaluation.nodes[0]
    assert (root.size, root.only_by_absence) == (2, 1)
