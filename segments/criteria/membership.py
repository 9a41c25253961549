"""Other segments over time, and static lists.

"In for at least", "entered" and "left" mean the other segment's current definition evaluated at
the workspace's day-ends up to the instant, and at the instant itself; never recorded snapshots,
whose schedule would change the answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import AfterValidator, Field

from contacts.models import ListEntry
from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import MAX_VALUES, AnyOrAll, Control
from segments.criteria.windows import EVER, Window, say_window
from segments.models import Segment
from workspaces.numbers import whole_number

MAX_DAYS = 90


def _known_id(value: int | str) -> int | str:
    if whole_number(str(value)) is None:
        raise ValueError(_("An id is expected here."))
    return value


# As it stands in the document: 12 or "12".
Id = Annotated[
    Annotated[int, Field(strict=True)] | Annotated[str, Field(strict=True, max_length=18)],
    AfterValidator(_known_id),
]
Days = Annotated[int, Field(ge=1, le=MAX_DAYS, strict=True), Control("number", whole=True)]


class OverTime(Criterion):
    """A question about another segment's members at several instants."""

    family = Family.MEMBERSHIP
    icon = "users"

    segment: Annotated[Id, Control("reference", reference="segment")]
    days: Days

    def instants(self) -> int:
        return self.days + 2

    def moments(self, scope: Scope) -> list[datetime]:
        """The instant itself, then midnights back to the one that lies `days` days ago."""
        clock = scope.clock
        midnights = [
            clock.midnight(clock.today - timedelta(days=back)) for back in range(self.days + 1)
        ]
        return [scope.as_of, *(each for each in midnights if each < scope.as_of)]

    def members_at(self, scope: Scope) -> list[QuerySet[Any]]:
        """The other segment's members at each moment, newest first."""
        from segments.compiler import compile_tree
        from segments.criteria.tree import SegmentNode, Tree, parse_tree

        segment_id = int(self.segment)
        segment = Segment.objects.in_workspace(scope.workspace).get(pk=segment_id)
        inner = parse_tree(
            segment.definition.get("where"), workspace=scope.workspace, ancestors=(segment_id,)
        )
        node = SegmentNode("$", False, segment_id, segment.name, inner.root)
        return [
            compile_tree(Tree(node), scope.at(moment)).order_by().values("pk")
            for moment in self.moments(scope)
        ]

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return ()  # members at other instants, not rows of this contact

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "segment":
            return speech.label("segment", str(self.segment))
        if name == "days":
            return ngettext("%d day", "%d days", self.days) % self.days
        return super().say_field(name, speech)


@criterion
class InSegmentFor(OverTime):
    """In the segment now and at every day-end for at least so many days."""

    key = "segments.in_for"
    label = gettext_lazy("In a segment for some time")
    help = gettext_lazy("For example: are in Loyal customers for at least 30 days")
    phrase = gettext_lazy("have been in the segment “{segment}” for at least {days}")
    examples = ({"segment": "{segment}", "days": 30}, {"segment": "{segment}", "days": 1})

    def matching(self, scope: Scope) -> QuerySet[Any]:
        first, *others = self.members_at(scope)
        return first.intersection(*others)


@criterion
class EnteredSegment(OverTime):
    """Came into the segment in the last days: in at one day-end and not at the one before."""

    key = "segments.entered"
    label = gettext_lazy("Entered a segment")
    help = gettext_lazy("For example: entered Loyal customers in the last 7 days")
    phrase = gettext_lazy("entered the segment “{segment}” in the last {days}")
    examples = ({"segment": "{segment}", "days": 7}, {"segment": "{segment}", "days": 1})

    def matching(self, scope: Scope) -> QuerySet[Any]:
        at = self.members_at(scope)
        return _any_of([newer.difference(older) for newer, older in pairwise(at)])


@criterion
class LeftSegment(OverTime):
    """Went out of the segment in the last days: in at one day-end and not at the next."""

    key = "segments.left"
    label = gettext_lazy("Left a segment")
    help = gettext_lazy("For example: left Loyal customers in the last 7 days")
    phrase = gettext_lazy("left the segment “{segment}” in the last {days}")
    examples = ({"segment": "{segment}", "days": 7}, {"segment": "{segment}", "days": 1})

    def matching(self, scope: Scope) -> QuerySet[Any]:
        at = self.members_at(scope)
        return _any_of([older.difference(newer) for newer, older in pairwise(at)])


def _any_of(querysets: list[QuerySet[Any]]) -> QuerySet[Any]:
    first, *others = querysets
    return first.union(*others, all=True) if others else first


@criterion
class OnList(Criterion):
    """On any or all of the static lists; added in a window if one is given."""

    key = "lists.on_list"
    label = gettext_lazy("On a list")
    help = gettext_lazy("For example: are on any of Fair 2026, added in the last 30 days")
    family = Family.MEMBERSHIP
    icon = "clipboard-list"
    phrase = gettext_lazy("are on {match} {lists} {added}")
    examples = (
        {"lists": ["{list}"]},
        {"match": "all", "lists": ["{list}"], "added": {"last": 30, "unit": "days"}},
    )

    match: AnyOrAll = AnyOrAll.ANY
    lists: Annotated[
        list[Id],
        Field(min_length=1, max_length=MAX_VALUES),
        Control("references", reference="list"),
    ]
    added: Annotated[Window | None, Control("window", optional=True)] = None

    def matching(self, scope: Scope) -> QuerySet[Any]:
        wanted = scope.ids_of("list", [str(each) for each in self.lists])
        entries = scope.valid(ListEntry).filter(static_list_id__in=wanted)
        if self.added is not None:
            entries = scope.within(entries, self.added, "valid_from")
        contacts = entries.values("contact_id")
        if self.match == AnyOrAll.ANY:
            return contacts
        counted = contacts.annotate(number=Count("static_list_id", distinct=True))
        return counted.filter(number=len(wanted)).values("contact_id")

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.valid(ListEntry).values("contact_id")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "added":
            if self.added is None or self.added == EVER:
                return ""
            return _("(added {window})").format(window=say_window(self.added))
        return super().say_field(name, speech)
