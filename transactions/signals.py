"""News about what contacts bought, for the apps above."""

from __future__ import annotations

from django.dispatch import Signal

# The versions of some transactions were stored: a purchase came, was changed, cancelled or
# refunded. Sent inside the storing transaction and the workspace's scope, once a batch; what a
# receiver raises undoes the batch.
# Arguments: `workspace: Workspace`, `transaction_ids: Sequence[int]` (the transactions' own ids:
# `root_id` of their versions).
transactions_stored = Signal()
