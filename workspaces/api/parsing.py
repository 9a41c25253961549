"""JSON as strangers send it: everything PostgreSQL or Python would choke on later ends here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from workspaces.api.problems import ProblemError
from workspaces.batches import ItemError

MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 30

_MAYBE_BAD_TEXT = re.compile(rb"\\u(0000|d[89a-f])", re.IGNORECASE)
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """Parses JSON bodies with `parse_strict_json`.

    In a batch one item's bad text is that item's error, so services look for it item by item.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        view = (parser_context or {}).get("view")
        is_batch = getattr(view, "action", None) == "batch"
        return parse_strict_json(stream.read(MAX_BODY_BYTES + 1), may_hold_bad_text=is_batch)


def parse_strict_json(raw: bytes, *, may_hold_bad_text: bool = False) -> Any:
    """The document, or a `ProblemError` (400 or 413).

    Refused: not UTF-8, NaN and infinities, numbers too large to hold, duplicate keys, NUL
    characters, lone surrogates, more than 30 levels, more than 5 MB.
    """
    if len(raw) > MAX_BODY_BYTES:
        raise too_large()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse("not_utf8", _("The body isn't UTF-8."))
    try:
        document = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_duplicates,
        )
    except RecursionError:
        _refuse("too_deep", _("The body is nested too deeply."))
    except json.JSONDecodeError as error:
        _refuse(
            "malformed_json",
            _("The body isn't JSON: line %(line)s, column %(column)s.")
            % {"line": error.lineno, "column": error.colno},
        )
    except ValueError:  # integers of more than 4,300 digits
        _refuse("number_too_large", _("A number is too large."))
    _check_depth(document)
    if not may_hold_bad_text and _MAYBE_BAD_TEXT.search(raw):
        _check_texts(document)
    return document


def too_large() -> ProblemError:
    return ProblemError(413, "too_large", _("The body may have 5 MB at most."))


def _refuse(code: str, message: str) -> NoReturn:
    raise ProblemError(400, code, message, errors=[ItemError("$", code, message)])


def _refuse_constant(name: str) -> NoReturn:
    _refuse("not_a_number", _("%(name)s isn't a JSON number.") % {"name": name})


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        _refuse("number_too_large", _("A number is too large."))
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("duplicate_key", _("An object names the same key twice."))
    return members


def _check_depth(document: Any) -> None:
    level = [document]
    for _depth in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    _refuse("too_deep", _("The body is nested too deeply."))


def _children(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in inside if isinstance(child, dict | list)]


def _check_texts(document: Any) -> None:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and _BAD_TEXT.search(value):
            _refuse("bad_character", _("A text holds a character that can't be stored."))
