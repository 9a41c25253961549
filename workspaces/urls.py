"""Addresses of the pages about workspaces, members, keys and oneself."""

from __future__ import annotations

from django.urls import include, path

from workspaces import views

settings_patterns = [
    path("", views.workspace_settings, name="workspace-settings"),
    path("members/", views.members, name="workspace-members"),
    path("members/<int:member>/role/", views.member_role, name="workspace-member-role"),
    path("members/<int:member>/remove/", views.member_remove, name="workspace-member-remove"),
    path(
        "invitations/<int:invitation>/revoke/",
        views.invitation_revoke,
        name="workspace-invitation-revoke",
    ),
    path("keys/", views.keys, name="workspace-keys"),
    path("keys/<int:key>/revoke/", views.key_revoke, name="workspace-key-revoke"),
    path("audit/", views.audit_log, name="workspace-audit"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("workspaces/", views.workspaces, name="workspaces"),
    path("workspaces/new/", views.workspace_create, name="workspace-create"),
    path("account/", views.profile, name="account"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("w/<int:workspace>/", views.workspace_home, name="workspace-home"),
    path("w/<int:workspace>/settings/", include(settings_patterns)),
]
