"""Tags and categories: has them, and when they were given or taken."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactTag
from segments.criteria.base import Criterion, Family, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import AnyOrAll, reference_texts


@criterion
class HasTag(Criterion):
    """Has any or all of the tags. "None of" is a group around the row."""

    key = "tags.has"
    label = _("Tag")
    help = _("Has any or all of these tags")
    family = Family.TAGS
    icon = "tag"
    phrase = _("is tagged {match} {tags}")
    examples = (
        {"match": "any", "tags": ["vip"]},
        {"match": "all", "tags": ["vip", "newsletter"]},
    )

    match: AnyOrAll = AnyOrAll.ANY
    tags: reference_texts("tag")  # type: ignore[valid-type]

    def matching(self, scope: Scope) -> QuerySet[Any]:
        wanted = scope.ids_of("tag", self.tags)
        tagged = scope.valid(ContactTag).filter(tag_id__in=wanted)
        if self.match == AnyOrAll.ANY:
            return tagged.values("contact_id")
        counted = tagged.values("contact_id").annotate(number=Count("tag_id", distinct=True))
        return counted.filter(number=len(set(wanted))).values("contact_id")

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.valid(ContactTag).values("contact_id")
