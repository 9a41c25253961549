"""Messages of a run: whose they are, where their links lead, and what they are made of."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.content.rendering import RenderFault, renderer_for
from campaigns.content.utm import with_utm
from campaigns.documents import Content, Utm
from campaigns.models import CodePool, DiscountCode, TrackedLink
from campaigns.responses.tokens import Purpose, read
from contacts.models import Contact
from tests.campaigns.contents import (
    LATER,
    Elements,
    content_of,
    html_body,
    make_frozen_run,
    previewed,
    rendered,
    with_faults,
)
from tests.makers.campaigns import make_sending_settings
from tests.makers.contacts import make_attribute, make_contact, upsert
from tests.makers.segments import make_segment
from tests.makers.transactions import line_item, make_product, make_transaction, products
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

BUTTON = {"type": "button", "label": "Look", "href": "https://shop.example/new"}


@pytest.fixture
def shop() -> Workspace:
    workspace = make_workspace()
    make_sending_settings(workspace)
    return workspace


def token_of(url: str, purpose: Purpose) -> tuple[int, int]:
    found = read(purpose, url.rpartition("/")[2])
    assert found is not None, url
    return found.recipient_id, found.link_id


def destinations(workspace: Workspace) -> dict[int, str]:
    with workspace_scope(workspace):
        return dict(TrackedLink.objects.in_workspace(workspace).values_list("pk", "url"))


# --- Links -----------------------------------------------------------------------------------


def test_every_link_of_a_message_is_signed_for_its_recipient(shop: Workspace) -> None:
    content = content_of(
        BUTTON,
        {"type": "text", "html": '<a href="mailto:us@shop.example">us</a> <a href="#top">up</a>'},
        {"type": "text", "html": '<a href="https://shop.example/new">again</a>'},
        {"type": "text", "html": '<a href="https://shop.example/x?utm_source=own#part">x</a>'},
        text="Plain https://shop.example/plain.",
        utm={"source": "letter", "medium": "email", "campaign": "may"},
    )
    contacts = [make_contact(shop), make_contact(shop)]
    run, recipients = make_frozen_run(shop, content, contacts)
    first, second = rendered(shop, run, recipients)
    links = destinations(shop)
    for recipient, message in zip(recipients, (first, second), strict=True):
        urls = Elements(message.html).links()
        assert urls[1:3] == ["mailto:us@shop.example", "#top"]
        clicks = [token_of(url, Purpose.CLICK) for url in (urls[0], *urls[3:5])]
        assert {recipient_id for recipient_id, _link in clicks} == {recipient.pk}
        fields = "utm_source=letter&utm_medium=email&utm_campaign=may"
        assert [links[link] for _recipient, link in clicks] == [
            f"https://shop.example/new?{fields}",
            f"https://shop.example/new?{fields}",
            "https://shop.example/x?utm_source=own&utm_medium=email&utm_campaign=may#part",
        ]
        for purpose, url in zip(
            (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VIEW), urls[5:], strict=True
        ):
            assert token_of(url, purpose) == (recipient.pk, 0)
        [pixel] = [v["src"] for tag, v in Elements(message.html).found if tag == "img"]
        assert token_of(pixel, Purpose.OPEN) == (recipient.pk, 0)
        assert message.html.rstrip().endswith("</body></html>")
        plain = re.search(r"Plain (\S+)\.", message.text)
        assert plain is not None
        _recipient, link = token_of(plain[1], Purpose.CLICK)
        assert links[link].startswith("https://shop.example/plain?utm_source")
        assert "shop.example/" not in message.html.replace("us@shop.example", "")
    assert len(links) == 3
    assert first.html != second.html


def test_links_that_differ_by_contact_are_stored_once_each(shop: Workspace) -> None:
    make_attribute(shop, "page")
    pages = ["https://a.example/1", "https://a.example/2", "https://a.example/1", "nowhere"]
    contacts = [make_contact(shop, attributes={"page": page}) for page in pages]
    content = content_of({"type": "button", "label": "Go", "href": "{{ contact.page }}"}, utm=None)
    run, recipients = make_frozen_run(shop, content, contacts)
    messages = rendered(shop, run, recipients)
    assert sorted(destinations(shop).values()) == ["https://a.example/1", "https://a.example/2"]
    links = [len(Elements(message.html).links()) for message in messages]
    assert links == [4, 4, 4, 3]  # what is no address is no link
    again = rendered(shop, run, recipients)
    assert again == messages
    assert len(destinations(shop)) == 2


def test_ids_of_links_that_were_rolled_back_are_not_kept(shop: Workspace) -> None:
    run, recipients = make_frozen_run(shop, content_of(BUTTON), [make_contact(shop)])

    class Undo(Exception):
        pass

    def undone() -> None:
        with workspace_scope(shop):
            renderer_for(workspace=shop, run=run).render(recipients, now=LATER)
            raise Undo

    with pytest.raises(Undo):
        undone()
    assert destinations(shop) == {}
    [message] = rendered(shop, run, recipients)
    _recipient, link = token_of(Elements(message.html).links()[0], Purpose.CLICK)
    assert link in destinations(shop)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://s.example", "https://s.example?utm_source=n&utm_campaign=in-may"),
        ("https://s.example/?a=1#x", "https://s.example/?a=1&utm_source=n&utm_campaign=in-may#x"),
        ("https://s.example/?UTM_Source=o", "https://s.example/?UTM_Source=o&utm_campaign=in-may"),
        (
            "https://s.example/?q=a%20b&&c",
            "https://s.example/?q=a%20b&&c&utm_source=n&utm_campaign=in-may",
        ),
        ("mailto:a@s.example", "mailto:a@s.example"),
        ("#part", "#part"),
        ("https://[broken", "https://[broken"),
        (f"{settings.BASE_URL}/m/u/token", f"{settings.BASE_URL}/m/u/token"),
    ],
)
def test_utm_fields_are_added_and_overwrite_nothing(url: str, expected: str) -> None:
    utm = Utm(source="n", medium="", campaign="")
    assert with_utm(url, utm, "In May!") == expected


# --- Values ----------------------------------------------------------------------------------


def test_each_contact_gets_their_own_values_as_they_were(shop: Workspace) -> None:
    make_attribute(shop, "points", "number")
    make_attribute(shop, "likes", "choices", options=["sailing", "chess"])
    anna = make_contact(
        shop, "anna", attributes={"first_name": "Anna", "points": 42, "likes": ["chess", "sailing"]}
    )
    nobody = make_contact(shop, "nobody")
    content = content_of(
        {
            "type": "heading",
            "text": "{{ contact.points | plus: 1 }} {{ contact.likes | join: '+' }}",
        },
        subject="{{ contact.first_name | default: 'Friend' }}, {{ today }} {{ campaign.name }}",
    )
    run, recipients = make_frozen_run(shop, content, [anna, nobody], name="May\u2028sale")
    upsert(
        shop,
        {"external_id": "anna", "attributes": {"first_name": "Later"}},
        now=LATER + timedelta(hours=1),
    )
    first, second = rendered(shop, run, recipients, now=LATER + timedelta(days=1))
    assert first.subject == f"Anna, {NOW:%Y-%m-%d} May sale"
    assert second.subject.startswith("Friend, ")
    assert "43 chess+sailing" in first.html
    assert ">1 <" in second.html or "1 </h1>" in second.html


def test_the_code_is_the_recipients_own(shop: Workspace) -> None:
    contacts = [make_contact(shop), make_contact(shop)]
    with workspace_scope(shop):
        pool = CodePool.objects.create(workspace=shop, name="May")
    content = content_of({"type": "code"}, subject="{{ code }}")
    run, recipients = make_frozen_run(shop, content, contacts, code_pool=pool)
    with workspace_scope(shop):
        for number, recipient in enumerate(recipients):
            recipient.code = DiscountCode.objects.create(
                workspace=shop,
                pool=pool,
                code=f"MAY-{number}",
                code_key=f"may-{number}",
                campaign=run.campaign,
                contact=contacts[number],
                given_at=NOW,
            )
    assert [each.subject for each in rendered(shop, run, recipients)] == ["MAY-0", "MAY-1"]


def test_conditional_blocks_follow_the_bits_that_were_frozen(shop: Workspace) -> None:
    contacts = [make_contact(shop) for _ in range(3)]
    anybody = {"all": [{"type": "contacts.became_contact", "window": "ever"}]}
    one, two = make_segment(shop, anybody), make_segment(shop, anybody)
    content = content_of(
        {"type": "heading", "text": "In one", "only": {"segment": one.pk}},
        {"type": "heading", "text": "Not in two", "only": {"segment": two.pk, "negated": True}},
        subject=f"{{% if segment_{two.pk} %}}two{{% else %}}other{{% endif %}}",
    )
    run, recipients = make_frozen_run(
        shop, content, contacts, conditions={one: contacts[:2], two: contacts[1:]}
    )
    seen = [
        ("In one" in each.html, "Not in two" in each.html, each.subject)
        for each in rendered(shop, run, recipients)
    ]
    assert seen == [(True, True, "other"), (True, False, "two"), (False, False, "two")]


def test_variants_differ_in_what_they_say(shop: Workspace) -> None:
    contacts = [make_contact(shop), make_contact(shop)]
    run, recipients = make_frozen_run(
        shop, content_of(BUTTON, subject="A"), contacts, testing={"variants": [{"subject": "B"}]}
    )
    recipients[1].variant = 1
    assert [each.subject for each in rendered(shop, run, recipients)] == ["A", "B"]


def test_a_fault_at_one_contact_is_theirs_alone(shop: Workspace) -> None:
    make_attribute(shop, "number", "number")
    contacts = [make_contact(shop, attributes={"number": n}) for n in (2, 0, 4)]
    content = content_of({"type": "heading", "text": "{{ 8 | divided_by: contact.number }}"})
    run, recipients = make_frozen_run(shop, content, contacts)
    found = with_faults(shop, run, recipients)
    assert [type(each).__name__ for each in found] == ["Rendered", "RenderFault", "Rendered"]
    fault = found[1]
    assert isinstance(fault, RenderFault)
    assert fault.recipient_id == recipients[1].pk
    assert "divide by 0" in fault.message


def test_a_template_that_cant_be_read_is_a_fault_of_every_recipient(shop: Workspace) -> None:
    contacts = [make_contact(shop), make_contact(shop)]
    content = content_of(body=html_body("{% if contact.first_name %}x"))
    run, recipients = make_frozen_run(shop, content, contacts)
    found = with_faults(shop, run, recipients)
    assert all(isinstance(each, RenderFault) and "body" in each.message for each in found)


def test_a_batch_takes_as_many_queries_as_one(shop: Workspace) -> None:
    contacts = [make_contact(shop, attributes={"first_name": f"A{n}"}) for n in range(30)]
    content = content_of(
        {"type": "heading", "text": "{{ contact.first_name }}"},
        {"type": "products", "source": "missing_accessories"},
        {"type": "text", "html": "{{ contact.last_products.first.name }}"},
        BUTTON,
    )
    run, recipients = make_frozen_run(shop, content, contacts)
    rendered(shop, run, recipients)
    numbers = []
    for batch in (recipients[:2], recipients):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rendered(shop, run, batch)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 16


def test_the_message_is_the_one_previewed(shop: Workspace) -> None:
    """But for addresses: a preview counts no clicks."""
    anna = make_contact(shop, attributes={"first_name": "Anna", "city": "Gdynia"})
    make_product(shop, "P-1", name="Boots", url="https://shop.example/p1", price="9.90")
    anybody = {"all": [{"type": "contacts.became_contact", "window": "ever"}]}
    segment = make_segment(shop, anybody)
    content = content_of(
        {"type": "heading", "text": "Hi {{ contact.first_name }}", "only": {"segment": segment.pk}},
        {"type": "products", "source": "picked", "products": ["P-1"]},
        BUTTON,
        subject="{{ contact.city }}",
        preheader="{{ today }}",
    )
    run, recipients = make_frozen_run(shop, content, [anna], conditions={segment: [anna]})
    [message] = rendered(shop, run, recipients)
    seen = previewed(shop, content, anna, campaign=run.campaign)
    assert seen.subject == message.subject == "Gdynia"
    links = destinations(shop)

    def led_back(text: str) -> str:
        def destination(match: re.Match[str]) -> str:
            return links[token_of(match[0], Purpose.CLICK)[1]].replace("&", "&amp;")

        text = re.sub(rf"{settings.BASE_URL}/m/c/[\w-]+=*", destination, text)
        for kind, name in (("u", "unsubscribe"), ("p", "preferences"), ("v", "view")):
            text = re.sub(rf"{settings.BASE_URL}/m/{kind}/[\w-]+=*", f"#{name}", text)
        return re.sub(r"<img [^>]*/m/o/[^>]*>", "", text)

    assert led_back(message.html) == seen.html
    assert led_back(message.text).replace("&amp;", "&") == seen.text
    assert "Boots" in seen.html
    assert "Hi Anna" in seen.html


# --- Products --------------------------------------------------------------------------------


def names_in(workspace: Workspace, content: Content, contact: Contact, **given: Any) -> list[str]:
    """The names of the products a block shows to the contact."""
    run, recipients = make_frozen_run(workspace, content, [contact], **given)
    [message] = rendered(workspace, run, recipients)
    return re.findall(r"<!--\[if mso\]><td.*?text-decoration:none\">([^<]+)</a>", message.html)


def showing(source: str, **given: Any) -> Content:
    return content_of({"type": "products", "source": source, "number": 3, **given})


@pytest.fixture
def catalog(shop: Workspace) -> Workspace:
    for n, (name, brand, price, cost, stock) in enumerate(
        [
            ("Skis", "Nordica", "300.00", "250.00", True),
            ("Boots", "Nordica", "200.00", "50.00", True),
            ("Poles", "Nordica", "50.00", "10.00", False),
            ("Tent", "Alpen", "150.00", "100.00", True),
            ("Wax", "Alpen", "10.00", "1.00", True),
        ]
    ):
        products(
            shop,
            {
                "external_id": name.lower(),
                "name": name,
                "brand": brand,
                "price": price,
                "cost": cost,
                "in_stock": stock,
                "url": f"https://shop.example/{name.lower()}",
                "accessories": ["wax", "poles", "boots"] if name == "Skis" else [],
            },
            now=NOW - timedelta(days=10 - n),
        )
    products(
        shop,
        {"external_id": "skis", "name": "Skis", "accessories": ["wax", "poles", "boots"]},
        now=NOW - timedelta(days=1),
    )
    return shop


def test_products_that_are_the_same_for_everybody(catalog: Workspace) -> None:
    contact = make_contact(catalog)
    newest = names_in(catalog, showing("brand_newest", brand="nordica"), contact)
    assert newest == ["Boots", "Skis"]  # poles are out of stock
    assert names_in(catalog, showing("highest_margin"), contact) == ["Boots", "Skis", "Tent"]
    picked = names_in(catalog, showing("picked", products=["wax", "gone", "poles"]), contact)
    assert picked == ["Wax", "Poles"]


def test_missing_accessories_are_those_not_bought_yet(catalog: Workspace) -> None:
    owner, stranger = make_contact(catalog), make_contact(catalog)
    bought = [line_item("300.00", product="skis"), line_item("10.00", product="wax")]
    make_transaction(catalog, owner, NOW - timedelta(days=2), lines=bought)
    block = showing("missing_accessories")
    assert names_in(catalog, block, owner) == ["Boots"]  # not wax, which they have
    assert names_in(catalog, block, stranger) == []


def test_the_products_that_made_the_contact_match(catalog: Workspace) -> None:
    contact = make_contact(catalog)
    for days, product in ((3, "boots"), (4, "tent"), (40, "skis")):
        make_transaction(
            catalog,
            contact,
            NOW - timedelta(days=days),
            lines=[line_item("100.00", product=product)],
        )
    bought_lately = {
        "type": "transactions.bought",
        "where": [{"field": "brand", "values": ["Nordica"]}],
        "window": {"last": 30, "unit": "days"},
    }
    segment = make_segment(catalog, {"all": [bought_lately]})
    assert names_in(catalog, showing("matched"), contact, audience=[segment]) == ["Boots"]
    ever = make_segment(catalog, {"all": [{**bought_lately, "window": "ever"}]})
    assert names_in(catalog, showing("matched"), contact, audience=[ever]) == ["Boots", "Skis"]
    without = make_segment(catalog, {"not": {"all": [{**bought_lately, "window": "ever"}]}})
    assert names_in(catalog, showing("matched"), contact, audience=[without]) == []


def test_the_last_products_are_the_last_bought(catalog: Workspace) -> None:
    contact = make_contact(catalog)
    for days, product in ((9, "skis"), (5, "tent"), (2, "skis")):
        make_transaction(
            catalog, contact, NOW - timedelta(days=days), lines=[line_item("1.00", product=product)]
        )
    content = content_of(
        {"type": "divider"}, subject="{{ contact.last_products | map: 'name' | join: ', ' }}"
    )
    run, recipients = make_frozen_run(catalog, content, [contact])
    assert rendered(catalog, run, recipients)[0].subject == "Skis, Tent"
