"""Pages of a campaign and of its sends, as people see and use them."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.calendar import month_of
from campaigns.models import Campaign, Recipient, RecipientState, Run, RunState
from tests.browsing import check_page, chromium, keep_picture, open_page
from tests.campaigns.sends import SHOP, make_people, make_running, make_send
from tests.makers.audiences import read_run
from tests.makers.campaigns import make_account, make_campaign, make_sending_settings
from tests.makers.contacts import make_list
from tests.makers.workspaces import make_member, make_user, make_workspace
from workspaces.models import AuditEntry, Role, User, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]
pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = timedelta(days=1)


def make_shop(number: int = 60) -> tuple[Workspace, User, Client, Run]:
    """A shop that sent a newsletter three days ago."""
    now = timezone.now()
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    workspace = make_workspace("Nordlicht", owner=owner, now=now - 200 * DAY)
    make_account(workspace)
    make_sending_settings(workspace)
    people = make_people(workspace, number, now=now - 90 * DAY)
    run = make_send(workspace, people, at=now - 3 * DAY)
    client = Client()
    client.force_login(owner)
    return workspace, owner, client, run


def signed_in(workspace: Workspace, role: Role) -> Client:
    client = Client()
    client.force_login(make_member(workspace, role).user)
    return client


def address(workspace: Workspace, *parts: object) -> str:
    return "/".join([f"/w/{workspace.pk}/campaigns", *map(str, parts), ""])


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


def numbers_of(run: Run) -> dict[str, int]:
    with workspace_scope(run.workspace_id):
        rows = Recipient.objects.filter(run=run)
        return {state: rows.filter(state=state).count() for state in RecipientState.values}


def shown_names(page: str) -> list[str]:
    return re.findall(r'<a class="name"[^>]*>([^<]+)</a>', page)


def test_the_pages_of_a_send_agree_with_each_other():
    workspace, _owner, client, run = make_shop()
    numbers = numbers_of(run)
    assert min(numbers["sent"], numbers["skipped"], numbers["unknown"], numbers["failed"]) > 0

    report = client.get(address(workspace, run.campaign_id))
    assert report.context["report"].total.sent == numbers["sent"]
    assert SHOP in text_of(report)
    assert "Everybody we know" in text_of(report)
    assert "Can't tell yet" in text_of(report)

    page = text_of(client.get(address(workspace, "runs", run.pk)))
    assert f'<p class="total num">{numbers["sent"]}</p>' in page
    assert f"Send again to {numbers['unknown']}" in page
    assert "550 5.1.1 No such user here" in page

    for step in run.waterfall:
        listed = client.get(
            address(workspace, "runs", run.pk, "recipients"), {"reason": step["step"]}
        )
        assert len(listed.context["rows"]) == step["removed"], step
        if step["removed"]:
            assert f"reason={step['step']}" in page
    left = run.waterfall[-1]["left"]
    assert left == run.size == sum(n for state, n in numbers.items() if state != "skipped")

    receipt = client.get(address(workspace, "runs", run.pk, "receipt"))
    assert receipt.context["receipt"]["matches_frozen"]
    document = client.get(f"/w/{workspace.pk}/campaigns/runs/{run.pk}/receipt.json").json()
    assert document["size"] == run.size
    assert document["recipients_hash"] in text_of(receipt)
    lines = receipt.context["segments"][0]["lines"]
    assert len(lines) >= 4, "a group, a row, not, a row"
    assert all(line.number is not None for line in lines)
    assert lines[0].number == document["segments"][0]["size"]


def test_the_report_is_of_all_sends_or_of_one():
    workspace, _owner, client, first = make_shop()
    with workspace_scope(workspace):
        campaign = Campaign.objects.get(pk=first.campaign_id)
    second = make_running(workspace, campaign, at=timezone.now() - timedelta(seconds=5))
    sent = {run.pk: numbers_of(run)["sent"] for run in (first, second)}
    url = address(workspace, campaign.pk)

    def total(query: str) -> int:
        return client.get(url + query).context["report"].total.sent

    assert total("") == total("?run=nonsense") == total("?run=999999") == sum(sent.values())
    assert total(f"?run={first.pk}") == sent[first.pk]
    assert total(f"?run={second.pk}") == sent[second.pk]
    assert f'<option value="{first.pk}" selected>' in text_of(client.get(f"{url}?run={first.pk}"))


def test_recipients_are_found_filtered_paged_and_downloaded():
    workspace, _owner, client, run = make_shop(70)
    url = address(workspace, "runs", run.pk, "recipients")
    first = client.get(url)
    assert len(first.context["rows"]) == 50
    second = client.get(url, {"after": first.context["last"]})
    everybody = [row.pk for answer in (first, second) for row in answer.context["rows"]]
    assert len(everybody) == len(set(everybody)) == sum(numbers_of(run).values()) == 70
    assert second.context["last"] is None
    assert shown_names(text_of(client.get(url, {"search": "ola1@"}))) == ["Ola Nowak"]
    assert client.get(url, {"search": "nobody at all"}).context["rows"] == []
    assert "Nobody fits" in text_of(client.get(url, {"search": "nobody at all"}))
    assert len(client.get(url, {"state": "nonsense", "variant": "x"}).context["rows"]) == 50
    file = b"".join(client.get(f"{url.removesuffix('/')}.csv", {"state": "sent"}).streaming_content)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert len(rows) == numbers_of(run)["sent"]
    assert {row["state"] for row in rows} == {"sent"}


def test_a_send_under_way_says_how_far_it_is_and_can_be_paused_and_gone_on_with():
    workspace, _owner, client, done = make_shop()
    with workspace_scope(workspace):
        campaign = Campaign.objects.get(pk=done.campaign_id)
    run = make_running(workspace, campaign, at=timezone.now() - timedelta(seconds=5))
    url = address(workspace, "runs", run.pk)
    state = client.get(f"{url}state/").json()
    numbers = numbers_of(run)
    assert state["state"] == "sending"
    assert state["total"] == run.size == numbers["sent"] + numbers["queued"]
    assert (state["done"], state["waiting"]) == (numbers["sent"], numbers["queued"])
    assert f'data-number="done">{numbers["sent"]}<' in text_of(client.get(url))

    client.post(f"{url}pause/")
    assert read_run(run).state == RunState.PAUSED
    assert "Nobody gets anything until somebody resumes" in text_of(client.get(url))
    assert "Resume" in text_of(client.get(address(workspace, campaign.pk)))
    client.post(f"{url}resume/")
    assert read_run(run).state == RunState.SENDING
    client.post(f"{url}cancel/")
    assert read_run(run).state == RunState.CANCELLED
    assert numbers_of(run)["queued"] == 0
    again = client.post(f"{url}pause/", follow=True)
    assert "Only a run that is being sent can be paused." in text_of(again)


def test_unknown_ones_are_sent_to_again_only_when_a_person_says_so():
    workspace, _owner, client, run = make_shop()
    unknown = numbers_of(run)["unknown"]
    url = address(workspace, "runs", run.pk)
    answer = client.post(f"{url}resend/", follow=True)
    people = "1 person" if unknown == 1 else f"{unknown} people"
    assert f"Sending again to {people}." in text_of(answer)
    numbers = numbers_of(run)
    assert (numbers["unknown"], numbers["queued"]) == (0, unknown)
    with workspace_scope(workspace):
        assert AuditEntry.objects.filter(action="run.unknown_resent").count() == 1


def test_a_held_send_says_why_and_goes_on_when_confirmed():
    workspace, _owner, client, done = make_shop()
    why = [{"code": "jump", "message": "Usually 100 people, now 900."}]
    with workspace_scope(workspace):
        run = Run.objects.create(
            workspace=workspace,
            campaign=done.campaign,
            run_key="held",
            state=RunState.HELD,
            scheduled_for=timezone.now(),
            held_reasons=why,
        )
    for parts in (("runs", run.pk), (done.campaign_id,)):
        assert "Usually 100 people, now 900." in text_of(client.get(address(workspace, *parts)))
    refused = client.post(address(workspace, "runs", run.pk, "confirm"), {}, follow=True)
    assert "Not confirmed yet" in text_of(refused)
    assert read_run(run).state == RunState.HELD
    client.post(address(workspace, "runs", run.pk, "confirm"), {"code": ["jump"]})
    assert read_run(run).state == RunState.SCHEDULED


def test_a_failed_send_says_what_happened_and_where_to_go_on():
    workspace, _owner, client, done = make_shop(20)
    with workspace_scope(workspace):
        Run.objects.filter(pk=done.pk).update(
            state=RunState.FAILED, error="The pool lacks 7 discount codes.", as_of=None
        )
    page = text_of(client.get(address(workspace, "runs", done.pk)))
    assert "Nothing was sent." in page
    assert "The pool lacks 7 discount codes." in page
    assert address(workspace, done.campaign_id, "edit") in page
    gone = client.get(address(workspace, "runs", done.pk, "receipt"))
    assert gone.status_code == 302, "without an audience there is no receipt"


def test_somebody_who_may_only_look_can_do_nothing_with_a_send():
    workspace, _owner, _client, run = make_shop(20)
    client = signed_in(workspace, Role.VIEWER)
    for action in ("pause", "resume", "cancel", "confirm", "resend"):
        assert client.post(address(workspace, "runs", run.pk, action)).status_code == 403, action
    assert client.get(address(workspace, "runs", run.pk)).status_code == 200
    file = f"/w/{workspace.pk}/campaigns/runs/{run.pk}/recipients.csv"
    assert client.get(file).status_code == 403


def test_a_campaign_that_was_never_sent_teaches_what_will_stand_there():
    workspace, _owner, client, run = make_shop(20)
    draft = make_campaign(workspace, audience={}, now=timezone.now())
    page = text_of(client.get(address(workspace, draft.pk)))
    assert "Not sent yet" in page
    assert address(workspace, draft.pk, "edit") in page
    assert "uPlot" not in page
    other = make_workspace("Other")
    foreign = make_campaign(other, audience={})
    for parts in ((foreign.pk,), ("runs", run.pk + 1_000), (foreign.pk, "waterfall")):
        assert client.get(address(workspace, *parts)).status_code == 404


def test_a_scheduled_campaign_is_stopped_by_its_button():
    workspace, _owner, client, _run = make_shop(20)
    due = timezone.now() + DAY
    campaign = make_campaign(
        workspace, audience={}, name="Tuesdays", state="scheduled", next_due_at=due
    )
    assert "Goes out next on" in text_of(client.get(address(workspace, campaign.pk)))
    client.post(address(workspace, campaign.pk, "stop"))
    with workspace_scope(workspace):
        campaign.refresh_from_db()
    assert (campaign.state, campaign.next_due_at) == ("stopped", None)


def test_every_number_of_a_drafts_waterfall_opens_its_list():
    workspace, _owner, client, run = make_shop()
    with workspace_scope(workspace):
        campaign = Campaign.objects.get(pk=run.campaign_id)
    url = address(workspace, campaign.pk, "waterfall")
    answer = client.get(url, {"step": "in_segments"})
    assert answer.context["number"] == answer.context["waterfall"]["everybody"] == 60
    for step in answer.context["waterfall"]["steps"]:
        listed = client.get(url, {"step": step.key, "as_of": answer.context["as_of"].isoformat()})
        assert listed.context["number"] == step.removed
        assert len(listed.context["contacts"]) == min(step.removed, 50)
    first = client.get(url, {"step": "in_segments"})
    second = client.get(url, {"step": "in_segments", "after": first.context["last"]})
    assert len(second.context["contacts"]) == 10
    assert client.get(url, {"step": "cancelled"}).status_code == 404
    assert client.get(url, {"step": "'; drop"}).status_code == 404
    with workspace_scope(workspace):
        Campaign.objects.filter(pk=campaign.pk).update(audience={"segments": [10**9]})
    assert "The audience can't be counted" in text_of(client.get(url))


def test_the_calendar_has_what_went_out_and_what_is_to_come_on_its_local_day():
    workspace = make_workspace("Nordlicht", time_zone="America/Sao_Paulo")
    now = datetime.fromisoformat("2026-03-10T12:00:00+00:00")
    late = datetime.fromisoformat("2026-04-01T01:30:00+00:00")  # still March over there
    static_list = make_list(workspace, "Some")
    sent = make_campaign(workspace, audience={"lists": [static_list.pk]}, name="Sent")
    make_campaign(workspace, audience={}, name="Planned", state="scheduled", next_due_at=late)
    with workspace_scope(workspace):
        Run.objects.create(
            workspace=workspace,
            campaign=sent,
            run_key="a",
            state=RunState.FINISHED,
            scheduled_for=now,
            size=1_200,
        )
        weeks = month_of(workspace=workspace, year=2026, month=3, now=now)
        april = month_of(workspace=workspace, year=2026, month=4, now=now)
    days = {day.day.isoformat(): day for week in weeks for day in week}
    assert [each.campaign.name for each in days["2026-03-10"].entries] == ["Sent"]
    assert days["2026-03-10"].recipients == 1_200
    assert days["2026-03-10"].is_today
    [planned] = days["2026-03-31"].entries
    assert (planned.campaign.name, planned.run, planned.state) == ("Planned", None, "scheduled")
    assert not any(day.entries for week in april for day in week if day.is_in_month)


def test_the_calendars_address_names_a_month_and_nonsense_is_this_month():
    workspace, _owner, client, _run = make_shop(20)
    page = text_of(client.get(address(workspace, "calendar"), {"month": "2025-02"}))
    assert "February 2025" in page
    assert "Nothing is sent in this month." in page
    today = timezone.now().astimezone(workspace.zone)
    for month in ("2026-13", "x", "9999-01"):
        answer = client.get(address(workspace, "calendar"), {"month": month})
        assert answer.context["first"] == today.date().replace(day=1)


@pytest.mark.night  # tests/pages looks at these pages by day
@pytest.mark.browser
@pytest.mark.parametrize(
    "look", [{"phone": False, "dark": False}, {"phone": True, "dark": True}], ids=["wide", "phone"]
)
def test_every_page_of_a_send_is_sound(chromium: Any, live_server: Any, look: Any) -> None:
    workspace, owner, _client, run = make_shop(100)
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    name = f"sends-{'phone-dark' if look['phone'] else 'desktop-light'}"
    for part, parts in (
        ("page", (run.campaign_id,)),
        ("run", ("runs", run.pk)),
        ("recipients", ("runs", run.pk, "recipients")),
        ("receipt", ("runs", run.pk, "receipt")),
        ("waterfall", (run.campaign_id, "waterfall")),
        ("calendar", ("calendar",)),
    ):
        page.goto(address(workspace, *parts))
        if part == "page":
            page.wait_for_selector("#responses canvas")
        check_page(page, f"{name}-{part}")
    page.context.close()


@pytest.mark.browser
def test_a_send_under_way_counts_on_and_shows_when_it_is_over(
    chromium: Any, live_server: Any
) -> None:
    workspace, owner, _client, done = make_shop(60)
    with workspace_scope(workspace):
        campaign = Campaign.objects.get(pk=done.campaign_id)
    run = make_running(workspace, campaign, at=timezone.now() - timedelta(seconds=5))
    page = open_page(chromium, user=owner, base_url=live_server.url)
    page.goto(address(workspace, "runs", run.pk))
    keep_picture(page, "sends-desktop-light-under-way")
    with workspace_scope(workspace):
        waiting = Recipient.objects.filter(run=run, state=RecipientState.QUEUED)
        some = list(waiting.values_list("pk", flat=True)[:3])
        Recipient.objects.filter(pk__in=some).update(state=RecipientState.SENT)
    sent = numbers_of(run)["sent"]
    page.wait_for_selector(f"[data-number=sent]:text-is('{sent}')")
    with workspace_scope(workspace):
        Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED, finished_at=timezone.now())
    page.wait_for_selector(".badge:text-is('cancelled')")
    assert page.complaints == []
    page.context.close()
