"""Each kind of block as HTML with Liquid, against files that are reviewed when they change.

`KOHORTA_UPDATE_GOLDEN=1 ./dev test tests/campaigns/test_content_blocks.py` writes them anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from campaigns.content.compiling import templates_of
from campaigns.documents import Content
from tests.campaigns.contents import Elements, content_of, html_body, made

GOLDEN = Path(__file__).parent / "golden"
IS_UPDATE = os.environ.get("KOHORTA_UPDATE_GOLDEN") == "1"

BLOCKS: dict[str, dict[str, Any]] = {
    "heading": {"type": "heading", "text": "New <in> {{ contact.city }}", "align": "center"},
    "text": {
        "type": "text",
        "html": "<p>Hi <b>{{ contact.first_name | default: &quot;you&quot; }}</b>,<br>see "
        '<a href="https://shop.example/a?b=1&amp;c=2">this</a><script>alert(1)</script></p>',
    },
    "image": {
        "type": "image",
        "src": "https://img.example/a.png",
        "alt": 'The "new" one',
        "href": "https://shop.example/",
        "width": 300,
    },
    "button": {"type": "button", "label": "Look", "href": "https://shop.example/", "align": "left"},
    "divider": {"type": "divider"},
    "spacer": {"type": "spacer", "height": 40},
    "products": {
        "type": "products",
        "source": "brand_newest",
        "brand": "Nordica",
        "number": 4,
        "per_row": 2,
        "button": "Buy",
    },
    "code": {"type": "code", "intro": "For you:", "note": "Until Friday"},
    "html": {
        "type": "html",
        "html": "<table>{% for p in contact.last_products %}<tr><td>{{ p.name }}</td></tr>"
        "{% endfor %}</table><form><input></form>",
    },
    "columns": {
        "type": "columns",
        "columns": [
            [{"id": "x", "type": "heading", "text": "Left", "level": 3}],
            [{"id": "y", "type": "spacer"}, {"id": "z", "type": "divider"}],
        ],
    },
    "only": {"type": "heading", "text": "For members", "only": {"segment": 12}},
    "only_not": {
        "type": "heading",
        "text": "For the others",
        "only": {"segment": 12, "negated": True},
    },
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_drawn_as_reviewed(name: str) -> None:
    html = templates_of(content_of(BLOCKS[name]), language="en")["html"]
    start = html.index('<div class="mj-outlook-group-fix')
    body = html[start : html.index("<!--[if mso | IE]></tr></table><![endif]-->", start)]
    text = re.sub(r">\s*<", ">\n<", body)
    path = GOLDEN / f"{name}.html"
    if IS_UPDATE:
        path.write_text(text + "\n")
    assert path.exists(), f"{name} is new: write it with KOHORTA_UPDATE_GOLDEN=1 and review it"
    assert text + "\n" == path.read_text()


def test_every_golden_file_is_of_a_block() -> None:
    assert {path.stem for path in GOLDEN.glob("*.html")} == set(BLOCKS)


def test_the_text_of_a_block_keeps_its_liquid_and_loses_its_programs() -> None:
    content = content_of(BLOCKS["text"], BLOCKS["html"])
    message = made(
        content,
        contact={"first_name": "Anna & Co", "last_products": [{"name": "A"}, {"name": "B"}]},
    )
    assert "<b>Anna &amp; Co</b>" in message.html
    assert "<tr><td>A</td></tr><tr><td>B</td></tr>" in message.html
    assert not Elements(message.html).tags() & {"script", "form", "input"}


@pytest.mark.parametrize(
    ("is_in", "seen", "unseen"),
    [(True, "For members", "For the others"), (False, "For the others", "For members")],
)
def test_conditions_decide_what_is_seen(is_in: bool, seen: str, unseen: str) -> None:
    columns = {"type": "columns", "columns": [[{"id": "q", **BLOCKS["only"]}]]}
    content = content_of(BLOCKS["only"], BLOCKS["only_not"], columns)
    message = made(content, segment_12=is_in)
    assert seen in message.html
    assert unseen not in message.html
    assert seen in message.text
    assert unseen not in message.text


def test_what_there_is_nothing_of_is_left_out() -> None:
    content = content_of(BLOCKS["products"], BLOCKS["code"], {"type": "divider"})
    with_nothing = made(content, products_0=[], code=None)
    assert "For you" not in with_nothing.html
    assert "inline-block;width:100%;max-width" not in with_nothing.html
    product = {"name": "A", "url": "https://s.example/a", "image_url": "", "price": ""}
    with_some = made(content, products_0=[product], code="MAY-1")
    assert "MAY-1" in with_some.html
    assert ">A</a>" in with_some.html


def test_products_stand_in_rows() -> None:
    products = [
        {"name": f"P{n}", "url": f"https://s.example/{n}", "image_url": "", "price": "€1.00"}
        for n in range(4)
    ]
    message = made(content_of(BLOCKS["products"]), products_0=products)
    assert message.html.count("</tr><tr><![endif]-->") == 1
    assert message.html.count("€1.00") == 4


def test_our_footer_stands_where_the_body_has_no_way_out_of_its_own() -> None:
    ours = made(content_of(BLOCKS["divider"]), unsubscribe_url="https://o.example/u")
    assert "https://o.example/u" in Elements(ours.html).links()
    own = content_of({"type": "text", "html": '<a href="{{ unsubscribe_url }}">Bye</a>'})
    message = made(own, unsubscribe_url="https://o.example/u")
    assert Elements(message.html).links() == ["https://o.example/u"]


def test_a_body_of_mjml_keeps_its_liquid() -> None:
    source = """<mjml><mj-body>
      {% if segment_7 %}<mj-section><mj-column><mj-text>Seven</mj-text></mj-column></mj-section>
      {% endif %}
      <mj-section><mj-column><mj-text>{{ contact.first_name | default: "you" }}</mj-text>
      <mj-button href="https://shop.example/?a=1">Go</mj-button></mj-column></mj-section>
    </mj-body></mjml>"""
    content = content_of(body={"kind": "mjml", "source": source}, preheader="Look {{ code }}")
    message = made(content, contact={}, segment_7=False, code="C", unsubscribe_url="https://o/u")
    assert "Seven" not in message.html
    assert ">you<" in message.html
    assert "Look C" in message.html
    assert "https://o/u" in Elements(message.html).links()
    assert "fonts.googleapis" not in message.html


def test_a_body_of_html_gets_its_styles_inlined_and_keeps_its_liquid() -> None:
    source = (
        "<html><head><style>a{color:red} @media (max-width:400px){a{color:blue}}</style></head>"
        "<body><table>{% for p in contact.last_products %}<tr><td><a href='{{ p.url }}'>"
        "{{ p.name }}</a></td></tr>{% endfor %}</table></body></html>"
    )
    products = [{"name": "A<", "url": "https://s.example/?a=1&b=2"}]
    content = content_of(body=html_body(source), preheader="Before all")
    message = made(content, contact={"last_products": products}, unsubscribe_url="https://o/u")
    assert 'style="color: red;"' in message.html
    assert "max-width:400px" in message.html.replace(" ", "")
    assert "<tr><td><a " in message.html
    assert "A&lt;</a></td></tr></tbody></table>" in message.html
    assert message.html.index("Before all") < message.html.index("<table>")


def test_the_plain_part_is_made_of_the_html() -> None:
    content = content_of(
        {"type": "heading", "text": "News"},
        {"type": "text", "html": "<p>One</p><ul><li>two</li><li>three</li></ul>"},
        BLOCKS["button"],
        BLOCKS["only"],
        utm=None,
    )
    message = made(content, workspace={"name": "Shop", "postal_address": "A\nB"})
    lines = [line for line in message.text.split("\n") if line.strip()]
    assert lines[:4] == ["News", "One", "- two", "- three"]
    assert lines[4].startswith("Look ( ")
    assert "For members" not in message.text
    assert "Shop" in lines
    assert "<br" not in message.text


@pytest.mark.parametrize(
    ("surface", "has_dark"), [("#ffffff", True), ("#101418", False), ("#fff3e0", True)]
)
def test_light_messages_have_dark_colours_too(surface: str, has_dark: bool) -> None:
    body = {"kind": "blocks", "blocks": [], "style": {"surface": surface}}
    html = templates_of(content_of(body=body), language="en")["html"]
    assert ("prefers-color-scheme" in html) is has_dark


def test_the_language_is_the_workspaces() -> None:
    content: Content = content_of(BLOCKS["divider"])
    assert 'lang="de"' in templates_of(content, language="de")["html"]
