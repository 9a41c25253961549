"""News about what contacts did, for the apps above."""

from __future__ import annotations

from django.dispatch import Signal

# Sent by `record_visits` inside its transaction and the workspace's scope, once a batch that
# stored something: transactions are attributed to visits, and a visit may come late.
# Arguments: `workspace: Workspace`, `visits: Sequence[Visit]` (the new ones).
visits_recorded = Signal()
