"""Accounts, sender domains, providers and test sends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from campaigns.delivery.dns import DnsUnavailableError
from campaigns.delivery.network import PrivateAddressError, is_public, resolve_public
from campaigns.delivery.outcomes import AccountUnavailableError, Result
from campaigns.delivery.providers import REQUIRED, Provider, backend_of
from campaigns.delivery.sending import Sender
from campaigns.delivery.transports import Letter, transport_for
from campaigns.models import SendingAccount, Transport
from campaigns.services.accounts import (
    WantedAccount,
    archive_account,
    change_account,
    create_account,
    fields_of,
    shown_credentials,
    test_account,
)
from campaigns.services.domains import (
    add_domain,
    check_all,
    check_domain,
    records_for,
    remove_domain,
)
from campaigns.services.trying import send_test
from config.local.processes import free_port
from contacts.models import Channel, SuppressionReason
from contacts.services import suppress_address
from tests.makers.campaigns import make_account, make_campaign, make_sending_settings
from tests.makers.contacts import make_contact
from tests.makers.delivery import addresses, make_api_account, make_frozen_run, states
from tests.makers.sinks import api_sink, smtp_sink
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.models import Role
from workspaces.secrets import seal, unseal
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

try_account = test_account  # under its own name it would be taken for a test
del test_account


@pytest.fixture
def shop():
    return make_workspace()


@pytest.fixture
def actor(shop):
    return make_actor(shop)


def wanted(**given) -> WantedAccount:
    server = {"host": "127.0.0.1", "port": "25", "security": "none", "password": "s3cret"}
    return WantedAccount(
        **{"name": "Mail", "transport": Transport.SMTP, "credentials": server, **given}
    )


def test_a_password_is_kept_encrypted_and_stays_when_it_is_left_empty(shop, actor):
    account = create_account(actor=actor, wanted=wanted(), now=NOW)
    assert account.is_default, "the first one"
    assert b"s3cret" not in bytes(account.credentials)
    assert shown_credentials(account)["password"] == "set"
    server = {"host": "127.0.0.1", "port": "26", "security": "none", "password": ""}
    changed = change_account(
        actor=actor, account=account, wanted=wanted(credentials=server, per_day=100), now=NOW
    )
    assert unseal(changed.credentials) == {**server, "password": "s3cret"}
    assert changed.per_day == 100


def test_one_account_is_the_default_one(shop, actor):
    first = create_account(actor=actor, wanted=wanted(), now=NOW)
    second = create_account(actor=actor, wanted=wanted(name="Other", is_default=True), now=NOW)
    with workspace_scope(shop):
        first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)
    with pytest.raises(ValidationError):
        create_account(actor=actor, wanted=wanted(), now=NOW)


def test_only_who_manages_the_workspace_makes_accounts(shop):
    with pytest.raises(PermissionDenied):
        create_account(actor=make_actor(shop, Role.MARKETER), wanted=wanted(), now=NOW)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"credentials": {"host": "", "port": "25"}}, "host"),
        ({"credentials": {"host": "127.0.0.1", "port": "99999"}}, "port"),
        ({"credentials": {"host": "127.0.0.1", "security": "hope"}}, "security"),
        ({"credentials": {"host": "127.0.0.1", "debug": "1"}}, "debug"),
        ({"name": ""}, "name"),
        ({"per_second": 0}, "per_second"),
        ({"transport": Transport.MAILGUN, "credentials": {}}, "api_key"),
        ({"transport": Transport.AMAZON_SES, "credentials": {}}, "access_key_id"),
        ({"transport": Transport.AMAZON_SES, "credentials": {"region": "a.b/"}}, "region"),
        ({"bounce_mailbox": {"host": "127.0.0.1"}}, "mailbox_host"),
    ],
)
def test_an_account_that_cannot_work_is_refused(actor, given, field):
    with pytest.raises(ValidationError) as refused:
        create_account(actor=actor, wanted=wanted(**given), now=NOW)
    assert field in refused.value.message_dict


def test_servers_in_private_networks_are_refused_unless_the_installation_allows_them(
    actor, settings
):
    assert resolve_public("127.0.0.1", 25) == "127.0.0.1"
    settings.PRIVATE_MAIL_SERVERS = False
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]".strip("[]"), "169.254.169.254"):
        with pytest.raises(PrivateAddressError):
            resolve_public(host, 25)
    with pytest.raises(ValidationError) as refused:
        create_account(actor=actor, wanted=wanted(), now=NOW)
    assert "private network" in str(refused.value)
    url = {"api_key": "k", "api_url": "https://evil.example/"}
    given = wanted(transport=Transport.MAILGUN, credentials=url)
    with pytest.raises(ValidationError) as refused:
        create_account(actor=actor, wanted=given, now=NOW)
    assert "api_url" in refused.value.message_dict
    private = ["::ffff:10.0.0.1", "fd00::1", "0.0.0.0", "100.64.0.1", "224.0.0.1", "2002:a00:1::"]
    assert not any(is_public(each) for each in private)
    assert is_public("93.184.215.14")


def test_a_connection_is_checked_when_it_is_made_too(shop, settings):
    with smtp_sink() as sink:
        server = {"host": "127.0.0.1", "port": sink.port, "security": "none"}
        make_account(shop, transport=Transport.SMTP, credentials=seal(server))
        settings.PRIVATE_MAIL_SERVERS = False
        run = make_frozen_run(shop, addresses(1))
        Sender(timezone.now).work(seconds=1)
    assert not sink.accepted
    assert states(shop, run) == {"queued": 1}


def test_an_account_in_use_stays(shop, actor):
    account = create_account(actor=actor, wanted=wanted(), now=NOW)
    campaign = make_campaign(shop, audience={}, account=account, state="scheduled")
    with pytest.raises(ValidationError) as refused:
        archive_account(actor=actor, account=account, now=NOW)
    assert campaign.name in str(refused.value)
    with workspace_scope(shop):
        type(campaign).objects.update(state="draft")
    archive_account(actor=actor, account=account, now=NOW)
    with workspace_scope(shop):
        account.refresh_from_db()
    assert account.archived_at == NOW
    assert not bytes(account.credentials)


def test_trying_an_account_sends_or_says_why_not(shop, actor):
    with smtp_sink() as sink:
        server = {"host": "127.0.0.1", "port": str(sink.port), "security": "none"}
        account = create_account(actor=actor, wanted=wanted(credentials=server), now=NOW)
        assert try_account(actor=actor, account=account, to="me@x.example", now=NOW) == ""
        assert "550" in try_account(actor=actor, account=account, to="gone@x.example", now=NOW)
    assert [address for address, _ in sink.accepted] == ["me@x.example"]
    account.credentials = seal({**server, "port": str(free_port())})
    said = try_account(actor=actor, account=account, to="me@x.example", now=NOW)
    assert "refused" in said.lower()


LETTER = Letter(
    recipient_id=7,
    message_id="a@shop.example",
    key="a",
    from_name="Shop",
    from_email="news@shop.example",
    to="ann@mail.example",
    subject="Hello",
    html="<p>Hello</p>",
    text="Hello",
    date=NOW,
    headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)


# Amazon's is a client of its own: test_delivery_amazon.py.
@pytest.mark.parametrize("transport", [each for each in REQUIRED if each != Transport.AMAZON_SES])
def test_each_provider_gets_the_whole_message(transport, monkeypatch):
    """As far as the request: what the provider would answer is the provider's."""
    given = dict.fromkeys(fields_of(transport), "key") | {"api_url": "https://api.example/"}
    sent = []

    def request(self, **params):
        sent.append(str(params))
        raise requests.exceptions.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", request)
    account = SendingAccount(transport=transport, credentials=seal(given))
    way_out = transport_for(account)
    [outcome] = way_out.send([LETTER], key="k")
    way_out.close()
    assert outcome.result == Result.UNKNOWN, "the time ran out after it was handed over"
    assert outcome.is_repeatable == way_out.is_idempotent
    for part in ("ann@mail.example", "Hello", "List-Unsubscribe-Post", "news@shop.example"):
        assert part in sent[0]


