"""What a segment asks about says so where it is listed, and can't be deleted meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import AttributeDefinition, Category, StaticList, Tag
from contacts.services import create_category, create_tag
from segments.services.saving import SegmentInput, create_segment
from tests.makers.contacts import make_attribute, make_list
from tests.makers.tracking import make_kind
from tests.makers.workspaces import make_user, make_workspace
from tracking.models import ActivityKind
from workspaces.models import Role
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

PAGES = (
    (Tag, "tags/", "tags/{}/delete/"),
    (Category, "categories/", "categories/{}/delete/"),
    (AttributeDefinition, "attributes/", "attributes/{}/delete/"),
    (StaticList, "lists/", "lists/{}/delete/"),
    (ActivityKind, "activity-kinds/", "activity-kinds/{}/delete/"),
)


@pytest.mark.parametrize(("model", "page", "delete"), PAGES, ids=[page for _, page, _ in PAGES])
@pytest.mark.parametrize("is_used", [True, False], ids=["used", "free"])
def test_what_a_segment_names_says_where_and_stays(
    client: Client, model: Any, page: str, delete: str, is_used: bool
) -> None:
    now, owner = timezone.now(), make_user("ola@example.org")
    workspace = make_workspace(owner=owner, now=now)
    create_tag(workspace=workspace, name="gold")
    create_category(workspace=workspace, name="retail")
    make_attribute(workspace, "size", "number")
    fair = make_list(workspace, "Fair", now=now)
    make_kind(workspace, "survey", answer="text")
    rows: dict[Any, dict[str, Any]] = {
        Tag: {"type": "tags.has", "match": "any", "tags": ["gold"]},
        Category: {"type": "categories.has", "match": "any", "categories": ["retail"]},
        AttributeDefinition: {
            "type": "contacts.number",
            "attribute": "size",
            "operator": "has_value",
        },
        StaticList: {"type": "lists.on_list", "match": "any", "lists": [fair.pk]},
        ActivityKind: {"type": "activities.did", "kind": "survey"},
    }
    if is_used:
        actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
        given = SegmentInput(name="Winter people", where={"all": [rows[model]]})
        with workspace_scope(workspace):
            create_segment(actor=actor, given=given, now=now)
    with workspace_scope(workspace):
        thing = model.objects.in_workspace(workspace).order_by("pk").last()
    client.force_login(owner)
    here = f"/w/{workspace.pk}/"
    assert ("Winter people" in client.get(here + page).content.decode()) is is_used
    answer = client.post(here + delete.format(thing.pk), follow=True)
    assert ("Still used by: Winter people." in answer.content.decode()) is is_used
    with workspace_scope(workspace):
        assert model.objects.in_workspace(workspace).filter(pk=thing.pk).exists() is is_used
