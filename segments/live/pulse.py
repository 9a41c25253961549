"""One pulse: brings a workspace's live membership to now, and writes who entered and left.

Everything happens in one transaction that holds the workspace's row, at one snapshot of the
database: events are numbered without gaps in the order they commit, and nothing is half done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from segments.criteria.scope import Scope
from segments.engine.leaves import fetch_sets
from segments.engine.positions import Position
from segments.engine.sets import ContactSet
from segments.live.causes import Because, Causes, Flips
from segments.live.following import Definition, Followed
from segments.live.memory import LiveMemory, mark_of, position_of
from segments.live.news import News, read_news
from segments.live.recording import (
    SAVE_AFTER_ROWS,
    Move,
    save_all,
    save_members,
    save_sizes,
    write_events,
)
from segments.models import (
    LiveState,
    MembershipCause,
    MembershipDirection,
    MembershipEvent,
    Segment,
    Snapshot,
)
from segments.pins import NO_PINS, Pins, read_pins
from segments.signals import membership_changed
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

# Contacts verified for a pulse that leaves time for later, and for a count that disagrees.
ROUNDS = 5
MOST_VERIFIED = 100_000

# Beyond so many contacts a takeover doesn't find out which rows of the tree flipped.
MOST_EXPLAINED = 10_000


@dataclass(frozen=True)
class Pulse:
    """What a pulse did."""

    as_of: datetime
    events: list[MembershipEvent]
    is_timed: bool
    had_news: bool


def advance_live(
    *,
    workspace: Workspace,
    now: datetime,
    memory: LiveMemory | None = None,
    is_timed: bool = True,
) -> Pulse:
    """Bring the workspace's live membership to `now` and tell what changed.

    `memory` is what the caller kept from its last pulse of the workspace. Not `is_timed`: windows
    that ran out of contacts nobody wrote about are left to a later pulse. Raises what the database
    raises; then nothing happened, and `memory` is empty.
    """
    memory = memory or LiveMemory(workspace)
    try:
        with workspace_scope(workspace, isolation="REPEATABLE READ"):
            state = _locked(workspace)
            as_of = now if state.as_of is None else max(now, state.as_of)
            pulse = _Pulse(memory, state, as_of).run(is_timed=is_timed)
        memory.mark = mark_of(state)
    except BaseException:
        memory.forget()
        raise
    deliver(workspace=workspace, events=pulse.events)
    return pulse


def _locked(workspace: Workspace) -> LiveState:
    states = LiveState.objects.in_workspace(workspace)
    state = states.select_for_update().first()
    return state or LiveState.objects.create(workspace=workspace)


def deliver(*, workspace: Workspace, events: Iterable[MembershipEvent]) -> None:
    """Send `membership_changed`. A receiver's failure is logged: the events can be read again.

    A contact that was merged into another didn't leave by itself: that event keeps the sum right
    and isn't sent.
    """
    told = [event for event in events if "merged_into" not in event.reason]
    if not told:
        return
    answers = membership_changed.send_robust(sender=Segment, workspace=workspace, events=told)
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            logger.error(
                "membership_receiver_failed",
                receiver=getattr(receiver, "__qualname__", repr(receiver)),
                workspace=workspace.pk,
                first_number=told[0].number,
                error=repr(answer)[:200],
            )


class _Pulse:
    def __init__(self, memory: LiveMemory, state: LiveState, as_of: datetime) -> None:
        self.memory = memory
        self.state = state
        self.workspace = memory.workspace
        self.scope = Scope(memory.workspace, as_of)
        self.before: Position | None = position_of(state)
        self.moves: list[Move] = []
        self.changed: set[int] = set()  # segments with events
        self.to_save: set[int] = set()  # segments whose members are to be written

    def run(self, *, is_timed: bool) -> Pulse:
        is_warm = self.memory.is_current(self.state)
        if not is_warm:
            self.memory.load()
        news = read_news(self.workspace, self.before)
        old = self.memory.definitions.live
        live = self.memory.definitions.read(is_everything_new=bool(news.of_everybody))
        is_timed = is_timed or not is_warm or live is not old
        if is_timed or news:
            self.pins = read_pins(self.scope)
            if is_warm:
                self._go_on(news, set(live), is_timed=is_timed)
                self._redefine(live)
            else:
                self._take_over(news, live)
            if is_timed:
                self._compare_with_counts()
        return self._finish(news, is_timed=is_timed)

    # --- Going on from where this process left it ---------------------------------------------

    def _go_on(self, news: News, still_live: set[int], *, is_timed: bool) -> None:
        """By the trees of the last pulse; those that can't be asked any more stand still."""
        live = [each for each in self._all() if each.is_live and each.segment_id in still_live]
        if not live:
            return
        step = self.memory.pool.advance(self.scope, is_timed=is_timed)
        leaves = dict(step.flipped)
        flips = self._flips(live, leaves)
        if not is_timed:
            flips = self._verified(live, leaves, flips)
        self._record(live, flips, leaves, news)

    def _flips(self, live: list[Followed], leaves: dict[str, ContactSet]) -> dict[int, ContactSet]:
        """Whose membership changed, by segment, where the answers of leaves or pins did."""
        found = {}
        for each in live:
            touched = self._pin_changes(each)
            for name in _defined(each).names:
                if name in leaves:
                    touched = touched | leaves[name]
            if touched and (flipped := self._truth(each, touched) ^ (each.members & touched)):
                found[each.segment_id] = flipped
        return found

    def _verified(
        self,
        live: list[Followed],
        leaves: dict[str, ContactSet],
        flips: dict[int, ContactSet],
    ) -> dict[int, ContactSet]:
        """Ask all rows of the segments again for contacts that changed: a window of theirs may
        have run out that nobody has looked at, and half of the truth would be a false event."""
        pool, nobody = self.memory.pool, self._nobody()
        asked: dict[str, ContactSet] = {}
        by_id = {each.segment_id: each for each in live}
        for _ in range(ROUNDS):
            wanted: dict[str, ContactSet] = {}
            for segment_id, contacts in flips.items():
                for name in _defined(by_id[segment_id]).names:
                    if rest := contacts - asked.get(name, nobody):
                        wanted[name] = wanted.get(name, nobody) | rest
            if not wanted:
                break
            contacts = nobody
            for each in wanted.values():
                contacts = contacts | each
            before = {name: pool.held[name].members for name in wanted}
            pool.refresh(wanted, contacts, self.scope)
            for name in wanted:
                asked[name] = asked.get(name, nobody) | contacts
                if more := (pool.held[name].members ^ before[name]) & contacts:
                    leaves[name] = leaves.get(name, nobody) ^ more
            flips = self._flips(live, leaves)
        return flips

    def _record(
        self,
        live: list[Followed],
        flips: dict[int, ContactSet],
        leaves: dict[str, ContactSet],
        news: News,
    ) -> None:
        changed = self._nobody()
        for contacts in flips.values():
            changed = changed | contacts
        causes = Causes(news, self.memory.pool, changed) if flips else None
        for each in live:
            flipped = flips.get(each.segment_id)
            if flipped is not None and causes is not None:
                why = Flips(leaves, self._pin_changes(each))
                self._move(each, causes.of(_defined(each), flipped, why))
            each.pins = self._pins_of(each)

    # --- Definitions that changed, began or ended ---------------------------------------------

    def _redefine(self, live: dict[int, Definition]) -> None:
        """Membership by new trees; what a new tree alone changes has its own cause."""
        if not self._is_redefined(live):
            return
        if live:
            self.memory.pool.hold([each.tree for each in live.values()], self.scope)
        for segment_id, definition in live.items():
            followed = self.memory.followed.get(segment_id)
            is_known = followed is not None and followed.is_live
            if is_known and followed is not None and followed.definition is definition:
                continue
            if is_known and followed is not None and _means_the_same(followed, definition):
                followed.definition = definition
                followed.version_number = definition.version_number
                self.to_save.add(segment_id)
                continue
            cause = MembershipCause.DEFINITION if is_known else MembershipCause.ACTIVATION
            self._begin(definition, cause)
        self._stop_all_but(live)

    def _is_redefined(self, live: dict[int, Definition]) -> bool:
        following = {each.segment_id: each.definition for each in self._all() if each.is_live}
        return following.keys() != live.keys() or any(
            following[segment_id] is not definition for segment_id, definition in live.items()
        )

    def _begin(self, definition: Definition, cause: MembershipCause) -> None:
        """Make the members what the definition says now, for this one cause."""
        segment_id = definition.segment_id
        followed = self.memory.followed.setdefault(
            segment_id, Followed(segment_id, definition.version_number, self._nobody())
        )
        followed.definition, followed.is_live = definition, True
        followed.version_number = definition.version_number
        followed.pins = self._pins_of(followed)
        truth = self._truth(followed)
        if flipped := truth ^ followed.members:
            self._move(followed, [Because(flipped.numbers(), cause)])
        self.to_save.add(segment_id)

    def _stop_all_but(self, live: dict[int, Definition]) -> None:
        """The others stand still: their events end without anybody leaving."""
        for each in self._all():
            if each.is_live and each.segment_id not in live:
                each.is_live, each.definition = False, None
                self.to_save.add(each.segment_id)

    # --- Taking over from another process, or after a pause -----------------------------------

    def _take_over(self, news: News, live: dict[int, Definition]) -> None:
        self._stop_all_but(live)
        if not live:
            return
        self.memory.pool.hold([each.tree for each in live.values()], self.scope)
        same, begun = [], []
        for segment_id, definition in live.items():
            followed = self.memory.followed.get(segment_id)
            is_known = followed is not None and followed.is_live
            if is_known and followed is not None and _is_version(followed, definition):
                followed.definition = definition
                same.append(followed)
            else:
                begun.append((definition, is_known))
        flips = {each.segment_id: self._truth(each) ^ each.members for each in same}
        flips = {segment_id: contacts for segment_id, contacts in flips.items() if contacts}
        leaves = self._leaves_since(flips, news)
        self._record(same, flips, leaves, news)
        for definition, is_known in begun:
            cause = MembershipCause.DEFINITION if is_known else MembershipCause.ACTIVATION
            self._begin(definition, cause)

    def _leaves_since(self, flips: dict[int, ContactSet], news: News) -> dict[str, ContactSet]:
        """Whose answer to which row changed since the last pulse, which this process didn't do.

        Asked again for that instant. What was backdated beyond it looks as if it always had been
        so: then every row that asks about what was written may have flipped.
        """
        contacts: ContactSet = self._nobody()
        names: set[str] = set()
        for segment_id, flipped in flips.items():
            contacts = contacts | flipped
            names |= set(_defined(self.memory.followed[segment_id]).names)
        if not contacts or self.before is None or len(contacts) > MOST_EXPLAINED:
            return {}
        pool = self.memory.pool
        then = self.scope.at(self.before.as_of).only(contacts.id_list())
        answers = fetch_sets({name: pool.makes[name](then) for name in names}, then)
        found = {name: (pool.held[name].members & contacts) ^ answers[name] for name in names}
        explained = self._nobody()
        for differs in found.values():
            explained = explained | differs
        for name in names if contacts - explained else ():
            kinds = pool.asked[name].kinds
            for kind in news.kinds if kinds is None else news.kinds & kinds:
                found[name] = found[name] | (news.of(kind) & (contacts - explained))
        return {name: flipped for name, flipped in found.items() if flipped}

    # --- Counts are a second opinion ----------------------------------------------------------

    def _compare_with_counts(self) -> None:
        """Whoever a recount put on the other side is asked about again; a recount can be right
        only by a fault of ours, which is put right, counted and logged."""
        suspects = self._suspects()
        if not suspects or len(suspects) > MOST_VERIFIED:
            return
        pool = self.memory.pool
        pool.refresh(list(pool.held), suspects, self.scope)
        for each in self._all():
            if not each.is_live or each.definition is None:
                continue
            wrong = self._truth(each, suspects) ^ (each.members & suspects)
            if not wrong:
                continue
            logger.error(
                "live_membership_was_wrong",
                workspace=self.workspace.pk,
                segment=each.segment_id,
                contacts=wrong.id_list(limit=20),
                number_of_contacts=len(wrong),
            )
            self.state.corrections += len(wrong)
            self._move(each, [Because(wrong.numbers(), MembershipCause.CORRECTION)])

    def _suspects(self) -> ContactSet:
        since = self.memory.checked_at or self.scope.as_of
        suspects = self._nobody()
        counted = Snapshot.objects.in_workspace(self.workspace).filter(
            is_recorded=True, as_of__gt=since, as_of__lte=self.scope.as_of
        )
        # After a long silence some have lost their members already (services/pruning.py).
        for snapshot in counted.exclude(members=b"").order_by("as_of"):
            followed = self.memory.followed.get(snapshot.segment_id)
            if followed is None or not followed.is_live:
                continue
            if followed.version_number == snapshot.version_number:
                counted_members = ContactSet.unpack(self.workspace.pk, snapshot.members)
                suspects = suspects | (counted_members ^ followed.members)
        self.memory.checked_at = self.scope.as_of
        return suspects

    # --- Small parts --------------------------------------------------------------------------

    def _all(self) -> list[Followed]:
        return [self.memory.followed[key] for key in sorted(self.memory.followed)]

    def _nobody(self) -> ContactSet:
        return ContactSet.empty(self.workspace.pk)

    def _pins_of(self, followed: Followed) -> Pins:
        return self.pins.get(followed.segment_id, NO_PINS)

    def _pin_changes(self, followed: Followed) -> ContactSet:
        """Contacts whose pins changed since the last pulse."""
        before, now = followed.pins, self._pins_of(followed)
        changed = (before.kept_in ^ now.kept_in) | (before.kept_out ^ now.kept_out)
        if not changed:
            return self._nobody()
        # Those that are gone leave by the universe, not by a pin.
        known = [pin for pin in changed if pin in self.memory.pool.universe]
        return ContactSet.from_ids(self.workspace.pk, known)

    def _truth(self, followed: Followed, among: ContactSet | None = None) -> ContactSet:
        """Who is in now, of these contacts or of all."""
        pool, tree = self.memory.pool, _defined(followed).tree
        members = pool.members(tree) if among is None else pool.members_among(tree, among)
        pins = self._pins_of(followed)
        if pins == NO_PINS:
            return members
        universe = pool.universe if among is None else pool.universe & among
        return pins.applied_to(members, universe)

    def _move(self, followed: Followed, because: Iterable[Because]) -> None:
        """Take contacts to the other side: who is in leaves, who isn't enters."""
        for each in because:
            moving = ContactSet.from_numbers(self.workspace.pk, each.numbers)
            entered, left = moving - followed.members, moving & followed.members
            for direction, contacts in (
                (MembershipDirection.LEFT, left),
                (MembershipDirection.ENTERED, entered),
            ):
                if not contacts:
                    continue
                part = Because(contacts.numbers(), each.cause, each.reason)
                self.moves.append(
                    Move(followed.segment_id, followed.version_number, direction, part)
                )
            followed.members = followed.members ^ moving
            followed.size += len(entered) - len(left)
            followed.is_moved = True
            self.changed.add(followed.segment_id)

    def _finish(self, news: News, *, is_timed: bool) -> Pulse:
        state, as_of = self.state, self.scope.as_of
        events = write_events(workspace=self.workspace, state=state, moves=self.moves, as_of=as_of)
        self._save(len(events))
        if is_timed or news:
            position = self.memory.pool.position
            is_anything_live = any(each.is_live for each in self._all())
            state.as_of = as_of
            # Where nothing is live nobody has to know what was written: the next first count sees.
            has_place = is_anything_live and position is not None
            state.snapshot = str(position.snapshot) if has_place and position else ""
            if is_timed:
                state.timed_at = as_of
            state.save(
                update_fields=["as_of", "snapshot", "last_number", "timed_at", "corrections"]
            )
        return Pulse(as_of, events, is_timed, bool(news))

    def _save(self, rows: int) -> None:
        """Who is in is written for segments that began or ended; now and then for all."""
        memory, now, last = self.memory, self.scope.as_of, self.state.last_number
        to_save = [memory.followed[key] for key in sorted(self.to_save)]
        save_members(workspace=self.workspace, followed=to_save, last_number=last, now=now)
        memory.unsaved += rows
        if memory.unsaved >= SAVE_AFTER_ROWS:
            save_all(workspace=self.workspace, followed=self._all(), last_number=last, now=now)
            memory.unsaved = 0
        others = [memory.followed[key] for key in sorted(self.changed - self.to_save)]
        save_sizes(workspace=self.workspace, followed=others)


def _defined(followed: Followed) -> Definition:
    if followed.definition is None:
        raise ValueError("A segment that stands still has no definition.")
    return followed.definition


def _means_the_same(followed: Followed, definition: Definition) -> bool:
    return followed.definition is not None and followed.definition.meaning == definition.meaning


def _is_version(followed: Followed, definition: Definition) -> bool:
    return followed.version_number == definition.version_number
