"""Plain functions that make test data, one module an app."""

from __future__ import annotations
