from __future__ import annotations

import django_filters

from segments.models import Segment, SegmentState


class SegmentFilters(django_filters.FilterSet):  # type: ignore[misc]
    """Segments by name, state and label; archived ones only when asked for."""

    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(choices=SegmentState.choices)
    label = django_filters.CharFilter(field_name="labels", lookup_expr="contains")
    archived = django_filters.BooleanFilter(
        field_name="archived_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Segment
        fields = ("search", "state", "label", "archived")
