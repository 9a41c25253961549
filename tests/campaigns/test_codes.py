"""Discount codes: pools, giving each contact one, and the purchases that used them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from campaigns.codes import LETTERS, MOST_CODES, key_of_code, new_codes, tail_length
from campaigns.models import Campaign, CodePool, DiscountCode
from campaigns.services import codes as services
from campaigns.services.codes import (
    PoolExhaustedError,
    PoolInUseError,
    TooManyCodesError,
    archive_pool,
    create_pool,
    generate_codes,
    give_codes,
    upload_codes,
)
from segments.wizard.templates import templates_for
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_contact, make_contacts
from tests.makers.segments import names
from tests.makers.transactions import make_refund, make_transaction, transactions
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

DAY = timedelta(days=1)


@pytest.fixture
def actor() -> Actor:
    return make_actor(make_workspace())


def make_pool(actor: Actor, *codes: str, name: str = "Autumn", **given: Any) -> CodePool:
    pool = create_pool(actor=actor, name=name, now=NOW, **given)
    upload_codes(actor=actor, pool=pool, lines=codes, now=NOW)
    return pool


def give(actor: Actor, campaign: Campaign, pool: CodePool, *contact_ids: int) -> dict[int, str]:
    given = give_codes(
        workspace=actor.workspace,
        campaign_id=campaign.pk,
        pool_id=pool.pk,
        contact_ids=contact_ids,
        now=NOW,
    )
    return {contact_id: code.code for contact_id, code in given.items()}


def stored(actor: Actor) -> list[DiscountCode]:
    with workspace_scope(actor.workspace):
        return list(DiscountCode.objects.in_workspace(actor.workspace).order_by("id"))


def code_of(actor: Actor, text: str) -> DiscountCode:
    [code] = [each for each in stored(actor) if each.code == text]
    return code


# --- Pools ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_upload_tells_what_became_of_every_line(actor):
    other = make_pool(actor, "TAKEN-1", name="Other")
    pool = create_pool(actor=actor, name="Autumn", now=NOW)

    lines = ["Code;note", "A-1;first", "", "a-1;again", '"B,2"', "taken-1", "two words", "x" * 61]
    filled = upload_codes(actor=actor, pool=pool, lines=lines, now=NOW)

    assert (filled.added, filled.repeated, filled.taken, filled.unusable) == (2, 1, 1, 2)
    assert [line for line, _why in filled.faults] == [7, 8]
    found = [(code.code, code.code_key) for code in stored(actor) if code.pool_id == pool.pk]
    assert found == [("A-1", "a-1"), ("B,2", "b,2")]
    assert code_of(actor, "TAKEN-1").pool_id == other.pk


@pytest.mark.django_db
def test_more_than_a_million_at_once_are_refused_before_any_is_stored(actor, monkeypatch):
    monkeypatch.setattr(services, "MOST_CODES", 3)
    pool = create_pool(actor=actor, name="Autumn", now=NOW)

    with pytest.raises(TooManyCodesError):
        upload_codes(actor=actor, pool=pool, lines=["a", "b", "c", "d"], now=NOW)
    with pytest.raises(TooManyCodesError):
        generate_codes(actor=actor, pool=pool, number=4, now=NOW)

    assert stored(actor) == []


@pytest.mark.django_db
def test_generated_codes_are_all_different_and_carry_the_prefix(actor):
    pool = create_pool(actor=actor, name="Autumn", prefix="AUTUMN-", now=NOW)

    assert generate_codes(actor=actor, pool=pool, number=2500, now=NOW) == 2500

    tails = {code.code.removeprefix("AUTUMN-") for code in stored(actor)}
    assert len(tails) == 2500
    assert {len(tail) for tail in tails} == {10}
    assert set("".join(tails)) == set(LETTERS)


def test_letters_of_codes_are_not_taken_for_one_another():
    assert not set(LETTERS) & set("0O1IL2Z5S8BUAE")
    assert len(set(LETTERS)) == len(LETTERS)


def test_every_letter_is_as_likely_as_any_other():
    drawn = Counter("".join(new_codes(20_000, prefix="", length=10)))
    expected = 200_000 / len(LETTERS)
    # 6 standard deviations of a binomial count; fails by chance less than once in 10 million runs.
    assert all(abs(count - expected) < 6 * expected**0.5 for count in drawn.values())


def test_so_many_codes_are_long_enough_not_to_be_guessed():
    assert tail_length(1000, 8) == 8
    for number in (10, 100_000, MOST_CODES):
        assert len(LETTERS) ** tail_length(number, 1) >= number * 10_000_000


@pytest.mark.django_db
def test_names_of_pools_are_checked_by_field(actor):
    make_pool(actor)
    with pytest.raises(ValidationError) as refused:
        create_pool(actor=actor, name="Autumn", prefix="no way", now=NOW)
    assert set(refused.value.message_dict) == {"name", "prefix"}


@pytest.mark.django_db
def test_a_pool_a_scheduled_campaign_needs_is_not_put_away(actor):
    pool = make_pool(actor, "a")
    campaign = make_campaign(actor.workspace, audience={}, code_pool=pool, state="scheduled")
    with pytest.raises(PoolInUseError) as refused:
        archive_pool(actor=actor, pool=pool, now=NOW)
    assert refused.value.users == [campaign.name]

    with workspace_scope(actor.workspace):
        Campaign.objects.in_workspace(actor.workspace).update(state="done")
    archive_pool(actor=actor, pool=pool, now=NOW)
    with pytest.raises(PoolExhaustedError):
        give(actor, campaign, pool, make_contact(actor.workspace).pk)
    make_pool(actor)  # the name is free again


# --- Giving --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_contact_gets_one_code_and_keeps_it(actor):
    pool = make_pool(actor, "a", "b", "c")
    campaign = make_campaign(actor.workspace, audience={}, code_pool=pool)
    ann, bob, eve = (contact.pk for contact in make_contacts(actor.workspace, 3))

    first = give(actor, campaign, pool, ann, bob, bob)
    again = give(actor, campaign, pool, eve, ann, bob)

    assert len({*first.values()}) == 2
    assert again == first | {eve: ({"a", "b", "c"} - {*first.values()}).pop()}
    assert {(code.contact_id, code.campaign_id, code.given_at) for code in stored(actor)} == {
        (contact_id, campaign.pk, NOW) for contact_id in (ann, bob, eve)
    }


@pytest.mark.django_db
def test_another_campaign_gives_the_same_contact_another_code(actor):
    pool = make_pool(actor, "a", "b")
    one, two = (make_campaign(actor.workspace, audience={}) for _ in range(2))
    ann = make_contact(actor.workspace).pk
    assert {*give(actor, one, pool, ann).values(), *give(actor, two, pool, ann).values()} == {
        "a",
        "b",
    }


@pytest.mark.django_db
def test_an_exhausted_pool_says_how_many_are_missing_and_gives_none(actor):
    pool = make_pool(actor, "a", "b")
    campaign = make_campaign(actor.workspace, audience={})
    people = [contact.pk for contact in make_contacts(actor.workspace, 5)]
    give(actor, campaign, pool, people[0])

    with pytest.raises(PoolExhaustedError) as refused:
        give(actor, campaign, pool, *people)

    assert refused.value.missing == 3
    assert [code.contact_id for code in stored(actor)].count(None) == 1


@pytest.mark.django_db
def test_a_code_somebody_has_used_already_is_given_to_nobody(actor):
    make_transaction(actor.workspace, "eve", NOW - DAY, "10.00", coupon="A")
    pool = make_pool(actor, "a", "b")
    campaign = make_campaign(actor.workspace, audience={})
    ann, bob = (contact.pk for contact in make_contacts(actor.workspace, 2))

    assert give(actor, campaign, pool, ann) == {ann: "b"}
    with pytest.raises(PoolExhaustedError):
        give(actor, campaign, pool, bob)


@pytest.mark.django_db(transaction=True)
def test_runs_that_give_at_once_never_share_a_code(actor):
    people = [contact.pk for contact in make_contacts(actor.workspace, 40)]
    pool = make_pool(actor, *(f"code-{number}" for number in range(4 * len(people))))
    campaigns = [make_campaign(actor.workspace, audience={}) for _ in range(3)]

    def run(campaign: Campaign) -> list[str]:
        try:
            return list(give(actor, campaign, pool, *people).values())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        given = list(threads.map(run, campaigns * 2))  # each of them twice

    assert given[0] == given[3]
    assert len({code for codes in given for code in codes}) == 3 * len(people)
    assert sum(code.contact_id is not None for code in stored(actor)) == 3 * len(people)


@pytest.mark.django_db
def test_the_database_itself_refuses_a_second_code_of_a_campaign(actor):
    pool = make_pool(actor, "a", "b")
    campaign = make_campaign(actor.workspace, audience={})
    ann = make_contact(actor.workspace).pk
    give(actor, campaign, pool, ann)
    with pytest.raises(IntegrityError), workspace_scope(actor.workspace):
        DiscountCode.objects.filter(contact_id=None).update(
            contact_id=ann, campaign=campaign, given_at=NOW
        )


@pytest.mark.night
@pytest.mark.django_db
def test_a_hundred_thousand_contacts_get_their_codes_at_once(actor):
    number = 100_000
    pool = create_pool(actor=actor, name="Autumn", now=NOW)
    generate_codes(actor=actor, pool=pool, number=number, now=NOW)
    campaign = make_campaign(actor.workspace, audience={})
    with workspace_scope(actor.workspace), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (workspace_id, id, known_since, created_at, created_by,"
            " email, email_key, phone, first_name, last_name, time_zone)"
            " SELECT %s, 1000000 + number, %s, %s, 'api', '', '', '', '', '', ''"
            " FROM generate_series(1, %s) AS number RETURNING id",
            [actor.workspace.pk, NOW, NOW, number],
        )
        people = [contact_id for (contact_id,) in cursor.fetchall()]
    given = give(actor, campaign, pool, *people)
    assert len(set(given.values())) == number == len(given)
    assert give(actor, campaign, pool, *people) == given


# --- Using ---------------------------------------------------------------------------------------


@pytest.fixture
def given_code(actor) -> dict[str, Any]:
    """Ann was given the code "Save-10"."""
    pool = make_pool(actor, "Save-10")
    ann = make_contact(actor.workspace, "ann")
    campaign = make_campaign(actor.workspace, audience={})
    give(actor, campaign, pool, ann.pk)
    return {"ann": ann, "pool": pool}


def used_by(actor: Actor) -> tuple[str, Any] | None:
    code = code_of(actor, "Save-10")
    if code.transaction_id is None:
        assert code.redeemed_at is None
        return None
    with workspace_scope(actor.workspace):
        return code.transaction.external_id, code.redeemed_at


def say(workspace: Workspace, name: str, **item: Any) -> None:
    """The shop states (again) a purchase of ann's a day ago."""
    item = {"coupon": "SAVE-10", "total": "50.00", "status": "paid", "kind": "purchase"} | item
    base = {
        "external_id": name,
        "contact": {"external_id": "ann"},
        "occurred_at": (NOW - DAY).isoformat(),
    }
    [result] = transactions(workspace, base | item)
    assert not result.is_error, result.errors


