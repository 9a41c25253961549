"""A shop of many readers, and how long it takes to freeze a campaign to all of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone
from psycopg import sql

from campaigns.models import Recipient, RecipientState, Run, RunState
from contacts.models import NUMBER_BITS, AttributeDefinition, ContactCounter
from tests.bench.timing import Disagreement
from tests.conftest import owner_connection
from tests.makers.audiences import frozen_run
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.recounts import EVERYBODY
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_CONTACTS = """
INSERT INTO contacts_contact (workspace_id, id, external_id, email, email_key, phone, first_name,
    last_name, time_zone, known_since, created_at, created_by)
SELECT %(ws)s, %(base)s + n, 'c' || n, 'reader' || n || '@mail.example',
    'reader' || n || '@mail.example', '', 'Anna', 'Nowak', '', %(at)s, %(at)s, 'import'
FROM generate_series(1, %(number)s) n
"""
_VALUES = """
INSERT INTO contacts_attributevalue (workspace_id, attribute_id, contact_id, slot, text, text_key,
    text_norm, address_hash, observed_at, valid_from)
SELECT %(ws)s, %(attribute)s, %(base)s + n, '', %(text)s || n, %(text)s || n, %(text)s || n,
    CASE WHEN %(is_address)s THEN sha256(('a' || n)::bytea) END, %(at)s, %(at)s
FROM generate_series(1, %(number)s) n
"""
_CONSENTS = """
INSERT INTO contacts_consent (workspace_id, contact_id, channel, topic, status, source, wording,
    observed_at, valid_from)
SELECT %(ws)s, %(base)s + n, 'email', '', 'granted', '', '', %(at)s, %(at)s
FROM generate_series(1, %(number)s) n
"""


def make_big_shop(number: int, *, now: datetime) -> Workspace:
    """A workspace of so many contacts who all have an address of their own and want e-mail."""
    workspace = make_workspace(now=now)
    make_sending_settings(workspace, cap_number=3, holdout_points=0)
    shared = {
        "ws": workspace.pk,
        "base": workspace.pk << NUMBER_BITS,
        "number": number,
        "at": now - timedelta(days=30),
    }
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_CONTACTS, shared)
        for key in ("email", "first_name", "city"):
            attribute = AttributeDefinition.objects.in_workspace(workspace).get(key=key)
            own = {"attribute": attribute.pk, "text": key, "is_address": key == "email"}
            cursor.execute(_VALUES, shared | own)
        cursor.execute(_CONSENTS, shared)
        ContactCounter.objects.in_workspace(workspace).update(next_number=number + 1)
    with owner_connection() as owner:
        for table in ("contacts_contact", "contacts_attributevalue", "contacts_consent"):
            owner.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
    return workspace


def measure_freeze(workspace: Workspace, *, now: datetime) -> tuple[Run, float]:
    """The frozen run to everybody of the shop, and the seconds it took from claim to commit."""
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(workspace, audience={"segments": [segment.pk]})
    started = time.perf_counter()
    run = frozen_run(campaign, now)
    seconds = time.perf_counter() - started
    if run.state != RunState.SENDING:
        raise Disagreement(f"The run is {run.state}: {run.error}")
    return run, seconds


def report_freeze(number: int, *, say: Callable[[str], None]) -> int:
    """Freeze a run to so many recipients and say how long it took; 1 if any are missing."""
    shop = make_big_shop(number, now=timezone.now())
    database, own = _backend_seconds(), time.process_time()
    run, seconds = measure_freeze(shop, now=timezone.now())
    database, own = _backend_seconds() - database, time.process_time() - own
    with workspace_scope(shop):
        queued = Recipient.objects.filter(run=run, state=RecipientState.QUEUED).count()
    say(f"{number:,} recipients frozen in {seconds:.1f} s (goal: a million in 30)")
    say(f"  CPU: PostgreSQL {database:.1f} s, worker {own:.1f} s")
    return 0 if queued == run.size == number else 1


def _backend_seconds() -> float:
    """CPU of this connection's process of PostgreSQL so far, where that runs on this machine."""
    connection.ensure_connection()
    process = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    ticks = process.read_text().rpartition(")")[2].split()[11:13] if process.exists() else []
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
