"""Where and when a tree is asked: the workspace, the instant, and perhaps only some contacts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery

from contacts.models import AttributeValue, Contact
from contacts.text import normalise
from segments.criteria.references import Found, resolve, resolve_all
from segments.criteria.windows import Bounds, Clock, Since, WindowKind, WindowZone
from tracking.models import Activity
from transactions.models import COUNTED_STATUSES, LineItem, Transaction, TransactionKind
from workspaces.models import TIME_ZONES, Workspace
from workspaces.money import decimals_of
from workspaces.tenancy import WorkspaceQuerySet

M = TypeVar("M", bound=models.Model)

_ZONE_NAMES = {normalise(name): name for name in TIME_ZONES}


class Standing(Enum):
    """Which of the rows with validity that hold at the instant: those that still do, or not."""

    ANY = "any"
    OPEN = "open"
    ENDED = "ended"


@dataclass
class Noted:
    """What criteria looked up once, and whether that is being done."""

    asks: dict[str, Callable[[Scope], Any]] = field(default_factory=dict)
    is_asking: bool = False


@dataclass(frozen=True)
class Scope:
    """What every criterion is evaluated against.

    `contact_ids` narrows the answer to these contacts ("for everybody or for these"); ranks still
    rank everybody. `narrowed_to` does the same by a query of contact ids. All querysets a criterion
    uses start here, so that nothing can escape the workspace or the instant.
    """

    workspace: Workspace
    as_of: datetime
    contact_ids: frozenset[int] | None = None
    narrowed_to: QuerySet[Any] | None = None
    standing: Standing = Standing.ANY
    _cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _noted: Noted = field(default_factory=Noted, compare=False, repr=False)

    def at(self, as_of: datetime) -> Scope:
        """The same question at another instant."""
        if as_of == self.as_of:
            return self
        what_keys_name = {k: v for k, v in self._cache.items() if k.startswith("ids:")}
        return replace(self, as_of=as_of, _cache=what_keys_name)

    def only(self, contact_ids: Collection[int] | None) -> Scope:
        """The same question for these contacts, or (None) for everybody."""
        ids = None if contact_ids is None else frozenset(contact_ids)
        return replace(self, contact_ids=ids)

    def with_rows(self, standing: Standing) -> Scope:
        """The same question of only those rows with validity: for rows asked one by one."""
        return replace(self, standing=standing)

    def among(self, contact_ids: QuerySet[Any]) -> Scope:
        """The same question for the contacts a query of one column finds."""
        return replace(self, narrowed_to=contact_ids)

    def knowing(self, names: Mapping[str, Mapping[str, Found]]) -> Scope:
        """The same, with what keys stand for, by kind: those of trees that were just parsed."""
        named = {f"ids:{kind}": dict(found) for kind, found in names.items()}
        return replace(self, _cache={**named, **self._cache})

    @property
    def clock(self) -> Clock:
        return Clock(self.as_of, self.workspace.zone, self.workspace.week_start)

    def once(self, name: str, ask: Callable[[Scope], Any], *, is_harmless: bool = False) -> Any:
        """What is asked once for this workspace and instant.

        `is_harmless`: it decides how something is asked, not what.
        """
        if not is_harmless:
            self._noted.asks[name] = ask
        key = f"once:{name}"
        if key not in self._cache:
            before, self._noted.is_asking = self._noted.is_asking, True
            try:
                self._cache[key] = ask(self)
            finally:
                self._noted.is_asking = before
        return self._cache[key]

    @contextmanager
    def noting(self) -> Iterator[Noted]:
        """Find out what is looked up by `once` in the block, at this or another instant."""
        self._noted.asks.clear()
        yield self._noted

    def money(self, amount: Decimal) -> int | Decimal:
        """Minor units of the base currency; a fraction of one stays a fraction."""
        minor = amount * 10 ** decimals_of(self.workspace.base_currency)
        return int(minor) if minor == int(minor) else minor

    def ids_of(self, reference: str, keys: Sequence[str]) -> list[int]:
        """Our ids of what the keys of a tree name (tags, brands, products, …)."""
        cached: dict[str, Found] = self._cache.setdefault(f"ids:{reference}", {})
        missing = [key for key in keys if key not in cached]
        if missing:
            cached.update(resolve(self.workspace, reference, missing))
        return sorted({i for key in keys if key in cached for i in cached[key].ids})

    def look_up(self, named: Iterable[tuple[str, str]]) -> None:
        """Find out what these (kind, key) stand for, all together."""
        missing: dict[str, set[str]] = {}
        for kind, key in named:
            if key not in self._cache.setdefault(f"ids:{kind}", {}):
                missing.setdefault(kind, set()).add(key)
        for kind, found in resolve_all(self.workspace, missing).items():
            self._cache[f"ids:{kind}"].update(found)

    def type_of(self, reference: str, key: str) -> str:
        """The type of an attribute or parameter; empty where there is none."""
        self.ids_of(reference, [key])
        found: Found | None = self._cache[f"ids:{reference}"].get(key)
        return found.type if found else ""

    # --- Where rows come from ---------------------------------------------------------------

    def contacts(self) -> QuerySet[Contact]:
        """The universe: live contacts known before the instant."""
        universe = Contact.objects.in_workspace(self.workspace).known_before(self.as_of)
        return (
            universe if self.contact_ids is None else universe.filter(pk__any_of=self.contact_ids)
        )

    def rows(self, model: type[M]) -> WorkspaceQuerySet[M]:
        """Rows of a table with a `contact`, narrowed to the contacts asked for."""
        queryset: WorkspaceQuerySet[M] = _every_row(model, self.workspace.pk).all()
        if self.contact_ids is not None:
            queryset = queryset.filter(contact_id__any_of=self.contact_ids)
        if self.narrowed_to is not None:
            queryset = queryset.filter(contact_id__in=self.narrowed_to)
        return queryset

    def facts(self, model: type[M], column: str = "occurred_at") -> WorkspaceQuerySet[M]:
        """Facts that count: those before the instant."""
        return self.rows(model).filter((f"{column}__lt", self.as_of))

    def valid(self, model: type[M]) -> WorkspaceQuerySet[M]:
        """Rows with validity, as they were at the instant."""
        still, later = Q(valid_to__isnull=True), Q(valid_to__gt=self.as_of)
        holds = {Standing.ANY: still | later, Standing.OPEN: still, Standing.ENDED: later}
        return self.rows(model).filter(holds[self.standing], valid_from__lte=self.as_of)

    def ever_valid(self, model: type[M]) -> WorkspaceQuerySet[M]:
        """Rows with validity that began by the instant, closed or not."""
        return self.rows(model).filter(valid_from__lte=self.as_of)

    def attribute_values(self, key: str) -> WorkspaceQuerySet[AttributeValue]:
        """The values of one attribute (by key) at the instant."""
        return self.valid(AttributeValue).filter(attribute_id=self.attribute_id(key))

    def purchases(self, statuses: Sequence[str] = ()) -> WorkspaceQuerySet[Transaction]:
        """Purchases as they stood at the instant, counted statuses unless others are named."""
        return self._stood(Transaction, *_bought(statuses))

    def bought_lines(self, statuses: Sequence[str] = ()) -> WorkspaceQuerySet[LineItem]:
        """Lines of purchases as they stood; what was refunded in full was not bought."""
        return self._stood(LineItem, *_bought(statuses), ("quantity__gt", 0))

    def carts(self) -> WorkspaceQuerySet[Transaction]:
        """Carts as they stood at the instant, converted or not."""
        return self._stood(Transaction, ("kind", TransactionKind.CART))

    def cart_lines(self) -> WorkspaceQuerySet[LineItem]:
        return self._stood(LineItem, ("kind", TransactionKind.CART), ("quantity__gt", 0))

    def _stood(self, model: type[M], *conditions: tuple[str, Any]) -> WorkspaceQuerySet[M]:
        """Versions that held at the instant; all conditions at once, which is built sooner."""
        return self.rows(model).filter(
            ("occurred_at__lt", self.as_of),
            Q(superseded_at__isnull=True) | Q(superseded_at__gt=self.as_of),
            ("version_from__lte", self.as_of),
            *conditions,
        )

    def attribute_id(self, key: str) -> int:
        """The id of an attribute; -1 (matches nothing) where there is none."""
        return next(iter(self.ids_of("attribute", [key])), -1)

    # --- Time -------------------------------------------------------------------------------

    def within(
        self,
        queryset: QuerySet[M],
        window: WindowKind | str,
        column: str = "occurred_at",
        contact: str = "contact_id",
    ) -> Any:
        """The rows of the queryset whose instant `column` lies in the window."""
        if isinstance(window, str):
            return queryset
        return queryset.filter(self.window_q(window, column, contact))

    def window_q(
        self,
        window: WindowKind | str,
        column: str = "occurred_at",
        contact: str = "contact_id",
    ) -> Q:
        """The condition that `column` lies in the window, for filters and conditional sums."""
        if isinstance(window, str):
            return Q()
        if isinstance(window, Since):
            return self._since(window, column, contact)
        return self.by_clock(window, lambda clock: _between(column, window.bounds(clock)), contact)

    def after(self, queryset: QuerySet[M], window: WindowKind | str) -> Any:
        """The facts at or after the window's end."""
        if isinstance(window, str) or window.bounds(self.clock).end is None:
            return queryset.none()
        return queryset.filter(
            self.by_clock(
                window,
                lambda clock: _between("occurred_at", Bounds(window.bounds(clock).end, None)),
            )
        )

    def before(self, queryset: QuerySet[M], window: WindowKind | str) -> Any:
        """The facts before the window's start."""
        if isinstance(window, str) or window.bounds(self.clock).start is None:
            return queryset.none()
        return queryset.filter(
            self.by_clock(
                window,
                lambda clock: _between("occurred_at", Bounds(None, window.bounds(clock).start)),
            )
        )

    def by_clock(
        self, window: WindowKind, make: Callable[[Clock], Q], contact: str = "contact_id"
    ) -> Q:
        """A condition on local time: in the workspace's zone, or in each contact's own."""
        if getattr(window, "zone", None) != WindowZone.CONTACT:
            return make(self.clock)
        condition = Q()
        for clock, whose in self.contact_zones(contact):
            condition |= whose & make(clock)
        return condition

    def contact_zones(self, contact: str = "contact_id") -> list[tuple[Clock, Q]]:
        """Each zone contacts have, with the condition on `contact` that tells whose it is.

        The last one is the workspace's: contacts without a zone, or with one that isn't known.
        """
        values = self.valid(AttributeValue).filter(attribute_id=self.attribute_id("time_zone"))
        known = _ZONE_NAMES
        stated = values.values_list("text_norm", flat=True).distinct()
        used = sorted(name for name in stated if name is not None and name in known)
        zones = [
            (
                Clock(self.as_of, ZoneInfo(known[name]), self.workspace.week_start),
                Q((f"{contact}__in", values.filter(text_norm=name).values("contact_id"))),
            )
            for name in used
        ]
        elsewhere = values.filter(text_norm__in=used).values("contact_id")
        others = ~Q((f"{contact}__in", elsewhere))
        return [*zones, (self.clock, others)]

    def _since(self, window: Since, column: str, contact: str) -> Q:
        latest = (
            Activity.objects.in_workspace(self.workspace)
            .filter(
                kind__key=window.since.activity,
                occurred_at__lt=self.as_of,
                contact_id=OuterRef(contact),
            )
            .order_by("-occurred_at")
            .values("occurred_at")[:1]
        )
        return Q((f"{column}__gt", Subquery(latest)))


def _bought(statuses: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    counted = tuple(statuses) or COUNTED_STATUSES
    return ("status__in", counted), ("kind", TransactionKind.PURCHASE)


@lru_cache(maxsize=1_000)
def _every_row(model: type[M], workspace_id: int) -> WorkspaceQuerySet[M]:
    """To be chained only: building it takes longer than copying it."""
    return WorkspaceQuerySet(model).in_workspace(workspace_id)


def _between(column: str, bounds: Bounds) -> Q:
    condition = Q()
    if bounds.start is not None:
        condition &= Q((f"{column}__gte", bounds.start))
    if bounds.end is not None:
        condition &= Q((f"{column}__lt", bounds.end))
    return condition
