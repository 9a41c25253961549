"""Contacts over REST; docs/api.md tells integrators the same."""

from __future__ import annotations
