"""Automation: rules and journeys that follow from segments."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutomationConfig(AppConfig):
    """Rules and journeys."""

    name = "automation"
    verbose_name = _("automation")
