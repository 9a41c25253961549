from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.segments import errors_of, names, sentence
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

PEOPLE = ("paid", "mixed", "mailed", "direct", "unknown", "half", "pending", "nobody")


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def bought_from(
    shop: Workspace, who: str, days: float, channel: str, amount: str = "10.00", **item: Any
) -> None:
    """A purchase with the source the shop gave."""
    make_transaction(shop, who, ago(days), amount, source={"channel": channel}, **item)


@made_once
def shop() -> Workspace:
    shop = make_workspace()
    for name in PEOPLE:
        make_contact(shop, name, now=ago(800))
    bought_from(shop, "paid", 5, "paid_search")
    bought_from(shop, "paid", 50, "paid_social")
    bought_from(shop, "mixed", 5, "paid_search", "90.00")
    bought_from(shop, "mixed", 6, "email", "5.00")
    bought_from(shop, "mixed", 60, "direct", "5.00")
    bought_from(shop, "mailed", 7, "email")
    bought_from(shop, "direct", 8, "direct")
    make_transaction(shop, "unknown", ago(9), "10.00")
    bought_from(shop, "half", 4, "display")
    make_transaction(shop, "half", ago(40), "10.00")
    bought_from(shop, "pending", 3, "direct", status="pending")
    return shop


def source(quantifier: str, *channels: str, **more: Any) -> dict[str, Any]:
    given = {"channels": list(channels)} if channels else {}
    return {"type": "transactions.source", "quantifier": quantifier, **given, **more}


LAST_30 = {"last": 30, "unit": "days"}
EVERYBODY = set(PEOPLE)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (source("any", "ad"), {"paid", "mixed", "half"}),
        (source("any", "email", "direct"), {"mixed", "mailed", "direct"}),
        (source("any", "unknown"), {"unknown", "half"}),
        (source("any", "direct", window=LAST_30), {"direct"}),
        (source("any", "direct", statuses=["pending"]), {"pending"}),
        (source("only", "ad"), {"paid"}),
        (source("only", "ad", window=LAST_30), {"paid", "half"}),
        (source("only", "ad", "unknown"), {"paid", "unknown", "half"}),
        (source("only", "paid_search", window=LAST_30), {"paid"}),
        (source("none", "ad"), EVERYBODY - {"paid", "mixed", "half"}),
        (source("none", "direct", "email"), EVERYBODY - {"mixed", "mailed", "direct"}),
        (source("first", "direct"), {"mixed", "direct"}),
        (source("first", "ad", window=LAST_30), set()),
        (source("last", "ad"), {"paid", "mixed", "half"}),
        (source("last", "ad", window={"older_than": 30, "unit": "days"}), set()),
        (source("share_of_transactions", "ad", percent=50), {"paid", "half"}),
        (source("share_of_transactions", "ad", percent=33.3), {"paid", "mixed", "half"}),
        (source("share_of_transactions", "ad", percent=33.4), {"paid", "half"}),
        (source("share_of_transactions", "ad", percent=100, window=LAST_30), {"paid", "half"}),
        (source("share_of_revenue", "ad", percent=90), {"paid", "mixed"}),
        (source("share_of_revenue", "ad", percent=90.1), {"paid"}),
    ],
)
def test_quantifiers(shop: Workspace, tree: dict[str, Any], expected: set[str]) -> None:
    assert names(shop, tree) == expected


def test_only_from_paid_never_after_direct_or_email_is_one_row(shop: Workspace) -> None:
    """U3, 17: an unknown source breaks "only": lenient, "half" would get the code too."""
    assert names(shop, source("only", "ad")) == {"paid"}


def test_only_needs_a_transaction_and_never_does_not(shop: Workspace) -> None:
    """17: "none from elsewhere" alone would be everybody without transactions."""
    assert "nobody" not in names(shop, source("only", "ad"))
    assert "nobody" in names(shop, source("none", "ad"))


def test_a_share_of_nothing_never_matches(shop: Workspace) -> None:
    """17: 0 of 0 would let "nobody" in, and a free order would divide by zero."""
    make_transaction(shop, "nobody", ago(1), "0.00", source={"channel": "paid_search"})
    tree = source("share_of_revenue", "ad", percent=1)
    assert "nobody" not in names(shop, tree)
    assert "pending" not in names(shop, tree)


def test_unknown_is_not_direct(shop: Workspace) -> None:
    """16: taking unknown for direct would add "unknown" and "half"."""
    assert names(shop, source("any", "direct")) == {"mixed", "direct"}


