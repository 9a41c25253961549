from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from campaigns.models import Campaign, Recipient, Run, RunKind
from campaigns.services import freezing
from contacts.models import Contact, Suppression, SuppressionReason
from contacts.services import suppress_address
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_contact, make_list, upsert
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_numbers = count(1)
GRANTED = {"email": "granted"}


def make_reader(workspace: Workspace, email: str = "", **item: Any) -> Contact:
    """A contact with an address who wants e-mail."""
    email = email or f"reader{next(_numbers)}@mail.example"
    return make_contact(workspace, **{"email": email, "consents": GRANTED, **item})


def make_readers(workspace: Workspace, number: int) -> list[Contact]:
    """Several of them, each with an address of their own."""
    items = [
        {
            "external_id": f"reader{(at := next(_numbers))}",
            "email": f"reader{at}@mail.example",
            "consents": GRANTED,
        }
        for _ in range(number)
    ]
    ids = [result.id for result in upsert(workspace, *items)] if items else []
    with workspace_scope(workspace):
        return list(Contact.objects.filter(pk__in=ids).order_by("pk"))


def make_sending_shop(number: int = 0, **settings: Any) -> tuple[Workspace, list[Contact]]:
    """A workspace that may send, and people who want its e-mail."""
    workspace = make_workspace()
    make_sending_settings(workspace, **settings)
    return workspace, make_readers(workspace, number)


def campaign_to(workspace: Workspace, *members: Contact, **given: Any) -> Campaign:
    """A campaign to a list of these contacts."""
    static_list = make_list(workspace, "", *members)
    return make_campaign(workspace, audience={"lists": [static_list.pk]}, **given)


def make_run(campaign: Campaign, at: datetime, **given: Any) -> Run:
    """A run whose time has come."""
    with workspace_scope(campaign.workspace_id):
        return Run.objects.create(
            workspace_id=campaign.workspace_id,
            campaign=campaign,
            scheduled_for=at,
            **{"kind": RunKind.REGULAR, "run_key": f"made:{next(_numbers)}", **given},
        )


def freeze(run: Run, at: datetime) -> Run:
    """The run after a worker has had a go at it."""
    freezing.freeze_run(workspace_id=run.workspace_id, run_id=run.pk, clock=lambda: at)
    return read_run(run)


def frozen_run(campaign: Campaign, at: datetime, **given: Any) -> Run:
    return freeze(make_run(campaign, at, **given), at)


def read_run(run: Run) -> Run:
    with workspace_scope(run.workspace_id):
        return Run.objects.select_related("campaign", "parent").get(pk=run.pk)


def read_campaign(campaign: Campaign) -> Campaign:
    with workspace_scope(campaign.workspace_id):
        return Campaign.objects.select_related("workspace").get(pk=campaign.pk)


def runs_of(campaign: Campaign) -> list[Run]:
    with workspace_scope(campaign.workspace_id):
        return list(Run.objects.filter(campaign_id=campaign.pk).order_by("pk"))


def recipients_of(run: Run) -> list[Recipient]:
    with workspace_scope(run.workspace_id):
        return list(Recipient.objects.filter(run_id=run.pk).order_by("contact_id"))


def outcome_of(run: Run) -> dict[int, str]:
    """What became of each contact of the audience: "" for a recipient, else the reason."""
    return {each.contact_id: each.reason for each in recipients_of(run)}


def sent_to(run: Run) -> set[int]:
    return {contact_id for contact_id, reason in outcome_of(run).items() if not reason}


def suppress(workspace: Workspace, address: str, *, now: datetime) -> Suppression:
    with workspace_scope(workspace):
        return suppress_address(
            workspace=workspace,
            channel="email",
            address=address,
            reason=SuppressionReason.BOUNCED,
            now=now,
        )
