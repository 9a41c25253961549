"""Why a stored definition can't be used any more, in words that name what is gone."""

from __future__ import annotations

import re
from typing import Any

from segments.criteria.tree import ROOT, InvalidTree, TreeError

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def say_faults(where: Any, error: InvalidTree) -> str:
    """ "There is no such thing in this workspace: vip." Each fault once, in the tree's order."""
    return " ".join(dict.fromkeys(_say(where, each) for each in error.errors))


def _say(where: Any, error: TreeError) -> str:
    named = _value_at(where, error.path) if error.code == "not_found" else None
    if not isinstance(named, str | int) or isinstance(named, bool):
        return error.message
    return f"{error.message.removesuffix('.')}: {str(named)[:120]}."


def _value_at(where: Any, path: str) -> Any:
    """What stands at a path of the tree; None where the path leads nowhere."""
    value = where
    for key, index in _STEP.findall(path.removeprefix(ROOT)):
        try:
            value = value[int(index)] if index else value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
