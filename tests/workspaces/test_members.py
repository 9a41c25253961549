from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from tests.makers.workspaces import NOW, make_actor, make_member, make_user, make_workspace
from workspaces.models import AuditEntry, Invitation, Member, Role
from workspaces.policies import Actor
from workspaces.services import (
    INVITATION_LIFETIME,
    InvitationRefusedError,
    LastOwnerError,
    accept_invitation,
    change_role,
    invite_member,
    remove_member,
    revoke_invitation,
)
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def owner_of(workspace) -> Actor:
    member = Member.objects.filter(workspace=workspace, role=Role.OWNER).order_by("id")[0]
    return Actor(workspace=workspace, user=member.user, role=Role.OWNER)


def owner_member(workspace) -> Member:
    return Member.objects.filter(workspace=workspace, role=Role.OWNER).order_by("id")[0]


def refusal_of(**call) -> str:
    with pytest.raises(InvitationRefusedError) as refusal:
        accept_invitation(**call)
    return refusal.value.reason


def test_an_invited_person_joins_with_the_role_they_were_given():
    workspace = make_workspace()
    _, token = invite_member(
        actor=owner_of(workspace), email=" Bob@Example.org ", role=Role.MARKETER, now=NOW
    )
    member = accept_invitation(user=make_user("bob@example.org"), token=token, now=NOW)
    assert (member.workspace, member.role) == (workspace, Role.MARKETER)


def test_the_token_is_stored_as_a_hash_only():
    invitation, token = invite_member(
        actor=owner_of(make_workspace()), email="bob@example.org", role=Role.VIEWER, now=NOW
    )
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values()[0])


def test_an_invitation_works_once_in_time_for_its_address_until_taken_back():
    workspace = make_workspace()
    actor, bob = owner_of(workspace), make_user("bob@example.org")
    invitation, token = invite_member(actor=actor, email=bob.email, role=Role.VIEWER, now=NOW)
    assert refusal_of(user=bob, token=token, now=NOW + INVITATION_LIFETIME) == "expired"
    assert refusal_of(user=make_user("eve@example.org"), token=token, now=NOW) == "other_address"
    assert refusal_of(user=bob, token=token + "x", now=NOW) == "unknown"
    revoke_invitation(actor=actor, invitation_id=invitation.pk, now=NOW)
    assert refusal_of(user=bob, token=token, now=NOW) == "revoked"
    _, token = invite_member(actor=actor, email=bob.email, role=Role.VIEWER, now=NOW)
    accept_invitation(user=bob, token=token, now=NOW + timedelta(days=6))
    assert refusal_of(user=bob, token=token, now=NOW) == "used"


def test_inviting_again_replaces_the_first_invitation_and_members_are_not_invited():
    workspace = make_workspace()
    actor, bob = owner_of(workspace), make_user("bob@example.org")
    _, first = invite_member(actor=actor, email=bob.email, role=Role.ADMIN, now=NOW)
    _, second = invite_member(actor=actor, email=bob.email, role=Role.VIEWER, now=NOW)
    assert refusal_of(user=bob, token=first, now=NOW) == "revoked"
    assert accept_invitation(user=bob, token=second, now=NOW).role == Role.VIEWER
    with pytest.raises(ValidationError) as refusal:
        invite_member(actor=actor, email="BOB@example.org", role=Role.ADMIN, now=NOW)
    assert set(refusal.value.message_dict) == {"email"}


def test_an_admin_makes_no_owners_and_unmakes_none():
    workspace = make_workspace()
    admin, owner = make_actor(workspace, Role.ADMIN), owner_member(workspace)
    viewer = make_member(workspace, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        invite_member(actor=admin, email="x@example.org", role=Role.OWNER, now=NOW)
    with pytest.raises(PermissionDenied):
        change_role(actor=admin, member_id=viewer.pk, role=Role.OWNER, now=NOW)
    with pytest.raises(PermissionDenied):
        change_role(actor=admin, member_id=owner.pk, role=Role.VIEWER, now=NOW)
    with pytest.raises(PermissionDenied):
        remove_member(actor=admin, member_id=owner.pk, now=NOW)
    assert change_role(actor=admin, member_id=viewer.pk, role=Role.ADMIN, now=NOW).role == "admin"


def test_the_last_owner_can_neither_step_down_nor_leave():
    workspace = make_workspace()
    actor, owner = owner_of(workspace), owner_member(workspace)
    with pytest.raises(LastOwnerError):
        change_role(actor=actor, member_id=owner.pk, role=Role.ADMIN, now=NOW)
    with pytest.raises(LastOwnerError):
        remove_member(actor=actor, member_id=owner.pk, now=NOW)
    second = make_member(workspace, Role.OWNER)
    change_role(actor=actor, member_id=owner.pk, role=Role.ADMIN, now=NOW)
    with pytest.raises(LastOwnerError):
        remove_member(
            actor=Actor(workspace=workspace, user=second.user, role=Role.OWNER),
            member_id=second.pk,
            now=NOW,
        )


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_the_same_moment_leave_one_behind():
    workspace = make_workspace()
    first, second = owner_member(workspace), make_member(workspace, Role.OWNER)
    start, outcomes = threading.Barrier(2, timeout=10), []

    def leave(member: Member) -> None:
        try:
            start.wait()
            actor = Actor(workspace=workspace, user=member.user, role=Role.OWNER)
            remove_member(actor=actor, member_id=member.pk, now=NOW)
            outcomes.append("left")
        except LastOwnerError:
            outcomes.append("stayed")
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[member]) for member in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["left", "stayed"]
    assert Member.objects.filter(workspace=workspace, role=Role.OWNER).count() == 1


def test_everybody_may_leave_but_only_admins_remove_others():
    workspace = make_workspace()
    viewer, other = make_member(workspace, Role.VIEWER), make_member(workspace, Role.VIEWER)
    actor = Actor(workspace=workspace, user=viewer.user, role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        remove_member(actor=actor, member_id=other.pk, now=NOW)
    remove_member(actor=actor, member_id=viewer.pk, now=NOW)
    assert not Member.objects.filter(pk=viewer.pk).exists()


def test_members_of_another_workspace_are_out_of_reach():
    theirs = make_member(make_workspace("Theirs"), Role.VIEWER)
    actor = owner_of(make_workspace("Ours"))
    with pytest.raises(Member.DoesNotExist):
        change_role(actor=actor, member_id=theirs.pk, role=Role.ADMIN, now=NOW)
    with pytest.raises(Member.DoesNotExist):
        remove_member(actor=actor, member_id=theirs.pk, now=NOW)


def test_an_unknown_role_is_refused_by_field():
    workspace = make_workspace()
    with pytest.raises(ValidationError) as refusal:
        invite_member(actor=owner_of(workspace), email="x@example.org", role="root", now=NOW)
    assert set(refusal.value.message_dict) == {"role"}


def test_every_change_of_people_is_audited_in_its_workspace():
    workspace = make_workspace()
    actor, bob = owner_of(workspace), make_user("bob@example.org")
    _, token = invite_member(actor=actor, email=bob.email, role=Role.VIEWER, now=NOW)
    member = accept_invitation(user=bob, token=token, now=NOW)
    change_role(actor=actor, member_id=member.pk, role=Role.MARKETER, now=NOW)
    remove_member(actor=actor, member_id=member.pk, now=NOW)
    with workspace_scope(workspace):
        actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        "workspace.created",
        "member.invited",
        "member.joined",
        "member.role_changed",
        "member.removed",
    ]
