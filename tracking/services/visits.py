"""Recording visits: classified, with their pages, once per external id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from contacts.models import ChangeKind
from contacts.services import touch_contacts
from contacts.text import key_of, normalise
from tracking.inserting import insert_all
from tracking.items import (
    ContactReference,
    ExternalId,
    Instant,
    Item,
    ItemBatch,
    ShortText,
    Url,
    UtmFields,
    clamp,
)
from tracking.models import PageView, TrafficChannel, Visit
from tracking.pages import page_of, place_of
from tracking.references import contacts_of
from tracking.services.coverage import record_coverage
from tracking.services.facts import store_facts
from tracking.signals import visits_recorded
from tracking.sources import TrafficSource, classify
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

MAX_VISIT = timedelta(hours=24)
IDLENESS = timedelta(minutes=30)  # after which a visit is over
MAX_PAGES = 500

ChannelName = Literal[
    "paid_search",
    "paid_social",
    "display",
    "affiliate",
    "other_paid",
    "organic_search",
    "organic_social",
    "email",
    "sms",
    "push",
    "assistant",
    "referral",
    "direct",
    "other",
]


class GivenSource(Item):
    """A traffic source as the integrator states it; a channel goes before the UTM fields."""

    channel: ChannelName | None = None
    utm: UtmFields = UtmFields()
    referrer: Url | None = None
    url: Url | None = None


class PageItem(Item):
    """A page seen in a visit."""

    url: Url
    occurred_at: Instant
    product: ExternalId | None = None


class VisitItem(Item):
    """One visit of a batch, as docs/rest.md `visits/batch` names it."""

    external_id: ExternalId
    contact: ContactReference
    occurred_at: Instant
    url: Url
    referrer: Url | None = None
    source: GivenSource | None = None
    device: ShortText | None = None
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = None
    duration: Annotated[int, Field(ge=0, le=86_400)] | None = None  # seconds
    pages: Annotated[list[PageItem], Field(max_length=MAX_PAGES)] = []


def record_visits(
    *,
    workspace: Workspace,
    items: Sequence[Any],
    now: datetime,
    source: str,
    own_hosts: Collection[str] = (),
) -> list[ItemResult]:
    """Store visits with their pages, and tell whoever attributes transactions.

    `own_hosts` are the shop's hosts beside that of each visit's own page.
    """
    batch = ItemBatch(items, VisitItem)
    with workspace_scope(workspace):
        items_of = dict(batch.pending)
        recorder = _Recorder(workspace, batch, now, source, own_hosts)
        stored = store_facts(
            workspace=workspace, batch=batch, model=Visit, prepare=recorder.prepare
        )
        pages = [
            page
            for index, visit in stored.items()
            for page in _page_views(visit, items_of[index], now)
        ]
        insert_all(pages)
        _tell(workspace, list(stored.values()))
    return batch.in_order()


def _tell(workspace: Workspace, visits: list[Visit]) -> None:
    if not visits:
        return
    touch_contacts(
        workspace=workspace,
        contact_ids={visit.contact_id for visit in visits},
        kind=ChangeKind.VISIT,
    )
    record_coverage(
        workspace=workspace, earliest={"visits": min(visit.occurred_at for visit in visits)}
    )
    visits_recorded.send(sender=Visit, workspace=workspace, visits=visits)


@dataclass(frozen=True)
class _Recorder:
    """Makes rows of the items of one batch."""

    workspace: Workspace
    batch: ItemBatch[VisitItem]
    now: datetime
    source: str
    own_hosts: Collection[str]

    def prepare(self, pending: dict[int, VisitItem]) -> dict[int, Visit]:
        contact_ids = contacts_of(
            workspace=self.workspace, batch=self.batch, now=self.now, source=self.source
        )
        rows: dict[int, Visit] = {}
        continuing: list[Visit] = []
        for index, contact_id in contact_ids.items():
            item = pending[index]
            found = _source_of(item, self.own_hosts)
            rows[index] = visit = self._row(item, contact_id, found)
            if found.is_continuation:
                continuing.append(visit)
        _continue_visits(self.workspace, continuing, rows.values())
        return rows

    def _row(self, item: VisitItem, contact_id: int, found: TrafficSource) -> Visit:
        occurred_at, is_clamped = clamp(item.occurred_at, self.now)
        return Visit(
            workspace_id=self.workspace.pk,
            external_id=item.external_id,
            contact_id=contact_id,
            occurred_at=occurred_at,
            received_at=self.now,
            is_clamped=is_clamped,
            duration=item.duration,
            ended_at=_end_of(item, occurred_at, self.now),
            channel=found.channel.value,
            is_paid=found.is_paid,
            utm_source=found.utm_source,
            utm_medium=found.utm_medium,
            utm_campaign=found.utm_campaign,
            utm_term=found.utm_term,
            utm_content=found.utm_content,
            click_id=found.click_id,
            referrer_host=found.referrer_host,
            landing_page=key_of(place_of(item.url)),
            device=normalise(item.device or "")[:20],
            country=(item.country or "").lower(),
            pages=len(item.pages),
        )


def _source_of(item: VisitItem, own_hosts: Collection[str]) -> TrafficSource:
    """What the item says of its source, else what its addresses tell."""
    if item.source is None:
        return classify(item.url, item.referrer, own_hosts=own_hosts)
    return given_source(item.source, url=item.url, referrer=item.referrer, own_hosts=own_hosts)


def given_source(
    given: GivenSource,
    *,
    url: str | None = None,
    referrer: str | None = None,
    own_hosts: Collection[str] = (),
) -> TrafficSource:
    """A stated source, classified where no channel is stated."""
    found = classify(
        given.url or url,
        given.referrer or referrer,
        own_hosts=own_hosts,
        utm=given.utm.model_dump(),
    )
    if given.channel is None:
        return found
    return replace(found, channel=TrafficChannel(given.channel), is_continuation=False)


def _end_of(item: VisitItem, occurred_at: datetime, now: datetime) -> datetime:
    """The last thing known of a visit, at most a day after its start."""
    last = occurred_at + timedelta(seconds=item.duration or 0)
    for page in item.pages:
        last = max(last, page.occurred_at)
    return max(occurred_at, min(last, occurred_at + MAX_VISIT, now))


def _page_views(visit: Visit, item: VisitItem, now: datetime) -> Iterable[PageView]:
    for position, page in enumerate(item.pages):
        address = page_of(page.url)
        yield PageView(
            workspace_id=visit.workspace_id,
            visit_id=visit.pk,
            contact_id=visit.contact_id,
            occurred_at=min(page.occurred_at, now),
            position=position,
            page=address,
            page_key=key_of(address),
            product_key=page.product or "",
        )


_SOURCE_FIELDS = (
    "channel",
    "is_paid",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "click_id",
    "referrer_host",
)


def _continue_visits(workspace: Workspace, continuing: list[Visit], batch: Iterable[Visit]) -> None:
    """Whoever comes back from paying, or from our own page, came from where they came first."""
    if not continuing:
        return
    earliest = min(visit.occurred_at for visit in continuing)
    latest = max(visit.occurred_at for visit in continuing)
    before = Visit.objects.in_workspace(workspace).filter(
        contact_id__any_of={visit.contact_id for visit in continuing},
        occurred_at__gte=earliest - MAX_VISIT,
        occurred_at__lt=latest,
    )
    visits_of: dict[int, list[Visit]] = {}
    for visit in [*before, *batch]:
        visits_of.setdefault(visit.contact_id, []).append(visit)
    for visit in sorted(continuing, key=lambda visit: visit.occurred_at):
        open_then = [
            other
            for other in visits_of[visit.contact_id]
            if other.occurred_at < visit.occurred_at <= other.ended_at + IDLENESS
        ]
        if open_then:
            origin = max(open_then, key=lambda other: other.occurred_at)
            for name in _SOURCE_FIELDS:
                setattr(visit, name, getattr(origin, name))
