"""Where the apps above say what they do with segments.

Segments may not import them, so campaigns, rules and whatever else names segments register a
callable in their `AppConfig.ready`:

    from segments.registry import users_of_segments

    @users_of_segments.register
    def campaigns_sending_to(*, workspace, segment_ids):
        ...
        return {segment_id: [Use("campaign", campaign.name, url), ...]}

A campaign's messages carry its key; `campaign_names` tells what to call it:

    @campaign_names.register
    def names_of_our_campaigns(*, workspace, keys):
        ...
        return {"campaign-7": "Spring sale"}

What is registered in `users_of_segments` is shown where a changed definition would hit it, and
protects a segment from being archived. Every callable runs inside the workspace's scope, with a few
queries whatever the number of segments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from contacts.registry import Registry, Use
from workspaces.models import Workspace

__all__ = [
    "CampaignNames",
    "Registry",
    "Use",
    "UsersOfSegments",
    "campaign_names",
    "users_of_segments",
    "uses_by_segment",
]


class UsersOfSegments(Protocol):
    """Answers what uses some segments, by the segment's id; unused ones may be left out.

    `Use.kind` is "campaign", "rule" or another word of the app's, `Use.url` the page of the user.
    """

    def __call__(
        self, *, workspace: Workspace, segment_ids: Collection[int]
    ) -> Mapping[int, Sequence[Use]]: ...


class CampaignNames(Protocol):
    """Answers what campaigns are called, by the key their messages carry (`campaign_key`).

    `keys`: those asked about, unknown ones left out; None: the newest ones, newest first, at most a
    few hundred.
    """

    def __call__(
        self, *, workspace: Workspace, keys: Collection[str] | None
    ) -> Mapping[str, str]: ...


users_of_segments: Registry[Any] = Registry()
campaign_names: Registry[Any] = Registry()


def uses_by_segment(workspace: Workspace, segment_ids: Collection[int]) -> dict[int, list[Use]]:
    """Everything in the apps above that uses the segments, by segment id."""
    found: dict[int, list[Use]] = {}
    for answer in users_of_segments if segment_ids else ():
        for segment_id, uses in answer(workspace=workspace, segment_ids=segment_ids).items():
            found.setdefault(segment_id, []).extend(uses)
    return found
