"""Lists of who a run wrote to, or left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from campaigns.models import Recipient, RecipientState, Run, SkipReason
from contacts.csv_export import CHUNK_SIZE, csv_response, file_name_of


@dataclass(frozen=True)
class Filters:
    """Which recipients are asked for; what is empty asks nothing."""

    state: str = ""
    reason: str = ""
    variant: int | None = None
    search: str = ""

    @classmethod
    def read(cls, given: Any) -> Filters:
        """Of an address's parameters; what makes no sense asks nothing."""
        state, reason = given.get("state", ""), given.get("reason", "")
        variant = given.get("variant", "")
        return cls(
            state=state if state in RecipientState.values else "",
            reason=reason if reason in SkipReason.values else "",
            variant=int(variant)
            if variant.isascii() and variant.isdigit() and len(variant) < 4
            else None,
            search=given.get("search", "").replace("\x00", "").strip()[:200],
        )


def recipients_of(run: Run, filters: Filters) -> QuerySet[Recipient]:
    """The recipients asked for, with their contacts, in no order."""
    found = Recipient.objects.in_workspace(run.workspace_id).filter(run=run)
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.reason:
        found = found.filter(reason=filters.reason)
    if filters.variant is not None:
        found = found.filter(variant=filters.variant).exclude(state=RecipientState.SKIPPED)
    if filters.search:
        found = found.filter(
            Q(address__icontains=filters.search)
            | Q(contact__email__icontains=filters.search)
            | Q(contact__first_name__icontains=filters.search)
            | Q(contact__last_name__icontains=filters.search)
            | Q(contact__external_id=filters.search)
        )
    return found.select_related("contact", "code")


def recipients_csv(run: Run, filters: Filters) -> StreamingHttpResponse:
    """The recipients asked for, as a spreadsheet can open them, streamed."""
    name = file_name_of(f"{run.campaign.name} {filters.state or filters.reason}".strip())
    return csv_response(_rows(run, filters), name)


def _rows(run: Run, filters: Filters) -> Iterator[Sequence[Any]]:
    yield (
        "external_id",
        "email",
        "first_name",
        "last_name",
        "state",
        "reason",
        "variant",
        "sent_at",
        "discount_code",
        "error",
    )
    stream = recipients_of(run, filters).order_by("pk").iterator(chunk_size=CHUNK_SIZE)
    while chunk := list(islice(stream, CHUNK_SIZE)):
        for row in chunk:
            yield (
                row.contact.external_id,
                row.address,
                row.contact.first_name,
                row.contact.last_name,
                row.state,
                row.reason,
                variant_name(row.variant) if row.state != RecipientState.SKIPPED else "",
                row.sent_at,
                row.code.code if row.code else "",
                row.error,
            )


def variant_name(number: int) -> str:
    """A, B, C … as people call the variants of a test."""
    return chr(ord("A") + number) if number < 26 else _("Variant {n}").format(n=number + 1)
