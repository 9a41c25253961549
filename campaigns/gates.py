"""What may keep a campaign from a contact: consent, blocked addresses, too many e-mails lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from campaigns.mailboxes import NumbersSent
from campaigns.models import ConsentRule, Recipient, RecipientState, Run
from contacts.models import Channel, Consent, ConsentStatus, Suppression
from segments.criteria.scope import Scope
from segments.engine.leaves import fetch_sets
from segments.engine.sets import ContactSet
from tracking.models import Message

# Those that count for the cap without a message of their own yet; an unknown one may have come.
PENDING = (
    RecipientState.QUEUED,
    RecipientState.SENDING,
    RecipientState.DEFERRED,
    RecipientState.UNKNOWN,
)

# By any rule: who has yet to confirm may not be written to any more than who has withdrawn.
REFUSING = (ConsentStatus.PENDING.value, ConsentStatus.WITHDRAWN.value)


def without_consent(
    *, asked: ContactSet, scope: Scope, rule: ConsentRule, topic: str
) -> ContactSet:
    """Of the contacts asked about, those the rule keeps out.

    What was said about everything and what was said about the topic both hold; the more
    restrictive of the two wins. Claiming recipients (campaigns/delivery/claiming.py) asks the same.
    """
    said = scope.valid(Consent).filter(channel=Channel.EMAIL.value, topic__in=sorted({"", topic}))
    sets = fetch_sets(
        {
            "refused": said.filter(status__in=REFUSING).values("contact_id"),
            "granted": said.filter(status=ConsentStatus.GRANTED.value).values("contact_id"),
        },
        scope,
    )
    if rule == ConsentRule.NOT_WITHDRAWN:
        return asked & sets["refused"]
    return asked - (sets["granted"] - sets["refused"])


def suppressed(*, asked: ContactSet, scope: Scope) -> ContactSet:
    """Of the contacts asked about, those whose address nothing may be sent to."""
    held = Q(valid_to__isnull=True) | Q(valid_to__gt=scope.as_of)
    blocked = Suppression.objects.in_workspace(scope.workspace).filter(
        held, channel=Channel.EMAIL.value, valid_from__lte=scope.as_of
    )
    addresses = scope.attribute_values("email").filter(
        address_hash__in=blocked.values("address_hash")
    )
    return asked & fetch_sets({"": addresses.values("contact_id")}, scope)[""]


def capped(*, asked: ContactSet, scope: Scope, number: int, days: int) -> ContactSet:
    """Of the contacts asked about, those with so many e-mails in the last days.

    What other runs are still to send them counts, too.
    """
    since = scope.as_of - timedelta(days=days)
    messages = scope.facts(Message, "sent_at").filter(
        channel=Channel.EMAIL.value, sent_at__gte=since
    )
    runs = Run.objects.in_workspace(scope.workspace).filter(as_of__gte=since)
    waiting = scope.rows(Recipient).filter(run__in=runs.values("pk"), state__in=PENDING)
    numbers = np.concatenate([_numbers(messages), _numbers(waiting)])
    if not numbers.size:
        return ContactSet.empty(scope.workspace.pk)
    many = np.flatnonzero(np.bincount(numbers) >= number)
    return asked & ContactSet.from_numbers(scope.workspace.pk, many.astype(np.int32))


def _numbers(rows: QuerySet[Any]) -> Any:
    return ContactSet.numbers_sent(rows.aggregate(numbers=NumbersSent("contact_id"))["numbers"])
