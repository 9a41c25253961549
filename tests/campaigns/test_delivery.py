"""Sending a run: who is written to, what is kept of it, and when it ends."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaigns.delivery import breaking, jobs, smtp
from campaigns.delivery.choosing import Turns
from campaigns.delivery.claiming import HandOver, claim_batch, hand_over
from campaigns.delivery.letters import message_key
from campaigns.delivery.limits import daily_limit
from campaigns.delivery.outcomes import Outcome, Result
from campaigns.delivery.plan import plan_of
from campaigns.delivery.recording import (
    MOST_ATTEMPTS,
    RETRY_AFTER,
    SPREAD,
    Attempt,
    record_attempts,
    retry_in,
)
from campaigns.delivery.sending import Sender
from campaigns.delivery.sweeping import finish_runs, sweep, wake_deferred
from campaigns.models import Recipient, RecipientState, Run, RunState, SendingAccount
from campaigns.services.control import cancel_run, pause_run, resend_unknown, resume_run
from config.local.processes import free_port
from contacts.models import Channel, ConsentStatus, ContactChange, Suppression, SuppressionReason
from contacts.services import erase_contact, set_consent, suppress_address
from tests.makers.campaigns import make_account
from tests.makers.delivery import (
    addresses,
    make_api_account,
    make_frozen_run,
    make_smtp_account,
    read_run,
    recipient_of,
    states,
)
from tests.makers.sinks import api_sink, smtp_sink
from tests.makers.workspaces import make_actor, make_workspace
from tracking.models import Message
from workspaces.tenancy import claimer_scope, workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_workspace()


def send(seconds: float = 10) -> int:
    """What a worker does, in this test's own connection."""
    return Sender(timezone.now).work(seconds=seconds)


def test_everybody_gets_one_message_and_each_is_kept_as_a_message_of_the_campaign(shop):
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(25))
        assert send() == 25

    assert sorted(address for address, _ in sink.accepted) == sorted(addresses(25))
    assert states(shop, run) == {"sent": 25}
    with workspace_scope(shop):
        [recipient, *_] = Recipient.objects.order_by("pk")
        message = Message.objects.get(external_id=f"run:{run.pk}:{recipient.pk}")
        assert message.contact_id == recipient.contact_id
        assert message.campaign_key == f"campaign-{run.campaign_id}"
        assert message.subject == "Hello p0"
        assert message.sent_at == recipient.sent_at
        assert Message.objects.count() == 25
        assert ContactChange.objects.filter(kind=8).count() == 25
    assert finish_runs(now=timezone.now()) == 1
    assert read_run(shop, run).state == RunState.FINISHED


def test_what_a_server_answers_decides_what_is_tried_again(shop, monkeypatch):
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 0.4)
    bad = ["busy@x.example", "gone@x.example", "full@x.example", "drop@x.example", "hang@x.example"]
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, [*bad, *addresses(10)])
        send()
        assert states(shop, run) == {"sent": 10, "deferred": 1, "failed": 2, "unknown": 2}
        assert finish_runs(now=timezone.now()) == 0, "somebody is still to be tried again"
        assert "451 4.7.1 Greylisted" in recipient_of(shop, run, "busy@x.example").error
        assert "550 5.1.1" in recipient_of(shop, run, "gone@x.example").error

        make_due(shop)
        assert wake_deferred() == 1
        send()
        sweep(now=timezone.now())

    assert states(shop, run) == {"sent": 11, "failed": 2, "unknown": 2}
    assert read_run(shop, run).state == RunState.FINISHED
    got = [address for address, _ in sink.accepted]
    assert sorted(got) == sorted({*got}), "nobody got two"
    assert {"drop@x.example", "hang@x.example"} < {*got}, "unknown is what may have arrived"
    with workspace_scope(shop):
        assert Suppression.objects.filter(reason="bounced").count() == 1, (
            "a full mailbox isn't gone"
        )


def make_due(shop) -> None:
    with workspace_scope(shop):
        due = timezone.now() - timedelta(days=1)
        assert Recipient.objects.filter(state="deferred").update(next_at=due)


def test_who_is_put_off_five_times_has_failed_within_a_day(shop, monkeypatch):
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, ["busy@x.example"])
        for attempt in range(1, MOST_ATTEMPTS + 1):
            sink.tried.clear()
            send()
            expected = "deferred" if attempt < MOST_ATTEMPTS else "failed"
            assert states(shop, run) == {expected: 1}
            if attempt < MOST_ATTEMPTS:
                make_due(shop)
                wake_deferred()
        assert not sink.accepted
    assert sum(RETRY_AFTER, timedelta()) * (1 + SPREAD) < timedelta(hours=24)
    delays = {retry_in(1) for _ in range(20)}
    assert len(delays) == 20, "not all at the same instant again"


