"""Opens and clicks: what signed addresses in messages do when they are asked for."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import structlog
from django.db import DatabaseError, transaction

from campaigns.models import Recipient, RecipientState, TrackedLink
from campaigns.responses.machines import TOO_FAST, Caller
from campaigns.responses.recording import Response, recipients_by_id, record_responses
from campaigns.responses.tokens import Purpose, Token, read
from contacts.models import ChangeKind
from contacts.services import touch_contacts
from tracking.models import MessageEvent, MessageEventKind
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_log = structlog.get_logger(__name__)


def record_open(*, token: str, caller: Caller, now: datetime) -> bool:
    """The picture of a message was fetched. Whether that was new; a forged token does nothing."""
    found = read(Purpose.OPEN, token)
    if found is None:
        return False
    workspace = Workspace.objects.get(pk=found.workspace_id)
    return _record(workspace, found, MessageEventKind.OPENED, caller, "", now)


def follow_link(*, token: str, caller: Caller, now: datetime) -> str | None:
    """Where a link of a message leads, and that it was clicked; None for a forged token.

    The way on never depends on the click being kept: what the database refuses is logged.
    """
    found = read(Purpose.CLICK, token)
    if found is None:
        return None
    workspace = Workspace.objects.get(pk=found.workspace_id)
    with workspace_scope(workspace):
        links = TrackedLink.objects.in_workspace(workspace)
        url = links.filter(pk=found.link_id).values_list("url", flat=True).first()
        if url is None or urlsplit(url).scheme.lower() not in {"http", "https"}:
            return None
        try:
            with transaction.atomic():
                _record(workspace, found, MessageEventKind.CLICKED, caller, url, now)
        except DatabaseError:
            _log.exception("click_not_recorded", workspace_id=found.workspace_id)
    return url


def _record(
    workspace: Workspace,
    token: Token,
    kind: MessageEventKind,
    caller: Caller,
    url: str,
    now: datetime,
) -> bool:
    with workspace_scope(workspace):
        recipient = recipients_by_id(workspace, [token.recipient_id]).get(token.recipient_id)
        if recipient is None:
            return False
        is_machine = caller.is_machine or is_too_fast(recipient, now=now)
        if kind == MessageEventKind.CLICKED and _follows_others(workspace, recipient, token, now):
            is_machine = True
        minute = int(now.timestamp()) // 60
        who = "machine" if is_machine else "person"
        response = Response(
            recipient_id=token.recipient_id,
            kind=kind,
            occurred_at=now,
            # Once a minute; a person who comes in a scanner's minute is still seen.
            external_id=f"{kind}:{token.recipient_id}:{token.link_id}:{minute}:{who}",
            is_machine=is_machine,
            link=url[:4000],
        )
        known = {recipient.pk: recipient}
        return bool(
            record_responses(workspace=workspace, responses=[response], now=now, known=known)
        )


def is_too_fast(recipient: Recipient, *, now: datetime) -> bool:
    """Whether a message came back before a person can have seen it; perhaps while it was sent."""
    if recipient.sent_at is None:
        return recipient.state == RecipientState.SENDING
    return now - recipient.sent_at < TOO_FAST


def _follows_others(
    workspace: Workspace, recipient: Recipient, token: Token, now: datetime
) -> bool:
    """Whether other links of the message were followed just now: a scanner tries them all.

    The first of them looked like a person's; it no longer does.
    """
    # One click of a message at a time: scanners follow its links side by side.
    own = Recipient.objects.in_workspace(workspace).filter(pk=recipient.pk)
    own.select_for_update(no_key=True).values_list("pk").get()
    events = MessageEvent.objects.in_workspace(workspace).filter(
        contact_id=recipient.contact_id,
        kind=MessageEventKind.CLICKED,
        occurred_at__gt=now - TOO_FAST,
        occurred_at__lte=now + TOO_FAST,
        external_id__startswith=f"{MessageEventKind.CLICKED}:{recipient.pk}:",
    )
    same = f"{MessageEventKind.CLICKED}:{recipient.pk}:{token.link_id}:"
    others = events.exclude(external_id__startswith=same)
    taken_for = list(others.values_list("is_machine", flat=True))
    if not all(taken_for):
        others.filter(is_machine=False).update(is_machine=True)
        touch_contacts(
            workspace=workspace, contact_ids=[recipient.contact_id], kind=ChangeKind.MESSAGE
        )
    return bool(taken_for)
