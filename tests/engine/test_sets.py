"""Sets of contacts as bits."""

from __future__ import annotations

import numpy as np
import pytest

from segments.engine.sets import ContactSet


@pytest.mark.parametrize("largest", [1, 63, 64, 1_000, 100_000])
@pytest.mark.parametrize("number", [0, 1, 5, 1_000, 30_000])
def test_numbers_come_back_however_thin_the_set_is(largest: int, number: int) -> None:
    drawn = np.random.default_rng(number).integers(0, largest + 1, number)
    expected = sorted(set(drawn.tolist()))
    found = ContactSet.from_numbers(1, drawn.astype(np.int32))
    assert found.numbers().tolist() == expected
    assert found.id_list(limit=3) == [(1 << 31) | each for each in expected[:3]]
