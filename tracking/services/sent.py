"""Messages the product itself has sent, recorded as fast as they go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contacts.bulk import insert_rows
from contacts.models import ChangeKind, Channel
from contacts.services.changes import write_changes
from tracking.models import Message
from tracking.services.coverage import record_coverage
from workspaces.models import Workspace

_FIELDS = ("external_id", "contact_id", "channel", "campaign_key", "subject", "sent_at")
_COLUMNS = (*_FIELDS, "content_number")
_LONGEST_SUBJECT = 500


@dataclass(frozen=True)
class SentMessage:
    """One e-mail that was accepted for a contact."""

    external_id: str
    contact_id: int
    subject: str
    sent_at: datetime


def record_sent(
    *,
    workspace: Workspace,
    campaign_key: str,
    messages: Sequence[SentMessage],
    is_first: bool = True,
) -> None:
    """Store sent e-mails and that their contacts changed. What is stored already stays as it is.

    Inside the workspace's scope: each statement of a commit a message is felt.
    `is_first`: whether these may be the earliest e-mails of the workspace; a sender need say so
    only once.
    """
    if not messages:
        return
    rows = [
        (
            message.external_id,
            message.contact_id,
            Channel.EMAIL.value,
            campaign_key,
            message.subject[:_LONGEST_SUBJECT],
            message.sent_at,
            0,
        )
        for message in messages
    ]
    insert_rows(Message, workspace.pk, _COLUMNS, rows, skip_conflicts=True)
    if is_first:
        earliest = min(message.sent_at for message in messages)
        record_coverage(workspace=workspace, earliest={f"messages.{Channel.EMAIL}": earliest})
    contact_ids = {message.contact_id for message in messages}
    write_changes(workspace.pk, [(each, ChangeKind.MESSAGE) for each in contact_ids])
