"""What campaigns tell the apps below: which segments, lists and other things they name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.keys import campaign_of_key, key_of_campaign
from campaigns.models import Campaign, CampaignReference
from campaigns.services.confirming import may_be_asked
from contacts.models import Contact
from contacts.registry import ConsentStep, Use, consent_steps, used_in
from segments.registry import campaign_names, users_of_segments
from workspaces.models import Workspace

NEWEST = 200


@used_in.register
def campaigns_naming(
    *, workspace: Workspace, subject: str, instances: Sequence[models.Model]
) -> Mapping[int, Sequence[Use]]:
    """Campaigns that name lists, attributes and the like; trees name them by the same keys."""
    by_key = {str(getattr(instance, "key", instance.pk)): instance.pk for instance in instances}
    uses = _uses(workspace, subject, by_key)
    return {by_key[key]: found for key, found in uses.items()}


@users_of_segments.register
def campaigns_sending_to(
    *, workspace: Workspace, segment_ids: Collection[int]
) -> Mapping[int, Sequence[Use]]:
    """Campaigns whose audience, exclusions or content name the segments."""
    uses = _uses(workspace, "segment", [str(segment_id) for segment_id in segment_ids])
    return {int(key): found for key, found in uses.items()}


@consent_steps.register
def asking_to_confirm(*, workspace: Workspace, contact: Contact) -> Sequence[ConsentStep]:
    """A button, where asking would be more than an error."""
    if not may_be_asked(workspace=workspace, contact=contact):
        return ()
    url = reverse("campaigns:confirmations", args=[workspace.pk])
    return [ConsentStep(_("Ask to confirm"), url, {"contact": str(contact.pk)})]


@campaign_names.register
def names_of_our_campaigns(
    *, workspace: Workspace, keys: Collection[str] | None
) -> Mapping[str, str]:
    """Campaigns by the key their messages carry, archived ones too: what was sent was sent."""
    campaigns = Campaign.objects.in_workspace(workspace).order_by("-changed_at", "-pk")
    if keys is None:
        campaigns = campaigns.filter(archived_at__isnull=True)[:NEWEST]
    else:
        campaigns = campaigns.filter(pk__in=[*filter(None, map(campaign_of_key, keys))])
    return {key_of_campaign(pk): name for pk, name in campaigns.values_list("pk", "name")}


def _uses(workspace: Workspace, kind: str, keys: Iterable[str]) -> dict[str, list[Use]]:
    references = (
        CampaignReference.objects.in_workspace(workspace)
        .filter(kind=kind, key__in=list(keys), campaign__archived_at__isnull=True)
        .select_related("campaign")
        .order_by("campaign__name", "campaign_id")
    )
    uses: dict[str, list[Use]] = {}
    for reference in references:
        url = page_of_campaign(workspace, reference.campaign_id)
        uses.setdefault(reference.key, []).append(Use("campaign", reference.campaign.name, url))
    return uses


def page_of_campaign(workspace: Workspace, campaign_id: int) -> str:
    """The address of the campaign's page."""
    return reverse("campaigns:page", args=[workspace.pk, campaign_id])