def test_whoever_unsubscribed_before_the_claim_is_left_out(shop):
    now = timezone.now()
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(6), topic="news")
        blocked, everything, topic, other, erased, kept = (
            recipient_of(shop, run, address) for address in addresses(6)
        )
        suppress_address(
            workspace=shop,
            channel=Channel.EMAIL,
            address=blocked.address,
            reason=SuppressionReason.UNSUBSCRIBED,
            now=now,
        )
        for recipient, name in ((everything, ""), (topic, "news"), (other, "tips")):
            set_consent(
                workspace=shop,
                contact_ids=[recipient.contact_id],
                channel=Channel.EMAIL,
                status=ConsentStatus.WITHDRAWN,
                topic=name,
                now=now,
            )
        erase_contact(workspace=shop, contact_id=erased.contact_id, now=now)
        send()

    assert [address for address, _ in sink.accepted] == [other.address, kept.address]
    found = states(shop, run)
    assert found.pop("gone", 0) + found.pop("skipped", 0) <= 1  # erased with the contact, or kept
    assert found == {"suppressed": 1, "no_consent": 2, "sent": 2}


def test_only_who_has_given_consent_is_written_to_where_the_campaign_asks_for_it(shop):
    now = timezone.now()
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(3), consent_rule="granted", topic="news")
        for address, name, status in (
            ("p0@mail.example", "", ConsentStatus.GRANTED),
            ("p1@mail.example", "news", ConsentStatus.PENDING),
        ):
            set_consent(
                workspace=shop,
                contact_ids=[recipient_of(shop, run, address).contact_id],
                channel=Channel.EMAIL,
                status=status,
                topic=name,
                now=now,
            )
        send()
    assert states(shop, run) == {"sent": 1, "no_consent": 2}


def test_an_unsubscribe_between_claim_and_handing_over_is_obeyed(shop):
    account = make_account(shop)
    run = make_frozen_run(shop, addresses(2))
    plan = plan_of(workspace=shop, run_id=run.pk)
    batch = claim_batch(plan=plan, most=5, is_idempotent=False)
    first, second = batch.recipients
    suppress_address(
        workspace=shop,
        channel=Channel.EMAIL,
        address=first.address,
        reason=SuppressionReason.UNSUBSCRIBED,
        now=timezone.now(),
    )
    with workspace_scope(shop):
        assert hand_over(plan=plan, recipient=first, message_id="a") == HandOver.REFUSED
        assert hand_over(plan=plan, recipient=second, message_id="b") == HandOver.OURS
    assert states(shop, run) == {"suppressed": 1, "sending": 1}
    assert account.transport == "installation"


def test_pausing_stops_within_a_batch_and_resuming_repeats_nobody(shop):
    actor = make_actor(shop)
    pauses = 0

    def clock():
        """Asked at every message: every fourth time somebody pauses the run."""
        nonlocal pauses, asked
        asked += 1
        if asked % 4 == 0 and read_run(shop, run).state == RunState.SENDING:
            pause_run(actor=actor, run=run, now=timezone.now())
            pauses += 1
        return timezone.now()

    asked = 0
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(44))
        for _ in range(60):
            before = len(sink.accepted)
            Sender(clock).work(seconds=5)
            assert len(sink.accepted) - before <= 11
            if read_run(shop, run).state == RunState.SENDING:
                break
            assert send() == 0, "nothing is sent while it is paused"
            resume_run(actor=actor, run=run, now=timezone.now())
    assert pauses >= 20
    assert sorted(address for address, _ in sink.accepted) == sorted(addresses(44))
    assert states(shop, run) == {"sent": 44}


def test_cancelling_leaves_out_whoever_waits(shop):
    actor = make_actor(shop)
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, ["busy@x.example", *addresses(4)])
        send()
        more = make_frozen_run(shop, addresses(3, "q"))
        cancel_run(actor=actor, run=more, now=timezone.now())
        cancelled = cancel_run(actor=actor, run=run, now=timezone.now())
        send()
    assert cancelled.state == RunState.CANCELLED
    assert states(shop, run) == {"sent": 4, "cancelled": 1}
    assert states(shop, more) == {"cancelled": 3}
    with pytest.raises(ValidationError):
        resume_run(actor=actor, run=run, now=timezone.now())


