"""The plain part of a message, made from its HTML: links in words, Liquid as it was."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from campaigns.content.liquid_text import Pieces, protect, replaced

# Around the destination of a link: where it leads is written by whoever marks links.
LINK_OPEN, LINK_CLOSE = "\ue004", "\ue005"

_BLOCKS = frozenset(
    "p div tr table h1 h2 h3 h4 h5 h6 ul ol blockquote section header footer".split()
)
_SKIPPED = frozenset(["head", "style", "script", "title"])
_SPACES = re.compile(r"[ \t\r\f\v\u00a0\u200c\u034f]+")
_LINES = re.compile(r"\n{3,}")
_FOR_HTML = re.compile(r"\|\s*(?:newline_to_br|escape)\b\s*")
_ENDS = re.compile(r"[ \t]+\n")
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
# Browsers and we ignore what stands between these; Outlook alone reads it.
_OUTLOOK = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


def text_of_html(source: str) -> str:
    """The words of an HTML template as plain text with its Liquid; links stand in marks."""
    source = replaced(source, lambda liquid: _FOR_HTML.sub("", liquid))
    pieces = Pieces.beside(source)
    reader = _Reader()
    reader.feed(protect(_OUTLOOK.sub("", source), pieces))
    reader.close()
    lines = [_SPACES.sub(" ", line).strip() for line in "".join(reader.parts).split("\n")]
    return pieces.restore(_LINES.sub("\n\n", "\n".join(lines)).strip())


def tidied(text: str) -> str:
    """A rendered plain part without the gaps that parts left out leave."""
    return _LINES.sub("\n\n", _ENDS.sub("\n", text)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.skipped: list[str] = []  # elements inside one that isn't shown
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self.skipped or tag in _SKIPPED or _HIDDEN.search(values.get("style", "")):
            if tag not in _VOID:
                self.skipped.append(tag)
            return
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n---\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "img" and values.get("alt"):
            self.parts.append(values["alt"])
        elif tag == "a":
            self.links.append((values.get("href", ""), len(self.parts)))
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in ("p", "h1", "h2", "h3") else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            if tag in self.skipped:
                while self.skipped.pop() != tag:
                    pass
            return
        if tag == "a" and self.links:
            href, start = self.links.pop()
            said = "".join(self.parts[start:]).strip()
            if said and href and href != said:
                self.parts.append(f"{LINK_OPEN}{href}{LINK_CLOSE}")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in ("p", "h1", "h2", "h3") else "\n")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.parts.append(data.replace("\n", " "))
