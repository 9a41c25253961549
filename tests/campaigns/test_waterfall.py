"""From everybody in the segments to the recipients: each step takes exactly whom it names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.audience import AudienceRefusedError
from campaigns.mailboxes import bucket_of
from campaigns.models import ConsentRule, SkipReason, Topic
from campaigns.waterfall import holdout_salt, waterfall_of
from contacts.addresses import hash_address
from contacts.models import StaticList
from segments.models import Segment, SegmentState
from tests.makers.audiences import (
    campaign_to,
    make_reader,
    make_sending_shop,
    suppress,
)
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_contact, make_list
from tests.makers.recounts import EVERYBODY
from tests.makers.segments import make_segment
from tests.makers.tracking import make_message
from tests.makers.workspaces import NOW
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
TOPIC = {"email": {"status": "granted", "topic": "offers"}}


def falls_of(campaign, *, as_of=LATER):
    with workspace_scope(campaign.workspace_id):
        return waterfall_of(campaign=campaign, as_of=as_of)


def removed(campaign, reason: SkipReason, *, as_of=LATER) -> set[int]:
    return set(falls_of(campaign, as_of=as_of).contacts_of(reason.value).ids())


def recipients(campaign, *, as_of=LATER) -> set[int]:
    return set(falls_of(campaign, as_of=as_of).recipients.ids())


def test_the_steps_come_in_their_order_and_add_up():
    workspace, readers = make_sending_shop(6)
    excluded = make_list(workspace, "", readers[0])
    silent = make_contact(workspace)
    unasked = make_contact(workspace, email="unasked@mail.example")
    suppress(workspace, readers[1].email, now=NOW)
    twin = make_reader(workspace, readers[2].email.upper())
    campaign = campaign_to(workspace, *readers, silent, unasked, twin)
    campaign.audience["exclude_lists"] = [excluded.pk]

    falls = falls_of(campaign)

    assert [step.key for step in falls.steps] == [
        "excluded",
        "no_address",
        "no_consent",
        "suppressed",
        "capped",
        "held_out",
        "duplicate",
    ]
    found = {step.key: set(step.removed.ids()) for step in falls.steps if step.removed}
    assert found == {
        "excluded": {readers[0].pk},
        "no_address": {silent.pk},
        "no_consent": {unasked.pk},
        "suppressed": {readers[1].pk},
        "duplicate": {twin.pk},
    }
    assert set(falls.recipients.ids()) == {each.pk for each in readers[2:]}
    left = len(falls.inside)
    for step in falls.steps:
        left -= len(step.removed)
        assert left == len(step.left)
    assert left == len(falls.recipients)


def test_segments_and_lists_combine_by_any_or_all():
    workspace, [a, b, c] = make_sending_shop(3)
    first, second = make_list(workspace, "", a, b), make_list(workspace, "", b, c)
    segment = make_segment(workspace, EVERYBODY, pinned_out=[c])
    both = {"lists": [first.pk, second.pk]}

    assert recipients(make_campaign(workspace, audience=both)) == {a.pk, b.pk, c.pk}
    matching = make_campaign(workspace, audience={**both, "match": "all"})
    assert recipients(matching) == {b.pk}
    with_segment = {"lists": [second.pk], "segments": [segment.pk], "match": "all"}
    assert recipients(make_campaign(workspace, audience=with_segment)) == {b.pk}
    without = {"lists": [first.pk], "exclude_segments": [segment.pk]}
    assert removed(make_campaign(workspace, audience=without), SkipReason.EXCLUDED) == {a.pk, b.pk}


def test_pins_decide_who_is_in_the_audience():
    workspace, [_nobody, chosen] = make_sending_shop(2)
    segment = make_segment(workspace, {"not": EVERYBODY}, pinned_in=[chosen])
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})
    assert recipients(campaign) == {chosen.pk}


@pytest.mark.parametrize(
    ("rule", "consents", "gets"),
    [
        (ConsentRule.GRANTED, {"email": "granted"}, True),
        (ConsentRule.GRANTED, {"email": "pending"}, False),
        (ConsentRule.GRANTED, {"email": "withdrawn"}, False),
        (ConsentRule.GRANTED, {}, False),
        (ConsentRule.GRANTED, {"sms": "granted"}, False),
        (ConsentRule.NOT_WITHDRAWN, {"email": "pending"}, False),
        (ConsentRule.NOT_WITHDRAWN, {"email": "withdrawn"}, False),
        (ConsentRule.NOT_WITHDRAWN, {}, True),
    ],
)
def test_who_may_be_written_to_is_what_the_rule_says(rule, consents, gets):
    workspace, _readers = make_sending_shop()
    reader = make_reader(workspace, consents=consents)
    campaign = campaign_to(workspace, reader, consent_rule=rule)
    assert (recipients(campaign) == {reader.pk}) is gets


def test_the_more_restrictive_of_everything_and_the_topic_wins():
    workspace, _readers = make_sending_shop()
    with workspace_scope(workspace):
        topic = Topic.objects.create(workspace=workspace, key="offers", name="Offers")
    only_topic = make_reader(workspace, consents=TOPIC)
    generally = make_reader(workspace)
    not_topic = make_reader(workspace)
    make_contact(
        workspace,
        not_topic.external_id,
        consents={"email": {"status": "withdrawn", "topic": "offers"}},
    )
    nothing = make_reader(workspace, consents={"email": "withdrawn"})
    make_contact(workspace, nothing.external_id, consents=TOPIC)
    everybody = [only_topic, generally, not_topic, nothing]

    about_offers = campaign_to(workspace, *everybody, topic=topic)
    assert recipients(about_offers) == {only_topic.pk, generally.pk}
    about_anything = campaign_to(workspace, *everybody)
    assert recipients(about_anything) == {generally.pk, not_topic.pk}


def test_an_address_is_the_one_that_holds_at_the_instant():
    workspace, [reader] = make_sending_shop(1)
    blocked = reader.email
    suppress(workspace, blocked, now=NOW)
    campaign = campaign_to(workspace, reader)
    assert removed(campaign, SkipReason.SUPPRESSED) == {reader.pk}
    make_contact(workspace, reader.external_id, email="new@mail.example", now=LATER)
    assert recipients(campaign, as_of=LATER + timedelta(seconds=1)) == {reader.pk}
    assert removed(campaign, SkipReason.SUPPRESSED, as_of=NOW + timedelta(seconds=1)) == {reader.pk}


def test_the_cap_counts_the_e_mails_of_the_last_days():
    workspace, [two, one, old, texted] = make_sending_shop(4, cap_number=2, cap_days=7)
    for days in (1, 6):
        make_message(workspace, two, LATER - timedelta(days=days), now=LATER)
        make_message(workspace, texted, LATER - timedelta(days=days), channel="sms", now=LATER)
    make_message(workspace, one, LATER - timedelta(days=1), now=LATER)
    for days in (1, 8):
        make_message(workspace, old, LATER - timedelta(days=days), now=LATER)
    everybody = [two, one, old, texted]

    assert removed(campaign_to(workspace, *everybody), SkipReason.CAPPED) == {two.pk}
    exempt = campaign_to(workspace, *everybody, ignores_cap=True)
    assert not removed(exempt, SkipReason.CAPPED)


def test_hold_outs_go_by_address_so_that_twins_agree():
    workspace, readers = make_sending_shop(60)
    twins = [make_reader(workspace, each.email) for each in readers]
    campaign = campaign_to(workspace, *readers, *twins, holdout_points=3000)

    held = removed(campaign, SkipReason.HELD_OUT)

    expected = {
        each.pk
        for each in (*readers, *twins)
        if bucket_of(
            holdout_salt(campaign.pk), hash_address(workspace=workspace, address=each.email)
        )
        < 3000
    }
    assert held == expected
    assert 0 < len(held) < 120
    for reader, twin in zip(readers, twins, strict=True):
        assert (reader.pk in held) == (twin.pk in held)


def test_the_control_group_gets_nothing_of_any_campaign_and_is_independent_of_hold_outs():
    workspace, readers = make_sending_shop(80, holdout_points=2500, holdout_salt="control")
    first = removed(campaign_to(workspace, *readers), SkipReason.HELD_OUT)
    second = removed(campaign_to(workspace, *readers), SkipReason.HELD_OUT)
    with_own = removed(campaign_to(workspace, *readers, holdout_points=3000), SkipReason.HELD_OUT)
    assert first == second
    assert 0 < len(first) < 60
    assert first < with_own


def test_of_several_with_one_address_the_first_gets_it():
    workspace, [first] = make_sending_shop(1)
    second = make_reader(workspace, first.email.replace("reader", "READER"))
    third = make_reader(workspace, first.email)
    alone = make_reader(workspace)
    campaign = campaign_to(workspace, third, second, first, alone)
    assert recipients(campaign) == {first.pk, alone.pk}
    assert removed(campaign, SkipReason.DUPLICATE) == {second.pk, third.pk}


@pytest.mark.parametrize(
    ("state", "code"), [(SegmentState.FAILED, "failed"), (SegmentState.BROKEN, "broken")]
)
@pytest.mark.parametrize("use", ["segments", "exclude_segments"])
def test_a_failed_or_broken_segment_is_never_sent_to(state, code, use):
    workspace, [reader] = make_sending_shop(1)
    segment = make_segment(workspace, EVERYBODY)
    with workspace_scope(workspace):
        Segment.objects.filter(pk=segment.pk).update(state=state, error="gone")
    campaign = campaign_to(workspace, reader)
    campaign.audience[use] = [segment.pk]
    with pytest.raises(AudienceRefusedError) as refused:
        falls_of(campaign)
    assert [(each.code, each.id) for each in refused.value.reasons] == [(code, segment.pk)]


def test_what_is_gone_archived_or_names_what_is_gone_is_refused_with_every_reason():
    workspace, [reader] = make_sending_shop(1)
    broken = make_segment(workspace, {"segment": 999_999})
    archived = make_segment(workspace, EVERYBODY)
    gone_list = make_list(workspace, "", reader)
    with workspace_scope(workspace):
        Segment.objects.filter(pk=archived.pk).update(archived_at=NOW)
        StaticList.objects.filter(pk=gone_list.pk).update(archived_at=NOW)
    audience = {"segments": [broken.pk, archived.pk, 999_998], "lists": [gone_list.pk]}
    with pytest.raises(AudienceRefusedError) as refused:
        falls_of(make_campaign(workspace, audience=audience))
    assert [each.code for each in refused.value.reasons] == ["broken", "archived", "gone", "gone"]
    with pytest.raises(AudienceRefusedError) as refused:
        falls_of(make_campaign(workspace, audience={}))
    assert [each.code for each in refused.value.reasons] == ["empty"]


def test_a_segment_that_changed_since_its_last_count_is_counted_anew():
    workspace, readers = make_sending_shop(3)
    segment = make_segment(workspace, EVERYBODY)
    with workspace_scope(workspace):
        Segment.objects.filter(pk=segment.pk).update(
            state=SegmentState.FRESH, size=1, counted_at=NOW - timedelta(days=30)
        )
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})
    assert recipients(campaign) == {each.pk for each in readers}


def test_a_row_that_looks_back_to_before_anything_was_recorded_warns():
    workspace, [reader] = make_sending_shop(1)
    no_visit = {
        "type": "visits.visited",
        "operator": "exactly",
        "number": 0,
        "window": {"last": 30, "unit": "days"},
    }
    silent = make_segment(workspace, no_visit)
    visited = make_segment(workspace, {"not": no_visit})
    campaign = make_campaign(workspace, audience={"segments": [silent.pk]})
    assert [gap.segment_id for gap in falls_of(campaign).coverage] == [silent.pk]
    outer = make_segment(workspace, {"all": [{"segment": silent.pk}, EVERYBODY]})
    nested = make_campaign(workspace, audience={"segments": [outer.pk]})
    assert [gap.segment_id for gap in falls_of(nested).coverage] == [outer.pk]
    assert not falls_of(make_campaign(workspace, audience={"segments": [visited.pk]})).coverage
    excluding = campaign_to(workspace, reader)
    excluding.audience["exclude_segments"] = [visited.pk]
    assert [gap.segment_id for gap in falls_of(excluding).coverage] == [visited.pk]


def test_another_workspaces_contacts_consents_and_addresses_change_nothing():
    workspace, [reader] = make_sending_shop(1)
    campaign = campaign_to(workspace, reader)
    before = falls_of(campaign).rows()
    other, [twin] = make_sending_shop(1)
    make_contact(other, twin.external_id, email=reader.email, consents={"email": "withdrawn"})
    suppress(other, reader.email, now=NOW)
    assert falls_of(campaign).rows() == before
