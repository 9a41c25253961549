"""Stopping and going on: what people, and the product itself, do to a run under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from celery import current_app
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.models import OPEN_STATES, Recipient, RecipientState, Run, RunState, SkipReason
from workspaces.audit import record_audit
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

FAILURES = "failures"  # code of the reason a run is paused for when too much is not accepted
SKIPPED_AT_ONCE = 10_000

WAITING = (RecipientState.QUEUED, RecipientState.DEFERRED)


class NotPossibleError(ValidationError):
    """The run is not in a state in which this can be done to it."""


def pause_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Send no more of it until somebody says so; what is being sent this instant still goes.

    Pausing a paused run changes nothing. Raises `NotPossibleError`.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        locked = _locked(actor, run)
        if locked.state == RunState.PAUSED:
            return locked
        if locked.state != RunState.SENDING:
            raise NotPossibleError(_("Only a run that is being sent can be paused."))
        _change(locked, state=RunState.PAUSED)
        record_audit(actor=actor, action="run.paused", subject=locked, now=now)
        return locked


def pause_for(*, run: Run, reason: str, now: datetime, code: str = FAILURES) -> bool:
    """The product itself pauses a run and says why; False if it wasn't being sent.

    Who resumes it has confirmed `code`: then the run isn't paused for the same reason at once.
    """
    with workspace_scope(run.workspace_id):
        locked = (
            Run.objects.in_workspace(run.workspace_id)
            .select_for_update()
            .filter(pk=run.pk, state=RunState.SENDING)
            .first()
        )
        if locked is None:
            return False
        why = {"code": code, "message": reason, "at": now.isoformat()}
        _change(locked, state=RunState.PAUSED, error=reason, held_reasons=[why])
        actor = Actor(workspace=locked.workspace, is_system=True)
        details = {"reason": reason}
        record_audit(actor=actor, action="run.paused", subject=locked, now=now, details=details)
    logger.warning("run_paused", run_id=run.pk, code=code)
    return True


def resume_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Go on with a paused run where it stopped. Resuming one that is being sent changes nothing.

    Raises `NotPossibleError`.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        locked = _locked(actor, run)
        if locked.state == RunState.SENDING:
            return locked
        if locked.state != RunState.PAUSED:
            raise NotPossibleError(_("Only a paused run can be resumed."))
        codes = [*locked.confirmed, *(str(each["code"]) for each in locked.held_reasons)]
        _change(
            locked,
            state=RunState.SENDING,
            error="",
            held_reasons=[],
            confirmed=list(dict.fromkeys(codes)),
            confirmed_by=actor.user,
            confirmed_at=now,
        )
        record_audit(actor=actor, action="run.resumed", subject=locked, now=now)
        ring_for_senders()
        return locked


def cancel_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """End a run for good: who has not been written to won't be. Cancelling twice is once.

    Raises `NotPossibleError`.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        locked = _locked(actor, run)
        if locked.state == RunState.CANCELLED:
            return locked
        if locked.state not in OPEN_STATES:
            raise NotPossibleError(_("This run is over."))
        _change(locked, state=RunState.CANCELLED, finished_at=now)
        skip_waiting(run=locked)
        record_audit(actor=actor, action="run.cancelled", subject=locked, now=now)
        return locked


def skip_waiting(*, run: Run) -> int:
    """Leave out who waits in a cancelled run, so many at a time; how many that were."""
    with workspace_scope(run.workspace_id):
        recipients = Recipient.objects.in_workspace(run.workspace_id)
        some = (
            recipients.filter(run=run, state__in=WAITING)
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:SKIPPED_AT_ONCE]
        )
        return recipients.filter(pk__in=list(some)).update(
            state=RecipientState.SKIPPED,
            reason=SkipReason.CANCELLED,
            holder=None,
            lease_until=None,
            next_at=None,
        )


def resend_unknown(
    *, actor: Actor, run: Run, recipient_ids: Sequence[int] | None, now: datetime
) -> int:
    """Write once more to recipients nobody knows about, a person's choice: some get it twice.

    None: to all of the run's. How many there were. Raises `NotPossibleError`.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        locked = _locked(actor, run)
        if locked.state not in (RunState.SENDING, RunState.PAUSED, RunState.FINISHED):
            raise NotPossibleError(_("This run is not being sent any more."))
        number = _unknown(locked, recipient_ids).update(
            state=RecipientState.QUEUED,
            attempt=0,
            handed_over=False,
            holder=None,
            lease_until=None,
            error="",
        )
        if not number:
            return 0
        if locked.state == RunState.FINISHED:
            _change(locked, state=RunState.SENDING, finished_at=None)
        details = {"recipients": number}
        record_audit(
            actor=actor, action="run.unknown_resent", subject=locked, now=now, details=details
        )
        ring_for_senders()
        return number


def too_many_failures() -> str:
    """Why a run is paused whose messages are not accepted."""
    return _("More than one in ten of the latest messages was not accepted.")


def ring_for_senders() -> None:
    """Tell the workers on commit that there is something to send; else a tick finds it."""
    transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    current_app.send_task("campaigns.tasks.work_sends", expires=60, retry=False)


def _unknown(run: Run, recipient_ids: Iterable[int] | None) -> QuerySet[Recipient]:
    unknown = Recipient.objects.in_workspace(run.workspace_id).filter(
        run=run, state=RecipientState.UNKNOWN
    )
    return unknown if recipient_ids is None else unknown.filter(pk__any_of=set(recipient_ids))


def _locked(actor: Actor, run: Run) -> Run:
    """The run as it is now, kept so until the commit: senders and the finisher wait."""
    return Run.objects.in_workspace(actor.workspace).select_for_update().get(pk=run.pk)


def _change(run: Run, **values: object) -> None:
    for name, value in values.items():
        setattr(run, name, value)
    run.save(update_fields=list(values))
