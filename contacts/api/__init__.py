"""Contacts over REST; docs/rest.md tells integrators the same."""

from __future__ import annotations
