"""Labels of what a document names, also where the document isn't valid any more."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from segments.criteria.base import find_criterion, references_in
from segments.criteria.references import resolve
from workspaces.models import Workspace


def labels_in(document: Any, *, workspace: Workspace) -> dict[str, str]:
    """Labels by "kind key", for every key that exists."""
    keys: dict[str, set[str]] = {}
    for kind, key in _named(document):
        keys.setdefault(kind, set()).add(key)
    return {
        f"{kind} {key}": found.label
        for kind, wanted in keys.items()
        for key, found in resolve(workspace, kind, sorted(wanted)).items()
    }


def _named(document: Any) -> list[tuple[str, str]]:
    if not isinstance(document, dict):
        return []
    if "segment" in document:
        return [("segment", str(document["segment"]))]
    children = document.get("all") or document.get("any") or [document.get("not")]
    if "type" not in document:
        return [pair for child in children for pair in _named(child)]
    values = {key: value for key, value in document.items() if key not in ("type", "disabled")}
    cls = find_criterion(str(document["type"]))
    try:
        criterion = cls.model_validate(values) if cls else None
    except ValidationError:
        criterion = None
    return [(ref.kind, ref.key) for ref in references_in(criterion)] if criterion else []
