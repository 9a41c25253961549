"""Hostile templates and hostile contacts: nothing runs, nothing else can be read, all ends."""

from __future__ import annotations

# ruff: noqa: E501 — the corpus is read line by line
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from django.conf import settings

from campaigns.content import sandbox
from campaigns.content.compiling import ContentFault, compile_content
from campaigns.documents import Content
from tests.campaigns.contents import (
    LATER,
    Elements,
    content_of,
    html_body,
    made,
    make_frozen_run,
    previewed,
    rendered,
)
from tests.makers.campaigns import make_sending_settings
from tests.makers.contacts import make_attribute, make_contact
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace

CANARY = "canary-7c1f"  # stands wherever a template has no business
LIMIT = 8.0  # seconds until the answer, on a machine with other work to do

READS = """
__class__ __dict__ __globals__ __builtins__ __import__ __subclasses__ __mro__ __init__ _meta
self self.__class__ context context.env context.globals env environ os os.environ sys sys.modules
settings settings.SECRET_KEY request request.user request.session user config config.items
contact.__class__ contact.__class__.__mro__ contact['__class__'] contact.pk contact.id
contact.workspace contact.workspace.suppression_key contact._state contact.objects contact.delete
contact.email.__class__ contact.first_name.__len__ contact.keys contact.items contact.values
workspace.suppression_key workspace.pk workspace.members workspace.id workspace.owner
campaign.workspace campaign.account campaign.account.credentials campaign.content campaign.audience
recipient recipient.address run run.settings segments products_99 accounts secret now database
forloop.parentloop.parentloop globals locals template template.env loader render debug messages
template.globals block super caller kwargs args __file__ __name__ type object exec open
contact[contact.first_name] [contact] contact.last_products.objects code.pool unsubscribe_url.token
""".split()
FORMS = (
    "{{{{ {0} }}}}",
    "{{{{ {0} | append: '' | upcase }}}}",
    "{{% assign x = {0} %}}{{{{ x }}}}{{{{ x | join: ',' }}}}",
    "{{% for x in {0} %}}{{{{ x }}}}{{{{ x[0] }}}}{{{{ x[1] }}}}{{% endfor %}}",
    "{{{{ {0} | map: '__class__' | first }}}}{{{{ {0} | where: '__class__' | size }}}}",
)
OTHER_LANGUAGES = """
{{ 1337*7331 }} ${1337*7331} #{1337*7331} <%= 1337*7331 %> {{= 1337*7331 }} {1337*7331} *{1337*7331} @(1337*7331) {{constructor.constructor('x')()}}
{{''.__class__.__mro__[1].__subclasses__()}} {{config.__class__.__init__.__globals__['os'].popen('id').read()}}
{{request.application.__globals__.__builtins__.__import__('os').popen('id').read()}}
{{cycler.__init__.__globals__.os.popen('id').read()}} {{lipsum.__globals__['os'].popen('id').read()}}
{%load+log%}{%get_admin_log+10+as+log%}{%for+e+in+log%}{{e.user.get_username}}{%endfor%}
{%include+"/etc/passwd"%} {%include+'admin/login.html'%} {%render+"/etc/passwd"%} {%extends+"base.html"%}
{%import+os%} {%debug%} {%csrf_token%} {%ssi+"/etc/passwd"%} {%url+'x'%} {%static+'x'%} {%python%}
{%set+x=cycler%}{{x}} {%macro+m()%}{%endmacro%} {%call+m()%}{%endcall%} {%filter+upper%}x{%endfilter%}
{{''|attr('__class__')}} {{'x'|safe}} {{'x'|escapejs}} {{'x'|json}} {{'x'|base64_decode}} {{'x'|t}}
{{'x'|url_decode}} {{'x'|file}} {{'x'|system}} {{'x'|eval}} {{'x'|format:'%s'}} {{'x'|index}} {{'x'|gettext}}
%(SECRET_KEY)s %s%s%n {0.__class__} {settings.SECRET_KEY} {self.__init__.__globals__} {contact.__class__}
{{{{contact}}}} {{{contact.first_name}}} {{-contact-}} {%liquid+echo+contact%} {%echo+settings%} {{
{% }} %} {{% {%%} {{}} {%if%} {%endif%} {%for%} {%raw%}{{ {%comment%} {%if+contact%} {%case%} {%#%}
{%increment+__class__%} {%decrement+contact%} {%cycle+settings,env%} {%tablerow+x+in+settings%}{%endtablerow%}
{%assign+contact=settings%}{{contact}} {%capture+contact%}{{settings}}{%endcapture%}{{contact}}
{{'{{settings.SECRET_KEY}}'}} {{'%7B%7B'|append:'settings'}} {{contact.first_name|prepend:'{{settings'}}
""".split()
BOMBS = (
    "{{ (1..20000000) | join: ',' | size }}",
    "{% for a in (1..1000000000) %}x{% endfor %}",
    "{% for a in (1..99) %}{% for b in (1..99) %}{% for c in (1..99) %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | replace: 'a', a %}" * 6 + "{{ a | size }}",
    "{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 60,
    "{% assign a = 'x' %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
    "{% capture a %}{% for i in (1..100) %}0123456789{% endfor %}{% endcapture %}"
    + "{% capture a %}{{ a }}{{ a }}{{ a }}{{ a }}{% endcapture %}" * 20,
    "{% assign a = 'a,' %}"
    + "{% assign a = a | append: a %}" * 15
    + "{{ a | split: ',' | sort | uniq | join: a }}",
    "{{ 9 " + "| times: 999999999999999999999999 " * 40 + "}}",
    "{{ 1 | times: 1e308 | times: 1e308 | round: 999999999 }}",
    "{{ '2026-01-01' | date: '%999999999d%999999999Y' }}",
    "{{ 'x' | truncate: 99999999999999999999 }}{{ 'x' | slice: 0, 99999999999999999999 }}",
    "{% for i in (1..2) %}" * 100 + "x" + "{% endfor %}" * 100,
    "{{ '" + "x" * 190_000 + "' | upcase | downcase | capitalize }}",
    "{% " * 60_000,
    "{{ " * 60_000,
    "{% assign " + "x" * 100_000 + " = 1 %}",
    "".join(
        f"{{% assign v{n} = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' %}}" for n in range(3_000)
    ),
)
# These are ended by the limits on time, or nearly.
SLOW_BOMBS = (
    "{% for a in (1..44) %}{% for b in (1..44) %}{{ a | times: b }}{% endfor %}{% endfor %}" * 300,
    "{% if 1 %}" * 5_000 + "x" + "{% endif %}" * 5_000,
    "{{ a" + ".a" * 50_000 + " }}",
    "{{ a" + "[a" * 20_000 + "]" * 20_000 + " }}",
    "{{ a " + "| upcase " * 20_000 + "}}",
    "{% if a " + "and a " * 30_000 + "%}x{% endif %}",
    "".join(f"{{% increment v{n} %}}" for n in range(8_000)),
    "{% cycle " + ",".join("'x'" for _ in range(20_000)) + " %}",
)


