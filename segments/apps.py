from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    """Questions over contacts and facts, and their answers over time."""

    name = "segments"
    verbose_name = _("Segments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("segments.criteria")  # registers every criterion
        import_module("segments.receivers")
        import_module("segments.registrations")
