"""Attribution models: visit, last non-direct, first touch, any touch; a given source first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.makers.tracking import make_visit
from tests.makers.transactions import line_item, make_transaction
from tests.makers.workspaces import NOW, make_workspace
from transactions.attribution import touched_by, with_channel
from transactions.models import LineItem, Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def shop() -> Workspace:
    """Ann saw an ad long ago, then wrote in the address; she bought in her last visit."""
    workspace = make_workspace()
    make_visit(workspace, "ann", NOW - 50 * DAY, channel="display")
    make_visit(workspace, "ann", NOW - 10 * DAY, channel="email")
    make_visit(workspace, "ann", NOW - 2 * DAY, channel="paid_search")
    make_visit(workspace, "ann", NOW - HOUR, channel="direct")
    return workspace


def channel(workspace: Workspace, model: str, *, rows=Transaction, **options) -> str:
    with workspace_scope(workspace):
        queryset = rows.objects.in_workspace(workspace).current()
        options = {"as_of": NOW + DAY} | options
        return with_channel(queryset, model, **options).get().attributed_channel


@pytest.mark.parametrize(
    ("model", "days", "expected"),
    [
        ("visit", 30, "direct"),
        ("last_non_direct", 30, "paid_search"),
        ("last_non_direct", 1, "direct"),
        ("first_touch", 30, "display"),
    ],
)
@pytest.mark.parametrize("rows", [Transaction, LineItem])
def test_each_model_names_its_channel(shop, model, days, expected, rows):
    make_transaction(shop, "ann", NOW - HOUR, lines=[line_item("1.00")])

    assert channel(shop, model, rows=rows, days=days) == expected


@pytest.mark.parametrize("model", ["visit", "last_non_direct", "first_touch"])
def test_no_visit_is_unknown_and_never_direct(shop, model):
    make_transaction(shop, "bob", NOW - HOUR, "1.00")

    assert channel(shop, model) == "unknown"


@pytest.mark.parametrize("model", ["visit", "last_non_direct", "first_touch"])
@pytest.mark.parametrize("rows", [Transaction, LineItem])
def test_a_given_source_goes_before_every_model(shop, model, rows):
    make_transaction(
        shop, "ann", NOW - HOUR, lines=[line_item("1.00")], source={"channel": "affiliate"}
    )

    assert channel(shop, model, rows=rows) == "affiliate"


def test_visits_after_the_purchase_do_not_count(shop):
    make_transaction(shop, "ann", NOW - 5 * DAY, "1.00")

    assert channel(shop, "last_non_direct") == "email"


def test_the_window_is_open_at_its_start(shop):
    make_transaction(shop, "ann", NOW, "1.00")

    assert channel(shop, "last_non_direct", days=2) == "direct"
    assert channel(shop, "last_non_direct", days=3) == "paid_search"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"channels": ["email"]}, True),
        ({"channels": ["email"], "days": 5}, False),
        ({"channels": ["display"]}, False),
        ({"channels": ["display"], "days": 60}, True),
        ({"is_paid": True}, True),
        ({"channels": ["email"], "is_paid": True}, False),
        ({"channels": ["unknown"]}, False),
        ({}, True),
    ],
)
def test_any_touch_asks_every_visit_within_the_days(shop, options, expected):
    make_transaction(shop, "ann", NOW - HOUR, lines=[line_item("1.00")])
    with workspace_scope(shop):
        for rows in (Transaction, LineItem):
            found = touched_by(rows.objects.current(), as_of=NOW + DAY, **options)
            assert found.get().is_touched is expected


def test_any_touch_without_visits_is_unknown_or_what_was_given(shop):
    make_transaction(shop, "bob", NOW, "1.00", external_id="none")
    make_transaction(shop, "bob", NOW, "1.00", external_id="given", source={"channel": "sms"})

    def touched(channels: list[str]) -> set[str]:
        found = touched_by(Transaction.objects.current(), channels=channels, as_of=NOW + DAY)
        return set(found.filter(is_touched=True).values_list("external_id", flat=True))

    with workspace_scope(shop):
        assert touched(["unknown"]) == {"none"}
        assert touched(["sms"]) == {"given"}
        assert touched([]) == {"given"}


def test_any_touch_has_no_single_channel(shop):
    with workspace_scope(shop), pytest.raises(ValueError, match="touched_by"):
        with_channel(Transaction.objects.all(), "any_touch", as_of=NOW)
