from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.makers.workspaces import make_key, make_member, make_user, make_workspace
from workspaces.models import ApiKey, AuditEntry, Invitation, Member, Role, User, Workspace
from workspaces.services import authenticate_key
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

NEW_WORKSPACE = {
    "name": "Nordlicht",
    "time_zone": "Europe/Warsaw",
    "base_currency": "PLN",
    "week_start": "1",
    "language": "pl",
}
SETTINGS = {
    "name": "Renamed",
    "time_zone": "America/Sao_Paulo",
    "week_start": "7",
    "language": "pt-br",
    "leap_birthday": "03-01",
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member_client(workspace: Workspace, role: Role) -> Client:
    return signed_in(make_member(workspace, role).user)


def settings_url(workspace: Workspace, rest: str = "") -> str:
    return f"/w/{workspace.pk}/settings/{rest}"


def audited(workspace: Workspace) -> list[str]:
    with workspace_scope(workspace):
        found = AuditEntry.objects.in_workspace(workspace).order_by("pk")
        return list(found.values_list("action", flat=True))


# --- Signing in and getting to a workspace -------------------------------------------------------


def test_a_stranger_signs_up_makes_a_workspace_and_owns_it() -> None:
    client = Client()
    password = "correct horse battery"
    answer = client.post(
        "/accounts/signup/",
        {"email": "Ola@Example.org", "password1": password, "password2": password},
        follow=True,
    )
    assert answer.redirect_chain[-1][0] == "/workspaces/new/"
    answer = client.post("/workspaces/new/", NEW_WORKSPACE)
    workspace = Workspace.objects.get()
    assert answer["Location"] == f"/w/{workspace.pk}/"
    assert (workspace.time_zone, workspace.base_currency) == ("Europe/Warsaw", "PLN")
    member = Member.objects.get(workspace=workspace)
    assert (member.user.email, member.role) == ("ola@example.org", Role.OWNER)


def test_people_without_a_session_are_sent_to_sign_in_and_back() -> None:
    workspace = make_workspace()
    for path in ("/", "/workspaces/", settings_url(workspace)):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_home_opens_the_only_workspace_else_the_one_used_last() -> None:
    owner = make_user()
    first = make_workspace("First", owner=owner)
    client = signed_in(owner)
    assert client.get("/")["Location"] == f"/w/{first.pk}/"
    second = make_workspace("Second", owner=owner)
    assert client.get("/")["Location"] == "/workspaces/"
    client.get(f"/w/{second.pk}/")
    assert client.get("/")["Location"] == f"/w/{second.pk}/"


def test_home_forgets_a_workspace_one_is_no_longer_in() -> None:
    workspace, elsewhere = make_workspace(), make_workspace()
    member = make_member(workspace)
    make_member(elsewhere, user=member.user)
    client = signed_in(member.user)
    client.get(f"/w/{workspace.pk}/")
    member.delete()
    assert client.get("/")["Location"] == f"/w/{elsewhere.pk}/"


def test_a_new_workspace_needs_a_known_time_zone_and_currency() -> None:
    client = signed_in(make_user())
    wrong = {**NEW_WORKSPACE, "time_zone": "Europe/Krakow", "base_currency": "ZZZ", "name": " "}
    answer = client.post("/workspaces/new/", wrong)
    assert set(answer.context["form"].errors) == {"time_zone", "base_currency", "name"}
    assert not Workspace.objects.exists()


def test_a_person_changes_their_name_and_language() -> None:
    user = make_user()
    client = signed_in(user)
    client.post("/account/", {"name": "  Ola   Nowak ", "language": "pl"})
    user.refresh_from_db()
    assert (user.name, user.language) == ("Ola Nowak", "pl")


# --- Settings ------------------------------------------------------------------------------------


def test_an_admin_changes_the_settings_and_the_currency_stays() -> None:
    workspace = make_workspace(base_currency="EUR")
    client = member_client(workspace, Role.ADMIN)
    answer = client.post(settings_url(workspace), {**SETTINGS, "base_currency": "USD"})
    assert answer.status_code == 302
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone) == ("Renamed", "America/Sao_Paulo")
    assert (workspace.week_start, workspace.leap_birthday) == (7, "03-01")
    assert workspace.base_currency == "EUR"
    assert audited(workspace)[-1] == "workspace.changed"


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
def test_marketers_and_viewers_see_settings_but_change_nothing(role: Role) -> None:
    workspace = make_workspace("Acme")
    member = make_member(workspace)
    key, _text = make_key(workspace)
    client = member_client(workspace, role)
    before = audited(workspace)
    for page in ("", "members/", "keys/"):
        answer = client.get(settings_url(workspace, page))
        assert answer.status_code == 200
        assert b"data-new" not in answer.content
    changes = {
        "": SETTINGS,
        "members/": {"email": "x@example.org", "role": Role.VIEWER},
        f"members/{member.pk}/role/": {"role": Role.VIEWER},
        f"members/{member.pk}/remove/": {},
        "keys/": {"kind": "secret", "name": "x", "scopes": ["contacts:read"], "expires": "30"},
        f"keys/{key.pk}/revoke/": {},
    }
    for page, values in changes.items():
        assert client.post(settings_url(workspace, page), values).status_code in {200, 403}
    assert client.get(settings_url(workspace, "audit/")).status_code == 403
    workspace.refresh_from_db()
    assert workspace.name == "Acme"
    assert audited(workspace) == before
    assert Member.objects.get(pk=member.pk).role == Role.MARKETER
    assert not Invitation.objects.exists()


