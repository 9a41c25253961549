"""The list of segments and the pages of one, as people see and use them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import ListEntry, StaticList
from contacts.services import create_tag
from segments.models import Segment, Snapshot
from segments.services import backfilling
from tests.browsing import check_page, chromium, open_page
from tests.makers.contacts import make_contact, make_contacts
from tests.makers.recounts import (
    EVERYBODY,
    ask,
    change,
    claim_now,
    counts,
    do,
    read_segment,
    save_segment,
    snapshots,
    work,
)
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import make_member, make_user, make_workspace
from workspaces.models import Role
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]
pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = timedelta(days=1)
BOUGHT = {
    "type": "transactions.number_of_orders",
    "operator": "at_least",
    "number": 1,
    "window": {"last": 30, "unit": "days"},
}
TAGGED = {"type": "tags.has", "match": "any", "tags": ["vip"]}


def make_shop(*, line: bool = False):
    """A shop with a counted segment, which may have its trend, and its owner signed in."""
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    now = timezone.now() - timedelta(seconds=5)  # the count a second later lies in the past
    workspace = make_workspace("Nordlicht", owner=owner, now=now - 200 * DAY)
    for index in range(8):
        contact = make_contact(
            workspace,
            now=now,
            email=f"ewa{index}@mail.example",
            attributes={"first_name": "Ewa", "last_name": f"Nowak {index}"},
            observed_at=(now - 180 * DAY).isoformat(),
        )
        make_transaction(workspace, contact, now - (2 + 12 * index) * DAY, "10", now=now)
    segment = save_segment(workspace, BOUGHT, name="Bought lately", now=now, labels=["shop"])
    work(now=now + timedelta(seconds=1), backfills=line)
    client = Client()
    client.force_login(owner)
    return workspace, segment, owner, client


def address(workspace, *parts: object) -> str:
    return "/".join([f"/w/{workspace.pk}/segments", *map(str, parts), ""])


def text_of(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_list_shows_size_change_freshness_and_use():
    workspace, segment, _owner, client = make_shop()
    save_segment(workspace, {"segment": segment.pk}, name="Uses it", now=timezone.now())
    page = text_of(client.get(address(workspace)))
    assert "Bought lately" in page
    assert "Uses it" in page
    assert "not counted yet" in page or "counting" in page
    assert read_segment(segment).size == 3


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Bought lately", "Other"}),
        ("?search=LATELY", {"Bought lately"}),
        ("?label=shop", {"Bought lately"}),
        ("?state=archived", {"Gone"}),
        ("?state=broken", set()),
        ("?sort=nonsense&page=99", {"Bought lately", "Other"}),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(query, shown):
    workspace, _segment, _owner, client = make_shop()
    save_segment(workspace, EVERYBODY, name="Other")
    gone = save_segment(workspace, EVERYBODY, name="Gone")
    with workspace_scope(workspace):
        Segment.objects.filter(pk=gone.pk).update(archived_at=timezone.now())
    page = text_of(client.get(address(workspace) + query))
    names = {name for name in ("Bought lately", "Other", "Gone") if f">{name}</a>" in page}
    assert names == shown


def test_the_page_has_the_number_the_trend_and_the_same_as_a_table():
    workspace, segment, _owner, client = make_shop(line=True)
    response = client.get(address(workspace, segment.pk))
    page = text_of(response)
    assert '<p class="total num">3</p>' in page
    trend = response.context["trend"]
    assert len(trend["at"]) == len(trend["size"]) == len(snapshots(segment, recorded=False)) == 91
    yesterday = timezone.now().astimezone(workspace.zone) - DAY
    assert response.context["points"][-1].last_day.astimezone(workspace.zone).date() == (
        yesterday.date()
    ), "the last midnight ends yesterday"
    recorded = client.get(address(workspace, segment.pk) + "?line=recorded&days=30")
    assert [point.is_recorded for point in recorded.context["points"]] == [True]


def test_the_line_has_ranges_and_says_how_far_it_is():
    workspace, segment, _owner, client = make_shop(line=True)
    url = address(workspace, segment.pk)
    numbers = {days: len(client.get(f"{url}?days={days}").context["points"]) for days in (30, 90)}
    assert numbers == {30: 31, 90: 91}
    year = client.get(f"{url}?days=365")
    assert (year.context["days"], year.context["periods"]) == (365, (30, 90, 365))
    assert client.get(f"{url}?days=7").context["days"] == 90
    assert "line-progress" not in text_of(year)

    change(segment, where=EVERYBODY, now=timezone.now())
    work_some(segment)
    page = text_of(client.get(url))
    assert '<progress id="line-progress" max="91" value="7"' in page
    assert "7 of 91 days computed" in page
    state = client.get(f"{url}state/").json()
    assert state["backfill"] == {"done": 7, "total": 91}
    assert state["counting_since"] is None


def work_some(segment):
    """The new count, and the beginning of the line."""
    now = timezone.now()
    do(claim_now(now=now), now=now)
    held = claim_now(now=now)
    assert held.reason == "backfill"
    calls = iter([False, False, True])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backfilling, "_should_stand_back", lambda *_: next(calls))
        do(held, now=now)


def test_a_count_that_runs_says_since_when():
    workspace, segment, _owner, client = make_shop()
    ask(segment, now=timezone.now())
    url = address(workspace, segment.pk)
    assert "waiting to be counted" in text_of(client.get(url))
    now = timezone.now()
    claim_now(now=now)
    page = text_of(client.get(url))
    assert "counting now" in page
    assert 'data-since="' in page
    since = client.get(f"{url}state/").json()["counting_since"]
    assert abs(datetime.fromisoformat(since) - now) < timedelta(seconds=0.01)


def test_a_recorded_line_of_many_counts_shows_the_last_of_each_day():
    workspace, segment, _owner, client = make_shop()
    now = timezone.now() - timedelta(days=3)
    with workspace_scope(workspace):
        kept = Snapshot.objects.get(is_recorded=True)
        for hour in range(6):
            Snapshot.objects.create(
                workspace=workspace,
                segment=segment,
                as_of=now.replace(hour=8 + hour, minute=0),
                version_number=1,
                is_recorded=True,
                reason="schedule",
                size=3 + hour % 2,
                entered=hour % 2,
                left=1 if hour % 2 == 0 and hour else 0,
                members=kept.members,
            )
    url = address(workspace, segment.pk) + "?line=recorded"
    assert len(client.get(f"{url}&days=30").context["points"]) == 7
    first, _latest = client.get(f"{url}&days=365").context["points"]
    assert (first.size, first.entered, first.left) == (4, 3, 2)


def test_a_broken_segment_says_what_is_missing():
    workspace, _segment, _owner, client = make_shop()
    with workspace_scope(workspace):
        tag = create_tag(workspace=workspace, name="vip")
    broken = save_segment(workspace, TAGGED, name="Broken", now=timezone.now())
    with workspace_scope(workspace):
        type(tag).objects.filter(pk=tag.pk).delete()
    work(now=timezone.now())
    page = text_of(client.get(address(workspace, broken.pk)))
    assert "$.where.tags[0]" in page
    assert "broken" in text_of(client.get(address(workspace) + "?state=broken"))
    frozen = client.post(address(workspace, broken.pk, "freeze"), {"name": "x"}, follow=True)
    assert frozen.status_code == 200


def test_recounting_cancelling_copying_archiving_and_freezing_by_their_buttons():
    workspace, segment, _owner, client = make_shop()
    url = address(workspace, segment.pk)
    assert client.post(f"{url}recount/").status_code == 302
    assert [recount.reason for recount in counts(segment)] == ["saved", "ad_hoc"]
    assert client.get(f"{url}state/").json()["freshness"] == "counting"
    client.post(f"{url}cancel/")
    assert client.get(f"{url}state/").json()["freshness"] == "fresh"

    client.post(f"{url}freeze/", {"name": "Frozen"})
    with workspace_scope(workspace):
        frozen = StaticList.objects.get(name="Frozen")
        assert ListEntry.objects.filter(static_list=frozen).count() == 3

    assert client.post(f"{url}duplicate/").status_code == 302
    client.post(f"{url}archive/")
    assert read_segment(segment).archived_at is not None
    client.post(f"{url}restore/")
    assert read_segment(segment).archived_at is None


@pytest.mark.parametrize("action", ["recount", "cancel", "duplicate", "archive", "freeze"])
def test_somebody_who_may_only_look_can_do_nothing(action):
    workspace, segment, _owner, _client = make_shop()
    viewer = make_member(workspace, Role.VIEWER).user
    client = Client()
    client.force_login(viewer)
    assert client.post(address(workspace, segment.pk, action)).status_code == 403
    assert client.get(address(workspace, segment.pk)).status_code == 200
    assert client.get(address(workspace, segment.pk, "members.csv")).status_code in (403, 404)


def test_versions_say_who_changed_what_and_when():
    workspace, segment, _owner, client = make_shop()
    change(segment, where=EVERYBODY, now=timezone.now())
    page = text_of(client.get(address(workspace, segment.pk, "versions")))
    assert "Version 2" in page
    assert "Version 1" in page
    assert page.index("Version 2") < page.index("Version 1")


def test_another_workspaces_segment_is_not_found():
    workspace, _segment, _owner, client = make_shop()
    foreign = save_segment(make_workspace("Other"), EVERYBODY)
    for part in ("", "members", "versions", "state"):
        url = address(workspace, foreign.pk, part) if part else address(workspace, foreign.pk)
        assert client.get(url).status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize(
    "look", [{"phone": False, "dark": False}, {"phone": True, "dark": True}], ids=["wide", "phone"]
)
def test_every_page_of_segments_is_sound(chromium: Any, live_server: Any, look: Any) -> None:
    workspace, segment, owner, _client = make_shop(line=True)
    make_contacts(workspace, 2)
    ask(segment, now=timezone.now())
    work(now=timezone.now() + timedelta(seconds=2))
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    name = f"segments-{'phone-dark' if look['phone'] else 'desktop-light'}"
    for part, parts in (
        ("list", ()),
        ("page", (segment.pk,)),
        ("members", (segment.pk, "members")),
        ("versions", (segment.pk, "versions")),
    ):
        page.goto(address(workspace, *parts))
        if part == "page":
            page.wait_for_selector(".trend canvas")
            assert "Time" not in page.inner_text(".trend")
        check_page(page, f"{name}-{part}")
    page.context.close()
