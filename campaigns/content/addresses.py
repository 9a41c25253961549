"""The links of a template, marked when it is compiled and filled in for each recipient.

A link written in the template is known from the start; one that Liquid makes is known when the
message is made. Marks hold a word that is new for each compiled content, so that nothing a
contact says can look like one.
"""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from campaigns.content.liquid_text import Pieces, protect
from campaigns.content.plain_text import LINK_CLOSE, LINK_OPEN
from campaigns.content.utm import is_safe, is_trackable

_OPEN, _CLOSE, _MADE, _END = "\ue000", "\ue001", "\ue002", "\ue003"
_TAG = re.compile(r"<([a-zA-Z][\w:-]*+)((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_URL = re.compile(
    r"(?<![\w:-])(href|src|action|formaction|background|poster|data|xlink:href)\s*+=\s*+"
    r"(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++)",
    re.IGNORECASE,
)
_HANDLER = re.compile(
    r"(?<![\w:-])on\w++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++)", re.IGNORECASE
)
_PROGRAM = re.compile(
    r"<(script|iframe|object|embed|applet|form)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_REFRESH = re.compile(r"<(?:base|meta\s[^<>]*http-equiv\s*=\s*[\"']?refresh)[^<>]*>", re.IGNORECASE)
_IN_TEXT = re.compile(r"https?://[^\s<>\"'()\[\]]++", re.IGNORECASE)
# Our own addresses, which need no look at where they lead.
_OWN = re.compile(r"\{\{-?\s*(?:unsubscribe|preferences|view)_url\s*-?\}\}")
_LINKED = re.compile(f"{LINK_OPEN}([^{LINK_CLOSE}]*){LINK_CLOSE}")
_LINKS = ("a", "area", "v:roundrect", "v:rect")
OPEN_PIXEL = "o"


@dataclass
class Marks:
    """The marks of one compiled content, and the destinations they stand for."""

    word: str = field(default_factory=lambda: secrets.token_hex(6))
    urls: list[str] = field(default_factory=list)  # of links in the template, with UTM fields
    has_made: bool = False  # whether Liquid makes some
    _known: dict[str, int] = field(default_factory=dict)

    def of_url(self, url: str) -> str:
        """The mark in place of a link that is known."""
        number = self._known.setdefault(url, len(self._known))
        if number == len(self.urls):
            self.urls.append(url)
        return f"{_OPEN}{self.word}{number}{_CLOSE}"

    def of_pixel(self) -> str:
        return f"{_OPEN}{self.word}{OPEN_PIXEL}{_CLOSE}"

    def of_made(self, kind: str, text: str) -> str:
        """A mark around what Liquid will make: an attribute ("l": a link, "s": another address),
        or, in plain text, a word ("t") or the destination behind words ("p")."""
        self.has_made = True
        return f"{_MADE}{self.word}{kind}{text}{_END}"


@dataclass(frozen=True)
class Filled:
    """How marks are filled for one recipient."""

    known: Callable[[int], str]  # the address of a known link by its number
    made: Callable[[str], str]  # the address of a made one by its destination
    pixel: str


def mark_html(source: str, marks: Marks, finish: Callable[[str], str]) -> str:
    """The HTML template with its links marked; what could run is taken out.

    `finish` adds UTM fields to a destination.
    """
    pieces = Pieces.beside(source)
    text = _REFRESH.sub("", _PROGRAM.sub("", protect(source, pieces)))
    word = re.compile(f"{pieces.word}[0-9]+x")

    def is_own(value: str) -> bool:
        return bool(_OWN.fullmatch(pieces.restore(value).strip()))

    def attribute(match: re.Match[str], tag: str) -> str:
        name, raw = match[1].lower(), match[2]
        value = raw[1:-1] if raw[0] in "\"'" else raw
        is_link = name in ("href", "xlink:href") and tag in _LINKS
        if is_own(value):
            return match[0]
        if word.search(value):
            return marks.of_made(
                "l" if is_link else "s", f'{name}="{value.replace(chr(34), "&quot;")}"'
            )
        url = html.unescape(value).strip()
        if is_link and is_trackable(url):
            return f'{name}="{marks.of_url(finish(url))}"'
        if is_link and not is_safe(url):
            return ""
        return match[0] if is_link or _is_harmless(url) else ""

    def tag(match: re.Match[str]) -> str:
        name = match[1].lower()
        rest = _URL.sub(lambda each: attribute(each, name), _HANDLER.sub("", match[2]))
        return f"<{match[1]}{rest}>"

    return pieces.restore(_TAG.sub(tag, text))


def mark_text(source: str, marks: Marks, finish: Callable[[str], str]) -> str:
    """The plain text template with its links marked."""
    pieces = Pieces.beside(source)
    word = re.compile(f"{pieces.word}[0-9]+x")

    def link(match: re.Match[str]) -> str:
        url = match[0].rstrip(".,;:!?")
        rest = match[0][len(url) :]
        if word.search(url):
            return marks.of_made("t", url) + rest
        return (marks.of_url(finish(url)) if is_trackable(url) else url) + rest

    def linked(match: re.Match[str]) -> str:
        url = match[1].strip()
        if _OWN.fullmatch(pieces.restore(url)):
            return f" ( {url} )"
        if word.search(url):
            return marks.of_made("p", url)
        if is_trackable(url):
            return f" ( {marks.of_url(finish(url))} )"
        return f" ( {url} )" if is_safe(url) else ""

    text = _LINKED.sub(linked, protect(source, pieces))
    return pieces.restore(_IN_TEXT.sub(link, text))


def made_in(text: str, marks: Marks, finish: Callable[[str], str]) -> Iterator[str]:
    """The destinations of links that Liquid has made in a rendered part."""
    for match in _pattern(marks.word).finditer(text):
        if match[2] == "l":
            _name, _equals, quoted = match[3].partition("=")
            url = html.unescape(quoted[1:-1]).strip()
        elif match[2] in ("t", "p"):
            url = match[3].strip()
        else:
            continue
        if is_trackable(url):
            yield finish(url)


def fill_html(text: str, marks: Marks, filled: Filled, finish: Callable[[str], str]) -> str:
    """A rendered HTML part with its addresses; those that lead nowhere good are taken out."""

    def put(match: re.Match[str]) -> str:
        if match[1] is not None:
            return _known(match[1], filled, is_html=True)
        name, _equals, quoted = match[3].partition("=")
        url = html.unescape(quoted[1:-1]).strip()
        if match[2] == "l":
            if not is_safe(url):
                return ""
            url = filled.made(finish(url)) if is_trackable(url) else url
        elif not _is_harmless(url):
            return ""
        return f'{name}="{html.escape(url)}"'

    return _pattern(marks.word).sub(put, text)


def fill_text(text: str, marks: Marks, filled: Filled, finish: Callable[[str], str]) -> str:
    """A rendered plain part with its addresses."""

    def put(match: re.Match[str]) -> str:
        if match[1] is not None:
            return _known(match[1], filled, is_html=False)
        url = match[3].strip()
        if match[2] == "p" and not is_safe(url):
            return ""
        shown = filled.made(finish(url)) if is_trackable(url) else url
        return f" ( {shown} )" if match[2] == "p" else shown

    return _pattern(marks.word).sub(put, text)


def _known(number: str, filled: Filled, *, is_html: bool) -> str:
    if number == OPEN_PIXEL:
        return filled.pixel
    address = filled.known(int(number))
    return html.escape(address) if is_html else address


def _is_harmless(url: str) -> bool:
    """Of a picture and the like: fetched from somewhere, or a picture in the message itself."""
    plain = "".join(sign for sign in url if sign > " ").lower()
    return (
        plain.startswith(("http:", "https:", "cid:", "data:image/", "#"))
        or ":" not in plain.split("/")[0]
    )


_patterns: dict[str, re.Pattern[str]] = {}


def _pattern(word: str) -> re.Pattern[str]:
    found = _patterns.get(word)
    if found is None:
        if len(_patterns) > 100:
            _patterns.clear()
        found = _patterns[word] = re.compile(
            f"{_OPEN}{word}([0-9]+|{OPEN_PIXEL}){_CLOSE}|{_MADE}{word}([lstp])([^{_END}]*){_END}"
        )
    return found