def test_pages_of_a_foreign_workspace_are_not_there() -> None:
    workspace, foreign = make_workspace(), make_workspace()
    client = member_client(workspace, Role.OWNER)
    for page in ("", "members/", "keys/", "audit/"):
        assert client.get(settings_url(foreign, page)).status_code == 404


def test_members_and_keys_of_a_foreign_workspace_cannot_be_touched() -> None:
    workspace, foreign = make_workspace(), make_workspace()
    member = make_member(foreign)
    key, _text = make_key(foreign)
    client = member_client(workspace, Role.OWNER)
    for page in (
        f"members/{member.pk}/role/",
        f"members/{member.pk}/remove/",
        f"keys/{key.pk}/revoke/",
    ):
        answer = client.post(settings_url(workspace, page), {"role": Role.VIEWER})
        assert answer.status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
    assert Member.objects.get(pk=member.pk).role == Role.MARKETER


# --- Members -------------------------------------------------------------------------------------


def invitation_link(body: str) -> str:
    found = re.search(r"https?://[^/]+(/invitations/\S+)", body)
    assert found
    return found[1]


def test_an_invitation_is_mailed_and_joins_its_address_only() -> None:
    workspace = make_workspace("Nordlicht")
    client = member_client(workspace, Role.ADMIN)
    answer = client.post(
        settings_url(workspace, "members/"), {"email": "Marta@Example.org", "role": Role.MARKETER}
    )
    link = invitation_link(str(mail.outbox[0].body))
    assert mail.outbox[0].to == ["marta@example.org"]
    assert link in answer.content.decode()
    assert b"Nordlicht" in Client().get(link).content

    other = signed_in(make_user("bruno@example.org"))
    assert other.get(link).context["is_other_address"]
    assert other.post(link).status_code == 410

    marta = make_user("marta@example.org")
    assert signed_in(marta).post(link)["Location"] == f"/w/{workspace.pk}/"
    assert Member.objects.get(workspace=workspace, user=marta).role == Role.MARKETER
    assert Client().get(link).status_code == 410


def test_an_invitation_taken_back_or_expired_opens_nothing() -> None:
    workspace = make_workspace()
    client = member_client(workspace, Role.OWNER)
    for email in ("a@example.org", "b@example.org"):
        client.post(settings_url(workspace, "members/"), {"email": email, "role": Role.VIEWER})
    first, second = (invitation_link(str(letter.body)) for letter in mail.outbox)
    taken_back = Invitation.objects.get(email="a@example.org")
    client.post(settings_url(workspace, f"invitations/{taken_back.pk}/revoke/"))
    late = timezone.now() - timedelta(seconds=1)
    Invitation.objects.filter(email="b@example.org").update(expires_at=late)
    for link, email in ((first, "a@example.org"), (second, "b@example.org")):
        assert signed_in(make_user(email)).post(link).status_code == 410
    assert Client().get("/invitations/guessed/").status_code == 410


