"""The feed over REST and the page: in order, without gaps, one contact at a time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.services import merge_contacts
from segments.live.feed import FeedFilters, live_size, read_feed
from segments.models import Segment
from tests.live.test_pulses import BOUGHT, HOUR, SECOND, VISITED, shop
from tests.makers.contacts import upsert
from tests.makers.live import Follower, check_live, members_by_events
from tests.makers.recounts import EVERYBODY, change, save_segment
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction, transaction_item, transactions
from tests.makers.workspaces import NOW, make_key, make_member, make_user, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")


def get(workspace, path="/api/v1/memberships/", **query):
    _key, token = make_key(workspace)
    answer = Client().get(path, query, headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


def test_the_feed_tells_everything_once_in_order_and_where_to_go_on():
    workspace, [buyer, visitor, _], segment, follower = shop(EVERYBODY)
    buyers = save_segment(workspace, BOUGHT)
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)

    status, first = get(workspace, limit=3)
    assert (status, [each["number"] for each in first["results"]]) == (200, [1, 2, 3])
    assert "after=3" in first["next"]
    status, rest = get(workspace, after=first["last"])

    assert rest["results"] == [
        {
            "number": 4,
            "segment": buyers.pk,
            "contact": buyer.pk,
            "external_id": buyer.external_id,
            "direction": "entered",
            "cause": "activation",
            "reason": {},
            "version": 1,
            "as_of": "2026-03-15T13:00:01Z",
        }
    ]
    assert (rest["last"], rest["next"]) == (4, None)
    assert get(workspace, after=4) == (200, {"results": [], "last": 4, "next": None})
    assert segment.pk != buyers.pk
    assert visitor.pk


def test_filters_narrow_and_wrong_ones_are_told():
    workspace, [buyer, other, _], segment, follower = shop(BOUGHT)
    everybody = save_segment(workspace, EVERYBODY)
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)

    def numbers(**query):
        status, page = get(workspace, **query)
        assert status == 200, page
        return [each["number"] for each in page["results"]]

    assert numbers(segment=segment.pk) == [1]
    assert numbers(segment=everybody.pk) == [2, 3, 4]
    assert numbers(contact=other.pk) == [3]
    assert numbers(cause="fact") == [1]
    assert numbers(direction="left") == []
    assert get(workspace, cause="whim")[0] == 400
    assert get(workspace, after=-1)[0] == 400
    assert get(workspace, limit=0)[0] == 400
    assert get(workspace, segment="x")[0] == 400
    stranger = make_workspace("Other")
    assert get(stranger, segment=segment.pk) == (200, {"results": [], "last": 0, "next": None})


def test_many_in_one_row_are_paged_one_by_one_also_from_the_middle():
    workspace = make_workspace()
    upsert(workspace, *({"external_id": f"c{number}"} for number in range(450)))
    segment = save_segment(workspace, EVERYBODY)
    follower = Follower(workspace)
    follower.pulse(NOW + SECOND)
    change(segment, where={"type": "contacts.external_id", "values": ["c7"]}, now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)

    with workspace_scope(workspace):
        seen, after = [], 0
        while True:
            page = read_feed(workspace=workspace, after=after, limit=97, filters=FeedFilters())
            seen += page.changes
            after = page.last
            if not page.has_more:
                break
        assert [each.number for each in seen] == list(range(1, 900))
        inside: set[int] = set()
        for each in seen:
            (inside.add if each.event.direction == "entered" else inside.remove)(each.contact_id)
        assert inside == members_by_events(workspace)[segment.pk]
        assert len(inside) == 1
        last = seen[-1].contact_id
        about = read_feed(
            workspace=workspace, after=0, limit=10, filters=FeedFilters(contact_id=last)
        )
        assert [(each.number, each.event.direction) for each in about.changes] == [
            (450, "entered"),
            (899, "left"),
        ]
        one = read_feed(
            workspace=workspace, after=450, limit=1, filters=FeedFilters(contact_id=last)
        )
        assert [each.number for each in one.changes] == [899]
        nobody = FeedFilters(contact_id=last + 50_000)
        assert read_feed(workspace=workspace, after=0, limit=10, filters=nobody).changes == []


def test_a_page_never_skips_what_commits_later():
    """Readers follow the feed while two processes write events in turn."""
    workspace = make_workspace()
    people = [f"c{number}" for number in range(40)]
    upsert(workspace, *({"external_id": each} for each in people))
    save_segment(workspace, BOUGHT)
    followers = [Follower(workspace), Follower(workspace)]
    followers[0].pulse(NOW + SECOND)
    done = threading.Event()
    read: list[int] = []

    def reader() -> None:
        after = 0
        try:
            while True:
                is_last = done.is_set()
                with workspace_scope(workspace):
                    page = read_feed(
                        workspace=workspace, after=after, limit=7, filters=FeedFilters()
                    )
                read.extend(each.number for each in page.changes)
                after = page.last
                if is_last and not page.has_more:
                    return
        finally:
            connections.close_all()

    thread = threading.Thread(target=reader)
    thread.start()
    for number, whose in enumerate(people):
        at = NOW + timedelta(seconds=2 + number)
        item = transaction_item(whose, at - HOUR, "1.00")
        transactions(workspace, item, now=at)
        followers[number % 2].pulse(at + SECOND / 2, is_timed=number % 3 == 0)
    done.set()
    thread.join(timeout=20)

    assert read == list(range(1, 41))
    check_live(workspace, NOW + timedelta(seconds=41.5))


def sign_in(workspace, role="marketer"):
    user = make_user()
    make_member(workspace, role, user=user)
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_who_came_and_went_and_why():
    workspace, [buyer, other, _], segment, follower = shop(VISITED)
    make_visit(workspace, buyer, NOW + HOUR, now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)
    merge_contacts(workspace=workspace, winner_id=other.pk, loser_id=buyer.pk, now=NOW + 2 * HOUR)
    follower.pulse(NOW + 2 * HOUR + SECOND)
    client = sign_in(workspace)
    url = reverse("segments:changes", args=[workspace.pk, segment.pk])

    page = client.get(url).content.decode()

    assert "visited" in page
    assert reverse("contacts:card", args=[workspace.pk, other.pk]) in page
    assert "became one with" in page
    only_left = client.get(url, {"direction": "left"}).content.decode()
    assert "became one with" in only_left
    assert "a fact" not in only_left.split("<ol")[1]
    rows = client.get(url, {"newer": "1"}).content.decode()
    assert rows.count("<li") == 2
    assert "<html" not in rows
    assert client.get(url, {"cause": "whim", "newer": "x", "before": "-1"}).status_code == 200


def test_an_empty_page_says_so_and_one_that_is_not_followed_says_that():
    workspace, _contacts, segment, _follower = shop(BOUGHT)
    still = save_segment(workspace, BOUGHT, name="On demand", schedule="none")
    client = sign_in(workspace)
    url = reverse("segments:changes", args=[workspace.pk, segment.pk])
    assert "Nobody has come or gone yet" in client.get(url).content.decode()
    url = reverse("segments:changes", args=[workspace.pk, still.pk])
    assert "counted only on demand" in client.get(url).content.decode()


def test_the_state_a_page_polls_has_the_live_size():
    workspace, [buyer, *_], segment, follower = shop(BOUGHT)
    client = sign_in(workspace)
    url = reverse("segments:state", args=[workspace.pk, segment.pk])
    assert client.get(url).json()["live"]["size"] == 0
    make_transaction(workspace, buyer, NOW + HOUR, "1.00", now=NOW + HOUR)
    follower.pulse(NOW + HOUR + SECOND)
    assert client.get(url).json()["live"] == {"size": 1, "number": 1}
    with workspace_scope(workspace):
        Segment.objects.update(schedule="none")
    follower.pulse(NOW + 2 * HOUR)
    assert client.get(url).json()["live"] is None
    with workspace_scope(workspace):
        assert live_size(workspace=workspace, segment=segment) is None
    assert timezone.now() > NOW
