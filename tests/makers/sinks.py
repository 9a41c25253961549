"""Mail servers that keep a line for each message they accept, and can be as bad as real ones.

In a thread of the test, or by themselves: `python -m tests.makers.sinks smtp|http PORT FILE`.
"""

from __future__ import annotations

import asyncio
import email
import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.local.processes import free_port

HANG_SECONDS = 30.0


@dataclass
class Sink:
    """An SMTP server's answers; addresses beginning with a word below are treated as it says.

    `busy`: 451 at first. `gone`: 550. `full`: 552 after the content. `drop`: accepted, but the
    connection ends before the answer. `hang`: accepted, but no answer comes.
    """

    file: Path | None = None
    accepted: list[tuple[str, str]] = field(default_factory=list)  # address, Message-ID
    messages: list[bytes] = field(default_factory=list)
    tried: dict[str, int] = field(default_factory=dict)
    keeps_messages: bool = True
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried[address] = self.tried.get(address, 0) + 1
        if address.startswith("busy") and self.tried[address] == 1:
            return "451 4.7.1 Greylisted, come back later"
        if address.startswith("gone"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        address = envelope.rcpt_tos[0]
        if address.startswith("full"):
            return "552 5.2.2 Mailbox full"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.accept(address, content)
        if address.startswith("drop") and server.transport is not None:
            server.transport.abort()
        if address.startswith("hang"):
            await asyncio.sleep(HANG_SECONDS)
        return "250 OK"

    def accept(self, address: str, content: bytes) -> None:
        head = content[: content.find(b"\r\n\r\n")]
        name = str(email.message_from_bytes(head)["Message-ID"])
        self.accepted.append((address, name))
        if self.keeps_messages:
            self.messages.append(content)
        if self.file is not None:
            with self.file.open("a") as lines:
                lines.write(f"{address} {name}\n")


@contextmanager
def smtp_sink(kind: type[Sink] = Sink, **given: Any) -> Iterator[Sink]:
    """An SMTP server in a thread."""
    sink = kind(**given)
    sink.port = free_port()
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def start() -> asyncio.AbstractServer:
        server = await loop.create_server(lambda: SMTP(sink), "127.0.0.1", sink.port)
        started.set()
        return server

    def run() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(start())
        loop.run_forever()
        server.close()
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(5)
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@dataclass
class Api:
    """What Resend does with a batch: repeated keys are answered as before, never sent again."""

    file: Path | None = None
    accepted: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # key: digest, answer
    requests: list[tuple[str, int]] = field(default_factory=list)  # key, status
    faults: list[int] = field(default_factory=list)  # statuses to answer with, after accepting
    refusals: list[int] = field(default_factory=list)  # likewise, instead of accepting
    keeps_messages: bool = True
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def post(self, key: str, body: bytes) -> tuple[int, bytes]:
        with self.lock:
            status, answer = self._answer(key, body)
            self.requests.append((key, status))
            return status, answer

    def _answer(self, key: str, body: bytes) -> tuple[int, bytes]:
        if self.refusals:
            return self.refusals.pop(0), b'{"message": "refused"}'
        digest = hashlib.sha256(body).hexdigest()
        if key in self.answers:
            known, answer = self.answers[key]
            if known != digest:
                return 409, b'{"name": "invalid_idempotent_request"}'
            return 200, answer
        messages = json.loads(body)
        ids = [{"id": f"{key}-{number}"} for number in range(len(messages))]
        answer = json.dumps({"data": ids}).encode()
        self.answers[key] = (digest, answer)
        self._accept(messages)
        return (self.faults.pop(0), b"{}") if self.faults else (200, answer)

    def _accept(self, messages: list[dict[str, Any]]) -> None:
        if self.keeps_messages:
            self.accepted.extend(messages)
        if self.file is not None:
            with self.file.open("a") as lines:
                for each in messages:
                    lines.write(f"{each['to'][0]} {each['headers']['Message-ID']}\n")


def api_server(api: Api, port: int) -> ThreadingHTTPServer:
    """A server that answers for it on 127.0.0.1."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = api.post(self.headers.get("Idempotency-Key", ""), body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        disable_nagle_algorithm = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that was killed is no news."""

    api.port = port
    return Server(("127.0.0.1", port), Answers)


@contextmanager
def api_sink(**given: Any) -> Iterator[Api]:
    """The same in a thread."""
    api = Api(**given)
    server = api_server(api, free_port())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def accepted_in(file: Path) -> list[str]:
    """Addresses of the messages a sink has accepted, in order."""
    return [line.split()[0] for line in file.read_text().splitlines() if line.strip()]


async def serve_smtp(port: int, file: Path) -> None:
    sink = Sink(file=file, keeps_messages=False)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    kind, at, path = sys.argv[1:]
    if kind == "smtp":
        asyncio.run(serve_smtp(int(at), Path(path)))
    else:
        api_server(Api(file=Path(path), keeps_messages=False), int(at)).serve_forever()
