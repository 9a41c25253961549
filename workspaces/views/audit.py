"""The audit log: who did what, newest first."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from workspaces.middleware import WorkspaceRequest
from workspaces.models import AuditEntry
from workspaces.policies import Action, require

PAGE_SIZE = 50
ACTIONS: dict[str, tuple[Promise, str]] = {
    "workspace.created": (_("created the workspace"), "building-2"),
    "workspace.changed": (_("changed the settings"), "settings"),
    "member.invited": (_("invited"), "user-plus"),
    "member.invitation_revoked": (_("took back the invitation of"), "user-x"),
    "member.joined": (_("joined"), "user-check"),
    "member.role_changed": (_("changed the role of"), "user"),
    "member.removed": (_("removed"), "user-minus"),
    "key.created": (_("created the key"), "key-round"),
    "key.revoked": (_("revoked the key"), "key-round"),
    "segment.created": (_("created the segment"), "chart-pie"),
    "segment.changed": (_("changed the segment"), "chart-pie"),
    "segment.archived": (_("archived the segment"), "archive"),
    "segment.restored": (_("restored the segment"), "archive-restore"),
    "segment.deleted": (_("deleted the segment"), "trash-2"),
    "campaign.created": (_("created the campaign"), "mail"),
    "campaign.changed": (_("changed the campaign"), "mail"),
    "campaign.tested": (_("sent a test of the campaign"), "mail-check"),
    "campaign.started": (_("sent the campaign"), "send"),
    "campaign.scheduled": (_("scheduled the campaign"), "calendar-clock"),
    "campaign.stopped": (_("stopped the campaign"), "circle-stop"),
    "campaign.archived": (_("archived the campaign"), "archive"),
    "campaign.restored": (_("restored the campaign"), "archive-restore"),
    "run.confirmed": (_("confirmed the send of"), "check"),
    "run.paused": (_("paused the send of"), "pause"),
    "run.resumed": (_("resumed the send of"), "play"),
    "run.cancelled": (_("cancelled the send of"), "circle-stop"),
    "run.unknown_resent": (_("sent again to unknown ones, in the send of"), "repeat"),
    "account.created": (_("added the account"), "server"),
    "account.changed": (_("changed the account"), "server"),
    "account.archived": (_("removed the account"), "server"),
    "domain.added": (_("added the domain"), "globe"),
    "domain.removed": (_("removed the domain"), "globe"),
    "sending.changed": (_("changed the settings of sending"), "settings"),
    "topic.created": (_("added the topic"), "list-checks"),
    "topic.changed": (_("changed the topic"), "list-checks"),
    "topic.ordered": (_("changed the order of topics"), "list-checks"),
    "topic.archived": (_("archived the topic"), "archive"),
    "topic.restored": (_("restored the topic"), "archive-restore"),
    "code_pool.created": (_("made the pool of codes"), "ticket"),
    "code_pool.changed": (_("changed the pool of codes"), "ticket"),
    "code_pool.filled": (_("added codes to the pool"), "ticket"),
    "code_pool.archived": (_("archived the pool of codes"), "archive"),
    "saved_block.created": (_("saved the block"), "bookmark"),
    "saved_block.deleted": (_("deleted the block"), "trash-2"),
    "contact.merged": (_("merged the contact"), "git-merge"),
    "contact.erased": (_("erased the contact"), "trash-2"),
    "contacts.exported": (_("exported contacts"), "download"),
}
FAMILIES: tuple[tuple[str, Promise], ...] = (
    ("", _("Everything")),
    ("member", _("Members")),
    ("key", _("Keys")),
    ("workspace", _("Settings")),
    ("segment", _("Segments")),
    ("campaign", _("Campaigns")),
    ("run", _("Sends")),
    ("contact", _("Contacts")),
)


@require_safe
def audit_log(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """A page of entries, older ones behind a link."""
    require(request.actor, Action.MANAGE_WORKSPACE)
    family = request.GET.get("about", "")
    entries = _entries(request, family, request.GET.get("before", ""))
    page, rest = entries[:PAGE_SIZE], entries[PAGE_SIZE:]
    days = [(day, [_row(entry) for entry in found]) for day, found in groupby(page, key=_local_day)]
    context = {
        "days": days,
        "families": FAMILIES,
        "family": family,
        "is_first": "before" not in request.GET,
        "older": f"{page[-1].at.isoformat()}~{page[-1].pk}" if rest else "",
    }
    return render(request, "workspaces/audit.html", context)


def _entries(request: WorkspaceRequest, family: str, before: str) -> list[AuditEntry]:
    found: QuerySet[AuditEntry] = AuditEntry.objects.in_workspace(request.workspace)
    if family in dict(FAMILIES) and family:
        found = found.filter(action__startswith=family)
    at, _tilde, number = before.partition("~")
    if (instant := _instant(at)) and number.isascii() and number.isdigit():
        found = found.filter(Q(at__lt=instant) | Q(at=instant, pk__lt=int(number[:18])))
    return list(found.order_by("-at", "-pk")[: PAGE_SIZE + 1])


def _instant(text: str) -> datetime | None:
    try:
        instant = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None


def _local_day(entry: AuditEntry) -> Any:
    return timezone.localtime(entry.at).date()


def _row(entry: AuditEntry) -> dict[str, Any]:
    words: str | Promise
    words, icon = ACTIONS.get(entry.action, ("", "activity"))
    return {
        "entry": entry,
        "words": words or entry.action.replace(".", ": ").replace("_", " "),
        "icon": icon,
        "changes": entry.details.get("changes") or _change(entry.details),
        "role": entry.details.get("role", ""),
        "scopes": entry.details.get("scopes", []),
    }


def _change(details: dict[str, Any]) -> dict[str, Any]:
    if set(details) >= {"from", "to"}:
        return {"": {"from": details["from"], "to": details["to"]}}
    return {}
