from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from campaigns.models import Campaign, SendingAccount, SendingSettings, Transport
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_numbers = count(1)

HELLO = {
    "subject": "Hello {{ contact.first_name }}",
    "body": {
        "kind": "blocks",
        "blocks": [
            {"id": "a", "type": "heading", "text": "New in the shop"},
            {"id": "b", "type": "button", "label": "Look", "href": "https://shop.example/new"},
        ],
    },
}


def make_account(workspace: Workspace, **given: Any) -> SendingAccount:
    """An account for sending through the installation's own server; the default one."""
    with workspace_scope(workspace):
        return SendingAccount.objects.create(
            workspace=workspace,
            **{
                "name": f"Account {next(_numbers)}",
                "transport": Transport.INSTALLATION,
                "is_default": True,
                **given,
            },
        )


def make_sending_settings(workspace: Workspace, **given: Any) -> SendingSettings:
    """With a postal address, so that campaigns may be sent."""
    with workspace_scope(workspace):
        return SendingSettings.objects.create(
            workspace=workspace, **{"postal_address": "Shop, 1 Long Street, Warsaw", **given}
        )


def make_campaign(
    workspace: Workspace, *, audience: dict[str, Any], now: datetime = NOW, **given: Any
) -> Campaign:
    """A draft that could be sent at once to this audience."""
    with workspace_scope(workspace):
        return Campaign.objects.create(
            workspace=workspace,
            **{
                "name": f"Campaign {next(_numbers)}",
                "audience": audience,
                "content": HELLO,
                "schedule": {"kind": "now"},
                "from_name": "Shop",
                "from_email": "news@shop.example",
                "created_at": now,
                "changed_at": now,
                **given,
            },
        )