def test_what_a_dead_sender_held_waits_again_or_is_unknown(shop):
    make_account(shop)
    run = make_frozen_run(shop, addresses(3))
    plan = plan_of(workspace=shop, run_id=run.pk)
    batch = claim_batch(plan=plan, most=2, is_idempotent=False)
    first, _ = batch.recipients
    with workspace_scope(shop):
        assert hand_over(plan=plan, recipient=first, message_id="a@b") == HandOver.OURS
    expire(shop)

    sweep(now=timezone.now())

    assert states(shop, run) == {"unknown": 1, "queued": 2}
    assert recipient_of(shop, run, first.address).provider_id == "a@b", "reports can still name it"
    late = Attempt(first, Outcome(Result.SENT), "Hello", timezone.now())
    with workspace_scope(shop):
        assert record_attempts(plan=plan, attempts=[late]) == [late]
    assert states(shop, run) == {"sent": 1, "queued": 2}


def expire(shop) -> None:
    """As if every sender had been silent for long."""
    with workspace_scope(shop):
        past = timezone.now() - timedelta(minutes=5)
        Recipient.objects.filter(state="sending").update(lease_until=past)


def test_an_outcome_counts_only_for_whoever_holds_the_recipient(shop):
    make_account(shop)
    run = make_frozen_run(shop, addresses(1))
    plan = plan_of(workspace=shop, run_id=run.pk)
    [mine] = claim_batch(plan=plan, most=1, is_idempotent=False).recipients
    expire(shop)
    sweep(now=timezone.now())
    [theirs] = claim_batch(plan=plan, most=1, is_idempotent=False).recipients
    late = Attempt(mine, Outcome(Result.FAILED, "too late"), "", timezone.now())
    with workspace_scope(shop):
        assert record_attempts(plan=plan, attempts=[late]) == []
        assert hand_over(plan=plan, recipient=mine, message_id="x") == HandOver.STOPPED
        assert hand_over(plan=plan, recipient=theirs, message_id="x") == HandOver.OURS


def test_a_batch_nobody_answered_is_repeated_with_its_key_and_sent_once(shop):
    with api_sink(faults=[500]) as api:
        make_api_account(shop, api)
        run = make_frozen_run(shop, addresses(30))
        send(seconds=1)
        assert states(shop, run) == {"sending": 30}, "accepted, but nobody knows"
        expire(shop)
        sweep(now=timezone.now())
        assert states(shop, run) == {"sending": 30}, "left for who repeats it"
        forget_pause(shop)
        send()
    assert states(shop, run) == {"sent": 30}
    assert sorted(each["to"][0] for each in api.accepted) == sorted(addresses(30))
    (first, _), (second, _) = api.requests
    assert first == second
    assert recipient_of(shop, run, "p0@mail.example").provider_id


def forget_pause(shop) -> None:
    with workspace_scope(shop):
        SendingAccount.objects.update(paused_until=None)


def test_a_batch_is_not_repeated_once_somebody_in_it_has_unsubscribed(shop):
    with api_sink(faults=[500]) as api:
        make_api_account(shop, api)
        run = make_frozen_run(shop, addresses(3))
        send(seconds=1)
        expire(shop)
        suppress_address(
            workspace=shop,
            channel=Channel.EMAIL,
            address="p1@mail.example",
            reason=SuppressionReason.UNSUBSCRIBED,
            now=timezone.now(),
        )
        forget_pause(shop)
        send()
    assert len(api.requests) == 1
    assert states(shop, run) == {"unknown": 3}


def test_a_person_may_send_again_to_whom_nobody_knows_about(shop, monkeypatch):
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 0.4)
    actor = make_actor(shop)
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, ["drop@x.example", *addresses(2)])
        send()
        sweep(now=timezone.now())
        assert read_run(shop, run).state == RunState.FINISHED
        number = resend_unknown(actor=actor, run=run, recipient_ids=None, now=timezone.now())
        assert number == 1
        assert read_run(shop, run).state == RunState.SENDING
        send()
    names = [name for address, name in sink.accepted if address == "drop@x.example"]
    assert len(names) == 2
    assert len(set(names)) == 1, "the same Message-ID: mailboxes can tell"


def test_an_account_that_cannot_be_reached_costs_nobody_an_attempt(shop):
    account = make_smtp_account(shop, free_port())
    run = make_frozen_run(shop, addresses(5))
    send(seconds=1)
    assert states(shop, run) == {"queued": 5}
    with workspace_scope(shop):
        assert set(Recipient.objects.values_list("attempt", flat=True)) == {0}
        account.refresh_from_db()
    assert account.paused_until is not None
    assert "refused" in account.error.lower()


