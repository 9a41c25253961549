"""Whose turn it is to send: workspaces take turns, and within them their runs."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from django.db import connection

from workspaces.tenancy import claimer_scope

# Runs with somebody to write to, and how many senders hold recipients of them right now.
_OPEN = """
SELECT run.workspace_id, run.id, coalesce(held.holders, 0)
FROM campaigns_run run
LEFT JOIN (
  SELECT workspace_id, run_id, count(DISTINCT holder) AS holders FROM campaigns_recipient
  WHERE state = 'sending' AND lease_until >= now() GROUP BY workspace_id, run_id
) held ON held.workspace_id = run.workspace_id AND held.run_id = run.id
WHERE run.state = 'sending' AND (
  EXISTS (
    SELECT FROM campaigns_recipient r WHERE r.workspace_id = run.workspace_id
    AND r.run_id = run.id AND r.state = 'queued'
  ) OR EXISTS (
    SELECT FROM campaigns_recipient r WHERE r.workspace_id = run.workspace_id
    AND r.run_id = run.id AND r.state = 'sending' AND r.lease_until < now() AND r.handed_over
  )
)
"""


@dataclass(frozen=True)
class Waiting:
    """A run with somebody to write to."""

    workspace_id: int
    run_id: int
    holders: int


@dataclass
class Turns:
    """What one sender has served, and what it leaves alone for a while."""

    served: dict[object, float] = field(default_factory=dict)
    closed: dict[tuple[int, int], float] = field(default_factory=dict)  # run: until when

    def next(self) -> Waiting | None:
        """The run of the workspace with the fewest senders, longest unserved here."""
        now = monotonic()
        waiting = [each for each in open_runs() if self._is_open(each, now)]
        if not waiting:
            return None
        beside = Counter[int]()
        for each in waiting:
            beside[each.workspace_id] += each.holders
        random.shuffle(waiting)  # senders that start together
        chosen = min(
            waiting,
            key=lambda each: (
                beside[each.workspace_id],
                self.served.get(each.workspace_id, 0.0),
                each.holders,
                self.served.get((each.workspace_id, each.run_id), 0.0),
            ),
        )
        self.served[chosen.workspace_id] = now
        self.served[(chosen.workspace_id, chosen.run_id)] = now
        return chosen

    def leave(self, run: Waiting, *, seconds: float) -> None:
        """Don't take the run for so long: its account is at its limit, or at rest."""
        self.closed[(run.workspace_id, run.run_id)] = monotonic() + seconds

    def soonest(self) -> float | None:
        """In how many seconds a run that was left may be taken again."""
        now = monotonic()
        return min((max(until - now, 0.0) for until in self.closed.values()), default=None)

    def _is_open(self, run: Waiting, now: float) -> bool:
        key = (run.workspace_id, run.run_id)
        if self.closed.get(key, 0.0) > now:
            return False
        self.closed.pop(key, None)
        return True


def open_runs() -> list[Waiting]:
    """Runs with somebody to write to, in all workspaces."""
    with claimer_scope(), connection.cursor() as cursor:
        cursor.execute(_OPEN)
        return [Waiting(*row) for row in cursor.fetchall()]