@pytest.mark.parametrize(
    ("status", "result"), [(422, Result.FAILED), (500, Result.UNKNOWN), (503, Result.UNKNOWN)]
)
def test_what_a_provider_refuses_and_what_nobody_knows(status, result):
    with api_sink(refusals=[status]) as api:
        backend = backend_of(Transport.POSTMARK, {"server_token": "t", "api_url": api.url})
        [outcome] = Provider(backend).send([LETTER])
    assert outcome.result == result


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_provider_that_refuses_the_account_is_left_alone_for_a_while(shop, status):
    with api_sink(refusals=[status]) as api:
        account = make_api_account(shop, api)
        run = make_frozen_run(shop, addresses(5))
        Sender(timezone.now).work(seconds=1)
    assert states(shop, run) == {"queued": 5}
    with workspace_scope(shop):
        account.refresh_from_db()
    assert account.paused_until is not None


def test_a_provider_that_is_not_there_got_nothing():
    url = f"http://127.0.0.1:{free_port()}/"
    backend = backend_of(Transport.POSTMARK, {"server_token": "t", "api_url": url})
    with pytest.raises(AccountUnavailableError):
        Provider(backend).send([LETTER])


def test_one_bad_address_does_not_cost_the_batch(shop):
    with api_sink(refusals=[422, 422]) as api:
        make_api_account(shop, api)
        run = make_frozen_run(shop, addresses(4))
        Sender(timezone.now).work(seconds=5)
    assert states(shop, run) == {"sent": 3, "failed": 1}


# --- Domains -------------------------------------------------------------------------------------


