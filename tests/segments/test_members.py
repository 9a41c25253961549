"""The members of a segment: on their page, as a file and over REST, now and at a past instant."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.makers.contacts import make_contact
from tests.makers.recounts import EVERYBODY, save_segment, work
from tests.makers.workspaces import make_key, make_user, make_workspace

pytestmark = pytest.mark.usefixtures("transactional_db")
PEOPLE = (("Żaneta", "Adamska"), ("=cmd", "Nowak"), ("Bo", "Zieliński"), ("Al", "Kowal"))


def make_shop():
    owner = make_user("ola@nordlicht.example")
    now = timezone.now() - timedelta(seconds=5)
    workspace = make_workspace("Nordlicht", owner=owner, now=now - timedelta(days=99))
    for index, (first, last) in enumerate(PEOPLE):
        make_contact(
            workspace,
            f"c{index}",
            now=now - timedelta(days=10 * index),
            email=f"{last.lower()}@mail.example",
            attributes={"first_name": first, "last_name": last},
        )
    segment = save_segment(workspace, EVERYBODY, name="Everybody", now=now)
    work(now=now + timedelta(seconds=1))
    client = Client()
    client.force_login(owner)
    return workspace, segment, client


def shown(client: Client, url: str) -> list[str]:
    response = client.get(url)
    assert response.status_code == 200
    return [contact.external_id for contact in response.context["page"]]


def test_the_page_sorts_and_searches_the_members_that_were_counted():
    workspace, segment, client = make_shop()
    make_contact(workspace, "late", now=timezone.now())
    url = f"/w/{workspace.pk}/segments/{segment.pk}/members/"
    assert shown(client, url) == ["c0", "c3", "c1", "c2"]
    assert shown(client, url + "?sort=-name") == ["c2", "c1", "c3", "c0"]
    assert shown(client, url + "?sort=known") == ["c3", "c2", "c1", "c0"]
    assert shown(client, url + "?search=zieli") == ["c2"]
    assert shown(client, url + "?search=NOWAK@mail") == ["c1"]
    assert shown(client, url + "?search=%25") == []
    assert shown(client, url + "?search=nobody&sort=x&page=7") == []


def test_the_file_has_the_members_that_were_counted_and_no_formulas():
    workspace, segment, client = make_shop()
    response = client.get(f"/w/{workspace.pk}/segments/{segment.pk}/members.csv")
    assert response["Content-Type"].startswith("text/csv")
    assert 'filename="everybody.csv"' in response["Content-Disposition"]
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["external_id"] for row in rows] == ["c0", "c1", "c2", "c3"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_rest_gives_members_of_any_instant_page_by_page():
    workspace, segment, _client = make_shop()
    _, key = make_key(workspace)
    auth = {"Authorization": f"Bearer {key}"}
    url = f"/api/v1/segments/{segment.pk}/members/"
    client = Client()

    found, address = [], f"{url}?limit=3"
    while address:
        page = client.get(address, headers=auth).json()
        found += [member["external_id"] for member in page["results"]]
        assert page["size"] == 4
        address = page["next"]
    assert found == ["c0", "c1", "c2", "c3"]

    as_of = (timezone.now() - timedelta(days=15)).isoformat().replace("+00:00", "Z")
    then = client.get(f"{url}?as_of={as_of}", headers=auth).json()
    assert [member["external_id"] for member in then["results"]] == ["c2", "c3"]
    future = client.get(f"{url}?as_of=2999-01-01T00:00:00Z", headers=auth)
    assert future.status_code == 400
