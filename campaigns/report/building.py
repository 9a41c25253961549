"""The report of a campaign, or of one run of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery

from campaigns.models import Campaign, DiscountCode, Recipient, RecipientState, Run
from campaigns.report.asking import Question, asking_of
from campaigns.report.attribution import Credited, attribution_of, credited_purchases
from campaigns.report.by_segment import count_by_segment
from campaigns.report.counting import (
    count_links,
    count_over_time,
    count_recipients,
    count_responses,
    responses_of,
)
from campaigns.report.figures import Report, VariantFigures
from transactions.models import Transaction


def report_of(*, campaign: Campaign, as_of: datetime, run: Run | None = None) -> Report:
    """What came of the campaign's sends so far, or of one of them.

    A dozen grouped statements, whatever the number of recipients.
    """
    workspace = campaign.workspace
    question = Question(workspace, campaign, as_of, run)
    with asking_of(workspace):
        recipients = count_recipients(question)
        answers = count_responses(question)
        rule = attribution_of(workspace)
        purchases = credited_purchases(question, rule)
        people = sum(row["number"] for row in recipients)
        states = _totals(recipients, "state")
        return Report(
            campaign_id=campaign.pk,
            run_id=run.pk if run is not None else None,
            as_of=as_of,
            currency=workspace.base_currency,
            attribution=rule,
            audience=people,
            states={state: states[state] for state in RecipientState},
            reasons={key: number for key, number in _totals(recipients, "reason").items() if key},
            total=responses_of(recipients, answers, purchases),
            variants=_variants(question, recipients, answers, purchases),
            links=count_links(question),
            segments=count_by_segment(question, people, purchases),
            series=count_over_time(question, purchases),
            **_codes(question),
        )


def _totals(recipients: Sequence[dict[str, Any]], name: str) -> Counter[str]:
    numbers: Counter[str] = Counter()
    for row in recipients:
        numbers[row[name]] += row["number"]
    return numbers


def _variants(
    question: Question,
    recipients: Sequence[dict[str, Any]],
    answers: Sequence[dict[str, Any]],
    purchases: Sequence[Credited],
) -> tuple[VariantFigures, ...]:
    """Each variant somebody got; nothing where everybody got the same."""
    used = {row["variant"] for row in recipients if row["state"] != RecipientState.SKIPPED}
    if len(used) < 2:
        return ()
    winners = {run.winner for run in question.runs}
    return tuple(
        VariantFigures(
            number,
            responses_of(
                (row for row in recipients if row["variant"] == number),
                (row for row in answers if row["variant"] == number),
                (each for each in purchases if each.variant == number),
            ),
            is_winner=number in winners,
        )
        for number in sorted(used)
    )


def _codes(question: Question) -> dict[str, int]:
    """Discount codes given by the campaign, those used, and those used by others."""
    codes = DiscountCode.objects.in_workspace(question.workspace).filter(
        campaign=question.campaign, given_at__lte=question.as_of
    )
    if question.run is not None:
        carried = Recipient.objects.in_workspace(question.workspace).filter(run=question.run)
        codes = codes.filter(pk__in=carried.values("code_id"))
    buyer = (
        Transaction.objects.in_workspace(question.workspace)
        .current()
        .filter(root_id=OuterRef("transaction_id"))
        .values("contact_id")[:1]
    )
    used = Q(redeemed_at__lt=question.as_of)
    numbers = codes.annotate(buyer_id=Subquery(buyer)).aggregate(
        codes_given=Count("id"),
        codes_used=Count("id", filter=used),
        codes_used_by_others=Count(
            "id", filter=used & ~Q(buyer_id=F("contact_id")) & Q(contact_id__isnull=False)
        ),
    )
    return {name: int(number) for name, number in numbers.items()}
