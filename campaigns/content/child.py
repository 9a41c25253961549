"""The process that parses and renders templates and layouts of tenants.

It knows no settings, no database and no secrets; it has little memory and little time. Requests
and answers are JSON, each after its length in four bytes.
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
from collections import OrderedDict
from dataclasses import asdict
from typing import Any, BinaryIO

import css_inline
from liquid.template import BoundTemplate
from mjml import mjml2html

from campaigns.content.plain_text import text_of_html
from campaigns.content.reading import read_html
from campaigns.content.templates import fault_of, parse, render, variables_in

SECONDS = 0.5  # processor time of one template or message
REQUEST_SECONDS = 60  # processor time of one request, of many messages: the kernel's limit
MAX_OPEN_FILES = 16
KEPT = 24  # parsed contents

_LENGTH = struct.Struct(">I")
_kept: OrderedDict[str, dict[str, BoundTemplate]] = OrderedDict()


class TooSlowError(Exception):
    """A template took more time than a message may."""

    def __init__(self) -> None:
        super().__init__("it takes too long")


def main() -> None:
    """Answer until nobody asks any more."""
    memory = int(sys.argv[1]) * 1024 * 1024  # address space, in megabytes
    if sys.platform == "linux":  # elsewhere there is no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _too_slow)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks decides when it ends
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while (request := _read(asked)) is not None:
        answer = json.dumps(_answer(request)).encode()
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _read(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    request: dict[str, Any] = json.loads(stream.read(_LENGTH.unpack(head)[0]))
    return request


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + REQUEST_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    try:
        return _ANSWERS[request["do"]](request)
    except Exception as error:
        return {"fault": fault_of(error)}
    except BaseException as error:  # the layout library's panics are not exceptions
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return {"fault": {"message": "it can't be read", "line": None}}


def _too_slow(number: int, frame: object) -> None:
    raise TooSlowError


def _within_time(function: Any, *args: Any) -> Any:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _lay_out(request: dict[str, Any]) -> dict[str, Any]:
    # No fonts from elsewhere: they would tell others who reads.
    return {"html": mjml2html(request["source"], fonts={})}


def _inline(request: dict[str, Any]) -> dict[str, Any]:
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return {"html": inliner.inline(request["source"])}


def _text(request: dict[str, Any]) -> dict[str, Any]:
    return {"text": text_of_html(request["source"])}


def _look_at(request: dict[str, Any]) -> dict[str, Any]:
    return asdict(read_html(request["source"]))


def _check(request: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with each text, and which variables it reads."""
    checked = {name: _checked(text, is_html=False) for name, text in request["texts"].items()}
    return {
        name: {k: v for k, v in each.items() if k != "template"} for name, each in checked.items()
    }


def _compile(request: dict[str, Any]) -> dict[str, Any]:
    """Parse the parts of a content and keep them under a key."""
    checked = {
        name: _checked(text, is_html=name == "html") for name, text in request["parts"].items()
    }
    if all("template" in each for each in checked.values()):
        _kept[request["key"]] = {name: each.pop("template") for name, each in checked.items()}
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return {
        "parts": {n: {k: v for k, v in e.items() if k != "template"} for n, e in checked.items()}
    }


def _checked(text: str, *, is_html: bool) -> dict[str, Any]:
    try:
        template = _within_time(lambda: parse(text, is_html=is_html))
        return {"template": template, "variables": _within_time(variables_in, template)}
    except Exception as error:
        return {"fault": fault_of(error)}


def _render(request: dict[str, Any]) -> dict[str, Any]:
    """Each message of a batch, or why it can't be made."""
    templates = _kept.get(request["key"])
    if templates is None:
        return {"is_missing": True}
    _kept.move_to_end(request["key"])
    return {"messages": [_message(templates, values) for values in request["batch"]]}


def _message(templates: dict[str, BoundTemplate], values: dict[str, Any]) -> dict[str, Any]:
    def made() -> dict[str, str]:
        return {name: render(template, values) for name, template in templates.items()}

    try:
        message: dict[str, Any] = _within_time(made)
        return message
    except Exception as error:
        return {"fault": fault_of(error)}


_ANSWERS = {
    "mjml": _lay_out,
    "inline": _inline,
    "text": _text,
    "read": _look_at,
    "check": _check,
    "compile": _compile,
    "render": _render,
}

if __name__ == "__main__":
    main()
