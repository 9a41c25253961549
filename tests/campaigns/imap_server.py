"""A mailbox on a small IMAP server over TLS: enough of RFC 3501 for who reads bounces."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class ImapServer(socketserver.ThreadingTCPServer):
    """Keeps messages by number; `seen` are those marked so."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, messages: list[bytes], password: str, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages = messages
        self.password = password
        self.seen: set[int] = set()
        self.commands: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def get_request(self) -> tuple[Any, Any]:
        plain, where = super().get_request()
        return self.context.wrap_socket(plain, server_side=True), where

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that don't believe the certificate are their own business."""


class _Session(socketserver.StreamRequestHandler):
    server: ImapServer

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.server.commands.append(command.split(" ")[0].upper())
            answer = self._answer(command)
            self.wfile.write(f"{tag} {answer}\r\n".encode())
            if command.upper() == "LOGOUT":
                return

    def _answer(self, command: str) -> str:
        server, upper = self.server, command.upper()
        if upper.startswith("CAPABILITY"):
            self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif upper.startswith("LOGIN"):
            return "OK welcome" if f'"{server.password}"' in command else "NO wrong password"
        elif upper.startswith("SELECT"):
            if '"INBOX"' not in command:
                return "NO no such folder"
            self.wfile.write(f"* {len(server.messages)} EXISTS\r\n".encode())
        elif upper.startswith("UID SEARCH"):
            found = [n for n in range(1, len(server.messages) + 1) if n not in server.seen]
            self.wfile.write(f"* SEARCH {' '.join(map(str, found))}\r\n".encode())
        elif found_uid := re.match(r"UID FETCH (\d+) ", command):
            number = int(found_uid[1])
            raw = server.messages[number - 1]
            head = f"* {number} FETCH (UID {number} BODY[]<0> {{{len(raw)}}}\r\n"
            self.wfile.write(head.encode() + raw + b")\r\n")
        elif found_uid := re.match(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            server.seen.add(int(found_uid[1]))
        elif upper != "LOGOUT":
            return "BAD what?"
        return "OK done"


@contextmanager
def imap_server(
    messages: list[bytes], *, folder: Path, password: str = "open sesame"
) -> Iterator[tuple[ImapServer, ssl.SSLContext]]:
    """A running server, and what a client needs to believe it; its files go into the folder."""
    certificate = make_certificate(folder)
    server = ImapServer(messages, password, certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server, ssl.create_default_context(cafile=str(certificate))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(folder: Path) -> Path:
    """A key and a certificate of 127.0.0.1, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
