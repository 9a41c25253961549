"""Where one can go from a page: sidebar, phone bar and palette are drawn from this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workspaces.policies import Actor


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

# Pages behind the tabs of a section, for the palette.
INNER_PAGES = (
    (_("Contacts"), _("Lists"), "list", "contacts:lists"),
    (_("Contacts"), _("Tags"), "tag", "contacts:tags"),
    (_("Contacts"), _("Categories"), "folder", "contacts:categories"),
    (_("Contacts"), _("Attributes"), "columns-3", "contacts:attributes"),
    (_("Products"), _("Brands"), "award", "transactions:brands"),
    (_("Products"), _("Transactions"), "shopping-cart", "transactions:list"),
    (_("Data in"), _("Kinds of activities"), "zap", "tracking:kinds"),
    (_("Campaigns"), _("Calendar"), "calendar-days", "campaigns:calendar"),
    (_("Campaigns"), _("Topics"), "list-checks", "campaigns:topics"),
    (_("Campaigns"), _("Discount codes"), "ticket", "campaigns:codes"),
    (_("Campaigns"), _("Accounts"), "server", "campaigns:accounts"),
    (_("Campaigns"), _("Domains"), "globe", "campaigns:domains"),
    (_("Campaigns"), _("Settings"), "settings", "campaigns:settings"),
)

# What the palette can create, and by which right.
CREATE = (
    (_("New segment"), ("segment-new", "segment-create", "segments:new"), "segments:write"),
    (_("New contact"), ("contact-new", "contact-create", "contacts:new"), "contacts:write"),
    (_("New campaign"), ("campaign-new", "campaign-create", "campaigns:new"), "campaigns:write"),
    (_("Import a file"), ("import-new", "import-create", "contacts:import-new"), "data:write"),
    (_("Invite a member"), ("workspace-members",), "members:manage"),
    (_("New API key"), ("workspace-keys",), "keys:manage"),
)


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


def frame_of(actor: Actor, path: str) -> dict[str, Any] | None:
    """What the sidebar, the phone bar and the palette show to a signed-in member."""
    if actor.user is None:
        return None
    here = actor.workspace.pk
    return {
        "workspace": actor.workspace,
        "actor": actor,
        "sections": _entries(SECTIONS, here, path),
        "settings": _entries((SETTINGS,), here, path),
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


def palette_of(shell: dict[str, Any]) -> dict[str, Any]:
    """The palette's data as it goes to the browser."""
    here = shell["workspace"].pk
    pages = [*shell["sections"], *_inner_pages(here), *shell["settings"], *_settings_pages(here)]
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


def _inner_pages(workspace_id: int) -> list[dict[str, str]]:
    """Pages behind the tabs of a section."""
    return [
        {"label": f"{section}: {label}", "icon": image, "url": url}
        for section, label, image, address in INNER_PAGES
        if (url := _first_address((address,), workspace_id))
    ]


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
