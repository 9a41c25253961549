"""Segments, their versions, pins, counts and snapshots, and the sets of their leaves."""

from __future__ import annotations

from segments.models.leaf_sets import KeptColumn, KeptTable, LeafSet, LeafVector
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
    "KeptColumn",
    "KeptTable",
    "LeafSet",
    "LeafVector",
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
