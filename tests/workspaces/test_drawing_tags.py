from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.utils.translation import override

from workspaces.templatetags import shell


@pytest.mark.parametrize(
    ("language", "value", "written"),
    [
        ("en", 12431, "12,431"),
        ("pl", 12431, "12\N{NO-BREAK SPACE}431"),
        ("pt-br", 12431, "12.431"),
        ("en", 0, "0"),
        ("en", None, "–"),
        ("en", 10_234_567, "10,234,567"),
    ],
)
def test_numbers_have_the_thousands_of_the_language(
    language: str, value: int | None, written: str
) -> None:
    with override(language):
        assert shell.number(value) == written


def test_changes_carry_a_real_sign() -> None:
    with override("en"):
        assert [shell.signed(value) for value in (458, -1306, 0)] == ["+458", "−1,306", "0"]
        assert shell.percent(0.039) == "3.9\N{NO-BREAK SPACE}%"
        assert shell.signed_percent(-0.5) == "−50.0\N{NO-BREAK SPACE}%"
        assert shell.signed_percent(0.014) == "+1.4\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Anna Kowalczyk", "AK"),
        ("Łucja", "Ł"),
        ("José Luís da Silva", "JS"),
        ("ola@example.org", "OE"),
        ("", "?"),
        ("— 🎿", "?"),
    ],
)
def test_initials_come_from_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert shell.initials(name) == letters


@pytest.mark.parametrize(
    ("share", "width"),
    [(0, "0.00"), (0.0001, "0.60"), (0.5, "50.00"), (1, "100.00"), (7, "100.00")],
)
def test_a_bar_is_as_wide_as_its_share_and_never_wider(share: float, width: str) -> None:
    assert f'width="{width}"' in shell.bar(share)


def test_a_sparkline_leaves_gaps_out_and_stays_in_its_box() -> None:
    drawn = shell.spark([5, None, 10, 0, 7])
    points = [tuple(map(float, point.split(","))) for point in re.findall(r"[\d.]+,[\d.]+", drawn)]
    assert [x for x, _y in points] == [0, 48, 72, 96]
    assert all(0 <= y <= 24 for _x, y in points)
    assert min(points, key=lambda point: point[1])[0] == 48  # the highest stands at the top
    assert shell.spark([5]) == ""
    assert "12.0" in shell.spark([5, 5, 5])


def test_labels_of_icons_and_bars_are_escaped() -> None:
    hostile = '"><script>'
    text = Template("{% load shell %}{% icon 'x' '' label %}{% bar 0.5 label %}").render(
        Context({"label": hostile})
    )
    assert "<script>" not in text
    assert "&quot;&gt;&lt;script&gt;" in text
