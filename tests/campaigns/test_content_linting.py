"""What is said about a content before it is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings

from campaigns.content.linting import MAX_BYTES, Finding, lint, lint_content
from campaigns.content.variables import variables_of
from campaigns.documents import Content
from campaigns.models import Campaign, CodePool
from campaigns.readiness import NotReadyError, check_content
from segments.models import SegmentState
from tests.campaigns.contents import content_of, html_body, made, previewed
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_attribute
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

FINE = {"type": "heading", "text": "Hello {{ contact.first_name }}"}


@pytest.fixture
def shop() -> Workspace:
    workspace = make_workspace()
    make_sending_settings(workspace, postal_address="Shop Ltd,\n1 Long Street")
    return workspace


def findings(
    workspace: Workspace, content: Content, campaign: Campaign | None = None
) -> list[Finding]:
    with workspace_scope(workspace):
        return lint_content(workspace=workspace, content=content, campaign=campaign)


def codes(workspace: Workspace, content: Content, level: str = "") -> set[str]:
    return {each.code for each in findings(workspace, content) if level in ("", each.level)}


def test_nothing_is_said_about_a_good_content(shop: Workspace) -> None:
    assert findings(shop, content_of(FINE)) == []


@pytest.mark.parametrize(
    ("given", "code", "level"),
    [
        ({"subject": "  "}, "no_subject", "error"),
        ({"subject": "BUY NOW TODAY"}, "capitals", "warning"),
        ({"subject": "Buy! Now!"}, "exclamation", "warning"),
        ({"subject": "word " * 20}, "long_subject", "warning"),
        ({"subject": "{{ contact.first_nme }}"}, "unknown_variable", "error"),
        ({"preheader": "{% if %}"}, "liquid", "error"),
        ({"text": "{{ settings.SECRET_KEY }}"}, "unknown_variable", "error"),
        ({"text": "{{ contact | json }}"}, "unknown_variable", "error"),
        ({"text": "Words, and no way out"}, "text_no_unsubscribe", "warning"),
        ({"body": html_body("")}, "empty", "error"),
        ({"body": html_body("<p>{{ contact.city </p>")}, "liquid", "error"),
        ({"body": html_body("<a href=''>x</a>")}, "empty_link", "warning"),
        ({"body": html_body("<a href='http://a.example'>x</a>")}, "insecure_link", "warning"),
        ({"body": html_body("<a href='javascript:x'>x</a>")}, "bad_link", "error"),
        ({"body": html_body("<a href='/sale'>x</a>")}, "bad_link", "error"),
        ({"body": html_body("<img src='https://a.example/a.png'>")}, "no_alt", "warning"),
        ({"body": html_body("<script>x</script>words")}, "program", "warning"),
        ({"body": html_body("x" * MAX_BYTES)}, "too_large", "warning"),
        ({"body": html_body("<p>{{ unsubscribe_url }}</p>")}, "no_unsubscribe", "error"),
        (
            {"body": html_body("<a href='{{ unsubscribe_url }}'>out</a>")},
            "postal_address_missing",
            "error",
        ),
        ({"body": {"kind": "mjml", "source": "<mjml><mj-body><mj-x>"}}, "layout", "error"),
        ({"body": html_body("{{ 1 | divided_by: 0 }}")}, "liquid", "error"),
        ({"body": html_body("{{ 'x' | system }}")}, "liquid", "error"),
    ],
)
def test_faults_are_found(shop: Workspace, given: dict[str, Any], code: str, level: str) -> None:
    found = {(each.code, each.level) for each in findings(shop, content_of(FINE, **given))}
    assert (code, level) in found


@pytest.mark.parametrize(
    ("block", "code", "where"),
    [
        ({"type": "button", "label": "x"}, "empty_link", "href"),
        ({"type": "image", "alt": "x"}, "no_picture", "src"),
        ({"type": "image", "src": "https://a.example/a.png"}, "no_alt", "alt"),
        ({"type": "products", "source": "picked"}, "no_products", "products"),
        ({"type": "products", "source": "brand_newest"}, "no_brand", "brand"),
        ({"type": "text", "html": "<p>{{ contact.nothing }}</p>"}, "unknown_variable", "html"),
        ({"type": "heading", "text": "{% endif %}"}, "liquid", "text"),
    ],
)
def test_faults_of_blocks_say_where_they_are(
    shop: Workspace, block: dict[str, Any], code: str, where: str
) -> None:
    inner = {"id": "inner", **block}
    columns = {"type": "columns", "columns": [[], [inner]]}
    places = {
        each.where for each in findings(shop, content_of(FINE, block, columns)) if each.code == code
    }
    assert f"$.content.body.blocks[1].{where}" in places
    assert f"$.content.body.blocks[2].columns[1][0].{where}" in places


def test_the_nearest_variable_is_named(shop: Workspace) -> None:
    make_attribute(shop, "shoe_size", "number")
    [finding] = [
        each
        for each in findings(shop, content_of(FINE, subject="{{ contact.shoesize }}"))
        if each.code == "unknown_variable"
    ]
    assert "contact.shoe_size" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "{{ contact.last_products[0].name }} {{ contact.last_products.first.url }}",
        "{% for p in contact.last_products %}{{ p.name }} {{ p.anything }}{% endfor %}",
        "{% assign name = contact.city %}{{ name | upcase }}{{ contact.first_name.size }}",
        "{{ contact['email'] }} {{ campaign.name }} {{ today | date: '%d.%m.' }}",
        "{% unless contact.city == blank %}{{ view_url }}{% endunless %}",
    ],
)
def test_what_is_in_the_list_may_be_said(shop: Workspace, text: str) -> None:
    assert findings(shop, content_of({"type": "text", "html": f"<p>{text}</p>"})) == []


@pytest.mark.parametrize(
    "path",
    ["contact", "workspace", "contact.id", "contact[contact.city]", "contact.last_products.x",
     "workspace.suppression_key", "now", "segments", "segment_0", "products_0", "contact.email.x"],
)  # fmt: skip
def test_what_is_not_in_the_list_is_an_error(shop: Workspace, path: str) -> None:
    found = findings(shop, content_of(FINE, text="{{ unsubscribe_url }}{{ " + path + " }}"))
    assert [each.code for each in found] == ["unknown_variable"]


def test_every_variable_of_the_list_can_be_said(shop: Workspace) -> None:
    make_attribute(shop, "likes", "choices", options=["a", "b"])
    with workspace_scope(shop):
        names = [each.name for each in variables_of(shop) if each.name != "code"]
    text = " ".join("{{ " + name + " }}" for name in names if name != "contact.last_products")
    assert codes(shop, content_of(FINE, text=text), "error") == set()
    seen = previewed(shop, content_of(FINE, text=text))
    assert "anna@example.com" in seen.text


def test_codes_and_pools_belong_together(shop: Workspace) -> None:
    with workspace_scope(shop):
        pool = CodePool.objects.create(workspace=shop, name="May")
    with_pool = make_campaign(shop, audience={}, code_pool=pool)
    block, said = content_of({"type": "code"}), content_of(FINE, subject="{{ code }}")
    for content in (block, said):
        assert "no_code_pool" in codes(shop, content, "error")
        assert findings(shop, content, with_pool) == []
    [finding] = findings(shop, content_of(FINE), with_pool)
    assert (finding.code, finding.level) == ("code_not_shown", "warning")


def test_segments_of_blocks_must_be_there(shop: Workspace) -> None:
    anybody = {"all": [{"type": "contacts.became_contact", "window": "ever"}]}
    good, failed = make_segment(shop, anybody), make_segment(shop, anybody)
    broken = make_segment(shop, {"all": [{"type": "tags.has_tag", "tags": ["gone"]}]})
    with workspace_scope(shop):
        failed.state = SegmentState.FAILED
        failed.save()

    def content(segment_id: int) -> Content:
        return content_of({**FINE, "only": {"segment": segment_id}})

    assert findings(shop, content(good.pk)) == []
    assert codes(shop, content(broken.pk), "error") == {"segment_broken"}
    assert codes(shop, content(failed.pk), "error") == {"segment_broken"}
    assert codes(shop, content(10**9), "error") == {"segment_missing"}


def test_without_a_postal_address_nothing_is_sent() -> None:
    workspace = make_workspace()
    assert "no_postal_address" in codes(workspace, content_of(FINE), "error")


def test_every_variant_is_looked_at(shop: Workspace) -> None:
    campaign = make_campaign(
        shop,
        audience={},
        content=content_of(FINE).model_dump(mode="json"),
        testing={"variants": [{"subject": "{{ nothing }}"}]},
    )
    with workspace_scope(shop):
        assert lint(workspace=shop, campaign=campaign, variant=0) == []
        assert lint(workspace=shop, campaign=campaign, variant=1)
        with pytest.raises(NotReadyError):
            check_content(workspace=shop, campaign=campaign)


def test_what_uses_up_its_time_is_a_finding(shop: Workspace) -> None:
    """A layout that ends the process it is made in."""
    body = {"kind": "mjml", "source": "<mjml><mj-body>" + "<mj-wrapper>" * 15_000}
    assert codes(shop, content_of(body=body), "error") == {"layout"}


def test_a_fault_is_told_once_and_stops_nothing_else(shop: Workspace) -> None:
    message = made(content_of({"type": "heading", "text": "{{ 1 | divided_by: 0 }}"}))
    assert "divide" in message.fault


def test_the_documentation_names_every_filter_and_tag() -> None:
    from campaigns.content.filters import all_filters
    from campaigns.content.templates import ClosedEnvironment

    text = (settings.BASE_DIR / "docs" / "messages.md").read_text()
    filters = text.split("Filters: ")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", filters)) == set(all_filters())
    tags = set(re.findall(r"`(\w+)`", text.split("Tags: ")[1].split(". There")[0]))
    internal = {"illegal", "#", "content", "output", "statement", "expression"}
    assert {name for name in ClosedEnvironment().tags if name.isalpha()} - internal == tags
