from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from contacts.importing.cells import CellReader, CellType
from contacts.importing.sniffing import DateProfile, decide_date_order, decide_decimal_mark

WARSAW = ZoneInfo("Europe/Warsaw")


def reader(date_format: str = "iso", decimal_mark: str = ".") -> CellReader:
    return CellReader(zone=WARSAW, date_format=date_format, decimal_mark=decimal_mark)


def order_of(*columns: list[str]) -> str:
    profiles = []
    for cells in columns:
        profile = DateProfile()
        for cell in cells:
            profile.add(cell)
        profiles.append(profile)
    return decide_date_order(profiles).format


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-01-02", "2024-02-03"], "iso"),
        (["01/02/2024", "13/02/2024"], "dmy"),
        (["01/02/2024", "02/13/2024"], "mdy"),
        (["01.02.2024", "03.04.2024"], "dmy"),
        (["01/02/2024", "03/04/2024"], ""),
        (["05/05/2024", "2024-01-02"], "iso"),
        (["1717200000", "1717286400"], "unix"),
        (["20240131", "20240201"], "iso"),
        (["13/01/2024", "01/13/2024"], ""),
    ],
)
def test_the_order_of_dates_is_told_by_the_whole_column(cells, expected):
    assert order_of(cells) == expected


def test_a_clear_column_settles_an_ambiguous_one():
    assert order_of(["01/02/2024"], ["25/12/2023"]) == "dmy"


def test_dates_that_fit_both_orders_are_shown_as_examples():
    profile = DateProfile()
    profile.add("01/02/2024")
    profile.add("03/03/2024")

    order = decide_date_order([profile])

    assert order.is_ambiguous
    assert order.examples == ["01/02/2024"]


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("1997-01-01", "iso", datetime(1996, 12, 31, 23, tzinfo=UTC)),
        ("2024-07-01", "iso", datetime(2024, 6, 30, 22, tzinfo=UTC)),
        ("2024-07-01T10:30:15Z", "iso", datetime(2024, 7, 1, 10, 30, 15, tzinfo=UTC)),
        ("2024-07-01 10:30", "iso", datetime(2024, 7, 1, 8, 30, tzinfo=UTC)),
        ("2024-07-01 10:30:00 -0300", "iso", datetime(2024, 7, 1, 13, 30, tzinfo=UTC)),
        ("2024-07-01T10:30:00.123456+02:00", "iso", datetime(2024, 7, 1, 8, 30, 0, 123456, UTC)),
        ("01/02/2024", "dmy", datetime(2024, 1, 31, 23, tzinfo=UTC)),
        ("01/02/2024", "mdy", datetime(2024, 1, 1, 23, tzinfo=UTC)),
        ("1/2/24 3:04 PM", "mdy", datetime(2024, 1, 2, 14, 4, tzinfo=UTC)),
        ("12/31/2023 12:00 AM", "mdy", datetime(2023, 12, 30, 23, tzinfo=UTC)),
        ("2024-07-01", "dmy", datetime(2024, 6, 30, 22, tzinfo=UTC)),
        ("20240701", "iso", datetime(2024, 6, 30, 22, tzinfo=UTC)),
        ("1717200000", "unix", datetime(2024, 6, 1, 0, 0, tzinfo=UTC)),
        ("1717200000000", "unix", datetime(2024, 6, 1, 0, 0, tzinfo=UTC)),
        ("31 12 2023 10h", "%d %m %Y %Hh", datetime(2023, 12, 31, 9, tzinfo=UTC)),
    ],
)
def test_instants_are_read_in_the_workspaces_zone(text, date_format, expected):
    assert reader(date_format).read(text, CellType.INSTANT) == expected


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("31/02/2024", "dmy"),
        ("13/13/2024", "dmy"),
        ("01/02/2024", "iso"),
        ("2024-02-30", "iso"),
        ("yesterday", "dmy"),
        ("0001-01-01", "iso"),
        ("01/02/202", "dmy"),
        ("99999999999999999999", "unix"),
        ("2024-01-01 25:00", "iso"),
        ("1/1/24 13:00 PM", "mdy"),
    ],
)
def test_what_is_no_date_is_refused_with_the_value(text, date_format):
    with pytest.raises(ValueError, match=text[:10]):
        reader(date_format).read(text, CellType.INSTANT)


def test_a_birthday_is_the_day_as_it_is_written():
    assert reader("dmy").read("17/05/1990", CellType.DATE) == date(1990, 5, 17)
    assert reader().read("1990-05-17T00:00:00Z", CellType.DATE) == date(1990, 5, 17)


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("12.0", ".", "12"),
        ("77.10", ".", "77.1"),
        ("1,234.50", ".", "1234.5"),
        ("1.234,50", ",", "1234.5"),
        ("1 234,50 zł", ",", "1234.5"),
        ("R$ 1.234,50", ",", "1234.5"),
        ("-5,00", ",", "-5"),
        ("(5.00)", ".", "-5"),
        ("€19.90", ".", "19.9"),
        ("1,000,000", ".", "1000000"),
        ("0.10", ".", "0.1"),
        (".5", ".", "0.5"),
        ("1\u00a0234,56", ",", "1234.56"),
    ],
)
def test_money_is_read_as_the_file_writes_it(text, mark, expected):
    assert reader(decimal_mark=mark).read(text, CellType.MONEY) == expected


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("12,50", "."),
        ("1.2.3", "."),
        ("abc", "."),
        ("1,23,456.00", "."),
        ("12.50", ","),
        ("-", "."),
    ],
)
def test_what_is_no_amount_is_refused(text, mark):
    with pytest.raises(ValueError, match="not a number"):
        reader(decimal_mark=mark).read(text, CellType.MONEY)


@pytest.mark.parametrize(
    ("cells", "delimiter", "expected"),
    [
        (["12.0", "77.0"], ",", "."),
        (["1,5", "2,25"], ";", ","),
        (["1.234,50"], ",", ","),
        (["1,234.50"], ";", "."),
        (["1.234.567"], ",", ","),
        (["1.500"], ",", "."),
        (["1,500"], ";", ","),
        ([], ";", ","),
    ],
)
def test_the_decimal_mark_is_detected(cells, delimiter, expected):
    assert decide_decimal_mark(cells, delimiter=delimiter) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Tak", True), ("sim", True), ("YES", True), ("1", True), ("nie", False), ("Não", False)],
)
def test_yes_and_no_are_read_in_three_languages(text, expected):
    assert reader().read(text, CellType.BOOLEAN) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Subscribed", "granted"),
        ("zgoda", "granted"),
        ("unsubscribed", "withdrawn"),
        ("cleaned", "withdrawn"),
        ("pendente", "pending"),
    ],
)
def test_consent_is_read_from_the_words_of_other_tools(text, expected):
    assert reader().read(text, CellType.CONSENT) == expected


def test_a_consent_nobody_understands_is_refused_rather_than_guessed():
    with pytest.raises(ValueError, match="maybe"):
        reader().read("maybe", CellType.CONSENT)


def test_lists_are_split_and_repeated_entries_dropped():
    assert reader().read('vip, gold; "new" | vip', CellType.LIST) == ["vip", "gold", "new"]


def test_an_apostrophe_put_before_a_formula_on_export_is_taken_off_again():
    assert reader().read("'=1+1", CellType.TEXT) == "=1+1"
    assert reader().read("=1+1", CellType.TEXT) == "=1+1"
    assert reader().read("'s Hertogenbosch", CellType.TEXT) == "'s Hertogenbosch"


def test_empty_cells_are_no_value_of_any_type():
    assert all(reader().read("  ", cell_type) is None for cell_type in CellType)
