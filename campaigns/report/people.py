"""Who is behind a figure of a report: the same conditions that count it, as lists."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import TextChoices
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy

from campaigns.keys import key_of_campaign
from campaigns.models import Campaign
from campaigns.report.asking import ANSWERED, DID, EVENTS, RECIPIENT_OF, Question
from campaigns.report.attribution import attribution_of, credited_purchases
from campaigns.report.figures import Sales
from contacts.text import key_of, normalise


class Did(TextChoices):
    """What became of a message, as the report counts it."""

    DELIVERED = "delivered", gettext_lazy("delivered")
    BOUNCED = "bounced", gettext_lazy("bounced")
    OPENED = "opened", gettext_lazy("opened by people")
    OPENED_BY_MACHINE = "opened_by_machine", gettext_lazy("opened by machines only")
    UNOPENED = "unopened", gettext_lazy("not opened by people")
    CLICKED = "clicked", gettext_lazy("clicked")
    COMPLAINED = "complained", gettext_lazy("complained")
    UNSUBSCRIBED = "unsubscribed", gettext_lazy("unsubscribed")
    BOUGHT = "bought", gettext_lazy("bought")


_WHO = f"""
    SELECT recipient.id FROM ({ANSWERED}) AS answered
    {RECIPIENT_OF.format(events="answered")}
    WHERE """  # noqa: S608 (all of it stands here)

_SENT_BUT = f"""
    SELECT recipient.id FROM campaigns_recipient AS recipient
    WHERE recipient.workspace_id = %(workspace)s AND recipient.state = 'sent'
      AND recipient.run_id = ANY (%(runs)s::bigint[])
    EXCEPT {_WHO}
"""  # noqa: S608 (all of it stands here)

_STATEMENTS = {
    **{Did(name): _WHO + test for name, test in DID.items() if name in Did.values},
    Did.DELIVERED: _SENT_BUT + DID["bounced"],
    Did.UNOPENED: _SENT_BUT + DID["bounced_or_opened"],
}

_ON_LINK = f"""
    SELECT recipient.id FROM ({EVENTS}) AS event
    {RECIPIENT_OF.format(events="event")}
    WHERE event.kind = 'clicked' AND NOT event.is_machine AND event.link = ANY (%(links)s::text[])
"""  # noqa: S608 (all of it stands here)


def ids_of_those_who(question: Question, did: Did, *, link: str = "") -> RawSQL:
    """The ids of the recipients that a figure counts; of clicks perhaps on one link only.

    Not for `Did.BOUGHT`, which is about contacts: see `sales_by_recipient`.
    """
    statement, links = _STATEMENTS[did], [link, key_of(normalise(link))]
    if did == Did.CLICKED and link:
        statement = _ON_LINK
    return _numbered(statement, question.parameters | {"links": links})


def _numbered(statement: str, parameters: dict[str, Any]) -> RawSQL:
    """The statement with parameters by their places, as querysets take them."""
    names = re.compile(r"%\((\w+)\)s")
    return RawSQL(  # noqa: S611 (the statements stand here)
        names.sub("%s", statement), [parameters[name] for name in names.findall(statement)]
    )


def sales_by_recipient(question: Question, *, variant: int | None = None) -> dict[int, Sales]:
    """What those who bought are credited with, each contact under the first recipient of it."""
    purchases = credited_purchases(question, attribution_of(question.workspace))
    first: dict[int, int] = {}
    sales: dict[int, Sales] = {}
    for each in sorted(purchases, key=lambda each: each.recipient_id):
        if variant is not None and each.variant != variant:
            continue
        recipient_id = first.setdefault(each.contact_id, each.recipient_id)
        before = sales.get(recipient_id, Sales(buyers=1))
        sales[recipient_id] = Sales(before.purchases + 1, 1, before.revenue + each.amount)
    return sales


# --- As a segment ----------------------------------------------------------------------------


def tree_of(campaign: Campaign, did: Did, *, link: str = "", is_sent_once: bool) -> Any:
    """The criteria that say the same of contacts; None where none can.

    A segment knows contacts, not messages: who opened one of two messages and left the other is
    among those who opened, and so can't be told to have left one unopened.
    """

    def row(kind: str, **more: Any) -> dict[str, Any]:
        key = key_of_campaign(campaign.pk)
        return {"type": "messages.happened", "kind": kind, "campaigns": [key], **more}

    by_people = {"any": [row("opened"), row("clicked")]}
    by_all = {"any": [row(kind, also_machines=True) for kind in ("opened", "clicked")]}
    arrived = [row("sent"), {"not": row("bounced")}]
    match did:
        case Did.OPENED:
            return by_people
        case Did.CLICKED:
            return row("clicked", links=[link]) if link else row("clicked")
        case Did.BOUNCED | Did.COMPLAINED | Did.UNSUBSCRIBED:
            return row(did.value)
        case Did.DELIVERED if is_sent_once:
            return {"all": arrived}
        case Did.UNOPENED if is_sent_once:
            return {"all": [*arrived, {"not": by_people}]}
        case Did.OPENED_BY_MACHINE if is_sent_once:
            return {"all": [by_all, {"not": by_people}]}
    return None
