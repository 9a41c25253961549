"""Liquid as tenants may use it. Runs in the child process only.

Closed in every direction: tags and filters from a list, no other templates, no clock, nothing but
the plain values handed over. What contacts say is escaped wherever it comes out in HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from liquid import Environment
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import primitive
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    cycle_tag,
    decrement_tag,
    for_tag,
    if_tag,
    ifchanged_tag,
    increment_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.context import RenderContext
from liquid.exceptions import LiquidError, LiquidValueError
from liquid.template import BoundTemplate
from liquid.utils import ReadOnlyChainMap

from campaigns.content.filters import all_filters

MAX_RANGE = 100
_TAGS = (
    content.Literal,
    output.Output,
    illegal.Illegal,
    assign_tag.AssignTag,
    capture_tag.CaptureTag,
    case_tag.CaseTag,
    comment_tag.CommentTag,
    cycle_tag.CycleTag,
    decrement_tag.DecrementTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    for_tag.ForTag,
    if_tag.IfTag,
    ifchanged_tag.IfChangedTag,
    increment_tag.IncrementTag,
    inline_comment_tag.InlineCommentTag,
    unless_tag.UnlessTag,
)


class ClosedContext(RenderContext):
    """Only what was handed over: the library's own has the clock in it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)


class ClosedTemplate(BoundTemplate):
    """A template that sees only what is handed over."""

    context_class = ClosedContext


class ClosedEnvironment(Environment):
    """The language: its tags, filters and limits."""

    block_nesting_limit: ClassVar[int] = 12
    context_depth_limit: ClassVar[int] = 20
    loop_iteration_limit: ClassVar[int | None] = 2_000
    local_namespace_limit: ClassVar[int | None] = 500_000  # bytes
    output_stream_limit: ClassVar[int | None] = 1_000_000  # bytes
    template_class = ClosedTemplate

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """From our lists alone."""
        for tag in _TAGS:
            self.add_tag(tag)
        self.filters = all_filters()


def _short_range(self: primitive.RangeLiteral, start: Any, stop: Any) -> range:
    made = _make_range(self, start, stop)
    if len(made) > MAX_RANGE:
        raise LiquidValueError(f"a range holds at most {MAX_RANGE} numbers", token=self.token)
    return made


def _as_it_is(self: primitive.StringLiteral, context: RenderContext) -> str:
    return self.value


# The library has no switch for either. Ranges are not bounded by its limits where a filter takes
# them. A text written in a tag would come out as HTML without being escaped.
_make_range = primitive.RangeLiteral._make_range
primitive.RangeLiteral._make_range = _short_range  # type: ignore[method-assign]
primitive.StringLiteral.evaluate = _as_it_is  # type: ignore[method-assign]

_ENVIRONMENTS = {True: ClosedEnvironment(autoescape=True), False: ClosedEnvironment()}


def parse(source: str, *, is_html: bool) -> BoundTemplate:
    """The template; raises `LiquidError`."""
    return _ENVIRONMENTS[is_html].from_string(source)


def render(template: BoundTemplate, values: Mapping[str, Any]) -> str:
    """The text made of the values."""
    return template.render(values)


def variables_in(template: BoundTemplate) -> list[list[Any]]:
    """The paths a template reads from what is handed over."""
    found = template.analyze(include_partials=False).globals
    return [list(each.segments) for paths in found.values() for each in paths]


def fault_of(error: BaseException) -> dict[str, Any]:
    """What went wrong, and in which line, for people."""
    if isinstance(error, LiquidError):
        context = error.context()
        return {"message": str(error.message), "line": context[0] if context else None}
    if isinstance(error, MemoryError):
        return {"message": "it needs too much memory", "line": None}
    return {"message": str(error) or type(error).__name__, "line": None}
