"""Putting right what dead senders left behind, and finding out what is finished."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaigns.delivery.breaking import FAILURES, MOST_FAILED, WINDOW
from campaigns.delivery.plan import CannotSendError, account_for
from campaigns.delivery.transports import is_idempotent
from campaigns.documents import InvalidDocument
from campaigns.frozen import settings_of
from campaigns.models import Recipient, RecipientState, Run, RunState
from campaigns.services import control
from campaigns.services.control import pause_for, skip_waiting, too_many_failures
from workspaces.tenancy import claimer_scope, workspace_scope

MOST_TAKEN = 10  # times a recipient may be held by senders that die
REPEATABLE_HOURS = 20  # providers remember keys for a day
WOKEN_AT_ONCE = 10_000

UNDECIDED = (RecipientState.QUEUED, RecipientState.SENDING, RecipientState.DEFERRED)

# Nothing has gone to the server: they wait again.
_REOPEN = """
UPDATE campaigns_recipient r SET
  state = CASE WHEN r.attempt >= %(most)s THEN 'failed' ELSE 'queued' END,
  error = CASE WHEN r.attempt >= %(most)s THEN %(error)s ELSE '' END,
  holder = NULL, lease_until = NULL
FROM (
  SELECT workspace_id, id FROM campaigns_recipient
  WHERE state = 'sending' AND lease_until < now() AND NOT handed_over
  LIMIT %(number)s FOR UPDATE SKIP LOCKED
) found
WHERE r.workspace_id = found.workspace_id AND r.id = found.id
"""

# Perhaps they were accepted. The holder stays: its answer may still come.
_GIVE_UP = """
UPDATE campaigns_recipient r SET state = 'unknown', error = %(error)s, lease_until = NULL
FROM (
  SELECT workspace_id, id FROM campaigns_recipient
  WHERE state = 'sending' AND lease_until < now() AND handed_over
    AND workspace_id = %(workspace)s AND run_id = %(run)s
    AND (%(all)s OR attempt >= %(most)s
         OR lease_until < now() - make_interval(hours => %(hours)s))
  FOR UPDATE SKIP LOCKED
) found
WHERE r.workspace_id = found.workspace_id AND r.id = found.id
"""

_WAKE = """
UPDATE campaigns_recipient r SET state = 'queued', next_at = NULL, holder = NULL
FROM (
  SELECT waiting.workspace_id, waiting.id FROM campaigns_recipient waiting
  JOIN campaigns_run run ON run.workspace_id = waiting.workspace_id AND run.id = waiting.run_id
  WHERE waiting.state = 'deferred' AND waiting.next_at <= now() AND run.state = 'sending'
  LIMIT %(number)s FOR UPDATE OF waiting SKIP LOCKED
) found
WHERE r.workspace_id = found.workspace_id AND r.id = found.id
"""


def sweep(*, now: datetime) -> Counter[str]:
    """Everything that must be looked at now and then, in all workspaces; what was done how often.

    Safe to run anywhere, by several at once.
    """
    done = Counter[str]()
    done["reopened"] = reopen_abandoned()
    done["unknown"] = give_up_unanswered()
    done["woken"] = wake_deferred()
    done["skipped"] = skip_cancelled()
    done["paused"] = stop_failing(now=now)
    done["finished"] = finish_runs(now=now)
    return done


def reopen_abandoned() -> int:
    """Recipients whose sender is gone and who can't have been written to wait again."""
    error = _("The sender stopped again and again at this message.")
    with claimer_scope():
        given = {"most": MOST_TAKEN, "error": error, "number": WOKEN_AT_ONCE}
        return _execute(_REOPEN, given)


def give_up_unanswered() -> int:
    """Who may have been written to by a sender that is gone is unknown, unless the way out
    recognises repeats: then the batch is left for the next sender."""
    error = _("The sender stopped before the answer came.")
    with claimer_scope():
        held = Recipient.objects.filter(
            state=RecipientState.SENDING, handed_over=True, lease_until__lt=Now()
        )
        runs = set(held.values_list("workspace_id", "run_id"))
    number = 0
    for workspace_id, run_id in sorted(runs):
        repeats = _recognises_repeats(workspace_id, run_id)
        with claimer_scope():
            given = {
                "workspace": workspace_id,
                "run": run_id,
                "all": not repeats,
                "most": MOST_TAKEN,
                "hours": REPEATABLE_HOURS,
                "error": error,
            }
            number += _execute(_GIVE_UP, given)
    return number


def wake_deferred() -> int:
    """Who was put off until now waits again."""
    with claimer_scope():
        return _execute(_WAKE, {"number": WOKEN_AT_ONCE})


def skip_cancelled() -> int:
    """Leave out who still waits in cancelled runs."""
    with claimer_scope():
        waiting = Recipient.objects.filter(
            workspace_id=OuterRef("workspace_id"), run_id=OuterRef("pk"), state__in=control.WAITING
        )
        runs = list(Run.objects.filter(Exists(waiting), state=RunState.CANCELLED)[:50])
    return sum(skip_waiting(run=run) for run in runs)


def stop_failing(*, now: datetime) -> int:
    """Pause runs of whose messages more than one in ten was not accepted; how many."""
    with claimer_scope():
        runs = list(Run.objects.filter(state=RunState.SENDING))
    stopped = 0
    for run in runs:
        # Whoever resumed it knows.
        if control.FAILURES not in run.confirmed and _is_failing(run):
            with workspace_scope(run.workspace_id):
                stopped += pause_for(run=run, reason=too_many_failures(), now=now)
    return stopped


def _is_failing(run: Run) -> bool:
    with workspace_scope(run.workspace_id):
        recipients = Recipient.objects.in_workspace(run.workspace_id).filter(run=run)
        # Counted from the index; most runs have few of these.
        failed = recipients.filter(state__in=[each.value for each in FAILURES]).count()
        if failed <= WINDOW * MOST_FAILED:
            return False
        tried = failed + recipients.filter(state=RecipientState.SENT).count()
        return tried >= WINDOW and failed > tried * MOST_FAILED


def finish_runs(*, now: datetime) -> int:
    """Runs in which nobody is left to be decided about are finished: found out, never assumed."""
    with claimer_scope():
        candidates = list(
            Run.objects.filter(_nobody_left(), state=RunState.SENDING).select_for_update(
                skip_locked=True, of=("self",)
            )
        )
        finished = 0
        for run in candidates:
            # Asked again with the run locked: whoever puts recipients back locks it, too.
            finished += (
                Run.objects.filter(_nobody_left(), state=RunState.SENDING)
                .filter(pk=run.pk, workspace_id=run.workspace_id)
                .update(state=RunState.FINISHED, finished_at=now)
            )
        return finished


def _nobody_left() -> Q:
    undecided = Recipient.objects.filter(
        workspace_id=OuterRef("workspace_id"), run_id=OuterRef("pk"), state__in=UNDECIDED
    )
    return ~Q(Exists(undecided))


def _recognises_repeats(workspace_id: int, run_id: int) -> bool:
    """Whether somebody will repeat the run's unanswered batches."""
    with workspace_scope(workspace_id):
        run = Run.objects.in_workspace(workspace_id).select_related("workspace").get(pk=run_id)
        if run.state not in (RunState.SENDING, RunState.PAUSED):
            return False
        try:
            account_id = settings_of(run).account
            account = account_for(workspace=run.workspace, account_id=account_id)
        except (CannotSendError, InvalidDocument):
            return False
        return is_idempotent(account)


def _execute(statement: str, given: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        number: int = cursor.rowcount
        return number
