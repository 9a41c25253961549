"""Messages as they leave: headers nobody can add to, signatures receivers accept."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import dkim as checker
import pytest
from django.utils import timezone

from campaigns.delivery import dkim
from campaigns.delivery.letters import Letter, as_bytes, as_django_message, message_id
from campaigns.delivery.outcomes import Result
from campaigns.delivery.sending import Sender
from campaigns.delivery.smtp import Smtp, SmtpServer
from campaigns.services.domains import add_domain
from tests.makers.delivery import addresses, make_frozen_run, make_smtp_account, states
from tests.makers.sinks import smtp_sink
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.secrets import unseal

LETTER = Letter(
    recipient_id=1,
    message_id="a-b-c@shop.example",
    key="8d7c2d8e-0000-4000-8000-000000000000",
    from_name="Sklep żółty",
    from_email="news@shop.example",
    to="ann@mail.example",
    subject="Zażółć gęślą jaźń",
    html="<p>Zażółć " + "a" * 2_000 + "</p>\n.\n..dots\n",
    text="Zażółć\r\n.\r\nFrom here",
    date=NOW,
    reply_to="answers@shop.example",
    headers={
        "List-Unsubscribe": "<https://kohorta.example/m/u/" + "t" * 64 + "/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
)
HOSTILE = (
    "Ann\r\nBcc: all@victim.example",
    "Ann\nBcc: all@victim.example",
    "Ann\rBcc: all@victim.example",
    "Ann\u2028Bcc: all@victim.example",
    "Ann\x00\x0b\x0cBcc: all@victim.example",
    'Ann" <all@victim.example>, "',
    "=?utf-8?q?Ann=0D=0ABcc:_all@victim.example?=",
)


def read(content: bytes):
    return email.message_from_bytes(content, policy=email.policy.SMTP)


def test_a_message_reads_as_it_was_written():
    content = as_bytes(LETTER)
    assert max(map(len, content.split(b"\r\n"))) < 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    content.decode("ascii")
    message = read(content)
    assert message["Subject"] == LETTER.subject
    assert message["From"].addresses[0].display_name == "Sklep żółty"
    assert message["From"].addresses[0].addr_spec == "news@shop.example"
    assert message["List-Unsubscribe"] == LETTER.headers["List-Unsubscribe"]
    plain, html = message.iter_parts()
    assert plain.get_content().split() == LETTER.text.split()
    assert html.get_content().replace("\r\n", "\n") == LETTER.html
    assert as_bytes(LETTER) == content, "tried again, it is the same to the byte"


@pytest.mark.parametrize("text", HOSTILE)
def test_nobodys_name_adds_a_header_or_an_address(text):
    for letter in (replace(LETTER, subject=text), replace(LETTER, from_name=text)):
        message = read(as_bytes(letter))
        assert sorted(message.keys()) == sorted(read(as_bytes(LETTER)).keys())
        assert message["Bcc"] is None
        assert [each.addr_spec for each in message["From"].addresses] == ["news@shop.example"]
        assert [each.addr_spec for each in message["To"].addresses] == ["ann@mail.example"]
        raw = as_django_message(letter).message()
        assert raw["Bcc"] is None
        assert len(raw.get_all("From")) == 1


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_an_address_with_a_line_break_goes_nowhere(text):
    with smtp_sink() as sink:
        smtp = Smtp(SmtpServer("127.0.0.1", sink.port, "none"))
        for letter in (replace(LETTER, to=f"{text}@x.example"), replace(LETTER, reply_to=text)):
            [outcome] = smtp.send([letter])
            assert outcome.result == Result.FAILED
        smtp.close()
    assert not sink.accepted


def test_receivers_accept_the_signature_and_it_covers_unsubscribing():
    private_key, public_key = dkim.new_key()
    signed = dkim.sign(
        as_bytes(LETTER), domain="shop.example", selector="k1", private_key=private_key
    )

    def in_dns(name, timeout=5):
        assert name == b"k1._domainkey.shop.example."
        return f"v=DKIM1; k=rsa; p={public_key}".encode()

    assert checker.verify(signed, dnsfunc=in_dns)
    covered = {
        name.strip()
        for name in read(signed)["DKIM-Signature"].partition(" h=")[2].partition(";")[0].split(":")
    }
    assert {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post"} <= covered
    for changed in (
        signed.replace(b"/m/u/", b"/m/x/"),
        signed.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No"),
        signed.replace(b"dots", b"dogs"),
        signed.replace(b"\r\n\r\n", b"\r\nFrom: other@victim.example\r\n\r\n", 1),
    ):
        assert changed != signed
        assert not checker.verify(changed, dnsfunc=in_dns)


@pytest.mark.django_db
def test_what_is_sent_from_a_domain_of_ours_is_signed():
    shop = make_workspace()
    domain = add_domain(actor=make_actor(shop), domain="shop.example", now=NOW)
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(2))
        Sender(timezone.now).work(seconds=10)
    assert states(shop, run) == {"sent": 2}

    def in_dns(name, timeout=5):
        return f"v=DKIM1; p={domain.public_key}".encode()

    for content in sink.messages:
        assert checker.verify(content, dnsfunc=in_dns)
        assert f"s={domain.selector}" in read(content)["DKIM-Signature"]
    assert "PRIVATE KEY" in unseal(domain.private_key)
    assert b"PRIVATE" not in bytes(domain.private_key)


def test_a_message_id_is_made_of_the_run_and_the_contact():
    made = {
        message_id(run_id=run, contact_id=contact, from_email="news@shop.example")
        for run in range(3)
        for contact in range(3)
        for _ in range(2)
    }
    assert len(made) == 9
    assert all(each.endswith("@shop.example") for each in made)
