"""Two workspaces of the same shape; every text of the second is a canary."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.makers.workspaces import make_key, make_user, make_workspace
from tests.security.campaigning import add_campaigns
from tests.security.catalog import models_with_a_workspace, one, tables_with_a_workspace
from tests.security.rows import Canaries, fill_every_table
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope


@dataclass
class World:
    """A workspace with something in it, its owner, and a key that may do everything a key may."""

    workspace: Workspace
    owner: User
    key: str

    def browser(self, *, csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
        client.force_login(self.owner)
        return client

    def program(self) -> Client:
        return Client(
            headers={"Authorization": f"Bearer {self.key}"}, raise_request_exception=False
        )

    def ids(self) -> dict[str, list[Any]]:
        """The primary keys of its rows by model label, newest last."""
        with workspace_scope(self.workspace):
            return {
                model._meta.label: list(
                    model._base_manager.filter(workspace=self.workspace)
                    .order_by("pk")
                    .values_list("pk", flat=True)
                )
                for model in models_with_a_workspace()
            }

    def fingerprint(self) -> str:
        """Changes when any row of the workspace does."""
        tables = " UNION ALL ".join(
            f"SELECT '{table}' AS name, count(*)::text || md5(coalesce(string_agg(t::text, '|'"
            f" ORDER BY t::text), '')) AS rows FROM \"{table}\" t"
            f" WHERE workspace_id = {self.workspace.pk}"
            for table in sorted(tables_with_a_workspace())
            if table != "workspaces_apikey"  # notes when a key was last used
        )
        with workspace_scope(self.workspace):
            return str(one(f"SELECT string_agg(name || ' ' || rows, ', ') FROM ({tables}) x"))


def make_two_worlds() -> tuple[World, World, Canaries]:
    """Ours, with honest data, and theirs, with canaries in every table besides."""
    now = timezone.now()
    ours, theirs = make_world("Ours", _plainly, now), None
    canaries = Canaries()
    theirs = make_world("Theirs", canaries.sing, now)
    fill_every_table(theirs.workspace, canaries)
    theirs.workspace.name = canaries.sing("the name of the workspace")
    theirs.workspace.save()
    return ours, theirs, canaries


def make_world(name: str, text: Callable[[str], str], now: datetime) -> World:
    """Everything the REST API stores, stored through the REST API."""
    owner = make_user(f"{name.lower()}@example.org")
    workspace = make_workspace(name, owner=owner, now=now)
    world = World(workspace, owner, make_key(workspace, now=now)[1])
    program = world.program()
    day = now.isoformat()
    contact = {"external_id": text("the external id of a contact")}
    product = {"external_id": text("the external id of a product")}
    transaction = {"external_id": text("the external id of a transaction")}
    tag = text("a tag")
    post(
        program,
        "contacts/batch?define=true",
        contacts=[
            {
                **contact,
                "email": f"{text('an e-mail')}@example.org",
                "attributes": {"first_name": text("a name"), "favourite": text("an attribute")},
                "tags": {"add": [tag]},
                "categories": [text("a category")],
                "consents": {"email": "granted"},
            }
        ],
    )
    post(
        program,
        "products/batch",
        products=[
            {
                **product,
                "name": text("a product"),
                "brand": text("a brand"),
                "category": text("a product category"),
                "price": "10.00",
            }
        ],
    )
    post(
        program,
        "transactions/batch",
        transactions=[
            {
                **transaction,
                "contact": contact,
                "occurred_at": day,
                "kind": "purchase",
                "currency": "EUR",
                "lines": [{"product": product["external_id"], "quantity": 1, "amount": "10.00"}],
            }
        ],
    )
    post(
        program,
        "visits/batch",
        visits=[
            {
                "external_id": text("the external id of a visit"),
                "contact": contact,
                "occurred_at": day,
                "url": f"https://shop.example/{text('an address')}",
                "pages": [{"url": f"https://shop.example/{text('a page')}", "occurred_at": day}],
            }
        ],
    )
    post(
        program,
        "activities/batch?define=true",
        activities=[
            {
                "external_id": text("the external id of an activity"),
                "contact": contact,
                "kind": text("a kind of activity"),
                "occurred_at": day,
                "parameters": {text("a parameter"): text("a value")},
            }
        ],
    )
    post(
        program,
        "refunds/batch",
        refunds=[
            {
                "external_id": text("the external id of a refund"),
                "transaction": transaction["external_id"],
                "occurred_at": day,
                "amount": "1.00",
            }
        ],
    )
    post(
        program,
        "rates/batch",
        rates=[{"currency": "PLN", "date": now.date().isoformat(), "rate": "0.25"}],
    )
    blocked = f"{text('a suppressed address')}@example.org"
    post(program, "suppressions/", channel="email", address=blocked)
    contact_id = max(world.ids()["contacts.Contact"])
    post(program, "lists/", name=text("a list"), contacts=[contact_id])
    post(
        program,
        "segments/",
        name=text("a segment"),
        where={"all": [{"type": "tags.has", "match": "any", "tags": [tag]}]},
        pinned_in=[contact_id],
    )
    add_campaigns(world, text, now)
    return world


def post(program: Client, path: str, **body: Any) -> HttpResponse:
    """A call that must succeed, item by item."""
    answer = program.post(f"/api/v1/{path}", json.dumps(body), "application/json")
    assert answer.status_code in {200, 201}, (path, answer.status_code, answer.content[:500])
    for result in answer.json().get("results", ()):
        assert result.get("status") != "error", (path, result)
    return answer


def _plainly(about: str) -> str:
    return about.replace(" ", "_")
