"""Freezes the audience of a run: evaluated, guarded and written in one repeatable-read transaction.

Who freezes is claimed in PostgreSQL: any number of workers, redelivered tasks and crashes lead to
one audience. Until the commit nothing has happened.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.audience import AudienceRefusedError
from campaigns.documents import InvalidDocument
from campaigns.models import Campaign, CampaignState, Run, RunState
from campaigns.services import receipts
from campaigns.services.codes import PoolExhaustedError
from campaigns.services.freezing_run import Frozen, freeze_in_snapshot, warm
from workspaces.models import Workspace
from workspaces.tenancy import claimer_scope, workspace_scope

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

TRIES = 3  # at once, when the database says somebody was in between
MOST_ATTEMPTS = 8
AT_ONCE = 50  # runs a tick
# Serialisation failure, deadlock, lock timeout, and the classes of lost connections, servers
# going down and resources that ran out: the next attempt may well succeed.
_PASSING = ("40001", "40P01", "55P03", "08", "57P", "53")


@dataclass(frozen=True)
class Claim:
    """A run one worker holds; `attempt` tells it from an earlier holder."""

    workspace_id: int
    run_id: int
    attempt: int


def freeze_open_runs(*, clock: Clock) -> int:
    """Freeze the runs whose time has come, in all workspaces; how many were taken up."""
    tried: list[int] = []
    while len(tried) < AT_ONCE:
        claim = _claim(now=clock(), waiting=_waiting(clock()).exclude(pk__in=tried))
        if claim is None:
            break
        tried.append(claim.run_id)
        _freeze(claim, clock)
    return len(tried)


def freeze_run(*, workspace_id: int, run_id: int, clock: Clock) -> None:
    """Freeze this run if its time has come and nobody else is at it."""
    waiting = _waiting(clock()).filter(workspace_id=workspace_id, pk=run_id)
    claim = _claim(now=clock(), waiting=waiting)
    if claim is not None:
        _freeze(claim, clock)


def _waiting(now: datetime) -> QuerySet[Run]:
    """Runs that may be taken: due, held by nobody, one of a campaign at a time, so that its runs
    know of each other's recipients."""
    is_due = Q(state=RunState.SCHEDULED, scheduled_for__lte=now)
    is_abandoned = Q(state=RunState.FREEZING, lease_until__lt=Now())
    return Run.objects.filter(is_due | is_abandoned).order_by("scheduled_for", "pk")


def _claim(*, now: datetime, waiting: QuerySet[Run]) -> Claim | None:
    beside = Run.objects.filter(
        workspace_id=OuterRef("workspace_id"),
        campaign_id=OuterRef("campaign_id"),
        state=RunState.FREEZING,
        lease_until__gte=Now(),
    )
    free = waiting.exclude(Exists(beside)).select_for_update(skip_locked=True, of=("self",))
    with claimer_scope():
        run = free.defer("audience", "content", "settings", "segments").first()
        if run is None:
            return None
        # Who claims another run of the campaign waits here, and then sees this one held.
        campaigns = Campaign.objects.filter(workspace_id=run.workspace_id, pk=run.campaign_id)
        list(campaigns.select_for_update().values_list("pk"))
        others = Run.objects.filter(workspace_id=run.workspace_id, campaign_id=run.campaign_id)
        if (
            others.exclude(pk=run.pk)
            .filter(state=RunState.FREEZING, lease_until__gte=Now())
            .exists()
        ):
            return None
        Run.objects.filter(workspace_id=run.workspace_id, pk=run.pk).update(
            state=RunState.FREEZING, lease_until=Now() + _lease(), attempts=run.attempts + 1
        )
        return Claim(run.workspace_id, run.pk, run.attempts + 1)


def _lease() -> timedelta:
    """Until the snapshot's transaction holds the run by a lock, too."""
    return timedelta(seconds=settings.RECOUNT_LEASE_SECONDS)


