"""Secrets of workspaces that have to be read again: passwords of mail servers, private keys.

Encrypted with keys derived from SECRET_KEY; after it was changed, SECRET_KEY_FALLBACKS still reads
what was written before.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class UnreadableSecretError(Exception):
    """A stored secret was encrypted with a key that is gone."""


def seal(value: Any) -> bytes:
    """A JSON value, encrypted."""
    return _keys().encrypt(json.dumps(value).encode())


def unseal(sealed: bytes | memoryview) -> Any:
    """The JSON value again; None for nothing. Raises `UnreadableSecretError`."""
    if not sealed:
        return None
    try:
        return json.loads(_keys().decrypt(bytes(sealed)))
    except InvalidToken as error:
        raise UnreadableSecretError from error


def _keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kohorta.secrets")
    return base64.urlsafe_b64encode(derive.derive(secret.encode()))
