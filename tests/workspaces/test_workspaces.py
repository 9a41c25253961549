from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from tests.makers.workspaces import NOW, make_actor, make_user, make_workspace
from workspaces.models import AuditEntry, Member, Role, User, Workspace
from workspaces.policies import KEY_SCOPES
from workspaces.services import (
    authenticate_key,
    change_workspace,
    create_workspace,
    member_actor,
)
from workspaces.signals import workspace_created
from workspaces.tenancy import current_workspace_id, workspace_scope

pytestmark = pytest.mark.django_db


def test_a_new_workspace_has_its_owner_and_an_audit_entry():
    owner = make_user()
    workspace = make_workspace(owner=owner, name="  Acme  ")
    assert workspace.name == "Acme"
    assert Member.objects.get(workspace=workspace).user == owner
    with workspace_scope(workspace):
        assert AuditEntry.objects.get().action == "workspace.created"


def test_other_apps_add_their_rows_inside_the_transaction_and_the_scope():
    seen = []

    def listen(sender, workspace, now, **kwargs):
        seen.append((current_workspace_id(), workspace.pk, now, connection.in_atomic_block))

    workspace_created.connect(listen)
    try:
        workspace = make_workspace()
    finally:
        workspace_created.disconnect(listen)
    assert seen == [(workspace.pk, workspace.pk, NOW, True)]


def test_a_workspace_whose_rows_cannot_be_made_is_not_made():
    def fail(sender, **kwargs):
        raise RuntimeError

    workspace_created.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            make_workspace("Half")
    finally:
        workspace_created.disconnect(fail)
    assert not Workspace.objects.filter(name="Half").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("time_zone", "Mars/Base"),
        ("base_currency", "eur"),
        ("base_currency", "XXQ"),
        ("week_start", 3),
        ("language", "tlh"),
    ],
)
def test_a_workspace_with_a_wrong_setting_is_refused_by_field(field: str, value):
    with pytest.raises(ValidationError) as refusal:
        create_workspace(**{"owner": make_user(), "name": "Acme", "now": NOW, field: value})
    assert set(refusal.value.message_dict) == {field}


def test_settings_change_and_the_audit_says_what():
    workspace = make_workspace(time_zone="UTC")
    actor = make_actor(workspace, Role.ADMIN)
    changed = change_workspace(actor=actor, time_zone="Asia/Tokyo", week_start=7, now=NOW)
    assert (changed.time_zone, changed.week_start, changed.name) == ("Asia/Tokyo", 7, "Acme")
    with workspace_scope(workspace):
        details = AuditEntry.objects.get(action="workspace.changed").details
    assert details["changes"] == {
        "time_zone": {"from": "UTC", "to": "Asia/Tokyo"},
        "week_start": {"from": 1, "to": 7},
    }


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
def test_only_admins_change_settings(role: Role):
    with pytest.raises(PermissionDenied):
        change_workspace(actor=make_actor(make_workspace(), role), name="Mine", now=NOW)


def test_a_member_acts_with_their_role_and_a_stranger_does_not_act():
    workspace = make_workspace()
    actor = make_actor(workspace, Role.VIEWER)
    found = member_actor(user=actor.user, workspace_id=workspace.pk)
    assert found is not None
    assert (found.role, found.workspace) == (Role.VIEWER, workspace)
    assert member_actor(user=make_user(), workspace_id=workspace.pk) is None
    assert member_actor(user=actor.user, workspace_id=workspace.pk + 1) is None


def run_create_workspace(*arguments: str) -> dict:
    out = StringIO()
    call_command("create_workspace", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_the_command_prints_a_workspace_and_a_working_key():
    printed = run_create_workspace(
        "CDNOW", "--time-zone", "UTC", "--currency", "USD", "--owner", "Ann@Example.org"
    )
    assert printed["workspace"]["name"] == "CDNOW"
    assert printed["workspace"]["base_currency"] == "USD"
    assert printed["workspace"]["owner"] == "ann@example.org"
    actor = authenticate_key(presented=printed["api_key"], now=NOW)
    assert actor.workspace.pk == printed["workspace"]["id"]
    assert actor.allowed == set(KEY_SCOPES)


def test_the_command_takes_an_owner_who_is_here_already():
    ann = make_user("ann@example.org", name="Ann")
    run_create_workspace("One", "--owner", "ann@example.org")
    run_create_workspace("Two", "--owner", "ann@example.org", "--password", "changes nothing")
    assert User.objects.get().pk == ann.pk
    assert not User.objects.get().check_password("changes nothing")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--owner", "nobody"),
        ("--owner", "a@example.org", "--time-zone", "Nowhere"),
        ("--owner", "a@example.org", "--currency", "ZZZ"),
    ],
)
def test_the_command_explains_a_wrong_argument_and_leaves_nothing_behind(arguments):
    with pytest.raises(CommandError):
        run_create_workspace("Acme", *arguments)
    assert not Workspace.objects.exists()
    assert not User.objects.exists()