def hostile_templates() -> Iterator[str]:
    for form, path in product(FORMS, READS):
        yield form.format(path)
    for text in OTHER_LANGUAGES:
        yield text.replace("+", " ")


def everywhere(template: str, number: int) -> Content:
    """The template in one of the places where templates may stand."""
    line = " ".join(template.split())[:300]
    places = (
        lambda: content_of(body=html_body(f"<p>{template}</p>")),
        lambda: content_of({"type": "text", "html": f"<p>{template}</p>"}),
        lambda: content_of({"type": "heading", "text": line}, subject=line),
        lambda: content_of({"type": "button", "label": line, "href": line}, preheader=line),
        lambda: content_of({"type": "heading", "text": "x"}, text=template),
        lambda: content_of({"type": "html", "html": f"<b title='{line}'>{template}</b>"}),
    )
    return places[0]() if len(template) > 2_000 else places[number % len(places)]()


def test_five_hundred_hostile_templates_read_nothing(
    record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    sandbox._sandbox.close()  # one that is started with the canary in our environment
    values = {
        "contact": {"first_name": "Anna", "email": "anna@example.com", "last_products": []},
        "workspace": {"name": "Shop", "postal_address": "Street"},
        "campaign": {"name": "May"},
        "code": "CODE",
        "unsubscribe_url": "https://own.example/u",
    }
    secrets = (CANARY, settings.SECRET_KEY, os.environ["DATABASE_URL"], "root:x:", "uid=")
    internals = (
        "<class",
        "<module",
        "<function",
        "object at 0x",
        "mappingproxy",
        "ImmutableSandbox",
    )
    tried = 0
    for number, template in enumerate(hostile_templates()):
        try:
            message = made(everywhere(template, number), **values)
        except ContentFault as fault:
            said = str(fault)
        else:
            said = message.fault + message.subject + message.html + message.text
        # What is written in a template is its own text; what Liquid makes of it is not.
        unknown = said.replace(template, "")
        assert not [each for each in secrets if each in unknown], template[:200]
        assert not [each for each in internals if each in unknown], template[:200]
        assert "9801547" not in unknown, template[:200]
        assert len(said) < 3_000_000
        tried += 1
    record_property("hostile templates", tried)
    assert tried >= 500


@pytest.mark.parametrize("number", range(len(BOMBS)))
def test_a_bomb_ends_within_the_limits(number: int) -> None:
    check_bomb(BOMBS[number])


@pytest.mark.night
@pytest.mark.parametrize("number", range(len(SLOW_BOMBS)))
def test_a_bomb_that_uses_up_its_time_ends_within_the_limits(number: int) -> None:
    check_bomb(SLOW_BOMBS[number])


def check_bomb(template: str) -> None:
    started = time.monotonic()
    with suppress(ContentFault):
        message = made(everywhere(template, 0))
        assert len(message.html) < 2_000_000
    assert time.monotonic() - started < LIMIT
    assert "still here" in made(content_of(body=html_body("{{ code }}")), code="still here").html


def test_the_child_knows_no_secrets_and_has_little_of_everything() -> None:
    sandbox.check({"x": "{{ a }}"})
    process = sandbox._sandbox._process
    assert process is not None
    with open(f"/proc/{process.pid}/environ") as file:
        environment = file.read()
    assert "SECRET" not in environment
    assert "DATABASE" not in environment
    with open(f"/proc/{process.pid}/limits") as file:
        limits = {line[:25].strip(): line[26:].split()[0] for line in file.readlines()[1:]}
    assert int(limits["Max address space"]) <= 512 * 1024 * 1024
    assert int(limits["Max open files"]) <= 16
    assert limits["Max file size"] == "0"
    assert int(limits["Max cpu time"]) <= 100


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "mjml", "source": "<mjml><mj-body>" + "<mj-wrapper>" * 15_000},
        {"kind": "html", "source": "<b>" * 60_000},
        {"kind": "html", "source": "<a " + "'" * 100_000},
        {"kind": "html", "source": '<a "' * 40_000},
        {"kind": "html", "source": "<style>" + "a{" * 90_000},
    ],
    ids=["deep mjml", "deep html", "quotes", "open tags", "braces"],
)
def test_a_layout_that_would_bring_the_process_down_is_only_a_fault(body: dict[str, str]) -> None:
    started = time.monotonic()
    with suppress(ContentFault):
        compile_content(content_of(body=body), campaign_name="x", language="en")
    assert time.monotonic() - started < LIMIT
    message = made(content_of(body=html_body("<p>{{ code }}</p>")), code="still here")
    assert "still here" in message.html


