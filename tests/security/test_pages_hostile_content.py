"""T-54, T-61: what comes in as a text goes out as a text, on every page and in every file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from campaigns.models import Campaign, Recipient, Run
from campaigns.services.codes import create_pool, upload_codes
from campaigns.services.domains import add_domain
from campaigns.services.saved_blocks import save_block
from campaigns.services.topics import create_topic
from contacts.csv_export import DANGEROUS
from contacts.models import Contact
from contacts.services import create_category
from segments.services.saving import SegmentInput, create_segment
from tests.browsing import chromium, open_page, overflow
from tests.campaigns.sends import make_running, make_send
from tests.makers.campaigns import make_account, make_campaign, make_sending_settings
from tests.makers.contacts import make_list
from tests.makers.imports import import_text, upload
from tests.makers.workspaces import make_key, make_user, make_workspace
from tests.pages.test_every_page import pages_of, routes, settle
from tests.pages.world import Shop, count_segments, make_shop
from tests.security.payloads import FORMULAS, MARKUP, PAYLOADS
from tests.security.world import post
from tracking.models import Message
from workspaces.models import Role
from workspaces.policies import Actor
from workspaces.services import invite_member
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = pytest.mark.django_db(transaction=True)

CSV_PAGES = re.compile(r"\.csv$")


def make_hostile_shop() -> Shop:
    """Every field that takes a text holds payloads, brought in by the API, files and forms."""
    now = timezone.now()
    owner = make_user("mallory@nordlicht.example", name=MARKUP[2])
    workspace = make_workspace(MARKUP[0], owner=owner, now=now)
    program = Client(headers={"Authorization": f"Bearer {make_key(workspace, now=now)[1]}"})
    day = now.isoformat()
    numbered = list(enumerate(PAYLOADS))
    first = {"external_id": "victim"}
    post(program, "contacts/batch?define=true", contacts=list(_contacts(numbered, day)))
    post(program, "products/batch", products=list(_products(numbered)))
    visits = [
        {
            "external_id": f"visit {text}",
            "contact": first,
            "occurred_at": day,
            "url": f"https://shop.example/{quote(text)}?utm_campaign={quote(text)}",
            "referrer": f"https://{number}.example/{quote(text)}",
            "source": {"utm": {"source": text, "medium": text, "campaign": text}},
            "pages": [{"url": f"https://shop.example/p/{quote(text)}", "occurred_at": day}],
        }
        for number, text in numbered
    ]
    post(program, "visits/batch", visits=visits)
    activities = [
        {
            "external_id": f"activity {text}",
            "contact": first,
            "kind": "survey",
            "occurred_at": day,
            "parameters": {"answer": text},
        }
        for _number, text in numbered
    ]
    post(program, "activities/batch?define=true", activities=activities)
    post(program, "transactions/batch", transactions=list(_transactions(numbered, day)))
    _kinds(program)
    make_list(workspace, f"List {PAYLOADS[3]}", now=now)
    for text in PAYLOADS:
        make_list(workspace, text, now=now)
        create_category(workspace=workspace, name=text)
    rows = "\n".join(f'H-{number},"{_quoted(text)}",no address' for number, text in numbered)
    header = f'external_id,"{_quoted(MARKUP[0])}",email\n'
    import_text(workspace, header + rows, now=now)
    upload(workspace, header + rows, now=now)
    shop = Shop(workspace, owner)
    actor = Actor(workspace=workspace, user=owner, role=Role.OWNER)
    invite_member(actor=actor, email="eve@nordlicht.example", role=Role.VIEWER, now=now)
    _segments(shop)
    _campaigns(actor)
    return shop


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def _contacts(numbered: list[tuple[int, str]], day: str) -> Iterator[dict[str, Any]]:
    for number, text in numbered:
        yield {
            "external_id": text,
            "email": f"mallory{number}@nordlicht.example",
            "attributes": {"first_name": text, "last_name": text, "city": text, "motto": text},
            "tags": {"add": [text]},
            "consents": {"email": "granted"},
            "observed_at": day,
        }
    fields = {f"field_{number}": text for number, text in numbered[:20]}
    yield {
        "external_id": "victim",
        "attributes": {"first_name": "Victim", **fields},
        "tags": {"add": list(PAYLOADS)},
        "observed_at": day,
    }


def _products(numbered: list[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    for _number, text in numbered:
        yield {
            "external_id": text,
            "name": text,
            "brand": text,
            "category": text,
            "price": "10.00",
            "variants": [{"external_id": f"variant {text}", "name": text}],
        }


def _transactions(numbered: list[tuple[int, str]], day: str) -> Iterator[dict[str, Any]]:
    for _number, text in numbered:
        yield {
            "external_id": text,
            "contact": {"external_id": "victim"},
            "occurred_at": day,
            "sales_channel": text,
            "coupon": text,
            "source": {"utm": {"campaign": text, "source": text, "medium": text}},
            "lines": [
                {
                    "product": text,
                    "name": text,
                    "brand": text,
                    "category": text,
                    "properties": {f"p {text}"[:60]: text},
                    "quantity": 1,
                    "amount": "10.00",
                }
            ],
        }


def _kinds(program: Client) -> None:
    for number, text in enumerate(PAYLOADS):
        parameters = [{"key": "answer", "type": "text", "label": text}]
        post(program, "activity-kinds/", key=f"kind_{number}", label=text, parameters=parameters)


def _segments(shop: Shop) -> None:
    """Segments called, labelled and asking for the payloads."""
    workspace, now = shop.workspace, timezone.now()
    actor = Actor(workspace=workspace, user=shop.owner, role=Role.OWNER)
    city = {"type": "contacts.text", "attribute": "city", "operator": "any_of"}
    row = {**city, "values": list(PAYLOADS)}
    given = SegmentInput(name=f"Everything {MARKUP[0]}", where={"all": [row]}, labels=[MARKUP[1]])
    with workspace_scope(workspace):
        create_segment(actor=actor, given=given, now=now)
        for text in PAYLOADS:
            where = {"all": [{**city, "values": [text]}]}
            given = SegmentInput(name=text, where=where, labels=[text[:40]])
            create_segment(actor=actor, given=given, now=now)
    count_segments(workspace, 2)


def _campaigns(actor: Actor) -> None:
    """Campaigns called and made of the payloads, one sent and answered, and what they need."""
    workspace, now = actor.workspace, timezone.now()
    account = make_account(workspace, name=MARKUP[0])
    make_sending_settings(workspace, postal_address="\n".join(MARKUP))
    with workspace_scope(workspace):
        add_domain(actor=actor, domain="nordlicht.example", now=now)
        for text in PAYLOADS:
            create_topic(actor=actor, name=text, description=text, now=now)
            save_block(actor=actor, name=text, block=_block("a", text), now=now)
            if text.isprintable():
                pool = create_pool(actor=actor, name=text, description=text, now=now)
        upload_codes(actor=actor, pool=pool, lines=PAYLOADS, now=now)
        people = list(Contact.objects.exclude(email="").order_by("pk"))
    given = {"account": account, "code_pool": pool}
    plain = {"content": _content(MARKUP[0], MARKUP), "from_name": MARKUP[0], **given}
    run = make_send(workspace, people, at=now, name=MARKUP[0], **plain)
    drafts = [
        make_campaign(
            workspace,
            audience=run.campaign.audience,
            name=text,
            from_name=text,
            content=_content(text, PAYLOADS),
            now=now,
            **given,
        )
        for text in PAYLOADS[1:]
    ]
    make_running(workspace, drafts[0], at=now)
    reasons = [{"code": "jump", "message": text} for text in PAYLOADS]
    with workspace_scope(workspace):
        Run.objects.update(error=MARKUP[1], held_reasons=reasons)
        Message.objects.update(subject=MARKUP[0])
        for recipient, text in zip(Recipient.objects.order_by("pk"), PAYLOADS, strict=False):
            Recipient.objects.filter(pk=recipient.pk).update(error=text, provider_id=text)


def _content(subject: str, texts: Sequence[str]) -> dict[str, Any]:
    """A message whose every text is one of these."""
    blocks = [_block(f"b{number}", text) for number, text in enumerate(texts)]
    utm = {"source": subject, "medium": subject, "campaign": subject}
    body = {"kind": "blocks", "blocks": blocks}
    return {"subject": subject, "preheader": subject, "body": body, "utm": utm}


def _block(key: str, text: str) -> dict[str, Any]:
    href = f"https://shop.example/{quote(text)}"
    return {"id": key, "type": "button", "label": text, "href": href}


def watched(page: Any, base_url: str) -> list[str]:
    """What the page does that no text may make it do; grows while it is used."""
    heard: list[str] = []
    page.on("dialog", lambda dialog: (heard.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on(
        "request",
        lambda asked: (
            asked.url.startswith((base_url, "data:", "blob:"))
            or heard.append(f"asked for {asked.url}")
        ),
    )
    page.on("framenavigated", lambda frame: frame.parent_frame and heard.append("a frame"))
    return heard


def faults_of(page: Any, heard: list[str]) -> list[str]:
    """What ran, what was refused by the content security policy, what broke the layout."""
    faults = [*heard, *page.complaints]
    heard.clear()
    page.complaints.clear()
    if page.evaluate("typeof window.canary") != "undefined":
        faults.append("the canary was set")
    planted = "script:not([src]):not([type='application/json']), iframe, [onerror], [onload], base"
    faults += [
        f"planted {html}"
        for html in page.locator(planted).evaluate_all(
            "all => all.map(e => e.outerHTML.slice(0, 80))"
        )
    ]
    if sideways := overflow(page):
        faults.append(f"scrolls sideways by {sideways}")
    return faults


@pytest.mark.browser
@pytest.mark.parametrize(
    "phone", [False, pytest.param(True, marks=pytest.mark.night)], ids=["desktop", "phone"]
)
def test_no_text_of_anybody_runs_or_breaks_a_page(
    chromium: Any, live_server: Any, phone: bool, record_property: Any
) -> None:
    shop = make_hostile_shop()
    client = Client()
    client.force_login(shop.owner)
    paths = pages_of(shop, client) + more_pages_of(shop)
    page = open_page(chromium, user=shop.owner, base_url=live_server.url, phone=phone)
    heard, faults = watched(page, live_server.url), {}
    try:
        for path in paths:
            page.goto(path)
            settle(page)
            if found := faults_of(page, heard):
                faults[path] = found
        if not phone:
            faults |= palette_faults(page, heard)
    finally:
        page.context.close()
    assert faults == {}
    record_property("pages_with_hostile_texts", len(paths))
    record_property("hostile_texts", len(PAYLOADS))


def more_pages_of(shop: Shop) -> list[str]:
    """Pages that show the payloads together, and searches for them."""
    here = f"/w/{shop.workspace.pk}"
    with workspace_scope(shop.workspace):
        victim = Contact.objects.get(external_id="victim").pk
        draft = Campaign.objects.order_by("pk").last()
        running = Run.objects.order_by("pk").last()
    assert draft is not None
    assert running is not None
    card = f"{here}/contacts/{victim}"
    listed = ("contacts", "segments", "products", "transactions", "tags", "lists", "campaigns")
    searches = [f"{here}/{name}/?search={quote(text)}" for name in listed for text in MARKUP[2:4]]
    kinds = [f"{card}/?kind={kind}" for kind in ("visits", "activities", "purchases", "details")]
    return [
        f"{card}/",
        f"{card}/edit/",
        f"{here}/segments/?label={quote(MARKUP[1])}",
        f"{here}/campaigns/{draft.pk}/edit/",
        f"{here}/campaigns/{draft.pk}/preview/",
        f"{here}/campaigns/runs/{running.pk}/",
        f"{here}/campaigns/runs/{running.pk}/recipients/",
        *kinds,
        *searches,
    ]


def palette_faults(page: Any, heard: list[str]) -> dict[str, list[str]]:
    """What is wrong once the palette has found the payloads."""
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    page.keyboard.type("script")
    page.wait_for_selector("#palette [role=option] >> text=<script>")
    found = faults_of(page, heard)
    return {"palette": found} if found else {}


LISTS = (
    "contacts/",
    "tags/",
    "categories/",
    "products/",
    "products/brands/",
    "transactions/",
    "activity-kinds/",
    "segments/",
    "lists/",
    "campaigns/",
    "campaigns/topics/",
)
PAGED = {"campaigns/": 2}  # how many pages hold the payloads; all of them stand on one elsewhere


def test_texts_stand_on_pages_as_they_came() -> None:
    shop = make_hostile_shop()
    client = Client()
    client.force_login(shop.owner)
    missing = []
    for path in LISTS:
        there = f"/w/{shop.workspace.pk}/{path}?page="
        pages = range(1, 1 + PAGED.get(path, 1))
        content = "".join(client.get(f"{there}{page}").content.decode() for page in pages)
        missing += [(path, text) for text in PAYLOADS if escape(text) not in content]
        assert "<script>window" not in content
    assert missing == []


def test_no_cell_of_a_file_is_a_formula() -> None:
    shop = make_hostile_shop()
    client = Client()
    client.force_login(shop.owner)
    files = [shop.path(route) for route in routes() if CSV_PAGES.search(route.pattern)]
    assert len(files) >= 3
    seen = set()
    for path in files:
        text = b"".join(client.get(path).streaming_content).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(DANGEROUS)] == []
        seen |= set(cells)
    assert {f"'{text}" for text in FORMULAS} <= seen


def test_a_nul_in_an_address_or_a_form_is_never_a_crash() -> None:
    shop = make_shop()
    client = Client(raise_request_exception=False)
    client.force_login(shop.owner)
    paths = [shop.path(route) for route in routes() if "workspace" in route.arguments]
    names = ("search", "sort", "page", "kind", "label", "tag", "segment", "external_id", "before")
    asked = [f"{path}?{name}=%00" for path in paths for name in names]
    form = {"name": "a\x00b", "label": "\x00", "key": "\x00", "email": "\x00@x.pl", "tag": "\x00"}
    crashed = [path for path in asked if client.get(path).status_code >= 500]
    crashed += [f"POST {path}" for path in paths if client.post(path, form).status_code >= 500]
    assert crashed == []


def test_a_nul_in_a_batch_costs_its_item_and_says_where() -> None:
    workspace = make_workspace()
    secret = make_key(workspace, now=timezone.now())[1]
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    items = [
        {"external_id": "bad", "attributes": {"city": "Gda\x00nsk"}},
        {"external_id": "good", "attributes": {}},
    ]
    answer = program.post(
        "/api/v1/contacts/batch", {"contacts": items}, content_type="application/json"
    )
    bad, good = answer.json()["results"]
    assert (bad["status"], good["status"]) == ("error", "created")
    assert [error["path"] for error in bad["errors"]] == ["$.contacts[0].attributes.city"]
