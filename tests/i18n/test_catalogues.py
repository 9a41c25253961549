"""Every text of the code is translated, and every translation keeps what stands in braces."""

from __future__ import annotations

import re

import polib
import pytest
from django.utils.translation import ngettext, override

from tools.messages import (
    LANGUAGES,
    catalogue,
    find_messages,
    message_of,
    messages_of_python,
    messages_of_script,
    messages_of_template,
)

DOMAINS = ("django", "djangojs")
CATALOGUES = [
    pytest.param(language, domain, id=f"{language}-{domain}")
    for language in LANGUAGES
    for domain in DOMAINS
]
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+>")


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_exactly_the_texts_of_the_code(language: str, domain: str) -> None:
    found = set(find_messages(domain))
    held = {message_of(entry) for entry in catalogue(language, domain)}
    assert len(found) > 100
    missing = sorted(message.text for message in found - held)
    unused = sorted(message.text for message in held - found)
    assert (missing, unused) == ([], []), "run tools/messages.py and translate"


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_everything_is_translated_and_nothing_is_guessed(language: str, domain: str) -> None:
    for entry in catalogue(language, domain):
        assert entry.translated(), entry.msgid
        assert not entry.fuzzy, entry.msgid


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_placeholders_survive_in_every_plural_form(language: str, domain: str) -> None:
    for entry in catalogue(language, domain):
        wanted = placeholders(entry.msgid_plural or entry.msgid)
        for form in forms(entry):
            assert placeholders(form) == wanted, (entry.msgid, form)


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_spaces_at_the_ends_and_final_stops_survive(language: str, domain: str) -> None:
    for entry in catalogue(language, domain):
        for form in forms(entry):
            assert (form[:1] == " ", form[-1:] == " ") == (
                entry.msgid[0] == " ",
                entry.msgid[-1] == " ",
            ), entry.msgid
            if entry.msgid.endswith((".", ":", "?")):
                assert form[-1:] == entry.msgid[-1], entry.msgid


@pytest.mark.parametrize(("language", "number"), [("pl", 4), ("pt_BR", 2)])
def test_plurals_have_every_form_of_the_language(language: str, number: int, domain: str) -> None:
    plurals = [entry for entry in catalogue(language, domain) if entry.msgid_plural]
    assert plurals
    assert {len(entry.msgstr_plural) for entry in plurals} == {number}


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("pl", 1, "w ciągu ostatniego 1 dnia"),
        ("pl", 2, "w ciągu ostatnich 2 dni"),
        ("pl", 30, "w ciągu ostatnich 30 dni"),
        ("pt-br", 1, "no último 1 dia"),
        ("pt-br", 30, "nos últimos 30 dias"),
    ],
)
def test_plurals_are_chosen_by_the_number(language: str, number: int, said: str) -> None:
    with override(language):
        assert ngettext("in the last %d day", "in the last %d days", number) % number == said


def test_texts_are_found_in_python_templates_and_scripts() -> None:
    python = 'a = _("one" " two")\nngettext("%d day", "%d days", n)\nother("no")\n'
    assert {(m.text, m.plural) for m in messages_of_python(python)} == {
        ("one two", ""),
        ("%d day", "%d days"),
    }
    template = (
        "{% load i18n %}{% translate 'It' %}{% blocktranslate count n=n %}{{ n }} cow"
        "{% plural %}{{ n }} cows{% endblocktranslate %}{% if x == _('yes') %}{% endif %}"
    )
    assert {(m.text, m.plural) for m in messages_of_template(template)} == {
        ("It", ""),
        ("%(n)s cow", "%(n)s cows"),
        ("yes", ""),
    }
    script = 'html`<b title=${gettext("A \\"b\\"")}>${ngettext("{n} x", "{n} xs", n)}</b>`'
    assert {(m.text, m.plural) for m in messages_of_script(script)} == {
        ('A "b"', ""),
        ("{n} x", "{n} xs"),
    }


def placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