def test_a_run_pauses_when_more_than_one_in_ten_is_not_accepted(shop, monkeypatch):
    monkeypatch.setattr(breaking, "WINDOW", 20)
    # Runs of other tests had the same numbers: tables are emptied, and count from one again.
    monkeypatch.setattr(jobs, "_breaker", breaking.Breaker())
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        mails = [*addresses(3, "full"), *addresses(17), *addresses(30, "later")]
        run = make_frozen_run(shop, mails)
        send(seconds=20)
        assert read_run(shop, run).state == RunState.PAUSED
        assert "one in ten" in read_run(shop, run).error
        assert states(shop, run) == {"failed": 3, "sent": 17, "queued": 30}
        resume_run(actor=make_actor(shop), run=run, now=timezone.now())
        send()
    assert states(shop, run) == {"failed": 3, "sent": 47}


def test_the_sweeper_counts_the_failures_of_all_senders_together(shop):
    run = make_frozen_run(shop, addresses(505))

    def decide(state: str, number: int) -> None:
        with workspace_scope(shop):
            some = Recipient.objects.filter(state="queued").values_list("pk", flat=True)[:number]
            Recipient.objects.filter(pk__in=list(some)).update(state=state)

    decide("failed", 50)
    decide("sent", 449)
    sweep(now=timezone.now())
    assert read_run(shop, run).state == RunState.SENDING, "one in ten of 499 is not yet 500"
    decide("unknown", 1)
    sweep(now=timezone.now())
    assert read_run(shop, run).state == RunState.PAUSED
    resume_run(actor=make_actor(shop), run=run, now=timezone.now())
    sweep(now=timezone.now())
    assert read_run(shop, run).state == RunState.SENDING, "who resumed it knew"


def test_limits_of_an_account_hold(shop):
    today = timezone.now().date()
    account = make_account(shop, per_day=7, per_second=5)
    run = make_frozen_run(shop, addresses(20))
    plan = plan_of(workspace=shop, run_id=run.pk)

    def take() -> int:
        return len(claim_batch(plan=plan, most=20, is_idempotent=False).recipients)

    assert take() == 5, "a second's worth"
    assert take() == 0, "until the second is over"
    with workspace_scope(shop):
        SendingAccount.objects.update(free_at=None)
    assert take() == 2, "the rest of the day's"
    with workspace_scope(shop):
        SendingAccount.objects.update(free_at=None)
    batch = claim_batch(plan=plan, most=20, is_idempotent=False)
    assert not batch.recipients
    assert timedelta(0) < batch.again_in <= timedelta(days=1)
    with workspace_scope(shop):
        yesterday = today - timedelta(days=1)
        SendingAccount.objects.update(free_at=None, counted_on=yesterday, per_second=None)
    assert take() == 7
    account.warm_up_from = today
    assert [daily_limit(account, today + timedelta(days=day)) for day in (0, 14, 15)] == [7, 7, 7]
    account.per_day = None
    limits = [daily_limit(account, today + timedelta(days=day)) for day in (0, 1, 14, 15)]
    assert limits == [200, 500, 1_000_000, None]


def test_workspaces_and_their_runs_take_turns(shop):
    other = make_workspace("Other")
    for workspace in (shop, other):
        make_account(workspace)
    runs = [make_frozen_run(shop, addresses(3)) for _ in range(3)]
    small = make_frozen_run(other, addresses(3))
    turns = Turns()
    chosen = [turns.next() for _ in range(6)]
    assert [each.workspace_id for each in chosen].count(other.pk) == 3
    assert {each.run_id for each in chosen} == {small.pk, *(run.pk for run in runs)}
    with claimer_scope():
        assert Run.objects.filter(state="sending").count() == 4


def test_a_run_without_an_account_says_so_instead_of_failing_everybody(shop):
    run = make_frozen_run(shop, addresses(2))
    send(seconds=1)
    assert read_run(shop, run).state == RunState.PAUSED
    assert "account" in read_run(shop, run).error
    assert states(shop, run) == {"queued": 2}


def test_the_installations_own_server_is_used_where_the_account_says_so(shop):
    make_account(shop)
    run = make_frozen_run(shop, addresses(2))
    send()
    assert states(shop, run) == {"sent": 2}
    assert sorted(message.to[0] for message in mail.outbox) == addresses(2)
    assert mail.outbox[0].extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_every_message_can_be_unsubscribed_from_with_one_click(shop):
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(20))
        send()
    for content in sink.messages:
        message = email.message_from_bytes(content, policy=email.policy.SMTP)
        [unsubscribe] = message.get_all("List-Unsubscribe")
        assert unsubscribe.startswith("<http")
        assert unsubscribe.count("<") == unsubscribe.count("http") == 1
        assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
        recipient = recipient_of(shop, run, message["To"])
        key = message_key(run_id=run.pk, contact_id=recipient.contact_id)
        assert message["Message-ID"] == f"<{key}@shop.example>"
        assert recipient.state == RecipientState.SENT
