"""Contacts as CSV, streamed, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from contacts.models import AttributeDefinition, Contact, ContactQuerySet
from contacts.reading import known_of
from workspaces.models import Workspace

CHUNK_SIZE = 1_000
# What a spreadsheet would run as a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    text = str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a file that spreadsheets open as UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def csv_response(rows: Iterable[Sequence[Any]], file_name: str) -> StreamingHttpResponse:
    """The rows as a file to download."""
    return StreamingHttpResponse(
        csv_lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def contact_rows(workspace: Workspace, contacts: ContactQuerySet) -> Iterator[Sequence[Any]]:
    """A heading, then a row a contact with everything that holds now."""
    definitions = list(AttributeDefinition.objects.in_workspace(workspace).order_by("pk"))
    keys = [definition.key for definition in definitions]
    yield ("external_id", *keys, "tags", "categories", "known_since")
    stream = contacts.order_by("pk").iterator(chunk_size=CHUNK_SIZE)
    while chunk := list(islice(stream, CHUNK_SIZE)):
        yield from _chunk_rows(workspace, chunk, keys)


def _chunk_rows(
    workspace: Workspace, contacts: Sequence[Contact], keys: Sequence[str]
) -> Iterator[Sequence[Any]]:
    known = known_of(workspace, contacts)
    for contact in contacts:
        state = known[contact.pk]
        yield (
            contact.external_id,
            *(state.attributes.get(key) for key in keys),
            [tag.name for tag in state.tags],
            [category.name for category in state.categories],
            contact.known_since,
        )


def file_name_of(name: str) -> str:
    """A file name made of a list's name."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return f"{kept.strip('-') or _('contacts')}.csv"
