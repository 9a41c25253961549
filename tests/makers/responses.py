"""Messages that were sent, for what comes back of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from campaigns.models import Campaign, Recipient, RecipientState, Run, RunState, TrackedLink
from contacts.addresses import hash_address
from contacts.models import Contact
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_contact
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

SENT_AT = NOW - timedelta(hours=1)


def make_run(
    workspace: Workspace, campaign: Campaign | None = None, *, at: datetime = SENT_AT, **given: Any
) -> Run:
    """A run that is sending."""
    campaign = campaign or make_campaign(workspace, audience={})
    with workspace_scope(workspace):
        number = Run.objects.in_workspace(workspace).filter(campaign=campaign).count()
        return Run.objects.create(
            workspace=workspace,
            campaign=campaign,
            **{
                "run_key": f"test-{number}",
                "state": RunState.SENDING,
                "scheduled_for": at,
                "as_of": at,
                "started_at": at,
                "content": campaign.content,
                **given,
            },
        )


def make_recipient(
    workspace: Workspace,
    run: Run | None = None,
    contact: Contact | None = None,
    *,
    address: str = "",
    **given: Any,
) -> Recipient:
    """Somebody a message of the run was sent to."""
    run = run or make_run(workspace)
    address = address or (contact.email if contact is not None else "") or "ann@example.org"
    contact = contact or make_contact(workspace, email=address)
    with workspace_scope(workspace):
        return Recipient.objects.create(
            workspace=workspace,
            run=run,
            contact=contact,
            address=address,
            address_hash=hash_address(workspace=workspace, address=address),
            **{"state": RecipientState.SENT, "sent_at": SENT_AT, **given},
        )


def make_link(
    workspace: Workspace, campaign: Campaign, url: str = "https://shop.example/new"
) -> TrackedLink:
    with workspace_scope(workspace):
        return TrackedLink.objects.create(
            workspace=workspace, campaign=campaign, url=url, url_hash=url.encode()[-32:].rjust(32)
        )
