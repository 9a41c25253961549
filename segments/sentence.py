"""A tree in plain words: deterministic, every value mentioned, and / or unambiguous."""

from __future__ import annotations

from typing import assert_never

from django.utils.translation import gettext as _

from segments.criteria.base import Speech
from segments.criteria.tree import Group, Leaf, Node, Not, SegmentNode, Tree


def sentence_of(tree: Tree, currency: str) -> str:
    """ "People who …." Switched-off rows are not part of the meaning and are left out."""
    return _("People who {what}.").format(what=_say(tree.root, tree.speech(currency), 0))


def say_row(row: Leaf | SegmentNode, speech: Speech) -> str:
    """One row alone, as it stands in the sentence."""
    return _say(row, speech, 0)


def _say(node: Node, speech: Speech, depth: int) -> str:
    match node:
        case Leaf():
            return node.criterion.say(speech)
        case SegmentNode():
            return _("are in the segment “{name}”").format(name=node.label)
        case Not():
            return _("are not among those who {what}").format(
                what=_parenthesised(node.child, speech, depth)
            )
        case Group():
            return _say_group(node, speech, depth)
        case _:
            assert_never(node)


def _say_group(group: Group, speech: Speech, depth: int) -> str:
    children = group.live
    if len(children) == 1:
        return _say(children[0], speech, depth)
    parts = [_parenthesised(child, speech, depth + 1) for child in children]
    joiner = _("; and ") if group.kind == "all" else _("; or ")
    opening = "" if group.kind == "all" else _("either ")
    return opening + joiner.join(parts)


def _parenthesised(node: Node, speech: Speech, depth: int) -> str:
    """Groups inside groups stand in brackets: reading order alone never decides the meaning."""
    said = _say(node, speech, depth)
    if isinstance(node, Group) and len(node.live) > 1:
        return f"({said})"
    return said
