"""What can be done with segments."""

from __future__ import annotations

from segments.services.evaluating import Answer, evaluate_where, member_page
from segments.services.saving import (
    SegmentInUseError,
    archive_segment,
    change_segment,
    create_segment,
    duplicate_segment,
    restore_segment,
    used_in,
)

__all__ = [
    "Answer",
    "SegmentInUseError",
    "archive_segment",
    "change_segment",
    "create_segment",
    "duplicate_segment",
    "evaluate_where",
    "member_page",
    "restore_segment",
    "used_in",
]
