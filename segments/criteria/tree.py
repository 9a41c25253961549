"""The criteria tree and the only validator there is.

`parse_tree` turns a document into typed nodes or raises `InvalidTree` with every error and its
path. Wizard, REST, YAML, stored definitions and recounts all come through here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from segments.criteria.base import (
    Criterion,
    Reference,
    Speech,
    broken_rules,
    find_criterion,
    references_in,
)
from segments.criteria.references import Found, resolve_all
from segments.models import Segment
from workspaces.models import Workspace

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_SEGMENT_DEPTH = 4
MAX_COST = 1_000  # rows times the instants at which they are evaluated
MAX_INSTANTS = 200  # of one row, through segments over time of segments over time
ROOT = "$.where"


@dataclass(frozen=True)
class TreeError:
    """One thing wrong with a tree, and where."""

    path: str
    code: str
    message: str


class InvalidTree(ValueError):
    """The tree can't be used; `errors` names each fault by its path."""

    def __init__(self, errors: list[TreeError]) -> None:
        super().__init__("; ".join(f"{error.path}: {error.message}" for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Leaf:
    """A row: one criterion."""

    path: str
    is_disabled: bool
    criterion: Criterion

    @cached_property
    def canonical(self) -> str:
        """The hash of what is asked, the same wherever the row stands."""
        return _hash(self.criterion.document())

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """What it names of the workspace."""
        return tuple(references_in(self.criterion))


@dataclass(frozen=True)
class Group:
    """`all` or `any` of its children."""

    path: str
    is_disabled: bool
    kind: str  # "all" or "any"
    children: tuple[Node, ...]

    @property
    def live(self) -> tuple[Node, ...]:
        """The children that count."""
        return tuple(child for child in self.children if not child.is_disabled)


@dataclass(frozen=True)
class Not:
    """Everybody but its child."""

    path: str
    is_disabled: bool
    child: Node


@dataclass(frozen=True)
class SegmentNode:
    """Another segment: its current tree (None while disabled), evaluated at the same instant."""

    path: str
    is_disabled: bool
    segment_id: int
    label: str
    tree: Node | None

    @property
    def opened(self) -> Node:
        """The tree of a live node; only a disabled one has none."""
        if self.tree is None:
            raise ValueError("A switched-off segment isn't evaluated.")
        return self.tree

    @property
    def canonical(self) -> str:
        return _hash({"segment": self.segment_id})


Node = Leaf | Group | Not | SegmentNode


@dataclass(frozen=True)
class Tree:
    """A valid tree, with the labels of everything it names."""

    root: Node
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    cost: int = 0  # rows to evaluate, those of named segments at every instant they are asked at
    instants: int = 1  # at most so many instants at which one row is evaluated
    # What its keys stood for when it was parsed, by kind; see `Scope.knowing`.
    found: Mapping[str, Mapping[str, Found]] = field(default_factory=dict, compare=False)

    def nodes(self) -> Iterator[Node]:
        """Every node of the document, parents first; referenced segments stay closed."""
        yield from _walk(self.root)

    def leaves(self) -> Iterator[Leaf | SegmentNode]:
        """The live rows."""
        for node in _walk(self.root, live_only=True):
            if isinstance(node, Leaf | SegmentNode):
                yield node

    def speech(self, currency: str) -> Speech:
        return Speech(currency, self.labels)


_Opened = tuple[Segment, Tree]


def children_of(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Group):
        return node.children
    return (node.child,) if isinstance(node, Not) else ()


def _walk(node: Node, *, live_only: bool = False) -> Iterator[Node]:
    if live_only and node.is_disabled:
        return
    yield node
    for child in children_of(node):
        yield from _walk(child, live_only=live_only)


Names = dict[str, dict[str, Found]]  # what keys stand for, by kind


def parse_tree(
    document: Any,
    *,
    workspace: Workspace,
    ancestors: tuple[int, ...] = (),
    names: Names | None = None,
) -> Tree:
    """The typed tree of a document (the bare tree, without version).

    `ancestors` are the segments this tree stands in, to find cycles. `names` is given to all trees
    that are parsed together, so that each key is looked up once. Raises `InvalidTree`.
    """
    parser = _Parser(workspace, ancestors, {} if names is None else names)
    root = parser.parse(document)
    if root is None or parser.errors:
        raise InvalidTree(parser.errors)
    return Tree(root, parser.labels, parser.cost, parser.instants, parser.found)


def to_document(node: Node) -> dict[str, Any]:
    """The document of a node; `parse_tree` of it gives the node again."""
    match node:
        case Leaf():
            document = node.criterion.document()
        case Group():
            document = {node.kind: [to_document(child) for child in node.children]}
        case Not():
            document = {"not": to_document(node.child)}
        case SegmentNode():
            document = {"segment": node.segment_id}
    return {**document, "disabled": True} if node.is_disabled else document


def _hash(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class _Parser:
    """One pass over structure and values, then one query a kind of reference."""

    def __init__(self, workspace: Workspace, ancestors: tuple[int, ...], names: Names) -> None:
        self.workspace = workspace
        self.ancestors = ancestors
        self.errors: list[TreeError] = []
        self.labels: dict[tuple[str, str], str] = {}
        self.found = names
        self.number_of_leaves = 0
        self.cost = 0
        self.instants = 1
        self.references: list[tuple[str, Reference]] = []

    def parse(self, document: Any) -> Node | None:
        if _too_large(document):
            self._fail(ROOT, "too_large", _("The tree is larger than 256 KiB."))
            return None
        root = self._node(document, ROOT, 1)
        if self.number_of_leaves > MAX_LEAVES:
            self._fail(ROOT, "too_many", _("A tree holds at most 200 rows."))
        if root is not None and root.is_disabled:
            self._fail(ROOT, "empty", _("Everything is switched off."))
        self._resolve()
        return root

    def _fail(self, path: str, code: str, message: str) -> None:
        self.errors.append(TreeError(path, code, message))

    def _node(self, document: Any, path: str, depth: int) -> Node | None:
        if not isinstance(document, dict):
            self._fail(path, "invalid", _("A row or a group is expected here."))
            return None
        if depth > MAX_DEPTH:
            self._fail(path, "too_deep", _("Groups may be nested 8 levels deep."))
            return None
        content = dict(document)
        is_disabled = content.pop("disabled", False)
        if not isinstance(is_disabled, bool):
            self._fail(f"{path}.disabled", "invalid", _("This must be true or false."))
            return None
        if "type" in content:
            return self._leaf(content, path, is_disabled)
        kinds = [key for key in ("all", "any", "not", "segment") if key in content]
        if len(kinds) != 1:
            self._fail(
                path, "invalid", _("Exactly one of all, any, not, segment or type is expected.")
            )
            return None
        for key in content:
            if key != kinds[0]:
                self._fail(f"{path}.{_safe(key)}", "unknown", _("This key isn't known here."))
        parse = {"all": self._group, "any": self._group, "not": self._not}.get(kinds[0])
        if parse is None:
            return self._segment(content["segment"], path, is_disabled)
        return parse(kinds[0], content[kinds[0]], path, is_disabled, depth)

    def _group(
        self, kind: str, content: Any, path: str, is_disabled: bool, depth: int
    ) -> Node | None:
        here = f"{path}.{kind}"
        if not isinstance(content, list):
            self._fail(here, "invalid", _("A list of rows and groups is expected here."))
            return None
        if len(content) > MAX_LEAVES:
            self._fail(here, "too_many", _("A tree holds at most 200 rows."))
            return None
        children = [
            self._node(child, f"{here}[{index}]", depth + 1) for index, child in enumerate(content)
        ]
        found = tuple(child for child in children if child is not None)
        if not content:
            self._fail(here, "empty", _("The group is empty. Add a row or remove the group."))
        elif (
            not is_disabled
            and len(found) == len(children)
            and all(child.is_disabled for child in found)
        ):
            self._fail(here, "empty", _("Everything in the group is switched off."))
        return Group(path, is_disabled, kind, found) if len(found) == len(children) else None

    def _not(
        self, kind: str, content: Any, path: str, is_disabled: bool, depth: int
    ) -> Node | None:
        child = self._node(content, f"{path}.{kind}", depth + 1)
        if child is None:
            return None
        if child.is_disabled and not is_disabled:
            self._fail(f"{path}.{kind}", "empty", _("Everything in the group is switched off."))
        return Not(path, is_disabled, child)

    def _leaf(self, content: dict[str, Any], path: str, is_disabled: bool) -> Node | None:
        self.number_of_leaves += 1
        if self.number_of_leaves > MAX_LEAVES:
            return None
        key = content.pop("type")
        cls = find_criterion(key) if isinstance(key, str) else None
        if cls is None:
            self._fail(f"{path}.type", "unknown", _("This criterion isn't known."))
            return None
        try:
            criterion = cls.model_validate(content)
        except ValidationError as error:
            self._report(error, path)
            return None
        for below, message in broken_rules(criterion):
            self._fail(_join(path, below), "invalid", message)
        leaf = Leaf(path, is_disabled, criterion)
        if not is_disabled:
            self.cost += 1
            self.references.extend((path, ref) for ref in leaf.references)
            for ref in leaf.references:
                if ref.kind == "segment" and ref.key.isdecimal():
                    here = _join(path, ref.path)
                    self._named_segment(int(ref.key), here, criterion.instants())
        return leaf

    def _segment(self, content: Any, path: str, is_disabled: bool) -> Node | None:
        self.number_of_leaves += 1
        here = f"{path}.segment"
        if not isinstance(content, int) or isinstance(content, bool) or not 0 < content < 2**63:
            self._fail(here, "invalid", _("A segment's id is expected here."))
            return None
        if is_disabled:
            return SegmentNode(path, True, content, str(content), None)
        opened = self._named_segment(content, here, 1)
        if opened is None:
            return None
        segment, tree = opened
        return SegmentNode(path, False, content, segment.name, tree.root)

    def _named_segment(self, segment_id: int, here: str, instants: int) -> _Opened | None:
        """A segment that a row or a criterion names, with its tree; None with an error."""
        if segment_id in self.ancestors:
            self._fail(here, "cycle", _("The segment would contain itself."))
            return None
        if len(self.ancestors) > MAX_SEGMENT_DEPTH:
            self._fail(here, "too_deep", _("Segments may be nested 4 levels deep."))
            return None
        opened = self._open_segment(segment_id, here)
        if opened is not None:
            self.cost += opened[1].cost * instants
            self.instants = max(self.instants, opened[1].instants * instants)
            if self.cost > MAX_COST or self.instants > MAX_INSTANTS:
                self._fail(here, "too_expensive", _("That is too much to evaluate: fewer days."))
                return None
        return opened

    def _open_segment(self, segment_id: int, here: str) -> _Opened | None:
        segment = (
            Segment.objects.in_workspace(self.workspace)
            .filter(pk=segment_id, archived_at__isnull=True)
            .first()
        )
        if segment is None:
            self._fail(here, "not_found", _("There is no such segment."))
            return None
        self.labels["segment", str(segment_id)] = segment.name
        ancestors = (*(self.ancestors or (0,)), segment_id)
        try:
            tree = parse_tree(
                segment.definition.get("where"),
                workspace=self.workspace,
                ancestors=ancestors,
                names=self.found,
            )
        except InvalidTree as error:
            first = error.errors[0]
            code, message = first.code, first.message
            if code not in ("cycle", "too_deep", "too_expensive"):
                code = "broken"
                message = _("The segment “{name}” is broken: {error}").format(
                    name=segment.name, error=first.message
                )
            self._fail(here, code, message)
            return None
        return segment, tree

    def _report(self, error: ValidationError, path: str) -> None:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            message = str(fault["msg"]).removeprefix("Value error, ")
            self._fail(_join(path, fault["loc"]), _code(str(fault["type"])), message)

    def _resolve(self) -> None:
        by_kind: dict[str, set[str]] = {}
        for _path, reference in self.references:
            by_kind.setdefault(reference.kind, set()).add(reference.key)
        missing = {
            kind: sorted(unknown)
            for kind, keys in by_kind.items()
            if (unknown := keys - self.found.setdefault(kind, {}).keys())
        }
        for kind, found in resolve_all(self.workspace, missing).items():
            self.found[kind].update(found)
        for path, reference in self.references:
            if reference.kind == "segment":
                continue  # opened, and complained about, where it stands
            match = self.found[reference.kind].get(reference.key)
            if match is None:
                where = _join(path, reference.path)
                self._fail(where, "not_found", _("There is no such thing in this workspace."))
            elif reference.types and match.type not in reference.types:
                where = _join(path, reference.path)
                self._fail(where, "wrong_type", _("This question doesn't fit its type."))
            else:
                self.labels[reference.kind, reference.key] = match.label


def _too_large(document: Any) -> bool:
    try:
        return len(json.dumps(document, default=str)) > MAX_BYTES
    except (ValueError, RecursionError):
        return True


def _join(path: str, below: tuple[str | int, ...]) -> str:
    """A JSON path; tags of unions carry a colon and are left out."""
    for part in below:
        if isinstance(part, int):
            path += f"[{part}]"
        elif ":" not in part and "(" not in part and "[" not in part:
            path += f".{_safe(part)}"
    return path


def _safe(key: object) -> str:
    """A key of the user's, short and printable enough to stand in a path."""
    return "".join(character for character in str(key) if character.isprintable())[:60]


def _code(kind: str) -> str:
    return {"missing": "missing", "extra_forbidden": "unknown"}.get(kind, "invalid")