def test_a_domain_is_in_order_when_dns_says_what_it_should(shop, actor):
    domain = add_domain(actor=actor, domain=" Shop.Example. ", now=NOW)
    records = {record.name: record for record in records_for(domain)}
    zone = {name: [record.value] for name, record in records.items()}
    found = check_domain(actor=actor, domain=domain, now=NOW, resolve=lambda name: zone[name])
    assert (found.spf, found.dkim, found.dmarc) == ("ok", "ok", "ok")
    assert found.checked_at == NOW
    assert found.found["dmarc"] == ["v=DMARC1; p=none"]
    longest = max((record.strings for record in records.values()), key=len)
    assert len(longest) == 2, "a key of 2048 bits is longer than one string"
    assert max(map(len, longest)) <= 255


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, ("missing", "missing", "missing")),
        ({"": ["v=spf1 +all"]}, ("wrong", "missing", "missing")),
        ({"": ["v=spf1 a ~all", "v=spf1 mx ~all"]}, ("wrong", "missing", "missing")),
        ({"dkim": ["v=DKIM1; p=AAAA"]}, ("missing", "wrong", "missing")),
        ({"_dmarc": ["v=DMARC1; p=maybe"]}, ("missing", "missing", "wrong")),
        ({"_dmarc.parent": ["v=DMARC1; p=reject"]}, ("missing", "missing", "ok")),
    ],
)
def test_what_is_wrong_with_a_domain_is_said(shop, actor, texts, expected):
    domain = add_domain(actor=actor, domain="mail.shop.example", now=NOW)
    names = {
        "mail.shop.example": "",
        f"{domain.selector}._domainkey.mail.shop.example": "dkim",
        "_dmarc.mail.shop.example": "_dmarc",
        "_dmarc.shop.example": "_dmarc.parent",
    }
    found = check_domain(
        actor=actor, domain=domain, now=NOW, resolve=lambda name: texts.get(names[name], [])
    )
    assert (found.spf, found.dkim, found.dmarc) == expected


def test_dns_that_does_not_answer_changes_nothing(shop, actor):
    domain = add_domain(actor=actor, domain="shop.example", now=NOW)

    def nobody(name):
        raise DnsUnavailableError("timeout")

    with pytest.raises(ValidationError):
        check_domain(actor=actor, domain=domain, now=NOW, resolve=nobody)
    assert check_all(now=NOW, resolve=nobody) == 0
    assert check_all(now=NOW, resolve=lambda name: []) == 1
    assert check_all(now=NOW + timedelta(hours=1), resolve=lambda name: []) == 0
    assert check_all(now=NOW + timedelta(hours=13), resolve=lambda name: []) == 1


def test_a_domain_is_there_once_and_goes_with_its_key(shop, actor):
    domain = add_domain(actor=actor, domain="żółw.example", now=NOW)
    assert domain.domain == "xn--w-uga1v8h.example"
    for name in ("żółw.example", "no domain", "shop", "-a.example", "a..example", "a.example/x"):
        with pytest.raises(ValidationError):
            add_domain(actor=actor, domain=name, now=NOW)
    remove_domain(actor=actor, domain=domain, now=NOW)
    add_domain(actor=actor, domain="żółw.example", now=NOW)


# --- Test sends ----------------------------------------------------------------------------------


def test_a_test_send_is_the_message_as_that_contact_would_get_it(shop, actor):
    make_account(shop)
    make_sending_settings(shop)
    ann = make_contact(shop, email="ann@x.example", attributes={"first_name": "Ann"})
    campaign = make_campaign(shop, audience={})
    number = send_test(
        actor=actor,
        campaign=campaign,
        variant=0,
        contact_id=ann.pk,
        to=["me@shop.example", "you@shop.example"],
        now=NOW,
    )
    assert number == 2
    assert [message.to for message in mail.outbox] == [["me@shop.example"], ["you@shop.example"]]
    assert mail.outbox[0].subject == "[Test] Hello Ann"
    assert "New in the shop" in mail.outbox[0].body


def test_a_test_send_refuses_what_it_must(shop, actor):
    make_account(shop)
    make_sending_settings(shop)
    campaign = make_campaign(shop, audience={})
    suppress_address(
        workspace=shop,
        channel=Channel.EMAIL,
        address="blocked@x.example",
        reason=SuppressionReason.COMPLAINED,
        now=NOW,
    )

    def send(*to, contact_id=None, as_actor=actor):
        send_test(
            actor=as_actor,
            campaign=campaign,
            variant=0,
            contact_id=contact_id,
            to=to,
            now=NOW,
        )

    for to in ((), ("nobody",), ("blocked@x.example",), tuple(addresses(11))):
        with pytest.raises(ValidationError):
            send(*to)
    with pytest.raises(ValidationError):
        send("me@x.example", contact_id=1)
    with pytest.raises(PermissionDenied):
        send("me@x.example", as_actor=make_actor(shop, Role.VIEWER))
    assert not mail.outbox
