from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WorkspacesConfig(AppConfig):
    """Whose data it is: workspaces, members, keys, and the walls between tenants."""

    name = "workspaces"
    verbose_name = _("Workspaces")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import workspaces.lookups  # noqa: F401 -- registers them
        from workspaces.privileges import grant_app_role

        post_migrate.connect(grant_app_role, sender=self)
