"""Pages of what campaigns are sent with, as people see and use them."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from campaigns.models import (
    CodePool,
    DiscountCode,
    SenderDomain,
    SendingAccount,
    SendingSettings,
    Topic,
)
from campaigns.services import codes as pools
from campaigns.services.domains import check_domain
from tests.browsing import check_page, chromium, open_page
from tests.makers.campaigns import make_account, make_campaign
from tests.makers.contacts import make_contact
from tests.makers.workspaces import make_member, make_user, make_workspace
from workspaces.models import AuditEntry, Role, User, Workspace
from workspaces.policies import Actor
from workspaces.secrets import unseal
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SETTINGS = {
    "postal_address": "  Nordlicht \n\n1 Long Street\nWarsaw ",
    "cap_number": "3",
    "cap_days": "7",
    "quiet_from": "21:00",
    "quiet_to": "08:00",
    "holdout_points": "2.5",
    "jump_percent": "60",
    "attribution_days": "5",
    "revenue_rule": "open_or_click",
}


@pytest.fixture
def shop() -> tuple[Workspace, User, Client]:
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    workspace = make_workspace("Nordlicht", owner=owner, now=timezone.now() - 200 * DAY)
    client = Client()
    client.force_login(owner)
    return workspace, owner, client


def signed_in(workspace: Workspace, role: Role) -> Client:
    client = Client()
    client.force_login(make_member(workspace, role).user)
    return client


def address(workspace: Workspace, *parts: object) -> str:
    return "/".join([f"/w/{workspace.pk}/campaigns", *map(str, parts), ""])


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


def saved_settings(workspace: Workspace) -> SendingSettings | None:
    with workspace_scope(workspace):
        return SendingSettings.objects.in_workspace(workspace).first()


# --- Settings ------------------------------------------------------------------------------------


def test_settings_say_that_nothing_can_be_sent_without_an_address(shop):
    workspace, _owner, client = shop
    assert "Nothing can be sent yet" in text_of(client.get(address(workspace, "settings")))
    answer = client.post(address(workspace, "settings"), SETTINGS, follow=True)
    assert "Nothing can be sent yet" not in text_of(answer)


def test_settings_are_saved_shown_again_and_audited_once(shop):
    workspace, _owner, client = shop
    for _twice in range(2):
        assert client.post(address(workspace, "settings"), SETTINGS).status_code == 302
    saved = saved_settings(workspace)
    assert saved is not None
    assert saved.postal_address == "Nordlicht\n1 Long Street\nWarsaw"
    assert (saved.cap_number, saved.cap_days, saved.holdout_points) == (3, 7, 250)
    assert (saved.quiet_from, saved.quiet_to) == (time(21), time(8))
    assert (saved.revenue_rule, saved.attribution_days, saved.jump_percent) == (
        "open_or_click",
        5,
        60,
    )
    assert len(saved.holdout_salt) == 32
    with workspace_scope(workspace):
        [entry] = AuditEntry.objects.filter(action="sending.changed")
    assert entry.details["changes"]["holdout_points"] == {"from": 0, "to": 250}
    page = text_of(client.get(address(workspace, "settings")))
    assert 'value="2.50"' in page or 'value="2.5"' in page
    assert 'value="21:00"' in page


def test_the_hold_out_group_stays_the_same_people_when_settings_change(shop):
    workspace, _owner, client = shop
    client.post(address(workspace, "settings"), SETTINGS)
    salt = saved_settings(workspace).holdout_salt
    client.post(address(workspace, "settings"), {**SETTINGS, "holdout_points": "5"})
    assert saved_settings(workspace).holdout_salt == salt


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"quiet_to": ""}, "Quiet hours need a beginning and an end."),
        ({"quiet_to": "21:00"}, "They would last the whole day."),
        ({"holdout_points": "51"}, "less than or equal to 50"),
        ({"cap_number": "0"}, "greater than or equal to 1"),
        ({"attribution_days": "0"}, "greater than or equal to 1"),
        ({"revenue_rule": "guess"}, "Select a valid choice"),
    ],
)
def test_wrong_settings_are_refused_at_their_field(shop, given, said):
    workspace, _owner, client = shop
    answer = client.post(address(workspace, "settings"), {**SETTINGS, **given})
    assert said in text_of(answer)
    assert saved_settings(workspace) is None


def test_a_marketer_sees_settings_and_changes_nothing(shop):
    workspace, _owner, _client = shop
    client = signed_in(workspace, Role.MARKETER)
    assert "Owners and admins can change these." in text_of(
        client.get(address(workspace, "settings"))
    )
    assert client.post(address(workspace, "settings"), SETTINGS).status_code == 403
    assert saved_settings(workspace) is None


# --- Topics --------------------------------------------------------------------------------------


def topic_names(workspace: Workspace) -> list[str]:
    with workspace_scope(workspace):
        live = Topic.objects.filter(archived_at__isnull=True)
        return list(live.order_by("position").values_list("name", flat=True))


def test_topics_are_added_renamed_moved_archived_and_brought_back(shop):
    workspace, _owner, client = shop
    url = address(workspace, "topics")
    assert "Let people choose" in text_of(client.get(url))
    for name in ("News", "Restock", "Events"):
        assert (
            client.post(url, {"name": name, "description": f"{name}, monthly"}).status_code == 302
        )
    assert topic_names(workspace) == ["News", "Restock", "Events"]
    with workspace_scope(workspace):
        news, restock, events = Topic.objects.order_by("position")
    client.post(f"{url}{events.pk}/move/", {"to": "up"})
    client.post(f"{url}{news.pk}/move/", {"to": "up"})  # is the first
    assert topic_names(workspace) == ["News", "Events", "Restock"]
    client.post(f"{url}{restock.pk}/", {"name": "Back in stock", "description": ""})
    client.post(f"{url}{news.pk}/archive/")
    assert topic_names(workspace) == ["Events", "Back in stock"]
    assert "1 archived topic" in text_of(client.get(url))
    client.post(f"{url}{news.pk}/restore/")
    assert "News" in topic_names(workspace)


def test_a_topic_says_how_many_agreed_and_how_many_said_no(shop):
    workspace, _owner, client = shop
    client.post(address(workspace, "topics"), {"name": "News", "description": ""})
    now = timezone.now()
    for index, status in enumerate(["granted", "granted", "withdrawn"]):
        consents = {"email": {"topic": "news", "status": status}}
        make_contact(workspace, f"c{index}", consents=consents, now=now)
    page = text_of(client.get(address(workspace, "topics")))
    assert 'data-label="Agreed">2<' in page
    assert 'data-label="Said no">1<' in page


# --- Discount codes ------------------------------------------------------------------------------


def make_pool(workspace: Workspace, owner: User) -> CodePool:
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    with workspace_scope(workspace):
        return pools.create_pool(
            actor=actor, name="Linen week", prefix="LINEN-", description="10 %", now=timezone.now()
        )


def code_texts(pool: CodePool) -> set[str]:
    with workspace_scope(pool.workspace_id):
        return set(DiscountCode.objects.filter(pool=pool).values_list("code", flat=True))


def test_a_pool_is_made_and_filled_with_new_codes(shop):
    workspace, _owner, client = shop
    url = address(workspace, "codes")
    assert "A code of one's own" in text_of(client.get(url))
    made = client.post(url, {"name": "Linen week", "begins_with": "LINEN-"})
    with workspace_scope(workspace):
        pool = CodePool.objects.get(name="Linen week")
    assert made["Location"] == f"{url}{pool.pk}/"
    client.post(f"{url}{pool.pk}/fill/", {"number": "25"})
    texts = code_texts(pool)
    assert len(texts) == 25
    assert all(text.startswith("LINEN-") for text in texts)
    page = text_of(client.get(f"{url}{pool.pk}/"))
    assert '<p class="total num">25</p>' in page
    assert f">{min(texts)}<" in page or len(texts) > 0
    assert "25" in text_of(client.get(url))


def test_uploaded_codes_say_what_was_left_out(shop):
    workspace, owner, client = shop
    pool = make_pool(workspace, owner)
    url = address(workspace, "codes", pool.pk)
    file = SimpleUploadedFile("codes.txt", b"code\nA-1\nA-2\na-1\ntwo words\n")
    page = text_of(client.post(f"{url}fill/", {"file": file}))
    assert code_texts(pool) == {"A-1", "A-2"}
    assert "2 codes added." in page
    assert "1 stood there twice." in page
    assert "Line 5" in page
    again = text_of(client.post(f"{url}fill/", {"text": "A-1\nA-3"}))
    assert "1 was in a pool already." in again
    assert code_texts(pool) == {"A-1", "A-2", "A-3"}


def test_given_and_used_codes_are_counted_found_and_name_their_contact(shop):
    workspace, owner, client = shop
    pool = make_pool(workspace, owner)
    now = timezone.now()
    ewa = make_contact(workspace, "ewa", email="ewa@mail.example", now=now)
    campaign = make_campaign(workspace, audience={}, name="Linen", now=now)
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    with workspace_scope(workspace):
        pools.upload_codes(actor=actor, pool=pool, lines=["AA-1", "BB-2", "CC-3"], now=now)
        given = pools.give_codes(
            workspace=workspace,
            campaign_id=campaign.pk,
            pool_id=pool.pk,
            contact_ids=[ewa.pk],
            now=now,
        )
    code = given[ewa.pk].code
    url = address(workspace, "codes", pool.pk)
    page = text_of(client.get(url))
    assert '<p class="total num">2</p>' in page
    shown = text_of(client.get(f"{url}?state=given"))
    assert code in shown
    assert "ewa@mail.example" in shown
    assert "Linen" in shown
    free = text_of(client.get(f"{url}?state=free"))
    assert f">{code}<" not in free
    assert text_of(client.get(f"{url}?search=bb")).count("BB-2") == 1
    file = b"".join(client.get(f"{url}codes.csv").streaming_content).decode()
    assert f"{code},ewa,Linen" in file


@pytest.mark.parametrize("given", [{}, {"number": "3", "text": "A"}, {"number": "0"}])
def test_filling_a_pool_with_nothing_or_with_two_things_is_refused(shop, given):
    workspace, owner, client = shop
    pool = make_pool(workspace, owner)
    answer = client.post(address(workspace, "codes", pool.pk, "fill"), given)
    assert "data-open" in text_of(answer)
    assert code_texts(pool) == set()


def test_a_viewer_fills_nothing_and_downloads_nothing(shop):
    workspace, owner, _client = shop
    pool = make_pool(workspace, owner)
    client = signed_in(workspace, Role.VIEWER)
    url = address(workspace, "codes", pool.pk)
    assert client.get(url).status_code == 200
    for path, given in (("fill", {"number": 3}), ("archive", {}), ("change", {"name": "x"})):
        assert client.post(f"{url}{path}/", given).status_code == 403
    assert client.get(f"{url}codes.csv").status_code == 403
    assert client.post(address(workspace, "codes"), {"name": "Mine"}).status_code == 403
    assert client.post(address(workspace, "topics"), {"name": "Mine"}).status_code == 403


def test_another_workspaces_pool_and_topic_are_not_found(shop):
    _workspace, owner, client = shop
    other = make_workspace("Other")
    pool = make_pool(other, owner)
    mine = shop[0]
    assert client.get(address(mine, "codes", pool.pk)).status_code == 404
    assert client.post(address(mine, "codes", pool.pk, "archive")).status_code == 404


# --- Accounts ------------------------------------------------------------------------------------

SERVER = {
    "name": "Our server",
    "host": "127.0.0.1",
    "port": "587",
    "security": "starttls",
    "user": "news",
    "password": "s3cret-of-ours",
    "per_second": "20",
    "per_day": "",
    "warm_up_from": "2026-11-01",
    "mailbox_security": "tls",
    "mailbox_port": "993",
}


@pytest.fixture
def private_servers(settings):
    """Servers may stand in our own network."""
    settings.PRIVATE_MAIL_SERVERS = True


def account_of(workspace: Workspace) -> SendingAccount:
    with workspace_scope(workspace):
        return SendingAccount.objects.get()


@pytest.mark.usefixtures("private_servers")
def test_an_account_is_added_and_its_secrets_are_never_shown_again(shop):
    workspace, _owner, client = shop
    url = address(workspace, "accounts")
    page = text_of(client.get(url))
    assert "How does e-mail leave?" in page
    assert "transport=postmark" in page
    assert "transport=amazon_ses" in page
    made = client.post(f"{url}new/?transport=smtp", SERVER)
    assert made.status_code == 302, made.content
    account = account_of(workspace)
    assert unseal(account.credentials)["password"] == "s3cret-of-ours"
    assert (account.per_second, account.per_day) == (20, None)
    assert account.is_default
    assert account.bounce_mailbox is None, "a protection alone is no mailbox"
    shown = text_of(client.get(f"{url}{account.pk}/"))
    assert "127.0.0.1" in shown
    assert "s3cret-of-ours" not in shown
    assert "Kept. Fill in only to replace it." in shown
    assert "Our server" in text_of(client.get(url))


@pytest.mark.usefixtures("private_servers")
def test_a_secret_left_empty_stays_and_a_mailbox_can_be_added(shop):
    workspace, _owner, client = shop
    url = address(workspace, "accounts")
    client.post(f"{url}new/?transport=smtp", SERVER)
    account = account_of(workspace)
    changed = {
        **SERVER,
        "password": "",
        "host": "127.0.0.2",
        "mailbox_host": "127.0.0.3",
        "mailbox_user": "bounces@shop.example",
        "mailbox_password": "of-the-box",
    }
    assert client.post(f"{url}{account.pk}/", changed).status_code == 302
    account = account_of(workspace)
    stored = unseal(account.credentials)
    assert (stored["host"], stored["password"]) == ("127.0.0.2", "s3cret-of-ours")
    mailbox = unseal(account.bounce_mailbox)
    assert (mailbox["host"], mailbox["password"]) == ("127.0.0.3", "of-the-box")
    client.post(f"{url}{account.pk}/", {**changed, "mailbox_password": ""})
    assert unseal(account_of(workspace).bounce_mailbox)["password"] == "of-the-box"
    assert "of-the-box" not in text_of(client.get(f"{url}{account.pk}/"))


@pytest.mark.parametrize(
    ("transport", "asked", "not_asked"),
    [
        ("installation", {"name"}, {"host", "api_key"}),
        ("smtp", {"host", "port", "security", "user", "password"}, {"api_key"}),
        ("postmark", {"server_token", "message_stream"}, {"host", "mailbox_host"}),
        ("mailgun", {"api_key", "sender_domain", "api_url", "webhook_signing_key"}, {"host"}),
    ],
)
def test_a_form_asks_only_for_what_its_kind_needs(shop, transport, asked, not_asked):
    workspace, _owner, client = shop
    page = text_of(client.get(address(workspace, "accounts", "new") + f"?transport={transport}"))
    names = set(re.findall(r'name="(\w+)"', page))
    assert asked <= names
    assert not not_asked & names


def test_an_account_without_what_it_needs_is_refused_at_its_field(shop):
    workspace, _owner, client = shop
    url = address(workspace, "accounts", "new")
    answer = client.post(f"{url}?transport=postmark", {"name": "Postmark"})
    assert "This field is required." in text_of(answer)
    assert client.get(f"{url}?transport=pigeon").status_code == 404
    assert "Secret access key" in text_of(client.get(f"{url}?transport=amazon_ses"))
    with workspace_scope(workspace):
        assert not SendingAccount.objects.exists()


def test_a_provider_is_told_where_to_report_to(shop):
    workspace, _owner, client = shop
    given = {"name": "Postmark", "server_token": "pm-token-of-ours"}
    client.post(address(workspace, "accounts", "new") + "?transport=postmark", given)
    account = account_of(workspace)
    page = text_of(client.get(address(workspace, "accounts", account.pk)))
    assert f"/m/hooks/{workspace.pk}/{account.webhook_key}/" in page
    assert "pm-token-of-ours" not in page


def test_a_test_message_goes_out_and_a_removed_account_is_gone(shop, mailoutbox):
    workspace, _owner, client = shop
    url = address(workspace, "accounts")
    client.post(f"{url}new/?transport=installation", {"name": "House"})
    account = account_of(workspace)
    answer = client.post(f"{url}{account.pk}/test/", {"to": "me@mail.example"}, follow=True)
    assert "Accepted by the server." in text_of(answer)
    assert [message.to for message in mailoutbox] == [["me@mail.example"]]
    answer = client.post(f"{url}{account.pk}/test/", {"to": "nobody"}, follow=True)
    assert "It did not go through" in text_of(answer)
    client.post(f"{url}{account.pk}/archive/")
    assert client.get(f"{url}{account.pk}/").status_code == 404
    assert "How does e-mail leave?" in text_of(client.get(url))


def test_an_account_a_campaign_needs_is_not_removed(shop):
    workspace, _owner, client = shop
    account = make_account(workspace)
    make_campaign(workspace, audience={}, name="Tuesdays", account=account, state="scheduled")
    url = address(workspace, "accounts", account.pk)
    answer = client.post(f"{url}archive/", follow=True)
    assert "Still used by: Tuesdays." in text_of(answer)
    assert account_of(workspace).archived_at is None


def test_accounts_and_domains_are_for_admins(shop):
    workspace, _owner, _client = shop
    account = make_account(workspace)
    client = signed_in(workspace, Role.MARKETER)
    assert client.get(address(workspace, "accounts")).status_code == 200
    for parts in (("accounts", account.pk), ("accounts", "new")):
        assert client.get(address(workspace, *parts)).status_code == 403
    assert client.post(address(workspace, "domains"), {"domain": "a.example"}).status_code == 403
    assert client.post(address(workspace, "accounts", account.pk, "archive")).status_code == 403


# --- Domains -------------------------------------------------------------------------------------


def test_a_domain_shows_what_to_publish_and_what_was_found(shop):
    workspace, owner, client = shop
    url = address(workspace, "domains")
    assert "Be known as yourself" in text_of(client.get(url))
    client.post(url, {"domain": " Shop.Example. "})
    with workspace_scope(workspace):
        domain = SenderDomain.objects.get()
    page = text_of(client.get(f"{url}{domain.pk}/"))
    assert f"{domain.selector}._domainkey.shop.example" in page
    assert domain.public_key in page
    assert page.count("not checked yet") == 3
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    texts = {
        "shop.example": ["v=spf1 +all"],
        f"{domain.selector}._domainkey.shop.example": [f"v=DKIM1; k=rsa; p={domain.public_key}"],
    }
    check_domain(
        actor=actor, domain=domain, now=timezone.now(), resolve=lambda name: texts.get(name, [])
    )
    page = text_of(client.get(f"{url}{domain.pk}/"))
    assert "v=spf1 +all" in page
    assert [each["status"] for each in client.get(f"{url}{domain.pk}/").context["records"]] == [
        "ok",
        "wrong",
        "missing",
    ]
    assert "in order" in text_of(client.get(url))


@pytest.mark.parametrize("name", ["", "no domain", "localhost", "a..b", "-x.example"])
def test_what_is_no_domain_is_refused(shop, name):
    workspace, _owner, client = shop
    assert "data-open" in text_of(client.post(address(workspace, "domains"), {"domain": name}))
    with workspace_scope(workspace):
        assert not SenderDomain.objects.exists()


def test_a_removed_domain_is_gone(shop):
    workspace, _owner, client = shop
    url = address(workspace, "domains")
    client.post(url, {"domain": "shop.example"})
    with workspace_scope(workspace):
        domain = SenderDomain.objects.get()
    client.post(f"{url}{domain.pk}/remove/")
    assert client.get(f"{url}{domain.pk}/").status_code == 404


# --- In a browser --------------------------------------------------------------------------------


@pytest.mark.night  # tests/pages looks at these pages by day
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "look", [{"phone": False, "dark": False}, {"phone": True, "dark": True}], ids=["wide", "phone"]
)
def test_every_page_of_settings_is_sound(chromium: Any, live_server: Any, look: Any) -> None:
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    workspace = make_workspace("Nordlicht", owner=owner, now=timezone.now() - 200 * DAY)
    client = Client()
    client.force_login(owner)
    for name in ("News from the shop", "Back in stock"):
        client.post(address(workspace, "topics"), {"name": name, "description": "Once a month"})
    pool = make_pool(workspace, owner)
    client.post(address(workspace, "codes", pool.pk, "fill"), {"number": "60"})
    account = make_account(workspace, name="Our server", per_second=20)
    given = {"name": "Postmark", "server_token": "token"}
    client.post(address(workspace, "accounts", "new") + "?transport=postmark", given)
    with workspace_scope(workspace):
        postmark = SendingAccount.objects.get(name="Postmark")
    client.post(address(workspace, "domains"), {"domain": "nordlicht.example"})
    with workspace_scope(workspace):
        domain = SenderDomain.objects.get()
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    name = f"sending-{'phone-dark' if look['phone'] else 'desktop-light'}"
    for part, parts in (
        ("settings", ("settings",)),
        ("topics", ("topics",)),
        ("codes", ("codes",)),
        ("pool", ("codes", pool.pk)),
        ("accounts", ("accounts",)),
        ("account", ("accounts", account.pk)),
        ("provider", ("accounts", postmark.pk)),
        ("domains", ("domains",)),
        ("domain", ("domains", domain.pk)),
    ):
        page.goto(address(workspace, *parts))
        check_page(page, f"{name}-{part}")
    for part, parts, dialog in (
        ("fill", ("codes", pool.pk), "fill"),
        ("kinds", ("accounts",), "new-account"),
    ):
        page.goto(address(workspace, *parts))
        page.click(f"[data-dialog={dialog}] >> nth=0")
        check_page(page, f"{name}-{part}")
    page.context.close()
