from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.makers.workspaces import NOW, make_actor, make_key, make_workspace
from workspaces.models import ApiKey, AuditEntry, Role
from workspaces.policies import Action
from workspaces.services import KeyRefusedError, authenticate_key, create_key, revoke_key
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def test_a_key_opens_its_workspace_with_its_scopes():
    workspace = make_workspace()
    _, text = make_key(workspace, ["contacts:read"])
    actor = authenticate_key(presented=text, now=NOW)
    assert actor.workspace == workspace
    assert actor.allowed == {Action.READ_CONTACTS}
    assert actor.kind == "key"


def test_the_secret_is_nowhere_in_the_database():
    key, text = make_key(make_workspace())
    secret = text.partition(".")[2]
    assert len(secret) == 43
    stored = ApiKey.objects.filter(pk=key.pk).values()[0]
    assert secret not in str(stored)


@pytest.mark.parametrize(
    "change", ["", "x", "kh_", "pk_", "\x00", "kh_" + "0" * 16 + "." + "a" * 43]
)
def test_an_unknown_key_is_refused(change: str):
    with pytest.raises(KeyRefusedError) as refusal:
        authenticate_key(presented=change, now=NOW)
    assert refusal.value.reason == "unknown"


def test_a_wrong_secret_is_refused_as_unknown_even_when_the_key_is_revoked():
    workspace = make_workspace()
    key, text = make_key(workspace)
    revoke_key(actor=make_actor(workspace), key_id=key.pk, now=NOW)
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    with pytest.raises(KeyRefusedError) as refusal:
        authenticate_key(presented=wrong, now=NOW)
    assert refusal.value.reason == "unknown"


def test_a_public_key_without_its_kind_is_no_key():
    key, text = make_key(make_workspace(), kind=ApiKey.Kind.PUBLIC)
    assert text == f"pk_{key.prefix}"
    with pytest.raises(KeyRefusedError):
        authenticate_key(presented=text.replace("pk_", "kh_"), now=NOW)


def test_a_key_ends_at_its_expiry_to_the_second():
    _, text = make_key(make_workspace(), expires_at=NOW + timedelta(days=1))
    authenticate_key(presented=text, now=NOW + timedelta(days=1, seconds=-1))
    with pytest.raises(KeyRefusedError) as refusal:
        authenticate_key(presented=text, now=NOW + timedelta(days=1))
    assert refusal.value.reason == "expired"


def test_a_revoked_key_stops_at_once():
    workspace = make_workspace()
    key, text = make_key(workspace)
    revoke_key(actor=make_actor(workspace), key_id=key.pk, now=NOW)
    with pytest.raises(KeyRefusedError) as refusal:
        authenticate_key(presented=text, now=NOW)
    assert refusal.value.reason == "revoked"


def test_the_last_use_is_noted_at_most_once_a_minute():
    key, text = make_key(make_workspace())
    for seconds in (0, 30, 59, 90):
        authenticate_key(presented=text, now=NOW + timedelta(seconds=seconds))
        key.refresh_from_db()
        expected = NOW + timedelta(seconds=seconds) if seconds in {0, 90} else NOW
        assert key.last_used_at == expected


def test_a_public_key_may_ingest_and_nothing_else():
    _, text = make_key(make_workspace(), ["contacts:read"], kind=ApiKey.Kind.PUBLIC)
    assert authenticate_key(presented=text, now=NOW).allowed == {Action.INGEST}


@pytest.mark.parametrize(
    "scopes",
    [[], ["members:manage"], ["keys:manage"], ["ingest"], ["no:such"], ["contacts:read", "x"]],
)
def test_a_key_cannot_be_given_what_only_people_may_do(scopes: list[str]):
    with pytest.raises(ValidationError) as refusal:
        make_key(make_workspace(), scopes)
    assert set(refusal.value.message_dict) == {"scopes"}


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
def test_only_admins_make_and_revoke_keys(role: Role):
    workspace = make_workspace()
    key, _ = make_key(workspace)
    actor = make_actor(workspace, role)
    with pytest.raises(PermissionDenied):
        create_key(actor=actor, name="x", scopes=["contacts:read"], now=NOW)
    with pytest.raises(PermissionDenied):
        revoke_key(actor=actor, key_id=key.pk, now=NOW)


def test_a_key_of_another_workspace_cannot_be_revoked():
    key, text = make_key(make_workspace("Theirs"))
    with pytest.raises(ApiKey.DoesNotExist):
        revoke_key(actor=make_actor(make_workspace("Ours")), key_id=key.pk, now=NOW)
    authenticate_key(presented=text, now=NOW)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"kind": "other"}, "kind"),
        ({"expires_at": NOW}, "expires_at"),
    ],
)
def test_a_key_with_wrong_fields_is_refused_by_field(fields, wrong: str):
    actor = make_actor(make_workspace())
    with pytest.raises(ValidationError) as refusal:
        create_key(
            **{"actor": actor, "name": "x", "scopes": ["contacts:read"], "now": NOW, **fields}
        )
    assert set(refusal.value.message_dict) == {wrong}


def test_making_and_revoking_is_audited_without_the_secret():
    workspace = make_workspace()
    key, text = make_key(workspace)
    revoke_key(actor=make_actor(workspace), key_id=key.pk, now=NOW)
    with workspace_scope(workspace):
        entries = list(AuditEntry.objects.filter(action__startswith="key.").order_by("id").values())
    assert [entry["action"] for entry in entries] == ["key.created", "key.revoked"]
    assert text.partition(".")[2] not in str(entries)
