"""The record of what was said about consent: only ever added to, whatever histories become."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from contacts.bulk import insert_rows
from contacts.models import ConsentRecord
from contacts.services.identity import ConsentKey, Draft, Evidence, SaidConsent

_FIELDS = (
    *("contact", "channel", "topic", "status"),
    *("stated_at", "source", "ip_address", "wording"),
)
Last = Mapping[tuple[int | None, ConsentKey], tuple[str, Evidence]]


def record_consents(workspace_id: int, drafts: Collection[Draft]) -> None:
    """Add what these contacts were said to agree to.

    What changes nothing is added only with evidence of its own (an address, a wording) that isn't
    what was recorded last: shops repeat every night what they know.
    """
    repeated = [
        draft
        for draft in drafts
        if draft.id is not None and any(_has_evidence(said) for said in draft.said_consents)
    ]
    last = _last_recorded(workspace_id, repeated)
    rows = [
        (draft.id, *said.key, said.status, said.at, *said.evidence)
        for draft in drafts
        for said in draft.said_consents
        if said.is_new or _tells_more(draft, said, last)
    ]
    insert_rows(ConsentRecord, workspace_id, _FIELDS, rows)


def _has_evidence(said: SaidConsent) -> bool:
    _source, ip_address, wording = said.evidence
    return not said.is_new and bool(ip_address or wording)


def _tells_more(draft: Draft, said: SaidConsent, last: Last) -> bool:
    return _has_evidence(said) and last.get((draft.id, said.key)) != (said.status, said.evidence)


def _last_recorded(workspace_id: int, drafts: Collection[Draft]) -> Last:
    if not drafts:
        return {}
    records = ConsentRecord.objects.in_workspace(workspace_id)
    rows = (
        records.filter(contact_id__any_of=[draft.id for draft in drafts])
        .order_by("contact_id", "channel", "topic", "-id")
        .distinct("contact_id", "channel", "topic")
        .values_list(
            *("contact_id", "channel", "topic", "status"),
            *("source", "ip_address", "wording"),
            named=False,
        )
    )
    return {
        (contact_id, (channel, topic)): (status, (source, ip_address, wording))
        for contact_id, channel, topic, status, source, ip_address, wording in rows
    }