def test_an_address_with_a_line_break_is_refused() -> None:
    workspace = make_workspace()
    client = member_client(workspace, Role.OWNER)
    email = "a@example.org\r\nBcc: all@example.org"
    answer = client.post(settings_url(workspace, "members/"), {"email": email, "role": "viewer"})
    assert answer.context["form"].errors
    assert mail.outbox == []


def test_the_last_owner_can_neither_leave_nor_step_down() -> None:
    workspace = make_workspace()
    owner = Member.objects.get(workspace=workspace)
    client = signed_in(owner.user)
    for page, values in (("role/", {"role": Role.ADMIN}), ("remove/", {})):
        answer = client.post(settings_url(workspace, f"members/{owner.pk}/{page}"), values)
        assert answer["Location"] == settings_url(workspace, "members/")
    assert Member.objects.get(pk=owner.pk).role == Role.OWNER
    assert b"needs at least one owner" in client.get(settings_url(workspace, "members/")).content


def test_an_admin_cannot_make_owners_or_touch_one() -> None:
    workspace = make_workspace()
    owner = Member.objects.get(workspace=workspace)
    marketer = make_member(workspace)
    client = member_client(workspace, Role.ADMIN)
    for member, role in ((marketer, Role.OWNER), (owner, Role.VIEWER)):
        url = settings_url(workspace, f"members/{member.pk}/role/")
        assert client.post(url, {"role": role}).status_code == 403
    assert Member.objects.get(pk=owner.pk).role == Role.OWNER
    assert Member.objects.get(pk=marketer.pk).role == Role.MARKETER


def test_a_viewer_may_leave() -> None:
    workspace = make_workspace()
    member = make_member(workspace, Role.VIEWER)
    client = signed_in(member.user)
    answer = client.post(settings_url(workspace, f"members/{member.pk}/remove/"))
    assert answer["Location"] == "/"
    assert client.get(settings_url(workspace)).status_code == 404


# --- Keys ----------------------------------------------------------------------------------------


def made_key(answer_content: bytes) -> str:
    found = re.search(r'id="new-key-text">([^<]+)<', answer_content.decode())
    assert found
    return found[1]


def test_a_secret_key_is_shown_once_and_works() -> None:
    workspace = make_workspace()
    client = member_client(workspace, Role.ADMIN)
    values = {"kind": "secret", "name": "Shop", "scopes": ["contacts:read"], "expires": "90"}
    answer = client.post(settings_url(workspace, "keys/"), values)
    text = made_key(answer.content)
    assert "no-store" in answer["Cache-Control"]
    now = timezone.now()
    actor = authenticate_key(presented=text, now=now)
    assert [str(action) for action in actor.allowed] == ["contacts:read"]
    key = ApiKey.objects.get()
    assert key.expires_at is not None
    assert timedelta(days=89) < key.expires_at - now < timedelta(days=90)
    again = client.get(settings_url(workspace, "keys/")).content.decode()
    assert key.prefix in again
    assert text.partition(".")[2] not in again


def test_a_key_that_may_do_nothing_is_not_made() -> None:
    workspace = make_workspace()
    client = member_client(workspace, Role.OWNER)
    for scopes in ([], ["members:manage"], ["everything"]):
        values = {"kind": "secret", "name": "Shop", "scopes": scopes, "expires": "30"}
        answer = client.post(settings_url(workspace, "keys/"), values)
        assert "scopes" in answer.context["form"].errors
    assert not ApiKey.objects.exists()


