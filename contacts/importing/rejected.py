"""Rows an import refused: kept with their reason, given back as a file to mend and send again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from contacts.importing.units import RefusedRow
from contacts.models import Import, RejectedRow
from workspaces.models import Workspace

MAX_REASON_LENGTH = 500
ROWS_AT_ONCE = 2_000
BYTE_ORDER_MARK = "\ufeff"  # spreadsheets read UTF-8 only with it

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+\-]?\d[\d .,]*", re.ASCII)
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def escape_formula(cell: str) -> str:
    """A cell that no spreadsheet runs: `=1+1` gets an apostrophe, `-5.00` stays a number."""
    if cell.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def store_rejected(workspace: Workspace, import_id: int, rows: Iterable[RefusedRow]) -> int:
    """Keep refused rows; returns how many."""
    made = RejectedRow.objects.bulk_create(
        [
            RejectedRow(
                workspace=workspace,
                import_run_id=import_id,
                line_number=row.line_number,
                row=[_UNSTORABLE.sub("\ufffd", cell) for cell in row.cells],
                reason=_UNSTORABLE.sub("\ufffd", row.reason)[:MAX_REASON_LENGTH],
            )
            for row in rows
        ],
        batch_size=ROWS_AT_ONCE,
    )
    return len(made)


def rejected_csv(import_run: Import) -> Iterator[str]:
    """The refused rows as a file: the original columns, then line and reason.

    Reads in pages; run it inside the workspace's scope.
    """
    headers = list(import_run.settings.get("facts", {}).get("headers", []))
    delimiter = import_run.settings.get("options", {}).get("delimiter", ",")
    yield BYTE_ORDER_MARK + _line([*headers, _("Line"), _("Why it was refused")], delimiter)
    for row in _stored_rows(import_run):
        cells = [*row.row, *[""] * (len(headers) - len(row.row))]
        yield _line([*cells, str(row.line_number), row.reason], delimiter)


def _stored_rows(import_run: Import) -> Iterator[RejectedRow]:
    rows = RejectedRow.objects.in_workspace(import_run.workspace_id).filter(import_run=import_run)
    last = 0
    while page := list(rows.filter(id__gt=last).order_by("id")[:ROWS_AT_ONCE]):
        yield from page
        last = page[-1].pk


def _line(cells: Sequence[Any], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerow([escape_formula(str(cell)) for cell in cells])
    return text.getvalue()
