"""The overlap and the profile as people see them, and what their links bring to the editor."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from segments.models import Segment
from tests.browsing import check_page, chromium, open_page
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_key, make_member, make_user, make_workspace
from tests.segments.test_overlap import has
from tests.segments.test_pages import address, text_of
from tests.segments.test_profile import VIP, make_shop
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]
pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = timedelta(days=1)
IN_GDANSK = {
    "type": "contacts.text",
    "attribute": "city",
    "operator": "any_of",
    "values": ["Gdańsk"],
}


def shop() -> tuple[Workspace, Segment, Segment, Client, Any]:
    """The shop of the profile's tests, vips and who lives in Gdańsk, a marketer signed in."""
    now = timezone.now() - timedelta(seconds=5)
    workspace = make_shop(now=now)
    user = make_user("ola@nordlicht.example", name="Ola Nowak")
    make_member(workspace, Role.MARKETER, user=user)
    client = Client()
    client.force_login(user)
    vips = make_segment(workspace, VIP, name="Vips", now=now)
    here = make_segment(workspace, IN_GDANSK, name="In Gdańsk", now=now)
    return workspace, vips, here, client, user


def editor_of(client: Client, url: str) -> dict[str, Any]:
    page = client.get(url).content.decode()
    found = re.search(r'<script id="editor-data" type="application/json">(.*?)</script>', page)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def links_in(page: str, name: str) -> list[str]:
    return [unescape(each) for each in re.findall(rf'href="([^"]*\?{name}=[^"]*)"', page)]


def test_the_matrix_shows_every_pair_and_leads_to_the_people() -> None:
    workspace, vips, here, client, _user = shop()
    url = address(workspace, "overlap") + f"?segments={vips.pk}&segments={here.pk}"
    response = client.get(url)
    page = text_of(response)
    overlap = response.context["overlap"]
    assert (overlap.in_all, overlap.in_any) == (30, 56)
    assert '<span class="share">75 %</span>' in page
    wanted = {
        json.dumps({"all": [{"segment": vips.pk}, {"segment": here.pk}]}): 30,
        json.dumps({"all": [{"segment": vips.pk}, {"not": {"any": [{"segment": here.pk}]}}]}): 10,
        json.dumps({"any": [{"segment": vips.pk}, {"segment": here.pk}]}): 56,
    }
    drafts = {json.dumps(editor_of(client, link)["draft"]) for link in set(links_in(page, "where"))}
    assert drafts >= set(wanted)
    for where, size in wanted.items():
        answer = client.post(
            f"/w/{workspace.pk}/api/segments/evaluate/",
            {"where": json.loads(where)},
            "application/json",
        )
        assert answer.json()["size"] == size


def test_the_matrix_of_a_past_day_and_of_too_many_or_too_few() -> None:
    workspace, vips, here, client, _user = shop()
    url = address(workspace, "overlap")
    both = f"?segments={vips.pk},{here.pk}"
    past = client.get(f"{url}{both}&on=2020-02-02")
    assert past.context["overlap"].in_any == 0
    assert past.context["on"] == "2020-02-02"
    for query in ("&on=2999-01-01", "&on=2026-02-31", "&on=x"):
        assert client.get(f"{url}{both}{query}").context["on"] == ""
    for query in ("", "?segments=1,x,\x00", f"?segments={vips.pk}"):
        assert "overlap" not in client.get(url + query).context
    others = [make_segment(workspace, VIP, name=f"s{number}") for number in range(11)]
    many = text_of(client.get(url + "?segments=" + ",".join(str(each.pk) for each in others)))
    assert "At most 10 segments" in many


def test_a_broken_segment_is_named_in_the_matrix_and_in_its_profile() -> None:
    workspace, vips, here, client, _user = shop()
    broken = make_segment(workspace, has("gone"), name="Broken one")
    ids = f"{vips.pk},{broken.pk},{here.pk}"
    page = text_of(client.get(address(workspace, "overlap") + f"?segments={ids}"))
    assert "Broken one</a>: left out" in page
    assert "nothing can be compared" in text_of(
        client.get(address(workspace, broken.pk, "profile"))
    )