def test_a_public_key_may_only_ingest() -> None:
    workspace = make_workspace()
    client = member_client(workspace, Role.OWNER)
    values = {"kind": "public", "name": "shop.example.org", "scopes": ["contacts:read"]}
    text = made_key(client.post(settings_url(workspace, "keys/"), values).content)
    actor = authenticate_key(presented=text, now=timezone.now())
    assert [str(action) for action in actor.allowed] == ["ingest"]


def test_a_revoked_key_stays_listed_as_revoked() -> None:
    workspace = make_workspace()
    key, _text = make_key(workspace)
    client = member_client(workspace, Role.OWNER)
    client.post(settings_url(workspace, f"keys/{key.pk}/revoke/"))
    key.refresh_from_db()
    assert key.revoked_at is not None
    rows = client.get(settings_url(workspace, "keys/")).context["secret_keys"]
    assert [row["state"] for row in rows] == ["revoked"]


# --- Audit log -----------------------------------------------------------------------------------


def test_the_audit_log_pages_through_everything_once_newest_first() -> None:
    workspace = make_workspace()
    now = timezone.now()
    with workspace_scope(workspace):
        AuditEntry.objects.bulk_create(
            AuditEntry(
                workspace=workspace,
                at=now + timedelta(seconds=number // 2),  # pairs at the same instant
                actor=f"entry {number}",
                actor_kind="system",
                action="segment.changed",
            )
            for number in range(120)
        )
    client = member_client(workspace, Role.ADMIN)
    seen: list[str] = []
    before: str | None = ""
    while before is not None:
        query = {"about": "segment", **({"before": before} if before else {})}
        context = client.get(settings_url(workspace, "audit/"), query).context
        seen += [row["entry"].actor for _day, rows in context["days"] for row in rows]
        before = context["older"] or None
    assert seen == [f"entry {number}" for number in reversed(range(120))]


@pytest.mark.parametrize("before", ["nonsense", "2026-01-01~x", "2026-99-99T00:00Z~1", "~", "\0~1"])
def test_a_mangled_page_of_the_audit_log_is_the_first_page(before: str) -> None:
    workspace = make_workspace()
    client = member_client(workspace, Role.ADMIN)
    answer = client.get(settings_url(workspace, "audit/"), {"before": before})
    assert answer.status_code == 200
    assert answer.context["days"]


# --- The frame -----------------------------------------------------------------------------------


def test_names_from_people_are_escaped_everywhere_on_the_pages() -> None:
    hostile = '"><img src=x onerror=alert(1)></script>'
    owner = make_user(name=hostile)
    workspace = make_workspace(hostile, owner=owner)
    make_workspace(hostile, owner=owner)
    client = signed_in(owner)
    values = {"kind": "secret", "name": hostile, "scopes": ["contacts:read"], "expires": "30"}
    pages = [client.post(settings_url(workspace, "keys/"), values)]
    pages += [client.get(settings_url(workspace, page)) for page in ("", "members/", "audit/")]
    pages.append(client.get("/workspaces/"))
    for page in pages:
        assert b"<img src=x" not in page.content
        assert b"onerror=alert(1)></script>" not in page.content


def test_pages_hold_no_inline_script_or_style() -> None:
    owner = make_user()
    workspace = make_workspace(owner=owner)
    client = signed_in(owner)
    paths = ["/workspaces/", "/workspaces/new/", "/account/", "/accounts/2fa/", "/accounts/email/"]
    paths += [settings_url(workspace, page) for page in ("", "members/", "keys/", "audit/")]
    for path in paths:
        text = client.get(path).content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert not re.search(r"<[^>]+ on[a-z]+=", text)
        inline = re.findall(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))", text)
        assert inline == []


@pytest.mark.parametrize("path", ["/nothing/", "/w/999999/settings/"])
def test_what_is_not_there_says_so_in_words(path: str) -> None:
    answer = signed_in(make_user()).get(path)
    assert answer.status_code == 404
    assert b"Nothing is here" in answer.content


def test_a_crash_shows_a_page_that_needs_nothing() -> None:
    from django.template.loader import get_template

    text = get_template("500.html").render()
    assert "Something went wrong on our side" in text
