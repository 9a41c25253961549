"""Kept sets and numbers as this process read them last, so that they aren't sent each time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any

from django.conf import settings

# Workspace, key of the question, and where it is true: a row is the same as long as these are.
Place = tuple[int, str, datetime, str]


class Remembered:
    """What was used last, up to LEAF_CACHE_MEGABYTES; what was used longest ago goes first."""

    def __init__(self) -> None:
        self._held: OrderedDict[Place, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, place: Place) -> Any:
        """What stands there; None where it isn't remembered."""
        with self._lock:
            found = self._held.get(place)
            if found is None:
                return None
            self._held.move_to_end(place)
            return found[0]

    def put(self, place: Place, held: Any, size: int) -> None:
        """Remember something of so many bytes."""
        room = settings.LEAF_CACHE_MEGABYTES * 2**20
        with self._lock:
            _, before = self._held.pop(place, (None, 0))
            self._held[place] = (held, size)
            self._bytes += size - before
            while self._bytes > room:
                _, (_, gone) = self._held.popitem(last=False)
                self._bytes -= gone

    def forget(self, is_meant: Callable[[Place], bool]) -> None:
        """What stands at the places meant."""
        with self._lock:
            for place in [each for each in self._held if is_meant(each)]:
                _, size = self._held.pop(place)
                self._bytes -= size


remembered = Remembered()
