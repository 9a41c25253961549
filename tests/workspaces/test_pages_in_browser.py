from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.browsing import check_page, chromium, keep_picture, open_page, violations
from tests.makers.contacts import make_contact
from tests.makers.workspaces import make_actor, make_key, make_member, make_user, make_workspace
from workspaces.models import ApiKey, Member, Role, User, Workspace
from workspaces.policies import Actor
from workspaces.services import change_role, change_workspace, invite_member, revoke_key

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light"),
    pytest.param({"phone": True, "dark": True}, id="phone-dark"),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]


def make_lived_in_workspace() -> tuple[Workspace, User]:
    """A workspace with people, invitations, keys in every state and a log."""
    now = timezone.now()
    owner = make_user("ola.nowak@nordlicht.example", name="Ola Nowak")
    workspace = make_workspace("Nordlicht Outdoor", owner=owner, base_currency="PLN", now=now)
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    bruno = make_user("bruno@nordlicht.example", name="Bruno Souza")
    member = make_member(workspace, Role.MARKETER, user=bruno)
    make_member(
        workspace,
        Role.VIEWER,
        user=make_user("konstantynopolitanczykowianeczka.brzeczyszczykiewicz@nordlicht.example"),
    )
    change_role(actor=actor, member_id=member.pk, role=Role.ADMIN, now=now)
    invite_member(actor=actor, email="marta@nordlicht.example", role=Role.VIEWER, now=now)
    change_workspace(actor=actor, name="Nordlicht Outdoor sp. z o.o.", now=now)
    make_key(workspace, now=now)
    revoked, _text = make_key(workspace, ["contacts:read"], now=now)
    revoke_key(actor=actor, key_id=revoked.pk, now=now)
    make_key(workspace, ["contacts:read"], now=now, expires_at=now + timedelta(microseconds=1))
    make_key(workspace, now=now, kind=ApiKey.Kind.PUBLIC)
    make_workspace("Second shop", owner=owner, now=now)
    return workspace, owner


@contextmanager
def browsing(
    chromium: Any, live_server: Any, user: User | None, look: dict[str, bool]
) -> Iterator[Any]:
    page = open_page(chromium, user=user, base_url=live_server.url, **look)
    try:
        yield page
    finally:
        page.context.close()


def is_whole(page: Any, selector: str) -> bool:
    """Nothing covers or cuts off the corners of what is shown."""
    return bool(
        page.eval_on_selector(
            selector,
            """shown => {
              const box = shown.getBoundingClientRect();
              const at = [[box.left + 9, box.top + 9], [box.right - 9, box.bottom - 9]];
              return at.every(([x, y]) => shown.contains(document.elementFromPoint(x, y)));
            }""",
        )
    )


def name_of(look: dict[str, bool], page: str) -> str:
    return f"{page}-{'phone' if look['phone'] else 'desktop'}-{'dark' if look['dark'] else 'light'}"