def _freeze(claim: Claim, clock: Clock) -> None:
    """Do a claimed freeze; a passing fault puts the run back, any other one fails it."""
    workspace = Workspace.objects.get(pk=claim.workspace_id)
    with translation.override(workspace.language):
        try:
            frozen = _try(workspace, claim, clock)
            if frozen is not None and frozen.counted is not None:
                _record_counts(workspace, claim, frozen)
        except (AudienceRefusedError, PoolExhaustedError, InvalidDocument) as error:
            _fail(claim, clock(), str(error))
        except (OperationalError, InterfaceError, IntegrityError) as error:
            _put_back_or_fail(claim, clock(), error)
        except Exception:
            logger.exception("freeze_failed", run=claim.run_id)
            _fail(claim, clock(), _("The audience couldn't be counted. The log says more."))


def _try(workspace: Workspace, claim: Claim, clock: Clock) -> Frozen | None:
    with workspace_scope(workspace):
        run = _own(claim)
        if run is None:
            return None
    for tries_left in reversed(range(TRIES)):
        with workspace_scope(workspace), suppress(AudienceRefusedError):
            warm(run, clock())
        try:
            with workspace_scope(workspace, isolation="REPEATABLE READ"):
                return _in_snapshot(workspace, claim, clock)
        except OperationalError as error:
            if not _sqlstate(error).startswith("40") or not tries_left:
                raise
    return None


def _in_snapshot(workspace: Workspace, claim: Claim, clock: Clock) -> Frozen | None:
    run = _own(claim, lock=True)
    if run is None:
        return None
    if run.campaign.archived_at is not None:
        run.state, run.finished_at = RunState.CANCELLED, clock()
        run.save(update_fields=["state", "finished_at"])
        return None
    return freeze_in_snapshot(run=run, workspace=workspace, as_of=clock())


def _own(claim: Claim, *, lock: bool = False) -> Run | None:
    """The run, if this claim still holds it."""
    rows = Run.objects.in_workspace(claim.workspace_id).filter(
        pk=claim.run_id, state=RunState.FREEZING, attempts=claim.attempt
    )
    if lock:
        rows = rows.select_for_update(of=("self",))
    return rows.select_related("campaign", "campaign__topic", "campaign__workspace").first()


def _record_counts(workspace: Workspace, claim: Claim, frozen: Frozen) -> None:
    """The send stands, whether or not its counts can be shown in the trends."""
    if frozen.counted is None:
        return
    try:
        with workspace_scope(workspace):
            receipts.record_counts(counted=frozen.counted, slot=f"send:{claim.run_id}")
    except (OperationalError, InterfaceError, IntegrityError):
        logger.warning("send_counts_not_recorded", run=claim.run_id, exc_info=True)


def _put_back_or_fail(claim: Claim, now: datetime, error: Exception) -> None:
    state = _sqlstate(error)
    logger.warning("freeze_interrupted", run=claim.run_id, sqlstate=state)
    may_pass = not state or state.startswith(_PASSING) or isinstance(error, IntegrityError)
    if not may_pass or claim.attempt >= MOST_ATTEMPTS:
        _fail(claim, now, _("The database couldn't count the audience."))
        return
    with workspace_scope(claim.workspace_id):
        _held(claim).update(state=RunState.SCHEDULED, lease_until=None)


def _sqlstate(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _held(claim: Claim) -> QuerySet[Run]:
    return Run.objects.in_workspace(claim.workspace_id).filter(
        pk=claim.run_id, state=RunState.FREEZING, attempts=claim.attempt
    )


def _fail(claim: Claim, now: datetime, message: str) -> None:
    """The run says why; nothing more of the campaign goes out by itself."""
    with workspace_scope(claim.workspace_id):
        is_ours = _held(claim).update(
            state=RunState.FAILED, error=message[:2000], finished_at=now, lease_until=None
        )
        if is_ours:
            run = Run.objects.in_workspace(claim.workspace_id).get(pk=claim.run_id)
            Campaign.objects.in_workspace(claim.workspace_id).filter(pk=run.campaign_id).update(
                state=CampaignState.STOPPED, next_due_at=None
            )
