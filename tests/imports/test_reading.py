from __future__ import annotations

import pytest

from contacts.importing.reading import (
    MAX_LINE_CHARACTERS,
    Dialect,
    UnreadableFileError,
    read_records,
)
from contacts.importing.sniffing import detect_dialect

COMMA = Dialect("utf-8", ",")


def cells_of(data: bytes, dialect: Dialect = COMMA) -> list[list[str]]:
    return [record.cells for record in read_records(data, dialect)]


def test_quoted_cells_hold_delimiters_quotes_and_line_ends():
    data = b'a,b\r\n"1,5","say ""hi""\r\nthere"\r\n2,3\r\n'

    assert cells_of(data) == [["a", "b"], ["1,5", 'say "hi"\r\nthere'], ["2", "3"]]


def test_every_kind_of_line_end_ends_a_line():
    assert cells_of(b"a\nb\rc\r\nd") == [["a"], ["b"], ["c"], ["d"]]


def test_line_numbers_count_physical_lines_blank_ones_too():
    records = list(read_records(b'a,b\n\n"x\ny",1\n , \nz,2\n', COMMA))

    assert [(record.line_number, record.cells[0]) for record in records] == [
        (1, "a"),
        (3, "x\ny"),
        (6, "z"),
    ]


def test_a_quote_that_never_closes_costs_one_line_and_no_more():
    data = b'id,name\n1,"open\n2,fine\n3,"also ""fine"""\n'

    records = list(read_records(data, COMMA))

    assert [record.problem != "" for record in records] == [False, True, False, False]
    assert records[1].line_number == 2
    assert "never closed" in records[1].problem
    assert records[2].cells == ["2", "fine"]
    assert records[3].cells == ["3", 'also "fine"']


def test_a_quote_in_the_middle_of_a_quoted_value_is_named_as_such():
    record = list(read_records(b'id,name\n1,"5" pipe"\n', COMMA))[1]

    assert "twice" in record.problem


def test_a_quote_inside_a_plain_value_is_a_character():
    assert cells_of(b'1,5" pipe,2\n') == [["1", '5" pipe', "2"]]


def test_a_line_of_ten_megabytes_is_refused_with_its_number_and_the_next_one_is_read():
    data = b"id,name\n1,a\n2," + b"x" * 10_000_000 + b"\n3,c\n"

    records = list(read_records(data, COMMA))

    assert [record.line_number for record in records] == [1, 2, 3, 4]
    assert f"{MAX_LINE_CHARACTERS}" in records[2].problem
    assert len("".join(records[2].cells)) < 1_000
    assert records[3].cells == ["3", "c"]


def test_a_nul_character_costs_its_line():
    records = list(read_records(b"id,name\n1,a\x00b\n2,c\n", COMMA))

    assert "NUL" in records[1].problem
    assert records[2].cells == ["2", "c"]


def test_bytes_outside_the_encoding_cost_their_line():
    records = list(read_records("id,name\n1,zażółć\n".encode() + b"2,\xff\n3,ok\n", COMMA))

    assert [bool(record.problem) for record in records] == [False, False, True, False]


# --- Detection -----------------------------------------------------------------------------------

POLISH = "imię;miasto\nŁucja;Łódź\nŻaneta;Kraków\nStanisław;Gdańsk\n"
PORTUGUESE = "nome;cidade\nJoão;São Paulo\nConceição;Brasília\nÂngela;Florianópolis\n"


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (POLISH, "utf-8", "utf-8"),
        (POLISH, "utf-8-sig", "utf-8-sig"),
        (POLISH, "utf-16", "utf-16"),
        (POLISH, "utf-16-le", "utf-16-le"),
        (POLISH, "utf-16-be", "utf-16-be"),
        (POLISH, "cp1250", "cp1250"),
        (POLISH, "iso8859_2", "iso8859_2"),
        (PORTUGUESE, "cp1252", "cp1252"),
        (PORTUGUESE, "utf-8", "utf-8"),
        ("id;name\n1;plain\n", "ascii", "utf-8"),
    ],
)
def test_the_encoding_is_detected_and_the_text_comes_out_whole(text, encoding, expected):
    data = text.encode(encoding)

    dialect = detect_dialect(data)

    assert dialect == Dialect(expected, ";")
    assert cells_of(data, dialect) == [line.split(";") for line in text.splitlines()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected_though_others_stand_in_the_cells(delimiter):
    other = ";" if delimiter == "," else ","
    rows = [["id", "note", "amount"], ["1", f"a{other}b", "3"], ["2", f"c{other} d{other}e", "4"]]
    data = "\n".join(delimiter.join(row) for row in rows).encode()

    assert detect_dialect(data).delimiter == delimiter


def test_decimal_commas_do_not_pass_for_a_delimiter():
    data = b"id;kwota\n1;12,50\n2;13,00\n3;1,99\n"

    assert detect_dialect(data).delimiter == ";"


def test_one_spoilt_line_does_not_turn_a_utf8_file_into_another_encoding():
    data = POLISH.encode() * 20 + b"\xff;x\n"

    assert detect_dialect(data).encoding == "utf-8"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "not_csv"),
        (b"PK\x03\x04" + b"rest of a workbook", "not_csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "not_csv"),
        (b"%PDF-1.7", "not_csv"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data, code):
    with pytest.raises(UnreadableFileError) as refusal:
        detect_dialect(data)

    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_more_than_the_largest_file_is_refused():
    with pytest.raises(UnreadableFileError) as refusal:
        detect_dialect(b"a,b\n" + b"x" * (100 * 1024 * 1024))

    assert refusal.value.code == "too_large"


def test_an_unknown_encoding_is_refused():
    with pytest.raises(UnreadableFileError) as refusal:
        detect_dialect(b"a,b\n1,2\n", encoding="klingon")

    assert refusal.value.code == "unknown_encoding"
