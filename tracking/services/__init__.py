"""Everything that records what contacts did and what was done to them."""

from __future__ import annotations

from tracking.services.activities import record_activities
from tracking.services.coverage import earliest_by_source, record_coverage
from tracking.services.kinds import (
    KindInUseError,
    change_activity_kind,
    define_activity_kind,
    define_builtin_kinds,
    delete_activity_kind,
)
from tracking.services.marketing import record_marketing_actions
from tracking.services.messages import record_message_events, record_messages
from tracking.services.sent import SentMessage, record_sent
from tracking.services.visits import IDLENESS, MAX_VISIT, GivenSource, given_source, record_visits

__all__ = [
    "IDLENESS",
    "MAX_VISIT",
    "GivenSource",
    "KindInUseError",
    "SentMessage",
    "change_activity_kind",
    "define_activity_kind",
    "define_builtin_kinds",
    "delete_activity_kind",
    "earliest_by_source",
    "given_source",
    "record_activities",
    "record_coverage",
    "record_marketing_actions",
    "record_message_events",
    "record_messages",
    "record_sent",
    "record_visits",
]
