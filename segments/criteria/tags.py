"""Tags and categories: has them, and when they were given or taken."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactCategory, ContactTag
from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import AnyOrAll, reference_texts, say_values
from segments.criteria.windows import Window


class Labelled(Criterion):
    """Labels on contacts, for as long as they were there. "None of" is a group around the row."""

    family = Family.TAGS
    reference: ClassVar[str]  # tag, category: the column too
    model: ClassVar[type[Any]]

    match: AnyOrAll = AnyOrAll.ANY

    def labels(self) -> list[str]:
        """The keys asked for."""
        raise NotImplementedError

    def enough(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        """Contacts with any or all of the labels among these rows."""
        column = f"{self.reference}_id"
        wanted = scope.ids_of(self.reference, self.labels())
        rows = rows.filter(Q((f"{column}__in", wanted)))
        if self.match == AnyOrAll.ANY:
            return rows.values("contact_id")
        counted = rows.values("contact_id").annotate(number=Count(column, distinct=True))
        return counted.filter(number=len(wanted)).values("contact_id")  # type: ignore[no-any-return]


class HasLabel(Labelled):
    """Has any or all of the labels."""

    def matching(self, scope: Scope) -> QuerySet[Any]:
        return self.enough(scope.valid(self.model), scope)

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.valid(self.model).values("contact_id")

    def change(self, speech: Speech, *, holds: bool) -> str:
        needs_each = (self.match == AnyOrAll.ALL) != holds
        names = [speech.label(self.reference, key) for key in self.labels()]
        labels = say_values(names, gettext("and") if needs_each else gettext("or"))
        text = gettext("{labels} is taken off") if holds else gettext("{labels} is put on")
        return text.format(labels=labels)


class LabelGiven(Labelled):
    """Was given any or all of the labels in the window."""

    def matching(self, scope: Scope) -> QuerySet[Any]:
        rows = scope.within(scope.ever_valid(self.model), self._window, "valid_from")
        return self.enough(rows, scope)

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.ever_valid(self.model).values("contact_id")

    @property
    def _window(self) -> Any:
        return self.window  # type: ignore[attr-defined]


class LabelTaken(LabelGiven):
    """Any or all of the labels were taken off in the window."""

    def matching(self, scope: Scope) -> QuerySet[Any]:
        rows = scope.ever_valid(self.model).filter(Q(valid_to__lte=scope.as_of))
        return self.enough(scope.within(rows, self._window, "valid_to"), scope)


class OfTags(Labelled):
    """The labels are tags."""

    reference = "tag"
    model = ContactTag

    tags: reference_texts("tag")  # type: ignore[valid-type]

    def labels(self) -> list[str]:
        return list(self.tags)


@criterion
class HasTag(OfTags, HasLabel):
    """Has any or all of the tags."""

    key = "tags.has"
    label = _("Tag")
    help = _("For example: are tagged any of vip, newsletter")
    icon = "tag"
    phrase = _("are tagged {match} {tags}")
    examples = (
        {"match": "any", "tags": ["vip"]},
        {"match": "all", "tags": ["vip", "newsletter"]},
    )


@criterion
class TagGiven(OfTags, LabelGiven):
    """Was given any or all of the tags in the window."""

    key = "tags.given"
    label = _("Tag was given")
    help = _("For example: were tagged vip in the last 7 days")
    icon = "tag"
    phrase = _("were tagged {match} {tags} {window}")
    examples = (
        {"match": "any", "tags": ["vip", "newsletter"], "window": {"last": 30, "unit": "days"}},
        {"match": "all", "tags": ["vip", "newsletter"], "window": {"from": "2026-01-01"}},
    )

    window: Window


@criterion
class TagTaken(OfTags, LabelTaken):
    """Any or all of the tags were taken off in the window."""

    key = "tags.taken"
    label = _("Tag was taken off")
    help = _("For example: lost the tag vip in this calendar month")
    icon = "tag"
    phrase = _("lost the tag {match} {tags} {window}")
    examples = (
        {"match": "any", "tags": ["vip"], "window": {"last": 90, "unit": "days"}},
        {"match": "all", "tags": ["vip", "newsletter"], "window": "ever"},
    )

    window: Window


class OfCategories(Labelled):
    """The labels are contact categories."""

    reference = "category"
    model = ContactCategory

    categories: reference_texts("category")  # type: ignore[valid-type]

    def labels(self) -> list[str]:
        return list(self.categories)


@criterion
class InCategory(OfCategories, HasLabel):
    """Is in any or all of the contact categories."""

    key = "categories.has"
    label = _("Category")
    help = _("For example: are in the category any of wholesale, press")
    icon = "folder"
    phrase = _("are in the category {match} {categories}")
    examples = (
        {"match": "any", "categories": ["wholesale"]},
        {"match": "all", "categories": ["wholesale", "press"]},
    )


@criterion
class CategoryGiven(OfCategories, LabelGiven):
    """Was put into any or all of the categories in the window."""

    key = "categories.given"
    label = _("Category was given")
    help = _("For example: were put into wholesale in the last 30 days")
    icon = "folder-plus"
    phrase = _("were put into {match} {categories} {window}")
    examples = (
        {"match": "any", "categories": ["wholesale"], "window": {"last": 60, "unit": "days"}},
        {"match": "all", "categories": ["wholesale", "press"], "window": "ever"},
    )

    window: Window


@criterion
class CategoryTaken(OfCategories, LabelTaken):
    """Was taken out of any or all of the categories in the window."""

    key = "categories.taken"
    label = _("Category was taken away")
    help = _("For example: left the category wholesale in the last 30 days")
    icon = "folder"
    phrase = _("left the category {match} {categories} {window}")
    examples = (
        {"match": "any", "categories": ["wholesale"], "window": {"last": 60, "unit": "days"}},
        {"match": "all", "categories": ["wholesale", "press"], "window": "ever"},
    )

    window: Window
