"""A/B tests: who gets which variant, who wins, and what the rest gets; resends to non-openers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from campaigns.frozen import contents_of, settings_of
from campaigns.models import CampaignState, Recipient, RecipientState, Run, RunKind, RunState
from campaigns.receipt import receipt_of
from campaigns.services import freezing
from campaigns.services.scheduling import queue_resends
from campaigns.services.testing import Score, settle_tests, winner_of
from tests.makers.audiences import (
    campaign_to,
    freeze,
    frozen_run,
    make_reader,
    make_readers,
    make_sending_shop,
    outcome_of,
    read_campaign,
    read_run,
    recipients_of,
    runs_of,
    sent_to,
)
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_contact
from tests.makers.recounts import EVERYBODY
from tests.makers.segments import make_segment
from tests.makers.tracking import make_message_event
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW
from tracking.models import Message
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
LATER = NOW + timedelta(hours=1)
HOUR = timedelta(hours=1)
TWO = {"variants": [{"subject": "Other"}], "share": 40, "wait_hours": 4, "winner": "clicks"}
AGAIN = {"kind": "now", "resend": {"after_hours": 48, "subject": "Once more"}}


def finish(run: Run, *, at=LATER) -> Run:
    """Everybody queued has got it; a message each."""
    with workspace_scope(run.workspace_id):
        rows = Recipient.objects.filter(run=run, state=RecipientState.QUEUED)
        Message.objects.bulk_create(
            Message(
                workspace_id=run.workspace_id,
                contact_id=each.contact_id,
                channel="email",
                campaign_key=f"campaign-{run.campaign_id}",
                external_id=f"run:{run.pk}:{each.pk}",
                sent_at=at,
            )
            for each in rows
        )
        rows.update(state=RecipientState.SENT, sent_at=at)
        Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED, finished_at=at)
    return read_run(run)


def respond(run: Run, contact_id: int, kind: str, *, at=LATER + HOUR, **event) -> None:
    workspace = run.campaign.workspace
    with workspace_scope(workspace):
        message = Message.objects.get(
            contact_id=contact_id, external_id__startswith=f"run:{run.pk}:"
        )
    make_message_event(workspace, message, kind, at, now=at, **event)


def variants_of(run: Run) -> dict[int, int]:
    return {each.contact_id: each.variant for each in recipients_of(run) if not each.reason}


def finished_test(number: int, **testing):
    """A finished test to some of so many readers, all of whom are in the audience."""
    workspace, readers = make_sending_shop(number)
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk]},
        testing={**TWO, **testing},
        state=CampaignState.SCHEDULED,
    )
    run = finish(frozen_run(campaign, LATER, kind=RunKind.TEST))
    return workspace, readers, campaign, run


def rest_of(campaign) -> Run:
    [_test, rest] = runs_of(campaign)
    return freeze(rest, LATER + 6 * HOUR)


def test_a_test_takes_its_share_and_deals_the_variants_evenly():
    workspace, _readers, _campaign, run = finished_test(50, share=40)
    variants = variants_of(run)
    assert Counter(variants.values()) == {0: 10, 1: 10}
    assert run.size == 20
    assert len(outcome_of(run)) == 20
    with workspace_scope(workspace):
        assert receipt_of(run=run)["counts"]["by_variant"] == {"0": 10, "1": 10}


def test_a_test_of_three_variants_is_even_give_or_take_one():
    variants = [{"subject": "Other"}, {"preheader": "Third"}]
    _workspace, _readers, _campaign, run = finished_test(23, share=100, variants=variants)
    assert sorted(Counter(variants_of(run).values()).values()) == [7, 8, 8]
    assert [each.subject for each in contents_of(run)][1] == "Other"


def test_everybody_left_out_is_in_the_test_or_in_the_rest_and_in_one_of_them_only():
    workspace, readers = make_sending_shop(30)
    silent = [make_contact(workspace) for _ in range(20)]
    twins = [make_reader(workspace, each.email) for each in readers[:10]]
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(
        workspace, audience={"segments": [segment.pk]}, testing=TWO, holdout_points=2000
    )
    run = finish(frozen_run(campaign, LATER, kind=RunKind.TEST))
    settle_tests(now=LATER + 5 * HOUR)
    rest = rest_of(campaign)

    in_test, in_rest = outcome_of(run), outcome_of(rest)

    assert not in_test.keys() & in_rest.keys()
    everybody = {each.pk for each in (*readers, *silent, *twins)}
    assert in_test.keys() | in_rest.keys() == everybody
    both = in_test | in_rest
    addresses = Counter(
        each.address.lower()
        for each in (*recipients_of(run), *recipients_of(rest))
        if not each.reason
    )
    assert set(addresses.values()) == {1}
    assert {both[each.pk] for each in silent} == {"no_address"}
    for reader, twin in zip(readers, twins, strict=False):
        assert (reader.pk in in_test) == (twin.pk in in_test)
        assert both[twin.pk] in ("duplicate", "held_out")


def test_the_winner_by_human_clicks_goes_to_the_rest_with_a_fresh_audience():
    workspace, readers, campaign, run = finished_test(20)
    by_variant = sorted(variants_of(run).items(), key=lambda each: each[1])
    loser, winner = by_variant[0][0], by_variant[-1][0]
    respond(run, winner, "clicked")
    for minutes in range(3):
        at = LATER + HOUR + timedelta(minutes=minutes)
        respond(run, loser, "clicked", at=at, is_machine=True)
        respond(run, loser, "opened", at=at)
    late = make_reader(workspace)

    assert settle_tests(now=LATER + 3 * HOUR) == 0, "its time is not up"
    assert settle_tests(now=LATER + 4 * HOUR) == 1
    assert settle_tests(now=LATER + 4 * HOUR) == 0

    assert read_run(run).winner == 1
    rest = rest_of(campaign)
    assert (rest.kind, rest.parent_id, rest.state) == (RunKind.REST, run.pk, RunState.SENDING)
    assert set(variants_of(rest).values()) == {1}
    expected = {each.pk for each in readers} - sent_to(run) | {late.pk}
    assert sent_to(rest) == expected
    assert read_campaign(campaign).state == CampaignState.DONE


def test_opens_count_clicks_too_and_revenue_counts_what_was_bought_after():
    for rule in ("opens", "revenue"):
        workspace, readers, _campaign, run = finished_test(10, winner=rule, share=100)
        variants = variants_of(run)
        by_id = {each.pk: each for each in readers}
        first, other = ([c for c, v in variants.items() if v == wanted] for wanted in (0, 1))
        respond(run, first[0], "opened")
        respond(run, other[0], "clicked")
        respond(run, other[1], "clicked")
        at = LATER + 2 * HOUR
        make_transaction(workspace, by_id[first[0]], LATER - HOUR, "900.00", now=at)
        make_transaction(workspace, by_id[first[1]], at, "900.00", now=at)
        make_transaction(workspace, by_id[other[1]], at, "10.00", now=at)
        assert settle_tests(now=LATER + 5 * HOUR) == 1
        assert read_run(run).winner == 1


def test_nothing_to_tell_by_is_variant_zero():
    assert winner_of({0: Score(10, 0), 1: Score(10, 0)}) == 0
    assert winner_of({0: Score(0, 0), 1: Score(0, 0), 2: Score(0, 0)}) == 0
    assert winner_of({0: Score(10, 1), 1: Score(5, 1), 2: Score(10, 2)}) == 1
    assert winner_of({}) == 0


def test_a_test_of_everybody_has_no_rest_and_a_stopped_campaign_none_either():
    _workspace, _readers, campaign, _run = finished_test(6, share=100)
    settle_tests(now=LATER + 5 * HOUR)
    assert len(runs_of(campaign)) == 1
    assert read_campaign(campaign).state == CampaignState.DONE
    _workspace, _readers, stopped, _run = finished_test(10)
    with workspace_scope(stopped.workspace_id):
        stopped.state = CampaignState.STOPPED
        stopped.save(update_fields=["state"])
    settle_tests(now=LATER + 5 * HOUR)
    assert len(runs_of(stopped)) == 1


def test_the_rest_gets_what_was_tested_though_the_campaign_changed_since():
    workspace, _readers, campaign, _run = finished_test(20)
    with workspace_scope(workspace):
        campaign.content = {"subject": "Changed"}
        campaign.testing = {}
        campaign.save(update_fields=["content", "testing"])
    settle_tests(now=LATER + 5 * HOUR)
    assert [each.subject for each in contents_of(rest_of(campaign))] == [
        "Hello {{ contact.first_name }}",
        "Other",
    ]


def test_a_resend_goes_to_those_reached_who_have_not_opened_and_are_still_in():
    workspace, readers = make_sending_shop(6)
    silent = make_contact(workspace)
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]}, schedule=AGAIN)
    run = finish(frozen_run(campaign, LATER))
    opened, clicked, scanned, left, *others = readers
    respond(run, opened.pk, "opened")
    respond(run, clicked.pk, "clicked")
    respond(run, scanned.pk, "opened", is_machine=True)
    at = LATER + 47 * HOUR
    make_contact(workspace, left.external_id, consents={"email": "withdrawn"}, now=at)
    make_reader(workspace)

    assert queue_resends(now=LATER + 47 * HOUR) == 0
    assert queue_resends(now=LATER + 48 * HOUR) == 1
    assert queue_resends(now=LATER + 48 * HOUR) == 0

    [_first, again] = runs_of(campaign)
    again = freeze(again, LATER + 49 * HOUR)
    assert (again.kind, again.parent_id) == (RunKind.RESEND, run.pk)
    assert outcome_of(again) == {each.pk: "" for each in (scanned, *others)} | {
        left.pk: "no_consent"
    }
    assert silent.pk not in outcome_of(again)
    assert [each.subject for each in contents_of(again)] == ["Once more"]
    assert settings_of(again).resend is None
    finish(again, at=LATER + 50 * HOUR)
    assert queue_resends(now=LATER + 500 * HOUR) == 0, "once"


def test_a_resend_after_a_test_keeps_each_contacts_variant():
    workspace, _none = make_sending_shop()
    readers = make_readers(workspace, 8)
    body = {"kind": "html", "source": "<p>B</p>"}
    campaign = campaign_to(
        workspace,
        *readers,
        schedule=AGAIN,
        testing={"variants": [{"subject": "B", "body": body}], "share": 100},
    )
    run = finish(frozen_run(campaign, LATER, kind=RunKind.TEST))
    before = variants_of(run)
    assert queue_resends(now=LATER + 48 * HOUR) == 1
    freezing.freeze_open_runs(clock=lambda: LATER + 49 * HOUR)
    again = runs_of(campaign)[-1]
    assert variants_of(again) == before
    assert [(each.subject, each.body.kind) for each in contents_of(again)] == [
        ("Once more", "blocks"),
        ("Once more", "html"),
    ]
