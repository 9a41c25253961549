"""Many segments of a workspace are counted in one pass, each as if it were alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.services import create_tag, delete_tag, tag_contacts
from segments.models import RecountState, SegmentState
from segments.services import claims
from segments.services.claims import Claim
from segments.services.recounting import evaluate_segment
from segments.tasks import count
from tests.makers.contacts import make_contacts
from tests.makers.recounts import (
    EVERYBODY,
    MINUTE,
    change,
    claim_now,
    counts,
    meanwhile,
    read_segment,
    save_segment,
    snapshots,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
LATER = NOW + timedelta(hours=1)
TAGGED = {"type": "tags.has", "match": "any", "tags": ["vip"]}


def shop_with_tag(number: int = 9) -> Workspace:
    workspace = make_workspace()
    contacts = make_contacts(workspace, number)
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
        ids = [contact.pk for contact in contacts[:4]]
        tag_contacts(workspace=workspace, tag="vip", contact_ids=ids, now=NOW, source="api")
    return workspace


def claim_all() -> list[Claim]:
    first = claim_now(now=LATER)
    return [first, *claims.claim_beside(first, now=LATER, most=50)]


def count_all(held: list[Claim]) -> None:
    count(*held, clock=lambda: LATER)


def half(number: int) -> dict[str, Any]:
    bucket = {"type": "contacts.bucket", "salt": "s", "from_percent": 0, "to_percent": 50}
    return {"any": [TAGGED, {"not": bucket} if number % 2 else bucket]}


def test_each_gets_the_numbers_it_would_get_alone():
    workspace = shop_with_tag()
    segments = [save_segment(workspace, half(n), name=f"S{n}") for n in range(8)]
    held = claim_all()
    assert len(held) == 8
    count_all(held)
    for segment in segments:
        with workspace_scope(workspace):
            alone = evaluate_segment(segment=segment, workspace=workspace, as_of=LATER)
        [snapshot] = snapshots(segment)
        assert (snapshot.size, snapshot.members) == (alone.size, alone.members.pack())
        assert [recount.state for recount in counts(segment)] == [RecountState.DONE]
        assert read_segment(segment).size == alone.size


def test_leaves_are_asked_once_however_many_segments_name_them():
    workspace = shop_with_tag()
    for number in range(6):
        save_segment(workspace, half(number), name=f"S{number}")
    with CaptureQueriesContext(connection) as asked:
        count_all(claim_all())
    asking = [each["sql"] for each in asked.captured_queries if "array_agg" in each["sql"]]
    assert sum(sql.count('FROM "contacts_contacttag"') for sql in asking) == 1


def test_a_broken_one_and_a_changed_one_stop_none_of_the_others(monkeypatch: pytest.MonkeyPatch):
    workspace = shop_with_tag()
    good, broken, changed = (
        save_segment(workspace, where, name=name)
        for name, where in (("good", EVERYBODY), ("broken", TAGGED), ("changed", half(0)))
    )
    held = claim_all()
    with workspace_scope(workspace):
        monkeypatch.setattr("contacts.services.labels.refuse_if_used", lambda *args: None)
        delete_tag(workspace=workspace, tag_id=1)
    meanwhile(lambda: change(changed, where=EVERYBODY, now=NOW + MINUTE))
    count_all(held)
    assert read_segment(good).state == SegmentState.FRESH
    assert read_segment(broken).state == SegmentState.BROKEN
    assert snapshots(changed) == []


def test_backfills_are_never_counted_beside_others():
    workspace = shop_with_tag()
    save_segment(workspace, EVERYBODY)
    held = claim_all()
    assert "backfill" not in {claim.reason for claim in held}
