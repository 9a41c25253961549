from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    """What a contact did, and what was done to them."""

    name = "tracking"
    verbose_name = _("Tracking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracking.receivers import add_builtin_kinds
        from workspaces.signals import workspace_created

        workspace_created.connect(add_builtin_kinds, dispatch_uid="tracking.builtin_kinds")
