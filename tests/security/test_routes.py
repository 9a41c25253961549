"""T-01: no route, with whatever method and whatever ids, gives anything of a foreign workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.security.bodies import Described, Named, bodies_by_hand
from tests.security.probing import Forms, Prober, differing
from tests.security.routes import METHODS, Route, all_routes, routes_in_workspaces
from tests.security.world import make_two_worlds

pytestmark = pytest.mark.django_db

# Routes that stand outside every workspace and take no key: nothing of a tenant is behind them, or
# (m/) what a signed address in a message or a webhook's password opens: tests/campaigns.
OUTSIDE = re.compile(
    r"^($|accounts/|account/|workspaces/|invitations/|i18n/|jsi18n/|api/docs/"
    r"|m/|api/v1/openapi\.json)"
)
# What the REST API can't make, so that our own world has none: a file must be sent.
MADE_BY_HAND = {"contacts.Import"}
# What a route can't answer without, by the name it has in the query.
ASKED = {
    "segment-explain": {"contact": "contacts.Contact"},
    "campaign-preview": {"contact": "contacts.Contact"},
}
# The same, of what names nothing in a workspace.
TOMORROW = timezone.now() + timedelta(days=1)
LEAVING = {"day": f"{TOMORROW:%Y-%m-%d}", "direction": "leaving"}
TOLD = {
    "segment-forecast-members": LEAVING,
    "forecast-people": LEAVING,
    "segment-versions-diff": {"from": "1", "to": "1"},
    "waterfall-list": {"step": "recipients"},
}
# Unsafe calls that have no body at all.
WITHOUT_BODY = {
    "segment-duplicate",
    "segment-recount",
    "segment-cancel-recount",
    "segment-restore",
    "segment-restore-version",
    "campaign-duplicate",
    "campaign-stop",
    "run-pause",
    "run-resume",
    "run-cancel",
}


@pytest.fixture
def prober() -> Prober:
    return Prober(*make_two_worlds())


def substitutions(route: Route, own: dict, other: dict) -> Iterator[dict[str, Any]]:
    """The route's ids with one of them, and with all of them, taken from `other`."""
    arguments = list(route.ids)
    for planted in {frozenset([argument]) for argument in arguments} | {frozenset(arguments)}:
        yield {
            argument: ((other if argument in planted else own).get(label) or [0])[0]
            for argument, label in route.ids.items()
        }


def test_ids_of_another_workspace_in_a_path_open_nothing_and_look_like_missing_ones(
    prober: Prober, record_property
):
    own, other = prober.ours.ids(), prober.theirs.ids()
    missing = {label: [990_000_000 + n] for n, label in enumerate(sorted(other))}
    routes = [route for route in routes_in_workspaces() if route.ids]
    for route in routes:
        for method in METHODS:
            for foreign, absent in zip(
                substitutions(route, own, other), substitutions(route, own, missing), strict=True
            ):
                workspace = prober.ours.workspace.pk
                found = prober.ask(route, method, route.path(workspace=workspace, **foreign), {})
                nothing = prober.ask(route, method, route.path(workspace=workspace, **absent), {})
                # Pages may go back to where the button was, if they do it for missing ids too.
                if found[0] not in {400, 403, 404, 405} | (set() if route.viewset else {302}):
                    prober.faults.append(f"{method} {route.pattern} {foreign}: {found[0]}")
                if found != nothing:
                    prober.faults.append(f"{method} {route.pattern}: {differing(found, nothing)}")
    assert prober.faults == []
    record_property("routes_with_ids", len(routes))
    record_property("requests_with_foreign_ids_in_paths", prober.requests)


def test_our_own_ids_open_those_routes_so_that_the_test_above_means_something(prober: Prober):
    own = prober.ours.ids()
    closed = []
    for route in routes_in_workspaces():
        if not route.ids or "GET" not in (route.actions or {"GET": ""}):
            continue
        if set(route.ids.values()) & MADE_BY_HAND:
            continue
        codes = set()
        for take in (0, -1):  # a corrected transaction, say, is shown by its first id
            ids = {argument: (own[label] or [0])[take] for argument, label in route.ids.items()}
            path = route.path(workspace=prober.ours.workspace.pk, **ids)
            query = {name: own[label][take] for name, label in ASKED.get(route.name, {}).items()}
            query |= TOLD.get(route.name, {})
            codes.add(prober.ask(route, "GET", f"{path}?{urlencode(query)}")[0])
        if not codes & {200, 302, 405}:
            closed.append((route.pattern, codes))
    assert closed == []


def test_another_workspace_in_the_path_looks_like_one_that_does_not_exist(
    prober: Prober, record_property
):
    other = prober.theirs.ids()
    routes = [route for route in all_routes() if "workspace" in route.arguments]
    for route in routes:
        ids = {argument: (other[label] or [0])[0] for argument, label in route.ids.items()}
        for method in ("GET", "POST", "DELETE"):
            there = route.path(workspace=prober.theirs.workspace.pk, **ids)
            nowhere = route.path(workspace=4_000_000, **ids)
            found = prober.ask(route, method, there, {})
            nothing = prober.ask(route, method, nowhere, {})
            if found[0] != 404 or found != nothing:
                prober.faults.append(f"{method} {route.pattern}: {differing(found, nothing)}")
    assert prober.faults == []
    record_property("browser_routes", len(routes))


