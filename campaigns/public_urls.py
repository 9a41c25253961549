"""Addresses in messages and of webhooks: reached without signing in, outside any workspace."""

from __future__ import annotations

from django.urls import path

from campaigns.views import confirming, public

urlpatterns = [
    path("o/<str:token>", public.opened, name="message-open"),
    path("c/<str:token>", public.clicked, name="message-click"),
    path("u/<str:token>", public.unsubscribe, name="message-unsubscribe"),
    path("p/<str:token>", public.preferences, name="message-preferences"),
    path("v/<str:token>", public.in_browser, name="message-view"),
    path("d/<str:token>", confirming.confirm, name="message-confirm"),
    path("hooks/<int:number>/<str:token>/", public.webhook, name="message-webhook"),
]
