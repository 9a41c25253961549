"""Segments, their versions, pins, counts and snapshots, and the sets of their leaves."""

from __future__ import annotations

from segments.models.leaf_sets import LeafSet
from segments.models.live import (
    LiveMembers,
    LiveState,
    MembershipCause,
    MembershipDirection,
    MembershipEvent,
)
from segments.models.segments import (
    PinDirection,
    Recount,
    RecountReason,
    RecountState,
    Schedule,
    Segment,
    SegmentPin,
    SegmentReference,
    SegmentState,
    SegmentVersion,
    Snapshot,
)

__all__ = [
    "LeafSet",
    "LiveMembers",
    "LiveState",
    "MembershipCause",
    "MembershipDirection",
    "MembershipEvent",
    "PinDirection",
    "Recount",
    "RecountReason",
    "RecountState",
    "Schedule",
    "Segment",
    "SegmentPin",
    "SegmentReference",
    "SegmentState",
    "SegmentVersion",
    "Snapshot",
]
