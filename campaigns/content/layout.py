"""Bodies of messages as HTML templates: blocks through MJML, raw MJML, or HTML as it is.

What people write never becomes MJML: it is put away behind words, and only our own frame of
sections and columns is laid out. That keeps the layout valid whatever stands in a block.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from itertools import groupby

from campaigns.content import sandbox
from campaigns.content.blocks import Drawing
from campaigns.content.frame import Frame, head_of, with_preheader
from campaigns.content.liquid_text import Pieces, escaped, protect, protect_html
from campaigns.documents import (
    AnyBlock,
    Block,
    BlocksBody,
    ColumnsBlock,
    HtmlBody,
    MjmlBody,
    Style,
)

MAX_SOURCE = 1_000_000  # characters of a body

Body = BlocksBody | MjmlBody | HtmlBody


class LayoutFault(Exception):
    """The body can't be laid out."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def blocks_of(body: Body) -> Iterator[Block]:
    """Every block of a body, also those in columns, in order."""
    for block in body.blocks if isinstance(body, BlocksBody) else ():
        yield block
        if isinstance(block, ColumnsBlock):
            for column in block.columns:
                yield from column


def html_of(body: Body, *, preheader: str, frame: Frame) -> str:
    """The HTML template of a body, with its preheader and, where it has none, a footer.

    Raises `LayoutFault`.
    """
    if len(body.model_dump_json()) > MAX_SOURCE:
        raise LayoutFault("it is too large")
    try:
        if isinstance(body, BlocksBody):
            return _html_of_blocks(body, preheader, frame)
        if isinstance(body, MjmlBody):
            return _html_of_mjml(body.source, preheader, frame)
        return _html_of_html(body.source, preheader, frame)
    except sandbox.SandboxFault as fault:
        raise LayoutFault(fault.message, fault.line) from None


# --- Blocks ----------------------------------------------------------------------------------


def _html_of_blocks(body: BlocksBody, preheader: str, frame: Frame) -> str:
    pieces = Pieces.beside(body.model_dump_json())
    drawing = Drawing(body.style, pieces)
    sections = "".join(_sections(body.blocks, drawing))
    style = body.style
    source = (
        f"<mjml>{head_of(style, preheader, pieces)}"
        f'<mj-body background-color="{style.background}" width="{style.width}px" '
        f'css-class="k-page">'
        f'<mj-wrapper background-color="{style.surface}" css-class="k-surface" padding="16px 0">'
        f"{sections}</mj-wrapper>{_footer(frame, style, pieces)}</mj-body></mjml>"
    )
    return _with_language(pieces.restore(sandbox.lay_out(source)), frame.language)


def _sections(blocks: Sequence[AnyBlock], drawing: Drawing) -> Iterator[str]:
    """Columns have a section each; what stands between them shares one."""
    for is_columns, group in groupby(blocks, key=lambda block: isinstance(block, ColumnsBlock)):
        if not is_columns:
            content = "".join(drawing.block(block) for block in group)
            yield f'<mj-section padding="0"><mj-column>{content}</mj-column></mj-section>'
            continue
        for block in group:
            if isinstance(block, ColumnsBlock):
                yield drawing.only_if(block, _columns(block, drawing))


def _columns(block: ColumnsBlock, drawing: Drawing) -> str:
    width = drawing.style.width // len(block.columns)
    columns = "".join(
        f"<mj-column>{''.join(drawing.block(each, width=width) for each in column)}</mj-column>"
        for column in block.columns
    )
    return f'<mj-section padding="0">{columns}</mj-section>'


def _footer(frame: Frame, style: Style, pieces: Pieces) -> str:
    if not frame.footer:
        return ""
    return (
        '<mj-section padding="8px 0 24px"><mj-column><mj-text align="center" font-size="12px" '
        f'line-height="1.6" css-class="k-quiet" color="{frame.quiet_on(style.background)}">'
        f"{pieces.put(frame.footer)}</mj-text></mj-column></mj-section>"
    )


# --- Written by hand -------------------------------------------------------------------------


def _html_of_mjml(source: str, preheader: str, frame: Frame) -> str:
    pieces = Pieces.beside(source)
    text = protect(source, pieces)
    if frame.footer and "</mj-body>" in text:
        text = text.replace("</mj-body>", f"{_footer(frame, Style(), pieces)}</mj-body>", 1)
    if preheader and "<mj-preview" not in text:
        preview = f"<mj-preview>{pieces.put(escaped(preheader))}</mj-preview>"
        if "</mj-head>" in text:
            text = text.replace("</mj-head>", f"{preview}</mj-head>", 1)
        else:
            text = text.replace("<mj-body", f"<mj-head>{preview}</mj-head><mj-body", 1)
    return _with_language(pieces.restore(sandbox.lay_out(text)), frame.language)


def _html_of_html(source: str, preheader: str, frame: Frame) -> str:
    pieces = Pieces.beside(source)
    text = sandbox.inline(protect_html(source, pieces))
    found = with_preheader(text, preheader)
    if frame.footer:
        footer = (
            '<div style="padding:16px;text-align:center;font-family:Arial,sans-serif;'
            f'font-size:12px;line-height:1.6;color:#5f6675">{frame.footer}</div>'
        )
        before, end, after = found.rpartition("</body>")
        found = f"{before}{footer}{end}{after}" if end else f"{found}{footer}"
    return pieces.restore(found)


def _with_language(text: str, language: str) -> str:
    return text.replace('lang="und"', f'lang="{html.escape(language)}"')
