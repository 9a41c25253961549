"""Addresses of the pages about segments, below a workspace."""

from __future__ import annotations

from django.urls import path

from segments import views

app_name = "segments"

urlpatterns = [
    path("segments/", views.segment_list, name="list"),
    path("segments/new/", views.segment_new, name="new"),
    path("segments/overlap/", views.segment_overlap, name="overlap"),
    path("segments/<int:segment>/", views.segment_page, name="page"),
    path("segments/<int:segment>/edit/", views.segment_edit, name="edit"),
    path("segments/<int:segment>/members/", views.segment_members, name="members"),
    path("segments/<int:segment>/changes/", views.segment_changes, name="changes"),
    path("segments/<int:segment>/profile/", views.segment_profile, name="profile"),
    path("segments/<int:segment>/why/", views.segment_why, name="why"),
    path("segments/<int:segment>/members.csv", views.segment_members_csv, name="members-csv"),
    path("segments/<int:segment>/forecast/", views.segment_forecast, name="forecast"),
    path(
        "segments/<int:segment>/forecast/people/",
        views.segment_forecast_people,
        name="forecast-people",
    ),
    path("segments/<int:segment>/versions/", views.segment_versions, name="versions"),
    path(
        "segments/<int:segment>/versions/compare/",
        views.segment_versions_compare,
        name="versions-compare",
    ),
    path(
        "segments/<int:segment>/versions/<int:number>/restore/",
        views.segment_version_restore,
        name="version-restore",
    ),
    path("segments/<int:segment>/state/", views.segment_state, name="state"),
    path("segments/<int:segment>/recount/", views.segment_recount, name="recount"),
    path("segments/<int:segment>/cancel/", views.segment_cancel, name="cancel"),
    path("segments/<int:segment>/duplicate/", views.segment_duplicate, name="duplicate"),
    path("segments/<int:segment>/archive/", views.segment_archive, name="archive"),
    path("segments/<int:segment>/restore/", views.segment_restore, name="restore"),
    path("segments/<int:segment>/freeze/", views.segment_freeze, name="freeze"),
]