@pytest.mark.parametrize("look", LOOKS)
def test_pages_of_people_without_a_session_are_sound(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    workspace, owner = make_lived_in_workspace()
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    _invitation, token = invite_member(
        actor=actor, email="new@nordlicht.example", role=Role.MARKETER, now=timezone.now()
    )
    paths = {
        "login": "/accounts/login/",
        "signup": "/accounts/signup/",
        "reset": "/accounts/password/reset/",
        "reset-done": "/accounts/password/reset/done/",
        "reset-stale": "/accounts/password/reset/key/1-set-password/",
        "confirm-stale": "/accounts/confirm-email/gone/",
        "invitation": f"/invitations/{token}/",
    }
    with browsing(chromium, live_server, None, look) as page:
        for name, path in paths.items():
            page.goto(path)
            check_page(page, name_of(look, name))
        page.goto("/accounts/login/")
        page.fill('[name="login"]', "nobody@nordlicht.example")
        page.fill('[name="password"]', "wrong")
        page.click(".btn.primary")
        page.wait_for_selector(".note.bad, .errors")
        check_page(page, name_of(look, "login-wrong"))


@pytest.mark.parametrize("look", LOOKS)
def test_pages_of_a_workspace_and_an_account_are_sound(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    workspace, owner = make_lived_in_workspace()
    settings = f"/w/{workspace.pk}/settings/"
    paths = {
        "workspaces": "/workspaces/",
        "create": "/workspaces/new/",
        "account": "/account/",
        "email": "/accounts/email/",
        "password": "/accounts/password/change/",
        "two-steps": "/accounts/2fa/",
        "sessions": "/accounts/sessions/",
        "settings": settings,
        "members": f"{settings}members/",
        "keys": f"{settings}keys/",
        "audit": f"{settings}audit/",
    }
    with browsing(chromium, live_server, owner, look) as page:
        for name, path in paths.items():
            page.goto(path)
            check_page(page, name_of(look, name))


@pytest.mark.parametrize("look", LOOKS)
def test_dialogs_menus_and_errors_are_sound(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    workspace, owner = make_lived_in_workspace()
    settings = f"/w/{workspace.pk}/settings/"
    with browsing(chromium, live_server, owner, look) as page:
        page.goto(f"{settings}keys/")
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette[open]")
        check_page(page, name_of(look, "palette"))
        page.keyboard.press("Escape")
        page.wait_for_selector("#palette", state="hidden")
        page.keyboard.press("?")
        page.wait_for_selector("#help[open]")
        check_page(page, name_of(look, "help"))
        page.keyboard.press("Escape")
        page.wait_for_selector("#help", state="hidden")
        page.keyboard.press("n")
        page.wait_for_selector("#new-key[open]")
        check_page(page, name_of(look, "new-key"))
        page.fill("#key_name", "Shop backend")
        page.click("#new-key .btn.primary")
        page.wait_for_selector("#new-key .errors")
        check_page(page, name_of(look, "new-key-error"))
        page.check("#new-key [name=scopes] >> nth=0")
        page.click("#new-key .btn.primary")
        page.wait_for_selector("#new-key-text")
        assert page.inner_text("#new-key-text").startswith("kh_")
        check_page(page, name_of(look, "key-made"))
        page.click('[aria-label="Revoke Shop backend"]')
        page.wait_for_selector("#confirm[open]")
        check_page(page, name_of(look, "confirm"))
        page.click("#confirm [data-confirm-yes]")
        page.wait_for_selector(".toast")
        check_page(page, name_of(look, "toast"))
        menu = ".phone-nav details" if look["phone"] else ".switcher"
        page.click(f"{menu} summary")
        assert is_whole(page, f"{menu} .menu")
        check_page(page, name_of(look, "menu"))


@pytest.mark.parametrize("look", LOOKS)
def test_every_component_is_sound(
    chromium: Any, live_server: Any, settings: Any, look: dict[str, bool]
) -> None:
    settings.ROOT_URLCONF = "tests.workspaces.gallery_urls"
    workspace, owner = make_lived_in_workspace()
    with browsing(chromium, live_server, owner, look) as page:
        page.goto(f"/w/{workspace.pk}/segments/")
        check_page(page, name_of(look, "gallery"))
        page.click("table details summary >> nth=0")
        check_page(page, name_of(look, "gallery-menu"))


def test_the_palette_goes_by_keyboard_alone(chromium: Any, live_server: Any) -> None:
    workspace, owner = make_lived_in_workspace()
    with browsing(chromium, live_server, owner, {"phone": False, "dark": False}) as page:
        page.goto(f"/w/{workspace.pk}/settings/")
        page.keyboard.press("Control+k")
        page.keyboard.type("audit")
        page.keyboard.press("Enter")
        page.wait_for_url("**/settings/audit/")


def test_the_palette_finds_a_contact_without_accents_and_opens_the_card(
    chromium: Any, live_server: Any
) -> None:
    workspace, owner = make_lived_in_workspace()
    make_contact(workspace, attributes={"first_name": "Bruno", "last_name": "Souza"})
    names = {"first_name": "Łucja", "last_name": "Kowalczyk"}
    contact = make_contact(workspace, email="lucja@example.org", attributes=names)
    with browsing(chromium, live_server, owner, {"phone": False, "dark": False}) as page:
        page.goto(f"/w/{workspace.pk}/settings/")
        page.keyboard.press("Control+k")
        page.keyboard.type("lucja")
        page.wait_for_selector("#palette [role=option] >> text=Łucja Kowalczyk")
        keep_picture(page, "palette-found")
        assert violations(page) == []
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/contacts/{contact.pk}/")
        assert page.complaints == []


def test_light_and_dark_are_remembered(chromium: Any, live_server: Any) -> None:
    workspace, owner = make_lived_in_workspace()
    with browsing(chromium, live_server, owner, {"phone": False, "dark": False}) as page:
        page.goto(f"/w/{workspace.pk}/settings/")
        page.click(".switcher summary")
        page.click("[data-theme-toggle]:visible")
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_a_role_changes_where_it_stands(chromium: Any, live_server: Any) -> None:
    workspace, owner = make_lived_in_workspace()
    with browsing(chromium, live_server, owner, {"phone": False, "dark": False}) as page:
        page.goto(f"/w/{workspace.pk}/settings/members/")
        page.select_option('[aria-label="Role of Bruno Souza"]', Role.VIEWER)
        page.wait_for_selector(".toast")
    member = Member.objects.get(workspace=workspace, user__name="Bruno Souza")
    assert member.role == Role.VIEWER


def test_pages_hold_at_double_zoom(chromium: Any, live_server: Any) -> None:
    workspace, owner = make_lived_in_workspace()
    page = open_page(chromium, user=owner, base_url=live_server.url)
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 x 800 at 200 %
    for name in ("", "members/", "keys/", "audit/"):
        page.goto(f"/w/{workspace.pk}/settings/{name}")
        check_page(page, f"zoom-{name.strip('/') or 'settings'}")
    page.context.close()


def test_the_first_load_stays_small(chromium: Any, live_server: Any) -> None:
    """Everything a page asks for, as it is kept on disk, compressed: under 150 KB."""
    import gzip

    workspace = make_workspace("Acme")
    user = make_actor(workspace).user
    page = open_page(chromium, user=user, base_url=live_server.url)
    bodies: list[bytes] = []
    page.on("response", lambda response: bodies.append(response.body()) if response.ok else None)
    page.goto(f"/w/{workspace.pk}/settings/")
    page.wait_for_load_state("networkidle")
    page.context.close()
    assert sum(len(gzip.compress(body)) for body in bodies) < 150_000
