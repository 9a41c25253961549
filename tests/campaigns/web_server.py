"""A small shop on this machine, for links that are followed; `asked` keeps method and path."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Shop(ThreadingHTTPServer):
    """Answers `/200` with 200, `/to/<n>` with n redirects, `/at/<address>` with one to it."""

    daemon_threads = True

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.asked: list[str] = []
        self.is_over = threading.Event()
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up when the head is read is right."""


class _Visit(BaseHTTPRequestHandler):
    server: Shop

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `asked` says it."""

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(f"{self.command} {self.path}")
        match path.strip("/").split("/", 1):
            case ["to", left]:
                self._redirect(f"/to/{int(left) - 1}" if int(left) > 1 else "/200")
            case ["at", target]:
                self._redirect(target)
            case ["only-get"]:
                self._say(200 if self.command == "GET" else 405)
            case ["drips"]:
                self._drip()
            case ["endless"]:
                self._say(200, [("Content-Length", str(1 << 40))])
                self.wfile.write(b"x" * 100)
                self.server.is_over.wait(30)
            case ["babble"]:
                self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")
            case [status]:
                self._say(int(status) if status.isdecimal() else 200)
            case _:
                self._say(404)

    def _redirect(self, target: str) -> None:
        self._say(302, [("Location", target)])

    def _say(self, status: int, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        self.end_headers()

    def _drip(self) -> None:
        """Always something more, never an end."""
        for _turn in range(300):
            if self.server.is_over.is_set():
                return
            self.wfile.write(b"H")
            time.sleep(0.05)


@contextmanager
def web_server(certificate: Path | None = None) -> Iterator[Shop]:
    server = Shop(certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()
