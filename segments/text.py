"""The same tree as text: YAML that a person can read, edit and keep under version control."""

from __future__ import annotations

from typing import Any

import yaml
from django.utils.translation import gettext as _

from segments.criteria.tree import MAX_BYTES, ROOT, InvalidTree, TreeError


class _TreeLoader(yaml.SafeLoader):
    """Plain data only: no aliases (a few lines could mean gigabytes), dates stay text."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem=_("Aliases aren't allowed."), problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.MarkedYAMLError(
                problem=_("A key stands here twice."), problem_mark=node.start_mark
            )
        return mapping


_TreeLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if "timestamp" not in tag]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _TreeDumper(yaml.SafeDumper):
    """Writes a part that stands in the document twice in full each time."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_text(where: Any) -> str:
    """The document as YAML; `from_text` gives it back."""
    text: str = yaml.dump(where, Dumper=_TreeDumper, allow_unicode=True, sort_keys=False, width=100)
    return text


def from_text(text: str) -> Any:
    """The document of a text. Raises `InvalidTree` naming the line."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InvalidTree([TreeError(ROOT, "too_large", _("The tree is larger than 256 KiB."))])
    try:
        # The loader is a SafeLoader: it makes nothing but plain data.
        return yaml.load(text, Loader=_TreeLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = _("Line {line}: {problem}").format(
            line=(mark.line + 1) if mark else 1, problem=error.problem or _("This isn't YAML.")
        )
        raise InvalidTree([TreeError(ROOT, "not_yaml", message)]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidTree([TreeError(ROOT, "not_yaml", _("This isn't YAML."))]) from error
