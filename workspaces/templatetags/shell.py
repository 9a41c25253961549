"""What every page draws with: icons, figures, small bars, the sidebar and the palette."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ua_parser import parse

register = template.Library()

SPRITE = "vendor/lucide-1.62.0/sprite.svg"
MINUS = "\N{MINUS SIGN}"
Number = int | float | Decimal


@dataclass(frozen=True)
class Section:
    """A part of the product in the sidebar; shown once one of its addresses exists."""

    label: Promise
    icon: str
    addresses: tuple[str, ...]
    folders: tuple[str, ...]
    """First folders of the paths under the workspace that belong to it."""


SECTIONS = (
    Section(
        _("Segments"), "chart-pie", ("segments", "segment-list", "segments:list"), ("segments",)
    ),
    Section(
        _("Contacts"),
        "user",
        ("contacts", "contact-list", "contacts:list"),
        ("contacts", "attributes", "tags", "categories", "lists"),
    ),
    Section(
        _("Campaigns"), "mail", ("campaigns", "campaign-list", "campaigns:list"), ("campaigns",)
    ),
    Section(
        _("Automation"),
        "zap",
        ("automation", "automations", "automation:list"),
        ("automation", "rules", "journeys"),
    ),
    Section(
        _("Products"),
        "box",
        ("products", "product-list", "transactions:products", "products:list"),
        ("products", "transactions", "brands"),
    ),
    Section(
        _("Data in"),
        "download",
        ("data-in", "imports", "contacts:data-in"),
        ("data", "data-in", "imports", "activities", "activity-kinds"),
    ),
)
SETTINGS = Section(_("Settings"), "settings", ("workspace-settings",), ("settings",))

# What the palette can create, and by which right.
CREATE = (
    (_("New segment"), ("segment-new", "segment-create", "segments:new"), "segments:write"),
    (_("New contact"), ("contact-new", "contact-create", "contacts:new"), "contacts:write"),
    (_("New campaign"), ("campaign-new", "campaign-create", "campaigns:new"), "campaigns:write"),
    (_("Import a file"), ("import-new", "import-create", "contacts:import-new"), "data:write"),
    (_("Invite a member"), ("workspace-members",), "members:manage"),
    (_("New API key"), ("workspace-keys",), "keys:manage"),
)


# --- Icons and figures ---------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """An icon of the sprite: {% icon "users" %}; with a label where it stands alone."""
    role = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="icon {}" {}><use href="{}#{}"></use></svg>',
        size,
        SafeString(role),
        static(SPRITE),
        name,
    )


@register.simple_tag
def sprite() -> str:
    """Where the icons are, for pages drawn by JavaScript."""
    return static(SPRITE)


@register.filter
def number(value: Number | None, decimals: int = 0) -> str:
    """A figure with the language's thousands: 12431 -> "12,431"; a dash for nothing."""
    if value is None:
        return "–"
    written = number_format(value, decimals, use_l10n=True, force_grouping=True)
    return str(written).replace("-", MINUS)


@register.filter
def signed(value: Number | None) -> str:
    """A change: +458, −306, 0. With a real minus sign."""
    if value is None:
        return "–"
    return ("+" if value > 0 else "") + number(value)


@register.filter
def percent(value: Number | None, decimals: int = 1) -> str:
    """A share of one as per cent: 0.039 -> "3.9 %", with a space that doesn't break."""
    if value is None:
        return "–"
    return f"{number(value * 100, decimals)}\N{NO-BREAK SPACE}%"


@register.filter
def signed_percent(value: Number | None, decimals: int = 1) -> str:
    """A relative change: 0.014 -> "+1.4 %"."""
    return ("+" if value is not None and value > 0 else "") + percent(value, decimals)


@register.filter
def initials(name: str) -> str:
    """One or two letters for a round picture."""
    words = [word for word in str(name).replace("@", " ").split() if word[:1].isalnum()]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


@register.filter
def browser(user_agent: str) -> str:
    """A browser in words: "Firefox on Linux"; what it says itself where it isn't known."""
    parsed = parse(str(user_agent))
    if parsed.user_agent is None or parsed.os is None:
        return str(user_agent) or gettext("Unknown browser")
    return gettext("%(browser)s on %(system)s") % {
        "browser": parsed.user_agent.family,
        "system": parsed.os.family,
    }


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """A form field whose placeholder would only repeat its label."""
    return field.as_widget(attrs={"placeholder": False})


@register.simple_tag
def bar(share: Number | None, label: str = "") -> SafeString:
    """A thin bar filled to a share between 0 and 1; hidden from readers unless labelled."""
    width = max(0.0, min(1.0, float(share or 0))) * 100
    role = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" {}>'
        '<rect width="{}" height="4"></rect></svg>',
        SafeString(role),
        f"{max(width, 0.6) if width else 0:.2f}",
    )


