"""How many were written to, and what they did: by run and variant, by link, over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.models import RecipientState, TrackedLink
from campaigns.report.asking import ANSWERED, DID, EVENTS, RECIPIENT_OF, Question
from campaigns.report.attribution import Credited
from campaigns.report.figures import LinkFigures, Point, Responses
from contacts.text import key_of, normalise

HOURLY = timedelta(hours=48)  # from the first message on; then a point a day
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_DAYS = 366
MOST_LINKS = 200

_RECIPIENTS = """
    SELECT run_id, state, reason, variant, count(*) AS number
    FROM campaigns_recipient
    WHERE workspace_id = %(workspace)s AND run_id = ANY (%(runs)s::bigint[])
    GROUP BY run_id, state, reason, variant
"""

_RESPONSES = (
    f"""
    SELECT recipient.run_id, recipient.variant,
           {", ".join(f"count(*) FILTER (WHERE {test}) AS {name}" for name, test in DID.items())},
           sum(opens) AS opens, sum(machine_opens) AS machine_opens,
           sum(clicks) AS clicks, sum(machine_clicks) AS machine_clicks
    FROM ({ANSWERED}) AS answered
    """  # noqa: S608 (all of it stands here)
    + RECIPIENT_OF.format(events="answered")
    + " GROUP BY recipient.run_id, recipient.variant"
)

COUNTED = (
    "bounced",
    "confirmed",
    "opened",
    "opens",
    "opened_by_machine",
    "machine_opens",
    "clicked",
    "clicks",
    "machine_clicks",
    "complained",
    "unsubscribed",
)

_LINKS = f"""
    SELECT event.link,
           count(DISTINCT event.message_id) FILTER (WHERE NOT is_machine) AS clicked,
           count(*) FILTER (WHERE NOT is_machine) AS clicks,
           count(*) FILTER (WHERE is_machine) AS machine_clicks
    FROM ({EVENTS}) AS event
    {RECIPIENT_OF.format(events="event")}
    WHERE event.kind = 'clicked' AND event.link <> ''
    GROUP BY event.link ORDER BY clicked DESC, clicks DESC, event.link LIMIT %(most)s
"""  # noqa: S608 (all of it stands here)

# The number of the hour for two days from %(start)s on, then of the day; days from 48 on.
_PLACE = """
    CASE WHEN {at} < %(start)s + interval '48 hours'
         THEN floor(extract(epoch FROM {at} - %(start)s) / 3600)
         ELSE 46 + floor(extract(epoch FROM {at} - %(start)s) / 86400)
    END::int
"""

_SENT_OVER_TIME = f"""
    SELECT {_PLACE.format(at="sent_at")} AS place, count(*) AS sent
    FROM campaigns_recipient
    WHERE workspace_id = %(workspace)s AND run_id = ANY (%(runs)s::bigint[]) AND state = 'sent'
      AND sent_at < %(as_of)s
    GROUP BY place
"""  # noqa: S608 (all of it stands here)

_EVENTS_OVER_TIME = f"""
    SELECT {_PLACE.format(at="event.occurred_at")} AS place,
           count(*) FILTER (WHERE kind = 'opened' AND NOT is_machine) AS opens,
           count(*) FILTER (WHERE kind = 'opened' AND is_machine) AS machine_opens,
           count(*) FILTER (WHERE kind = 'clicked' AND NOT is_machine) AS clicks,
           count(*) FILTER (WHERE kind = 'unsubscribed') AS unsubscribed
    FROM ({EVENTS}) AS event
    GROUP BY place
"""  # noqa: S608 (all of it stands here)

_FIRST_SENT = """
    SELECT min(sent_at) AS first FROM campaigns_recipient
    WHERE workspace_id = %(workspace)s AND run_id = ANY (%(runs)s::bigint[]) AND state = 'sent'
"""


def count_recipients(question: Question) -> list[dict[str, Any]]:
    """Rows of run_id, state, reason, variant and number."""
    return question.ask(_RECIPIENTS)


def count_responses(question: Question) -> list[dict[str, Any]]:
    """Rows of run_id, variant and everything `COUNTED`."""
    return question.ask(_RESPONSES)


def responses_of(
    recipients: Iterable[dict[str, Any]],
    answers: Iterable[dict[str, Any]],
    purchases: Iterable[Credited],
) -> Responses:
    """The figures of a part of what was counted."""
    sent = [row["number"] for row in recipients if row["state"] == RecipientState.SENT]
    answered = list(answers)
    bought = list(purchases)
    settled = sum(row["bounced_or_opened"] for row in answered)
    return Responses(
        sent=sum(sent),
        unopened=sum(sent) - settled,
        purchases=len(bought),
        buyers=len({each.contact_id for each in bought}),
        revenue=sum(each.amount for each in bought),
        **{name: sum(int(row[name] or 0) for row in answered) for name in COUNTED},
    )


def count_links(question: Question) -> tuple[LinkFigures, ...]:
    """The most clicked links, by the address as clicks keep it."""
    links = TrackedLink.objects.in_workspace(question.workspace).filter(campaign=question.campaign)
    known = {key_of(normalise(link.url)): link for link in links.order_by("-pk")}
    found = []
    for row in question.ask(_LINKS, most=MOST_LINKS):
        link = known.get(row["link"])
        found.append(
            LinkFigures(
                url=link.url if link else row["link"],
                clicked=row["clicked"],
                clicks=row["clicks"],
                machine_clicks=row["machine_clicks"],
                link_id=link.pk if link else None,
            )
        )
    return tuple(found)


def count_over_time(question: Question, purchases: Sequence[Credited]) -> tuple[Point, ...]:
    """A point an hour for two days from the first message, then one a day, without gaps."""
    [row] = question.ask(_FIRST_SENT)
    if row["first"] is None or row["first"] >= question.as_of:
        return ()
    start = row["first"].astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    figures: dict[int, dict[str, int]] = {}
    for statement in (_SENT_OVER_TIME, _EVENTS_OVER_TIME):
        for found in question.ask(statement, start=start):
            figures.setdefault(found.pop("place"), {}).update(found)
    for bought in purchases:
        point = figures.setdefault(_place(bought.occurred_at, start), {})
        point["purchases"] = point.get("purchases", 0) + 1
        point["revenue"] = point.get("revenue", 0) + bought.amount
    last = min(max(figures), _place(question.as_of, start), MOST_DAYS + 46)
    return tuple(_point(place, start, figures.get(place, {})) for place in range(last + 1))


def _place(at: datetime, start: datetime) -> int:
    passed = at - start
    return passed // HOUR if passed < HOURLY else 46 + passed // DAY


def _point(place: int, start: datetime, figures: dict[str, int]) -> Point:
    if place < 48:
        return Point(start + place * HOUR, start + (place + 1) * HOUR, **figures)
    return Point(start + (place - 46) * DAY, start + (place - 45) * DAY, **figures)
