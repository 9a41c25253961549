from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from contacts.models import AttributeDefinition, AttributeValue, Contact, Import, ImportState
from tests.imports.test_contacts import HOSTILE
from tests.makers.workspaces import make_workspace
from transactions.models import Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

ORDERS = (
    "order,customer,date,total\n"
    "1,00001,2026-01-01,5\n"
    "2,00001,2026-02-30,5\n"
    "3,00002,2026-03-01,7.50\n"
)


def run(path: Path, kind: str, workspace: Workspace, *options: str) -> dict[str, Any]:
    """The summary on the last line."""
    out = io.StringIO()
    call_command(
        "import", kind, str(path), "--workspace", str(workspace.pk), *options,
        stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    return dict(json.loads(out.getvalue().splitlines()[-1]))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def test_the_last_line_is_a_summary_though_rows_were_refused(file):
    workspace = make_workspace()

    summary = run(file, "transactions", workspace)

    assert {key: summary[key] for key in ("rows", "created", "updated", "unchanged")} == {
        "rows": 3, "created": 2, "updated": 0, "unchanged": 0,
    }  # fmt: skip
    assert (summary["rejected"], summary["contacts_created"]) == (1, 2)
    assert (summary["state"], summary["dry_run"]) == ("done", False)


def test_refused_rows_are_written_with_line_and_reason(file, tmp_path):
    rejected = tmp_path / "rejected.csv"

    run(file, "transactions", make_workspace(), "--rejected", str(rejected))

    rows = list(csv.reader(io.StringIO(rejected.read_text(encoding="utf-8-sig"))))
    assert rows[0] == ["order", "customer", "date", "total", "Line", "Why it was refused"]
    assert rows[1][:5] == ["2", "00001", "2026-02-30", "5", "3"]
    assert "not a date" in rows[1][5]


def test_a_dry_run_stores_nothing(file):
    workspace = make_workspace()

    summary = run(file, "transactions", workspace, "--dry-run")

    assert (summary["created"], summary["state"], summary["dry_run"]) == (2, "checked", True)
    assert summary["contacts_created"] == 2
    with workspace_scope(workspace):
        assert not Transaction.objects.in_workspace(workspace).exists()
        assert not Contact.objects.in_workspace(workspace).exists()


def test_columns_are_mapped_by_hand_by_name_and_by_number(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a;b;c;d\nX1;7;03/04/2026;9,90\n")
    workspace = make_workspace(base_currency="PLN")

    run(
        path, "transactions", workspace,
        "--map", "a=external_id", "--map", "2=contact.external_id", "--map", "C=occurred_at",
        "--map", "d=total", "--date-format", "dmy",
    )  # fmt: skip

    with workspace_scope(workspace):
        stored = Transaction.objects.in_workspace(workspace).get()
    assert (stored.external_id, stored.goods_amount) == ("X1", 990)
    assert stored.occurred_at.isoformat() == "2026-04-02T22:00:00+00:00"


def test_a_column_is_left_out_by_mapping_it_to_nothing(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text("id,city\n1,Gdynia\n")
    workspace = make_workspace()

    run(path, "contacts", workspace, "--map", "city=")

    with workspace_scope(workspace):
        assert not AttributeValue.objects.in_workspace(workspace).exists()


def test_attributes_are_made_of_unknown_columns_on_demand(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text("id,Shoe size,Since,Colour\n1,38.5,2020-01-31,red\n2,40,2021-02-01,blue\n")
    workspace = make_workspace()

    summary = run(path, "contacts", workspace, "--define")

    assert summary["created"] == 2
    with workspace_scope(workspace):
        own = AttributeDefinition.objects.in_workspace(workspace).filter(is_builtin=False)
        assert dict(own.values_list("key", "type")) == {
            "shoe_size": "number",
            "since": "date",
            "colour": "text",
        }


def test_hostile_rows_come_back_and_the_rest_is_stored(tmp_path):
    path = tmp_path / "hostile.csv"
    path.write_bytes(HOSTILE)

    summary = run(path, "contacts", make_workspace(), "--map", "email=email")

    assert (summary["created"], summary["rejected"]) == (2, 6)


@pytest.mark.parametrize(
    ("content", "options", "why"),
    [
        (b"", (), "empty"),
        (b"id,email\n", (), "no rows"),
        (b"\x89PNG\r\n\x1a\n", (), "PNG"),
        (b"PK\x03\x04xlsx", (), "spreadsheet"),
        (b"order,customer,date,total\n1,c,01/02/2026,5\n", (), "two ways"),
        (b"order,customer,date\n1,c,2026-01-01\n", (), "Total of the transaction"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--currency", "QQQ"), "currency"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--map", "x=total"), "no column"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--map", "order"), "COLUMN=FIELD"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--map", "order=a.b"), "not a field"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--encoding", "klingon"), "encoding"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--delimiter", "x"), "delimiter"),
        (b"order,customer,date,total\n1,c,2026-01-01,5\n", ("--date-format", "days"), "format"),
    ],
)
def test_what_can_not_be_read_is_a_clear_error_and_no_import_runs(tmp_path, content, options, why):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    workspace = make_workspace()

    with pytest.raises(CommandError, match=why):
        run(path, "transactions", workspace, *options)

    with workspace_scope(workspace):
        started = Import.objects.in_workspace(workspace).exclude(state=ImportState.UPLOADED)
        assert not started.exists()


def test_missing_files_workspaces_and_kinds_are_clear_errors(tmp_path, file):
    workspace = make_workspace()

    with pytest.raises(CommandError, match="can't be read"):
        run(tmp_path / "nowhere.csv", "contacts", workspace)
    with pytest.raises(CommandError, match="can't be imported"):
        run(file, "spaceships", workspace)
    with pytest.raises(CommandError, match="no workspace"):
        call_command("import", "contacts", str(file), "--workspace", "999999")
