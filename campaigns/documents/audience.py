from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from campaigns.documents.base import Id, Part


class Audience(Part):
    """Who is written to: members of any or of all the segments and lists, minus exclusions."""

    segments: Annotated[list[Id], Field(max_length=50)] = []
    lists: Annotated[list[Id], Field(max_length=50)] = []
    match: Literal["any", "all"] = "any"
    exclude_segments: Annotated[list[Id], Field(max_length=50)] = []
    exclude_lists: Annotated[list[Id], Field(max_length=50)] = []

    @property
    def is_empty(self) -> bool:
        return not self.segments and not self.lists
