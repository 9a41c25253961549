"""What became of messages, and who leaves them unopened."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.models import Contact
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.coverage import gaps_in
from segments.registry import campaign_names
from segments.suggestions import suggest
from segments.wizard.templates import templates_for
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import days_ago, make_contact
from tests.makers.once import made_once
from tests.makers.segments import errors_of, names, sentence
from tests.makers.tracking import make_message, make_message_event
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@made_once
def shop() -> Workspace:
    return make_workspace()


def happened(kind: str, **values: Any) -> dict[str, Any]:
    return {"type": "messages.happened", "kind": kind, **values}


def unanswered(**values: Any) -> dict[str, Any]:
    return {"type": "messages.last_unanswered", **values}


def mail(
    shop: Workspace, contact: Contact, days: float, *kinds: str, machine: bool = False, **item: Any
) -> None:
    """An e-mail sent some days ago; an hour later this happened to it."""
    link = item.pop("link", "")
    message = make_message(shop, contact, days_ago(days), **item)
    for kind in kinds:
        make_message_event(
            shop, message, kind, days_ago(days - 0.04), is_machine=machine, link=link
        )


def test_each_thing_that_happens_to_messages_is_asked_by_itself(shop):
    kinds = ("delivered", "opened", "clicked", "bounced", "complained", "unsubscribed")
    for kind in kinds:
        mail(shop, make_contact(shop, kind), 3, kind)
    make_contact(shop, "nobody wrote to")

    assert names(shop, happened("sent")) == set(kinds)
    for kind in kinds:
        assert names(shop, happened(kind)) == {kind}


def test_messages_are_counted_and_not_how_often_each_was_opened(shop):
    ann, bob = make_contact(shop, "ann"), make_contact(shop, "bob")
    mail(shop, ann, 3, "opened", "opened", "opened")
    mail(shop, bob, 3, "opened")
    mail(shop, bob, 4, "opened", "opened")

    twice = {"operator": "at_least", "number": 2}
    assert names(shop, happened("opened", **twice)) == {"bob"}
    assert names(shop, happened("opened", operator="exactly", number=1)) == {"ann"}
    assert names(shop, happened("opened", operator="at_most", number=1)) == {"ann"}


def test_machines_count_only_where_that_is_said(shop):
    mail(shop, make_contact(shop, "scanner"), 3, "opened", "clicked", machine=True)
    mail(shop, make_contact(shop, "person"), 3, "opened")

    assert names(shop, happened("opened")) == {"person"}
    assert names(shop, happened("opened", also_machines=False)) == {"person"}
    assert names(shop, happened("opened", also_machines=True)) == {"person", "scanner"}
    assert names(shop, happened("clicked", operator="exactly", number=0)) == {"person", "scanner"}


def test_not_opened_includes_who_was_never_written_to(shop):
    mail(shop, make_contact(shop, "reader"), 3, "opened")
    mail(shop, make_contact(shop, "sleeper"), 3)
    make_contact(shop, "stranger")
    never = happened("opened", operator="exactly", number=0)
    assert names(shop, never) == {"sleeper", "stranger"}
    assert names(shop, {"all": [never, happened("sent")]}) == {"sleeper"}


def test_campaigns_links_channels_and_windows_bind_to_one_event(shop):
    ann, bob = make_contact(shop, "ann"), make_contact(shop, "bob")
    mail(shop, ann, 3, "clicked", campaign="spring", link="https://Shop.example/Sale")
    mail(shop, ann, 40, "clicked", campaign="winter", link="https://shop.example/shoes?a=1")
    mail(shop, bob, 3, "clicked", campaign="winter", link="https://shop.example/" + "x" * 200)
    mail(shop, bob, 3, "clicked", channel="sms", campaign="spring")

    assert names(shop, happened("clicked", campaigns=["spring"])) == {"ann"}
    recent = {"window": {"last": 7, "unit": "days"}}
    assert names(shop, happened("clicked", campaigns=["winter"], **recent)) == {"bob"}
    assert names(shop, happened("clicked", channel="sms")) == {"bob"}
    assert names(shop, happened("clicked", links=["https://shop.example/sale"])) == {"ann"}
    long = "https://shop.example/" + "x" * 200
    assert names(shop, happened("clicked", links=[long])) == {"bob"}
    part = {"link_operator": "contains", "links": ["/shoes"]}
    assert names(shop, happened("clicked", **part)) == {"ann"}
    assert names(shop, happened("clicked", **part, **recent)) == set()


def test_parameters_that_do_not_belong_are_refused(shop):
    for leaf, path in (
        (happened("sent", also_machines=True), "$.where.also_machines"),
        (happened("opened", links=["x"]), "$.where.links"),
        (happened("clicked", link_operator="contains"), "$.where.links"),
        (happened("opened", campaigns=["no such campaign"]), "$.where.campaigns[0]"),
        (unanswered(number=0), "$.where.number"),
    ):
        assert path in [error.path for error in errors_of(shop, leaf)]


# --- The last N ----------------------------------------------------------------------------------


def test_only_the_last_ones_matter_and_all_of_them(shop):
    for name, opened in {
        "none of three": (),
        "the newest": (1,),
        "the third": (3,),
        "the fourth": (4,),
    }.items():
        contact = make_contact(shop, name)
        for days in range(1, 6):
            mail(shop, contact, days, *(("opened",) if days in opened else ()))
    assert names(shop, unanswered(number=3)) == {"none of three", "the fourth"}
    assert names(shop, unanswered(number=4)) == {"none of three"}
    assert names(shop, unanswered(number=6)) == set()


def test_who_got_fewer_messages_than_asked_is_not_meant(shop):
    two, three = make_contact(shop, "two"), make_contact(shop, "three")
    make_contact(shop, "none")
    for contact, number in ((two, 2), (three, 3)):
        for days in range(1, number + 1):
            mail(shop, contact, days)
    assert names(shop, unanswered(number=3)) == {"three"}
    assert names(shop, {"not": unanswered(number=3)}) == {"two", "none"}
    assert "were sent at least that many" in sentence(shop, unanswered(number=3))


def test_a_click_shows_that_a_message_was_opened_and_a_machine_shows_nothing(shop):
    mail(shop, make_contact(shop, "clicker"), 1, "clicked")
    mail(shop, make_contact(shop, "opener"), 1, "opened")
    mail(shop, make_contact(shop, "scanned"), 1, "opened", "clicked", machine=True)

    assert names(shop, unanswered(number=1)) == {"scanned"}
    assert names(shop, unanswered(number=1, also_machines=True)) == set()
    assert names(shop, unanswered(kind="clicked", number=1)) == {"opener", "scanned"}


def test_messages_of_one_instant_are_told_apart(shop):
    contact = make_contact(shop, "ann")
    mail(shop, contact, 2, "opened")
    for _number in range(2):
        mail(shop, contact, 2)
    assert names(shop, unanswered(number=2)) == {"ann"}
    assert names(shop, unanswered(number=3)) == set()


def test_the_last_ones_of_a_campaign_are_counted_among_its_own(shop):
    contact = make_contact(shop, "ann")
    mail(shop, contact, 3, campaign="spring")
    mail(shop, contact, 2, "opened", campaign="winter")
    assert names(shop, unanswered(number=1)) == set()
    assert names(shop, unanswered(number=1, campaigns=["spring"])) == {"ann"}


def test_before_the_first_e_mail_recorded_nobody_can_have_opened_one(shop):
    mail(shop, make_contact(shop, "ann", observed_at=days_ago(400).isoformat()), 10)
    leaf = happened("opened", operator="exactly", number=0, window={"last": 90, "unit": "days"})
    with workspace_scope(shop):
        for where in (leaf, unanswered(number=1)):
            tree = parse_tree(where, workspace=shop)
            [gap] = gaps_in(tree, Scope(shop, NOW))
            assert gap.source == "messages.email"


# --- Names of campaigns --------------------------------------------------------------------------


def test_campaigns_are_offered_and_spoken_by_name_and_imported_ones_by_key(shop):
    ann = make_contact(shop, "ann")
    ours = make_campaign(shop, audience={}, name="Spring sale")
    make_campaign(make_workspace("Twin"), audience={}, name="Spring of another")
    key = f"campaign-{ours.pk}"
    mail(shop, ann, 3, "opened", campaign=key)
    mail(shop, ann, 3, "opened", campaign="old-spring")

    with workspace_scope(shop):
        offered = suggest(workspace=shop, kind="campaign", query="spring")
    assert [(each["value"], each["label"]) for each in offered] == [
        (key, "Spring sale"),
        ("old-spring", "old-spring"),
    ]
    both = happened("opened", campaigns=[key, "old-spring"])
    assert names(shop, both) == {"ann"}
    assert "of “Spring sale” or “old-spring”" in sentence(shop, both)


def test_a_campaign_nothing_was_sent_of_yet_is_known(shop):
    campaign = make_campaign(shop, audience={})
    assert names(shop, happened("opened", campaigns=[f"campaign-{campaign.pk}"])) == set()
    assert len(list(campaign_names)) == 1


# --- The template --------------------------------------------------------------------------------


def test_the_template_of_who_opened_last_week_needs_an_open_by_a_person(shop):
    def has_u6() -> list[dict[str, Any]]:
        with workspace_scope(shop):
            found = templates_for(workspace=shop, now=NOW)
        return [each["where"] for each in found if each["key"] == "U6"]

    mail(shop, make_contact(shop, "scanned"), 3, "opened", machine=True)
    assert has_u6() == []
    mail(shop, make_contact(shop, "reader"), 3, "opened")
    mail(shop, make_contact(shop, "late"), 9, "opened")
    [where] = has_u6()
    assert names(shop, where) == {"reader"}
