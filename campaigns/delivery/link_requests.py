"""Whether links lead somewhere: asked over HTTP, and never inside the installation's network.

Every address is looked up first and that very address is connected to, anew for each redirect.
Of an answer only its head is read. Written on sockets, because libraries bound each read of a
connection but not all of it: a server that drips would hold a thread for as long as it likes.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from campaigns.delivery.network import PrivateAddressError, addresses_of

SECONDS = 5.0  # for one link with all its redirects
LONGEST_SECONDS = 12.0  # for all: PostgreSQL ends a request's transaction that waits for 15
AT_ONCE = 10
MOST_REDIRECTS = 3
_MOST_BYTES = 32 * 1024  # of an answer's head
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,252})|\[?[0-9a-f:.]+\]?", re.ASCII)
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r|\n)")
_LOCATION = re.compile(rb"^location:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_AGENT = "Mozilla/5.0 (compatible; Kohorta link check)"

Resolve = Callable[[str, int], Sequence[str]]


class Led(Enum):
    """Where following a link led."""

    SOMEWHERE = "somewhere"
    MISSING = "missing"  # 404, 410
    REFUSED = "refused"  # other 4xx: perhaps only to programs
    FAILING = "failing"  # 5xx
    UNKNOWN_HOST = "unknown_host"
    PRIVATE = "private"  # a private network, or a port that no page is at
    CERTIFICATE = "certificate"
    SLOW = "slow"
    UNREACHABLE = "unreachable"
    TO_HTTP = "to_http"  # redirected from https
    AROUND = "around"  # redirected too often
    NOT_ASKED = "not_asked"  # no time was left


@dataclass(frozen=True)
class Followed:
    """What came of following a link; `status` is the last answer's."""

    led: Led
    status: int | None = None


@dataclass(frozen=True)
class _Answer:
    status: int
    location: str


def follow_all(links: Iterable[str], *, resolve: Resolve = addresses_of) -> Mapping[str, Followed]:
    """Follow absolute http(s) links, a few at a time, for 12 seconds at most."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="link")
    try:
        asked = {link: pool.submit(follow, link, resolve=resolve) for link in links}
        wait(asked.values(), timeout=LONGEST_SECONDS)
        late = {link: Led.SLOW if each.running() else Led.NOT_ASKED for link, each in asked.items()}
        return {
            link: each.result() if each.done() else Followed(late[link])
            for link, each in asked.items()
        }
    finally:
        # A name server that doesn't answer can't be interrupted; nobody waits for it.
        pool.shutdown(wait=False, cancel_futures=True)


def follow(link: str, *, resolve: Resolve = addresses_of) -> Followed:
    """Ask for a link until something else than a redirect answers; nothing is raised."""
    deadline = time.monotonic() + SECONDS
    try:
        for _turn in range(MOST_REDIRECTS + 1):
            answer = _asked(link, resolve, deadline)
            if not (300 <= answer.status < 400 and answer.location):
                return Followed(_meaning(answer.status), answer.status)
            target = urljoin(link, answer.location)
            scheme, before = urlsplit(target).scheme, urlsplit(link).scheme
            if scheme not in ("http", "https"):
                return Followed(Led.SOMEWHERE, answer.status)  # an app, say
            if (before, scheme) == ("https", "http"):
                return Followed(Led.TO_HTTP, answer.status)
            link = target
        return Followed(Led.AROUND, answer.status)
    except PrivateAddressError:
        return Followed(Led.PRIVATE)
    except socket.gaierror:
        return Followed(Led.UNKNOWN_HOST)
    except TimeoutError:
        return Followed(Led.SLOW)
    except ssl.SSLCertVerificationError:
        return Followed(Led.CERTIFICATE)
    except (OSError, ValueError):
        return Followed(Led.UNREACHABLE)


def _meaning(status: int) -> Led:
    if status in (404, 410):
        return Led.MISSING
    if status >= 500:
        return Led.FAILING
    return Led.REFUSED if status >= 400 else Led.SOMEWHERE


def _asked(link: str, resolve: Resolve, deadline: float) -> _Answer:
    """The answer to HEAD, or to GET where HEAD is refused."""
    parts = urlsplit(link)
    answer = _ask("HEAD", parts, resolve, deadline)
    return _ask("GET", parts, resolve, deadline) if answer.status >= 400 else answer


def _ask(method: str, parts: SplitResult, resolve: Resolve, deadline: float) -> _Answer:
    host = (parts.hostname or "").encode("idna").decode()
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    if port not in (80, 443) and port < 1024:
        raise PrivateAddressError(port)  # of mail servers and the like
    connection = _connect(resolve(host, port), port, deadline)
    with connection:
        if is_secure:
            context = ssl.create_default_context()
            with context.wrap_socket(connection, server_hostname=host) as secured:
                return _talk(secured, method, parts, host, deadline)
        return _talk(connection, method, parts, host, deadline)


def _connect(addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
    """To the first address that can be reached: IPv6 may be looked up and have no way out."""
    *others, last = list(dict.fromkeys(addresses))[:3]
    for address in others:
        try:
            return socket.create_connection((address, port), _left(deadline) / 2)
        except OSError:
            continue
    return socket.create_connection((last, port), _left(deadline))


def _talk(
    connection: socket.socket, method: str, parts: SplitResult, host: str, deadline: float
) -> _Answer:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~[]") + (
        f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?[]')}" if parts.query else ""
    )
    named = f"[{host}]" if ":" in host else host
    named += f":{parts.port}" if parts.port else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {named}\r\nUser-Agent: {_AGENT}\r\n"
        "Accept: text/html,*/*;q=0.8\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    )
    connection.settimeout(_left(deadline))
    connection.sendall(head.encode("ascii"))
    received = b""
    while True:
        before, end, after = received.partition(b"\r\n\r\n")
        if end and _status(before) >= 200:
            found = _LOCATION.search(before)
            location = found[1].decode("utf-8", "replace").strip() if found else ""
            return _Answer(_status(before), location)
        if end:  # an interim answer
            received = after
            continue
        connection.settimeout(_left(deadline))
        more = connection.recv(4096)
        received += more
        if not more or len(received) > _MOST_BYTES:
            raise ValueError("no answer in HTTP")


def _status(head: bytes) -> int:
    found = _STATUS.match(head + b"\r\n")
    if found is None:
        raise ValueError("no answer in HTTP")
    return int(found[1])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
