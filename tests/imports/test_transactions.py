from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contacts.importing import runner
from contacts.importing.analysis import analyse
from contacts.importing.kinds import kind_of
from contacts.models import Contact, ContactChange, Import
from tests.makers.contacts import make_contact
from tests.makers.imports import counts, import_text, reasons
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import LineItem, Product, Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def mapped(workspace: Workspace, text: str, kind: str = "transactions") -> dict[str, str]:
    with workspace_scope(workspace):
        seen = analyse(text.encode(), kind=kind_of(kind), workspace=workspace)
    return {seen.headers[at]: key for at, key in seen.mapping.items()}


def transactions(workspace: Workspace) -> dict[str, Transaction]:
    with workspace_scope(workspace):
        found = Transaction.objects.in_workspace(workspace).current().select_related("contact")
        return {each.external_id: each for each in found}


def lines(workspace: Workspace, external_id: str) -> list[tuple[str, int, int]]:
    """Name, pieces and minor units of the lines of a transaction."""
    with workspace_scope(workspace):
        found = LineItem.objects.in_workspace(workspace).current()
        of_it = found.filter(transaction__external_id=external_id, transaction__workspace=workspace)
        return [
            (line.name, line.quantity // 1000, line.amount)
            for line in of_it.order_by("line_number")
        ]


TOTALS = (
    "transaction_id,customer_id,date,cds,amount\n"
    "T000001,00001,1997-01-01,1,11.77\n"
    "T000002,00002,1997-01-12,1,12.0\n"
    "T000003,00002,1997-01-12,5,77.0\n"
)


def test_a_file_of_totals_is_understood_without_help():
    assert mapped(make_workspace(), TOTALS) == {
        "transaction_id": "external_id",
        "customer_id": "contact.external_id",
        "date": "occurred_at",
        "amount": "total",
    }


def test_totals_are_stored_exactly_with_contacts_by_their_padded_ids():
    workspace = make_workspace(time_zone="Europe/Warsaw", base_currency="USD")

    done = import_text(workspace, TOTALS, "transactions")

    assert counts(done) == (3, 0, 0, 0)
    assert done.report == {"contacts_created": 2}
    first = transactions(workspace)["T000001"]
    assert first.contact.external_id == "00001"
    assert first.occurred_at == datetime(1996, 12, 31, 23, tzinfo=UTC)
    assert (first.goods_amount, first.currency, first.status) == (1177, "USD", "paid")
    assert lines(workspace, "T000001") == []


def test_a_second_import_of_transactions_changes_nothing():
    workspace = make_workspace()
    import_text(workspace, TOTALS, "transactions")
    models = (Contact, Transaction, LineItem, ContactChange)

    def rows() -> list[int]:
        with workspace_scope(workspace):
            return [model.objects.in_workspace(workspace).count() for model in models]

    before = rows()
    again = import_text(workspace, TOTALS, "transactions", now=NOW + timedelta(days=1))

    assert counts(again) == (0, 0, 3, 0)
    assert again.report == {"contacts_created": 0}
    assert rows() == before


LINES = (
    "Numer zamówienia;E-mail klienta;Data zamówienia;SKU;Nazwa produktu;Marka;Kategoria;Ilość;"
    "Wartość pozycji;Kupon;Status zamówienia\n"
    "A1;ewa@example.com;03.01.2026 10:15;S1;But;Nordica;Narty;1;1 199,00;ZIMA;Zrealizowane\n"
    "A2;jan@example.com;04.01.2026;S2;Kask;Uvex;Narty;2;500,50;;Anulowane\n"
    "A1;ewa@example.com;03.01.2026 10:15;S3;Wosk;Swix;Serwis;3;99,90;ZIMA;Zrealizowane\n"
)


def test_lines_of_one_transaction_come_together_though_others_stand_between():
    workspace = make_workspace(base_currency="PLN")

    done = import_text(workspace, LINES.encode("utf-8-sig"), "transactions")

    assert counts(done) == (2, 0, 0, 0)
    assert (done.rows_done, done.rows_total) == (3, 3)
    stored = transactions(workspace)
    assert stored["A1"].goods_amount == 129_890
    assert stored["A1"].status == "fulfilled"
    assert stored["A1"].coupon == "zima"
    assert stored["A1"].contact.email == "ewa@example.com"
    assert stored["A1"].occurred_at == datetime(2026, 1, 3, 9, 15, tzinfo=UTC)
    assert stored["A2"].status == "cancelled"
    assert lines(workspace, "A1") == [("But", 1, 119_900), ("Wosk", 3, 9_990)]


def test_lines_far_apart_come_together_over_the_borders_of_chunks(monkeypatch):
    monkeypatch.setattr(runner, "CHUNK_ITEMS", 2)
    workspace = make_workspace()
    rows = [f"T{number},c1,2026-01-01,P{number},1.00" for number in range(7)]
    text = "order id,customer id,date,product id,amount\n" + "\n".join([*rows, *rows[:1]])

    done = import_text(
        workspace, text.replace("T0,c1,2026-01-01,P0,1.00", "T0,c1,2026-01-01,Q,2"), "transactions"
    )

    assert counts(done) == (7, 0, 0, 0)
    assert done.rows_done == 8
    assert transactions(workspace)["T0"].goods_amount == 400


def test_amounts_of_lines_follow_from_the_price_where_they_are_missing():
    workspace = make_workspace()
    text = "order id,customer id,date,item,qty,price\n1,c1,2026-01-01,Wax,3,9.99\n"

    import_text(workspace, text, "transactions")

    assert lines(workspace, "1") == [("Wax", 3, 2997)]


def test_one_bad_line_refuses_its_whole_transaction_and_says_which_line_it_was():
    workspace = make_workspace()
    text = (
        "order id,customer id,date,item,amount\n"
        "1,c1,2026-01-01,Wax,10\n"
        "2,c2,2026-01-01,Wax,10\n"
        "1,c1,2026-01-01,Ski,ten\n"
    )

    done = import_text(workspace, text, "transactions")

    assert counts(done) == (1, 0, 0, 2)
    assert reasons(workspace, done) == {
        2: "Belongs to line 4, which is refused: amount: “ten” is not a number.",
        4: "amount: “ten” is not a number.",
    }
    assert set(transactions(workspace)) == {"2"}


def test_a_broken_line_takes_the_other_lines_of_its_transaction_along():
    workspace = make_workspace()
    text = (
        b"order id,customer id,date,item,amount\n"
        b"1,c1,2026-01-01,Wax,10\n"
        b"1,c1,2026-01-01,\x00Ski,10\n"
        b"2,c1,2026-01-01,Ski,10\n"
    )

    done = import_text(workspace, text, "transactions")

    assert counts(done) == (1, 0, 0, 2)
    assert set(transactions(workspace)) == {"2"}


def test_rows_of_a_transaction_that_disagree_are_refused():
    workspace = make_workspace()
    text = "order id,customer id,date,item,amount\n1,c1,2026-01-01,Wax,10\n1,c2,2026-01-01,Ski,10\n"

    done = import_text(workspace, text, "transactions")

    assert counts(done) == (0, 0, 0, 2)
    assert "disagree" in reasons(workspace, done)[2]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",c1,2026-01-01,1,paid", "no id of the transaction"),
        ("1,,2026-01-01,1,paid", "who bought"),
        ("1,c1,,1,paid", "no date"),
        ("1,c1,2026-13-01,1,paid", "not a date"),
        ("1,c1,2026-01-01,,paid", "no amount"),
        ("1,c1,2026-01-01,abc,paid", "not a number"),
        ("1,c1,2026-01-01,1.005,paid", "2 decimals"),
        ("1,c1,2026-01-01,-1,paid", "can't be negative"),
        ("1,c1,2026-01-01,99999999999999999999,paid", "total"),
        ("1,c1,2026-01-01,1,perhaps", "use one of: pending, paid"),
        ("1,c1,2026-01-01,1,paid,extra", "6 cells"),
        ("1,c1,1650-01-01,1,paid", "out of range"),
        (f"{'1' * 300},c1,2026-01-01,1,paid", "too long"),
        (f"1,{'c' * 300},2026-01-01,1,paid", "too long"),
    ],
)
def test_bad_rows_of_transactions_are_refused_with_the_reason(row, why):
    workspace = make_workspace()
    text = f"id,customer id,date,amount,status\n{row}\nok,c9,2026-01-01,1,paid\n"

    done = import_text(workspace, text, "transactions")

    assert counts(done) == (1, 0, 0, 1)
    assert why in reasons(workspace, done)[2]


