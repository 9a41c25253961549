"""The receipt of a run: exact, of the instant, and the same for ever."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from campaigns.models import Recipient, RecipientState
from campaigns.receipt import receipt_of
from campaigns.services.starting import confirm_run
from contacts.services import create_tag, tag_contacts
from segments.models import Segment
from tests.makers.audiences import (
    campaign_to,
    freeze,
    frozen_run,
    make_run,
    make_sending_shop,
    read_run,
)
from tests.makers.campaigns import HELLO, make_campaign
from tests.makers.contacts import make_contact
from tests.makers.recounts import EVERYBODY
from tests.makers.segments import make_segment
from tests.makers.workspaces import NOW, make_actor
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
LATER = NOW + timedelta(hours=1)
TAGGED = {"type": "tags.has", "match": "any", "tags": ["vip"]}


def read_receipt(run):
    with workspace_scope(run.workspace_id):
        return receipt_of(run=read_run(run))


def hashed(contacts) -> str:
    ids = sorted(contact.pk for contact in contacts)
    return hashlib.sha256(b"".join(pk.to_bytes(8, "big") for pk in ids)).hexdigest()


def a_send():
    """A segment with an exclusion and a conditional block, to three of five."""
    workspace, readers = make_sending_shop(4)
    silent = make_contact(workspace)
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
        ids = [readers[0].pk]
        tag_contacts(workspace=workspace, tag="vip", contact_ids=ids, now=NOW, source="api")
    tree = {"all": [EVERYBODY, {"not": TAGGED}]}
    segment = make_segment(workspace, tree, name="Others", pinned_in=[readers[0]])
    excluded = make_segment(workspace, TAGGED, name="VIP")
    content = {**HELLO, "subject": f"{{% if segment_{excluded.pk} %}}VIP{{% endif %}}"}
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk], "exclude_segments": [excluded.pk]},
        content=content,
    )
    return workspace, readers, silent, frozen_run(campaign, LATER)


def test_a_receipt_names_versions_instant_sizes_hashes_and_reasons():
    _workspace, readers, silent, run = a_send()

    receipt = read_receipt(run)

    assert receipt["as_of"] == LATER.isoformat()
    assert receipt["campaign"] == {
        "id": run.campaign_id,
        "version": 1,
        "name": run.campaign.name,
    }
    others, vip = receipt["segments"]
    assert (others["name"], others["version"], others["size"]) == ("Others", 1, 5)
    assert others["nodes"] == {
        "$.where": 4,
        "$.where.all[0]": 5,
        "$.where.all[1]": 4,
        "$.where.all[1].not": 1,
    }
    assert others["members_hash"] == hashed([*readers, silent])
    assert vip["uses"] == ["exclude", "block"]
    assert receipt["conditional_segments"] == [
        {"segment": vip["id"], "name": "VIP", "version": 1, "bit": 0}
    ]
    assert receipt["audience_hash"] == hashed([*readers, silent])
    assert receipt["recipients_hash"] == hashed(readers[1:])
    assert receipt["counts"] == {
        "by_state": {"queued": 3, "skipped": 2},
        "skipped_by_reason": {"excluded": 1, "no_address": 1},
        "by_variant": {"0": 3},
        "audience": 5,
    }
    assert [(step["step"], step["removed"], step["left"]) for step in receipt["waterfall"]][:3] == [
        ("in_segments", 0, 5),
        ("excluded", 1, 4),
        ("no_address", 1, 3),
    ]
    assert receipt["size"] == 3
    assert receipt["matches_frozen"]
    assert json.loads(json.dumps(receipt)) == receipt


def test_a_receipt_does_not_change_with_definitions_and_names():
    workspace, _readers, _silent, run = a_send()
    before = read_receipt(run)
    with workspace_scope(workspace):
        Segment.objects.filter(name="VIP").update(
            name="Renamed", version_number=9, definition={"version": 1, "where": EVERYBODY}
        )
    make_contact(workspace, now=LATER)
    assert read_receipt(run) == before


def test_a_receipt_counts_states_as_they_are_and_says_when_somebody_is_missing():
    workspace, readers, _silent, run = a_send()
    with workspace_scope(workspace):
        rows = Recipient.objects.filter(run=run)
        rows.filter(contact=readers[1]).update(state=RecipientState.SENT)
        rows.filter(contact=readers[2]).update(state=RecipientState.SKIPPED, reason="suppressed")
    receipt = read_receipt(run)
    assert receipt["counts"]["by_state"] == {"queued": 1, "sent": 1, "skipped": 3}
    assert receipt["counts"]["skipped_by_reason"]["suppressed"] == 1
    assert receipt["recipients_hash"] == hashed(readers[1:])
    assert receipt["matches_frozen"]
    with workspace_scope(workspace):
        rows.filter(contact=readers[3]).delete()
    assert not read_receipt(run)["matches_frozen"]


def test_a_receipt_says_who_confirmed_what():
    workspace, readers = make_sending_shop(1)
    reasons = [{"code": "coverage", "message": "Look", "segment": 1, "path": "$", "text": "Look"}]
    run = make_run(campaign_to(workspace, *readers), NOW, state="held", held_reasons=reasons)
    actor = make_actor(workspace)
    with workspace_scope(workspace):
        confirm_run(actor=actor, run=run, codes=["coverage"], now=NOW)
    receipt = read_receipt(freeze(run, LATER))
    assert receipt["confirmations"] == {
        "asked": reasons,
        "confirmed": ["coverage"],
        "by": str(actor.user),
        "at": NOW.isoformat(),
    }


def test_a_run_that_is_not_frozen_yet_has_a_receipt_without_numbers():
    workspace, readers = make_sending_shop(1)
    receipt = read_receipt(make_run(campaign_to(workspace, *readers), LATER))
    assert (receipt["as_of"], receipt["size"], receipt["segments"]) == (None, None, [])
    assert receipt["counts"]["audience"] == 0
