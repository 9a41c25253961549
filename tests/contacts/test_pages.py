"""The pages about contacts, as members with different roles see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, StaticList, Tag
from tests.makers.contacts import make_attribute, make_contact, make_list, read_contact
from tests.makers.workspaces import make_member, make_workspace
from workspaces.models import Role
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


class Browser:
    """A signed-in member of a workspace."""

    def __init__(self, workspace, role: str = Role.MARKETER) -> None:
        self.workspace = workspace
        self.client = Client()
        self.client.force_login(make_member(workspace, role).user)

    def url(self, name: str, *args) -> str:
        return reverse(f"contacts:{name}", args=[self.workspace.pk, *args])

    def get(self, page: str, *args, **query):
        answer = self.client.get(self.url(page, *args), query)
        answer.said = (b"".join(answer) if answer.streaming else answer.content).decode()
        return answer

    def post(self, page: str, *args, **data):
        return self.client.post(self.url(page, *args), data)


def recently(days: int = 1):
    return timezone.now() - timedelta(days=days)


def test_an_empty_workspace_teaches_how_to_begin():
    page = Browser(make_workspace()).get("list")
    assert page.status_code == 200
    assert "Nobody here yet" in page.said


def test_the_list_is_searched_and_narrowed_to_a_tag():
    workspace = make_workspace()
    make_contact(workspace, "a", email="anna@example.com", attributes={"first_name": "Anna"})
    make_contact(workspace, "b", attributes={"first_name": "Bruno"}, tags={"add": ["VIP"]})
    browser = Browser(workspace)
    assert "Anna" in browser.get("list").said
    searched = browser.get("list", search="anna@ex").said
    assert "Anna" in searched
    assert "Bruno" not in searched
    tagged = browser.get("list", tag="vip").said
    assert "Bruno" in tagged
    assert "Anna" not in tagged
    assert "Nobody fits" in browser.get("list", search="nobody-at-all").said
    for sort in ("newest", "oldest", "name", "-name", "email", "nonsense"):
        assert browser.get("list", sort=sort).status_code == 200


def test_the_card_tells_who_it_is_what_was_agreed_and_what_happened():
    workspace = make_workspace()
    now = recently()
    contact = make_contact(
        workspace,
        "a",
        email="anna@example.com",
        attributes={"first_name": "Anna", "city": "Łódź"},
        tags={"add": ["VIP"]},
        consents={"email": "granted"},
        now=now,
    )
    make_contact(workspace, "a", attributes={"city": "Kraków"}, now=now + timedelta(hours=1))
    browser = Browser(workspace)
    text = browser.get("card", contact.pk).said
    for expected in ("Anna", "anna@example.com", "VIP", "E-mail: given", "Kraków", "Łódź"):
        assert expected in text
    only_tags = browser.get("card", contact.pk, kind="tags").said
    assert "Tag VIP put on" in only_tags
    assert "City: Kraków" not in only_tags
    assert browser.get("card", contact.pk, before="nonsense").status_code == 200


def test_a_contact_is_added_and_changed_by_hand():
    workspace = make_workspace()
    make_attribute(workspace, "likes", "choices", options=["tea", "coffee"])
    make_attribute(workspace, "is_vip", "boolean")
    browser = Browser(workspace)
    assert browser.get("new").status_code == 200
    refused = browser.post("new", **{"a-email": "not an address"})
    assert refused.status_code == 200
    assert "not an e-mail address" in refused.content.decode()
    made = browser.post(
        "new",
        **{
            "a-email": "eva@example.com",
            "a-first_name": "Eva",
            "a-likes": ["tea"],
            "a-is_vip": "true",
            "a-birthday": "1990-05-17",
        },
    )
    assert made.status_code == 302
    contact_id = int(made["Location"].rstrip("/").rpartition("/")[2])
    card = browser.get("card", contact_id).said
    for expected in ("Eva", "tea", "17 May 1990"):
        assert expected in card
    form = browser.get("edit", contact_id)
    assert 'value="1990-05-17"' in form.said
    changed = browser.post(
        "edit", contact_id, **{"a-email": "eva@example.org", "a-first_name": "", "a-likes": ["tea"]}
    )
    assert changed.status_code == 302, changed.content.decode()
    contact = read_contact(workspace, contact_id)
    assert (contact.email, contact.first_name) == ("eva@example.org", "")
    with workspace_scope(workspace):
        assert Contact.objects.count() == 1


def test_tags_consent_merge_export_and_erasure_on_the_card():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", email="a@example.com", now=recently())
    make_contact(workspace, "b", attributes={"city": "Gdynia"}, now=recently())
    browser = Browser(workspace)
    browser.post("tag", contact.pk, tag="Gold")
    browser.post("consent", contact.pk, channel="email", status="withdrawn", topic="")
    browser.post("merge", contact.pk, other="b")
    text = browser.get("card", contact.pk).said
    for expected in ("Gold", "E-mail: withdrawn", "Gdynia"):
        assert expected in text
    browser.post("untag", contact.pk, tag="gold")
    exported = browser.get("export", contact.pk)
    assert "Gdynia" in exported.said
    assert browser.post("erase", contact.pk).status_code == 302
    assert browser.get("card", contact.pk).status_code == 404


def test_the_card_of_a_merged_contact_leads_to_where_it_went():
    workspace = make_workspace()
    winner = make_contact(workspace, "a", now=recently())
    loser = make_contact(workspace, "b", now=recently())
    browser = Browser(workspace)
    browser.post("merge", winner.pk, other="b")
    answer = browser.get("card", loser.pk)
    assert answer.status_code == 302
    assert answer["Location"] == browser.url("card", winner.pk)


@pytest.mark.parametrize(("page", "one"), [("tags", "tag"), ("categories", "category")])
def test_tags_and_categories_are_made_renamed_and_deleted(page, one):
    workspace = make_workspace()
    browser = Browser(workspace)
    assert "yet" in browser.get(page).said
    browser.post(page, name="Wholesale")
    listed = browser.get(page)
    assert "Wholesale" in listed.said
    row = listed.context["rows"][0]["it"]
    browser.post(f"{one}-rename", row.pk, name="Trade")
    assert "Trade" in browser.get(page).said
    browser.post(f"{one}-delete", row.pk)
    assert "Trade" not in browser.get(page, search="").said
    assert browser.post(f"{one}-delete", row.pk).status_code == 404


def test_attributes_are_made_and_changed():
    workspace = make_workspace()
    browser = Browser(workspace)
    assert "first_name" in browser.get("attributes").said
    browser.post("attributes", key="size", label="Size", type="choice", options="S\nM\n")
    row = next(
        row["it"] for row in browser.get("attributes").context["rows"] if row["it"].key == "size"
    )
    assert [option["key"] for option in row.options] == ["S", "M"]
    assert browser.get("attribute", row.pk).status_code == 200
    browser.post("attribute", row.pk, label="Shoe size", options="S = Small\nM\nL")
    changed = browser.get("attributes").said
    assert "Shoe size" in changed
    refused = browser.post("attributes", key="Bad key", label="x", type="text")
    assert "small letters" in refused.content.decode()
    browser.post("attribute-delete", row.pk)
    assert "Shoe size" not in browser.get("attributes").said


def test_a_list_is_made_filled_exported_and_deleted():
    workspace = make_workspace()
    make_contact(workspace, "a", email="a@example.com", now=recently())
    contact = make_contact(workspace, "b", attributes={"first_name": "=1+1"}, now=recently())
    browser = Browser(workspace)
    assert "No lists yet" in browser.get("lists").said
    browser.post("lists", name="Fair", description="Guests")
    with workspace_scope(workspace):
        made = StaticList.objects.get()
    browser.post("list-add", made.pk, people="a@example.com\nb, nobody")
    card = browser.get("list-card", made.pk)
    assert card.context["list"].size == 2
    exported = browser.get("list-csv", made.pk).said
    assert "'=1+1" in exported
    assert "a@example.com" in exported
    browser.post("list-remove", made.pk, contact=str(contact.pk))
    assert browser.get("list-card", made.pk).context["list"].size == 1
    browser.post("list-change", made.pk, name="Fair 2026", description="")
    assert "Fair 2026" in browser.get("lists").said
    browser.post("list-delete", made.pk)
    assert browser.get("list-card", made.pk).status_code == 404


def test_the_exported_contacts_are_those_of_the_list_and_hold_no_formulas():
    workspace = make_workspace()
    make_contact(
        workspace,
        "a",
        phone="+48 601 234 567",
        attributes={"first_name": "=HYPERLINK(1)", "last_name": "@cmd"},
        tags={"add": ["vip"]},
    )
    make_contact(workspace, "b", attributes={"first_name": "Other"})
    text = Browser(workspace).get("csv", tag="vip").said
    for expected in ("'=HYPERLINK(1)", "'@cmd", "'+48601234567"):
        assert expected in text
    assert "Other" not in text


def test_a_viewer_sees_pages_but_changes_and_exports_nothing():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", now=recently())
    found = make_list(workspace, "Fair", contact)
    browser = Browser(workspace, Role.VIEWER)
    for name, *args in (
        ("list",),
        ("card", contact.pk),
        ("lists",),
        ("list-card", found.pk),
        ("tags",),
        ("categories",),
        ("attributes",),
    ):
        assert browser.get(name, *args).status_code == 200
    for name, *args in (("csv",), ("export", contact.pk), ("list-csv", found.pk), ("new",)):
        assert browser.get(name, *args).status_code == 403
    assert browser.post("tags", name="x").status_code == 403
    assert browser.post("tag", contact.pk, tag="x").status_code == 403
    assert browser.post("erase", contact.pk).status_code == 403
    with workspace_scope(workspace):
        assert not Tag.objects.exists()


def test_a_stranger_finds_nothing():
    contact = make_contact(make_workspace("Other"), "a")
    browser = Browser(make_workspace())
    assert browser.get("card", contact.pk).status_code == 404
    assert browser.post("erase", contact.pk).status_code == 404
