"""The campaign editor in a browser: from a segment to the very message in somebody's mailbox."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone

from campaigns.delivery.sending import Sender
from campaigns.models import Campaign, CampaignState, Run, RunState
from campaigns.services.freezing import freeze_open_runs
from campaigns.services.saving import CampaignInput, change_campaign
from contacts.models import Channel, ConsentStatus, Contact
from contacts.services import set_consent
from tests.browsing import check_page, chromium, open_page
from tests.makers.campaigns import HELLO, make_campaign, make_sending_settings
from tests.makers.delivery import make_smtp_account
from tests.makers.recounts import save_segment
from tests.makers.sinks import smtp_sink
from tests.wizard.editing import ask_rest, editing, make_shop, pick, row, settled, take_values
from workspaces.models import User, Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VIP = {"type": "tags.has", "match": "any", "tags": ["vip"]}
GOLD = {"type": "tags.has", "match": "any", "tags": ["gold"]}


@pytest.fixture
def shop() -> tuple[Workspace, User]:
    """Three people are vip ("paid", "mixed", "unknown"); "unknown" gave no consent."""
    workspace, owner = make_shop(timezone.now())
    make_sending_settings(workspace)
    with workspace_scope(workspace):
        told = Contact.objects.exclude(external_id="unknown").values_list("pk", flat=True)
        set_consent(
            workspace=workspace,
            contact_ids=list(told),
            channel=Channel.EMAIL,
            status=ConsentStatus.GRANTED,
            now=timezone.now(),
        )
    return workspace, owner


@contextmanager
def writing(chromium: Any, live_server: Any, user: User, path: str, **look: bool) -> Iterator[Any]:
    """The campaign editor's page; whatever the console or the CSP complains about fails."""
    page = open_page(chromium, user=user, base_url=live_server.url, **look)
    page.set_default_timeout(10_000)
    try:
        page.goto(path)
        page.wait_for_selector("[data-step]")
        yield page
        assert page.complaints == []
    finally:
        page.context.close()


def edit_path(campaign: Campaign, step: str = "audience") -> str:
    return f"/w/{campaign.workspace_id}/campaigns/{campaign.pk}/edit/#{step}"


def saved(page: Any) -> None:
    page.wait_for_selector("[data-saved=saved]")


def read(campaign: Campaign) -> Campaign:
    with workspace_scope(campaign.workspace_id):
        return Campaign.objects.get(pk=campaign.pk)


def recipients(page: Any, number: int) -> None:
    """Wait for the fresh number: an old one never stands there as a new one."""
    page.wait_for_selector(f"[data-recipients='{number}']")


def choose(page: Any, label: str, name: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=name).first.click()


