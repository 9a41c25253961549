"""Liquid in a text: kept out of the way while the text around it is worked on."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_OPENING = re.compile(r"\{[{%]")
_CLOSING = {"{{": "}}", "{%": "%}"}
_BARE_TABLE = re.compile(r"<table\b[^<>]*+>(?=(?:\s++|<!--\w++-->)*+<tr\b)", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/][^<>]*+>")


@dataclass
class Pieces:
    """Texts that are put away behind words, and put back when the rest is done."""

    word: str = "kqpiece"
    kept: list[str] = field(default_factory=list)

    @classmethod
    def beside(cls, source: str) -> Pieces:
        """With words that do not stand in the source."""
        word = "kqpiece"
        while word in source:
            word += "q"
        return cls(word)

    def put(self, text: str) -> str:
        """The word in place of the text."""
        self.kept.append(text)
        return f"{self.word}{len(self.kept) - 1}x"

    def comment(self, text: str) -> str:
        """The same as a comment of HTML, which may stand anywhere between tags."""
        return f"<!--{self.put(text)}-->"

    def restore(self, text: str) -> str:
        """The text with everything back in its place, also what stood in pieces."""
        opening, closing = r"(?:<!--|&lt;!--)?", r"(?:-->|--&gt;)?"
        pattern = re.compile(f"{opening}{self.word}([0-9]+)x{closing}")
        for _depth in range(3):
            if self.word not in text:
                break
            text = pattern.sub(lambda match: self.kept[int(match[1])], text)
        return text


def protect(source: str, pieces: Pieces) -> str:
    """The source with each piece of Liquid put away."""
    return replaced(source, pieces.put)


def protect_html(source: str, pieces: Pieces) -> str:
    """The same for HTML that will be parsed: between tags Liquid becomes comments, so that a
    parser leaves it where it stands, even inside tables.

    Tables get the body a parser would put in only after the comment that begins a loop.
    """
    text = protect(source, pieces)
    word = re.compile(f"{pieces.word}[0-9]+x")
    parts, at = [], 0
    for tag in _TAG.finditer(text):
        parts.append(_as_comments(text[at : tag.start()], word, pieces))
        parts.append(tag[0])
        at = tag.end()
    parts.append(_as_comments(text[at:], word, pieces))
    return _BARE_TABLE.sub(r"\g<0><tbody>", "".join(parts))


def _as_comments(text: str, word: re.Pattern[str], pieces: Pieces) -> str:
    """Tags become comments; output stays a word, so that it counts as text."""
    return word.sub(
        lambda match: f"<!--{match[0]}-->" if _is_tag(match[0], pieces) else match[0], text
    )


def _is_tag(word: str, pieces: Pieces) -> bool:
    return pieces.kept[int(word[len(pieces.word) : -1])].startswith("{%")


def split(source: str) -> Iterator[tuple[bool, str]]:
    """The source in pieces: (whether it is Liquid, text).

    What opens and is never closed is text. In one pass: a pattern would look for the end of each
    opening again, and sixty thousand of them would take minutes.
    """
    at = after = 0
    never_closed: set[str] = set()
    while opening := _OPENING.search(source, after):
        closing = _CLOSING[opening[0]]
        end = -1 if closing in never_closed else source.find(closing, opening.end())
        if end < 0:
            never_closed.add(closing)
            after = opening.end()
            if len(never_closed) == len(_CLOSING):
                break
            continue
        if opening.start() > at:
            yield False, source[at : opening.start()]
        at = after = end + len(closing)
        yield True, source[opening.start() : at]
    if at < len(source):
        yield False, source[at:]


def replaced(source: str, change: Callable[[str], str]) -> str:
    """The source with each piece of Liquid changed."""
    return "".join(change(text) if is_liquid else text for is_liquid, text in split(source))


def escaped(source: str) -> str:
    """A text with Liquid as HTML: what is not Liquid is escaped, for quoted attributes too."""
    return "".join(text if is_liquid else html.escape(text) for is_liquid, text in split(source))


def unescaped_liquid(source: str) -> str:
    """HTML of an editor, where quotes inside Liquid may have become entities."""
    return replaced(source, html.unescape)