@register.simple_tag
def spark(sizes: Iterable[Number | None]) -> SafeString:
    """A sparkline of sizes, oldest first; gaps are left out, a flat line stands in the middle."""
    points = [(at, float(size)) for at, size in enumerate(sizes) if size is not None]
    if len(points) < 2:
        return SafeString("")
    lowest, highest = min(y for _x, y in points), max(y for _x, y in points)
    width, height = points[-1][0] or 1, highest - lowest
    drawn = " ".join(
        f"{x / width * 96:.1f},{22 - ((y - lowest) / height * 20 if height else 10):.1f}"
        for x, y in points
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" aria-hidden="true"><polyline points="{}">'
        "</polyline></svg>",
        drawn,
    )


# --- The frame -----------------------------------------------------------------------------------


def _first_address(names: Sequence[str], workspace_id: int) -> str | None:
    for name in names:
        try:
            return reverse(name, kwargs={"workspace": workspace_id})
        except NoReverseMatch:
            continue
    return None


def _folder(path: str) -> str:
    """The first folder under the workspace: /w/7/segments/3 -> "segments"."""
    parts = path.split("/")
    return parts[3] if len(parts) > 3 and parts[1] == "w" else ""


def _entries(sections: Iterable[Section], workspace_id: int, path: str) -> list[dict[str, Any]]:
    folder = _folder(path)
    return [
        {
            "label": str(section.label),
            "icon": section.icon,
            "url": url,
            "current": folder in section.folders,
        }
        for section in sections
        if (url := _first_address(section.addresses, workspace_id))
    ]


@register.simple_tag(takes_context=True)
def frame(context: Context) -> dict[str, Any] | None:
    """What the sidebar, the phone bar and the palette show, or None outside a workspace.

    {% frame as shell %}: sections, settings, workspaces to switch to, create, search.
    """
    request = context.get("request")
    actor = getattr(request, "actor", None)
    if request is None or actor is None or actor.user is None:
        return None
    here = actor.workspace.pk
    return {
        "workspace": actor.workspace,
        "actor": actor,
        "sections": _entries(SECTIONS, here, request.path),
        "settings": _entries((SETTINGS,), here, request.path),
        "others": [
            member.workspace
            for member in actor.user.memberships.select_related("workspace")
            .exclude(workspace_id=here)
            .order_by("workspace__name")[:20]
        ],
        "create": [
            {"label": str(label), "url": url}
            for label, names, right in CREATE
            if right in actor.allowed and (url := _first_address(names, here))
        ],
    }


@register.simple_tag
def palette(shell: dict[str, Any]) -> dict[str, Any]:
    """The palette's data as it goes to the browser."""
    here = shell["workspace"].pk
    pages = [*shell["sections"], *shell["settings"], *_settings_pages(here)]
    return {
        "go": [{key: page[key] for key in ("label", "icon", "url")} for page in pages],
        "create": shell["create"],
        "workspaces": [
            {"label": other.name, "url": reverse("workspace-home", args=[other.pk])}
            for other in shell["others"]
        ],
        "search": [
            {"label": str(label), "icon": image, "api": api, "page": page}
            for label, image, api, page in _searches(here)
        ],
    }


def _settings_pages(workspace_id: int) -> list[dict[str, str]]:
    pages = (
        (_("Members"), "users", "workspace-members"),
        (_("API keys"), "key-round", "workspace-keys"),
        (_("Audit log"), "history", "workspace-audit"),
    )
    return [
        {
            "label": f"{gettext('Settings')}: {label}",
            "icon": image,
            "url": reverse(name, kwargs={"workspace": workspace_id}),
        }
        for label, image, name in pages
    ]


def _searches(workspace_id: int) -> list[tuple[Promise, str, str, str]]:
    """Label, icon, JSON list and page ("0" stands for the id) of what the palette finds."""
    found: list[tuple[Promise, str, str, str]] = []
    for label, image, api_names, page_names in (
        (
            _("Segments"),
            "chart-pie",
            ("segments-list", "segment-list"),
            ("segment", "segment-detail", "segments:page", "segments:card"),
        ),
        (
            _("Contacts"),
            "user",
            ("contacts-list", "contact-list"),
            ("contact", "contact-detail", "contacts:card"),
        ),
    ):
        api = _first_address([f"browser_api:{name}" for name in api_names], workspace_id)
        page = _first_page(page_names, workspace_id)
        if api and page:
            found.append((label, image, api, page))
    return found


def _first_page(names: Sequence[str], workspace_id: int) -> str | None:
    for name in names:
        try:
            return reverse(name, args=[workspace_id, 0])
        except NoReverseMatch:
            continue
    return None
