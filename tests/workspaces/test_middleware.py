from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.makers.workspaces import NOW, make_actor, make_member, make_user, make_workspace
from workspaces.audit import record_audit
from workspaces.models import AuditEntry, Role
from workspaces.tenancy import current_workspace_id, workspace_scope

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.workspaces.routes")]


def signed_in(workspace, role=Role.VIEWER, **user) -> Client:
    client = Client()
    client.force_login(make_member(workspace, role, user=make_user(**user)).user)
    return client


def without_tokens(answer) -> str:
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "<csrf token>", answer.content.decode()).replace(
        answer.wsgi_request.path, "<path>"
    )


def make_two_workspaces():
    ours, theirs = make_workspace("Ours"), make_workspace("Theirs")
    for workspace, action in ((ours, "our secret"), (theirs, "their secret")):
        record_audit(actor=make_actor(workspace), action=action, now=NOW)
    return ours, theirs


def test_a_page_rendered_after_the_view_returned_sees_its_workspace_and_no_other():
    ours, _ = make_two_workspaces()
    answer = signed_in(ours).get(f"/w/{ours.pk}/page/")
    assert "[our secret]" in answer.content.decode()
    assert "their secret" not in answer.content.decode()


def test_a_streamed_body_sees_its_workspace_after_the_middleware_has_closed_the_scope():
    ours, _ = make_two_workspaces()
    answer = signed_in(ours).get(f"/w/{ours.pk}/stream/")
    assert current_workspace_id() is None
    text = answer.getvalue().decode()
    assert "our secret" in text
    assert "their secret" not in text
    assert current_workspace_id() is None


def test_a_page_shows_times_in_the_zone_of_the_workspace_and_the_language_of_the_member():
    workspace = make_workspace(time_zone="America/Sao_Paulo")
    answer = signed_in(workspace, language="pl").get(f"/w/{workspace.pk}/page/")
    assert answer.content.decode().endswith("America/Sao_Paulo pl")


def test_a_stranger_gets_the_same_answer_as_for_a_workspace_that_does_not_exist():
    ours, theirs = make_two_workspaces()
    client = signed_in(ours)
    for path in ("page/", "stream/", "api/entries/", "write/200/"):
        foreign = client.get(f"/w/{theirs.pk}/{path}")
        missing = client.get(f"/w/{theirs.pk + 1000}/{path}")
        assert foreign.status_code == missing.status_code == 404
        assert without_tokens(foreign) == without_tokens(missing)


def test_nobody_is_sent_to_sign_in_and_back():
    workspace = make_workspace()
    answer = Client().get(f"/w/{workspace.pk}/page/?a=1")
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next=/w/{workspace.pk}/page/%3Fa%3D1"


def test_nobody_gets_a_problem_from_the_browser_api():
    workspace = make_workspace()
    answer = Client().get(f"/w/{workspace.pk}/api/entries/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_deactivated_member_is_a_stranger():
    workspace = make_workspace()
    member = make_member(workspace)
    client = Client()
    client.force_login(member.user)
    member.user.is_active = False
    member.user.save()
    assert client.get(f"/w/{workspace.pk}/page/").status_code in {302, 404}


@pytest.mark.parametrize(("status", "written"), [(200, 1), (302, 1), (400, 0), (422, 0), (500, 0)])
def test_an_answer_of_400_or_above_leaves_nothing_written(status: int, written: int):
    workspace = make_workspace()
    answer = signed_in(workspace).post(f"/w/{workspace.pk}/write/{status}/")
    assert answer.status_code == status
    with workspace_scope(workspace):
        assert AuditEntry.objects.filter(action="written").count() == written


def test_pages_outside_workspaces_have_no_scope():
    make_two_workspaces()
    assert Client().get("/outside/").content == b"None"