def test_the_source_as_of_a_past_instant(shop: Workspace) -> None:
    assert names(shop, source("only", "ad"), as_of=ago(30)) == {"paid"}
    assert names(shop, source("only", "direct"), as_of=ago(30)) == {"mixed"}


def test_utm_fields_bind_to_the_same_source(shop: Workspace) -> None:
    utm = {"source": "news", "medium": "email", "campaign": "Winter Sale"}
    make_transaction(shop, "nobody", ago(2), "5.00", source={"channel": "email", "utm": utm})
    winter = [{"field": "utm_campaign", "operator": "starts_with", "values": ["winter"]}]
    assert names(shop, source("any", utm=winter)) == {"nobody"}
    assert names(shop, source("any", "ad", utm=winter)) == set()
    assert names(shop, source("only", "email", utm=winter)) == {"nobody"}
    assert names(shop, source("any", "utm")) == {"nobody"}


# --- Models of attribution ------------------------------------------------------------------


@made_once
def visited() -> Workspace:
    """An ad 20 days before, an e-mail 5 days before, then a direct visit with the purchase."""
    shop = make_workspace()
    for who in ("visitor", "stranger", "given"):
        make_contact(shop, who, now=ago(800))
    make_visit(shop, "visitor", ago(30), channel="paid_search")
    make_visit(shop, "visitor", ago(15), channel="email")
    make_visit(shop, "visitor", ago(10), channel="direct")
    make_transaction(shop, "visitor", ago(10, hours=-0.2), "10.00")
    make_visit(shop, "visitor", ago(2), channel="affiliate")
    make_transaction(shop, "stranger", ago(10), "10.00")
    make_visit(shop, "given", ago(11), channel="referral")
    make_transaction(shop, "given", ago(10), "10.00", source={"channel": "sms"})
    return shop


@pytest.mark.parametrize(
    ("model", "days", "channel", "expected"),
    [
        ("visit", None, "direct", {"visitor"}),
        ("visit", None, "sms", {"given"}),
        ("visit", None, "unknown", {"stranger"}),
        ("last_non_direct", 7, "email", {"visitor"}),
        ("last_non_direct", 4, "email", set()),
        ("last_non_direct", 4, "direct", {"visitor"}),
        ("last_non_direct", 30, "paid_search", set()),
        ("last_non_direct", 30, "sms", {"given"}),
        ("last_non_direct", 30, "unknown", {"stranger"}),
        ("first_touch", None, "paid_search", {"visitor"}),
        ("first_touch", None, "sms", {"given"}),
        ("first_touch", None, "unknown", {"stranger"}),
        ("any_touch", 30, "paid_search", {"visitor"}),
        ("any_touch", 10, "paid_search", set()),
        ("any_touch", 10, "email", {"visitor"}),
        ("any_touch", 10, "direct", {"visitor"}),
        ("any_touch", 10, "affiliate", set()),
        ("any_touch", 10, "sms", {"given"}),
        ("any_touch", 10, "referral", {"given"}),
        ("any_touch", 10, "unknown", {"stranger"}),
    ],
)
def test_models(
    visited: Workspace, model: str, days: int | None, channel: str, expected: set[str]
) -> None:
    more = {"model": model, **({"days": days} if days else {})}
    assert names(visited, source("any", channel, **more)) == expected


def test_only_by_any_visit_means_no_visit_from_elsewhere(visited: Workspace) -> None:
    by_any = {"model": "any_touch", "days": 10}
    assert names(visited, source("only", "email", **by_any)) == set()
    assert names(visited, source("only", "email", "direct", **by_any)) == {"visitor"}
    assert names(visited, source("none", "email", **by_any)) == {"stranger", "given"}


def test_the_model_of_attribution_decides_the_audience(visited: Workspace) -> None:
    """17: one row, four audiences; so the document and the sentence name the model."""
    tree = source("only", "email", model="last_non_direct", days=7)
    assert names(visited, tree) == {"visitor"}
    assert sentence(visited, tree) == (
        "People who bought only from e-mail"
        " (by the last visit that wasn't direct within 7 days) ever."
    )


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (source("any"), "$.where.channels"),
        (source("share_of_revenue", "ad"), "$.where.percent"),
        (source("any", "ad", percent=5), "$.where.percent"),
        (source("any", "ad", model="any_touch"), "$.where.days"),
        (source("any", "ad", days=5), "$.where.days"),
        (source("any", "telepathy"), "$.where.channels[0]"),
    ],
)
def test_incomplete_questions_are_errors(shop: Workspace, tree: dict[str, Any], path: str) -> None:
    assert [error.path for error in errors_of(shop, tree)] == [path]