@pytest.mark.parametrize(
    "source",
    [
        '<mjml><mj-body><mj-include path="/etc/passwd"/></mj-body></mjml>',
        '<mjml><mj-body><mj-include path="https://evil.example/x" type="html"/></mj-body></mjml>',
    ],
)
def test_mjml_includes_nothing(source: str) -> None:
    with pytest.raises(ContentFault):
        compile_content(
            content_of(body={"kind": "mjml", "source": source}), campaign_name="x", language="en"
        )


def test_a_message_that_kills_the_child_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A child with little memory, and a value it can't hold."""
    monkeypatch.setattr(sandbox, "_sandbox", small := sandbox.Sandbox(megabytes=200))
    compiled = compile_content(
        content_of(body=html_body("{{ unsubscribe_url }}{{ contact.x | upcase | size }}")),
        campaign_name="x",
        language="en",
    )
    batch: list[dict[str, Any]] = [{"unsubscribe_url": str(n)} for n in range(5)]
    batch[2] = {"contact": {"x": "x" * 40_000_000}}
    messages = compiled.make(batch)
    assert [bool(message.fault) for message in messages] == [False, False, True, False, False]
    assert "4" in messages[4].html
    small.close()


# --- Hostile contacts ------------------------------------------------------------------------

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    " jAvAsCrIpT\t:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "{{ workspace.name }}{% if true %}49{% endif %}",
    "{{ 'x' | append: contact.email }}",
    "</style></head><body onload=alert(1)>",
    "--><svg onload=alert(1)>",
    "]]><![CDATA[x",
    "x\r\nBcc: victim@example.com",
    "x\u2028Bcc: victim@example.com",
    "\ue003 onclick=alert(1) x=\ue002",
    "\ue000\ue001\ue002\ue003\ue004\ue005",
    'https://evil.example/" onclick="alert(1)',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "kqpiece0x",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
)
FIELDS = ("first_name", "last_name", "city", "region", "company", "job_title", "motto")


