"""A content made ready once: three Liquid templates, and the links marked in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from campaigns.content import sandbox
from campaigns.content.addresses import Filled, Marks, fill_html, fill_text, made_in
from campaigns.content.addresses import mark_html as mark_html_links
from campaigns.content.addresses import mark_text as mark_text_links
from campaigns.content.frame import frame_of
from campaigns.content.layout import LayoutFault, html_of
from campaigns.content.plain_text import tidied
from campaigns.content.utm import with_utm
from campaigns.content.variables import product_blocks
from campaigns.documents import Content, ProductsBlock

MAX_SUBJECT = 300  # characters


class ContentFault(Exception):
    """A part of the content ("subject", "body", "text") can't be made into messages."""

    def __init__(self, part: str, message: str, line: int | None = None) -> None:
        super().__init__(f"{part}: {message}")
        self.part = part
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Made:
    """The parts of one message, its links still marked; or why it could not be made."""

    subject: str = ""
    html: str = ""
    text: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Compiled:
    """Templates of one content, what they read, and where their links lead."""

    key: str
    content: Content
    campaign_name: str
    parts: dict[str, str]
    marks: Marks
    paths: tuple[tuple[Any, ...], ...]  # of variables
    lists: tuple[ProductsBlock, ...]  # the n-th is `products_n`

    def reads(self, *path: str) -> bool:
        """Whether a template reads the variable, or anything below it."""
        return any(each[: len(path)] == path for each in self.paths)

    def attributes(self) -> set[str]:
        """Keys of the contact's attributes that are read."""
        return {
            str(path[1])
            for path in self.paths
            if path[0] == "contact" and len(path) > 1 and path[1] != "last_products"
        }

    def finish(self, url: str) -> str:
        """A destination with the campaign's UTM fields."""
        return with_utm(url, self.content.utm, self.campaign_name)

    def make(self, batch: Sequence[dict[str, Any]]) -> list[Made]:
        """A message for each of the values. Raises `ContentFault` where none can be made."""
        try:
            answers = sandbox.render_batch(self.key, self.parts, batch)
        except sandbox.SandboxFault as fault:
            raise ContentFault("body", fault.message, fault.line) from None
        return [_made(answer) for answer in answers]

    def made_links(self, made: Made) -> set[str]:
        """Destinations of links that Liquid made in the message."""
        if not self.marks.has_made or made.fault:
            return set()
        parts = (made.html, made.text)
        return {url for part in parts for url in made_in(part, self.marks, self.finish)}

    def fill(self, made: Made, filled: Filled) -> tuple[str, str]:
        """HTML and plain text of the message with their addresses."""
        return (
            fill_html(made.html, self.marks, filled, self.finish),
            tidied(fill_text(made.text, self.marks, filled, self.finish)),
        )


def _made(answer: dict[str, Any]) -> Made:
    if "fault" in answer:
        return Made(fault=str(answer["fault"]["message"])[:400])
    # A line break in a subject would begin another header.
    subject = " ".join(str(answer["subject"]).split())[:MAX_SUBJECT]
    return Made(subject, str(answer["html"]), str(answer["text"]))


def templates_of(content: Content, *, language: str) -> dict[str, str]:
    """Subject, HTML and plain text as Liquid templates, before links are marked.

    Raises `ContentFault`.
    """
    try:
        html = html_of(content.body, preheader=content.preheader, frame=frame_of(content, language))
        text = content.text if content.text.strip() else sandbox.text_of(html)
    except (LayoutFault, sandbox.SandboxFault) as fault:
        raise ContentFault("body", fault.message, fault.line) from None
    return {"subject": content.subject, "html": html, "text": text}


def compile_content(content: Content, *, campaign_name: str, language: str) -> Compiled:
    """The content ready to be made into messages. Raises `ContentFault`."""
    parts = templates_of(content, language=language)
    marks = Marks()
    finish = partial(with_utm, utm=content.utm, campaign_name=campaign_name)
    parts["html"] = _with_pixel(mark_html_links(parts["html"], marks, finish), marks)
    parts["text"] = mark_text_links(parts["text"], marks, finish)
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    paths = []
    try:
        checked = sandbox.compile_parts(key, parts)
    except sandbox.SandboxFault as fault:
        raise ContentFault("body", fault.message, fault.line) from None
    for name, found in checked.items():
        if "fault" in found:
            part = "body" if name == "html" else name
            raise ContentFault(part, found["fault"]["message"], found["fault"]["line"])
        paths += [_hashable(path) for path in found["variables"]]
    return Compiled(
        key=key,
        content=content,
        campaign_name=campaign_name,
        parts=parts,
        marks=marks,
        paths=tuple(dict.fromkeys(paths)),
        lists=tuple(product_blocks(content)),
    )


def _hashable(path: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_hashable(step) if isinstance(step, list) else step for step in path)


def _with_pixel(html: str, marks: Marks) -> str:
    """The pixel stands last, so that what is cut off counts as unread."""
    before, end, after = html.rpartition("</body>")
    return f"{before}{marks.of_pixel()}{end}{after}" if end else f"{html}{marks.of_pixel()}"
