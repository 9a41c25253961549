"""Addresses of the pages about segments, below a workspace."""

from __future__ import annotations

from django.urls import path

from segments import views

app_name = "segments"

urlpatterns = [
    path("segments/new/", views.segment_new, name="new"),
    path("segments/<int:segment>/", views.segment_edit, name="page"),
    path("segments/<int:segment>/edit/", views.segment_edit, name="edit"),
]
