"""Random secrets, and files that only their owner reads."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path


def new_password() -> str:
    """Return 256 random bits that need no quoting in a URL or a configuration file."""
    return secrets.token_hex(32)


def write_secret(path: Path, text: str) -> None:
    """Write a file with mode 0600 that is whole at every moment."""
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(scratch, path)
