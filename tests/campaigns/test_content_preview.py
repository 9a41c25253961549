"""The page a preview is, and kept blocks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.documents import InvalidDocument
from campaigns.models import Campaign, SavedBlock
from campaigns.services.saved_blocks import BlockNameTakenError, delete_block, save_block
from tests.campaigns.contents import content_of, html_body, previewed
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_contact
from tests.makers.segments import make_segment
from tests.makers.workspaces import NOW, make_actor, make_member, make_workspace
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Workspace:
    workspace = make_workspace()
    make_sending_settings(workspace)
    return workspace


@pytest.fixture
def campaign(shop: Workspace) -> Campaign:
    return make_campaign(shop, audience={})


def signed_in(workspace: Workspace, role: Role = Role.MARKETER) -> Client:
    client = Client()
    client.force_login(make_member(workspace, role).user)
    return client


def page(workspace: Workspace, campaign: Campaign, query: str = "") -> Any:
    url = reverse("campaigns:preview", args=[workspace.pk, campaign.pk])
    return signed_in(workspace).get(f"{url}{query}")


def test_a_preview_is_a_page_of_its_own_that_may_do_nothing(
    shop: Workspace, campaign: Campaign
) -> None:
    anna = make_contact(shop, attributes={"first_name": "Anna"})
    response = page(shop, campaign, f"?contact={anna.pk}")
    assert response.status_code == 200
    assert "New in the shop" in response.content.decode()
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "/m/" not in response.content.decode()  # nothing is tracked


def test_the_plain_part_can_be_seen(shop: Workspace, campaign: Campaign) -> None:
    response = page(shop, campaign, "?part=text")
    assert response["Content-Type"].startswith("text/plain")
    assert "New in the shop" in response.content.decode()


@pytest.mark.parametrize(
    "query", ["?contact=1", "?contact=x", "?variant=7", "?contact=" + "9" * 30]
)
def test_a_preview_of_nobody_is_not_found(shop: Workspace, campaign: Campaign, query: str) -> None:
    assert page(shop, campaign, query).status_code == 404


def test_a_fault_is_a_page_too(shop: Workspace) -> None:
    broken = make_campaign(
        shop, audience={}, content={"subject": "{{ x", "body": html_body("{% if <b> %}")}
    )
    response = page(shop, broken)
    assert response.status_code == 200
    assert "&#x27;}}&#x27;" in response.content.decode()  # said, and escaped
    assert "sandbox" in response["Content-Security-Policy"]


def test_blocks_are_shown_as_the_contact_is_in_or_out(shop: Workspace) -> None:
    anna, ben, cleo = (
        make_contact(shop, attributes={"first_name": n}) for n in ("Anna", "Ben", "Cleo")
    )
    named = {"all": [{"type": "contacts.text", "attribute": "first_name",
                      "operator": "any_of", "values": ["Anna", "Cleo"]}]}  # fmt: skip
    segment = make_segment(shop, named, pinned_in=[ben], pinned_out=[cleo])
    content = content_of({"type": "heading", "text": "Secret", "only": {"segment": segment.pk}})
    seen = ["Secret" in previewed(shop, content, contact).html for contact in (anna, ben, cleo)]
    assert seen == [True, True, False]
    assert "Secret" in previewed(shop, content).html  # to nobody everything is shown


# --- Kept blocks -----------------------------------------------------------------------------


def test_a_block_is_kept_once_under_a_name(shop: Workspace) -> None:
    actor = make_actor(shop)
    block = {"id": "a", "type": "heading", "text": "Hi"}
    kept = save_block(actor=actor, name=" Greeting ", block=block, now=NOW)
    assert kept.name == "Greeting"
    assert kept.block["level"] == 1
    with pytest.raises(BlockNameTakenError):
        save_block(actor=actor, name="Greeting", block=block, now=NOW)
    delete_block(actor=actor, block=kept, now=NOW)
    with workspace_scope(shop):
        assert not SavedBlock.objects.in_workspace(shop).exists()


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("x", {"type": "heading"}),
        ("x", {"id": "a", "type": "no"}),
        ("", {"id": "a", "type": "divider"}),
    ],
)
def test_what_is_no_block_is_not_kept(shop: Workspace, name: str, block: dict[str, Any]) -> None:
    with pytest.raises(InvalidDocument):
        save_block(actor=make_actor(shop), name=name, block=block, now=NOW)
