from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransactionsConfig(AppConfig):
    """What a contact bought."""

    name = "transactions"
    verbose_name = _("Transactions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracking.signals import visits_recorded
        from transactions.importing import register_kinds
        from transactions.receivers import attribute_late_visits

        register_kinds()
        visits_recorded.connect(attribute_late_visits, dispatch_uid="transactions.late_visits")
