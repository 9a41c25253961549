from __future__ import annotations

import django_filters

from campaigns.models import Campaign, CampaignState, ConfirmationRequest


class CampaignFilters(django_filters.FilterSet):  # type: ignore[misc]
    """Campaigns by name and state; archived ones only when asked for."""

    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(choices=CampaignState.choices)
    archived = django_filters.BooleanFilter(
        field_name="archived_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Campaign
        fields = ("search", "state", "archived")


class ConfirmationFilters(django_filters.FilterSet):  # type: ignore[misc]
    """Requests for confirmation by contact, topic and whether they were confirmed."""

    contact = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1)
    topic = django_filters.CharFilter()
    confirmed = django_filters.BooleanFilter(
        field_name="confirmed_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = ConfirmationRequest
        fields = ("contact", "topic", "confirmed")
