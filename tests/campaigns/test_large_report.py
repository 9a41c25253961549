"""A report over a million recipients."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from campaigns.listing import PATIENCE
from campaigns.models import Campaign
from campaigns.recipients import Filters, RecipientList
from campaigns.report import report_of, uplift_of
from campaigns.report.asking import Question, asking_of
from campaigns.report.attribution import sales_of
from campaigns.report.figures import Sales
from campaigns.report.people import Did
from tests.conftest import owner_connection
from tests.makers.responses import make_run
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

START = NOW - timedelta(days=10)
NUMBER = 1_000_000

# Contacts 1 to a million; of each ten recipients four opened, one clicked, one was held out.
FILL = (
    """
    INSERT INTO contacts_contact (workspace_id, id, known_since, created_at, created_by, email,
                                  email_key, phone, first_name, last_name, time_zone)
    SELECT %(workspace)s, %(base)s + n, %(at)s, %(at)s, 'api', '', '', '', '', '', ''
    FROM generate_series(1, %(number)s) AS n
    """,
    """
    INSERT INTO campaigns_recipient (workspace_id, id, run_id, contact_id, address, address_hash,
        state, reason, variant, blocks, attempt, handed_over, sent_at, provider_id, error)
    SELECT %(workspace)s, %(base)s + n, %(run)s, %(base)s + n, 'x',
           sha256(convert_to(n::text, 'UTF8')),
           CASE WHEN n %% 10 = 0 THEN 'skipped' ELSE 'sent' END,
           CASE WHEN n %% 10 = 0 THEN 'held_out' ELSE '' END,
           n %% 2, 0, 1, true, %(at)s + n * interval '0.001 s', '', ''
    FROM generate_series(1, %(number)s) AS n
    """,
    """
    INSERT INTO tracking_message (workspace_id, id, contact_id, channel, campaign_key, external_id,
                                  subject, sent_at, content_number)
    SELECT %(workspace)s, %(base)s + n, %(base)s + n, 'email', 'campaign-' || %(campaign)s,
           'run:' || %(run)s || ':' || (%(base)s + n), '', %(at)s, 0
    FROM generate_series(1, %(number)s) AS n WHERE n %% 10 <> 0
    """,
    """
    INSERT INTO tracking_messageevent (workspace_id, external_id, occurred_at, received_at,
        is_clamped, message_id, contact_id, channel, campaign_key, kind, is_machine, link,
        content_number)
    SELECT %(workspace)s, 'e' || n || kind, %(at)s + n * interval '0.1 s', %(at)s, false,
           %(base)s + n, %(base)s + n, 'email', 'campaign-' || %(campaign)s, kind, false,
           CASE kind WHEN 'clicked' THEN 'https://shop.example/' || n %% 7 ELSE '' END, 0
    FROM generate_series(1, %(number)s) AS n
    CROSS JOIN (VALUES ('opened', 4), ('clicked', 1)) AS kinds (kind, most)
    WHERE n %% 10 BETWEEN 1 AND most
    """,
    """
    INSERT INTO transactions_transaction (workspace_id, id, external_id, root_id, contact_id,
        occurred_at, received_at, is_clamped, stated_at, version_from, kind, status, stated_status,
        converted_to, goods_amount, shipping_amount, total_amount, refunded_amount,
        refunded_shipping_amount, currency, rate, original_goods_amount, original_shipping_amount,
        coupon, sales_channel, channel, is_paid_channel, is_source_given, utm_source, utm_medium,
        utm_campaign, content_hash)
    SELECT %(workspace)s, %(base)s + n, 't' || n, %(base)s + n, %(base)s + n, %(at)s + '2 days',
           %(at)s, false, %(at)s, '1900-01-01Z', 'purchase', 'paid', 'paid', '', 1000, 0, 1000, 0,
           0, 'EUR', 1, 1000, 0, '', '', 'direct', false, false, '', '', '', ''
    FROM generate_series(1, %(number)s) AS n WHERE n %% 20 IN (0, 1)
    """,
)


def number_listed(campaign: Campaign, did: str) -> int:
    asked = RecipientList(Question(campaign.workspace, campaign, NOW), Filters.read({"did": did}))
    first = list(asked.found.order_by("pk")[:50])
    assert len({each.contact_id for each in first}) == min(50, asked.found.count())
    return asked.found.count()


@pytest.mark.night
@pytest.mark.django_db(transaction=True)
def test_a_million_recipients_are_reported_by_grouped_statements() -> None:
    shop = make_workspace()
    run = make_run(shop, at=START)
    parameters = {
        "workspace": shop.pk,
        "run": run.pk,
        "campaign": run.campaign_id,
        "base": 1 << 40,
        "number": NUMBER,
        "at": START,
    }
    for statement in FILL:
        with workspace_scope(shop), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
        with owner_connection() as owner:
            owner.execute("ANALYZE")  # which PostgreSQL does by itself before long
    with workspace_scope(shop):
        report = report_of(campaign=run.campaign, as_of=NOW)
        uplift = uplift_of(campaign=run.campaign, as_of=NOW)
        with asking_of(shop, longest=PATIENCE):
            sales = sales_of(workspace=shop, campaign_ids=[run.campaign_id], as_of=NOW)
        with asking_of(shop, longest="5s"):
            listed = {did: number_listed(run.campaign, did) for did in Did.values}

    total = report.total
    assert sales == {run.campaign_id: Sales(total.purchases, total.buyers, total.revenue)}
    assert listed == {each: getattr(total, each) for each in listed if each != "bought"} | {
        "bought": total.buyers
    }
    assert report.total.sent == NUMBER * 9 // 10
    assert report.total.opened == NUMBER * 4 // 10
    assert report.total.clicked == report.total.clicks == NUMBER // 10
    assert report.total.purchases == NUMBER // 20
    assert [each.responses.clicked for each in report.variants] == [0, NUMBER // 10]
    assert len(report.links) == 7
    assert sum(point.opens for point in report.series) == NUMBER * 4 // 10
    assert (uplift.recipients.contacts, uplift.held_out.contacts) == (
        NUMBER * 9 // 10,
        NUMBER // 10,
    )
    assert uplift.held_out.buyers == uplift.recipients.buyers == NUMBER // 20
    assert uplift.verdict == "less"