def test_the_profile_says_what_stands_out_and_adds_it_as_a_row() -> None:
    workspace, vips, _here, client, _user = shop()
    page = text_of(client.get(address(workspace, vips.pk, "profile")))
    assert '<b class="num">3.3 ×</b> as often from Gdańsk' in page
    assert "75.0 % against 23.0 %" in page
    drafts = [editor_of(client, link) for link in set(links_in(page, "add"))]
    assert {"all": [VIP, IN_GDANSK]} in [each["draft"] for each in drafts]
    assert all(each["segment"]["where"] == VIP for each in drafts), "nothing is saved yet"


def test_a_small_segment_is_told_apart_from_nothing_yet() -> None:
    workspace, _vips, _here, client, _user = shop()
    few = make_segment(workspace, {"all": [VIP, {"not": IN_GDANSK}]}, name="Few")
    page = text_of(client.get(address(workspace, few.pk, "profile")))
    assert "Can&#x27;t tell yet: with 10 members" in page or "Can't tell yet: with 10" in page
    assert "standouts" not in page


@pytest.mark.parametrize(
    "brought",
    ["x", "{}", '{"all": []}', '{"segment": 999999}', '"\\u0000"', '{"a": NaN}', "[" * 900],
)
def test_what_a_link_brings_is_checked(brought: str) -> None:
    workspace, vips, _here, client, _user = shop()
    for part, name in (("new", "where"), (f"{vips.pk}/edit", "add")):
        response = client.get(address(workspace, part), {name: brought})
        assert response.status_code == 200
        assert response.context["editor"]["draft"] is None
        assert [str(each) for each in response.context["messages"]]


def test_who_may_only_look_gets_no_links_and_strangers_nothing() -> None:
    workspace, vips, here, _client, _user = shop()
    viewer = Client()
    viewer.force_login(make_member(workspace, Role.VIEWER).user)
    for url in (
        address(workspace, "overlap") + f"?segments={vips.pk},{here.pk}",
        address(workspace, vips.pk, "profile"),
    ):
        page = text_of(viewer.get(url))
        assert links_in(page, "where") == links_in(page, "add") == []
    foreign = make_segment(make_workspace("Other"), VIP)
    assert viewer.get(address(workspace, foreign.pk, "profile")).status_code == 404
    with workspace_scope(workspace):
        make_key(workspace)
    assert viewer.get(address(foreign.workspace, foreign.pk, "profile")).status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize(
    "look", [{"phone": False, "dark": False}, {"phone": True, "dark": True}], ids=["wide", "phone"]
)
def test_overlap_and_profile_are_sound(chromium: Any, live_server: Any, look: Any) -> None:
    workspace, vips, here, _client, user = shop()
    page = open_page(chromium, user=user, base_url=live_server.url, **look)
    name = f"comparing-{'phone-dark' if look['phone'] else 'desktop-light'}"
    ids = ",".join(
        str(each.pk)
        for each in (
            vips,
            here,
            *(
                make_segment(workspace, {"not": {"segment": vips.pk}}, name=f"Others {number}")
                for number in range(4)
            ),
        )
    )
    page.goto(address(workspace, "overlap"))
    check_page(page, f"{name}-picker")
    page.goto(address(workspace, "overlap") + f"?segments={ids}")
    check_page(page, f"{name}-overlap")
    page.goto(address(workspace, vips.pk, "profile"))
    page.locator(".compared summary").first.click()
    check_page(page, f"{name}-profile")
    page.locator("a", has_text="Add as a row").first.click()
    page.wait_for_selector(".editor [role=group], .editor .row")
    page.wait_for_load_state("networkidle")  # it is counting what the link brought
    page.context.close()
