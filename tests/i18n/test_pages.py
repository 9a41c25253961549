"""Pages and the editor's texts in the language the user chose or the browser asks for."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import override

from segments.criteria.base import all_criteria
from tests.makers.contacts import make_contact, make_list
from tests.makers.segments import make_names, make_segment
from tests.makers.transactions import make_product, make_transaction
from tests.makers.workspaces import NOW, make_member, make_user, make_workspace
from tools.messages import catalogue, find_messages
from workspaces.models import Role, Workspace

pytestmark = pytest.mark.django_db

LANGUAGES = ("pl", "pt-br")
SPENT = {"type": "transactions.amount_spent", "operator": "at_least", "amount": "1234.50"}


@pytest.fixture
def shop() -> Workspace:
    shop = make_workspace("Sklep")
    make_names(shop)
    make_product(shop, "P-1", brand="Nordica", category="Ski boots")
    make_contact(shop, "anna", email="anna@example.org")
    make_transaction(shop, "anna", NOW, "1250.00", external_id="order-1")
    make_list(shop, "Targi")
    make_segment(shop, SPENT, name="Duże zakupy")
    return shop


def in_language(shop: Workspace, language: str) -> Client:
    client = Client()
    user = make_user(language=language)
    client.force_login(make_member(shop, Role.OWNER, user=user).user)
    return client


def pages_of(shop: Workspace, client: Client) -> list[str]:
    """Addresses without an id, and those the lists link to."""
    root = f"/w/{shop.pk}/"
    lists = [
        *("segments/", "segments/new/", "contacts/", "contacts/new/", "attributes/", "tags/"),
        *("categories/", "lists/", "data/", "data/imports/new/", "transactions/", "products/"),
        *("products/brands/", "activity-kinds/", "settings/", "settings/members/"),
        *("settings/keys/", "settings/audit/"),
    ]
    pages = [root + name for name in lists]
    for name in ("segments/", "contacts/", "lists/", "transactions/", "products/"):
        text = client.get(root + name).content.decode()
        pages += sorted(set(re.findall(rf'href="({root}{name}\d+/)"', text)))
    return [*pages, "/account/", "/workspaces/"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_says_anything_in_english(shop: Workspace, language: str) -> None:
    client = in_language(shop, language)
    english = english_texts(language)
    pages = pages_of(shop, client)
    assert len(pages) >= 25
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        text = visible(answer.content.decode())
        assert f'lang="{language}"' in answer.content.decode().lower(), page
        assert [each for each in english if each in text] == [], page


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_signing_in_follow_the_browser(language: str) -> None:
    english = english_texts(language)
    for page in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        text = visible(Client().get(page, headers={"accept-language": language}).content.decode())
        assert [each for each in english if each in text] == [], page


def test_the_users_choice_goes_before_the_browsers(shop: Workspace) -> None:
    client = in_language(shop, "pl")
    for page in (f"/w/{shop.pk}/segments/", "/account/", "/jsi18n/"):
        asked = client.get(page, headers={"accept-language": "pt-br"}).content.decode()
        assert "Segmenty" in asked or "Zapisz" in asked, page
        assert "Salvar" not in asked, page


def test_without_a_choice_the_browser_decides(shop: Workspace) -> None:
    client = in_language(shop, "")
    page = f"/w/{shop.pk}/segments/"
    assert 'lang="pt-br"' in said(client, page, "pt-BR,pt;q=0.9").lower()
    assert 'lang="pl"' in said(client, page, "pl")
    assert 'lang="en"' in said(client, page, "de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_editor_gets_every_text_in_the_language(shop: Workspace, language: str) -> None:
    script = in_language(shop, language).get("/jsi18n/").content.decode()
    found = re.search(r"const newcatalog = (\{.*?\n  \});", script, re.DOTALL)
    assert found
    sent: dict[str, Any] = json.loads(found[1])
    translated = {
        entry.msgid: entry.msgstr or [entry.msgstr_plural[i] for i in sorted(entry.msgstr_plural)]
        for entry in catalogue("pl" if language == "pl" else "pt_BR", "djangojs")
    }
    messages = find_messages("djangojs")
    assert len(messages) > 150
    for message in messages:
        assert sent[message.text] == translated[message.text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_editors_criteria_come_in_the_language(shop: Workspace, language: str) -> None:
    text = html.unescape(said(in_language(shop, language), f"/w/{shop.pk}/segments/new/"))
    text = re.sub(
        r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text, flags=re.IGNORECASE
    )
    with override(language):
        for cls in all_criteria():
            assert str(cls.label) in text, cls.key
    with override("en"):
        helps = [str(cls.help) for cls in all_criteria() if cls.help]
    assert [each for each in helps if each in text] == []


@pytest.mark.parametrize(
    ("language", "day", "amount"),
    [
        ("pl", "15 mar 2026", "1\xa0250,00"),
        ("pt-br", "15 mar 2026", "1.250,00"),
        ("en", "15 Mar 2026", "1,250.00"),
    ],
)
def test_dates_and_amounts_are_written_as_the_language_writes_them(
    shop: Workspace, language: str, day: str, amount: str
) -> None:
    with override(language):
        assert date_format(NOW.date(), "SHORT_DATE_FORMAT") == day
    listed = html.unescape(said(in_language(shop, language), f"/w/{shop.pk}/transactions/"))
    assert amount in listed


def said(client: Client, page: str, accept_language: str = "") -> str:
    headers = {"accept-language": accept_language} if accept_language else {}
    return client.get(page, headers=headers).content.decode()


def visible(page: str) -> str:
    """Text and what is read aloud, without scripts and addresses."""
    text = re.sub(r"<script.*?</script>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def english_texts(language: str) -> list[str]:
    """Texts long enough to be told from words that are the same in both languages."""
    entries = catalogue("pl" if language == "pl" else "pt_BR", "django")
    return [
        entry.msgid
        for entry in entries
        if len(entry.msgid.split()) > 2 and "%" not in entry.msgid and "{" not in entry.msgid
    ]
