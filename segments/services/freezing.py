"""Freezes a segment into a static list."""

from __future__ import annotations

from datetime import datetime

from contacts.models import StaticList
from contacts.services import create_list
from segments.models import Segment
from segments.services.recounting import evaluate_segment
from workspaces.audit import record_audit
from workspaces.policies import Actor


def freeze_into_list(*, actor: Actor, segment: Segment, name: str, now: datetime) -> StaticList:
    """A list of everybody in the segment at this instant.

    Raises `ValidationError` (the name is taken) and `InvalidTree` (the segment is broken).
    """
    evaluation = evaluate_segment(segment=segment, workspace=actor.workspace, as_of=now)
    made = create_list(
        workspace=actor.workspace, name=name, contact_ids=evaluation.members.ids(), now=now
    )
    record_audit(actor=actor, action="segment.frozen", subject=segment, now=now)
    return made
