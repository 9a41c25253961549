"""Addresses of the pages about campaigns, below a workspace."""

from __future__ import annotations

from django.urls import path

from campaigns.views import editing, listing

app_name = "campaigns"

urlpatterns = [
    path("campaigns/", listing.campaign_list, name="list"),
    path("campaigns/new/", editing.campaign_new, name="new"),
    path("campaigns/<int:campaign>/edit/", editing.campaign_edit, name="edit"),
    path("campaigns/<int:campaign>/duplicate/", listing.campaign_duplicate, name="duplicate"),
    path("campaigns/<int:campaign>/archive/", listing.campaign_archive, name="archive"),
    path("campaigns/<int:campaign>/restore/", listing.campaign_restore, name="restore"),
]
