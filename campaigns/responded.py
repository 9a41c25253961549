"""Who opened or clicked the messages of a run: people, not machines."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, QuerySet

from campaigns.keys import messages_of_run
from campaigns.mailboxes import NumbersSent
from campaigns.models import RevenueRule, Run
from segments.engine.sets import ContactSet
from tracking.models import Message, MessageEvent, MessageEventKind

OPENED = (MessageEventKind.OPENED, MessageEventKind.CLICKED)  # who clicks has opened
CLICKED = (MessageEventKind.CLICKED,)


def messages_of(run: Run) -> QuerySet[Message]:
    """The messages sent by a run."""
    first, last = messages_of_run(run.pk)
    return Message.objects.in_workspace(run.workspace_id).filter(
        external_id__gte=first, external_id__lt=last
    )


def responses_to(
    run: Run, as_of: datetime, kinds: tuple[MessageEventKind, ...] = OPENED
) -> QuerySet[MessageEvent]:
    """What people did with the messages of a run, before an instant."""
    events = MessageEvent.objects.in_workspace(run.workspace_id).filter(
        is_machine=False,
        kind__in=[kind.value for kind in kinds],
        occurred_at__lt=as_of,
        message__in=messages_of(run).values("pk"),
    )
    return events if run.as_of is None else events.filter(occurred_at__gte=run.as_of)


def contacts_who_responded(run: Run, as_of: datetime) -> ContactSet:
    """Contacts who opened or clicked a message of the run."""
    sent = responses_to(run, as_of).aggregate(numbers=NumbersSent("contact_id"))["numbers"]
    return ContactSet.from_array_send(run.workspace_id, sent)


def first_responses(run: Run, as_of: datetime, rule: RevenueRule) -> dict[int, datetime]:
    """When each contact first showed the interest that purchases are credited to."""
    kinds = CLICKED if rule == RevenueRule.CLICK else OPENED
    rows = responses_to(run, as_of, kinds).order_by().values_list("contact_id")
    return dict(rows.annotate(first=Min("occurred_at")))
