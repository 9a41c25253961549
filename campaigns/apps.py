"""Campaigns: what is sent to an audience."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    """Sends to frozen audiences."""

    name = "campaigns"
    verbose_name = _("campaigns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Coupons of purchases, the rights of a person, and what campaigns use."""
        import_module("campaigns.receivers")
        import_module("campaigns.registrations")
        import_module("campaigns.rights")
