"""The parts of a campaign that are documents, and the only validator of them."""

from __future__ import annotations

from campaigns.documents.audience import Audience
from campaigns.documents.base import InvalidDocument, Part, read_part
from campaigns.documents.content import (
    AnyBlock,
    Block,
    BlocksBody,
    ButtonBlock,
    CodeBlock,
    ColumnsBlock,
    Condition,
    Content,
    DividerBlock,
    HeadingBlock,
    HtmlBlock,
    HtmlBody,
    ImageBlock,
    MjmlBody,
    ProductsBlock,
    SpacerBlock,
    Style,
    Testing,
    TextBlock,
    Utm,
    Variant,
    conditions_in,
    texts_of,
)
from campaigns.documents.schedule import Resend, Schedule

__all__ = [
    "AnyBlock",
    "Audience",
    "Block",
    "BlocksBody",
    "ButtonBlock",
    "CodeBlock",
    "ColumnsBlock",
    "Condition",
    "Content",
    "DividerBlock",
    "HeadingBlock",
    "HtmlBlock",
    "HtmlBody",
    "ImageBlock",
    "InvalidDocument",
    "MjmlBody",
    "Part",
    "ProductsBlock",
    "Resend",
    "Schedule",
    "SpacerBlock",
    "Style",
    "Testing",
    "TextBlock",
    "Utm",
    "Variant",
    "conditions_in",
    "read_part",
    "texts_of",
]
