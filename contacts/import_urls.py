from __future__ import annotations

from django.urls import path

from contacts import import_views

urlpatterns = [
    path("data/", import_views.data_in, name="data-in"),
    path("data/imports/new/", import_views.import_new, name="import-new"),
    path("data/imports/<int:import_id>/", import_views.import_map, name="import-map"),
    path("data/imports/<int:import_id>/run/", import_views.import_run, name="import-run"),
    path(
        "data/imports/<int:import_id>/rejected.csv",
        import_views.import_rejected,
        name="import-rejected",
    ),
]
