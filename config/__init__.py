"""The project: settings, URLs, Celery, checks and the local servers behind ``./dev``."""

from __future__ import annotations
