"""Batches: up to 1,000 items, one result each, in order; a bad item never harms the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.response import Response

from workspaces.api.problems import ProblemError, problem_errors
from workspaces.batches import MAX_BATCH_ITEMS, ItemError, ItemResult, ItemStatus


def batch_items(
    document: Any, name: str, *, limit: int = MAX_BATCH_ITEMS, also: Collection[str] = ()
) -> list[Any]:
    """The list a batch body holds under `name`; raises `ProblemError` when it isn't one.

    `also` names other members the body may have.
    """
    path = f"$.{name}"
    if not isinstance(document, dict):
        _refuse("$", "invalid", _("The body must be an object."))
    for key in document:
        if key != name and key not in also:
            _refuse("$", "unknown_field", _("Unknown field: %(name)s.") % {"name": key[:100]})
    items = document.get(name)
    if not isinstance(items, list):
        _refuse(path, "invalid", _("A list of items is missing."))
    if len(items) > limit:
        _refuse(
            path,
            "too_many",
            _("A batch has at most %(limit)s items.") % {"limit": limit},
            status=413,
        )
    return list(items)


class BatchResults:
    """Collects the result of each item of a batch, then answers 200 with all of them."""

    def __init__(self, name: str, number_of_items: int) -> None:
        self.name = name
        self._results: list[ItemResult | None] = [None] * number_of_items

    def add(self, result: ItemResult) -> None:
        """Take over the result a service gave for an item."""
        self._results[result.index] = result

    def failed(self, index: int, errors: Iterable[ItemError] | Exception) -> None:
        """Note what is wrong with an item: errors, or a `ValidationError` that holds them."""
        found = problem_errors(errors) if isinstance(errors, Exception) else errors
        self.add(ItemResult(index=index, status=ItemStatus.ERROR, errors=tuple(found)))

    @property
    def open_indexes(self) -> list[int]:
        """Items without a result so far: what is left to do."""
        return [index for index, result in enumerate(self._results) if result is None]

    def response(self) -> Response:
        """The answer; every item must have a result by now."""
        results = [result for result in self._results if result is not None]
        if len(results) < len(self._results):
            raise RuntimeError(f"No result for items {self.open_indexes[:5]} of {self.name}.")
        return Response({"results": [self._document(result) for result in results]})

    def _document(self, result: ItemResult) -> dict[str, Any]:
        # Services know an item only; integrators see paths from the root of what they sent.
        root = f"$.{self.name}[{result.index}]"
        return {
            "index": result.index,
            "status": result.status.value,
            "id": result.id,
            "errors": [
                {"path": root + error.path[1:], "code": error.code, "message": error.message}
                for error in result.errors
            ],
        }


def _refuse(path: str, code: str, message: str, *, status: int = 400) -> NoReturn:
    raise ProblemError(status, code, message, errors=[ItemError(path, code, message)])
