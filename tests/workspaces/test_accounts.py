from __future__ import annotations

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from tests.makers.workspaces import make_user, make_workspace
from workspaces.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
ANOTHER = "staple of a different colour"


def make_person() -> User:
    user = make_user(password=PASSWORD)
    make_workspace(owner=user)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(user: User, password: str = PASSWORD) -> tuple[Client, str]:
    """A client, and where it is led after the sign-in form."""
    client = Client()
    answer = client.post("/accounts/login/", {"login": user.email, "password": password})
    return client, answer.get("Location", "")


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def set_up_two_steps(client: Client) -> tuple[str, list[str]]:
    """Switch it on as a person does; the secret and the recovery codes."""
    confirm(client)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    found = re.search(r'<pre class="codes"[^>]*>([^<]+)</pre>', page)
    assert found
    return secret, found[1].split()


def confirm(client: Client) -> None:
    """Give the password again, as pages about the second step ask."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def reset_link() -> str:
    found = re.search(
        r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body)
    )
    assert found
    return found[1]


def reset_password(user: User) -> Client:
    client = Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    form = client.get(reset_link())
    client.post(form["Location"], {"password1": ANOTHER, "password2": ANOTHER})
    return client


def test_signing_in_leads_home_and_a_wrong_password_nowhere() -> None:
    user = make_person()
    client, led_to = sign_in(user)
    assert (led_to, is_in(client)) == ("/", True)
    client, led_to = sign_in(user, "wrong")
    assert (led_to, is_in(client)) == ("", False)


def test_with_two_steps_the_password_alone_opens_nothing() -> None:
    user = make_person()
    set_up_two_steps(sign_in(user)[0])
    client, led_to = sign_in(user)
    assert led_to.startswith("/accounts/2fa/authenticate/")
    assert b"Second step" in client.get(led_to).content
    assert not is_in(client)


def test_a_recovery_code_opens_once() -> None:
    user = make_person()
    _secret, codes = set_up_two_steps(sign_in(user)[0])
    assert len(codes) >= 8
    for expected in (True, False):
        client, led_to = sign_in(user)
        client.post(led_to, {"code": codes[0]})
        assert is_in(client) is expected


def test_a_password_change_signs_out_every_other_session() -> None:
    user = make_person()
    elsewhere = sign_in(user)[0]
    here = sign_in(user)[0]
    values = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    assert here.post("/accounts/password/change/", values).status_code == 302
    assert not is_in(elsewhere)
    assert sign_in(user)[1] == ""
    assert sign_in(user, ANOTHER)[1] == "/"


def test_a_password_reset_signs_out_every_session_and_keeps_the_second_step() -> None:
    user = make_person()
    elsewhere = sign_in(user)[0]
    set_up_two_steps(elsewhere)
    client = reset_password(user)
    assert not is_in(client)
    assert not is_in(elsewhere)
    client, led_to = sign_in(user, ANOTHER)
    assert led_to.startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)


def test_a_reset_link_works_once() -> None:
    user = make_person()
    reset_password(user)
    page = Client().get(reset_link(), follow=True)
    assert b"This link no longer works" in page.content


def test_asking_for_a_reset_does_not_tell_who_has_an_account() -> None:
    user = make_person()
    answers = [
        Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in (user.email, "nobody@example.org")
    ]
    first, second = (
        re.sub(rb"csrf\S+|value=\S+|\"X-CSRF\S+ \S+", b"", one.content) for one in answers
    )
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert first == second
    assert [letter.subject for letter in mail.outbox] == [
        "Choose a new password",
        "Somebody asked to reset a password",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/gone/",
        "/accounts/inactive/",
    ],
)
def test_every_page_before_signing_in_wears_the_frame(path: str) -> None:
    page = Client().get(path)
    assert page.status_code in {200, 404}
    assert b'<div class="plain">' in page.content
    assert page.content.count(b"<h1") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/account/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/sessions/",
        "/accounts/logout/",
        "/accounts/reauthenticate/",
    ],
)
def test_every_page_about_oneself_wears_the_frame(path: str) -> None:
    client = sign_in(make_person())[0]
    if "totp" in path:
        confirm(client)
    if "recovery" in path:
        set_up_two_steps(client)
    page = client.get(path)
    assert page.status_code == 200
    assert b'<div class="plain">' in page.content
    assert page.content.count(b"<h1") == 1
