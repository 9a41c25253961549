"""What a report is about, and its questions in SQL: a few grouped statements, whatever the size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from campaigns.keys import MESSAGE_OF_RECIPIENT, key_of_campaign, messages_of_run
from campaigns.models import Campaign, Run
from tracking.models import MessageEventKind
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

LONGEST = "20s"  # for a statement
KINDS = [kind.value for kind in MessageEventKind]

# What happened to messages of the campaign, before the instant. The kinds are named so that the
# index of a campaign's events is entered by kind and time.
EVENTS = """
    SELECT message_id, contact_id, kind, is_machine, occurred_at, link
    FROM tracking_messageevent
    WHERE workspace_id = %(workspace)s AND campaign_key = %(key)s AND campaign_key <> ''
      AND kind = ANY (%(kinds)s::text[])
      AND occurred_at >= %(since)s AND occurred_at < %(as_of)s
      AND (%(first)s::text IS NULL OR message_id IN (
          SELECT id FROM tracking_message
          WHERE workspace_id = %(workspace)s
            AND external_id >= %(first)s::text AND external_id < %(last)s::text
      ))
"""

# The recipient a message was sent to: what others may have recorded under our key has none.
RECIPIENT_OF = f"""
    JOIN tracking_message AS message
      ON message.workspace_id = %(workspace)s AND message.id = {{events}}.message_id
    JOIN campaigns_recipient AS recipient
      ON recipient.workspace_id = %(workspace)s
     AND {MESSAGE_OF_RECIPIENT} = message.external_id
     AND recipient.run_id = ANY (%(runs)s::bigint[])
     AND recipient.state = 'sent'
"""

# One row a message that something happened to.
ANSWERED = f"""
    SELECT message_id,
           bool_or(kind = 'bounced') AS is_bounced,
           bool_or(kind = 'delivered') AS is_confirmed,
           bool_or(kind IN ('opened', 'clicked') AND NOT is_machine) AS is_opened,
           bool_or(kind IN ('opened', 'clicked') AND is_machine) AS is_machine_opened,
           bool_or(kind = 'clicked' AND NOT is_machine) AS is_clicked,
           bool_or(kind = 'complained') AS is_complained,
           bool_or(kind = 'unsubscribed') AS is_unsubscribed,
           count(*) FILTER (WHERE kind = 'opened' AND NOT is_machine) AS opens,
           count(*) FILTER (WHERE kind = 'opened' AND is_machine) AS machine_opens,
           count(*) FILTER (WHERE kind = 'clicked' AND NOT is_machine) AS clicks,
           count(*) FILTER (WHERE kind = 'clicked' AND is_machine) AS machine_clicks
    FROM ({EVENTS}) AS event
    GROUP BY message_id
"""  # noqa: S608 (all of it stands here)


# What is said of a message, of the columns of ANSWERED: counted and listed by one condition.
DID = {
    "bounced": "is_bounced",
    "confirmed": "is_confirmed AND NOT is_bounced",
    "opened": "is_opened",
    "opened_by_machine": "is_machine_opened AND NOT is_opened",
    "clicked": "is_clicked",
    "complained": "is_complained",
    "unsubscribed": "is_unsubscribed",
    "bounced_or_opened": "is_bounced OR is_opened",
}


@contextmanager
def asking_of(workspace: Workspace, *, longest: str = LONGEST) -> Iterator[None]:
    """The workspace's scope, in which one statement may take longer than a page's others do: a
    report of millions of recipients is asked for seldom."""
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        [before] = cursor.fetchone() or ("0",)
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [longest])
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


@dataclass(frozen=True)
class Question:
    """A campaign, or one run of it, at an instant."""

    workspace: Workspace
    campaign: Campaign
    as_of: datetime
    run: Run | None = None

    @cached_property
    def runs(self) -> list[Run]:
        """The runs asked about that have an audience, oldest first."""
        rows = Run.objects.in_workspace(self.workspace).filter(campaign=self.campaign)
        if self.run is not None:
            rows = rows.filter(pk=self.run.pk)
        frozen = rows.filter(as_of__isnull=False, as_of__lte=self.as_of)
        return list(frozen.defer("audience", "content", "waterfall").order_by("as_of", "pk"))

    @cached_property
    def since(self) -> datetime:
        """Nothing happened to any message before."""
        return min((run.as_of for run in self.runs if run.as_of), default=self.as_of)

    @property
    def parameters(self) -> dict[str, Any]:
        first, last = messages_of_run(self.run.pk) if self.run is not None else (None, None)
        return {
            "workspace": self.workspace.pk,
            "campaign": self.campaign.pk,
            "key": key_of_campaign(self.campaign.pk),
            "runs": [run.pk for run in self.runs],
            "kinds": KINDS,
            "since": self.since,
            "as_of": self.as_of,
            "first": first,
            "last": last,
        }

    def ask(self, statement: str, **more: Any) -> list[dict[str, Any]]:
        """The rows of a statement that a programmer wrote, by the names of its columns."""
        return ask(statement, self.parameters | more)


def ask(statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a statement that a programmer wrote, by the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
