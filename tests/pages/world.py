"""A small shop in which every page has something to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from campaigns.services.codes import create_pool, generate_codes
from campaigns.services.domains import add_domain
from campaigns.services.topics import create_topic
from contacts.models import Contact
from contacts.services import create_category
from segments.demo.loading import load_demo
from segments.live.pulse import advance_live
from segments.models import Segment
from segments.services.claims import claim_recount
from segments.tasks import count
from tests.campaigns.sends import make_send
from tests.makers.campaigns import make_account, make_sending_settings
from tests.makers.contacts import make_list
from tests.makers.imports import import_text, upload
from tests.makers.workspaces import make_key, make_user
from tests.security.catalog import models_with_a_workspace
from tests.security.routes import Route
from workspaces.models import ApiKey, Role, User, Workspace
from workspaces.policies import Actor
from workspaces.services import invite_member
from workspaces.tenancy import workspace_scope

PEOPLE = 60
FILE = "external_id,email,first_name\nF-1,anna@nordlicht.example,Anna\nF-2,no address,Ola\n"


@dataclass(frozen=True)
class Shop:
    """The demo shop of a few people, with a counted segment, imports, keys and a list."""

    workspace: Workspace
    owner: User

    def path(self, route: Route) -> str:
        """The route's address, with ids of things that exist."""
        ids = {argument: self._id(label) for argument, label in route.ids.items()}
        return route.path(workspace=self.workspace.pk, **ids)

    def _id(self, label: str) -> Any:
        model = next(m for m in models_with_a_workspace() if m._meta.label == label)
        with workspace_scope(self.workspace):
            rows = model._base_manager.filter(workspace=self.workspace)  # type: ignore[attr-defined]
            if label == "segments.Segment":
                rows = rows.filter(counted_at__isnull=False)
            found = rows.order_by("pk").values_list("pk", flat=True).first()
        assert found is not None, f"the shop has no {label}: make one in tests/pages/world.py"
        return found


def make_shop() -> Shop:
    now = timezone.now()
    owner = make_user("ola.nowicka@nordlicht.example", name="Ola Nowicka")
    workspace = load_demo(owner=owner, now=now, contacts=PEOPLE, progress=lambda _text: None)
    make_key(workspace, now=now)
    make_key(workspace, now=now, kind=ApiKey.Kind.PUBLIC)
    make_list(workspace, "Guests of the fair", now=now)
    create_category(workspace=workspace, name="Retail")
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    invite_member(actor=actor, email="marta@nordlicht.example", role=Role.VIEWER, now=now)
    import_text(workspace, FILE, now=now)
    upload(workspace, FILE, now=now)
    count_segments(workspace, 3)
    advance_live(workspace=workspace, now=timezone.now())
    make_campaigns(actor, now)
    return Shop(workspace, owner)


def make_campaigns(actor: Actor, now: datetime) -> None:
    """A send that is over, and what campaigns are sent with."""
    workspace = actor.workspace
    make_account(workspace)
    make_sending_settings(workspace)
    with workspace_scope(workspace):
        create_topic(actor=actor, name="News", description="Once a month", now=now)
        pool = create_pool(actor=actor, name="Linen week", prefix="LINEN-", now=now)
        generate_codes(actor=actor, pool=pool, number=60, now=now)
        add_domain(actor=actor, domain="nordlicht.example", now=now)
        people = list(Contact.objects.in_workspace(workspace).live().order_by("pk"))
    make_send(workspace, people, at=now)


def count_segments(workspace: Workspace, number: int) -> None:
    """Do what a worker does, a few times."""
    for _turn in range(number):
        claim = claim_recount(now=timezone.now())
        if claim is None:
            break
        count(claim=claim, clock=timezone.now)
    with workspace_scope(workspace):
        assert Segment.objects.in_workspace(workspace).filter(counted_at__isnull=False).exists()
