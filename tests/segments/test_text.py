"""Trees as YAML: the same both ways, and nothing but plain data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.criteria.tree import InvalidTree
from segments.text import from_text, to_text

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=500, deadline=None, database=None)
@given(PLAIN)
def test_text_gives_the_document_back(document: Any) -> None:
    assert from_text(to_text(document)) == document


@pytest.mark.parametrize(
    "value", ["2026-01-01", "2026-01-01T00:00:00Z", "yes", "no", "null", "1e3", "007", "~", "12:30"]
)
def test_texts_stay_texts(value: str) -> None:
    assert from_text(to_text({"values": [value]})) == {"values": [value]}


def test_dates_may_be_written_without_quotes() -> None:
    assert from_text("window: {from: 2026-01-01}") == {"window": {"from": "2026-01-01"}}


def test_what_stands_twice_is_written_twice() -> None:
    shared = {"type": "tags.has", "tags": ["vip"]}
    document = {"any": [shared, shared]}
    assert "&" not in to_text(document)
    assert from_text(to_text(document)) == document


@pytest.mark.parametrize(
    "text",
    [
        "all: [",
        "\t- x",
        "a: &x [1]\nb: *x",
        "a: 1\na: 2",
        "!!python/object/apply:os.system [ls]",
        "!!binary x",
        "\x00",
        "- " * 20_000,
        "[" * 20_000,
        "x" * 300_000,
    ],
)
def test_what_is_no_plain_data_is_an_error_with_a_path(text: str) -> None:
    with pytest.raises(InvalidTree) as refusal:
        from_text(text)
    assert refusal.value.errors[0].path == "$.where"


def test_the_line_of_a_fault_is_told() -> None:
    with pytest.raises(InvalidTree, match="Line 4"):
        from_text("all:\n- type: x\n- {\n")
