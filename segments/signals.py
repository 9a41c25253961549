"""News about segments for the apps above and for our own recounts."""

from __future__ import annotations

from django.dispatch import Signal

# A definition (tree or pins) was created or changed; sent inside the transaction.
# Arguments: `segment: Segment`, `now: datetime`, `is_new: bool`.
definition_saved = Signal()

# A segment was counted and its snapshot recorded; sent inside the counting transaction.
# Arguments: `segment: Segment`, `snapshot: Snapshot`, `now: datetime`.
segment_counted = Signal()
