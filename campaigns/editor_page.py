"""What the campaign editor's page needs to start, embedded as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from campaigns.documents import Audience, Content, Testing, conditions_in, read_part
from campaigns.models import (
    Campaign,
    CodePool,
    ConsentRule,
    SenderDomain,
    SendingAccount,
    SendingSettings,
    Topic,
)
from campaigns.serializers import CampaignSerializer
from campaigns.services.saving import PARTS
from contacts.models import Contact, StaticList
from segments.models import Segment
from transactions.models import Product
from workspaces.middleware import WorkspaceRequest
from workspaces.models import Workspace
from workspaces.policies import Action


def editor_data(request: WorkspaceRequest, campaign: Campaign | None) -> dict[str, Any]:
    """The campaign (None for a new one), addresses, and what it can be sent with."""
    workspace = request.workspace
    return {
        "campaign": _campaign(campaign),
        "blank": _blank(),
        "labels": _labels(workspace, campaign),
        "urls": _urls(workspace),
        "choices": _choices(workspace),
        "settings": _settings(workspace),
        "context": {
            "timeZone": workspace.time_zone,
            "now": request.now,
            "contacts": Contact.objects.in_workspace(workspace).live().count(),
            "email": request.user.email if request.user.is_authenticated else "",
            "maySend": request.actor.may(Action.SEND_CAMPAIGNS),
            "mayManage": request.actor.may(Action.MANAGE_WORKSPACE),
        },
    }


def _campaign(campaign: Campaign | None) -> dict[str, Any] | None:
    """The campaign, with every field of its documents."""
    if campaign is None:
        return None
    document = dict(CampaignSerializer(campaign).data)
    for name, model in PARTS.items():
        part = read_part(model, document[name], path=f"$.{name}")
        document[name] = part.model_dump(mode="json")
    return document


def _blank() -> dict[str, Any]:
    """The parts of a campaign nobody has said anything about."""
    return {name: model().model_dump(mode="json") for name, model in PARTS.items()}


def _labels(workspace: Workspace, campaign: Campaign | None) -> dict[str, dict[str, Any]]:
    """Names and sizes of what the campaign names already."""
    if campaign is None:
        return {"segment": {}, "list": {}, "product": {}}
    audience = read_part(Audience, campaign.audience, path="$.audience")
    content = read_part(Content, campaign.content, path="$.content")
    testing = read_part(Testing, campaign.testing, path="$.testing")
    segments = {*audience.segments, *audience.exclude_segments}
    segments |= conditions_in(content) | conditions_in(testing)
    return {
        "segment": _segments(workspace, segments),
        "list": _lists(workspace, {*audience.lists, *audience.exclude_lists}),
        "product": _products(workspace, campaign),
    }


def _segments(workspace: Workspace, ids: Iterable[int]) -> dict[str, Any]:
    rows = Segment.objects.in_workspace(workspace).filter(pk__in=list(ids))
    return {str(row.pk): {"label": row.name, "count": row.size} for row in rows}


def _lists(workspace: Workspace, ids: Iterable[int]) -> dict[str, Any]:
    rows = StaticList.objects.in_workspace(workspace).filter(pk__in=list(ids))
    return {str(row.pk): {"label": row.name, "count": None} for row in rows}


def _products(workspace: Workspace, campaign: Campaign) -> dict[str, Any]:
    keys = campaign.references.in_workspace(workspace).filter(kind="product").values("key")
    rows = Product.objects.in_workspace(workspace).filter(external_id__in=keys)
    return {row.external_id: {"label": row.name, "count": None} for row in rows}


def _choices(workspace: Workspace) -> dict[str, Any]:
    """What a campaign can be sent with, and under which rules."""
    accounts = SendingAccount.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    topics = Topic.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    pools = CodePool.objects.in_workspace(workspace).filter(archived_at__isnull=True)
    return {
        "accounts": [
            {
                "id": account.pk,
                "name": account.name,
                "transport": account.get_transport_display(),
                "is_default": account.is_default,
                "error": account.error,
            }
            for account in accounts.order_by("-is_default", "name")
        ],
        "topics": list(topics.order_by("position", "name").values("id", "name")),
        "pools": list(pools.order_by("name").values("id", "name")),
        "consentRules": [[value, str(label)] for value, label in ConsentRule.choices],
        "domains": list(
            SenderDomain.objects.in_workspace(workspace)
            .order_by("domain")
            .values("id", "domain", "spf", "dkim", "dmarc")
        ),
    }


def _settings(workspace: Workspace) -> dict[str, Any]:
    """What holds for every campaign of the workspace."""
    found = SendingSettings.objects.in_workspace(workspace).first() or SendingSettings()
    return {
        "hasAddress": bool(found.postal_address.strip()),
        "cap": found.cap_number,
        "capDays": found.cap_days,
        "quietFrom": f"{found.quiet_from:%H:%M}" if found.quiet_from else None,
        "quietTo": f"{found.quiet_to:%H:%M}" if found.quiet_to else None,
        "holdoutPoints": found.holdout_points,
    }


def _urls(workspace: Workspace) -> dict[str, str]:
    """Addresses the editor asks; "/0/" stands for a campaign's id."""
    api = f"/w/{workspace.pk}/api/"
    here = workspace.pk
    return {
        "campaigns": f"{api}campaigns/",
        "segments": f"{api}segments/",
        "lists": f"{api}lists/",
        "suggestions": f"{api}segments/suggestions/",
        "contacts": f"{api}contacts/",
        "savedBlocks": f"{api}saved-blocks/",
        "list": reverse("campaigns:list", args=[here]),
        "edit": reverse("campaigns:edit", args=[here, 0]),
        "page": reverse("campaigns:page", args=[here, 0]),
        "accounts": reverse("campaigns:accounts", args=[here]),
        "domains": reverse("campaigns:domains", args=[here]),
        "settings": reverse("campaigns:settings", args=[here]),
        "preview": reverse("campaigns:preview", args=[here, 0]),
        "waterfallList": reverse("campaigns:waterfall-list", args=[here, 0]),
    }
