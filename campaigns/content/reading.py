"""What stands in HTML: its links, pictures and words, for the linter."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_PROGRAMS = frozenset("script iframe object embed applet form".split())
_UNSEEN = frozenset(["head", "style", "script", "title"])


@dataclass
class Reading:
    """What a part of HTML has in it."""

    links: list[str] = field(default_factory=list)
    pictures_without_alt: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(" ".join(self.words).split())


def read_html(source: str) -> Reading:
    """Read a whole message, or a template whose Liquid was put away."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader.reading


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.reading = Reading()
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.unseen += tag in _UNSEEN
        if tag in ("a", "area"):
            self.reading.links.append(values.get("href", "").strip())
        elif tag == "img" and "alt" not in values:
            self.reading.pictures_without_alt.append(values.get("src", ""))
        elif tag in _PROGRAMS or any(name.startswith("on") for name in values):
            self.reading.programs.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in _UNSEEN))

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.reading.words.append(data)
