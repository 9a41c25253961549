"""What a freeze writes: everybody of the audience, once, from one instant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.frozen import conditional_bits, contents_of, settings_of, used_segments
from campaigns.models import CampaignState, Run, RunKind, RunState, SendingSettings
from campaigns.services import freezing
from campaigns.services.codes import create_pool, upload_codes
from campaigns.services.saving import CampaignInput, change_campaign
from campaigns.services.starting import confirm_run
from contacts.services import create_tag, tag_contacts, untag_contacts
from segments.models import Segment, SegmentState, Snapshot
from tests.makers.audiences import (
    campaign_to,
    freeze,
    frozen_run,
    make_reader,
    make_readers,
    make_run,
    make_sending_shop,
    outcome_of,
    read_campaign,
    read_run,
    recipients_of,
    sent_to,
)
from tests.makers.campaigns import HELLO, make_campaign
from tests.makers.contacts import make_contact
from tests.makers.recounts import (
    EVERYBODY,
    MINUTE,
    ask,
    meanwhile,
    save_segment,
    snapshots,
    system,
    work,
)
from tests.makers.segments import make_segment
from tests.makers.workspaces import NOW
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
TAGGED = {"type": "tags.has", "match": "any", "tags": ["vip"]}
NO_VISIT = {
    "type": "visits.visited",
    "operator": "exactly",
    "number": 0,
    "window": {"last": 30, "unit": "days"},
}


def give_tag(workspace, contacts, *, now=NOW, take: bool = False) -> None:
    act = untag_contacts if take else tag_contacts
    ids = [contact.pk for contact in contacts]
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
        act(workspace=workspace, tag="vip", contact_ids=ids, now=now, source="api")


def test_a_run_holds_everybody_of_its_segment_as_recipient_or_with_a_reason():
    workspace, readers = make_sending_shop(3)
    silent = make_contact(workspace)
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})

    run = frozen_run(campaign, LATER)

    assert (run.state, run.error, run.as_of, run.size) == (RunState.SENDING, "", LATER, 3)
    assert outcome_of(run) == {each.pk: "" for each in readers} | {silent.pk: "no_address"}
    addresses = {each.contact_id: each.address for each in recipients_of(run)}
    assert addresses == {each.pk: each.email for each in readers} | {silent.pk: ""}
    assert run.waterfall[0] == {"step": "excluded", "removed": 0, "left": 4}
    assert run.waterfall[1] == {"step": "no_address", "removed": 1, "left": 3}
    assert run.waterfall[-1] == {"step": "duplicate", "removed": 0, "left": 3}
    [used] = used_segments(run)
    assert (used.id, used.size, used.version, used.uses) == (segment.pk, 4, 1, ["include"])
    assert used.nodes == {"$.where": 4}


def test_what_a_send_counted_stands_in_the_segments_trend():
    workspace, readers = make_sending_shop(3)
    give_tag(workspace, readers)
    segment = save_segment(workspace, TAGGED)
    work(now=NOW + MINUTE)
    give_tag(workspace, readers[:1], now=NOW + 2 * MINUTE, take=True)
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})

    frozen_run(campaign, LATER)
    ask(segment, now=LATER + MINUTE)
    work(now=LATER + MINUTE)

    recorded = snapshots(segment)
    assert [(each.size, each.entered, each.left) for each in recorded] == [
        (3, 3, 0),
        (2, 0, 1),
        (2, 0, 0),
    ]
    assert [each.reason for each in recorded] == ["saved", "send", "ad_hoc"]
    with workspace_scope(workspace):
        read = Segment.objects.get(pk=segment.pk)
    assert (read.size, read.state) == (2, SegmentState.FRESH)


def test_a_send_older_than_the_latest_count_leaves_the_trend_as_it_is():
    workspace, readers = make_sending_shop(2)
    give_tag(workspace, readers)
    segment = save_segment(workspace, TAGGED)
    work(now=LATER + MINUTE)
    frozen_run(make_campaign(workspace, audience={"segments": [segment.pk]}), LATER)
    assert [each.as_of for each in snapshots(segment)] == [LATER + MINUTE]


def test_who_left_the_segment_a_second_before_gets_nothing():
    workspace, readers = make_sending_shop(3)
    give_tag(workspace, readers)
    segment = save_segment(workspace, TAGGED)
    work(now=NOW + MINUTE)
    run = make_run(make_campaign(workspace, audience={"segments": [segment.pk]}), LATER)
    give_tag(workspace, readers[:1], now=LATER - timedelta(seconds=1), take=True)
    assert sent_to(freeze(run, LATER)) == {each.pk for each in readers[1:]}


def test_who_comes_later_gets_nothing_either():
    workspace, readers = make_sending_shop(1)
    segment = make_segment(workspace, EVERYBODY)
    run = frozen_run(make_campaign(workspace, audience={"segments": [segment.pk]}), LATER)
    make_reader(workspace)
    assert sent_to(freeze(run, LATER + MINUTE)) == {readers[0].pk}


def test_content_settings_and_definitions_are_frozen():
    workspace, [reader] = make_sending_shop(1, cap_number=3, cap_days=5)
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]}, reply_to="a@b.example")
    run = frozen_run(campaign, LATER)
    with workspace_scope(workspace):
        Segment.objects.filter(pk=segment.pk).update(definition={"version": 1, "where": TAGGED})
        SendingSettings.objects.update(cap_number=9, postal_address="Elsewhere")
        campaign = read_campaign(campaign)
        given = CampaignInput(content={"subject": "Other"}, name="Other", reply_to="")
        campaign.state = CampaignState.DRAFT
        campaign.save()
        Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
        change_campaign(actor=system(workspace), campaign=campaign, given=given, now=LATER)

    run = read_run(run)

    [content] = contents_of(run)
    settings = settings_of(run)
    assert content.subject == HELLO["subject"]
    assert (settings.reply_to, settings.cap_number, settings.cap_days) == ("a@b.example", 3, 5)
    assert settings.postal_address == "Shop, 1 Long Street, Warsaw"
    assert used_segments(run)[0].definition == {"version": 1, "where": EVERYBODY}
    assert run.version_number == 1
    assert reader.pk in outcome_of(run)


def test_each_recipient_keeps_which_conditional_blocks_it_sees():
    workspace, readers = make_sending_shop(4)
    give_tag(workspace, readers[:2])
    vip, all_of_them = make_segment(workspace, TAGGED), make_segment(workspace, EVERYBODY)
    blocks = [
        {"id": "a", "type": "text", "html": "vip", "only": {"segment": vip.pk}},
        {
            "id": "b",
            "type": "text",
            "html": f"{{% if segment_{all_of_them.pk} %}}all{{% endif %}}",
        },
    ]
    content = {"subject": "Hello", "body": {"kind": "blocks", "blocks": blocks}}

    run = frozen_run(campaign_to(workspace, *readers, content=content), LATER)

    bits = conditional_bits(run)
    assert bits == {vip.pk: 0, all_of_them.pk: 1}
    seen = {each.contact_id: each.blocks for each in recipients_of(run)}
    assert seen == {each.pk: 3 if each in readers[:2] else 2 for each in readers}
    assert {each.id: each.uses for each in used_segments(run) if each.kind == "segment"} == {
        vip.pk: ["block"],
        all_of_them.pk: ["block"],
    }


def test_a_broken_condition_of_a_block_stops_the_send():
    workspace, [reader] = make_sending_shop(1)
    content = {**HELLO, "subject": "{% if segment_987654 %}Hello{% endif %}"}
    run = frozen_run(campaign_to(workspace, reader, content=content), LATER)
    assert run.state == RunState.FAILED
    assert "gone" in run.error
    assert not recipients_of(run)


def test_a_failed_segment_fails_the_run_and_stops_the_campaign():
    workspace, _readers = make_sending_shop(1)
    segment = make_segment(workspace, EVERYBODY, name="Readers")
    with workspace_scope(workspace):
        Segment.objects.filter(pk=segment.pk).update(state=SegmentState.FAILED)
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk]},
        state=CampaignState.SCHEDULED,
        next_due_at=LATER + DAY,
    )
    run = frozen_run(campaign, LATER)
    assert (run.state, run.finished_at, run.lease_until) == (RunState.FAILED, LATER, None)
    assert "“Readers”" in run.error
    campaign = read_campaign(campaign)
    assert (campaign.state, campaign.next_due_at) == (CampaignState.STOPPED, None)


def test_each_recipient_gets_a_code_and_those_left_out_get_none():
    workspace, readers = make_sending_shop(3)
    silent = make_contact(workspace)
    pool = make_pool(workspace, "A1", "A2", "A3", "A4")
    campaign = campaign_to(workspace, *readers, silent, code_pool=pool)

    recipients = recipients_of(frozen_run(campaign, LATER))

    codes = {each.contact_id: each.code_id for each in recipients}
    assert codes[silent.pk] is None
    assert len({codes[each.pk] for each in readers} - {None}) == 3


def test_an_exhausted_pool_stops_the_run_and_gives_nothing():
    workspace, readers = make_sending_shop(3)
    pool = make_pool(workspace, "A1", "A2")
    run = frozen_run(campaign_to(workspace, *readers, code_pool=pool), LATER)
    assert run.state == RunState.FAILED
    assert "1" in run.error
    assert not recipients_of(run)
    with workspace_scope(workspace):
        assert not pool.codes.filter(given_at__isnull=False).exists()


def make_pool(workspace, *codes: str):
    with workspace_scope(workspace):
        pool = create_pool(actor=system(workspace), name="Spring", now=NOW)
        upload_codes(actor=system(workspace), pool=pool, lines=list(codes), now=NOW)
        return pool


def test_a_run_waits_for_its_time_and_is_frozen_once():
    workspace, readers = make_sending_shop(2)
    run = make_run(campaign_to(workspace, *readers), LATER)
    assert freeze(run, LATER - MINUTE).state == RunState.SCHEDULED
    assert freezing.freeze_open_runs(clock=lambda: LATER) == 1
    first = read_run(run)
    assert freezing.freeze_open_runs(clock=lambda: LATER + MINUTE) == 0
    assert freeze(run, LATER + MINUTE).as_of == first.as_of == LATER
    assert len(recipients_of(run)) == 2


def test_a_run_whose_worker_died_is_taken_up_again_when_its_lease_is_over():
    workspace, readers = make_sending_shop(2)
    run = make_run(campaign_to(workspace, *readers), LATER)
    claim = freezing._claim(now=LATER, waiting=freezing._waiting(LATER))
    assert claim is not None
    assert freezing.freeze_open_runs(clock=lambda: LATER) == 0, "somebody else has it"
    with workspace_scope(workspace):
        Run.objects.filter(pk=run.pk).update(lease_until=NOW - 3650 * DAY)
    assert freezing.freeze_open_runs(clock=lambda: LATER) == 1
    assert len(sent_to(run)) == 2
    freezing._freeze(claim, lambda: LATER + MINUTE)
    assert read_run(run).as_of == LATER, "who woke up late has no say"


def test_a_slow_freeze_keeps_its_run_though_its_lease_is_over(monkeypatch, settings):
    settings.RECOUNT_LEASE_SECONDS = 0
    workspace, readers = make_sending_shop(2)
    run = make_run(campaign_to(workspace, *readers), LATER)
    taken = []

    def others_try(campaign) -> None:
        meanwhile(lambda: taken.append(freezing.freeze_open_runs(clock=lambda: LATER)))

    monkeypatch.setattr("campaigns.services.freezing_run.settle_campaign", others_try)
    run = freeze(run, LATER)
    assert taken == [0]
    assert (run.state, run.attempts, len(recipients_of(run))) == (RunState.SENDING, 1, 2)


def test_a_crash_before_the_commit_leaves_nothing(monkeypatch):
    workspace, readers = make_sending_shop(2)
    run = make_run(campaign_to(workspace, *readers), LATER)

    class Crash(BaseException):
        pass

    def crash(campaign) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr("campaigns.services.freezing_run.settle_campaign", crash)
        with pytest.raises(Crash):
            freeze(run, LATER)
    assert not recipients_of(run)
    assert read_run(run).state == RunState.FREEZING
    with workspace_scope(workspace):
        Run.objects.filter(pk=run.pk).update(lease_until=NOW - 3650 * DAY)
        assert not Snapshot.objects.filter(reason="send").exists()
    assert len(sent_to(freeze(run, LATER))) == 2


def held_run(usual: int = 120):
    """A run whose segment has many more members than it usually has."""
    workspace, readers = make_sending_shop(3)
    give_tag(workspace, readers[:1])
    segment = save_segment(workspace, TAGGED)
    with workspace_scope(workspace):
        for days in range(1, 4):
            Snapshot.objects.create(
                workspace=workspace,
                segment=segment,
                as_of=LATER - days * DAY,
                version_number=1,
                is_recorded=True,
                reason="schedule",
                size=usual,
                members=b"",
            )
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})
    return workspace, readers, frozen_run(campaign, LATER)


def test_a_size_that_jumps_holds_the_run_until_a_person_confirms():
    workspace, readers, run = held_run()
    assert run.state == RunState.HELD
    assert [(each["code"], each["size"], each["usual"]) for each in run.held_reasons] == [
        ("jump", 1, 120)
    ]
    assert not recipients_of(run)
    assert freeze(run, LATER + MINUTE).state == RunState.HELD, "nothing happens by itself"

    with workspace_scope(workspace):
        confirm_run(actor=system(workspace), run=run, codes=["jump"], now=LATER + MINUTE)
    give_tag(workspace, readers[1:2], now=LATER + MINUTE)
    run = freeze(run, LATER + 2 * MINUTE)

    assert run.state == RunState.SENDING
    assert sent_to(run) == {each.pk for each in readers[:2]}, "the audience is counted anew"
    assert run.confirmed == ["jump"]


def test_a_small_change_of_a_small_segment_alarms_nobody():
    _workspace, _readers, run = held_run(usual=60)
    assert run.state == RunState.SENDING


def test_a_negative_row_without_records_holds_the_run_once_for_the_campaign():
    workspace, [reader] = make_sending_shop(1)
    segment = make_segment(workspace, NO_VISIT)
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})
    run = frozen_run(campaign, LATER)
    assert [each["code"] for each in run.held_reasons] == ["coverage"]
    with workspace_scope(workspace):
        confirm_run(actor=system(workspace), run=run, codes=["coverage"], now=LATER)
    assert sent_to(freeze(run, LATER)) == {reader.pk}
    next_run = frozen_run(campaign, LATER + DAY)
    assert next_run.state == RunState.SENDING, "the same row isn't asked about again"


def test_a_finished_plan_is_done():
    workspace, readers = make_sending_shop(1)
    campaign = campaign_to(workspace, *readers, state=CampaignState.SCHEDULED)
    frozen_run(campaign, LATER)
    assert read_campaign(campaign).state == CampaignState.DONE


def test_a_run_of_an_archived_campaign_is_cancelled():
    workspace, readers = make_sending_shop(1)
    campaign = campaign_to(workspace, *readers, archived_at=NOW)
    run = frozen_run(campaign, LATER)
    assert (run.kind, run.state) == (RunKind.REGULAR, RunState.CANCELLED)
    assert not recipients_of(run)


def test_pending_recipients_of_other_runs_count_for_the_cap():
    workspace, readers = make_sending_shop(2, cap_number=1, cap_days=7)
    frozen_run(campaign_to(workspace, readers[0]), LATER)
    run = frozen_run(campaign_to(workspace, *readers), LATER + MINUTE)
    assert outcome_of(run) == {readers[0].pk: "capped", readers[1].pk: ""}


def test_runs_of_many_contacts_are_written_in_parts(monkeypatch):
    monkeypatch.setattr("campaigns.services.writing.AT_ONCE", 3)
    workspace, _none = make_sending_shop()
    readers = make_readers(workspace, 8)
    give_tag(workspace, readers[::2])
    vip = make_segment(workspace, TAGGED)
    content = {**HELLO, "subject": f"{{% if segment_{vip.pk} %}}a{{% endif %}}"}
    run = frozen_run(campaign_to(workspace, *readers, content=content), LATER)
    seen = [(each.contact_id, each.address, each.blocks) for each in recipients_of(run)]
    assert seen == [(each.pk, each.email, 1 - n % 2) for n, each in enumerate(readers)]
