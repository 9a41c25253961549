"""Who gets in, and with what: keys, roles, CSRF tokens, and GETs that only look."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tests.makers.workspaces import make_actor, make_key, make_member
from tests.security.routes import UNSAFE, Route, all_routes, routes_in_workspaces
from tests.security.world import World, make_world
from workspaces.models import ApiKey, Member, Role
from workspaces.policies import ALLOWED, KEY_SCOPES, Action
from workspaces.services import revoke_key

pytestmark = pytest.mark.django_db

# Takes public write keys from other sites, so it can't ask for a token; reads nothing.
# Recipients and providers have no session a forged request could use: the address itself is signed,
# or what a provider sends.
WITHOUT_TOKEN = re.compile(r"^(api/v1/|ingest/|v1/|m/(u|p|d|hooks)/)")
# What every member may do, whatever their role.
EVERYBODY = {"workspace-member-remove"}
# Calls that show something of another kind besides, and need the scope of that too.
ALSO_NEED = {
    "segment-members": Action.READ_CONTACTS,
    "segment-explain": Action.READ_CONTACTS,
    "segment-explain-where": Action.READ_CONTACTS,
    "run-recipients": Action.READ_CONTACTS,
}
# Taking data out is noted in the audit log.
EXPORTS = re.compile(r"export|\.csv|rejected")
# What the forms of people, keys and most other things ask for.
FORM = {
    "name": "Probe",
    "role": "admin",
    "kind": "secret",
    "scopes": ["contacts:read"],
    "email": "probe@example.org",
    "expires": "never",
}
# Tables a GET may fill: what it computed, so that the next one is fast.
COMPUTED = ("segments_leafset",)


@pytest.fixture
def world() -> World:
    return make_world("Ours", lambda about: about.replace(" ", "_"), timezone.now())


def own_path(route: Route, world: World, own: dict) -> str:
    ids = {argument: (own[label] or [0])[-1] for argument, label in route.ids.items()}
    return route.path(workspace=world.workspace.pk, **ids)


def api_routes() -> list[Route]:
    return [route for route in routes_in_workspaces() if route.is_api and route.viewset]


def pages() -> list[Route]:
    return [route for route in routes_in_workspaces() if not route.is_api and not route.viewset]


def forget(client: Client, method: str, path: str, **options) -> int:
    """The status of a request whose effects are undone."""
    with transaction.atomic():
        answer = client.generic(method, path, "{}", "application/json", **options)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer.status_code


# Keys


def test_every_api_route_refuses_no_key_wrong_expired_revoked_and_public_keys(
    world: World, record_property
):
    now = timezone.now()
    _, expired = make_key(world.workspace, now=now - timedelta(2), expires_at=now - timedelta(1))
    key, revoked = make_key(world.workspace, now=now)
    revoke_key(actor=make_actor(world.workspace), key_id=key.pk, now=now)
    _, public = make_key(world.workspace, kind=ApiKey.Kind.PUBLIC, now=now)
    expected = {"": 401, "kh_wrong": 401, expired: 401, revoked: 401, public: 403}
    own, let_in = world.ids(), []
    for route in api_routes():
        for method in route.actions:
            for text, status in expected.items():
                client = Client(headers={"Authorization": f"Bearer {text}"} if text else {})
                found = forget(client, method, own_path(route, world, own))
                if found != status:
                    let_in.append((method, route.pattern, text[:6], found))
    assert let_in == []
    record_property("api_routes", len(api_routes()))


def test_a_key_of_one_scope_does_what_that_scope_allows_and_nothing_more(world: World):
    own, wrong = world.ids(), []
    for scope in KEY_SCOPES:
        _, text = make_key(world.workspace, [scope.value], now=timezone.now())
        client = Client(headers={"Authorization": f"Bearer {text}"}, raise_request_exception=False)
        for route in api_routes():
            for method in route.actions:
                found = forget(client, method, own_path(route, world, own))
                if route.name in ALSO_NEED and found == 403:
                    continue
                if (found == 403) is (route.required(method) == scope):
                    wrong.append((scope, method, route.pattern, found))
    assert wrong == []


def test_every_action_of_every_viewset_says_what_it_requires():
    silent = [
        (method, route.pattern)
        for route in routes_in_workspaces()
        if route.viewset
        for method in route.actions
        if route.required(method) is None
    ]
    assert silent == []


# Roles


def clients_by_role(world: World) -> dict[Role, Client]:
    clients = {}
    for role in Role:
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(make_member(world.workspace, role).user)
    return clients


def test_roles_decide_in_the_browser_api(world: World, record_property):
    own, wrong, asked = world.ids(), [], 0
    clients = clients_by_role(world)
    for route in routes_in_workspaces():
        if not route.is_browser_api:
            continue
        for method in route.actions:
            for role, client in clients.items():
                found = forget(client, method, own_path(route, world, own))
                asked += 1
                if (found == 403) is (route.required(method) in ALLOWED[role]):
                    wrong.append((role, method, route.pattern, found))
    assert wrong == []
    record_property("roles_by_routes", asked)


def test_a_viewer_changes_nothing_on_any_page(world: World):
    """Whether a page answers 403 or doesn't take the method at all."""
    own, allowed = world.ids(), []
    viewer = clients_by_role(world)[Role.VIEWER]
    for route in pages():
        if route.name in EVERYBODY:
            continue
        path = own_path(route, world, own)
        before = world.fingerprint()
        with transaction.atomic():
            answer = viewer.post(path, FORM)
            # Searching and previewing may be a POST; changing may not.
            if answer.status_code < 400 and world.fingerprint() != before:
                allowed.append((route.pattern, answer.status_code))
            transaction.set_rollback(True)
    assert allowed == []


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
def test_settings_of_people_and_keys_are_for_admins(world: World, role: Role):
    own, client = world.ids(), clients_by_role(world)[role]
    for route in pages():
        if re.search(r"/(keys|invitations|role)/", route.pattern):
            with transaction.atomic():
                found = client.post(own_path(route, world, own), FORM).status_code
                transaction.set_rollback(True)
            assert found in {403, 405}, (route.pattern, found)


