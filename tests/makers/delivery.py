"""Runs whose audience is frozen, ready to be sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db.models import Count
from django.utils import timezone

from campaigns.models import Campaign, Recipient, Run, RunState, SendingAccount, Transport
from contacts.addresses import hash_address
from tests.makers.campaigns import HELLO, make_account, make_campaign
from tests.makers.contacts import upsert
from tests.makers.sinks import Api, Sink
from workspaces.models import Workspace
from workspaces.secrets import seal
from workspaces.tenancy import workspace_scope

SETTINGS = {
    "campaign_name": "New in the shop",
    "from_name": "Shop",
    "from_email": "news@shop.example",
    "consent_rule": "not_withdrawn",
    "postal_address": "Shop, 1 Long Street, Warsaw",
    "revenue_rule": "click",
}
AT_ONCE = 1_000


def addresses(number: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{index}@mail.example" for index in range(number)]


def make_smtp_account(workspace: Workspace, sink: Sink | int, **given: Any) -> SendingAccount:
    """An account whose mail server is a sink, or listens at a port."""
    port = sink if isinstance(sink, int) else sink.port
    server = {"host": "127.0.0.1", "port": port, "security": "none"}
    return make_account(workspace, transport=Transport.SMTP, credentials=seal(server), **given)


def make_api_account(workspace: Workspace, api: Api | int, **given: Any) -> SendingAccount:
    """An account at a provider that recognises repeats."""
    port = api if isinstance(api, int) else api.port
    secret = {"api_key": "re_test", "api_url": f"http://127.0.0.1:{port}/"}
    return make_account(workspace, transport=Transport.RESEND, credentials=seal(secret), **given)


def make_frozen_run(
    workspace: Workspace,
    mails: Sequence[str],
    *,
    campaign: Campaign | None = None,
    now: datetime | None = None,
    content: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """A run that is being sent to contacts with these addresses, made if need be."""
    now = now or timezone.now()
    campaign = campaign or make_campaign(workspace, audience={}, now=now)
    people = make_people(workspace, mails, now=now)
    with workspace_scope(workspace):
        run = Run.objects.create(
            workspace=workspace,
            campaign=campaign,
            run_key=str(uuid4()),
            state=RunState.SENDING,
            scheduled_for=now,
            as_of=now,
            started_at=now,
            content=content or HELLO,
            settings={**SETTINGS, **settings},
            segments=[],
            size=len(mails),
        )
        Recipient.objects.bulk_create(
            [
                Recipient(
                    workspace=workspace,
                    run=run,
                    contact_id=people[address],
                    address=address,
                    address_hash=hash_address(workspace=workspace, address=address),
                )
                for address in mails
            ],
            batch_size=AT_ONCE,
        )
        return run


def make_people(workspace: Workspace, mails: Sequence[str], *, now: datetime) -> dict[str, int]:
    """Contacts with these addresses: ids by address."""
    found: dict[str, int] = {}
    for start in range(0, len(mails), AT_ONCE):
        some = mails[start : start + AT_ONCE]
        items = [
            {
                "external_id": address,
                "email": address,
                "attributes": {"first_name": address.partition("@")[0]},
                "observed_at": now.isoformat(),
            }
            for address in some
        ]
        for address, result in zip(some, upsert(workspace, *items, now=now), strict=True):
            assert result.id is not None, result.errors
            found[address] = result.id
    return found


def states(workspace: Workspace, run: Run) -> dict[str, int]:
    """How many recipients are in each state; those left out by their reason."""
    with workspace_scope(workspace):
        rows = (
            Recipient.objects.filter(run=run)
            .values_list("state", "reason")
            .annotate(number=Count("id"))
        )
        found = Counter[str]()
        for state, reason, number in rows:
            found[reason or state] += number
        return dict(found)


def recipient_of(workspace: Workspace, run: Run, address: str) -> Recipient:
    with workspace_scope(workspace):
        return Recipient.objects.get(run=run, address=address)


def read_run(workspace: Workspace, run: Run) -> Run:
    with workspace_scope(workspace):
        return Run.objects.get(pk=run.pk)
