"""News about segments for the apps above and for our own recounts."""

from __future__ import annotations

from django.dispatch import Signal

# A definition (tree or pins) was created or changed; sent inside the transaction.
# Arguments: `segment: Segment`, `now: datetime`, `is_new: bool`.
definition_saved = Signal()

# A segment was counted and its snapshot recorded; sent inside the counting transaction.
# Arguments: `segment: Segment`, `snapshot: Snapshot`, `now: datetime`.
segment_counted = Signal()

# Contacts entered or left live segments; sent after the commit, by the process that follows them.
# Arguments: `workspace: Workspace`, `events: list[MembershipEvent]` in the order of their numbers
# (`recording.contacts_of` says whom a row about many contacts is about). What a receiver raises is
# logged; whoever must miss nothing remembers the last `number` it has dealt with and reads on from
# there: after a crash between commit and delivery the signal isn't sent again. Contacts merged
# into another are not told of: they didn't leave.
membership_changed = Signal()

# The demo shop was loaded; sent by the command, outside any scope, so that the apps above add to
# it. Arguments: `workspace: Workspace`, `owner: User`, `now: datetime`.
demo_shop_loaded = Signal()
