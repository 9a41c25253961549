"""Where buyers came from, by the model a document names (semantics 17).

- `visit`: the visit in which the purchase happened (stored with it);
- `last_non_direct`: the last visit within N days that wasn't direct; direct if all were;
- `first_touch`: the contact's first visit ever;
- `any_touch`: every visit within N days, see `touched_by`.

A source given by the shop goes before every model. No visit and none given is "unknown".
Querysets of transactions and of line items are served alike: both have `contact_id`,
`occurred_at`, `channel` and `is_paid_channel`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tracking.models import TrafficChannel, Visit
from transactions.models import UNKNOWN_CHANNEL, LineItem, Transaction

M = TypeVar("M", bound=Model)
DEFAULT_DAYS = 30


class AttributionModel(TextChoices):
    """How a purchase is given a source of traffic."""

    VISIT = "visit", _("by the visit in which it happened")
    LAST_NON_DIRECT = "last_non_direct", _("by the last visit that wasn't direct")
    FIRST_TOUCH = "first_touch", _("by the contact's first visit")
    ANY_TOUCH = "any_touch", _("by any visit before it")


def with_channel(
    queryset: QuerySet[M],
    model: AttributionModel | str,
    *,
    days: int = DEFAULT_DAYS,
    as_of: datetime,
) -> QuerySet[Any]:
    """The queryset with `attributed_channel` and `attributed_is_paid`.

    `queryset` is of transactions or line items, in one workspace. Raises `ValueError` for
    `any_touch`, which has no single channel: `touched_by` answers for it.
    """
    model = AttributionModel(model)
    if model == AttributionModel.ANY_TOUCH:
        raise ValueError("Any touch has no single channel: use touched_by.")
    if model == AttributionModel.VISIT:
        return queryset.annotate(
            attributed_channel=F("channel"), attributed_is_paid=F("is_paid_channel")
        )
    visits = _visits_before(as_of)
    if model == AttributionModel.FIRST_TOUCH:
        chosen = visits.order_by("occurred_at", "external_id")
    else:
        direct_last = Case(
            When(channel=TrafficChannel.DIRECT.value, then=Value(1)), default=Value(0)
        )
        chosen = visits.filter(_within(days)).order_by(direct_last, "-occurred_at", "-external_id")
    is_given = _given(queryset)
    return queryset.annotate(
        attributed_channel=Case(
            When(is_given, then=F("channel")),
            default=Coalesce(Subquery(chosen.values("channel")[:1]), Value(UNKNOWN_CHANNEL)),
            output_field=CharField(),
        ),
        attributed_is_paid=Case(
            When(is_given, then=F("is_paid_channel")),
            default=Coalesce(Subquery(chosen.values("is_paid")[:1]), Value(False)),
            output_field=BooleanField(),
        ),
    )


def touched_by(
    queryset: QuerySet[M],
    *,
    channels: Collection[str] = (),
    is_paid: bool | None = None,
    days: int = DEFAULT_DAYS,
    as_of: datetime,
) -> QuerySet[Any]:
    """The queryset with `is_touched`: whether any visit within N days was of these.

    `channels` and `is_paid` both have to fit where both are given; with neither, any visit or
    given source does. "unknown" among the channels fits purchases without any touch.
    """
    touches = _visits_before(as_of).filter(_within(days))
    fitting = touches
    own = ~Q(channel=UNKNOWN_CHANNEL)
    if channels:
        fitting = fitting.filter(channel__in=list(channels))
        own &= Q(channel__in=list(channels))
    if is_paid is not None:
        fitting = fitting.filter(is_paid=is_paid)
        own &= Q(is_paid_channel=is_paid)
    is_touched = (_given(queryset) & own) | Q(Exists(fitting))
    if UNKNOWN_CHANNEL in channels and not is_paid:
        is_touched |= ~_given(queryset) & ~Q(Exists(touches))
    return queryset.annotate(is_touched=ExpressionWrapper(is_touched, output_field=BooleanField()))


def with_source_test(
    queryset: QuerySet[M],
    model: AttributionModel,
    *,
    days: int = DEFAULT_DAYS,
    as_of: datetime,
    own: Q,
    visited: Q,
) -> QuerySet[Any]:
    """The queryset with two aliases: is the source `is_inside`, `is_outside` those asked about?

    `own` tests a row's own source columns, `visited` those of a visit. Under `any_touch` a
    purchase can be both; otherwise it is exactly one of them.
    """
    is_own = _truth(own)
    visits = _visits_before(as_of)
    if model == AttributionModel.ANY_TOUCH:
        return _with_any_touch(queryset, visits.filter(_within(days)), own, visited)
    if model == AttributionModel.VISIT:
        return _with_one_source(queryset, is_own)
    if model == AttributionModel.FIRST_TOUCH:
        first = _first_passes(visits.order_by("occurred_at", "external_id"), visited)
        return _with_one_source(
            queryset, Case(When(_given(queryset), then=is_own), default=Coalesce(first, is_own))
        )
    last = _first_passes(
        visits.filter(_within(days))
        .exclude(channel=TrafficChannel.DIRECT)
        .order_by("-occurred_at", "-external_id"),
        visited,
    )
    # Visits are looked up only where the visit of the purchase is no answer.
    is_answer = _given(queryset) | ~Q(channel__in=[TrafficChannel.DIRECT, UNKNOWN_CHANNEL])
    return _with_one_source(
        queryset, Case(When(is_answer, then=is_own), default=Coalesce(last, is_own))
    )


def _with_any_touch(
    queryset: QuerySet[M], touches: QuerySet[Visit], own: Q, visited: Q
) -> QuerySet[Any]:
    is_given = _given(queryset)
    is_untouched = ~is_given & ~Q(Exists(touches))  # the own source is "unknown" then
    return queryset.alias(
        is_inside=_truth((is_given | is_untouched) & own | Q(Exists(touches.filter(visited)))),
        is_outside=_truth((is_given | is_untouched) & ~own | Q(Exists(touches.exclude(visited)))),
    )


def _with_one_source(queryset: QuerySet[M], is_inside: Any) -> QuerySet[Any]:
    is_outside = Case(When(is_inside, then=Value(False)), default=Value(True))
    return queryset.alias(is_inside=is_inside, is_outside=is_outside)


def _first_passes(visits: QuerySet[Visit], visited: Q) -> Subquery:
    """Whether the first of these visits passes; null without one."""
    tested = visits.annotate(passes=_truth(visited)).values("passes")[:1]
    return Subquery(tested, output_field=BooleanField())


def _truth(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _visits_before(as_of: datetime) -> QuerySet[Visit]:
    """Visits of the outer row's contact up to its purchase; those in the index only."""
    return Visit.objects.filter(
        workspace_id=OuterRef("workspace_id"),
        contact_id=OuterRef("contact_id"),
        occurred_at__lte=OuterRef("occurred_at"),
    ).filter(occurred_at__lt=as_of)


def _within(days: int) -> Q:
    return Q(
        occurred_at__gt=ExpressionWrapper(
            OuterRef("occurred_at") - Value(timedelta(days=days)),
            output_field=Visit._meta.get_field("occurred_at").__class__(),
        )
    )


def _given(queryset: QuerySet[Any]) -> Q:
    """Whether the shop gave the source; lines ask their transaction."""
    if queryset.model is Transaction:
        return Q(is_source_given=True)
    if queryset.model is not LineItem:
        raise ValueError("Only transactions and line items have a source.")
    return Q(
        Exists(
            Transaction.objects.filter(
                workspace_id=OuterRef("workspace_id"),
                pk=OuterRef("transaction_id"),
                is_source_given=True,
            )
        )
    )
