"""Lists of who a campaign or one run of it wrote to, or left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from campaigns.models import Recipient, RecipientState, SkipReason
from campaigns.report.asking import Question, asking_of
from campaigns.report.figures import Sales
from campaigns.report.people import Did, ids_of_those_who, sales_by_recipient
from contacts.csv_export import CHUNK_SIZE, csv_response, file_name_of
from workspaces.money import from_minor_units

MAX_LINK = 2000  # characters


@dataclass(frozen=True)
class Filters:
    """Which recipients are asked for; what is empty asks nothing."""

    state: str = ""
    reason: str = ""
    variant: int | None = None
    did: Did | None = None
    link: str = ""  # of clicks: on this address only
    search: str = ""

    @classmethod
    def read(cls, given: Any) -> Filters:
        """Of an address's parameters; what makes no sense asks nothing."""
        state, reason = given.get("state", ""), given.get("reason", "")
        variant, did = given.get("variant", ""), given.get("did", "")
        link = given.get("link", "").replace("\x00", "").strip()[:MAX_LINK]
        return cls(
            state=state if state in RecipientState.values else "",
            reason=reason if reason in SkipReason.values else "",
            variant=int(variant)
            if variant.isascii() and variant.isdigit() and len(variant) < 4
            else None,
            did=Did(did) if did in Did.values else None,
            link=link if did == Did.CLICKED else "",
            search=given.get("search", "").replace("\x00", "").strip()[:200],
        )

    @property
    def asks_only_what_was_done(self) -> bool:
        """Whether a figure of the report is asked for, and nothing besides."""
        others = (self.state, self.reason, self.search)
        return self.did is not None and self.variant is None and not any(others)


@dataclass(frozen=True)
class RecipientList:
    """The recipients of a campaign's sends, or of one of them, that are asked for."""

    question: Question
    filters: Filters

    @property
    def everybody(self) -> QuerySet[Recipient]:
        """Whatever is asked for."""
        rows = Recipient.objects.in_workspace(self.question.workspace)
        return rows.filter(run_id__in=[run.pk for run in self.question.runs])

    @cached_property
    def sales(self) -> dict[int, Sales]:
        """By recipient, where buyers are asked for: what the campaign is credited with."""
        if self.filters.did != Did.BOUGHT:
            return {}
        return sales_by_recipient(self.question, variant=self.filters.variant)

    @cached_property
    def found(self) -> QuerySet[Recipient]:
        """With their contacts, in no order. A buyer stands there once, under one message."""
        filters, found = self.filters, self.everybody
        if filters.state:
            found = found.filter(state=filters.state)
        if filters.reason:
            found = found.filter(reason=filters.reason)
        if filters.variant is not None:
            found = found.filter(variant=filters.variant).exclude(state=RecipientState.SKIPPED)
        if filters.did == Did.BOUGHT:
            found = found.filter(pk__in=list(self.sales))
        elif filters.did:
            ids = ids_of_those_who(self.question, filters.did, link=filters.link)
            found = found.filter(pk__in=ids)
        if filters.search:
            found = found.filter(_says(filters.search))
        return found.select_related("contact", "code")


def _says(search: str) -> Q:
    return (
        Q(address__icontains=search)
        | Q(contact__email__icontains=search)
        | Q(contact__first_name__icontains=search)
        | Q(contact__last_name__icontains=search)
        | Q(contact__external_id=search)
    )


def recipients_csv(asked: RecipientList) -> StreamingHttpResponse:
    """The recipients asked for, as a spreadsheet can open them, streamed."""
    filters = asked.filters
    what = filters.did or filters.state or filters.reason
    return csv_response(
        _rows(asked), file_name_of(f"{asked.question.campaign.name} {what}".strip())
    )


_COLUMNS = (
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


def _rows(asked: RecipientList) -> Iterator[Sequence[Any]]:
    is_bought = asked.filters.did == Did.BOUGHT
    yield (*_COLUMNS, "purchases", "revenue", "currency") if is_bought else _COLUMNS
    with asking_of(asked.question.workspace):
        stream = asked.found.order_by("pk").iterator(chunk_size=CHUNK_SIZE)
        while chunk := list(islice(stream, CHUNK_SIZE)):
            for row in chunk:
                yield (*_cells(row), *_sold(asked, row)) if is_bought else _cells(row)


def _cells(row: Recipient) -> tuple[Any, ...]:
    return (
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


def _sold(asked: RecipientList, row: Recipient) -> tuple[Any, ...]:
    sales, currency = asked.sales[row.pk], asked.question.workspace.base_currency
    return sales.purchases, from_minor_units(sales.revenue, currency), currency


def variant_name(number: int) -> str:
    """A, B, C … as people call the variants of a test."""
    return chr(ord("A") + number) if number < 26 else _("Variant {n}").format(n=number + 1)
