"""Bounces and complaints that come back as messages (RFC 3464, RFC 5965)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from campaigns.delivery.letters import message_id
from campaigns.models import Recipient, SendingAccount
from campaigns.responses import mailbox
from campaigns.responses.mailbox import (
    MailboxAddress,
    MailboxError,
    mailbox_address,
    opened_mailbox,
    read_bounces,
    take_mailbox,
    take_message,
)
from campaigns.responses.outcomes import OutcomeKind
from campaigns.responses.reports import read_report
from campaigns.responses.tokens import Purpose, address
from contacts.models import Suppression
from tests.campaigns.imap_server import imap_server
from tests.makers.campaigns import make_account
from tests.makers.responses import make_recipient, make_run
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import MessageEvent
from workspaces.models import Workspace
from workspaces.secrets import seal
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

POSTFIX = """\
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: bounces@shop.example
Date: Sun, 15 Mar 2026 11:30:00 +0000
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Sun, 15 Mar 2026 11:29:58 +0000 (UTC)

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; {diagnostic}

--B
Content-Type: {returned}

{headers}
--B--
"""

EXCHANGE = """\
From: <postmaster@example.org>
To: <bounces@shop.example>
Date: Sun, 15 Mar 2026 12:30:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_x_"
Content-Language: en-US
Auto-Submitted: auto-replied

--_x_
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body>The e-mail address you entered couldn't be found.</body></html>

--_x_
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.example.org
Received-From-MTA: dns;mail.shop.example
Arrival-Date: Sun, 15 Mar 2026 11:29:58 +0000

Final-Recipient: rfc822;{address}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found

--_x_
Content-Type: message/rfc822

{headers}
Content-Type: text/plain

Hello
--_x_--
"""

COMPLAINT = """\
From: <abusedesk@example.com>
To: <bounces@shop.example>
Date: Sun, 15 Mar 2026 11:45:00 +0000
Subject: FW: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="F"

--F
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--F
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@shop.example>
Original-Rcpt-To: <{address}>

--F
Content-Type: message/rfc822

{headers}
Content-Type: text/plain

Hello
--F--
"""

VACATION = """\
From: <ann@example.org>
To: <bounces@shop.example>
Subject: Out of office
Auto-Submitted: auto-replied

