"""Hooks that belong to the project rather than to one of its apps."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes tasks known to the web and registers the checks that refuse an unsafe deployment."""

    name = "config"

    def ready(self) -> None:
        """Load the Celery app, so that ``shared_task`` finds it, and the checks."""
        import config.celery
        import config.checks  # noqa: F401
