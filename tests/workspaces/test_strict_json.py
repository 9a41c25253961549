from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.api import MAX_BODY_BYTES, ProblemError, parse_strict_json

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(texts, inside, max_size=4),
    max_leaves=20,
)


@given(documents)
def test_honest_json_is_taken_as_it_is(document):
    assert parse_strict_json(json.dumps(document).encode()) == document
    assert parse_strict_json(json.dumps(document, ensure_ascii=False).encode()) == document


def test_a_byte_order_mark_is_forgiven():
    assert parse_strict_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"{'a': 1}", "malformed_json"),
        (b'{"a": 1} x', "malformed_json"),
        (b'"\x00"', "malformed_json"),
        (b"\xff\xfe", "not_utf8"),
        (b'"\xed\xa0\x80"', "not_utf8"),
        (b"NaN", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b'{"a": 1e400}', "number_too_large"),
        (b"[" + b"9" * 5000 + b"]", "number_too_large"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"x": {"a": 1, "\\u0061": 2}}', "duplicate_key"),
        (b'{"a": "\\u0000"}', "bad_character"),
        (b'{"\\u0000": 1}', "bad_character"),
        (b'["\\ud800"]', "bad_character"),
        (b'["\\uDC00 and more"]', "bad_character"),
        (b"[" * 31 + b"]" * 31, "too_deep"),
        (b'{"a":' * 31 + b"1" + b"}" * 31, "too_deep"),
        (b"[" * 200_000, "too_deep"),
        (b"[" * 200_000 + b"]" * 200_000, "too_deep"),
    ],
)
def test_hostile_json_is_refused_with_a_reason(body: bytes, code: str):
    with pytest.raises(ProblemError) as refusal:
        parse_strict_json(body)
    assert (refusal.value.status_code, refusal.value.code) == (400, code)
    assert refusal.value.errors[0].path == "$"


def test_thirty_levels_and_surrogate_pairs_are_fine():
    parse_strict_json(b"[" * 30 + b"]" * 30)
    assert parse_strict_json(b'"\\ud83d\\ude00 \\\\u0000"') == "😀 \\u0000"


def test_a_body_may_have_five_megabytes_and_not_one_byte_more():
    parse_strict_json(b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"')
    with pytest.raises(ProblemError) as refusal:
        parse_strict_json(b'"' + b"x" * (MAX_BODY_BYTES - 1) + b'"')
    assert refusal.value.status_code == 413
