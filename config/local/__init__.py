"""The servers behind ``./dev``: PostgreSQL and Valkey from wheels, and what runs on them.

``python -m config.local`` is called by ``dev`` inside ``.venv``. Nothing here imports Django.
"""

from __future__ import annotations