def test_a_currency_without_a_rate_is_an_error_of_its_rows():
    workspace = make_workspace(base_currency="EUR")
    text = "id,customer id,date,amount,currency\n1,c1,2026-01-01,1,usd\n2,c1,2026-01-01,1,\n"

    done = import_text(workspace, text, "transactions")

    assert counts(done) == (1, 0, 0, 1)
    assert "USD" in reasons(workspace, done)[2]


def test_a_column_of_customers_with_addresses_is_an_email():
    text = "order,customer,date,total\n1,a@example.com,2026-01-01,5\n"

    assert mapped(make_workspace(), text)["customer"] == "contact.email"


def test_an_address_of_two_contacts_is_refused_not_guessed():
    workspace = make_workspace()
    make_contact(workspace, "a", email="same@example.com")
    make_contact(workspace, "b", email="same@example.com")

    done = import_text(
        workspace, "order,email,date,total\n1,same@example.com,2026-01-01,5\n", "transactions"
    )

    assert counts(done) == (0, 0, 0, 1)


def test_the_source_of_a_transaction_is_kept_as_the_shop_gave_it():
    workspace = make_workspace()
    text = (
        "order,customer,date,total,channel,utm_source,utm_medium\n"
        "1,c1,2026-01-01,5,paid search,,\n"
        "2,c1,2026-01-01,5,,news,email\n"
        "3,c1,2026-01-01,5,,,\n"
    )

    import_text(workspace, text, "transactions")

    stored = transactions(workspace)
    assert stored["1"].channel == "paid_search"
    assert (stored["2"].channel, stored["2"].utm_source) == ("email", "news")
    assert not stored["3"].is_source_given


