"""``manage.py check --deploy --database default``: refuse a deployment that can leak."""

from __future__ import annotations
