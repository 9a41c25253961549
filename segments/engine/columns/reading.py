"""Reads a leaf's SQL: which rows of which tables make it up, as far as that can be understood.

The text is the ORM's own. Whatever isn't one of the few forms below is not understood, and such a
leaf is asked of the database as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from segments.engine.columns.expressions import (
    AnyOf,
    Calculation,
    ColumnOf,
    Comparison,
    Either,
    Every,
    Expression,
    IsNull,
    Not,
    Parameter,
)

_TOKEN = re.compile(r'"[a-z_0-9]+"|%s|[A-Za-z_][A-Za-z_0-9]*|[0-9]+|<=|>=|<>|[-+*/&|=<>(),.]')
_COMPARED = ("=", "<", "<=", ">", ">=")
# From what binds least to what binds most.
_CALCULATED = ("&", "+", "-", "*")


class _Misread(Exception):
    """Not one of the forms that are understood."""


@dataclass(frozen=True)
class Rows:
    """Rows of a table: those of which every condition is true.

    `chosen`: what is asked of each, the contact first. `is_whole`: whether that is all the
    statement says; if not, it says something of some of these rows.
    """

    table: str
    chosen: tuple[Expression, ...]
    conditions: tuple[Expression, ...]
    is_whole: bool
    # Its contacts are among those of these rows.
    among: Rows | None = None


@lru_cache(maxsize=4_000)
def rows_of(sql: str) -> tuple[Rows, ...] | None:
    """The parts that are put together; None where one isn't understood."""
    try:
        tokens = _tokens(sql)
        return tuple(_Statement(part).read() for part in _united(tokens))
    except _Misread:
        return None


@dataclass(frozen=True)
class _Token:
    text: str
    position: int = -1  # of a parameter


def _tokens(sql: str) -> list[_Token]:
    found: list[_Token] = []
    at, parameters = 0, 0
    for match in _TOKEN.finditer(sql):
        if sql[at : match.start()].strip():
            raise _Misread
        at = match.end()
        if match[0] == "%s":
            found.append(_Token("%s", parameters))
            parameters += 1
        else:
            found.append(_Token(match[0]))
    if sql[at:].strip():
        raise _Misread
    return found


def _united(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """The statements of `(…) UNION ALL (…)`, or the only one."""
    if tokens[0].text != "(":
        yield tokens
        return
    at = 0
    while True:
        end = _closing(tokens, at)
        yield tokens[at + 1 : end]
        if end + 1 == len(tokens):
            return
        if [each.text for each in tokens[end + 1 : end + 3]] != ["UNION", "ALL"]:
            raise _Misread
        at = end + 3


def _closing(tokens: list[_Token], at: int) -> int:
    """Where the bracket opened there is closed."""
    if at >= len(tokens) or tokens[at].text != "(":
        raise _Misread
    depth = 0
    for index in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0)
        if depth == 0:
            return index
    raise _Misread


def _split(tokens: list[_Token], word: str) -> list[list[_Token]]:
    """At the word, outside of brackets and of CASE."""
    parts: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, "CASE": 1, ")": -1, "END": -1}.get(token.text, 0)
        if token.text == word and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class _Statement:
    """SELECT … FROM one table WHERE …, perhaps with more behind it."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def read(self) -> Rows:
        self._take("SELECT")
        chosen = self._until("FROM")
        table = self._identifier()
        alias = table
        if not self._is("WHERE"):
            alias = self._take()
        self._take("WHERE")
        condition, rest = self._condition()
        reader = _Reader(alias)
        read = [_conjunct(reader, each) for each in _conjuncts(_unwrapped(condition))]
        among = [each for each in read if isinstance(each, Rows)]
        known = tuple(each for each in read if isinstance(each, Expression))
        items = [reader.chosen(each) for each in _split(chosen, ",")]
        is_whole = not rest and not among and len(known) == len(read) and None not in items
        whole_items = tuple(each for each in items if each is not None)
        if not is_whole and not among:
            raise _Misread
        return Rows(table, whole_items, known, is_whole, among[0] if among else None)

    def _is(self, text: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].text == text

    def _take(self, text: str = "") -> str:
        if self.at >= len(self.tokens) or (text and not self._is(text)):
            raise _Misread
        self.at += 1
        return self.tokens[self.at - 1].text

    def _identifier(self) -> str:
        text = self._take()
        if not text.startswith('"'):
            raise _Misread
        return text.strip('"')

    def _until(self, word: str) -> list[_Token]:
        start, depth = self.at, 0
        while self.at < len(self.tokens):
            text = self.tokens[self.at].text
            if text == word and depth == 0:
                self.at += 1
                return self.tokens[start : self.at - 1]
            depth += {"(": 1, ")": -1}.get(text, 0)
            self.at += 1
        raise _Misread

    def _condition(self) -> tuple[list[_Token], list[_Token]]:
        """What is behind WHERE, and what is behind that."""
        depth = 0
        for index in range(self.at, len(self.tokens)):
            text = self.tokens[index].text
            depth += {"(": 1, ")": -1}.get(text, 0)
            if depth == 0 and text in ("GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "WINDOW"):
                return self.tokens[self.at : index], self.tokens[index:]
        return self.tokens[self.at :], []


def _unwrapped(tokens: list[_Token]) -> list[_Token]:
    while tokens and tokens[0].text == "(" and _closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _conjuncts(tokens: list[_Token]) -> list[list[_Token]]:
    """AND binds more than OR does."""
    return [tokens] if len(_split(tokens, "OR")) > 1 else _split(tokens, "AND")


def _conjunct(reader: _Reader, tokens: list[_Token]) -> Expression | Rows | None:
    """One of the conditions; None where it isn't understood."""
    try:
        return reader.among(tokens) or reader.condition(tokens)
    except _Misread:
        return None


