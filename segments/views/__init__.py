"""Pages about segments: the list, one segment, and the editor."""

from __future__ import annotations

from segments.views.changing import (
    segment_archive,
    segment_cancel,
    segment_duplicate,
    segment_freeze,
    segment_recount,
    segment_restore,
)
from segments.views.comparing import segment_overlap, segment_profile
from segments.views.editing import segment_edit, segment_new
from segments.views.lists import segment_list
from segments.views.pages import (
    segment_members,
    segment_members_csv,
    segment_page,
    segment_state,
    segment_versions,
)

__all__ = [
    "segment_archive",
    "segment_cancel",
    "segment_duplicate",
    "segment_edit",
    "segment_freeze",
    "segment_list",
    "segment_members",
    "segment_members_csv",
    "segment_new",
    "segment_overlap",
    "segment_page",
    "segment_profile",
    "segment_recount",
    "segment_restore",
    "segment_state",
    "segment_versions",
]