def without_addresses(text: str) -> str:
    """A message without what is signed for one recipient: addresses of links, the pixel."""
    text = re.sub(r'<img[^>]*src="[^"]*/m/[^"]*"[^>]*>', "", text)
    text = re.sub(r'(href)="[^"]*"', r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def test_a_segment_is_made_and_written_to_by_clicks_and_the_message_is_the_previewed_one(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, f"/w/{workspace.pk}/segments/new/") as page:
        page.get_by_role("button", name="Add a condition", exact=True).click()
        pick(page, "tag", "Tag")
        take_values(page, row(page, 0).get_by_role("combobox", name="Tag: tags"), "vip")
        assert settled(page) == 3
        page.get_by_label("Name of the segment").fill("Friends")
        page.locator("[data-save]").click()
        page.wait_for_url(re.compile(r"/segments/\d+/$"))

    with smtp_sink() as sink:
        make_smtp_account(workspace, sink)
        with writing(chromium, live_server, owner, f"/w/{workspace.pk}/campaigns/new/") as page:
            page.get_by_label("Name of the campaign").fill("Spring boots")
            choose(page, "Segments and lists", "Friends")
            recipients(page, 2)
            assert page.locator("[data-step=no_consent]").get_attribute("data-amount") == "1"
            page.locator("[data-next]").click()
            page.get_by_label("Name", exact=True).fill("Nordlicht")
            page.get_by_label("Address", exact=True).fill("news@nordlicht.example")
            page.locator("[data-subject]").fill("Boots for {{ contact.email }}")
            page.locator("[data-start]").click()
            page.keyboard.type("New in the shop")
            page.locator("[data-type=text] > .block-drawn").click()
            page.get_by_role("textbox", name="Text").fill("They keep your feet warm.")
            page.locator("[data-type=button] > .block-drawn").click()
            page.get_by_label("Words on the button").fill("Look")
            page.get_by_label("Leads to").fill("https://shop.example/boots")
            saved(page)
            page.get_by_text("Nothing to complain about").wait_for()
            page.get_by_role("combobox", name="See it as a contact").fill("mixed")
            page.get_by_role("option", name="mixed@people.example").click()
            page.locator(".preview-subject", has_text="mixed@people.example").wait_for()
            frame = page.frame_locator("iframe")
            frame.get_by_text("They keep your feet warm.").wait_for()
            page.locator("[data-next]").click()
            page.locator("[data-next]").click()
            button = page.locator("[data-send]")
            button.get_by_text("Send to 2 people").wait_for()
            page.wait_for_selector("[data-send][aria-disabled=false]")
            button.dblclick()
            page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
            page.complaints.clear()  # the report's page is another test's

        with workspace_scope(workspace):
            [run] = Run.objects.all()  # two clicks, one run
            campaign = Campaign.objects.get()
        [contact] = ask_rest(workspace, "contacts/?external_id=mixed")["results"]
        path = f"campaigns/{campaign.pk}/preview/?contact={contact['id']}"
        previewed = ask_rest(workspace, path)
        freeze_open_runs(clock=timezone.now)
        assert Sender(timezone.now).work(seconds=10) == 2

    assert {address for address, _ in sink.accepted} == {
        "mixed@people.example",
        "paid@people.example",
    }
    [caught] = [
        message
        for each in sink.messages
        if (message := email.message_from_bytes(each, policy=email.policy.default))["To"]
        == "mixed@people.example"
    ]
    assert caught["Subject"] == previewed["subject"] == "Boots for mixed@people.example"
    html = caught.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert without_addresses(html) == without_addresses(previewed["html"])
    assert run.campaign_id == campaign.pk


@pytest.mark.night
def test_numbers_are_never_of_an_earlier_audience(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    vip = save_segment(workspace, VIP, now=timezone.now(), name="Vip")
    save_segment(workspace, GOLD, now=timezone.now(), name="Gold")
    campaign = make_campaign(workspace, audience={"segments": [vip.pk]})
    with writing(chromium, live_server, owner, edit_path(campaign)) as page:
        recipients(page, 2)
        waiting: list[Any] = []
        page.route("**/waterfall/", lambda route: waiting.append(route))
        choose(page, "Segments and lists", "Gold")
        saved(page)
        page.wait_for_function("() => document.querySelector('.total.stale')")
        assert page.get_attribute("[data-recipients]", "data-recipients") == ""
        page.locator(".chosen-one", has_text="Vip").get_by_role("button").click()
        page.wait_for_timeout(900)
        waiting[-1].continue_()
        recipients(page, 2)
        page.unroute_all(behavior="ignoreErrors")
        page.get_by_role("group", name="How they are combined").wait_for(state="detached")
        page.get_by_label("Hold-out group").fill("90")
        saved(page)
    assert read(campaign).holdout_points == 9000
    assert len(read(campaign).audience["segments"]) == 1


def test_blocks_are_moved_copied_removed_and_brought_back(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    vip = save_segment(workspace, VIP, now=timezone.now(), name="Vip")
    campaign = make_campaign(workspace, audience={})
    with writing(chromium, live_server, owner, edit_path(campaign, "content")) as page:
        heading = page.locator("[data-type=heading]").first
        heading.focus()
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Control+d")
        types = "() => [...document.querySelectorAll('[data-block]')].map((b) => b.dataset.type)"
        assert page.evaluate(types) == ["button", "heading", "heading"]
        page.locator("[data-type=button]").focus()
        page.keyboard.press("Delete")
        assert page.evaluate(types) == ["heading", "heading"]
        page.get_by_role("button", name="Undo").first.click()
        assert page.evaluate(types) == ["button", "heading", "heading"]

        page.locator("[data-add='']").click()
        page.locator("[data-kind=columns]").last.click()
        page.locator(".mail-column [data-add]").first.click()
        page.locator(".mail-column [data-kind=text]").first.click()
        page.get_by_role("textbox", name="Text").fill("In a column")
        choose(page, "Show the block only to a segment", "Vip")
        page.get_by_text("Only who is in “Vip”").first.wait_for()
        saved(page)
        page.locator("[data-type=columns] > .block-grip").hover()
        page.mouse.down()
        box = page.locator("[data-type=button]").bounding_box()
        page.mouse.move(box["x"] + 40, box["y"] + 4, steps=6)
        page.mouse.up()
        assert page.evaluate(types)[0] == "columns"
        saved(page)
    body = read(campaign).content["body"]
    assert [block["type"] for block in body["blocks"]] == [
        "columns",
        "button",
        "heading",
        "heading",
    ]
    inside = body["blocks"][0]["columns"][0][0]
    assert (inside["html"], inside["only"]) == (
        "In a column",
        {"segment": vip.pk, "negated": False},
    )


def test_what_cannot_be_saved_is_said_and_the_rest_is_saved(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    make_campaign(workspace, audience={}, name="Taken")
    campaign = make_campaign(workspace, audience={})
    with writing(chromium, live_server, owner, edit_path(campaign, "content")) as page:
        page.get_by_label("Name of the campaign").fill("Taken")
        page.locator("[data-subject]").fill("Another subject")
        page.wait_for_selector("[data-saved=refused]")
        page.get_by_text("There is a campaign with this name already.").wait_for()
        assert read(campaign).content["subject"] == "Another subject"
        page.get_by_label("Name of the campaign").fill("Free")
        saved(page)
        assert read(campaign).name == "Free"
        page.complaints.clear()  # the refusal itself stands in the console

        with workspace_scope(workspace):
            change_campaign(
                actor=Actor(workspace=workspace, is_system=True),
                campaign=campaign,
                given=CampaignInput(name="Theirs"),
                now=timezone.now(),
            )
        page.locator("[data-subject]").fill("Mine")
        page.get_by_text("The campaign was changed meanwhile.").wait_for()
        assert read(campaign).content["subject"] == "Another subject"
        page.complaints.clear()


@pytest.mark.night
def test_a_schedule_is_said_in_words_and_started(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with smtp_sink() as sink:
        make_smtp_account(workspace, sink)
    vip = save_segment(workspace, VIP, now=timezone.now(), name="Vip")
    campaign = make_campaign(workspace, audience={"segments": [vip.pk]})
    with writing(chromium, live_server, owner, edit_path(campaign, "schedule")) as page:
        page.get_by_label("Again and again").check()
        page.get_by_label("How often").select_option("month")
        page.get_by_label("On day").fill("31")
        page.get_by_label("Time", exact=True).fill("07:30")
        page.get_by_label("By each contact’s own time zone").check()
        page.locator("[data-resend]").check()
        said = page.locator(".said")
        said.get_by_text("on day 31 of every month at 07:30").wait_for()
        said.get_by_text("in each contact’s own time zone").wait_for()
        said.get_by_text("72 hours later").wait_for()
        page.locator("[data-next]").click()
        page.wait_for_selector("[data-send][aria-disabled=false]")
        page.locator("[data-send]").click()
        page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
        page.complaints.clear()
        page.goto(edit_path(campaign))
        page.get_by_role("heading", name="This campaign is scheduled").wait_for()
    assert read(campaign).state == CampaignState.SCHEDULED
    assert read(campaign).schedule["resend"] == {"after_hours": 72, "subject": ""}


LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light"),
    pytest.param({"phone": True, "dark": True}, id="phone-dark", marks=pytest.mark.night),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]
BLOCKS = [
    *HELLO["body"]["blocks"],  # type: ignore[index]
    {"id": "c", "type": "text", "html": "<p>Soft <b>leather</b>.</p>"},
    {"id": "d", "type": "columns", "columns": [[{"id": "e", "type": "divider"}], []]},
    {"id": "f", "type": "products", "source": "highest_margin"},
    {"id": "g", "type": "image", "src": "", "alt": "Boots"},
    {"id": "h", "type": "code", "intro": "For you"},
    {"id": "i", "type": "spacer"},
    {"id": "j", "type": "html", "html": "<p>x</p>"},
]


@pytest.mark.parametrize("look", LOOKS)
def test_every_step_is_sound(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User], look: dict[str, bool]
) -> None:
    workspace, owner = shop
    vip = save_segment(workspace, VIP, now=timezone.now(), name="Vip")
    campaign = make_campaign(
        workspace,
        audience={"segments": [vip.pk]},
        content={**HELLO, "body": {"kind": "blocks", "blocks": BLOCKS}},
        testing={"variants": [{"subject": "Another"}]},
        schedule={"kind": "recurring", "date": "2030-01-01", "time": "09:00", "weekdays": [2]},
    )
    name = "-".join(key for key, value in look.items() if value) or "desktop"
    with writing(chromium, live_server, owner, edit_path(campaign), **look) as page:
        for step in ("audience", "content", "schedule", "review"):
            page.goto("about:blank")
            page.goto(edit_path(campaign, step))
            page.wait_for_selector(f"[data-step={step}]")
            page.wait_for_selector("[aria-busy=true], .stale", state="detached")
            if step == "content":
                page.locator("[data-type=products] > .block-drawn").click()
            check_page(page, f"campaign-{step}-{name}")
        page.goto(f"/w/{workspace.pk}/campaigns/")
        check_page(page, f"campaign-list-{name}")


@pytest.mark.night
def test_a_list_says_where_each_campaign_stands(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    make_campaign(workspace, audience={}, name="Draft one")
    held = make_campaign(workspace, audience={}, name="Held one", state=CampaignState.SCHEDULED)
    with workspace_scope(workspace):
        Run.objects.create(
            workspace=workspace,
            campaign=held,
            run_key="now:1",
            state=RunState.HELD,
            scheduled_for=timezone.now(),
        )
    page = open_page(chromium, user=owner, base_url=live_server.url)
    try:
        page.goto(f"/w/{workspace.pk}/campaigns/")
        rows = page.locator("tbody tr")
        assert rows.count() == 2
        assert "Held: needs your confirmation" in rows.filter(has_text="Held one").inner_text()
        page.get_by_role("link", name="Held", exact=True).click()
        assert page.locator("tbody .name").all_inner_texts() == ["Held one"]
        page.goto(f"/w/{workspace.pk}/campaigns/?search=draft")
        page.get_by_label("Actions for Draft one").click()
        page.get_by_role("button", name="Duplicate").click()
        page.wait_for_url(re.compile(r"/campaigns/\d+/edit/$"))
        assert page.input_value(".name-input") == "Draft one (copy)"
    finally:
        page.context.close()
