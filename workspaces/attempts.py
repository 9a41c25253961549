"""Work that is done again when another writer was in its way."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

MAX_ATTEMPTS = 8
FIRST_PAUSE = 0.02  # seconds; doubles, and varies so that the same two don't meet again

T = TypeVar("T")


def attempted(work: Callable[[], T], *, again_after: type[Exception]) -> T:
    """What the work answers, in a savepoint; done again after this error and after deadlocks.

    Going back to the savepoint gives up the locks taken since. Raises the error of the last of
    eight attempts.
    """
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except again_after:
            if attempt == MAX_ATTEMPTS:
                raise
        except OperationalError as error:
            if attempt == MAX_ATTEMPTS or not isinstance(error.__cause__, DeadlockDetected):
                raise
            time.sleep(FIRST_PAUSE * 2**attempt * random.random())  # noqa: S311
    raise AssertionError("the last attempt answers or raises")
