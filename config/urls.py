"""Every address of the product. Apps are joined here and nowhere else."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

Url = URLPattern | URLResolver

APPS_WITH_PAGES = ("contacts", "tracking", "transactions", "segments", "campaigns", "automation")
APPS_WITH_API = ("workspaces", *APPS_WITH_PAGES)


def patterns_of(module: str) -> list[Url]:
    """Return a module's ``urlpatterns``, or none where an app has no such module."""
    if find_spec(module) is None:
        return []
    return list(import_module(module).urlpatterns)


def api_patterns() -> list[Url]:
    """Return the REST routes of every app, as they stand under either mount."""
    return [pattern for app in APPS_WITH_API for pattern in patterns_of(f"{app}.api_urls")]


urlpatterns: list[Url] = [
    path("", include("workspaces.urls")),
    # What recipients of messages and mail providers reach, without signing in.
    *(path("m/", include(patterns_of(f"{app}.public_urls"))) for app in APPS_WITH_PAGES),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    # The same viewsets twice: with a session under the workspace, with a bearer key for programs.
    path("w/<int:workspace>/api/", include((api_patterns(), "api"), namespace="browser_api")),
    path("api/v1/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("api/v1/", include((api_patterns(), "api"), namespace="api")),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="openapi", template_name="config/api_docs.html"
        ),
        name="api_docs",
    ),
    *(
        path("w/<int:workspace>/", include(f"{app}.urls"))
        for app in APPS_WITH_PAGES
        if find_spec(f"{app}.urls")
    ),
]