# CSRF


def test_every_unsafe_request_of_a_browser_needs_a_token(world: World, record_property):
    client, own, open_routes, asked = world.browser(csrf=True), world.ids(), [], 0
    for route in all_routes():
        if WITHOUT_TOKEN.match(route.pattern):
            continue
        path = own_path(route, world, own) if "workspace" in route.arguments else route.path()
        for method in UNSAFE:
            if route.viewset and method not in route.actions:
                continue
            found = forget(client, method, path)
            asked += 1
            if found not in {403, 405}:
                open_routes.append((method, route.pattern, found))
    assert open_routes == []
    record_property("unsafe_requests_without_token", asked)


def test_a_session_is_worth_nothing_where_no_token_is_asked_for(world: World):
    client, own = world.browser(), world.ids()
    for route in api_routes():
        for method in route.actions:
            assert forget(client, method, own_path(route, world, own)) == 401


# GET


def test_looking_changes_nothing(world: World, record_property):
    own, browser, program, changed = world.ids(), world.browser(), world.program(), []
    before, routes = world.fingerprint(), routes_in_workspaces()
    for route in routes:
        path = own_path(route, world, own)
        answer = (program if route.is_api else browser).get(path)
        if answer.streaming:
            b"".join(answer.streaming_content)
        expected = COMPUTED + (("workspaces_auditentry",) if EXPORTS.search(path) else ())
        after = world.fingerprint()
        if without(expected, after) != without(expected, before):
            changed.append(route.pattern)
        before = after
    assert changed == []
    record_property("routes_looked_at", len(routes))


def without(tables: tuple[str, ...], fingerprint: str) -> list[str]:
    return [part for part in fingerprint.split(", ") if not part.startswith(tables)]


def test_the_owner_of_the_world_is_still_its_owner(world: World):
    """What `forget` undoes is undone: else the tests above would build on each other."""
    own = world.ids()
    for route in pages():
        forget(world.browser(), "POST", own_path(route, world, own))
    assert Member.objects.get(workspace=world.workspace, user=world.owner).role == Role.OWNER
