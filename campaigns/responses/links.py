"""The destinations of links, stored once a campaign: messages carry their ids, signed."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from campaigns.models import TrackedLink
from workspaces.models import Workspace


def ensure_links(*, workspace: Workspace, campaign_id: int, urls: Iterable[str]) -> dict[str, int]:
    """The ids of the stored links by destination; what is new is stored.

    Inside the workspace's scope. Of two who store the same, one waits for the other to commit.
    """
    hashes = {sha256(url.encode()).digest(): url for url in urls}
    found = _stored(workspace, campaign_id, hashes)
    missing = sorted(digest for digest, url in hashes.items() if url not in found)
    if missing:
        TrackedLink.objects.bulk_create(
            [
                TrackedLink(
                    workspace=workspace,
                    campaign_id=campaign_id,
                    url=hashes[digest],
                    url_hash=digest,
                )
                for digest in missing  # in order, so that two who store several don't lock
            ],
            ignore_conflicts=True,
        )
        found |= _stored(workspace, campaign_id, {digest: hashes[digest] for digest in missing})
    return found


def _stored(workspace: Workspace, campaign_id: int, hashes: dict[bytes, str]) -> dict[str, int]:
    rows = TrackedLink.objects.in_workspace(workspace).filter(
        campaign_id=campaign_id, url_hash__in=list(hashes)
    )
    return {hashes[bytes(digest)]: pk for digest, pk in rows.values_list("url_hash", "pk")}
