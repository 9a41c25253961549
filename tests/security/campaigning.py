"""A campaign of a world with everything it is sent with, through REST and services."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.models import Campaign, Run, RunState
from campaigns.services.codes import create_pool, generate_codes
from campaigns.services.domains import add_domain
from campaigns.services.topics import create_topic
from tests.makers.campaigns import make_account, make_sending_settings
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

if TYPE_CHECKING:
    from tests.security.world import World


def add_campaigns(world: World, text: Callable[[str], str], now: datetime) -> None:
    """A draft to the world's segment, a run of it that is over, a kept block, a topic, a pool …"""
    workspace, program = world.workspace, world.program()
    actor = Actor(workspace=workspace, is_system=True)
    account = make_account(workspace, name=text("an account"), is_default=True)
    make_sending_settings(
        workspace, postal_address=text("a postal address"), from_email="a@shop.example"
    )
    with workspace_scope(workspace):
        topic = create_topic(actor=actor, name=text("a topic"), description="", now=now)
        pool = create_pool(actor=actor, name=text("a pool of codes"), prefix="", now=now)
        generate_codes(actor=actor, pool=pool, number=3, now=now)
        add_domain(actor=actor, domain=f"{workspace.pk}.shop.example", now=now)
    block = {"id": "a", "type": "heading", "text": text("a heading")}
    campaign = {
        "name": text("a campaign"),
        "audience": {
            "segments": [max(world.ids()["segments.Segment"])],
            "exclude_lists": [max(world.ids()["contacts.StaticList"])],
        },
        "content": {
            "subject": text("a subject"),
            "body": {"kind": "blocks", "blocks": [block]},
        },
        "from_name": text("a sender"),
        "from_email": "news@shop.example",
        "account": account.pk,
        "topic": topic.pk,
        "code_pool": pool.pk,
    }
    kept = {"name": text("a kept block"), "block": block}
    contact = max(world.ids()["contacts.Contact"])
    asked = {"contact": contact, "topic": topic.key, "source": text("a form")}
    for path, body in (
        ("campaigns/", campaign),
        ("saved-blocks/", kept),
        ("confirmations/", asked),
    ):
        answer = program.post(f"/api/v1/{path}", json.dumps(body), "application/json")
        assert answer.status_code in {201, 202}, answer.content
    with workspace_scope(workspace):
        Run.objects.create(
            workspace=workspace,
            campaign=Campaign.objects.in_workspace(workspace).get(),
            run_key=text("a run"),
            state=RunState.FINISHED,
            scheduled_for=now,
            held_reasons=[{"code": "jump", "message": text("a reason")}],
            waterfall=[],
        )
