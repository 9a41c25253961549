from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    """What a contact did, and what was done to them."""

    name = "tracking"
    verbose_name = _("Tracking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Built-in kinds for new workspaces; what happens to facts of a contact."""
        from contacts.registry import (
            card_documents,
            erasers,
            exporters,
            movers,
            register_timeline_source,
        )
        from tracking.card import TrackingTimeline
        from tracking.receivers import add_builtin_kinds
        from tracking.rights import card_visits, erase_facts, export_facts, move_facts
        from workspaces.signals import workspace_created

        workspace_created.connect(add_builtin_kinds, dispatch_uid="tracking.builtin_kinds")
        movers.register(move_facts)
        erasers.register(erase_facts)
        exporters.register(export_facts)
        card_documents.register(card_visits)
        register_timeline_source(TrackingTimeline())
