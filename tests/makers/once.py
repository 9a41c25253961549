from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from tests.conftest import truncate_written_tables


def made_once(make: Callable[[], Any]) -> Any:
    """A fixture made once a module and committed, for tests of one transaction each.

    What a test adds or changes is rolled back at its end, so each finds what was made.
    """

    @pytest.fixture(scope="module", name=make.__name__)
    def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
        with django_db_blocker.unblock():
            try:
                yield make()
            finally:
                connections["default"].close()
                truncate_written_tables()

    return made