@pytest.fixture
def shop(db: None) -> Workspace:
    workspace = make_workspace()
    make_sending_settings(workspace)
    make_attribute(workspace, "motto")
    return workspace


def every_place(name: str) -> Content:
    """A content that says a variable in every place there is."""
    said = "{{ contact." + name + " }}"
    return content_of(
        {"type": "heading", "text": said},
        {"type": "text", "html": f"<p>{said} <a href='{said}' title='{said}'>x</a></p>"},
        {"type": "image", "src": said, "alt": said, "href": said},
        {"type": "button", "label": said, "href": f"https://shop.example/?a={said}"},
        {"type": "html", "html": f"<table bgcolor='{said}'><tr><td style='color:{said}'>{said}"},
        {"type": "code", "intro": said, "note": said},
        subject=said,
        preheader=said,
    )


def test_what_contacts_say_is_escaped_in_every_place(shop: Workspace) -> None:
    for place, field in enumerate(FIELDS):
        payloads = PAYLOADS[place :: len(FIELDS)]
        contacts = [make_contact(shop, now=LATER, attributes={field: each}) for each in payloads]
        run, recipients = make_frozen_run(shop, every_place(field), contacts)
        for payload, message in zip(payloads, rendered(shop, run, recipients), strict=True):
            check_harmless(message.html, payload)
            assert "\n" not in message.subject
            assert "\r" not in message.subject
        seen = previewed(shop, every_place(field), contacts[0])
        check_harmless(seen.html, payloads[0])


def test_what_contacts_say_in_html_by_hand_is_escaped_too(shop: Workspace) -> None:
    said = "{{ contact.motto }}"
    source = (
        f"<html><body><p title={said}>{said}</p><a href={said}>a</a><a href='{said}'>b</a>"
        f'<img src="{said}" alt="{said}"><a href="https://x.example/{said}">c</a>'
        "{% if contact.motto %}<a href='{{ contact.motto }}'>d</a>{% endif %}"
        "{% capture link %}<a href='{{ contact.motto }}'>e</a>{% endcapture %}{{ link }}"
        "<a href='{{ unsubscribe_url }}'>out</a></body></html>"
    )
    for payload in PAYLOADS:
        contact = make_contact(shop, now=LATER, attributes={"motto": payload})
        seen = previewed(shop, content_of(body=html_body(source)), contact)
        assert not seen.fault
        check_harmless(seen.html, payload)


def check_harmless(html: str, payload: str) -> None:
    elements = Elements(html)
    assert not elements.tags() & {"script", "svg", "iframe", "object"}, payload
    assert elements.tags() & {"body"}
    for tag, values in elements.found:
        assert not [name for name in values if name.startswith("on")], (payload, tag, values)
        for name in ("href", "src"):
            url = "".join(values.get(name, "").split()).lower()
            assert url.startswith(("", "http:", "https:", "#", "mailto:"))
            assert not url.startswith(("javascript:", "vbscript:", "data:text")), (payload, url)
    assert len([tag for tag in elements.found if tag[0] == "body"]) == 1


def test_a_program_in_the_template_itself_is_taken_out(shop: Workspace) -> None:
    source = (
        "<body onload='alert(1)'><script>alert(1)</script><p onclick=alert(1)>x</p>"
        "<a href='java&#115;cript:alert(1)'>a</a><img src='javascript:alert(1)'>"
        "<iframe src='https://evil.example'></iframe><base href='https://evil.example'>"
        "<meta http-equiv='refresh' content='0;url=https://evil.example'>"
        "<form action='https://evil.example'><input></form>{{ unsubscribe_url }}</body>"
    )
    seen = previewed(shop, content_of(body=html_body(source)))
    check_harmless(seen.html, source)
    assert "evil.example" not in seen.html
    assert "alert" not in seen.html
