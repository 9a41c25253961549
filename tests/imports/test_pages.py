"""The pages of an import, as members with different roles see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, Import, ImportState
from tests.imports.test_contacts import HOSTILE
from tests.makers import imports
from tests.makers.imports import counts, import_text, read_import
from tests.makers.workspaces import make_member, make_workspace
from transactions.models import Transaction
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

ORDERS = (
    "order;customer;date;total\n"
    "1;00001;13/01/2026;5,00\n"
    "2;00001;30/02/2026;5,00\n"
    "3;=1+1;01/03/2026;7,50\n"
)


def upload(workspace: Workspace, text: str | bytes, kind: str) -> Import:
    """Pages live in the present: what was uploaded long ago has been deleted."""
    return imports.upload(workspace, text, kind, now=timezone.now())


class Browser:
    """A signed-in member who imports files."""

    def __init__(self, workspace: Workspace, role: str = Role.MARKETER) -> None:
        self.workspace = workspace
        self.client = Client()
        self.client.force_login(make_member(workspace, role).user)

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"contacts:{name}", args=[self.workspace.pk, *args])

    def get(self, name: str, *args: Any, **headers: str) -> Any:
        answer = self.client.get(self.url(name, *args), headers=headers)
        answer.said = (b"".join(answer) if answer.streaming else answer.content).decode()
        return answer

    def post(self, name: str, *args: Any, **data: Any) -> Any:
        answer = self.client.post(self.url(name, *args), data)
        answer.said = answer.content.decode()
        return answer

    def upload(self, data: bytes | str, kind: str = "transactions") -> Any:
        content = data.encode() if isinstance(data, str) else data
        return self.post("import-new", kind=kind, file=SimpleUploadedFile("my.csv", content))

    def newest(self) -> Import:
        with workspace_scope(self.workspace):
            return Import.objects.in_workspace(self.workspace).latest("id")


@pytest.mark.usefixtures("transactional_db", "eager_tasks")
def test_a_file_goes_from_upload_to_result_with_refused_rows_to_download():
    browser = Browser(make_workspace(base_currency="PLN"))

    uploaded = browser.upload(ORDERS)
    found = browser.newest()
    assert uploaded.url == browser.url("import-map", found.pk)
    page = browser.get("import-map", found.pk)
    assert "As detected: day/month/year" in page.said
    assert "2026-01-13 00:00 CET" in page.said
    assert "5 PLN" in page.said
    assert "30/02/2026" in page.said

    chosen = {
        f"column_{at}": key
        for at, key in enumerate(["external_id", "contact.external_id", "occurred_at", "total"])
    }
    checked = browser.post("import-map", found.pk, action="check", **chosen, currency="PLN")
    assert checked.url == browser.url("import-run", found.pk)
    found = read_import(browser.workspace, found)
    assert (found.state, counts(found)) == (ImportState.CHECKED, (2, 0, 0, 1))
    with workspace_scope(browser.workspace):
        assert not Transaction.objects.in_workspace(browser.workspace).exists()
    assert "What an import would do" in browser.get("import-run", found.pk).said

    browser.post("import-run", found.pk, action="run")
    found = read_import(browser.workspace, found)
    assert (found.state, counts(found)) == (ImportState.DONE, (2, 0, 0, 1))
    page = browser.get("import-run", found.pk)
    assert "is not a date written as day/month/year" in page.said
    progress = browser.get("import-run", found.pk, accept="application/json")
    assert json.loads(progress.said)["contacts_created"] == 2
    rejected = browser.get("import-rejected", found.pk)
    assert rejected.headers["Content-Type"].startswith("text/csv")
    lines = rejected.said.splitlines()
    assert lines[0] == "\ufefforder;customer;date;total;Line;Why it was refused"
    assert lines[1].startswith("2;00001;30/02/2026;5,00;3;")
    assert "my.csv" in browser.get("data-in").said


@pytest.mark.django_db
def test_the_preview_follows_every_choice_and_stores_nothing():
    browser = Browser(make_workspace(base_currency="PLN"))
    found = upload(browser.workspace, ORDERS, "transactions")
    before = found.settings

    preview = browser.post(
        "import-map", found.pk, action="preview", date_format="mdy", currency="EUR",
        column_0="external_id", column_2="occurred_at", column_3="total",
    )  # fmt: skip

    assert preview.status_code == 200
    assert "<html" not in preview.said
    assert "No column is mapped to: Your id of the contact or E-mail of the contact." in (
        preview.said
    )
    assert "7.5 EUR" in preview.said
    assert "not a date written as month/day/year" in preview.said
    assert read_import(browser.workspace, found).settings == before


@pytest.mark.django_db
def test_ambiguous_dates_are_asked_for_before_anything_runs():
    browser = Browser(make_workspace())
    found = upload(browser.workspace, "id,birthday\n1,01/02/1990\n", "contacts")

    page = browser.get("import-map", found.pk)
    assert "Choose: day or month first?" in page.said
    assert "01/02/1990" in page.said
    refused = browser.post(
        "import-map", found.pk, action="run",
        column_0="external_id", column_1="attributes.birthday",
    )  # fmt: skip

    assert "The dates can be read in two ways" in refused.said
    assert read_import(browser.workspace, found).state == ImportState.UPLOADED


@pytest.mark.usefixtures("transactional_db", "eager_tasks")
def test_a_new_attribute_is_made_by_choice():
    browser = Browser(make_workspace())
    found = upload(browser.workspace, "id,Shoe size\n1,38.5\n", "contacts")
    assert "New attribute “shoe_size”" in browser.get("import-map", found.pk).said

    browser.post("import-map", found.pk, action="run", column_0="external_id", column_1="new")

    assert counts(read_import(browser.workspace, found)) == (1, 0, 0, 0)
    again = upload(browser.workspace, "id,Shoe size\n1,38.5\n", "contacts")
    assert again.settings["options"]["mapping"]["1"] == "attributes.shoe_size"


@pytest.mark.django_db
def test_a_file_is_read_again_with_another_delimiter_and_encoding():
    browser = Browser(make_workspace())
    found = upload(browser.workspace, "id|city\n1|Łódź\n".encode("cp1250"), "contacts")

    page = browser.post(
        "import-map", found.pk, action="read-again", delimiter=",", encoding="iso8859_2"
    )

    assert page.status_code == 200
    assert read_import(browser.workspace, found).settings["facts"]["headers"] == ["id|city"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The file is empty"),
        (b"id,email\n", "no rows"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PK\x03\x04workbook", "spreadsheet"),
        (b'"never closed,\n', "never closed"),
        (b"1,a@example.com,12\n", "must name the columns"),
        (",".join(f"c{at}" for at in range(201)).encode() + b"\n1\n", "201 columns"),
        (b"\x00" * 5_000, "empty"),
        (bytes(range(1, 256)) * 20, ""),
    ],
)
def test_what_can_not_be_read_is_said_beside_the_file(data, why):
    browser = Browser(make_workspace())

    page = browser.upload(data, "contacts")

    assert page.status_code == 422
    assert why in page.said
    with workspace_scope(browser.workspace):
        assert not Import.objects.in_workspace(browser.workspace).exists()


@pytest.mark.usefixtures("transactional_db", "eager_tasks")
def test_hostile_rows_come_back_in_the_browser_too():
    browser = Browser(make_workspace())

    browser.upload(HOSTILE, "contacts")
    found = browser.newest()
    assert browser.get("import-map", found.pk).status_code == 200
    browser.post(
        "import-map", found.pk, action="run",
        column_0="external_id", column_1="email", column_2="attributes.city",
    )  # fmt: skip

    assert counts(read_import(browser.workspace, found)) == (2, 0, 0, 6)
    assert browser.get("import-run", found.pk).status_code == 200
    assert len(browser.get("import-rejected", found.pk).said.splitlines()) == 7


@pytest.mark.django_db
def test_nonsense_on_the_mapping_page_is_a_problem_not_a_crash():
    browser = Browser(make_workspace())
    found = upload(browser.workspace, ORDERS, "transactions")

    page = browser.post(
        "import-map", found.pk, action="run", column_0="'; DROP TABLE", column_99="total",
        date_format="%Q%q", decimal_mark="x", currency="<b>",
    )  # fmt: skip

    assert page.status_code == 200
    assert "is not a field one can import into" in page.said
    assert "decimal mark" in page.said
    assert "&lt;B&gt;" in page.said
    again = browser.post(
        "import-map", found.pk, action="read-again", delimiter="§", encoding="klingon"
    )
    assert again.status_code == 302


@pytest.mark.django_db
def test_a_file_whose_time_is_over_says_so():
    browser = Browser(make_workspace())
    found = imports.upload(browser.workspace, "id\n1\n", "contacts")

    page = browser.post("import-map", found.pk, action="run", column_0="external_id")

    assert "The file has been deleted" in page.said


@pytest.mark.django_db
def test_viewers_see_imports_and_change_nothing():
    workspace = make_workspace()
    done = import_text(workspace, "id\n1\n", "contacts")
    viewer = Browser(workspace, Role.VIEWER)

    assert viewer.get("data-in").status_code == 200
    for name, args in (
        ("import-new", ()),
        ("import-map", (done.pk,)),
        ("import-run", (done.pk,)),
        ("import-rejected", (done.pk,)),
    ):
        assert viewer.client.get(viewer.url(name, *args)).status_code == 403
    assert viewer.upload("id\n1\n", "contacts").status_code == 403


@pytest.mark.django_db
def test_imports_of_other_workspaces_are_not_there():
    mine, theirs = make_workspace(), make_workspace()
    done = import_text(theirs, "id\n1\n", "contacts")
    browser = Browser(mine)

    for name in ("import-map", "import-run", "import-rejected"):
        assert browser.client.get(browser.url(name, done.pk)).status_code == 404
    with workspace_scope(mine):
        assert not Contact.objects.in_workspace(mine).exists()


@pytest.mark.django_db
def test_an_import_under_way_can_be_stopped_and_continued():
    browser = Browser(make_workspace())
    found = upload(browser.workspace, ORDERS, "transactions")
    browser.post(
        "import-map",
        found.pk,
        action="run",
        **{
            f"column_{at}": key
            for at, key in enumerate(["external_id", "contact.external_id", "occurred_at", "total"])
        },
        currency="EUR",
    )
    assert "You can leave this page" in browser.get("import-run", found.pk).said

    browser.post("import-run", found.pk, action="cancel")
    assert read_import(browser.workspace, found).state == ImportState.CANCELLED
    assert "Go on" in browser.get("import-run", found.pk).said
    browser.post("import-run", found.pk, action="run")

    assert read_import(browser.workspace, found).state == ImportState.RUNNING
