"""The import in headless Chromium: by mouse and keyboard, light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from contacts.importing import storage
from contacts.models import Import, ImportState
from tests.browsing import check_page, chromium, open_page
from tests.makers import imports
from tests.makers.imports import counts, import_text
from tests.makers.workspaces import make_user, make_workspace
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light"),
    pytest.param({"phone": True, "dark": True}, id="phone-dark"),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]
ORDERS = (
    "Numer zamówienia;E-mail klienta;Data zamówienia;SKU;Nazwa produktu;Marka;Ilość;"
    "Wartość pozycji;Status zamówienia;Uwagi dla kuriera przy dostawie pod drzwi\n"
    + "".join(
        f"{number // 2};ewa{number // 2}@example.com;{number // 2 % 27 + 1:02}.01.2026;S{number};"
        f"Buty narciarskie {number};Nordica;1;1 199,{number:02};Zrealizowane;\n"
        for number in range(2, 60)
    )
    + "99;jan@example.com;31.02.2026;S1;Kask;Uvex;1;500,00;Zrealizowane;proszę dzwonić\n"
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "zamówienia-2026-styczeń.csv"
    path.write_bytes(ORDERS.encode("cp1250"))
    return path


def make_shop() -> tuple[Workspace, User]:
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    now = timezone.now()
    return make_workspace("Nordlicht", owner=owner, base_currency="PLN", now=now), owner


def newest(workspace: Workspace) -> Import:
    with workspace_scope(workspace):
        return Import.objects.in_workspace(workspace).latest("id")


def name_of(look: dict[str, bool], page: str) -> str:
    size, theme = "phone" if look["phone"] else "desktop", "dark" if look["dark"] else "light"
    return f"import-{page}-{size}-{theme}"


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.usefixtures("eager_tasks")
def test_a_file_is_imported_by_clicks_and_every_page_on_the_way_is_sound(
    chromium: Any, live_server: Any, orders: Path, look: dict[str, bool]
) -> None:
    workspace, owner = make_shop()
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    page.goto(f"/w/{workspace.pk}/data/")
    check_page(page, name_of(look, "none"))

    page.get_by_role("main").get_by_role("link", name="Import a file").first.click()
    page.get_by_role("radio", name="Transactions").check()
    page.get_by_label("CSV file").set_input_files(orders)
    check_page(page, name_of(look, "file"))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/imports/*/")
    assert page.get_by_label("Delimiter").input_value() == ";"
    assert page.get_by_label("Encoding").input_value() == "cp1250"
    assert page.get_by_label("Numer zamówienia becomes").input_value() == "external_id"
    assert "1199.02 PLN" in page.locator("#preview").inner_text()
    check_page(page, name_of(look, "columns"))

    page.get_by_role("button", name="Try without storing").click()
    page.wait_for_url("**/run/")
    page.get_by_role("heading", name="What an import would do").wait_for()
    check_page(page, name_of(look, "checked"))
    page.get_by_role("button", name="Import 59 rows").click()
    page.get_by_role("heading", name="Imported").wait_for()
    check_page(page, name_of(look, "result"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows as CSV").click()
    assert "31.02.2026" in Path(download.value.path()).read_text(encoding="utf-8")

    done = newest(workspace)
    assert (done.state, counts(done)) == (ImportState.DONE, (29, 0, 0, 1))
    page.goto(f"/w/{workspace.pk}/data/")
    check_page(page, name_of(look, "list"))
    page.context.close()


def test_the_preview_follows_the_keyboard(chromium: Any, live_server: Any) -> None:
    workspace, owner = make_shop()
    found = imports.upload(
        workspace, "id,birthday,city\n1,01/02/1990,Łódź\n", "contacts", now=timezone.now()
    )
    page = open_page(chromium, user=owner, base_url=live_server.url)
    page.goto(f"/w/{workspace.pk}/data/imports/{found.pk}/")
    preview = page.locator("#preview")
    assert "The dates can be read in two ways" in preview.inner_text()

    page.get_by_label("Dates").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")

    preview.get_by_text("1990-02-01").wait_for()
    assert "two ways" not in preview.inner_text()
    page.get_by_label("city becomes").select_option("")
    preview.get_by_text("Łódź").wait_for(state="detached")
    assert page.complaints == []
    page.context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_progress_is_shown_while_workers_are_at_it_and_the_result_when_they_are_done(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    workspace, owner = make_shop()
    text = "id,city\n" + "".join(f"{number},Łódź\n" for number in range(5_000))
    started = imports.start(workspace, text, "contacts", now=timezone.now())
    with workspace_scope(workspace):
        Import.objects.in_workspace(workspace).filter(pk=started.pk).update(rows_done=2_000)
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    page.goto(f"/w/{workspace.pk}/data/imports/{started.pk}/run/")
    assert page.locator("[data-done]").inner_text() == "2,000"
    page.get_by_text("You can leave this page").wait_for()
    page.wait_for_timeout(300)
    check_progress(page, look)

    with workspace_scope(workspace):
        Import.objects.in_workspace(workspace).filter(pk=started.pk).update(rows_done=3_000)
    page.locator("[data-done]").get_by_text("3,000").wait_for()
    imports.run(workspace, started, now=timezone.now())

    page.get_by_role("heading", name="Imported").wait_for()
    assert page.complaints == []
    page.context.close()


def check_progress(page: Any, look: dict[str, bool]) -> None:
    from tests.browsing import keep_picture, overflow, violations

    keep_picture(page, name_of(look, "progress"))
    assert violations(page) == []
    assert overflow(page) == 0


def test_a_stopped_import_is_continued_by_a_click(
    chromium: Any, live_server: Any, eager_tasks: None
) -> None:
    workspace, owner = make_shop()
    import_text(workspace, "id\n0\n", "contacts", now=timezone.now())
    started = imports.start(workspace, "id\n1\n2\n", "contacts", now=timezone.now())
    page = open_page(chromium, user=owner, base_url=live_server.url)
    page.goto(f"/w/{workspace.pk}/data/imports/{started.pk}/run/")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Imported").wait_for()

    assert counts(newest(workspace)) == (2, 0, 0, 0)
    assert storage.waiting_imports() == []
    page.context.close()
