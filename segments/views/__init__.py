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
from segments.views.explaining import segment_why
from segments.views.forecasts import segment_forecast, segment_forecast_people
from segments.views.lists import segment_list
from segments.views.live import segment_changes
from segments.views.pages import (
    segment_members,
    segment_members_csv,
    segment_page,
    segment_state,
)
from segments.views.versions import (
    segment_version_restore,
    segment_versions,
    segment_versions_compare,
)

__all__ = [
    "segment_archive",
    "segment_cancel",
    "segment_changes",
    "segment_duplicate",
    "segment_edit",
    "segment_forecast",
    "segment_forecast_people",
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
    "segment_version_restore",
    "segment_versions",
    "segment_versions_compare",
    "segment_why",
]