@pytest.mark.django_db
@pytest.mark.parametrize("coupon", ["SAVE-10", " save-10 ", "Save-10"])
def test_a_purchase_with_the_coupon_uses_the_code(actor, given_code, coupon):
    say(actor.workspace, "t1", coupon=coupon)
    assert used_by(actor) == ("t1", NOW - DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "item", [{"kind": "cart", "status": "pending"}, {"status": "test"}, {"coupon": "SAVE-1"}]
)
def test_carts_tests_and_other_coupons_use_nothing(actor, given_code, item):
    say(actor.workspace, "t1", **item)
    assert used_by(actor) is None


@pytest.mark.django_db
def test_a_cancelled_purchase_gives_the_code_back_to_the_next_one(actor, given_code):
    say(actor.workspace, "t1", occurred_at=(NOW - 3 * DAY).isoformat())
    say(actor.workspace, "t2")
    assert used_by(actor) == ("t1", NOW - 3 * DAY)

    say(actor.workspace, "t1", status="cancelled", updated_at=NOW.isoformat())
    assert used_by(actor) == ("t2", NOW - DAY)

    say(actor.workspace, "t2", coupon="", updated_at=NOW.isoformat())
    assert used_by(actor) is None


@pytest.mark.django_db
def test_a_refunded_purchase_has_used_its_code(actor, given_code):
    say(actor.workspace, "t1")
    make_refund(actor.workspace, "t1", NOW, "50.00")
    assert used_by(actor) == ("t1", NOW - DAY)


