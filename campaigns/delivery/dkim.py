"""Signing messages (DKIM, RFC 6376): relaxed/relaxed, RSA-SHA256.

Texts are put into their signed form by dkimpy; the signature is made by `cryptography`, in a
twentieth of the time.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dkim import rfc822_parse
from dkim.canonicalization import CanonicalizationPolicy

KEY_BITS = 2048
SIGNED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
)
_RELAXED = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")


def new_key() -> tuple[str, str]:
    """A private key as PEM, and the public one as DNS has it (base64 of DER)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), base64.b64encode(public).decode()


def sign(message: bytes, *, domain: str, selector: str, private_key: str) -> bytes:
    """The message with its signature before it; a second From would break it."""
    headers, body = rfc822_parse(message)
    present = {name.lower() for name, _ in headers}
    names = [name for name in SIGNED if name in present]
    digest = base64.b64encode(hashlib.sha256(_RELAXED.canonicalize_body(body)).digest())
    fields = [
        b"v=1",
        b"a=rsa-sha256",
        b"c=relaxed/relaxed",
        b"d=" + domain.encode("ascii"),
        b"s=" + selector.encode("ascii"),
        b"h=" + b":".join([*names, b"from"]),
        b"bh=" + digest,
        b"b=",
    ]
    value = b" " + b";\r\n ".join(fields)
    signed = _canonical(headers, [*names, b"from"])
    [(name, last)] = _RELAXED.canonicalize_headers([(b"DKIM-Signature", value)])
    signed += name + b":" + last.rstrip(b"\r\n")
    made = _key(private_key).sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return b"DKIM-Signature:" + value + _folded(base64.b64encode(made)) + b"\r\n" + message


def _canonical(headers: list[tuple[bytes, bytes]], names: list[bytes]) -> bytes:
    """The named headers in their signed form; a name that is there no more stands for none."""
    left = [(name.lower(), (name, value)) for name, value in headers]
    chosen = []
    for name in names:
        for place in range(len(left) - 1, -1, -1):
            if left[place][0] == name:
                chosen.append(left.pop(place)[1])
                break
    return b"".join(name + b":" + value for name, value in _RELAXED.canonicalize_headers(chosen))


def _folded(signature: bytes) -> bytes:
    lines = [signature[start : start + 70] for start in range(0, len(signature), 70)]
    return b"\r\n ".join(lines)


@lru_cache(maxsize=256)
def _key(private_key: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("A DKIM key is an RSA key.")
    return key
