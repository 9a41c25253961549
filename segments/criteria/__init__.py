"""Every criterion there is. A module is registered by being imported here; a test checks it."""

from __future__ import annotations

from segments.criteria import lookups, tags

__all__ = ["lookups", "tags"]