@pytest.mark.django_db
def test_the_order_in_which_purchases_come_does_not_matter(actor, given_code):
    say(actor.workspace, "later", occurred_at=(NOW - DAY).isoformat())
    say(actor.workspace, "sooner", occurred_at=(NOW - 2 * DAY).isoformat())
    assert used_by(actor) == ("sooner", NOW - 2 * DAY)


@pytest.mark.django_db
def test_a_code_used_by_somebody_else_names_the_purchase_and_still_who_got_it(actor, given_code):
    make_transaction(actor.workspace, "bob", NOW - DAY, "9.00", coupon="save-10")
    code = code_of(actor, "Save-10")
    with workspace_scope(actor.workspace):
        assert code.transaction.contact.external_id == "bob"
    assert code.contact_id == given_code["ann"].pk


@pytest.mark.django_db
def test_a_code_of_one_workspace_is_not_used_by_a_purchase_in_another(actor, given_code):
    make_transaction(make_workspace("Twin"), "ann", NOW - DAY, "9.00", coupon="save-10")
    assert used_by(actor) is None


@pytest.mark.django_db
def test_codes_are_compared_as_texts_are(actor):
    make_pool(actor, "Straße-É")
    make_transaction(actor.workspace, "ann", NOW - DAY, "9.00", coupon="STRASSE-E\u0301")
    assert code_of(actor, "Straße-É").transaction_id is not None
    assert key_of_code("STRASSE-E\u0301") == "strasse-é"


@pytest.mark.django_db
def test_who_ordered_only_after_ads_gets_a_code_and_using_it_is_seen(actor):
    """Use case U3: from the ready template to the cheaper purchase."""
    shop = actor.workspace
    for buyer, channel in (("ann", "paid_search"), ("bob", "paid_search"), ("bob", "direct")):
        source = {"channel": channel}
        make_transaction(shop, buyer, NOW - 30 * DAY, "80.00", source=source)
    with workspace_scope(shop):
        [template] = [
            each for each in templates_for(workspace=shop, now=NOW) if each["key"] == "U3"
        ]
    assert names(shop, template["where"]) == {"ann"}

    pool = make_pool(actor, "Back-20")
    campaign = make_campaign(shop, audience={}, code_pool=pool)
    [code] = give(actor, campaign, pool, make_contact(shop, "ann").pk).values()
    make_transaction(shop, "ann", NOW - DAY, "60.00", coupon=code.upper())

    assert code_of(actor, "Back-20").redeemed_at == NOW - DAY
