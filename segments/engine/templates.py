"""Leaves compiled once and moved in time, instead of compiled for every answer.

Within a quarter of an hour of UTC no zone has a midnight or a change of its clocks. So each instant
in a leaf's question either stays what it is or moves along with `as_of`: two compilations tell
which, and further ones are arithmetic. What else goes into a question stands in the key (the
workspace's settings, what names stand for) or was looked up by `Scope.once`, and is looked up again
each time; a leaf that looks into the database in another way while it is compiled is compiled each
time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from segments.criteria.scope import Noted, Scope
from segments.engine.questions import Asked, Contacts, LeafMake, Narrowed, ask, ask_measure

QUARTER = 900  # seconds
SOMEBODY = [-(2**62)]  # nobody's id: stands for the contacts that a leaf is asked for
MOST = 4_000  # leaves a process remembers

_Key = tuple[Any, ...]
# What was looked up once while a leaf was compiled: its name, how, and what was found.
_LookedUp = tuple[str, Callable[[Scope], Any], Any]


@dataclass(frozen=True)
class _Template:
    as_of: datetime
    asked: Asked | None  # None: it has no measure
    moves: tuple[bool, ...] | None = None  # by parameter; None: not known yet
    looked_up: tuple[_LookedUp, ...] = ()

    def tells(self, scope: Scope) -> bool:
        """Whether it says what is asked in this scope."""
        if self.asked is not None and self.moves is None and self.as_of != scope.as_of:
            return False
        return all(scope.once(name, ask) == value for name, ask, value in self.looked_up)

    def at(self, as_of: datetime, make: LeafMake) -> Asked | None:
        if self.asked is None:
            return None
        params = self.asked.params
        if self.moves is not None and self.as_of != as_of:
            by = as_of - self.as_of
            pairs = zip(params, self.moves, strict=True)
            params = tuple(each + by if moves else each for each, moves in pairs)
        return self.asked.again(make, params)


class _Templates:
    """The last ones used in this process."""

    def __init__(self) -> None:
        self._held: OrderedDict[_Key, _Template] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> _Template | None:
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: _Key, template: _Template) -> None:
        with self._lock:
            self._held[key] = template
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)


_templates = _Templates()


def asked_all(makes: Mapping[str, LeafMake], scope: Scope) -> dict[str, Asked]:
    """These leaves compiled for the scope's instant; what they name is looked up together."""
    scope.look_up(each for make in makes.values() for each in make.references or ())
    return {name: asked_at(name, make, scope) for name, make in makes.items()}


def asked_at(name: str, make: LeafMake, scope: Scope) -> Asked:
    """The leaf compiled for the scope's instant."""
    found = _through(("leaf", name), make, scope, lambda: ask(name, make, scope))
    return ask(name, make, scope) if found is None else found


def asked_among(asked: Asked, contacts: Contacts, scope: Scope) -> QuerySet[Any] | Narrowed:
    """A leaf compiled for the scope, for these contacts only."""
    narrowed = asked.among(contacts)
    if narrowed is None:
        narrowed = _among(asked, contacts, scope)
    return asked.make(scope.only(contacts.ids)) if narrowed is None else narrowed


def _among(asked: Asked, contacts: Contacts, scope: Scope) -> Narrowed | None:
    """Compiled once for somebody, and asked with others in their place; None where it can't be."""
    key = _key(("among", asked.name), asked.make, scope)
    if key is None or not contacts.ids:
        return None
    known = _templates.get(key)
    found = known.at(scope.as_of, asked.make) if known and known.tells(scope) else None
    if found is None:
        with scope.noting() as noted, _statements(noted) as run:
            found = ask(asked.name, asked.make, scope.only(SOMEBODY))
        if run:
            return None  # what was found may be of them
        _learn(key, known, _Template(scope.as_of, found, looked_up=_looked_up(noted, scope)))
    params = (contacts.literal if each == SOMEBODY else each for each in found.params)
    return Narrowed(found.sql, tuple(params))


def measure_asked_at(name: str, make: LeafMake, scope: Scope) -> Asked | None:
    """What the leaf compares, without what it is compared with; None where it has no measure."""
    return _through(("measure", name), make, scope, lambda: ask_measure(make, scope))


def _through(
    what: tuple[str, str], make: LeafMake, scope: Scope, compute: Callable[[], Asked | None]
) -> Asked | None:
    key = _key(what, make, scope)
    if key is None:
        return compute()
    known = _templates.get(key)
    if known is not None and known.tells(scope):
        return known.at(scope.as_of, make)
    with scope.noting() as noted, _statements(noted) as run:
        asked = compute()
    if not run:
        _learn(key, known, _Template(scope.as_of, asked, looked_up=_looked_up(noted, scope)))
    return asked


def _looked_up(noted: Noted, scope: Scope) -> tuple[_LookedUp, ...]:
    return tuple((name, ask, scope.once(name, ask)) for name, ask in noted.asks.items())


def _key(what: tuple[str, str], make: LeafMake, scope: Scope) -> _Key | None:
    if make.references is None or scope.contact_ids is not None:
        return None
    workspace = scope.workspace
    named = tuple(
        (kind, key, tuple(scope.ids_of(kind, [key])), scope.type_of(kind, key))
        for kind, key in make.references
    )
    settings = (workspace.pk, workspace.time_zone, workspace.week_start, workspace.base_currency)
    return (*what, *settings, int(scope.as_of.timestamp()) // QUARTER, named)


def _learn(key: _Key, known: _Template | None, new: _Template) -> None:
    """Remember it; with another instant known, what moves."""
    if known is None or known.asked is None or new.asked is None or known.as_of == new.as_of:
        _templates.put(key, new)
        return
    moves = _moves(known.asked, new.asked, new.as_of - known.as_of)
    _templates.put(key, replace(new, moves=moves))


def _moves(before: Asked, after: Asked, by: timedelta) -> tuple[bool, ...] | None:
    """Which parameters move along with time; None where some do neither."""
    if before.sql != after.sql or len(before.params) != len(after.params):
        return None
    found = []
    for old, new in zip(before.params, after.params, strict=True):
        is_moved = isinstance(old, datetime) and isinstance(new, datetime) and new - old == by
        if not is_moved and not _is_same(old, new):
            return None
        found.append(is_moved)
    return tuple(found)


def _is_same(old: Any, new: Any) -> bool:
    if isinstance(old, date) or isinstance(new, date):
        return type(old) is type(new) and bool(old == new)
    return repr(old) == repr(new)


@contextmanager
def _statements(noted: Noted) -> Any:
    """The statements run in the block, but for those of `Scope.once`."""
    run: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not noted.is_asking:
            run.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield run
