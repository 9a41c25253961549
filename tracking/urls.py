"""Addresses of the pages about activities, below a workspace."""

from __future__ import annotations

from django.urls import path

from tracking import views

app_name = "tracking"

urlpatterns = [
    path("activity-kinds/", views.kinds, name="kinds"),
    path("activity-kinds/<int:kind>/", views.kind_change, name="kind"),
    path("activity-kinds/<int:kind>/delete/", views.kind_delete, name="kind-delete"),
]
