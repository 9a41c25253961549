"""Compiles the translations, so that nobody needs the gettext tools."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from config.local.places import ROOT


def compile_translations(root: Path = ROOT) -> int:
    """Write every `.mo` that is older than its `.po`; return how many were written."""
    written = 0
    for source in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        import polib

        with tempfile.NamedTemporaryFile(dir=source.parent, delete=False) as scratch:
            scratch.write(polib.pofile(str(source)).to_binary())
        os.chmod(scratch.name, 0o644)
        os.replace(scratch.name, target)  # whole at every moment: several runs may do this at once
        written += 1
    return written