def test_a_column_source_that_names_no_channels_of_ours_is_left_out():
    text = "order,customer,date,total,source\n1,c1,2026-01-01,5,erp\n"

    assert "source" not in mapped(make_workspace(), text)


def test_a_changed_transaction_is_updated():
    workspace = make_workspace()
    import_text(workspace, TOTALS, "transactions")

    changed = import_text(
        workspace,
        TOTALS.replace("11.77", "12.77"),
        "transactions",
        now=NOW + timedelta(days=1),
    )

    assert counts(changed) == (0, 1, 2, 0)
    assert transactions(workspace)["T000001"].goods_amount == 1277


# --- Products ------------------------------------------------------------------------------------

PRODUCTS = (
    "SKU;Nazwa;Marka;Kategoria;Cena;Koszt;Dostępny;Akcesoria\n"
    "S1;But;Nordica;Narty;1 199,00 zł;700,00;tak;S2, S3\n"
    "S2;Wosk;Swix;Serwis;39,90 zł;;nie;\n"
)


def test_products_are_stored_with_brand_price_and_accessories():
    workspace = make_workspace(base_currency="PLN")

    done = import_text(workspace, PRODUCTS, "products")

    assert counts(done) == (2, 0, 0, 0)
    with workspace_scope(workspace):
        boot = Product.objects.in_workspace(workspace).select_related("brand").get(external_id="S1")
        wax = Product.objects.in_workspace(workspace).get(external_id="S2")
        assert boot.brand is not None
        assert (boot.name, boot.brand.name, boot.price, boot.cost) == (
            "But",
            "Nordica",
            119_900,
            70_000,
        )
        assert not wax.is_in_stock
        assert boot.accessory_links.count() == 2  # type: ignore[attr-defined]


def test_a_second_import_of_products_changes_nothing():
    workspace = make_workspace(base_currency="PLN")
    import_text(workspace, PRODUCTS, "products")

    again: Import = import_text(workspace, PRODUCTS, "products", now=NOW + timedelta(days=1))

    assert counts(again) == (0, 0, 2, 0)
