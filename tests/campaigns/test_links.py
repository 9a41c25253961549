"""Links are followed as recipients would follow them, and never into a private network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied

from campaigns.delivery import link_requests
from campaigns.delivery.link_requests import Led, follow, follow_all
from campaigns.delivery.network import PrivateAddressError, addresses_of
from campaigns.models import Campaign
from campaigns.services.link_checks import MOST_LINKS, check_links
from tests.campaigns.imap_server import make_certificate
from tests.campaigns.test_api import Program, path_of
from tests.campaigns.web_server import Shop, web_server
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_contact
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.models import Role, Workspace


def beside_the_shop(host: str, port: int) -> Sequence[str]:
    """The guard, but for one server on this machine."""
    is_shop = host in ("shop.example", "127.0.0.1") and port > 1024
    return ["127.0.0.1"] if is_shop else addresses_of(host, port)


@pytest.fixture
def server() -> Iterator[Shop]:
    with web_server() as shop:
        yield shop


# --- One link ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "led", "status"),
    [
        ("200", Led.SOMEWHERE, 200),
        ("only-get", Led.SOMEWHERE, 200),
        ("404", Led.MISSING, 404),
        ("410", Led.MISSING, 410),
        ("403", Led.REFUSED, 403),
        ("500", Led.FAILING, 500),
        ("503", Led.FAILING, 503),
        ("endless", Led.SOMEWHERE, 200),
        ("babble", Led.UNREACHABLE, None),
        ("to/3", Led.SOMEWHERE, 200),
        ("to/4", Led.AROUND, 302),
        ("at/itms-apps://apps.example/1", Led.SOMEWHERE, 302),
        ("at/http://10.0.0.1/", Led.PRIVATE, None),
        ("at/http://localhost/", Led.PRIVATE, None),
        ("at/http://169.254.169.254/latest/meta-data/", Led.PRIVATE, None),
        ("at/http://[::1]:8000/", Led.PRIVATE, None),
        ("at/http://8.8.8.8:25/", Led.PRIVATE, None),
        ("at/http://0x7f000001/", Led.PRIVATE, None),
    ],
)
def test_where_a_link_leads(server, path, led, status):
    found = follow(f"http://shop.example:{server.port}/{path}", resolve=beside_the_shop)
    assert (found.led, found.status) == (led, status)


def test_only_heads_are_asked_for_where_that_is_enough(server):
    for path in ("200", "only-get"):
        follow(f"http://shop.example:{server.port}/{path}?utm=ż&b= c", resolve=beside_the_shop)
    assert server.asked == [
        "HEAD /200?utm=%C5%BC&b=%20c",
        "HEAD /only-get?utm=%C5%BC&b=%20c",
        "GET /only-get?utm=%C5%BC&b=%20c",
    ]


def test_without_an_exception_nothing_on_this_machine_is_asked(server):
    for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"):
        assert follow(f"http://{host}:{server.port}/200").led == Led.PRIVATE, host
    with pytest.raises(PrivateAddressError):
        addresses_of("127.0.0.1", server.port)
    assert server.asked == []


@pytest.mark.parametrize(
    ("link", "led"),
    [
        ("http://nowhere.invalid/", Led.UNKNOWN_HOST),
        ("http://", Led.UNREACHABLE),
        ("http://shop.example:99999/", Led.UNREACHABLE),
        ("http://shop example/", Led.UNREACHABLE),
        ("http://shop.example\\@10.0.0.1/", Led.PRIVATE),
        ("http://" + "a" * 70 + ".example/", Led.UNREACHABLE),
    ],
)
def test_addresses_that_are_none(link, led):
    assert follow(link).led == led


def test_a_server_that_only_drips_is_left_in_time(server, monkeypatch):
    monkeypatch.setattr(link_requests, "SECONDS", 0.4)
    before = time.monotonic()
    found = follow(f"http://shop.example:{server.port}/drips", resolve=beside_the_shop)
    assert found.led == Led.SLOW
    assert time.monotonic() - before < 2


def test_certificates_are_looked_at_and_leaving_https_is_told(tmp_path, monkeypatch):
    certificate: Path = make_certificate(tmp_path)
    with web_server(certificate) as secure, web_server() as plain:
        link = f"https://127.0.0.1:{secure.port}/200"
        assert follow(link, resolve=beside_the_shop).led == Led.CERTIFICATE
        assert secure.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert follow(link, resolve=beside_the_shop).led == Led.SOMEWHERE
        other = f"https://shop.example:{secure.port}/200"
        assert follow(other, resolve=beside_the_shop).led == Led.CERTIFICATE, "another's name"
        away = f"https://127.0.0.1:{secure.port}/at/http://shop.example:{plain.port}/200"
        assert follow(away, resolve=beside_the_shop).led == Led.TO_HTTP
        assert plain.asked == []


def test_links_that_wait_for_others_too_long_are_said_not_to_be_checked(server, monkeypatch):
    monkeypatch.setattr(link_requests, "AT_ONCE", 1)
    monkeypatch.setattr(link_requests, "LONGEST_SECONDS", 1.5)
    start = f"http://shop.example:{server.port}"
    links = [f"{start}/200", f"{start}/drips", f"{start}/404"]
    found = follow_all(links, resolve=beside_the_shop)
    assert [found[link].led for link in links] == [Led.SOMEWHERE, Led.SLOW, Led.NOT_ASKED]


# --- Those of a campaign -------------------------------------------------------------------------


def make_draft(shop: Workspace, *hrefs: str, **given: Any) -> Campaign:
    blocks = [
        {"id": f"b{number}", "type": "button", "label": "Look", "href": href}
        for number, href in enumerate(hrefs)
    ]
    content = {"subject": "Hello", "body": {"kind": "blocks", "blocks": blocks}}
    return make_campaign(shop, audience={}, content=content | given)


def check(campaign: Campaign, role: Role = Role.MARKETER, **given: Any) -> Any:
    asked = {"contact_id": None, "resolve": beside_the_shop, "now": NOW} | given
    return check_links(actor=make_actor(campaign.workspace, role), campaign=campaign, **asked)


@pytest.fixture
def shop(db: None) -> Workspace:
    cache.clear()
    workspace = make_workspace()
    make_sending_settings(workspace)
    return workspace


def test_each_link_is_followed_once_and_told_of_where_it_is_written(shop, server):
    start = f"http://shop.example:{server.port}"
    campaign = make_draft(
        shop, f"{start}/200", f"{start}/404#top", f"{start}/200", "mailto:a@b.example",
        f"{start}/500", utm={"source": "news"},
    )  # fmt: skip
    found = check(campaign)
    assert found.checked == 3
    assert [(each.code, each.level, each.where, variant) for variant, each in found.findings] == [
        ("link_missing", "warning", "$.content.body.blocks[1].href", 0),
        ("link_failing", "warning", "$.content.body.blocks[4].href", 0),
    ]
    assert "/404?utm_source=news" in found.findings[0][1].message
    assert sum(asked.startswith("HEAD /200") for asked in server.asked) == 1


def test_links_are_those_made_for_the_contact_in_every_variant(shop, server):
    start = f"http://shop.example:{server.port}"
    body = {"kind": "html", "source": f'<a href="{start}/{{{{ contact.first_name }}}}">x</a>'}
    other = f'<a href="{start}/503">x</a>'
    campaign = make_campaign(
        shop,
        audience={},
        content={"subject": "Hello", "body": body},
        testing={"variants": [{"body": {"kind": "html", "source": other}}]},
    )
    ann = make_contact(shop, "ann", attributes={"first_name": "404"})
    found = check(campaign, contact_id=ann.pk)
    assert [(each.code, variant) for variant, each in found.findings] == [
        ("link_missing", 0),
        ("link_failing", 1),
    ]
    with pytest.raises(LookupError):
        check(campaign, contact_id=ann.pk + 1)


@pytest.mark.night
def test_more_than_fifty_links_are_not_all_followed(shop, server):
    start = f"http://shop.example:{server.port}/200?n="
    found = check(make_draft(shop, *(f"{start}{number}" for number in range(MOST_LINKS + 2))))
    assert found.checked == len(server.asked) == MOST_LINKS
    [(_variant, finding)] = found.findings
    assert finding.message == "2 more links were not checked: 50 at a time are."


def test_who_may_not_write_campaigns_follows_nothing(shop, server):
    campaign = make_draft(shop, f"http://shop.example:{server.port}/200")
    with pytest.raises(PermissionDenied):
        check(campaign, Role.VIEWER)
    assert server.asked == []


def test_over_rest_findings_look_as_those_of_the_linter_and_only_so_many_checks_are_made(
    shop, server
):
    program = Program(shop)
    campaign = make_draft(shop, f"http://127.0.0.1:{server.port}/200", utm=None)
    path = path_of({"id": campaign.pk}, "check-links")
    answer = program.send("post", path, {})
    assert answer["checked"] == 1
    [finding] = answer["findings"]
    assert finding == {
        "level": "warning",
        "code": "link_private",
        "message": f"“http://127.0.0.1:{server.port}/200” leads into a private network, "
        "where recipients can't follow.",
        "where": "$.content.body.blocks[0].href",
        "variant": 0,
    }
    assert server.asked == []
    program.send("post", path, {"contact": 1}, 404)
    program.send("post", path, {"contact": "x"}, 400)
    reader = Program(shop, ["campaigns:read"])
    reader.send("post", path, {}, 403)
    blind = Program(shop, ["campaigns:write"])
    blind.send("post", path, {"contact": 1}, 403)
    statuses = {
        program.client.post(path, "{}", "application/json").status_code for _turn in range(13)
    }
    assert statuses == {200, 429}, "a minute may turn in between, but only once"
