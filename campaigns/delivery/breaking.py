"""When a run stops by itself: too many of its latest messages were not accepted."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from threading import Lock

from campaigns.delivery.outcomes import Result
from campaigns.models import Run

WINDOW = 500  # latest attempts looked at
MOST_FAILED = 0.1
_MOST_RUNS = 1000

FAILURES = (Result.FAILED, Result.UNKNOWN)


class Breaker:
    """The latest results of each run, as one process has seen them; others have their own."""

    def __init__(self) -> None:
        self._latest: OrderedDict[object, deque[bool]] = OrderedDict()
        self._lock = Lock()  # senders are threads

    def has_tripped(self, run: Run, results: Iterable[Result]) -> bool:
        """Add results of a run. Whether it has to stop; then counting begins anew."""
        with self._lock:
            return self._add(run, results)

    def _add(self, run: Run, results: Iterable[Result]) -> bool:
        # Who lets a run go on has seen its failures: `confirmed_at` moves with that.
        key = (run.pk, run.confirmed_at)
        latest = self._latest.setdefault(key, deque(maxlen=WINDOW))
        self._latest.move_to_end(key)
        if len(self._latest) > _MOST_RUNS:
            self._latest.popitem(last=False)
        latest.extend(result in FAILURES for result in results if result != Result.DEFERRED)
        if len(latest) < WINDOW or sum(latest) <= WINDOW * MOST_FAILED:
            return False
        del self._latest[key]
        return True
