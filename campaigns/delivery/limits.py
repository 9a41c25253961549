"""How fast an account may send: so many a second, so many a day, fewer while it is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest, Now

from campaigns.models import SendingAccount

# What receivers accept from a sender they don't know yet, day by day; then there is no limit.
WARM_UP = (
    *(200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 70_000, 100_000),
    *(150_000, 250_000, 400_000, 600_000, 1_000_000),
)


@dataclass(frozen=True)
class Allowance:
    """How many may be sent at once, and when to ask again if none."""

    number: int
    again_in: timedelta = timedelta(0)


def is_limited(account: SendingAccount) -> bool:
    """Whether messages of the account have to be counted."""
    limits = (account.per_second, account.per_day, account.warm_up_from, account.paused_until)
    return any(limit is not None for limit in limits)


def daily_limit(account: SendingAccount, day: date) -> int | None:
    """The most e-mails of a day; None for no limit."""
    limits = [account.per_day] if account.per_day is not None else []
    if account.warm_up_from is not None:
        age = (day - account.warm_up_from).days
        if age < len(WARM_UP):
            limits.append(WARM_UP[max(age, 0)])
    return min(limits) if limits else None


def allowance(account: SendingAccount, *, most: int) -> Allowance:
    """How many of `most` may be sent now; the account's row is locked until the commit.

    Must run in the transaction that claims them and calls `count_sent`. The database's clock
    decides.
    """
    row = (
        SendingAccount.objects.in_workspace(account.workspace_id)
        .filter(pk=account.pk)
        .select_for_update()
        .annotate(now=Now())
        .get()
    )
    now: datetime = row.now
    for until in (row.paused_until, row.free_at):
        if until is not None and until > now:
            return Allowance(0, until - now)
    today = now.astimezone(UTC).date()
    limit = daily_limit(row, today)
    if limit is not None:
        sent = row.sent_that_day if row.counted_on == today else 0
        if sent >= limit:
            return Allowance(0, _midnight_after(now) - now)
        most = min(most, limit - sent)
    if row.per_second is not None:
        most = min(most, max(1, row.per_second))
    return Allowance(most)


def count_sent(account: SendingAccount, number: int) -> None:
    """So many were taken: the next may follow when their time is over."""
    if not number or not is_limited(account):
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [number, number, account.workspace_id, account.pk])


_COUNT = """
UPDATE campaigns_sendingaccount SET
  free_at = CASE WHEN per_second IS NULL THEN free_at
    ELSE greatest(free_at, now()) + make_interval(secs => %s::float / per_second) END,
  sent_that_day = %s + CASE WHEN counted_on = (now() AT TIME ZONE 'UTC')::date
    THEN sent_that_day ELSE 0 END,
  counted_on = (now() AT TIME ZONE 'UTC')::date
WHERE workspace_id = %s AND id = %s
"""


def pause_account(account: SendingAccount, *, seconds: float, error: str) -> None:
    """Nothing more is sent through it for a while."""
    SendingAccount.objects.in_workspace(account.workspace_id).filter(pk=account.pk).update(
        paused_until=Greatest(F("paused_until"), Now() + timedelta(seconds=seconds)),
        error=error[:1000],
    )


def account_works(account: SendingAccount) -> None:
    """Forget what was wrong with it."""
    SendingAccount.objects.in_workspace(account.workspace_id).filter(pk=account.pk).update(
        paused_until=None, error=""
    )


def _midnight_after(now: datetime) -> datetime:
    day = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
