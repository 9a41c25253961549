"""Anything that can happen, in any order: events always add up to a fresh evaluation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contacts.models import Contact
from contacts.services import (
    create_tag,
    erase_contact,
    merge_contacts,
    tag_contacts,
    untag_contacts,
)
from contacts.services.changes import written_by_import
from segments import services
from segments.models import LiveState, Segment
from tests.makers.contacts import make_list, upsert
from tests.makers.live import Follower, check_live
from tests.makers.recounts import change, save_segment, system
from tests.makers.tracking import activities, activity_item, visit_item, visits
from tests.makers.transactions import refund_item, refunds, transaction_item, transactions
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

# Around Warsaw's day of 23 hours, 29 March 2026.
START = datetime(2026, 3, 27, 9, 30, tzinfo=UTC)
PEOPLE = 7
TAGS = ("vip", "cold")


def window(**given: Any) -> dict[str, Any]:
    return {"window": given}


def count(kind: str, operator: str, number: int, **given: Any) -> dict[str, Any]:
    return {"type": kind, "operator": operator, "number": number, **given}


VISITED_TODAY = count("visits.visited", "at_least", 1, **window(calendar="today"))
VISITED_LATELY = count("visits.visited", "at_least", 1, **window(last=24, unit="hours"))
VISITS_FEW = count("visits.visited", "at_most", 1, **window(last=2, unit="days"))
BOUGHT_LATELY = count("transactions.number_of_orders", "at_least", 1, **window(last=3, unit="days"))
BOUGHT_TWICE = count("transactions.number_of_orders", "at_least", 2)
SPENT = {
    "type": "transactions.amount_spent",
    "operator": "at_least",
    "amount": "30.00",
    "window": {"last": 7, "unit": "days"},
}
VIP = {"type": "tags.has", "match": "any", "tags": ["vip"]}
COLD = {"type": "tags.has", "match": "any", "tags": ["cold"]}
GDYNIA = {"type": "contacts.text", "attribute": "city", "operator": "any_of", "values": ["Gdynia"]}
NOT_GDYNIA = {**GDYNIA, "operator": "none_of"}
READ = {
    "type": "activities.did",
    "kind": "read",
    "operator": "at_least",
    "number": 1,
    "window": {"last": 12, "unit": "hours"},
}
TOP = {"type": "ranks.top", "by": "amount_spent", "number": 2}
LEAVES = [
    VISITED_TODAY,
    VISITED_LATELY,
    VISITS_FEW,
    BOUGHT_LATELY,
    BOUGHT_TWICE,
    SPENT,
    VIP,
    COLD,
    GDYNIA,
    NOT_GDYNIA,
    READ,
    TOP,
]

people = st.integers(0, PEOPLE - 1)
amounts = st.sampled_from(["5.00", "20.00", "40.00"])
agos = st.sampled_from([0, 0, 0, 1, 11.99, 12, 23.5, 24, 26, 47, 49, 71, 100]).map(
    lambda hours: timedelta(hours=hours)
)
# Steps that land on, before and after hours, midnights and the ends of windows.
steps = st.sampled_from(
    [1, 60, 1_799, 1_800, 3_599, 3_600, 3_601, 30_600, 43_200, 86_399, 86_400, 90_000, 172_800]
).map(lambda seconds: timedelta(seconds=seconds))
trees = st.recursive(
    st.sampled_from(LEAVES),
    lambda below: st.one_of(
        st.builds(
            lambda kind, found: {kind: found},
            st.sampled_from(["all", "any"]),
            st.lists(below, min_size=1, max_size=3),
        ),
        st.builds(lambda found: {"not": found}, below),
    ),
    max_leaves=4,
)


class LiveShop(RuleBasedStateMachine):
    """A small shop whose segments are followed by two processes in turn."""

    workspace: Workspace
    clock: datetime

    @initialize(first=trees, second=trees)
    def open_shop(self, first: Any, second: Any) -> None:
        self.clock = START
        self.workspace = make_workspace(now=START - timedelta(days=9))
        with workspace_scope(self.workspace):
            for tag in TAGS:
                create_tag(workspace=self.workspace, name=tag)
        visits(self.workspace, visit_item("c0", START), now=START)
        activities(self.workspace, activity_item("c0", "read", START), now=START, define=True)
        upsert(self.workspace, *({"external_id": f"c{n}"} for n in range(PEOPLE)), now=START)
        self.segments = [
            save_segment(self.workspace, tree, name=f"S{number}", now=START)
            for number, tree in enumerate((first, second))
        ]
        self.segments.append(
            save_segment(
                self.workspace,
                {"any": [{"segment": self.segments[0].pk}, VIP]},
                name="Names another",
                now=START,
            )
        )
        self.list = make_list(self.workspace, "A list", now=START)
        self.followers = [Follower(self.workspace), Follower(self.workspace)]
        self.is_checked = False
        self.numbers = 0
        self.bought: list[str] = []

    def tick(self) -> datetime:
        self.clock += timedelta(milliseconds=1)
        self.is_checked = False
        return self.clock

    def unique(self, word: str) -> str:
        self.numbers += 1
        return f"{word}{self.numbers}"

    def contact(self, who: int) -> Contact | None:
        with workspace_scope(self.workspace):
            found = Contact.objects.filter(external_id=f"c{who}").first()
            while found is not None and found.merged_into_id is not None:
                found = Contact.objects.get(pk=found.merged_into_id)
            return None if found is None or found.erased_at else found

    # --- Facts -------------------------------------------------------------------------------

    @rule(who=people, ago=agos)
    def visit(self, who: int, ago: timedelta) -> None:
        now = self.tick()
        visits(self.workspace, visit_item(f"c{who}", now - ago), now=now)

    @rule(who=people, ago=agos)
    def read(self, who: int, ago: timedelta) -> None:
        now = self.tick()
        activities(self.workspace, activity_item(f"c{who}", "read", now - ago), now=now)

    @rule(who=people, ago=agos, amount=amounts, is_import=st.booleans())
    def buy(self, who: int, ago: timedelta, amount: str, is_import: bool) -> None:
        now, key = self.tick(), self.unique("t")
        item = transaction_item(f"c{who}", now - ago, amount, external_id=key)
        if is_import:
            with written_by_import():
                transactions(self.workspace, item, now=now)
        else:
            transactions(self.workspace, item, now=now)
        self.bought.append(key)

    @precondition(lambda self: self.bought)
    @rule(which=st.integers(0, 50), amount=st.sampled_from(["5.00", "20.00"]))
    def refund(self, which: int, amount: str) -> None:
        now = self.tick()
        key = self.bought[which % len(self.bought)]
        refunds(self.workspace, refund_item(key, now, amount), now=now)

    @precondition(lambda self: self.bought)
    @rule(which=st.integers(0, 50), who=people, status=st.sampled_from(["cancelled", "paid"]))
    def say_anew(self, which: int, who: int, status: str) -> None:
        now = self.tick()
        key = self.bought[which % len(self.bought)]
        item = transaction_item(
            f"c{who}",
            now - timedelta(hours=1),
            "20.00",
            external_id=key,
            status=status,
            updated_at=now.isoformat(),
        )
        transactions(self.workspace, item, now=now)

    # --- Details -----------------------------------------------------------------------------

    @rule(who=people, tag=st.sampled_from(TAGS), is_given=st.booleans())
    def tag(self, who: int, tag: str, is_given: bool) -> None:
        contact, now = self.contact(who), self.tick()
        if contact is not None:
            act = tag_contacts if is_given else untag_contacts
            with workspace_scope(self.workspace):
                act(
                    workspace=self.workspace,
                    tag=tag,
                    contact_ids=[contact.pk],
                    now=now,
                    source="api",
                )

    @rule(who=people, city=st.sampled_from(["Gdynia", "Sopot"]), ago=agos)
    def move_house(self, who: int, city: str, ago: timedelta) -> None:
        now = self.tick()
        item = {
            "external_id": f"c{who}",
            "attributes": {"city": city},
            "observed_at": (now - ago).isoformat(),
        }
        upsert(self.workspace, item, now=now)

    @rule(winner=people, loser=people)
    def merge(self, winner: int, loser: int) -> None:
        one, other, now = self.contact(winner), self.contact(loser), self.tick()
        if one is not None and other is not None and one.pk != other.pk:
            merge_contacts(workspace=self.workspace, winner_id=one.pk, loser_id=other.pk, now=now)

    @rule(who=people)
    def erase(self, who: int) -> None:
        contact, now = self.contact(who), self.tick()
        if contact is not None:
            erase_contact(workspace=self.workspace, contact_id=contact.pk, now=now)

    # --- Segments ----------------------------------------------------------------------------

    @rule(which=st.integers(0, 1), tree=trees)
    def redefine(self, which: int, tree: Any) -> None:
        change(self.segments[which], where=tree, now=self.tick())

    @rule(which=st.integers(0, 2), who=st.lists(people, max_size=2), is_in=st.booleans())
    def pin(self, which: int, who: list[int], is_in: bool) -> None:
        now = self.tick()
        found = {contact.pk for each in who if (contact := self.contact(each)) is not None}
        given = {"pinned_in" if is_in else "pinned_out": sorted(found)}
        change(self.segments[which], now=now, **given)

    @rule()
    def archive_or_restore(self) -> None:
        now, segment = self.tick(), self.segments[2]
        with workspace_scope(self.workspace):
            current = Segment.objects.get(pk=segment.pk)
            act = (
                services.archive_segment
                if current.archived_at is None
                else services.restore_segment
            )
            act(actor=system(self.workspace), segment=current, now=now)

    # --- Time and processes ------------------------------------------------------------------

    @rule(step=steps)
    def let_time_pass(self, step: timedelta) -> None:
        self.clock += step
        self.is_checked = False

    @rule(who=st.integers(0, 1))
    def quick_pulse(self, who: int) -> None:
        self.followers[who].pulse(self.tick(), is_timed=False)

    @rule(who=st.integers(0, 1))
    def die(self, who: int) -> None:
        self.followers[who] = Follower(self.workspace)

    @rule(who=st.integers(0, 1))
    def pulse(self, who: int) -> None:
        self.followers[who].pulse(self.tick())
        check_live(self.workspace, self.clock, self.followers[who].memory)
        self.is_checked = True

    @invariant()
    def nothing_had_to_be_put_right(self) -> None:
        if not hasattr(self, "workspace"):
            return
        if not self.is_checked:
            self.pulse(0)
        with workspace_scope(self.workspace):
            assert sum(LiveState.objects.values_list("corrections", flat=True)) == 0


@contextmanager
def steady_random() -> Iterator[None]:
    """Hypothesis decides everything; nothing else draws."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def run(examples: int, steps: int) -> None:
    """Without shrinking, which takes long; the failing steps are printed as they were."""
    with steady_random():
        run_state_machine_as_test(
            LiveShop,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )


def test_events_add_up_to_a_fresh_evaluation_after_every_step():
    run(2, 12)


@pytest.mark.night
def test_events_add_up_to_a_fresh_evaluation_after_thousands_of_steps():
    run(60, 60)