class _Reader:
    """Expressions over the columns of one table."""

    def __init__(self, alias: str) -> None:
        self.alias = alias.strip('"')

    def among(self, tokens: list[_Token]) -> Rows | None:
        """`contact IN (SELECT contact FROM …)`."""
        if [each.text for each in tokens[3:6]] != ["IN", "(", "SELECT"]:
            return None
        if self._column(tokens[:3]) != "contact_id" or _closing(tokens, 4) != len(tokens) - 1:
            raise _Misread
        rows = _Statement(tokens[5:-1]).read()
        if not rows.is_whole or rows.chosen != (ColumnOf("contact_id"),):
            raise _Misread
        return rows

    def chosen(self, tokens: list[_Token]) -> Expression | None:
        """What is asked of each row, without its name."""
        if len(tokens) > 2 and tokens[-2].text == "AS":
            tokens = tokens[:-2]
        try:
            return self.value(tokens)
        except _Misread:
            return None

    def condition(self, tokens: list[_Token]) -> Expression:
        tokens = _unwrapped(tokens)
        for word, kind in (("OR", Either), ("AND", Every)):
            parts = _split(tokens, word)
            if len(parts) > 1:
                return kind(tuple(self.condition(part) for part in parts))
        if tokens and tokens[0].text == "NOT":
            return Not(self.condition(tokens[1:]))
        return self._test(tokens)

    def _test(self, tokens: list[_Token]) -> Expression:
        texts = [each.text for each in tokens]
        if texts[3:] == ["IS", "NULL"]:
            return IsNull(self._column(tokens[:3]))
        if texts[3:] == ["IS", "NOT", "NULL"]:
            return Not(IsNull(self._column(tokens[:3])))
        if texts[3:4] == ["IN"]:
            return self._any_of(tokens)
        for sign in _COMPARED:
            sides = _split(tokens, sign)
            if len(sides) == 2:
                return Comparison(sign, self.value(sides[0]), self.value(sides[1]))
        return ColumnOf(self._column(tokens))

    def _any_of(self, tokens: list[_Token]) -> Expression:
        if _closing(tokens, 4) != len(tokens) - 1:
            raise _Misread
        found = _split(tokens[5:-1], ",")
        if any(len(each) != 1 or each[0].text != "%s" for each in found):
            raise _Misread
        return AnyOf(self._column(tokens[:3]), tuple(each[0].position for each in found))

    def value(self, tokens: list[_Token]) -> Expression:
        """A column, a parameter, or two of them in brackets with a sign between."""
        tokens = _unwrapped(tokens)
        if len(tokens) == 1 and tokens[0].text == "%s":
            return Parameter(tokens[0].position)
        for sign in _CALCULATED:
            sides = _split(tokens, sign)
            if len(sides) == 2:
                return Calculation(sign, self.value(sides[0]), self.value(sides[1]))
        return ColumnOf(self._column(tokens))

    def _column(self, tokens: list[_Token]) -> str:
        texts = [each.text for each in tokens]
        is_column = len(texts) == 3 and texts[1] == "." and texts[2].startswith('"')
        if not is_column or texts[0].strip('"') != self.alias:
            raise _Misread
        return texts[2].strip('"')
