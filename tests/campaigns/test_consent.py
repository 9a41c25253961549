"""Whom consent keeps a message from: the same people when a run is frozen and when it is sent."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from campaigns.delivery.claiming import refused_among
from campaigns.delivery.plan import plan_of
from campaigns.models import ConsentRule, RunState, SkipReason, Topic
from contacts.models import Channel, ConsentStatus, Contact
from contacts.services import set_consent
from tests.makers.audiences import campaign_to, frozen_run, make_reader, make_sending_shop
from tests.makers.audiences import recipients_of as rows_of
from tests.makers.campaigns import make_account
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db(transaction=True)
AT = NOW + timedelta(hours=1)
SAID = [None, *ConsentStatus]


def may_be_written_to(rule: ConsentRule, *said: ConsentStatus | None) -> bool:
    """The rule as semantics 29 has it."""
    if ConsentStatus.WITHDRAWN in said or ConsentStatus.PENDING in said:
        return False
    return rule == ConsentRule.NOT_WITHDRAWN or ConsentStatus.GRANTED in said


def make_reader_who_said(workspace: Workspace, *said: ConsentStatus | None) -> Contact:
    """A contact who said this of e-mail in general, and that of the topic "offers"."""
    reader = make_reader(workspace, consents={})
    for topic, status in zip(("", "offers"), said, strict=True):
        if status is not None:
            set_consent(
                workspace=workspace,
                contact_ids=[reader.pk],
                channel=Channel.EMAIL,
                status=status,
                topic=topic,
                now=NOW,
            )
    return reader


@pytest.mark.parametrize("rule", ConsentRule)
def test_the_freeze_and_the_claim_refuse_the_same_people(rule: ConsentRule):
    workspace, _readers = make_sending_shop()
    make_account(workspace)
    with workspace_scope(workspace):
        topic = Topic.objects.create(workspace=workspace, key="offers", name="Offers")
        readers = {said: make_reader_who_said(workspace, *said) for said in product(SAID, repeat=2)}
    campaign = campaign_to(workspace, *readers.values(), topic=topic, consent_rule=rule)

    run = frozen_run(campaign, AT)
    assert run.state == RunState.SENDING, (run.error, run.held_reasons)
    rows = rows_of(run)
    plan = plan_of(workspace=workspace, run_id=run.pk)
    refused = refused_among(plan=plan, recipient_ids=[row.pk for row in rows])

    said_by = {reader.pk: said for said, reader in readers.items()}
    allowed = {said for said in readers if may_be_written_to(rule, *said)}
    assert {row.reason for row in rows} == {"", SkipReason.NO_CONSENT.value}
    assert {said_by[row.contact_id] for row in rows if not row.reason} == allowed
    assert {said_by[row.contact_id] for row in rows if row.pk not in refused} == allowed


@pytest.mark.parametrize("rule", ConsentRule)
def test_who_says_something_between_the_freeze_and_the_claim_is_obeyed(rule: ConsentRule):
    workspace, readers = make_sending_shop(3)
    make_account(workspace)
    run = frozen_run(campaign_to(workspace, *readers, consent_rule=rule), AT)
    with workspace_scope(workspace):
        for reader, status in zip(readers, ConsentStatus, strict=True):
            set_consent(
                workspace=workspace,
                contact_ids=[reader.pk],
                channel=Channel.EMAIL,
                status=status,
                now=AT + timedelta(minutes=1),
            )
    rows = rows_of(run)
    plan = plan_of(workspace=workspace, run_id=run.pk)
    refused = refused_among(plan=plan, recipient_ids=[row.pk for row in rows])
    kept = [
        status for status, row in zip(ConsentStatus, rows, strict=True) if row.pk not in refused
    ]
    assert not any(row.reason for row in rows)
    assert kept == [ConsentStatus.GRANTED]
