from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransactionsConfig(AppConfig):
    """What a contact bought."""

    name = "transactions"
    verbose_name = _("Transactions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Late visits, imports, and what happens to what a contact bought."""
        from contacts.registry import (
            card_documents,
            card_facts,
            erasers,
            exporters,
            movers,
            register_timeline_source,
        )
        from tracking.signals import visits_recorded
        from transactions.card import TransactionTimeline, purchase_facts
        from transactions.importing import register_kinds
        from transactions.receivers import attribute_late_visits
        from transactions.rights import (
            card_transactions,
            erase_transactions,
            export_transactions,
            move_transactions,
        )

        register_kinds()
        visits_recorded.connect(attribute_late_visits, dispatch_uid="transactions.late_visits")
        movers.register(move_transactions)
        erasers.register(erase_transactions)
        exporters.register(export_transactions)
        card_documents.register(card_transactions)
        card_facts.register(purchase_facts)
        register_timeline_source(TransactionTimeline())
