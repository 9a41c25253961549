"""What is wrong with a content before it is sent. Errors stop a send, warnings don't."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns.content import sandbox
from campaigns.content.compiling import ContentFault, templates_of
from campaigns.content.liquid_text import Pieces, protect, unescaped_liquid
from campaigns.content.preview import Preview, preview_content, said_fault
from campaigns.content.reading import Reading
from campaigns.content.utm import is_safe
from campaigns.content.variables import unknown_in, variables_of
from campaigns.documents import (
    BlocksBody,
    ButtonBlock,
    CodeBlock,
    Content,
    ImageBlock,
    Part,
    ProductsBlock,
    conditions_in,
    read_part,
    texts_of,
)
from campaigns.frozen import sending_settings_of, testing_of, variants_of
from campaigns.models import Campaign
from segments.criteria.tree import InvalidTree, parse_tree
from segments.models import Segment, SegmentState
from workspaces.models import Workspace

MAX_BYTES = 102 * 1024  # Gmail shows no more of a message's HTML
MAX_SUBJECT = 78  # characters: longer ones are cut off in lists
BODY = "$.content.body"
_CODE = re.compile(r"\{[{%][^}%]*\bcode\b")
# Nobody's values and nobody's segments: the instant decides nothing that is looked at.
_ANY_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One thing to say about a content; `where` is a path in the campaign's documents."""

    level: str  # error or warning
    code: str
    message: str
    where: str = ""


def lint(*, workspace: Workspace, campaign: Campaign, variant: int) -> list[Finding]:
    """What is wrong with a variant of a campaign. Inside the workspace's scope.

    Raises `InvalidDocument`, and `IndexError` for a variant there is not.
    """
    content = read_part(Content, campaign.content, path="$.content")
    contents = variants_of(content, testing_of(campaign))
    return lint_content(workspace=workspace, content=contents[variant], campaign=campaign)


def lint_content(
    *, workspace: Workspace, content: Content, campaign: Campaign | None
) -> list[Finding]:
    """The same of a content that may not be saved yet."""
    try:
        return _findings(workspace, content, campaign)
    except sandbox.SandboxFault as fault:
        message = _("This can't be read: {fault}").format(fault=fault.message)
        return [Finding("error", "liquid", message, BODY)]


def _findings(workspace: Workspace, content: Content, campaign: Campaign | None) -> list[Finding]:
    findings = [
        *_subject(content.subject),
        *_liquid(workspace, content),
        *_segments(workspace, content),
        *_codes(content, campaign),
        *_blocks(content),
    ]
    postal_address = sending_settings_of(workspace.pk).postal_address.strip()
    if not postal_address:
        message = _("The settings of sending have no postal address. The law asks for one.")
        findings.append(Finding("error", "no_postal_address", message, "$.settings"))
    if any(finding.code in ("liquid", "unknown_variable") for finding in findings):
        return findings  # what comes out would only say it again
    try:
        template = templates_of(content, language=workspace.language)["html"]
    except ContentFault as fault:
        return [*findings, Finding("error", "layout", said_fault(fault), BODY)]
    sample = preview_content(
        workspace=workspace, content=content, campaign=campaign, contact_id=None, as_of=_ANY_INSTANT
    )
    if sample.fault:
        return [*findings, Finding("error", "liquid", sample.fault, BODY)]
    return [*findings, *_links(template), *_message(content, sample, postal_address)]


# --- What is written -------------------------------------------------------------------------


def _subject(subject: str) -> Iterator[Finding]:
    where = "$.content.subject"
    if not subject.strip():
        yield Finding("error", "no_subject", _("The subject is empty."), where)
    letters = [sign for sign in _without_liquid(subject) if sign.isalpha()]
    if len(letters) > 6 and all(sign.isupper() for sign in letters):
        message = _("The subject is all capital letters: spam filters dislike that.")
        yield Finding("warning", "capitals", message, where)
    if subject.count("!") > 1:
        message = _("More than one exclamation mark in the subject looks like spam.")
        yield Finding("warning", "exclamation", message, where)
    if len(_without_liquid(subject)) > MAX_SUBJECT:
        message = _("The subject is long: most mail programs will cut it off.")
        yield Finding("warning", "long_subject", message, where)


def _liquid(workspace: Workspace, content: Content) -> Iterator[Finding]:
    """Faults of Liquid and variables that are not in the list, where they stand."""
    texts = {path: text for path, text in texts_at(content, "$.content") if "{" in text}
    variables, lists = variables_of(workspace), ()
    for where, found in sandbox.check(texts).items():
        if "fault" in found:
            message = _("This can't be read: {fault}").format(fault=found["fault"]["message"])
            yield Finding("error", "liquid", message, where)
            continue
        for name, near in unknown_in(found["variables"], variables, lists).items():
            message = _("There is no variable “{name}”.").format(name=name)
            if near:
                message = _("There is no variable “{name}”. Do you mean “{near}”?").format(
                    name=name, near=near
                )
            yield Finding("error", "unknown_variable", message, where)


