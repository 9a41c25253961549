"""What the routes about segments refuse, each in one wording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from segments.criteria.tree import InvalidTree
from workspaces.api import ProblemError
from workspaces.batches import ItemError


@contextmanager
def tree_problems() -> Iterator[None]:
    """An invalid tree is a 400 that names every fault by its path."""
    try:
        yield
    except InvalidTree as error:
        raise ProblemError(
            400,
            "invalid_tree",
            _("The criteria tree isn't valid."),
            errors=[ItemError(e.path, e.code, str(e.message)) for e in error.errors],
        ) from error


@contextmanager
def broken_problems() -> Iterator[None]:
    """A saved tree that isn't valid any more is a 409."""
    try:
        yield
    except InvalidTree as error:
        raise ProblemError(
            409, "broken", _("The segment is broken: a thing it names is gone.")
        ) from error


def wrong_parameter(name: str, message: str) -> ProblemError:
    """A parameter that can't be used; to be raised."""
    error = ItemError(f"$.{name}", "invalid", message)
    return ProblemError(400, "invalid", _("The request isn't valid."), errors=[error])


def past_instant(as_of: datetime | None, now: datetime) -> datetime:
    """The instant asked for, or now. Raises `ProblemError` for one that lies ahead."""
    if as_of is not None and as_of > now:
        raise wrong_parameter("as_of", _("This instant lies in the future."))
    return as_of or now
