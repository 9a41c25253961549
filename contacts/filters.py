"""How lists of contacts are narrowed down, in the browser and over REST."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts import reading
from contacts.models import AttributeDefinition, Contact, ContactQuerySet
from contacts.registry import in_segment


class ContactFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?external_id=&email=&tag=vip&category=&segment=12&attribute=city:Kraków&search=`

    `tag` and `attribute` may be repeated: contacts that have all of them.
    """

    external_id = django_filters.CharFilter(field_name="external_id", lookup_expr="exact")
    email = django_filters.CharFilter(method="filter_email")
    search = django_filters.CharFilter(method="filter_search")
    tag = django_filters.CharFilter(method="filter_tag")
    category = django_filters.CharFilter(method="filter_category")
    segment = django_filters.NumberFilter(
        method="filter_segment", decimal_places=0, max_value=2**53
    )
    attribute = django_filters.CharFilter(method="filter_attribute")

    class Meta:
        model = Contact
        fields: list[str] = []

    def _given(self, name: str) -> list[str]:
        """Every value of a parameter that may be repeated."""
        values = self.data.getlist(name) if hasattr(self.data, "getlist") else [self.data[name]]
        return [value for value in values if value][:20]

    def filter_email(self, contacts: ContactQuerySet, name: str, value: str) -> ContactQuerySet:
        return reading.with_email(contacts, value)

    def filter_search(self, contacts: ContactQuerySet, name: str, value: str) -> ContactQuerySet:
        return reading.searched(contacts, value)

    def filter_tag(self, contacts: ContactQuerySet, name: str, value: str) -> ContactQuerySet:
        for key in self._given(name):
            contacts = reading.with_tag(contacts, self.request.workspace, key)
        return contacts

    def filter_category(self, contacts: ContactQuerySet, name: str, value: str) -> ContactQuerySet:
        return reading.with_category(contacts, self.request.workspace, value)

    def filter_segment(self, contacts: ContactQuerySet, name: str, value: Any) -> ContactQuerySet:
        for narrow in in_segment:
            try:
                contacts = narrow(
                    workspace=self.request.workspace,
                    segment_id=int(value),
                    as_of=self.request.now,
                    contacts=contacts,
                )
            except LookupError:
                raise ValidationError({"segment": _("There is no such segment.")}) from None
        return contacts

    def filter_attribute(self, contacts: ContactQuerySet, name: str, value: str) -> ContactQuerySet:
        for given in self._given(name):
            key, _colon, text = given.partition(":")
            workspace = self.request.workspace
            definition = AttributeDefinition.objects.in_workspace(workspace).filter(key=key).first()
            if definition is None:
                raise ValidationError({"attribute": _("There is no such attribute.")})
            try:
                contacts = reading.with_attribute(contacts, workspace, definition, text)
            except (ValueError, OverflowError):
                raise ValidationError(
                    {"attribute": _("The attribute can't have this value.")}
                ) from None
        return contacts
