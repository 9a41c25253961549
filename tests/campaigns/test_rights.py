"""Merging, erasing and exporting contacts reaches what campaigns sent them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from campaigns.models import Campaign, CampaignReference, CodePool, DiscountCode, Recipient, Run
from contacts.models import Contact
from contacts.registry import InUseError
from contacts.services import delete_list, erase_contact, export_contact, merge_contacts
from segments.services.saving import SegmentInUseError, archive_segment
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_contact, make_list
from tests.makers.segments import make_segment
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def make_run(shop: Workspace, **given: Any) -> Run:
    campaign = given.pop("campaign", None) or make_campaign(shop, audience={})
    with workspace_scope(shop):
        count = Run.objects.in_workspace(shop).count()
        return Run.objects.create(
            workspace=shop,
            campaign=campaign,
            run_key=f"click:{count}",
            scheduled_for=NOW,
            **{"state": "sending", **given},
        )


def add(run: Run, contact: Contact, state: str, **given: Any) -> Recipient:
    address = given.pop("address", contact.email or f"{contact.external_id}@example.org")
    with workspace_scope(run.workspace_id):
        return Recipient.objects.create(
            workspace_id=run.workspace_id,
            run=run,
            contact=contact,
            address=address,
            address_hash=address.encode().rjust(32, b"-"),
            state=state,
            **given,
        )


def rows_of(run: Run) -> dict[int, tuple[str, str]]:
    with workspace_scope(run.workspace_id):
        rows = Recipient.objects.in_workspace(run.workspace_id).filter(run=run)
        return {row.contact_id: (row.state, row.reason) for row in rows}


def merge(shop: Workspace, winner: Contact, loser: Contact) -> None:
    merge_contacts(workspace=shop, winner_id=winner.pk, loser_id=loser.pk, now=NOW)


@pytest.mark.parametrize(
    ("winner_state", "loser_state", "expected"),
    [
        ("sent", "queued", (("sent", ""), ("skipped", "duplicate"))),
        ("queued", "sent", (("sent", ""), ("skipped", "duplicate"))),
        ("queued", "deferred", (("queued", ""), ("skipped", "duplicate"))),
        ("skipped", "sent", (("sent", ""), ("skipped", ""))),
        ("unknown", "queued", (("unknown", ""), ("skipped", "duplicate"))),
        ("failed", "queued", (("queued", ""), ("failed", ""))),
        ("sent", "sent", (("sent", ""), ("sent", ""))),
    ],
)
def test_what_either_was_sent_both_were(shop, winner_state, loser_state, expected):
    winner, loser = make_contact(shop), make_contact(shop)
    run = make_run(shop)
    add(run, winner, winner_state)
    add(run, loser, loser_state)

    merge(shop, winner, loser)

    assert rows_of(run) == {winner.pk: expected[0], loser.pk: expected[1]}


def test_sends_and_codes_of_one_of_them_become_the_winners(shop):
    winner, loser = make_contact(shop), make_contact(shop)
    run = make_run(shop)
    add(run, loser, "sent")
    with workspace_scope(shop):
        pool = CodePool.objects.create(workspace=shop, name="Pool")
        for text, contact, campaign in (
            ("a", loser, run.campaign),
            ("b", winner, run.campaign),
            ("c", loser, make_campaign(shop, audience={})),
        ):
            DiscountCode.objects.create(
                workspace=shop, pool=pool, code=text, code_key=text,
                contact=contact, campaign=campaign, given_at=NOW,
            )  # fmt: skip

    merge(shop, winner, loser)

    assert rows_of(run) == {winner.pk: ("sent", "")}
    with workspace_scope(shop):
        owners = dict(DiscountCode.objects.values_list("code", "contact_id"))
    assert owners == {"a": loser.pk, "b": winner.pk, "c": winner.pk}
    document = export_contact(workspace=shop, contact_id=winner.pk, now=NOW)
    assert [code["code"] for code in document["discount_codes"]] == ["a", "b", "c"]


def test_erasing_takes_the_address_everywhere_and_what_waits_is_not_sent(shop):
    ann = make_contact(shop, email="ann-canary@example.org")
    runs = {state: make_run(shop) for state in ("queued", "deferred", "sent", "failed", "skipped")}
    for state, run in runs.items():
        add(run, ann, state, error="550 ann-canary@example.org is unknown")
    with workspace_scope(shop):
        pool = CodePool.objects.create(workspace=shop, name="Pool")
        DiscountCode.objects.create(
            workspace=shop, pool=pool, code="a", code_key="a",
            contact=ann, campaign=runs["sent"].campaign, given_at=NOW,
        )  # fmt: skip
    document = export_contact(workspace=shop, contact_id=ann.pk, now=NOW)
    told = {(row["state"], row["address"]) for row in document["campaign_recipients"]}
    assert told == {(state, "ann-canary@example.org") for state in runs}

    erase_contact(workspace=shop, contact_id=ann.pk, now=NOW)

    assert {state: rows_of(run)[ann.pk] for state, run in runs.items()} == {
        "queued": ("skipped", "gone"),
        "deferred": ("skipped", "gone"),
        "sent": ("sent", ""),
        "failed": ("failed", ""),
        "skipped": ("skipped", ""),
    }
    with workspace_scope(shop):
        rows = list(Recipient.objects.in_workspace(shop).values())
        [code] = DiscountCode.objects.in_workspace(shop)
    assert "canary" not in json.dumps(rows, cls=DjangoJSONEncoder, default=str)
    assert not any(b"canary" in bytes(row["address_hash"] or b"") for row in rows)
    assert code.contact_id is None
    assert code.campaign_id == runs["sent"].campaign_id


def refer(campaign: Campaign, kind: str, key: object) -> None:
    with workspace_scope(campaign.workspace_id):
        CampaignReference.objects.create(
            workspace_id=campaign.workspace_id, campaign=campaign, kind=kind, key=str(key)
        )


def test_a_segment_a_campaign_sends_to_can_not_be_put_away(shop):
    actor = make_actor(shop)
    segment = make_segment(
        shop,
        {
            "type": "criterion",
            "criterion": "consents.status",
            "channel": "email",
            "statuses": ["granted"],
        },
    )
    campaign = make_campaign(shop, audience={"segments": [segment.pk]}, name="News")
    refer(campaign, "segment", segment.pk)
    with workspace_scope(shop):
        with pytest.raises(SegmentInUseError) as refused:
            archive_segment(actor=actor, segment=segment, now=NOW)
        assert "News" in refused.value.users
        Campaign.objects.in_workspace(shop).update(archived_at=NOW)
        archive_segment(actor=actor, segment=segment, now=NOW)


def test_a_list_a_campaign_sends_to_can_not_be_deleted(shop):
    static_list = make_list(shop)
    campaign = make_campaign(shop, audience={"lists": [static_list.pk]}, name="News")
    refer(campaign, "list", static_list.pk)
    with pytest.raises(InUseError, match="News"):
        delete_list(workspace=shop, list_id=static_list.pk)
