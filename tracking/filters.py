from __future__ import annotations

import django_filters

from tracking.models import Activity, Visit

MAX_ID = 2**53


class VisitFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?contact=&channel=&external_id=`"""

    contact = django_filters.NumberFilter(
        field_name="contact_id", decimal_places=0, max_value=MAX_ID
    )
    channel = django_filters.CharFilter(field_name="channel")
    external_id = django_filters.CharFilter(field_name="external_id")

    class Meta:
        model = Visit
        fields: list[str] = []


class ActivityFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?contact=&kind=&external_id=`"""

    contact = django_filters.NumberFilter(
        field_name="contact_id", decimal_places=0, max_value=MAX_ID
    )
    kind = django_filters.CharFilter(field_name="kind__key")
    external_id = django_filters.CharFilter(field_name="external_id")

    class Meta:
        model = Activity
        fields: list[str] = []
