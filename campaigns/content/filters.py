"""The filters of templates: a closed list, each with a bound on what it makes.

Liquid's own limits do not reach into filters: five chained `replace` would exhaust any memory.
Runs in the child process only.
"""

from __future__ import annotations

import datetime as dates
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from liquid.builtin.filters import array, math, misc, string
from liquid.exceptions import FilterError
from liquid.filter import sequence_filter, string_filter

MAX_TEXT = 100_000  # characters
MAX_ITEMS = 1_000
MAX_NUMBER = 10**30

_PLAIN: dict[str, Callable[..., Any]] = {
    "abs": math.abs_,
    "at_least": math.at_least,
    "at_most": math.at_most,
    "ceil": math.ceil,
    "divided_by": math.divided_by,
    "floor": math.floor,
    "minus": math.minus,
    "modulo": math.modulo,
    "plus": math.plus,
    "round": math.round_,
    "times": math.times,
    "append": string.append,
    "capitalize": string.capitalize,
    "downcase": string.downcase,
    "escape": string.escape,
    "lstrip": string.lstrip,
    "newline_to_br": string.newline_to_br,
    "prepend": string.prepend,
    "remove": string.remove,
    "remove_first": string.remove_first,
    "replace_first": string.replace_first,
    "rstrip": string.rstrip,
    "slice": string.slice_,
    "split": string.split,
    "squish": string.squish,
    "strip": string.strip,
    "strip_newlines": string.strip_newlines,
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "upcase": string.upcase,
    "url_encode": string.url_encode,
    "compact": array.compact,
    "first": array.first,
    "last": array.last,
    "map": array.map_,
    "reverse": array.reverse,
    "sort": array.sort,
    "sort_natural": array.sort_natural,
    "uniq": array.uniq,
    "where": array.where,
    "default": misc.default,
    "size": misc.size,
}

# What of a date can be shown. A width ("%999999999d") would fill the memory.
_DATE_CODE = re.compile(r"%([-]?[aAbBdeHIjmMpSuyYFT%])")


class TooLargeError(FilterError):
    """A filter was given, or would make, more than a message can hold."""

    def __init__(self) -> None:
        super().__init__("the result is too large", token=None)


def _checked(value: Any) -> Any:
    """The value, if it is no larger than a message needs."""
    if isinstance(value, str | list | tuple | dict | range):
        if len(value) > (MAX_TEXT if isinstance(value, str) else MAX_ITEMS):
            raise TooLargeError
    elif isinstance(value, int | float) and abs(value) > MAX_NUMBER:
        raise TooLargeError
    return value


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def bounded(value: Any, *args: Any, **named: Any) -> Any:
        for each in (value, *args):
            _checked(each)
        return _checked(function(value, *args, **named))

    return bounded


@string_filter
def replace(value: str, old: object, new: object = "") -> str:
    """Every occurrence replaced; how long that gets is known before it is made."""
    sought, put = str(old), str(new)
    _checked(sought)
    _checked(put)
    number = value.count(sought)
    if len(value) + number * max(0, len(put) - len(sought)) > MAX_TEXT:
        raise TooLargeError
    return value.replace(sought, put)


@sequence_filter
def join(items: Any, separator: object = " ") -> str:
    """The items as one text."""
    between, total, texts = str(separator), 0, []
    for item in items:
        text = "" if item is None else str(item)
        total += len(text) + len(between)
        if total > MAX_TEXT:
            raise TooLargeError
        texts.append(text)
    return between.join(texts)


def date(value: object, pattern: object = "%Y-%m-%d") -> str:
    """A date or instant (as the variables hold them) by a pattern; other values stay as they are.

    There is no "now": the variable `today` is the day of the send.
    """
    text, wanted = str(value), str(pattern)
    if len(wanted) > 100:
        raise TooLargeError
    try:
        found = dates.datetime.fromisoformat(text)
    except ValueError:
        return text
    return _DATE_CODE.sub(lambda match: found.strftime(match[0]), wanted)


def all_filters() -> dict[str, Callable[..., Any]]:
    """Every filter there is, by name."""
    own = {"replace": replace, "join": join, "date": date}
    return {name: _with_marks(function) for name, function in (_PLAIN | own).items()}


def _with_marks(function: Callable[..., Any]) -> Callable[..., Any]:
    """Bounded, and still told of the environment where it asks for it."""
    bounded = _bounded(function)
    for mark in ("with_environment", "with_context"):
        if getattr(function, mark, False):
            setattr(bounded, mark, True)
    return bounded