def texts_at(part: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text of a document with its path; of editors, as it will be read."""
    if isinstance(part, str):
        yield path, unescaped_liquid(part) if path.endswith(".html") else part
    elif isinstance(part, Part):
        for name in type(part).model_fields:
            if name != "utm":  # Liquid is not read there
                yield from texts_at(getattr(part, name), f"{path}.{name}")
    elif isinstance(part, list | tuple):
        for number, each in enumerate(part):
            yield from texts_at(each, f"{path}[{number}]")


def _segments(workspace: Workspace, content: Content) -> Iterator[Finding]:
    """Segments that decide what is shown and can't be asked."""
    ids = conditions_in(content)
    found = Segment.objects.in_workspace(workspace).filter(archived_at__isnull=True).in_bulk(ids)
    for segment_id in sorted(ids):
        segment = found.get(segment_id)
        if segment is None:
            message = _("A block depends on a segment that is no longer there.")
            yield Finding("error", "segment_missing", message, BODY)
        elif segment.state in (SegmentState.BROKEN, SegmentState.FAILED) or not _is_valid(
            workspace, segment
        ):
            message = _("A block depends on the segment “{name}”, which is broken.")
            yield Finding("error", "segment_broken", message.format(name=segment.name), BODY)


def _is_valid(workspace: Workspace, segment: Segment) -> bool:
    try:
        parse_tree(segment.definition.get("where"), workspace=workspace)
    except InvalidTree:
        return False
    return True


def _codes(content: Content, campaign: Campaign | None) -> Iterator[Finding]:
    has_block = any(isinstance(block, CodeBlock) for _where, block in _blocks_at(content))
    is_shown = has_block or any(_CODE.search(text) for text in texts_of(content))
    has_pool = campaign is not None and campaign.code_pool_id is not None
    if is_shown and not has_pool:
        message = _("The content shows a discount code, but the campaign gives none away.")
        yield Finding("error", "no_code_pool", message, "$.code_pool")
    if has_pool and not is_shown:
        message = _("The campaign gives discount codes away, but the content shows none.")
        yield Finding("warning", "code_not_shown", message, BODY)


# --- Blocks ----------------------------------------------------------------------------------


def _blocks_at(content: Content) -> Iterator[tuple[str, Any]]:
    """Every block with its path."""
    if not isinstance(content.body, BlocksBody):
        return
    for number, block in enumerate(content.body.blocks):
        where = f"{BODY}.blocks[{number}]"
        yield where, block
        for column, blocks in enumerate(getattr(block, "columns", ())):
            for place, each in enumerate(blocks):
                yield f"{where}.columns[{column}][{place}]", each


def _blocks(content: Content) -> Iterator[Finding]:
    if isinstance(content.body, BlocksBody):
        if not content.body.blocks:
            yield Finding("error", "empty", _("There is nothing in the message yet."), BODY)
    elif not content.body.source.strip():
        yield Finding("error", "empty", _("There is nothing in the message yet."), BODY)
    for where, block in _blocks_at(content):
        yield from _block(where, block)


def _block(where: str, block: Any) -> Iterator[Finding]:
    match block:
        case ImageBlock(src=""):
            yield Finding("warning", "no_picture", _("No picture is chosen."), f"{where}.src")
        case ImageBlock(alt=""):
            message = _("The picture has no description, for those who don't see it.")
            yield Finding("warning", "no_alt", message, f"{where}.alt")
        case ButtonBlock(href=""):
            message = _("The button leads nowhere.")
            yield Finding("error", "empty_link", message, f"{where}.href")
        case ProductsBlock(source="picked", products=[]):
            message = _("No products are chosen.")
            yield Finding("warning", "no_products", message, f"{where}.products")
        case ProductsBlock(source="brand_newest", brand=""):
            message = _("No brand is chosen: the newest products of all brands are shown.")
            yield Finding("warning", "no_brand", message, f"{where}.brand")


# --- What comes out --------------------------------------------------------------------------


def _links(template: str) -> Iterator[Finding]:
    """Links and pictures as they are written, Liquid put away."""
    pieces = Pieces.beside(template)
    reading = sandbox.read(protect(template, pieces))
    for link in dict.fromkeys(reading.links):
        shown = pieces.restore(link)[:80]
        if link in ("", "#"):
            yield Finding("warning", "empty_link", _("A link leads nowhere."), BODY)
        elif link.startswith("http://"):
            message = _("“{link}” is not a secure link: https is missing.").format(link=shown)
            yield Finding("warning", "insecure_link", message, BODY)
        elif not is_safe(link) and not link.startswith(pieces.word):
            message = _("“{link}” can't be a link in a message. It is taken out.")
            yield Finding("error", "bad_link", message.format(link=shown), BODY)
    if reading.pictures_without_alt:
        message = _("Pictures without a description: {number}.").format(
            number=len(reading.pictures_without_alt)
        )
        yield Finding("warning", "no_alt", message, BODY)
    if reading.programs:
        message = _("Scripts, forms and frames don't work in messages and are taken out.")
        yield Finding("warning", "program", message, BODY)


def _message(content: Content, sample: Preview, postal_address: str) -> Iterator[Finding]:
    """The message nobody gets, as it would be sent."""
    reading = sandbox.read(sample.html)
    if "#unsubscribe" not in reading.links:
        message = _("There is no link to unsubscribe.")
        yield Finding("error", "no_unsubscribe", message, BODY)
    if postal_address and not _has_address(reading, postal_address):
        message = _("The postal address is not in the message.")
        yield Finding("error", "postal_address_missing", message, BODY)
    if sample.size > MAX_BYTES:
        message = _("The message is {size} KB large: Gmail cuts off what is over 102 KB.")
        size = -(-sample.size // 1024)
        yield Finding("warning", "too_large", message.format(size=size), BODY)
    text_where = "$.content.text"
    if not sample.text.strip():
        message = _("There is no plain text part.")
        yield Finding("warning", "no_text", message, text_where)
    elif content.text.strip() and "#unsubscribe" not in sample.text:
        message = _("The plain text has no link to unsubscribe.")
        yield Finding("warning", "text_no_unsubscribe", message, text_where)


def _has_address(reading: Reading, postal_address: str) -> bool:
    words = re.sub(r"\W+", "", reading.text)
    return re.sub(r"\W+", "", postal_address) in words


def _without_liquid(text: str) -> str:
    pieces = Pieces.beside(text)
    return protect(text, pieces).replace(pieces.word, "")
