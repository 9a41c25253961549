"""Recipients against those held out."""

from __future__ import annotations

from datetime import timedelta
from statistics import fmean, variance
from typing import Any

import pytest

from campaigns.models import Run
from campaigns.report import Uplift, uplift_of
from campaigns.report.intervals import difference_of_means, difference_of_rates
from contacts.models import Contact
from tests.makers.campaigns import make_sending_settings
from tests.makers.contacts import upsert
from tests.makers.responses import make_recipient, make_run
from tests.makers.transactions import transaction_item, transactions
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
START = NOW - timedelta(days=8)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop() -> Workspace:
    workspace = make_workspace()
    make_sending_settings(workspace, attribution_days=5)
    return workspace


def group(run: Run, prefix: str, number: int, **given: Any) -> list[Contact]:
    """So many contacts of the run, each with an address of its own."""
    shop = run.workspace
    upsert(shop, *({"external_id": f"{prefix}{each}"} for each in range(number)))
    with workspace_scope(shop):
        found = list(
            Contact.objects.in_workspace(shop).filter(external_id__startswith=prefix).order_by("pk")
        )
    for contact in found:
        make_recipient(
            shop, run, contact, **{"address": f"{contact.external_id}@example.org", **given}
        )
    return found


def held_out(run: Run, prefix: str, number: int, **given: Any) -> list[Contact]:
    return group(run, prefix, number, state="skipped", reason="held_out", sent_at=None, **given)


def buy(shop: Workspace, contacts: list[Contact], *totals: str, at: Any = START + DAY) -> None:
    """Each of the first contacts buys for one of the totals."""
    items = [
        transaction_item(contact, at, total)
        for contact, total in zip(contacts, totals, strict=False)
    ]
    assert not any(result.is_error for result in transactions(shop, *items))


def uplift(run: Run, **given: Any) -> Uplift:
    return uplift_of(campaign=run.campaign, **{"as_of": NOW, **given})


def test_without_anybody_there_is_nothing_to_tell(shop):
    run = make_run(shop, at=START)
    found = uplift(run)
    assert (found.recipients.contacts, found.held_out.contacts) == (0, 0)
    assert not found.has_holdout
    assert found.verdict == "unclear"
    assert found.conversion.difference is None

    group(run, "r", 1)
    assert uplift(run).verdict == "unclear"
    held_out(run, "h", 1)
    found = uplift(run)
    assert (found.verdict, found.revenue.interval) == ("unclear", None)
    assert found.conversion.difference == 0


def test_the_figures_are_those_computed_by_hand(shop):
    run = make_run(shop, at=START)
    recipients, others = group(run, "r", 60), held_out(run, "h", 40)
    spent = [f"{number + 5}.50" for number in range(24)]
    less = [f"{number + 3}.00" for number in range(12)]
    buy(shop, recipients, *spent)
    buy(shop, others, *less)

    found = uplift(run)

    amounts = [*(int(float(each) * 100) for each in spent), *[0] * 36]
    other = [*(int(float(each) * 100) for each in less), *[0] * 28]
    assert (found.recipients.contacts, found.recipients.buyers) == (60, 24)
    assert (found.held_out.contacts, found.held_out.revenue) == (40, sum(other))
    assert found.conversion.difference == pytest.approx(24 / 60 - 12 / 40)
    assert found.conversion.interval == difference_of_rates(24, 60, 12, 40)
    assert found.revenue.difference == pytest.approx(fmean(amounts) - fmean(other))
    expected = difference_of_means(
        fmean(amounts), variance(amounts), 60, fmean(other), variance(other), 40
    )
    assert expected is not None
    assert found.revenue.interval is not None
    assert found.revenue.interval.low == pytest.approx(expected.low)
    assert found.revenue.interval.high == pytest.approx(expected.high)
    assert found.extra_revenue == pytest.approx(60 * (fmean(amounts) - fmean(other)))
    assert found.extra_revenue_interval is not None


def test_a_large_difference_is_told_and_its_opposite(shop):
    more, less = make_run(shop, at=START), make_run(shop, at=START)
    buy(shop, group(more, "a", 40), *["10.00"] * 30)
    held_out(more, "b", 40)
    group(less, "c", 40)
    buy(shop, held_out(less, "d", 40), *["10.00"] * 30)

    assert uplift(more).verdict == "more"
    assert uplift(less).verdict == "less"
    # No average of amounts without buyers in both groups.
    assert uplift(more).revenue.interval is None
    assert uplift(more).revenue.verdict == "unclear"


def test_only_purchases_within_the_days_count_and_only_counted_ones(shop):
    run = make_run(shop, at=START)
    recipients = group(run, "r", 6)
    held_out(run, "h", 2)
    buy(shop, recipients[:1], "1.00", at=START - timedelta(seconds=1))
    buy(shop, recipients[1:2], "2.00", at=START)
    buy(shop, recipients[2:3], "4.00", at=START + 5 * DAY - timedelta(seconds=1))
    buy(shop, recipients[3:4], "8.00", at=START + 5 * DAY)
    transactions(shop, transaction_item(recipients[4], START + DAY, "16.00", status="cancelled"))

    found = uplift(run)
    assert (found.recipients.buyers, found.recipients.revenue) == (2, 600)
    assert found.is_complete
    early = uplift(run, as_of=START + DAY)
    assert (early.recipients.buyers, early.is_complete) == (1, False)
    assert early.complete_at == START + 5 * DAY


def test_who_was_meant_to_get_it_counts_and_who_was_left_out_before_does_not(shop):
    run = make_run(shop, at=START)
    group(run, "sent", 1)
    for state in ("queued", "failed", "unknown"):
        group(run, state, 1, state=state, sent_at=None)
    for reason in ("cancelled", "gone"):
        group(run, reason, 1, state="skipped", reason=reason, sent_at=None)
    for reason in ("excluded", "no_consent", "suppressed", "capped", "duplicate", "no_address"):
        group(run, reason, 1, state="skipped", reason=reason, sent_at=None)
    held_out(run, "held", 2)
    found = uplift(run)
    assert (found.recipients.contacts, found.held_out.contacts) == (6, 2)


def test_held_out_twins_of_one_address_are_one(shop):
    run = make_run(shop, at=START)
    group(run, "r", 2)
    held_out(run, "twin", 3, address="twins@example.org")
    held_out(run, "single", 1)
    assert uplift(run).held_out.contacts == 2


def test_over_several_runs_a_person_and_a_purchase_count_once(shop):
    first = make_run(shop, at=START)
    second = make_run(shop, first.campaign, at=START + DAY)
    recipients, others = group(first, "r", 4), held_out(first, "h", 2)
    for contact in recipients:
        make_recipient(shop, second, contact, address=f"{contact.external_id}@example.org")
    for contact in others:
        make_recipient(
            shop, second, contact, address=f"{contact.external_id}@example.org",
            state="skipped", reason="held_out", sent_at=None,
        )  # fmt: skip
    buy(shop, recipients, "10.00", at=START + 2 * DAY)

    found = uplift(first)
    assert (found.recipients.contacts, found.held_out.contacts) == (4, 2)
    assert (found.recipients.purchases, found.recipients.revenue) == (1, 1000)
    assert found.complete_at == START + 6 * DAY
    alone = uplift_of(campaign=first.campaign, run=first, as_of=NOW)
    assert (alone.recipients.contacts, alone.complete_at) == (4, START + 5 * DAY)
