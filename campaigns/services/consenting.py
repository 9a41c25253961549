"""What contacts have said about e-mail, by topic, and saying it for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_supported_language_variant

from campaigns.models import Topic
from contacts.models import AttributeValue, Channel, Consent, ConsentStatus
from contacts.services import set_consent
from workspaces.models import Workspace


@dataclass(frozen=True)
class Evidence:
    """How it is known: where it was said, from which address, to which words."""

    source: str
    ip_address: str | None
    wording: str


def said_by(workspace: Workspace, contact_id: int) -> dict[str, str]:
    """What holds now of e-mail, by topic ("": everything)."""
    consents = Consent.objects.in_workspace(workspace).filter(
        contact_id=contact_id, channel=Channel.EMAIL, valid_to=None
    )
    return dict(consents.values_list("topic", "status"))


def say(
    *,
    workspace: Workspace,
    contact_id: int,
    topic: str,
    status: ConsentStatus,
    evidence: Evidence,
    now: datetime,
) -> None:
    """Keep what a contact says of e-mail."""
    set_consent(
        workspace=workspace,
        contact_ids=[contact_id],
        channel=Channel.EMAIL,
        topic=topic,
        status=status,
        now=now,
        source=evidence.source,
        ip_address=evidence.ip_address,
        wording=evidence.wording,
    )


def offered_topics(workspace: Workspace) -> list[str]:
    """Keys of the topics on the preference page."""
    topics = Topic.objects.in_workspace(workspace).filter(archived_at=None)
    return list(topics.values_list("key", flat=True))


def language_of(workspace: Workspace, contact_id: int) -> str:
    """What the contact speaks, if we do; else the workspace's."""
    stated = AttributeValue.objects.in_workspace(workspace).filter(
        contact_id=contact_id,
        attribute__workspace_id=workspace.pk,
        attribute__key="language",
        valid_to=None,
    )
    code = (stated.values_list("text", flat=True).first() or "").strip().lower()
    try:
        return get_supported_language_variant(code.replace("_", "-"))
    except LookupError:
        return workspace.language
