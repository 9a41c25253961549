"""Whether a campaign may be sent at all, besides its audience."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from campaigns.content.linting import lint
from campaigns.frozen import testing_of
from campaigns.models import Campaign
from workspaces.models import Workspace


class NotReadyError(Exception):
    """The campaign can't be sent as it stands; `reasons` say what to do."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def check_content(*, workspace: Workspace, campaign: Campaign) -> None:
    """Raises `NotReadyError` for whatever the linter calls an error, in any variant, and without a
    sender's address. Raises `InvalidDocument`."""
    reasons = []
    if "@" not in campaign.from_email:
        reasons.append(_("The campaign has no sender's address. Give one."))
    testing = testing_of(campaign)
    for variant in range(1 + len(testing.variants if testing is not None else ())):
        findings = lint(workspace=workspace, campaign=campaign, variant=variant)
        reasons += [finding.message for finding in findings if finding.level == "error"]
    if reasons:
        raise NotReadyError(list(dict.fromkeys(reasons)))
