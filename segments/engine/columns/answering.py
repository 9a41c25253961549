"""Leaves answered from kept tables: each true for its instant and for what its tables show.

Whoever was written about since is asked of the database afterwards (bringing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.criteria.measures import Combining, Comparison
from segments.criteria.scope import Scope
from segments.engine.bringing import Held
from segments.engine.columns.asking import Question, questions_of
from segments.engine.columns.blocks import Block, TableKept
from segments.engine.columns.expressions import Expression
from segments.engine.columns.loading import Wanted, read_columns, tables_kept
from segments.engine.columns.numbers import (
    Combined,
    place_of,
    remember,
    start_from_numbers,
)
from segments.engine.columns.reading import Rows
from segments.engine.columns.tables import CONTACT, TABLES
from segments.engine.columns.values import Column, Unanswerable
from segments.engine.positions import Position, Snapshot, union_of_unseen
from segments.engine.questions import Asked, LeafMake
from segments.engine.remembering import Place
from segments.engine.sets import ContactSet
from segments.engine.vectors import HeldVector, Vector

# Asking the database for so many rows takes about a microsecond.
ROWS_A_MICROSECOND = 10

MOST_READ = 256 * 2**20  # bytes for a leaf
FRESH = timedelta(minutes=10)  # what was read longer ago is worth reading again


@dataclass(frozen=True)
class Starts:
    """Sets to start from, and tables that are not kept, or were read long ago."""

    held: Mapping[str, Held] = field(default_factory=dict)
    outdated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Piece:
    """Rows of a block that may be among those asked for."""

    rows: Rows
    block: Block
    undecided: tuple[Expression, ...]

    @property
    def size(self) -> int:
        """Bytes of what it reads."""
        block = self.block
        widths = (np.dtype(block.summary(name).dtype).itemsize for _, name in self.wanted())
        return block.rows * sum(widths)

    def wanted(self) -> Iterator[Wanted]:
        for expression in (*self.undecided, *self.rows.chosen):
            for name in expression.columns():
                if not self.block.summary(name).is_constant:
                    yield self.block.number, name


def starts_from_columns(
    asked: Mapping[str, Asked], makes: Mapping[str, LeafMake], scope: Scope
) -> Starts:
    """Sets of those leaves that kept tables can answer, in workspaces with enough contacts."""
    questions = questions_of(asked, makes, scope)
    if not questions:
        return Starts()
    names = frozenset(name for each in questions.values() for name in each.tables)
    kept = tables_kept(scope.workspace, names, as_of=scope.as_of)
    fresh = {name for name, each in kept.items() if abs(scope.as_of - each.as_of) < FRESH}
    answers = _Answers(scope, kept)
    return Starts(answers.all_of(questions), names - fresh)


class _Answers:
    """Questions answered together, so that what they need is read in one go."""

    def __init__(self, scope: Scope, kept: Mapping[str, TableKept]) -> None:
        self.scope = scope
        self.kept = kept
        self.workspace_id = scope.workspace.pk
        self.columns: dict[str, Mapping[Wanted, Column]] = {}

    def all_of(self, questions: Mapping[str, Question]) -> dict[str, Held]:
        """Those that can be answered."""
        found, planned = {}, {}
        for name, question in questions.items():
            held = self._from_numbers(question)
            if held is not None:
                found[name] = held
                continue
            try:
                parts = [(rows, self._pieces(question, rows)) for rows in question.rows]
                if sum(piece.size for _, pieces in parts for piece in pieces) <= MOST_READ:
                    planned[name] = parts
            except (Unanswerable, KeyError):
                continue
        self._read(piece for parts in planned.values() for _, pieces in parts for piece in pieces)
        for name, parts in planned.items():
            try:
                found[name] = self._answer(questions[name], parts)
            except (Unanswerable, KeyError):
                continue
        return found

    def _from_numbers(self, question: Question) -> Held | None:
        place = self._place(question)
        if place is None:
            return None
        return start_from_numbers(place, question.asked, question.make, self.scope)

    def _pieces(self, question: Question, rows: Rows) -> list[_Piece]:
        """Blocks in which there may be some of the rows; KeyError for a table that isn't kept."""
        of = rows.among or rows
        pieces = []
        for block in self.kept[of.table].blocks:
            decided = {each: each.decided(block, question.params) for each in of.conditions}
            if False not in decided.values():
                undecided = tuple(each for each, is_true in decided.items() if is_true is None)
                pieces.append(_Piece(of, block, undecided))
        return pieces

    def _read(self, pieces: Iterable[_Piece]) -> None:
        wanted: dict[str, set[Wanted]] = {}
        for piece in pieces:
            wanted.setdefault(piece.rows.table, set()).update(piece.wanted())
        for table, each in wanted.items():
            try:
                self.columns[table] = read_columns(self.scope.workspace, self.kept[table], each)
            except Unanswerable:
                continue

    def _answer(self, question: Question, parts: Sequence[tuple[Rows, Sequence[_Piece]]]) -> Held:
        params, asked = question.params, question.asked
        there = [(rows, each) for rows, each in parts if rows.among is None]
        unsure = self._contacts([each for each in parts if each[0].among is not None], params)
        looked_at = sum(piece.block.rows for _, pieces in parts for piece in pieces)
        position = Position(self.scope.as_of, self._snapshot(question))
        build_us = looked_at // ROWS_A_MICROSECOND
        numbers, comparison = question.numbers, question.comparison
        if numbers is None or comparison is None:
            members = self._contacts(there, params)
        else:
            pieces = [piece for _, each in there for piece in each]
            vector = self._combined(pieces, comparison, params)
            members = vector.matching(comparison, self.workspace_id)
            held = HeldVector(numbers.key, vector, position, numbers.moments, build_us)
            if (place := self._place(question)) is not None:
                remember(place, Combined(held, unsure))
        return Held(asked.key, members, position, asked.moments, build_us, unsure=unsure)

    def _snapshot(self, question: Question) -> Snapshot:
        """Shows nothing that one of the tables doesn't."""
        return union_of_unseen(self.kept[name].snapshot for name in question.tables)

    def _with_columns(self, piece: _Piece) -> Block:
        read = self.columns[piece.rows.table]
        columns = {name: read[number, name] for number, name in piece.wanted()}
        return replace(piece.block, columns=columns)

    def _place(self, question: Question) -> Place | None:
        """Where the numbers behind the row are remembered; None of a row without, or of tables
        that aren't kept."""
        if question.numbers is None or not question.tables <= self.kept.keys():
            return None
        tables = [self.kept[name] for name in sorted(question.tables)]
        return place_of(question.numbers, tables, self.workspace_id)

    # --- Who has any of the rows --------------------------------------------------------------

    def _contacts(
        self, parts: Sequence[tuple[Rows, Sequence[_Piece]]], params: Sequence[Any]
    ) -> ContactSet:
        pieces = [piece for _, each in parts for piece in each]
        flags = np.zeros(_size(pieces), dtype=np.bool_)
        for piece in pieces:
            block = self._with_columns(piece)
            contacts, mask = block.column(CONTACT).values, _mask(piece, block, params)
            if block.is_by_contact:
                flags[contacts[0] : contacts[-1] + 1] |= True if mask is None else mask
            elif mask is None:
                flags[contacts] = True
            elif len(parts) == 1 and TABLES[piece.rows.table].order == CONTACT:
                flags[contacts] = mask  # each contact stands there once
            else:
                flags[contacts[np.flatnonzero(mask)]] = True
        return ContactSet.from_flags(self.workspace_id, flags)

    # --- Whose rows come to what is asked -----------------------------------------------------

    def _combined(
        self, pieces: Sequence[_Piece], comparison: Comparison, params: Sequence[Any]
    ) -> Vector:
        if not pieces:
            nobody = np.zeros(0, dtype=np.int32)
            return Vector.combined(nobody, None, None, Combining.SUMMED)
        found = [self._evaluated(piece, params) for piece in pieces]
        numbers, *values = (np.concatenate(each) for each in zip(*found, strict=True))
        whole = [each.astype(np.int64) for each in values]
        total = whole[0] if comparison.has_values else None
        divisors = whole[1] if comparison.combining == Combining.RATIO else None
        return Vector.summed(self.workspace_id, numbers, total, divisors)

    def _evaluated(self, piece: _Piece, params: Sequence[Any]) -> tuple[npt.NDArray[Any], ...]:
        """What is chosen of the rows asked for, contacts first; those without a value are left
        out."""
        block = self._with_columns(piece)
        mask = _mask(piece, block, params)
        values = []
        for at, expression in enumerate(piece.rows.chosen[1:]):
            number = expression.number(block, params)
            if number.nulls is not None:
                if at > 0:
                    raise Unanswerable
                mask = ~number.nulls if mask is None else mask & ~number.nulls
            values.append(np.broadcast_to(np.asarray(number.values), (block.rows,)))
        every = (block.column(CONTACT).values, *values)
        return every if mask is None else tuple(each[mask] for each in every)


def _mask(piece: _Piece, block: Block, params: Sequence[Any]) -> npt.NDArray[np.bool_] | None:
    """Which rows are asked for; None: all of them."""
    true = [each.truth(block, params).true for each in piece.undecided]
    if (nobody := block.column(CONTACT).nulls) is not None:
        true.append(~nobody)
    return reduce(np.logical_and, true) if true else None


def _size(pieces: Iterable[_Piece]) -> int:
    """More than the greatest number of a contact."""
    return max((piece.block.summary(CONTACT).high or 0 for piece in pieces), default=-1) + 1
