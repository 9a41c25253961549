from __future__ import annotations

import django_filters

from contacts.text import normalise
from transactions.models import Product, Rate, Refund, Transaction
from workspaces.tenancy import WorkspaceQuerySet

MAX_ID = 2**53


class ProductFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?search=&external_id=&brand=&category=&in_stock=`; brand and category are ids."""

    search = django_filters.CharFilter(method="filter_search")
    external_id = django_filters.CharFilter(field_name="external_id")
    brand = django_filters.NumberFilter(field_name="brand_id", decimal_places=0, max_value=MAX_ID)
    category = django_filters.NumberFilter(
        field_name="category_id", decimal_places=0, max_value=MAX_ID
    )
    in_stock = django_filters.BooleanFilter(field_name="is_in_stock")

    class Meta:
        model = Product
        fields: list[str] = []

    def filter_search(
        self, products: WorkspaceQuerySet[Product], name: str, value: str
    ) -> WorkspaceQuerySet[Product]:
        found = products.filter(name_key__contains=normalise(value))
        return found | products.filter(external_id=value.strip())


class TransactionFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?external_id=&contact=&kind=&status=&channel=`"""

    external_id = django_filters.CharFilter(field_name="external_id")
    contact = django_filters.NumberFilter(
        field_name="contact_id", decimal_places=0, max_value=MAX_ID
    )
    kind = django_filters.CharFilter(field_name="kind")
    status = django_filters.CharFilter(field_name="status")
    channel = django_filters.CharFilter(field_name="channel")

    class Meta:
        model = Transaction
        fields: list[str] = []


class RefundFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?external_id=&transaction=&contact=`; `transaction` is its external id."""

    external_id = django_filters.CharFilter(field_name="external_id")
    transaction = django_filters.CharFilter(field_name="transaction__external_id")
    contact = django_filters.NumberFilter(
        field_name="contact_id", decimal_places=0, max_value=MAX_ID
    )

    class Meta:
        model = Refund
        fields: list[str] = []


class RateFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?currency=`"""

    currency = django_filters.CharFilter(field_name="currency")

    class Meta:
        model = Rate
        fields: list[str] = []
