"""Pages of the forecast and of versions, as people see and use them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import Tag
from segments.models import Segment
from tests.browsing import check_page, chromium, open_page
from tests.makers.contacts import upsert
from tests.makers.recounts import change, read_segment, save_segment
from tests.makers.transactions import transaction_item, transactions
from tests.makers.workspaces import make_member, make_user, make_workspace
from tests.segments.test_api import GOLD, VIP
from tests.segments.test_forecast import bought
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> tuple[Workspace, Client]:
    """Sixty bought three days ago, one five days ago; two are vip, one of them gold, too."""
    owner, now = make_user(), timezone.now()
    workspace = make_workspace("Nordlicht", owner=owner, now=now - 200 * DAY, time_zone="UTC")
    tags = {0: ["vip"], 1: ["vip", "gold"], 2: ["gold"]}
    people = [
        {
            "external_id": f"c{index}",
            "email": f"ewa{index}@mail.example",
            "observed_at": (now - 100 * DAY).isoformat(),
            "tags": {"add": tags.get(index, [])},
        }
        for index in range(61)
    ]
    upsert(workspace, *people, now=now - DAY)
    bought_at = [now - (3 if index else 5) * DAY for index in range(61)]
    items = [transaction_item(f"c{index}", at, "10") for index, at in enumerate(bought_at)]
    transactions(workspace, *items, now=now - DAY)
    client = Client()
    client.force_login(owner)
    return workspace, client


def page_of(client: Client, segment: Segment, *parts: str, **query: Any) -> str:
    path = "/".join([f"/w/{segment.workspace_id}/segments/{segment.pk}", *parts, ""])
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def names_in(page: str) -> list[str]:
    return re.findall(r"ewa\d+@mail\.example</td>", page)


def follow(client: Client, page: str, words: str) -> str:
    """The page a link in the page leads to."""
    [href] = re.findall(rf'<a[^>]*?href="([^"]+)"[^>]*?{words}', page)
    answer = client.get(href.replace("&amp;", "&"))
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def test_the_forecast_leads_from_each_number_to_as_many_names(
    shop: tuple[Workspace, Client],
) -> None:
    workspace, client = shop
    segment = save_segment(workspace, bought(10), now=timezone.now())
    page = page_of(client, segment, "forecast")
    assert "after 30 days, now 61" in page
    one = follow(client, page, 'aria-label="1 leaves: who')
    assert len(names_in(one)) == 1
    assert re.search(r"no longer: [^<]*in the last 10 days<", one)
    sixty = follow(client, page, 'aria-label="60 leave: who')
    assert "60 contacts leave by the end of" in sixty
    rest = re.findall(r'rel="next" href="([^"]+)"', sixty)[0].replace("&amp;", "&")
    path = f"/w/{workspace.pk}/segments/{segment.pk}/forecast/people/"
    last = client.get(path + rest).content.decode()
    assert len(names_in(sixty)) + len(names_in(last)) == 60


def test_a_segment_without_time_in_it_says_that_nobody_moves(
    shop: tuple[Workspace, Client],
) -> None:
    workspace, client = shop
    segment = save_segment(workspace, VIP, now=timezone.now())
    for days in (7, 90):
        page = page_of(client, segment, "forecast", days=days)
        assert "Nobody enters or leaves by time alone" in page
        assert f"In the next {days} days" in page


def test_a_broken_segment_and_addresses_that_lead_nowhere(
    shop: tuple[Workspace, Client],
) -> None:
    workspace, client = shop
    segment = save_segment(workspace, VIP, now=timezone.now())
    change(segment, where=GOLD, now=timezone.now())
    change(segment, where=VIP, now=timezone.now())
    with workspace_scope(workspace):
        Tag.objects.filter(key="vip").update(key="was-vip")
    assert "no such thing in this workspace: vip" in page_of(client, segment, "forecast")
    versions = page_of(client, segment, "versions")
    assert versions.count("can't be used any more") == 2
    compared = page_of(client, segment, "versions", "compare", **{"from": 1, "to": 2})
    assert "Version 1 can&#x27;t be compared" in compared
    here = f"/w/{workspace.pk}/segments/{segment.pk}"
    for path in (
        "/forecast/people/?day=soon&direction=leaving",
        "/forecast/people/?day=2020-01-01&direction=leaving",
        f"/forecast/people/?day={timezone.now():%Y-%m-%d}&direction=staying",
        "/versions/compare/?from=1&to=9",
    ):
        assert client.get(here + path).status_code == 404, path


def test_versions_are_compared_with_names_and_brought_back(
    shop: tuple[Workspace, Client],
) -> None:
    workspace, client = shop
    segment = save_segment(workspace, VIP, now=timezone.now())
    change(segment, where=GOLD, now=timezone.now())
    compared = follow(client, page_of(client, segment, "versions"), "[^>]*>.{0,200}?last two")
    assert "People who are tagged any of vip." in compared
    assert "People who are tagged any of gold." in compared
    assert len(names_in(compared)) == 1
    both = page_of(client, segment, "versions", "compare", list="staying")
    assert len(names_in(both)) == 1
    assert names_in(both) != names_in(compared)

    path = f"/w/{workspace.pk}/segments/{segment.pk}/versions/1/restore/"
    answer = client.post(path, follow=True)
    assert "Version 1 is back, as version 3" in answer.content.decode()
    assert read_segment(segment).definition["where"] == VIP
    again = client.post(path.replace("/versions/1/", "/versions/3/"), follow=True).content.decode()
    assert "Nothing was changed" in again


def test_a_viewer_sees_versions_and_can_not_restore(shop: tuple[Workspace, Client]) -> None:
    workspace, _client = shop
    segment = save_segment(workspace, VIP, now=timezone.now())
    change(segment, where=GOLD, now=timezone.now())
    client = Client()
    client.force_login(make_member(workspace, Role.VIEWER).user)
    page = page_of(client, segment, "versions")
    assert "Compare with the current one" in page
    assert "version-restore" not in page
    assert ">Restore<" not in page
    path = f"/w/{workspace.pk}/segments/{segment.pk}/versions/1/restore/"
    assert client.post(path).status_code == 403


@pytest.mark.browser
@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize(
    "look",
    [
        pytest.param({"phone": False, "dark": False}, marks=pytest.mark.night, id="wide"),
        pytest.param({"phone": True, "dark": True}, id="phone"),
    ],
)
def test_the_pages_are_sound(chromium: Any, live_server: Any, look: Any) -> None:
    owner, now = make_user(), timezone.now()
    workspace = make_workspace("Nordlicht", owner=owner, now=now - 200 * DAY)
    known = (now - 100 * DAY).isoformat()
    for name, tag in (("ewa", "vip"), ("jan", "gold")):
        upsert(workspace, {"external_id": name, "observed_at": known, "tags": {"add": [tag]}})
        item = transaction_item(name, now - 3 * DAY, "10")
        transactions(workspace, item, now=now - DAY)
    segment = save_segment(workspace, {"all": [VIP, bought(10)]}, now=now)
    change(segment, where=bought(10), now=now)
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    name = f"changes-{'phone-dark' if look['phone'] else 'desktop-light'}"
    here = f"/w/{workspace.pk}/segments/{segment.pk}"
    page.goto(f"{here}/forecast/")
    page.wait_for_selector(".trend canvas")
    check_page(page, f"{name}-forecast")
    page.locator("a[href*='direction=leaving']").first.click()
    page.get_by_text("2 contacts leave").wait_for()
    check_page(page, f"{name}-people")
    for path in ("versions/", "versions/compare/?from=1&to=2"):
        page.goto(f"{here}/{path}")
        check_page(page, f"{name}-{path[:10]}".replace("/", ""))
    page.context.close()
