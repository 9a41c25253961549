from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tracking.items import NO_NUL, item_errors, path_of
from workspaces.batches import ItemError


class Part(BaseModel):
    """The base of everything in a document: strict types, unknown fields refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class InvalidDocument(ValueError):
    """A part of a campaign can't be used; `errors` names each fault by its path."""

    def __init__(self, errors: tuple[ItemError, ...]) -> None:
        super().__init__("; ".join(f"{error.path}: {error.message}" for error in errors))
        self.errors = errors


P = TypeVar("P", bound=Part)
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=NO_NUL)]
Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00\r\n]*$")]
LongText = Annotated[str, StringConstraints(max_length=200_000, pattern=NO_NUL)]
Id = Annotated[int, Field(ge=1, lt=2**63)]


def read_part(model: type[P], document: Mapping[str, Any], *, path: str) -> P:
    """The typed part, or `InvalidDocument` with paths that start at `path` ("$.audience")."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        errors = tuple(
            ItemError(path + path_of(_steps(document, detail["loc"]))[1:], each.code, each.message)
            for detail, each in zip(details, item_errors(error), strict=False)
        )
        raise InvalidDocument(errors) from error


def _steps(document: Any, location: Iterable[str | int]) -> Iterator[str | int]:
    """The location without the tags pydantic puts in where it has chosen among kinds."""
    at, is_new = document, True
    for step in location:
        if is_new and isinstance(at, Mapping) and step in (at.get("type"), at.get("kind")):
            is_new = False
            continue
        yield step
        is_new = True
        try:
            at = at[step]
        except (LookupError, TypeError):
            at = None
