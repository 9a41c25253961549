"""The product's addresses and one more: every component of docs/design.md on one page."""

from __future__ import annotations

from pathlib import Path

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

GALLERY = Path(__file__).with_name("gallery.html")
SIZES = [1900, 1920, 1880, None, 1950, 2010, 1990, 1987]


def gallery(request: HttpRequest, workspace: int) -> HttpResponse:
    values = {
        "sizes": SIZES,
        "page": Paginator(range(4321), 50).page(2),
        "big": 10_234_567,
        "rows": [
            ("Lapsed big spenders", "Spent ≥ 1,000 in 12 months, not in 90 days", 1987, 0.014),
            ("Konstantynopolitańczykowianeczka, aposentadíssima", "Bought, then silence", 10, -0.5),
            ("Everybody", "All contacts", 10_234_567, 0.0),
        ],
    }
    text = Template(GALLERY.read_text(encoding="utf-8")).render(RequestContext(request, values))
    return HttpResponse(text)


urlpatterns = [path("w/<int:workspace>/segments/", gallery), path("", include("config.urls"))]
