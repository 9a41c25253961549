"""The page of changes in a browser: sound in every look, and it follows without a reload."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from contacts.services import create_tag, erase_contact, merge_contacts
from segments.models import Segment
from tests.browsing import check_page, chromium, open_page
from tests.live.test_pulses import BOUGHT, VIP, VISITED, give_tag
from tests.makers.contacts import make_contact, upsert
from tests.makers.live import Follower
from tests.makers.recounts import change, save_segment
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import make_user, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)
LOOKS = [(False, False), (True, True)]
NAMES = ["Anna Zielińska", "Bruno Costa", "Clara Nordström", "Daria Wójcik", "Emil Kowalczyk"]


def eventful() -> tuple[Workspace, Segment, Follower]:
    """A segment with changes of every kind."""
    now = timezone.now() - 40 * DAY
    workspace = make_workspace(owner=make_user("ola@example.org"), now=now)
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
    upsert(workspace, *({"external_id": f"n{n}"} for n in range(250)), now=now)
    people = [
        make_contact(
            workspace, f"c{n}", now=now, attributes={"first_name": first, "last_name": last}
        )
        for n, (first, last) in enumerate(name.split() for name in NAMES)
    ]
    segment = save_segment(workspace, {"any": [VISITED, BOUGHT]}, name="Active", now=now)
    follower = Follower(workspace)
    follower.pulse(now)
    for number, person in enumerate(people):
        make_visit(workspace, person, now, now=now + timedelta(seconds=1 + number))
    follower.pulse(now + DAY)
    make_transaction(workspace, people[1], now + DAY, "99.00", now=now + DAY)
    follower.pulse(now + 31 * DAY)
    later = now + 32 * DAY
    merge_contacts(workspace=workspace, winner_id=people[1].pk, loser_id=people[0].pk, now=later)
    make_visit(workspace, people[2], later, now=later)
    follower.pulse(later)
    erase_contact(workspace=workspace, contact_id=people[2].pk, now=later + DAY)
    change(segment, where={"any": [VISITED, BOUGHT, {"not": VIP}]}, now=later + DAY)
    follower.pulse(later + DAY)
    give_tag(workspace, people[3], now=later + 2 * DAY)
    change(segment, pinned_in=[people[3].pk], now=later + 3 * DAY)
    follower.pulse(later + 3 * DAY)
    return workspace, segment, follower


def test_the_page_is_sound_and_follows_without_a_reload(chromium: Any, live_server: Any) -> None:
    workspace, segment, follower = eventful()
    user = make_owner(workspace)
    path = reverse("segments:changes", args=[workspace.pk, segment.pk])
    for phone, dark in LOOKS:
        page = open_page(chromium, user=user, base_url=live_server.url, phone=phone, dark=dark)
        page.goto(path)
        page.locator("#changes > li").first.wait_for()
        check_page(page, f"live-changes-{'phone' if phone else 'desktop'}")
        if phone:
            page.context.close()
            continue
        page.evaluate("window.isTheSamePage = true")
        before = page.locator("#changes > li").count()
        size = page.locator("[data-live-size]").inner_text()
        now = timezone.now()
        make_contact(
            workspace, "new", now=now - DAY, attributes={"first_name": "Greta", "last_name": "Lund"}
        )
        follower.pulse(now)

        page.get_by_role("link", name="Greta Lund").wait_for(timeout=8_000)

        assert page.locator("#changes > li").count() == before + 1
        page.wait_for_function(
            "before => document.querySelector('[data-live-size]').textContent !== before", arg=size
        )
        assert page.evaluate("window.isTheSamePage")
        assert page.complaints == []
        page.context.close()


def make_owner(workspace: Workspace) -> Any:
    from workspaces.models import Member

    return Member.objects.select_related("user").filter(workspace=workspace)[0].user
