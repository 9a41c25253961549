from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    """Who we know: contacts, their attributes, tags, consents and lists."""

    name = "contacts"
    verbose_name = _("Contacts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give every new workspace the built-in attributes; contacts can be imported."""
        from contacts.importing import register_kind
        from contacts.importing.contact_kind import CONTACTS
        from workspaces.signals import workspace_created

        register_kind(CONTACTS)
        workspace_created.connect(_add_builtin_attributes, dispatch_uid="contacts.builtins")


def _add_builtin_attributes(*, workspace: Any, now: datetime, **kwargs: Any) -> None:
    from contacts.services import ensure_builtin_attributes

    ensure_builtin_attributes(workspace=workspace)
