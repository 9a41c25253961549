"""Stops the statement a worker is running for a recount nobody wants any more.

While it works for a recount, a connection bears the recount's name, until its transaction ends. So
it can be found and told to stop by any other connection, and nothing is stopped but that.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from segments.models import Recount, RecountState
from segments.services.claims import Claim


def name_transaction(claim: Claim) -> None:
    """From here to its end, this transaction works for the claim alone."""
    name = _name(claim.workspace_id, claim.recount_id, claim.attempt)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, true)", [name])


def stop_on_commit(recounts: Iterable[Recount]) -> None:
    """Once it is committed that these running recounts are cancelled, stop their statements."""
    names = [
        _name(recount.workspace_id, recount.pk, recount.attempts)
        for recount in recounts
        if recount.state == RecountState.RUNNING
    ]
    if names:
        transaction.on_commit(lambda: _stop(names), robust=True)


def _name(workspace_id: int, recount_id: int, attempt: int) -> str:
    return f"kohorta recount {workspace_id}/{recount_id}/{attempt}"


def _stop(names: list[str]) -> int:
    """How many statements were told to stop."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE pg_cancel_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = ANY(%s) AND usename = current_user"
            " AND state = 'active' AND pid <> pg_backend_pid()",
            [names],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
