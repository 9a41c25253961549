"""What contacts did, in words, for the timeline on their card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.models import Channel, Contact
from contacts.registry import TimelineEntry
from tracking.models import (
    Activity,
    MarketingAction,
    Message,
    MessageEvent,
    PageView,
    TrafficChannel,
    Visit,
)
from tracking.rights import parameters_of
from workspaces.models import Workspace

_SHOWN_PAGES = 5


class TrackingTimeline:
    """Visits, activities, messages and marketing actions."""

    kinds: Mapping[str, Any] = {
        "visits": gettext_lazy("Visits"),
        "activities": gettext_lazy("Activities"),
        "messages": gettext_lazy("Messages"),
    }

    def entries(
        self,
        *,
        workspace: Workspace,
        contact: Contact,
        before: datetime,
        kinds: frozenset[str],
        limit: int,
    ) -> Sequence[TimelineEntry]:
        """The newest entries of these kinds before an instant, newest first."""
        sources: dict[str, Sequence[Callable[..., list[TimelineEntry]]]] = {
            "visits": (_visits,),
            "activities": (_activities, _actions),
            "messages": (_messages, _events),
        }
        found = [
            entry
            for kind in sources.keys() & kinds
            for read in sources[kind]
            for entry in read(workspace, contact, before, limit)
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


def _newest(
    model: Any, workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[Any]:
    rows = model.objects.in_workspace(workspace).filter(contact=contact, occurred_at__lt=before)
    return list(rows.order_by("-occurred_at", "-pk")[:limit])


def _visits(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    visits = _newest(Visit, workspace, contact, before, limit)
    pages: dict[int, list[str]] = {}
    seen = PageView.objects.in_workspace(workspace).filter(visit_id__in=[v.pk for v in visits])
    for visit_id, page in seen.order_by("position").values_list("visit_id", "page"):
        pages.setdefault(visit_id, []).append(page)
    return [
        TimelineEntry(
            at=visit.occurred_at,
            kind="visits",
            icon="globe",
            title=_visit_title(visit),
            details=_visit_details(visit, pages.get(visit.pk, [])),
        )
        for visit in visits
    ]


def _visit_title(visit: Visit) -> str:
    if visit.channel == TrafficChannel.DIRECT:
        return _("Visited the shop directly")
    return _("Visited the shop from %(channel)s") % {"channel": _channel(visit)}


def _channel(visit: Visit) -> str:
    return str(TrafficChannel(visit.channel).label)


def _visit_details(visit: Visit, pages: list[str]) -> list[str]:
    details = []
    if visit.utm_campaign:
        details.append(_("Campaign: %(name)s") % {"name": visit.utm_campaign})
    if visit.referrer_host:
        details.append(_("Coming from: %(host)s") % {"host": visit.referrer_host})
    details.extend(pages[:_SHOWN_PAGES] or [visit.landing_page])
    if len(pages) > _SHOWN_PAGES:
        more = len(pages) - _SHOWN_PAGES
        details.append(ngettext("and %(n)s more page", "and %(n)s more pages", more) % {"n": more})
    return details


def _activities(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    rows = (
        Activity.objects.in_workspace(workspace)
        .filter(contact=contact, occurred_at__lt=before)
        .select_related("kind")
        .order_by("-occurred_at", "-pk")[:limit]
    )
    activities = list(rows)
    parameters = parameters_of(workspace, [activity.pk for activity in activities])
    return [
        TimelineEntry(
            at=activity.occurred_at,
            kind="activities",
            icon="activity",
            title=_(activity.kind.label) if activity.kind.is_builtin else activity.kind.label,
            details=[
                f"{label}: {_shown(value)}"
                for _key, label, value in parameters.get(activity.pk, ())
            ],
        )
        for activity in activities
    ]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _actions(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            at=action.occurred_at,
            kind="activities",
            icon="zap",
            title=_("Action: %(kind)s") % {"kind": action.kind.replace("_", " ")},
            details=[action.object_key] if action.object_key else [],
        )
        for action in _newest(MarketingAction, workspace, contact, before, limit)
    ]


def _messages(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    rows = Message.objects.in_workspace(workspace).filter(contact=contact, sent_at__lt=before)
    return [
        TimelineEntry(
            at=message.sent_at,
            kind="messages",
            icon="mail" if message.channel == Channel.EMAIL else "message-square",
            title=_("%(channel)s sent") % {"channel": Channel(message.channel).label},
            details=[text for text in (message.subject, message.campaign_key) if text],
        )
        for message in rows.order_by("-sent_at", "-pk")[:limit]
    ]


def _events(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    titles = {
        "delivered": _("Message delivered"),
        "opened": _("Message opened"),
        "clicked": _("Link in a message clicked"),
        "bounced": _("Message bounced"),
        "complained": _("Complained about a message"),
        "unsubscribed": _("Unsubscribed"),
    }
    return [
        TimelineEntry(
            at=event.occurred_at,
            kind="messages",
            icon="mail-open" if event.kind == "opened" else "mail",
            title=titles[event.kind],
            details=[
                text for text in (event.link, _("by a machine") if event.is_machine else "") if text
            ],
        )
        for event in _newest(MessageEvent, workspace, contact, before, limit)
    ]
