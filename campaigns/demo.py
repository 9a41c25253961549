"""Campaigns of the demo shop: one that was sent days ago and answered, and two drafts.

Everything goes through the services a marketer's clicks go through; only the mail server is one
that takes every message and keeps none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import translation

from campaigns.content.rendering import renderer_for
from campaigns.delivery.jobs import Job
from campaigns.delivery.letters import Letter
from campaigns.delivery.outcomes import Outcome, Result
from campaigns.delivery.plan import plan_of
from campaigns.delivery.sweeping import finish_runs
from campaigns.models import (
    Campaign,
    CodePool,
    Recipient,
    RecipientState,
    Run,
    TrackedLink,
    Transport,
)
from campaigns.responses.recording import Response, record_responses
from campaigns.services import codes, topics
from campaigns.services.accounts import WantedAccount, create_account
from campaigns.services.freezing import freeze_run
from campaigns.services.saving import CampaignInput, create_campaign
from campaigns.services.settings import Wanted, change_settings
from campaigns.services.starting import start_now
from segments.models import Segment
from tracking.models import MessageEventKind
from workspaces.batches import MAX_BATCH_ITEMS
from workspaces.models import Role, User, Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

SEED = 20_241_103
SENT_DAYS_AGO = 6
SHOP = "https://nordlicht.example"
OPENED, OPENED_BY_MACHINES, CLICKED = 0.34, 0.12, 0.09  # shares of those delivered to


class _Nowhere:
    """A `Transporter` that takes every letter and keeps none."""

    is_idempotent = True
    most = 200

    def send(self, letters: Sequence[Letter], *, key: str = "") -> list[Outcome]:
        return [Outcome(Result.SENT) for _ in letters]

    def close(self) -> None:
        """Nothing is open."""


def add_campaigns(*, workspace: Workspace, owner: User, now: datetime) -> None:
    """Sender, topics, codes, a finished campaign with responses, and drafts."""
    actor = Actor(workspace, user=owner, role=Role.OWNER)
    with workspace_scope(workspace), translation.override(workspace.language):
        pool = _prepare(actor, now)
        segments = list(
            Segment.objects.in_workspace(workspace).filter(archived_at=None).order_by("pk")[:3]
        )
        if not segments:
            return
        sent_at = now - timedelta(days=SENT_DAYS_AGO)
        sent = _campaign(actor, "Autumn arrivals", _newsletter(), segments[:1], sent_at)
        run = start_now(
            actor=actor, campaign=sent, key="demo", now=sent_at, confirmed=["coverage", "jump"]
        )
        weekly = {
            "schedule": {
                "kind": "recurring",
                "date": f"{now:%Y-%m-%d}",
                "time": "09:30",
                "every": "week",
                "weekdays": [4],
            }
        }
        welcome = _welcome(segments[-1])
        _campaign(actor, "A code for the season", welcome, segments, now, code_pool=pool.pk)
        _campaign(actor, "News every Thursday", _newsletter(), segments[:1], now, **weekly)
    _send(workspace, run, sent_at)
    _answer(workspace, run, now)


def _prepare(actor: Actor, now: datetime) -> CodePool:
    address = "12 Harbour Street, 80-001 Gdańsk, Poland"
    wanted = Wanted(
        postal_address=address,
        from_name="Nordlicht Outdoor",
        from_email="news@nordlicht.example",
        cap_number=6,
    )
    change_settings(actor=actor, wanted=wanted, now=now)
    account = WantedAccount(
        name="This installation", transport=Transport.INSTALLATION, is_default=True
    )
    create_account(actor=actor, wanted=account, now=now)
    topics.create_topic(actor=actor, name="New in the shop", description="Twice a month", now=now)
    topics.create_topic(actor=actor, name="Sale", description="When prices fall", now=now)
    pool = codes.create_pool(actor=actor, name="Ten per cent off", prefix="NORD-", now=now)
    codes.generate_codes(actor=actor, pool=pool, number=2_000, now=now)
    return pool


def _campaign(
    actor: Actor,
    name: str,
    content: dict[str, Any],
    segments: Sequence[Segment],
    now: datetime,
    **more: Any,
) -> Campaign:
    given = CampaignInput(
        name=name,
        audience={"segments": [segment.pk for segment in segments]},
        content=content,
        **more,
    )
    return create_campaign(actor=actor, given=given, now=now)


def _newsletter() -> dict[str, Any]:
    return {
        "subject": "{{ contact.first_name | default: 'Hello' }}, new for the cold days",
        "preheader": "Jackets, boots and what goes with what you have",
        "body": {
            "kind": "blocks",
            "blocks": [
                {"id": "title", "type": "heading", "text": "New for the cold days"},
                {
                    "id": "words",
                    "type": "text",
                    "html": "<p>The first snow is here, and so is the winter collection.</p>",
                },
                {
                    "id": "margin",
                    "type": "products",
                    "source": "highest_margin",
                    "number": 3,
                    "button": "Look",
                },
                {
                    "id": "go",
                    "type": "button",
                    "label": "See everything new",
                    "href": f"{SHOP}/new",
                },
            ],
        },
    }


def _welcome(segment: Segment) -> dict[str, Any]:
    only = {"segment": segment.pk, "negated": False}
    return {
        "subject": "Ten per cent for the new season",
        "body": {
            "kind": "blocks",
            "blocks": [
                {"id": "title", "type": "heading", "text": "A code of your own"},
                {"id": "code", "type": "code", "intro": "Ten per cent off until Sunday:"},
                {
                    "id": "missing",
                    "type": "products",
                    "source": "missing_accessories",
                    "number": 3,
                    "only": only,
                },
                {"id": "go", "type": "button", "label": "To the shop", "href": SHOP},
            ],
        },
    }


def _send(workspace: Workspace, run: Run, at: datetime) -> None:
    freeze_run(workspace_id=workspace.pk, run_id=run.pk, clock=lambda: at)
    with workspace_scope(workspace):
        frozen = Run.objects.in_workspace(workspace).get(pk=run.pk)
        renderer = renderer_for(workspace=workspace, run=frozen)
    plan = plan_of(workspace=workspace, run_id=run.pk)
    with translation.override(workspace.language):
        job = Job(plan, renderer, _Nowhere(), lambda: at)
        while job.send():
            pass
    finish_runs(now=at + timedelta(minutes=9))


def _answer(workspace: Workspace, run: Run, now: datetime) -> None:
    with workspace_scope(workspace):
        rows = Recipient.objects.in_workspace(workspace).filter(run=run)
        sent = list(rows.filter(state=RecipientState.SENT).order_by("pk"))
        links = TrackedLink.objects.in_workspace(workspace).filter(campaign_id=run.campaign_id)
        responses = list(_responses(sent, list(links.order_by("pk")), now))
        for first in range(0, len(responses), MAX_BATCH_ITEMS):
            part = responses[first : first + MAX_BATCH_ITEMS]
            record_responses(workspace=workspace, responses=part, now=now)


def _responses(
    recipients: Sequence[Recipient], links: Sequence[TrackedLink], now: datetime
) -> Iterator[Response]:
    dice = Random(SEED)  # noqa: S311 - nothing secret
    for recipient in recipients:
        at = recipient.sent_at or now
        yield _response(recipient, MessageEventKind.DELIVERED, at + timedelta(seconds=4))
        if dice.random() < OPENED_BY_MACHINES:
            soon = at + timedelta(seconds=20)
            yield _response(recipient, MessageEventKind.OPENED, soon, is_machine=True)
        # Most within hours, some days later.
        later = at + timedelta(minutes=1 + dice.expovariate(1 / 600))
        if dice.random() >= OPENED or later >= now:
            continue
        yield _response(recipient, MessageEventKind.OPENED, later)
        clicked = later + timedelta(seconds=dice.randint(8, 400))
        if links and dice.random() < CLICKED / OPENED and clicked < now:
            link = dice.choice(links)
            yield _response(recipient, MessageEventKind.CLICKED, clicked, link=link)


def _response(
    recipient: Recipient,
    kind: MessageEventKind,
    at: datetime,
    *,
    is_machine: bool = False,
    link: TrackedLink | None = None,
) -> Response:
    minute, who = int(at.timestamp()) // 60, "machine" if is_machine else "person"
    return Response(
        recipient_id=recipient.pk,
        kind=kind,
        occurred_at=at,
        external_id=f"{kind}:{recipient.pk}:{link.pk if link else 0}:{minute}:{who}",
        is_machine=is_machine,
        link=link.url if link else "",
    )
