"""Campaigns are saved only when valid, name only what is there, and stay put while being sent."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.documents import InvalidDocument
from campaigns.models import Campaign, CampaignReference, CampaignState, Run, RunState
from campaigns.services.saving import (
    CampaignInput,
    CampaignLockedError,
    StaleVersionError,
    archive_campaign,
    change_campaign,
    create_campaign,
    duplicate_campaign,
    restore_campaign,
)
from tests.makers.campaigns import HELLO, make_account, make_campaign
from tests.makers.contacts import make_list
from tests.makers.segments import make_segment
from tests.makers.transactions import make_product
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import AuditEntry, Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
EVERYBODY = {"type": "contacts.became_contact", "window": "ever"}


def system(workspace: Workspace) -> Actor:
    return Actor(workspace=workspace, is_system=True)


def create(workspace: Workspace, **given: Any) -> Campaign:
    with workspace_scope(workspace):
        return create_campaign(actor=system(workspace), given=CampaignInput(**given), now=NOW)


def change(campaign: Campaign, version: int | None = None, **given: Any) -> Campaign:
    with workspace_scope(campaign.workspace_id):
        return change_campaign(
            actor=system(campaign.workspace),
            campaign=campaign,
            given=CampaignInput(**given),
            expected_version=version,
            now=NOW,
        )


def act(service: Any, campaign: Campaign) -> Campaign:
    with workspace_scope(campaign.workspace_id):
        return service(actor=system(campaign.workspace), campaign=campaign, now=NOW)


def references(campaign: Campaign) -> set[tuple[str, str]]:
    with workspace_scope(campaign.workspace_id):
        rows = CampaignReference.objects.in_workspace(campaign.workspace_id)
        return set(rows.filter(campaign=campaign).values_list("kind", "key"))


def refused(workspace: Workspace, **given: Any) -> dict[str, str]:
    """Codes by path."""
    with pytest.raises(InvalidDocument) as caught:
        create(workspace, **given)
    return {error.path: error.code for error in caught.value.errors}


def blocks(*given: dict[str, Any]) -> dict[str, Any]:
    return {"body": {"kind": "blocks", "blocks": list(given)}}


def test_a_draft_needs_nothing_and_gets_a_name_nobody_has():
    workspace = make_workspace()
    first, second = create(workspace), create(workspace)
    assert (first.name, second.name) == ("New campaign", "New campaign 2")
    assert first.state == CampaignState.DRAFT
    assert first.version_number == 1


def test_what_is_saved_has_every_field_of_its_documents():
    campaign = create(make_workspace(), content=HELLO)
    assert campaign.content["utm"]["source"] == "newsletter"
    assert campaign.content["body"]["blocks"][0]["level"] == 1
    assert change(campaign, content=campaign.content).version_number == 1


def test_every_fault_of_every_part_is_named_by_its_path():
    errors = refused(
        make_workspace(),
        audience={"segments": "all"},
        content=blocks({"id": "a", "type": "spacer", "height": 1}),
        schedule={"kind": "at"},
    )
    assert set(errors) == {
        "$.audience.segments",
        "$.content.body.blocks[0].height",
        "$.schedule",
    }


def test_what_is_not_there_or_belongs_to_others_is_refused_by_path():
    workspace, other = make_workspace(), make_workspace("Other")
    theirs = make_segment(other, EVERYBODY)
    their_list = make_list(other, "Theirs")
    account = make_account(other)
    assert refused(
        workspace, audience={"segments": [theirs.pk], "exclude_lists": [their_list.pk]}
    ) == {"$.audience.segments[0]": "unknown", "$.audience.exclude_lists[0]": "unknown"}
    assert refused(workspace, account=account.pk, topic=1) == {
        "$.account": "unknown",
        "$.topic": "unknown",
    }
    conditional = {
        "id": "a",
        "type": "columns",
        "columns": [[{"id": "b", "type": "divider", "only": {"segment": theirs.pk}}]],
    }
    picked = {"id": "c", "type": "products", "source": "picked", "products": ["none"]}
    newest = {"id": "d", "type": "products", "source": "brand_newest", "brand": "Nobody"}
    assert refused(workspace, content=blocks(conditional, picked, newest)) == {
        "$.content.body.blocks[0].columns[0][0].only.segment": "unknown",
        "$.content.body.blocks[1].products[0]": "unknown",
        "$.content.body.blocks[2].brand": "unknown",
    }
    liquid = {**HELLO, "text": "{% if segment_999 %}x{% endif %}"}
    assert refused(workspace, content=liquid) == {"$.content.text": "unknown"}


def test_what_a_campaign_names_is_kept_for_used_in():
    workspace = make_workspace()
    goes, stays, shown = (make_segment(workspace, EVERYBODY) for _ in range(3))
    fair = make_list(workspace, "Fair")
    make_product(workspace, "boot", brand="Nordica")
    block = {"id": "a", "type": "products", "source": "brand_newest", "brand": "NORDICA"}
    hinted = {"id": "b", "type": "text", "html": f"{{% if segment_{shown.pk} %}}x{{% endif %}}"}
    campaign = create(
        workspace,
        audience={"segments": [goes.pk], "lists": [fair.pk], "exclude_segments": [stays.pk]},
        content=blocks(block, hinted),
    )
    named = {("segment", str(each.pk)) for each in (goes, stays, shown)}
    assert references(campaign) == named | {("list", str(fair.pk)), ("brand", "nordica")}

    changed = change(campaign, audience={"segments": [goes.pk]}, content=HELLO)
    assert references(changed) == {("segment", str(goes.pk))}
    variants = [
        {"body": blocks({"id": "a", "type": "divider", "only": {"segment": stays.pk}})["body"]}
    ]
    tested = change(campaign, testing={"variants": variants})
    assert ("segment", str(stays.pk)) in references(tested)


def test_a_name_is_somebody_elses_until_that_one_is_archived():
    workspace = make_workspace()
    spring = create(workspace, name="Spring")
    assert refused(workspace, name=" Spring ") == {"$.name": "taken"}
    assert refused(workspace, name="  ") == {"$.name": "blank"}
    act(archive_campaign, spring)
    create(workspace, name="Spring")
    assert act(restore_campaign, spring).name == "Spring (restored)"


def test_who_has_seen_an_older_version_is_refused():
    campaign = create(make_workspace(), name="Spring")
    change(campaign, version=1, from_name="Shop")
    with pytest.raises(StaleVersionError) as caught:
        change(campaign, version=1, from_name="Another")
    assert caught.value.current == 2
    assert change(campaign, version=2, from_name="Shop").version_number == 2


@pytest.mark.parametrize("state", ["scheduled", "held", "freezing", "sending", "paused"])
def test_what_is_being_sent_or_waits_for_it_cannot_change(state: str):
    campaign = make_campaign(make_workspace(), audience={})
    with workspace_scope(campaign.workspace_id):
        run = Run.objects.create(
            workspace_id=campaign.workspace_id,
            campaign=campaign,
            run_key="now:1",
            state=state,
            scheduled_for=NOW,
        )
    for attempt in (
        lambda: change(campaign, name="Other"),
        lambda: act(archive_campaign, campaign),
    ):
        with pytest.raises(CampaignLockedError):
            attempt()
    with workspace_scope(campaign.workspace_id):
        Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    assert change(campaign, name="Other").name == "Other"


def test_what_is_scheduled_is_stopped_first():
    campaign = make_campaign(make_workspace(), audience={}, state=CampaignState.SCHEDULED)
    with pytest.raises(CampaignLockedError, match="Stop it"):
        change(campaign, name="Other")


def test_a_copy_says_the_same_and_is_a_draft():
    workspace = make_workspace()
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk]},
        name="Spring",
        state=CampaignState.SCHEDULED,
        next_due_at=NOW,
    )
    copy, again = act(duplicate_campaign, campaign), act(duplicate_campaign, campaign)
    assert (copy.name, again.name) == ("Spring (copy)", "Spring (copy 2)")
    assert (copy.state, copy.next_due_at) == (CampaignState.DRAFT, None)
    assert copy.content == campaign.content
    assert references(copy) == {("segment", str(segment.pk))}


def test_every_change_stands_in_the_audit_log():
    campaign = create(make_workspace(), name="Spring")
    change(campaign, from_name="Shop", holdout_points=500)
    act(archive_campaign, campaign)
    with workspace_scope(campaign.workspace_id):
        rows = AuditEntry.objects.filter(object_type="campaign").order_by("pk")
        actions = list(rows.values_list("action", "details"))
    assert actions == [
        ("campaign.created", {}),
        ("campaign.changed", {"changed": ["from_name", "holdout_points"], "version": 2}),
        ("campaign.archived", {}),
    ]
