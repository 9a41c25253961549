"""Which servers named by workspaces may be connected to: none inside the installation's network."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.utils.translation import gettext as _

from workspaces.numbers import whole_number


class PrivateAddressError(OSError):
    """A server's name leads to an address of a private network."""


def resolve_public(host: str, port: int) -> str:
    """The address to connect to, looked up once so that a second look can't differ.

    Raises `PrivateAddressError`, and `OSError` where the name is unknown.
    """
    return addresses_of(host, port, may_be_private=settings.PRIVATE_MAIL_SERVERS)[0]


def addresses_of(host: str, port: int, *, may_be_private: bool = False) -> list[str]:
    """All addresses of a server, the best first; the same is raised."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not may_be_private and any(not is_public(each) for each in addresses):
        raise PrivateAddressError(_("This server is in a private network."))
    return addresses


def is_public(text: str) -> bool:
    """Whether an IP address can be reached from everywhere, as text."""
    found: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast


def port_number(text: str) -> int | None:
    """The port a text names; None where it is none."""
    port = whole_number(text, digits=5)
    return port if port and port < 65_536 else None
