"""What messages say they belong to: keys of our campaigns, and of other senders'.

A key exists when an app above names it or a message carries it, so that imported messages are as
usable as our own.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from segments.registry import campaign_names
from workspaces.models import Workspace

MOST_KEYS = 1_000

_USED = """
    SELECT key FROM unnest(%s::text[]) AS key
    WHERE EXISTS (
        SELECT FROM tracking_message
        WHERE workspace_id = %s AND campaign_key <> '' AND campaign_key = key
    )
"""

# From each key straight to the next one, however many messages carry it.
_EVERY = """
    WITH RECURSIVE found (key) AS (
        (SELECT campaign_key FROM tracking_message
         WHERE workspace_id = %(workspace)s AND campaign_key <> ''
         ORDER BY campaign_key LIMIT 1)
        UNION ALL
        SELECT (SELECT campaign_key FROM tracking_message
                WHERE workspace_id = %(workspace)s AND campaign_key <> ''
                  AND campaign_key > found.key
                ORDER BY campaign_key LIMIT 1)
        FROM found WHERE found.key IS NOT NULL
    )
    SELECT key FROM found WHERE key IS NOT NULL LIMIT %(most)s
"""


def names_of_campaigns(workspace: Workspace, keys: Collection[str] | None = None) -> dict[str, str]:
    """The names the apps above have for the keys; for None the newest campaigns, newest first."""
    found: dict[str, str] = {}
    for answer in campaign_names:
        found |= answer(workspace=workspace, keys=keys)
    return found


def known_campaigns(workspace: Workspace, keys: Collection[str]) -> dict[str, str]:
    """Labels of the keys that exist; a key without a name is its own label."""
    named = names_of_campaigns(workspace, keys)
    others = [key for key in keys if key not in named and "\x00" not in key]
    if others:
        with connection.cursor() as cursor:
            cursor.execute(_USED, [others, workspace.pk])
            named |= {key: key for (key,) in cursor.fetchall()}
    return named


def every_campaign(workspace: Workspace) -> dict[str, str]:
    """Labels by key: named ones, newest first, then what messages carry, by key."""
    named = names_of_campaigns(workspace)
    with connection.cursor() as cursor:
        cursor.execute(_EVERY, {"workspace": workspace.pk, "most": MOST_KEYS})
        carried = [key for (key,) in cursor.fetchall()]
    missing = [key for key in carried if key not in named]
    older = names_of_campaigns(workspace, missing) if missing else {}
    return named | {key: older.get(key, key) for key in missing}