I am away until 5.1.1, 550 user unknown.
"""


def headers_of(workspace: Workspace, recipient: Recipient, *, with_link: bool = True) -> str:
    """The headers of the message a recipient was sent, as servers return them."""
    sent_as = message_id(
        run_id=recipient.run_id, contact_id=recipient.contact_id, from_email="news@shop.example"
    )
    link = address(Purpose.UNSUBSCRIBE, workspace=workspace, recipient_id=recipient.pk)
    lines = ["From: Shop <news@shop.example>", f"To: {recipient.address}", "Subject: News"]
    lines += [f"Message-ID: <{sent_as}>"]
    if with_link:
        lines += [f"List-Unsubscribe:\n <{link}>"]
    return "\n".join(lines)


def postfix(
    recipient: Recipient,
    headers: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 no such user here",
    returned: str = "text/rfc822-headers",
) -> bytes:
    text = POSTFIX.format(
        address=recipient.address,
        action=action,
        status=status,
        diagnostic=diagnostic,
        returned=returned,
        headers=headers,
    )
    return text.replace("\n", "\r\n").encode()


def filled(template: str, recipient: Recipient, headers: str, **more: str) -> bytes:
    return template.format(address=recipient.address, headers=headers, **more).encode()


def state_of(workspace: Workspace) -> tuple[list[str], list[str]]:
    """Kinds of events, reasons of blocks."""
    with workspace_scope(workspace):
        events = MessageEvent.objects.in_workspace(workspace).values_list("kind", flat=True)
        blocks = Suppression.objects.in_workspace(workspace).values_list("reason", flat=True)
        return sorted(events), sorted(blocks)


@pytest.mark.parametrize("with_link", [True, False])
def test_a_bounce_blocks_the_address_by_what_came_back_of_the_message(with_link: bool):
    """By the unsubscribe address in the headers; where a server leaves it out, by Message-ID."""
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    raw = postfix(recipient, headers_of(workspace, recipient, with_link=with_link))
    assert take_message(workspace=workspace, raw=raw, now=NOW) == 1
    assert take_message(workspace=workspace, raw=raw, now=NOW) == 0
    assert state_of(workspace) == (["bounced"], ["bounced"])
    with workspace_scope(workspace):
        event = MessageEvent.objects.in_workspace(workspace).get()
        assert event.occurred_at.isoformat() == "2026-03-15T11:30:00+00:00"


@pytest.mark.parametrize(
    ("status", "diagnostic", "blocks"),
    [
        ("5.1.1", "550 5.1.1 unknown", ["bounced"]),
        ("5.0.0", "550 5.1.1 unknown", ["bounced"]),
        ("5.2.2", "552 5.2.2 over quota", []),
        ("5.7.1", "554 5.7.1 looks like spam", []),
        ("4.4.7", "delivery time expired", []),
        ("5.0.0", "552 mailbox full", []),
    ],
)
def test_what_a_status_means(status: str, diagnostic: str, blocks: list[str]):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    headers = headers_of(workspace, recipient)
    raw = postfix(recipient, headers, status=status, diagnostic=diagnostic)
    assert take_message(workspace=workspace, raw=raw, now=NOW) == 1
    assert state_of(workspace) == (["bounced"], blocks)


def test_a_bounce_from_behind_a_forwarding_is_of_whom_it_was_sent_to():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    headers = headers_of(workspace, recipient, with_link=False)
    raw = postfix(recipient, headers).replace(
        f"rfc822; {recipient.address}".encode(), b"rfc822; somebody.else@other.example"
    )
    assert take_message(workspace=workspace, raw=raw, now=NOW) == 1
    with workspace_scope(workspace):
        blocked = Suppression.objects.in_workspace(workspace).get()
    assert bytes(blocked.address_hash) == bytes(recipient.address_hash)


def test_reports_of_other_servers_with_the_whole_message_are_read():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    raw = filled(EXCHANGE, recipient, headers_of(workspace, recipient))
    [report] = read_report(raw)
    assert (report.kind, report.told.address) == (OutcomeKind.HARD_BOUNCE, recipient.address)
    assert take_message(workspace=workspace, raw=raw, now=NOW) == 1
    assert state_of(workspace) == (["bounced"], ["bounced"])


@pytest.mark.parametrize(
    ("feedback", "state"),
    [
        ("abuse", (["complained"], ["complained"])),
        ("fraud", (["complained"], ["complained"])),
        ("opt-out", (["unsubscribed"], ["unsubscribed"])),
        ("not-spam", ([], [])),
    ],
)
def test_complaints_are_read(feedback: str, state: tuple[list[str], list[str]]):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    raw = filled(COMPLAINT, recipient, headers_of(workspace, recipient), feedback=feedback)
    take_message(workspace=workspace, raw=raw, now=NOW)
    assert state_of(workspace) == state


def test_what_is_no_report_or_says_nothing_final_changes_nothing():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    headers = headers_of(workspace, recipient)
    for raw in (
        VACATION.encode(),
        postfix(recipient, headers, action="delayed", status="4.4.1"),
        postfix(recipient, headers).replace(b"message/delivery-status", b"text/plain"),
        b"",
        b"\xff\xfe\x00",
    ):
        assert take_message(workspace=workspace, raw=raw, now=NOW) == 0
    assert state_of(workspace) == ([], [])


def test_who_does_not_have_the_message_can_report_nothing():
    workspace, other = make_workspace(), make_workspace()
    recipient = make_recipient(workspace)
    theirs = make_recipient(other)
    for headers in (
        f"To: {recipient.address}",
        f"To: {recipient.address}\nMessage-ID: <{'0' * 8}-0000-5000-8000-000000000000@shop>",
        headers_of(other, theirs),
        f"List-Unsubscribe: <https://shop.example/m/u/{'A' * 48}>",
    ):
        assert take_message(workspace=workspace, raw=postfix(recipient, headers), now=NOW) == 0
    assert state_of(workspace) == ([], [])


def test_a_thousand_broken_reports_break_nothing():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    good = postfix(recipient, headers_of(workspace, recipient))
    chance = random.Random(7)
    for _ in range(1_000):
        raw = bytearray(good)
        for _ in range(chance.randrange(1, 20)):
            start = chance.randrange(len(raw))
            match chance.randrange(3):
                case 0:
                    raw[start] = chance.randrange(256)
                case 1:
                    del raw[start : start + chance.randrange(200)]
                case _:
                    raw[start:start] = bytes(chance.choices(range(256), k=5))
        assert len(read_report(bytes(raw))) <= 50


def make_bouncing_account(workspace: Workspace, **said: Any) -> SendingAccount:
    return make_account(workspace, bounce_mailbox=seal(said) if said else None)


def test_a_mailbox_is_read_over_tls_marked_and_never_taken_twice(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.PRIVATE_MAIL_SERVERS = True
    workspace = make_workspace()
    run = make_run(workspace)
    people = [make_recipient(workspace, run, address=f"a{n}@example.org") for n in range(6)]
    reports = [postfix(each, headers_of(workspace, each)) for each in people]
    with imap_server([*reports, VACATION.encode()], folder=tmp_path) as (server, context):
        monkeypatch.setattr(mailbox.ssl, "create_default_context", lambda: context)
        account = make_bouncing_account(
            workspace,
            host="127.0.0.1",
            port=str(server.port),
            user="bounces@shop.example",
            password="open sesame",
        )
        assert read_bounces(account=account, now=NOW) == 6
        assert server.seen == {1, 2, 3, 4, 5, 6, 7}
        assert read_bounces(account=account, now=NOW) == 0
        server.seen.clear()  # a mailbox somebody marked as unread
        assert read_bounces(account=account, now=NOW) == 0
        assert server.commands.count("LOGOUT") == 3
    assert state_of(workspace) == (["bounced"] * 6, ["bounced"] * 6)
    with workspace_scope(workspace):
        account.refresh_from_db()
    assert account.bounces_read_at == NOW


def test_a_server_that_is_not_who_it_says_it_is_gets_no_password(tmp_path: Path, settings: Any):
    settings.PRIVATE_MAIL_SERVERS = True
    workspace = make_workspace()
    with imap_server([], folder=tmp_path) as (server, _):
        said = {"host": "127.0.0.1", "port": server.port, "user": "u", "password": "p"}
        with pytest.raises(MailboxError, match="certificate"):
            read_bounces(account=make_bouncing_account(workspace, **said), now=NOW)
        assert server.commands == []


def test_what_is_wrong_with_a_mailbox_is_said(tmp_path: Path, settings: Any):
    workspace = make_workspace()
    with pytest.raises(MailboxError, match="no bounce mailbox"):
        read_bounces(account=make_bouncing_account(workspace), now=NOW)
    good = {"host": "127.0.0.1", "user": "u", "password": "p"}
    for fault in ({"port": "0"}, {"port": "x"}, {"security": "none"}, {"user": "a\r\nb"}):
        with workspace_scope(workspace):
            SendingAccount.objects.in_workspace(workspace).update(is_default=False)
        with pytest.raises(MailboxError):
            mailbox_address(make_account(workspace, bounce_mailbox=seal({**good, **fault})))
    settings.PRIVATE_MAIL_SERVERS = False
    where = MailboxAddress("127.0.0.1", "u", "p")
    with pytest.raises(MailboxError, match="private"), opened_mailbox(where):
        pass
    settings.PRIVATE_MAIL_SERVERS = True
    with imap_server([], folder=tmp_path) as (server, context):
        for where in (
            MailboxAddress("127.0.0.1", "u", "wrong", server.port),
            MailboxAddress("127.0.0.1", "u", "open sesame", server.port, folder='no"where'),
        ):
            with pytest.raises(MailboxError), opened_mailbox(where, context) as opened:
                take_mailbox(workspace=workspace, mailbox=opened, now=NOW)
