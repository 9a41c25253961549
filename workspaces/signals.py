"""News about workspaces for the apps above."""

from __future__ import annotations

from django.dispatch import Signal

# Sent by `create_workspace` inside its transaction and inside the new workspace's scope, so that
# other apps add the rows every workspace starts with (built-in attributes, for instance).
# Arguments: `workspace: Workspace`, `now: datetime`. An exception undoes the creation.
workspace_created = Signal()
