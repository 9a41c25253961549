"""One run in the hands of one sender: claimed recipients are rendered, attempted and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock
from time import monotonic, sleep
from typing import Any, Protocol, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from campaigns.delivery.breaking import Breaker
from campaigns.delivery.claiming import (
    Batch,
    HandOver,
    claim_batch,
    hand_over,
    refused_among,
    release,
)
from campaigns.delivery.letters import Letter, message_id, message_key, unsubscribe_headers
from campaigns.delivery.limits import account_works, pause_account
from campaigns.delivery.outcomes import AccountUnavailableError, Outcome, Result, Transporter
from campaigns.delivery.plan import Plan
from campaigns.delivery.recording import Attempt, record_attempts
from campaigns.models import Recipient
from campaigns.responses.outcomes import Outcome as Bounce
from campaigns.responses.outcomes import OutcomeKind, take_outcomes
from campaigns.services.control import pause_for, too_many_failures
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

ONE_BY_ONE = 20  # rendered together where letters go one by one
RECORD_SECONDS = 40.0  # how long an outcome is held on to while the database is away

T = TypeVar("T")
_breaker = Breaker()

# Renderers are shared by the senders of a process.
RENDERING = Lock()


class Renderer(Protocol):
    """Makes the messages of a run (campaigns/content/rendering.py)."""

    def render(self, recipients: Sequence[Recipient], *, now: datetime) -> Sequence[Any]: ...


@dataclass
class Job:
    """`send` returns how many were taken; `rests_for` says for how long there is nothing to do."""

    plan: Plan
    renderer: Renderer
    transport: Transporter
    clock: Callable[[], datetime]
    rests_for: float = 0.0
    has_recorded: bool = field(default=False, init=False)

    def send(self) -> int:
        """Take one batch and see it through."""
        most = self.transport.most if self.transport.is_idempotent else ONE_BY_ONE
        batch = claim_batch(plan=self.plan, most=most, is_idempotent=self.transport.is_idempotent)
        if not batch.recipients:
            self.rests_for = batch.again_in.total_seconds()
            return batch.number_skipped
        if batch.is_repeat and self._may_not_repeat(batch):
            return len(batch.recipients)
        letters = self._letters(batch)
        if letters:
            self._attempt(batch, letters)
        return len(batch.recipients) + batch.number_skipped

    def _attempt(self, batch: Batch, letters: Sequence[tuple[Recipient, Letter]]) -> None:
        attempt = self._together if self.transport.is_idempotent else self._one_by_one
        try:
            attempt(batch, letters)
        except AccountUnavailableError as error:
            logger.warning("account_unavailable", account_id=self.plan.account.pk, why=str(error))
            with workspace_scope(self.plan.workspace):
                pause_account(self.plan.account, seconds=error.seconds, error=str(error))
            self.rests_for = error.seconds

    def _together(self, batch: Batch, letters: Sequence[tuple[Recipient, Letter]]) -> None:
        """All at once, with the batch's key. Without an answer they stay as they are until the
        lease has run out, and are repeated with the same key."""
        try:
            outcomes = self.transport.send([letter for _, letter in letters], key=str(batch.holder))
        except AccountUnavailableError:
            if not batch.is_repeat:
                self._release(batch, letters)
            raise
        at = self.clock()
        attempts = [
            Attempt(recipient, outcome, letter.subject, at)
            for (recipient, letter), outcome in zip(letters, outcomes, strict=True)
            if not outcome.is_repeatable
        ]
        persist(partial(self._keep, attempts))
        unanswered = [outcome for outcome in outcomes if outcome.is_repeatable]
        if unanswered:
            raise AccountUnavailableError(unanswered[0].error, seconds=20)

    def _one_by_one(self, batch: Batch, letters: Sequence[tuple[Recipient, Letter]]) -> None:
        """What is recorded of one and that the next is handed over are one commit."""
        last: list[Attempt] = []
        for place, (recipient, letter) in enumerate(letters):
            verdict = persist(partial(self._step, last, recipient, letter))
            last = []
            if verdict == HandOver.STOPPED:
                break
            if verdict == HandOver.REFUSED:
                continue
            try:
                [outcome] = self.transport.send([letter])
            except AccountUnavailableError:
                self._release(batch, letters[place:])
                raise
            last = [Attempt(recipient, outcome, letter.subject, self.clock())]
        persist(partial(self._keep, last))
        self._release(batch, letters)  # those it didn't come to

    def _step(self, last: Sequence[Attempt], recipient: Recipient, letter: Letter) -> HandOver:
        with workspace_scope(self.plan.workspace):
            self._record(last)
            return hand_over(plan=self.plan, recipient=recipient, message_id=letter.message_id)

    def _keep(self, attempts: Sequence[Attempt]) -> None:
        if attempts:
            with workspace_scope(self.plan.workspace):
                self._record(attempts)

    def _record(self, attempts: Sequence[Attempt]) -> None:
        """Inside the workspace's scope."""
        if not attempts:
            return
        record_attempts(plan=self.plan, attempts=attempts, is_first=not self.has_recorded)
        self._follow_up(attempts)
        self.has_recorded = True

    def _follow_up(self, attempts: Sequence[Attempt]) -> None:
        run, account = self.plan.run, self.plan.account
        if account.error and any(each.state == Result.SENT for each in attempts):
            account_works(account)
            account.error = ""
        bounced = [
            Bounce(each.recipient.pk, OutcomeKind.HARD_BOUNCE, each.at, "smtp")
            for each in attempts
            if each.outcome.bounced
        ]
        if bounced:
            take_outcomes(
                workspace=self.plan.workspace, outcomes=bounced, now=self.clock(), source="smtp"
            )
        if _breaker.has_tripped(run, (each.state for each in attempts)):
            pause_for(run=run, reason=too_many_failures(), now=self.clock())

    def _letters(self, batch: Batch) -> list[tuple[Recipient, Letter]]:
        """The messages; whose message can't be made has failed."""
        try:
            with RENDERING, workspace_scope(self.plan.workspace):
                made = self.renderer.render(batch.recipients, now=self.clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("messages_not_made", run_id=self.plan.run.pk)
            self._give_up_rendering(batch)
            return []
        letters, faults = [], []
        at = self.clock()
        for recipient, each in zip(batch.recipients, made, strict=True):
            if hasattr(each, "html"):
                letters.append((recipient, self._letter(recipient, each, at)))
            else:
                outcome = Outcome(Result.FAILED, str(each.message))
                faults.append(Attempt(recipient, outcome, "", at))
        persist(partial(self._keep, faults))
        return letters

    def _give_up_rendering(self, batch: Batch) -> None:
        if not batch.is_repeat:
            release(
                plan=self.plan,
                holder=batch.holder,
                recipient_ids=[each.pk for each in batch.recipients],
            )
        reason = _("The message could not be made; the log of the worker says why.")
        pause_for(run=self.plan.run, reason=reason, now=self.clock())

    def _letter(self, recipient: Recipient, rendered: Any, at: datetime) -> Letter:
        plan, contact_id = self.plan, recipient.contact_id
        return Letter(
            recipient_id=recipient.pk,
            message_id=message_id(
                run_id=plan.run.pk, contact_id=contact_id, from_email=plan.sender.email
            ),
            key=str(message_key(run_id=plan.run.pk, contact_id=contact_id)),
            from_name=plan.sender.name,
            from_email=plan.sender.email,
            reply_to=plan.sender.reply_to,
            to=recipient.address,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            date=at,
            headers={
                **unsubscribe_headers(workspace=plan.workspace, recipient_id=recipient.pk),
                "Feedback-ID": f"{plan.run.pk}:{plan.run.campaign_id}:{plan.workspace.pk}:kohorta",
            },
        )

    def _may_not_repeat(self, batch: Batch) -> bool:
        """Of a batch that was handed over somebody wants nothing any more: it can't be repeated
        as it was, and nobody knows whether it has gone."""
        ids = [each.pk for each in batch.recipients]
        if not refused_among(plan=self.plan, recipient_ids=ids):
            return False
        outcome = Outcome(Result.UNKNOWN, _("The sender stopped before the answer came."))
        at = self.clock()
        attempts = [Attempt(each, outcome, "", at) for each in batch.recipients]
        persist(partial(self._keep, attempts))
        return True

    def _release(self, batch: Batch, letters: Sequence[tuple[Recipient, Letter]]) -> None:
        """Those of them who are still ours were not written to."""
        release(
            plan=self.plan,
            holder=batch.holder,
            recipient_ids=[recipient.pk for recipient, _ in letters],
        )


def persist(work: Callable[[], T]) -> T:
    """Do it in the database, also when that is away for a moment: an outcome that isn't kept
    would be unknown for ever. `work` may be done twice."""
    until = monotonic() + RECORD_SECONDS
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError):
            if monotonic() > until or connection.in_atomic_block:
                raise
            connection.close()
            sleep(0.5)
