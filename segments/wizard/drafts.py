"""Trees that a link brings into the editor: a cell of an overlap, a value of a profile."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from segments.criteria.tree import InvalidTree, parse_tree
from segments.models import Segment
from workspaces.api import ProblemError
from workspaces.api.parsing import parse_strict_json
from workspaces.models import Workspace

MAX_CHARACTERS = 4_000


class UnusableDraftError(ValueError):
    """What a link brought isn't a valid tree here (any more)."""


def link_to_new(workspace: Workspace, where: Any) -> str:
    """The address of the editor with this tree in a new segment."""
    return f"{reverse('segments:new', args=[workspace.pk])}?{_query('where', where)}"


def link_to_add(segment: Segment, row: Any) -> str:
    """The address of the segment's editor with the row added."""
    address = reverse("segments:edit", args=[segment.workspace_id, segment.pk])
    return f"{address}?{_query('add', row)}"


def _query(name: str, document: Any) -> str:
    return urlencode({name: json.dumps(document, ensure_ascii=False, separators=(",", ":"))})


def read_draft(text: str, *, workspace: Workspace, segment: Segment | None = None) -> Any:
    """The tree of a link, or with a segment its tree and the link's row beside all it asks.

    Raises `UnusableDraftError`.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnusableDraftError
    try:
        brought = parse_strict_json(text.encode())
        where = brought if segment is None else _with_row(segment.definition.get("where"), brought)
        parse_tree(where, workspace=workspace, ancestors=(segment.pk,) if segment else ())
    except (InvalidTree, ProblemError, UnicodeEncodeError) as error:
        raise UnusableDraftError from error
    return where


def _with_row(where: Any, row: Any) -> Any:
    if isinstance(where, dict) and isinstance(where.get("all"), list) and not where.get("disabled"):
        return {**where, "all": [*where["all"], row]}
    return {"all": [where, row]}
