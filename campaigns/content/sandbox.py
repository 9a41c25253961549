"""The child process in which templates and layouts of tenants are worked on.

One a process of ours, started when first needed and again after a fault: whatever a template
does, it does it there.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from campaigns.content.reading import Reading

REQUEST_SECONDS = 10.0  # by the wall clock; the child's own limits end sooner
MEGABYTES = 512  # of address space
MAX_ANSWER = 96 * 1024 * 1024  # bytes

_ROOT = Path(__file__).resolve().parent.parent.parent
_LENGTH = struct.Struct(">I")


class SandboxFault(Exception):
    """What was asked could not be done; `line` of the source, where it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class ChildLostError(Exception):
    """The child ended, or was ended, while it worked on a request."""


class Sandbox:
    """A child process; answers one request at a time."""

    def __init__(self, megabytes: int = MEGABYTES) -> None:
        self._megabytes = megabytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, request: Mapping[str, Any], *, seconds: float = REQUEST_SECONDS) -> Any:
        """The child's answer.

        Raises `SandboxFault` where it says what is wrong, `ChildLostError` where it didn't
        survive the request or took too long; the next request gets a new child.
        """
        message = json.dumps(request).encode()
        with self._lock:
            process = self._running()
            try:
                answer = self._exchange(process, message, time.monotonic() + seconds)
            except (OSError, ValueError, ChildLostError) as error:
                self.close()
                raise ChildLostError from error
            except BaseException:
                self.close()  # half an answer would be taken for the next one
                raise
        if isinstance(answer, dict) and "fault" in answer:
            raise SandboxFault(answer["fault"]["message"], answer["fault"]["line"])
        return answer

    def close(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._owner == os.getpid():
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # a fork has its parent's pipes, which are not its own
            self._process, self._owner = None, os.getpid()
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "campaigns.content.child", str(self._megabytes)],
                cwd=_ROOT,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        return self._process

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], message: bytes, deadline: float) -> Any:
        if process.stdin is None or process.stdout is None:
            raise ChildLostError
        asked = memoryview(_LENGTH.pack(len(message)) + message)
        while asked:
            asked = asked[process.stdin.write(asked) :]
        stream = process.stdout.fileno()
        [length] = _LENGTH.unpack(_read(stream, _LENGTH.size, deadline))
        if length > MAX_ANSWER:
            raise ChildLostError
        return json.loads(_read(stream, length, deadline))


def _read(stream: int, length: int, deadline: float) -> bytes:
    found, waiting = bytearray(), select.poll()  # select() fails where many files are open
    waiting.register(stream, select.POLLIN)
    while len(found) < length:
        left = deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise ChildLostError
        part = os.read(stream, min(1 << 20, length - len(found)))
        if not part:
            raise ChildLostError
        found += part
    return bytes(found)


_sandbox = Sandbox()
atexit.register(_sandbox.close)

TOO_MUCH = "it needs too much memory or time"


def lay_out(source: str) -> str:
    """HTML of MJML. Raises `SandboxFault`."""
    return _html(_ask({"do": "mjml", "source": source}))


def inline(source: str) -> str:
    """HTML with its style sheets in style attributes. Raises `SandboxFault`."""
    return _html(_ask({"do": "inline", "source": source}))


def text_of(source: str) -> str:
    """The words of an HTML template as plain text. Raises `SandboxFault`."""
    return str(_ask({"do": "text", "source": source})["text"])


def read(source: str) -> Reading:
    """What stands in HTML. Raises `SandboxFault`."""
    return Reading(**_ask({"do": "read", "source": source}))


def check(texts: Mapping[str, str]) -> dict[str, Any]:
    """For each Liquid text its `fault`, or the paths of the `variables` it reads."""
    answer: dict[str, Any] = _ask({"do": "check", "texts": dict(texts)})
    return answer


def compile_parts(key: str, parts: Mapping[str, str]) -> dict[str, Any]:
    """Parse subject, html and text once; for each its `fault` or its `variables`."""
    answer = _ask({"do": "compile", "key": key, "parts": dict(parts)})
    found: dict[str, Any] = answer["parts"]
    return found


def render_batch(
    key: str, parts: Mapping[str, str], batch: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The parts rendered for each of the values; `fault` instead where that was not possible.

    A message that takes the child with it costs the others nothing but time.
    """
    try:
        return _render(key, parts, batch)
    except ChildLostError:
        if len(batch) == 1:
            return [{"fault": {"message": TOO_MUCH, "line": None}}]
        half = len(batch) // 2
        return render_batch(key, parts, batch[:half]) + render_batch(key, parts, batch[half:])


def _render(
    key: str, parts: Mapping[str, str], batch: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    # Two ask after each other, the first only where the child doesn't know the templates yet.
    seconds = REQUEST_SECONDS + len(batch)
    answer = _sandbox.ask({"do": "render", "key": key, "batch": list(batch)}, seconds=seconds)
    if "is_missing" in answer:
        for name, part in compile_parts(key, parts).items():
            if "fault" in part:
                raise SandboxFault(f"{name}: {part['fault']['message']}", part["fault"]["line"])
        answer = _sandbox.ask({"do": "render", "key": key, "batch": list(batch)}, seconds=seconds)
    messages: list[dict[str, Any]] = answer["messages"]
    return messages


def _ask(request: Mapping[str, Any]) -> Any:
    try:
        return _sandbox.ask(request)
    except ChildLostError:
        raise SandboxFault(TOO_MUCH) from None


def _html(answer: Any) -> str:
    return str(answer["html"])