def test_lists_pages_and_searches_show_nothing_of_another_workspace(
    prober: Prober, record_property
):
    own, described, named = prober.ours.ids(), Described(), Named(prober.theirs)
    asked = 0
    for route in routes_in_workspaces():
        ids = {argument: (own[label] or [0])[-1] for argument, label in route.ids.items()}
        path = route.path(workspace=prober.ours.workspace.pk, **ids)
        prober.ask(route, "GET", path)
        # The browser's mount of a viewset takes what the programs' mount takes.
        asking = {} if route.is_browser_api else described.parameters(route, named)
        if not route.viewset:
            asking |= searches(named)
        for name, value in asking.items():
            prober.ask(route, "GET", f"{path}?{urlencode({name: value}, doseq=True)}")
            asked += 1
    assert prober.faults == []
    record_property("requests_with_foreign_ids_in_queries", asked)


def searches(named: Named) -> dict[str, Any]:
    """Query parameters that pages read without describing them."""
    return {
        "q": "canary",
        "search": "canary",
        "segment": named.id("segments.Segment"),
        "tag": named.text("tag.key"),
        "list": named.id("contacts.StaticList"),
        "contact": named.id("contacts.Contact"),
        "next": f"/w/{named.id('workspaces.Member')}/",
    }


def test_ids_of_another_workspace_in_a_body_do_nothing(prober: Prober, record_property):
    own, described, named = prober.ours.ids(), Described(), Named(prober.theirs)
    by_hand, without, asked = bodies_by_hand(named), [], 0
    for route in routes_in_workspaces():
        if route.viewset is None:
            continue
        ids = {argument: (own[label] or [0])[-1] for argument, label in route.ids.items()}
        path = route.path(workspace=prober.ours.workspace.pk, **ids)
        for method in set(route.actions) & {"POST", "PUT", "PATCH"}:
            bodies = list(by_hand.get(route.name, ()))
            if (body := described.body(route, method, named)) not in (None, {}):
                bodies.append(body)
            if not bodies and route.name not in WITHOUT_BODY:
                without.append((method, route.pattern))
            for body in bodies or [{}]:
                prober.ask(route, method, path, body)
                asked += 1
    assert prober.faults == []
    assert without == [], "say in tests/security/bodies.py what these take"
    record_property("requests_with_foreign_ids_in_bodies", asked)


def test_the_same_bodies_with_our_own_names_are_taken(prober: Prober):
    """Else the test above would only prove that nonsense is refused."""
    own, by_hand, refused = prober.ours.ids(), bodies_by_hand(Named(prober.ours)), []
    for route in routes_in_workspaces():
        if not route.is_api or route.name not in by_hand:
            continue
        ids = {argument: (own[label] or [0])[-1] for argument, label in route.ids.items()}
        path = route.path(workspace=prober.ours.workspace.pk, **ids)
        for method in set(route.actions) & {"POST", "PUT", "PATCH"}:
            for body in by_hand[route.name]:
                code, content = prober.ask(route, method, path, body)
                if '"cycle"' in content:
                    continue  # a segment that would name itself
                if code >= 300 or '"status":"error"' in content:
                    refused.append(f"{route.name} {method} {body}: {content[:300]}")
    assert not refused, "\n".join(refused)


def test_forms_filled_with_ids_of_another_workspace_do_nothing(prober: Prober, record_property):
    own, named, forms, filled = prober.ours.ids(), Named(prober.theirs), 0, set()
    labels = {label for route in routes_in_workspaces() for label in route.ids.values()}
    for route in routes_in_workspaces():
        if route.viewset is not None:
            continue
        ids = {argument: (own[label] or [0])[-1] for argument, label in route.ids.items()}
        path = route.path(workspace=prober.ours.workspace.pk, **ids)
        page = prober.browser.get(path)
        if page.status_code != 200 or page.streaming or "html" not in page["Content-Type"]:
            prober.ask(route, "POST", path, every_id(named), form=True)
            continue
        for action, names in Forms.of(page.content.decode()):
            if (action or path, frozenset(names)) in filled:
                continue  # stands on every page
            filled.add((action or path, frozenset(names)))
            if not (action or path).startswith(f"/w/{prober.ours.workspace.pk}/"):
                continue
            for choice in foreign_choices(names, named, labels):
                prober.ask(route, "POST", action or path, choice, form=True)
                forms += 1
    assert prober.faults == []
    record_property("forms_with_foreign_ids", forms)


def every_id(named: Named) -> dict[str, Any]:
    """Ids under the names pages may read them by."""
    return {label.rpartition(".")[2].lower(): ids[0] for label, ids in named.ids.items() if ids} | {
        "ids": [ids[0] for ids in named.ids.values() if ids],
        "name": "probe",
    }


def foreign_choices(names: set[str], named: Named, labels: set[str]) -> Iterator[dict[str, Any]]:
    """The form with each kind of foreign id in all its fields, then with foreign texts."""
    for label in sorted(labels):
        yield dict.fromkeys(names, named.id(label))
    for text in ("contact.external_id", "tag.key", "attributedefinition.key", "product.name"):
        yield dict.fromkeys(names, named.text(text))


def test_every_route_is_walked_or_named_as_outside(record_property):
    walked = {route.pattern for route in routes_in_workspaces()}
    left = [
        route.pattern
        for route in all_routes()
        if route.pattern not in walked and not OUTSIDE.match(route.pattern)
    ]
    assert left == [], "walk these routes too, or say why nothing of a tenant is behind them"
    record_property("routes", len(all_routes()))
    record_property("routes_in_workspaces", len(walked))
    assert len(walked) > 40
