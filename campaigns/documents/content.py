from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from campaigns.documents.base import Id, Line, LongText, Part, Text

Align = Literal["left", "center", "right"]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
BlockId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]

# In any Liquid text {% if segment_12 %} asks whether the contact is in segment 12.
CONDITION = re.compile(r"\bsegment_([1-9][0-9]{0,17})\b", re.ASCII)


class Condition(Part):
    """Shows a block only to who is in a segment at the run's instant, or only to who isn't."""

    segment: Id
    negated: bool = False


class Block(Part):
    """What every block has."""

    id: BlockId
    only: Condition | None = None


class HeadingBlock(Block):
    type: Literal["heading"]
    text: Text = ""
    level: Annotated[int, Field(ge=1, le=3)] = 1
    align: Align = "left"


class TextBlock(Block):
    """Rich text: simple HTML, sanitised when rendered."""

    type: Literal["text"]
    html: LongText = ""
    align: Align = "left"


class ImageBlock(Block):
    type: Literal["image"]
    src: Text = ""
    alt: Text = ""
    href: Text = ""
    width: Annotated[int, Field(ge=10, le=1200)] | None = None
    align: Align = "center"


class ButtonBlock(Block):
    type: Literal["button"]
    label: Text = ""
    href: Text = ""
    align: Align = "left"
    colour: Colour | None = None  # of the button; the style's accent if none


class DividerBlock(Block):
    type: Literal["divider"]


class SpacerBlock(Block):
    type: Literal["spacer"]
    height: Annotated[int, Field(ge=4, le=200)] = 24


class ProductsBlock(Block):
    """Products chosen when the message is made, for each contact."""

    type: Literal["products"]
    source: Literal["brand_newest", "missing_accessories", "highest_margin", "matched", "picked"]
    brand: Line = ""  # of brand_newest; narrows highest_margin
    products: Annotated[list[Line], Field(max_length=24)] = []  # external ids, of picked
    number: Annotated[int, Field(ge=1, le=12)] = 3
    per_row: Annotated[int, Field(ge=1, le=4)] = 3
    shows_price: bool = True
    button: Text = ""


class CodeBlock(Block):
    """The contact's discount code from the campaign's pool."""

    type: Literal["code"]
    intro: Text = ""
    note: Text = ""


class HtmlBlock(Block):
    """HTML as it is, for what the other blocks can't."""

    type: Literal["html"]
    html: LongText = ""


PlainBlock = Annotated[
    HeadingBlock
    | TextBlock
    | ImageBlock
    | ButtonBlock
    | DividerBlock
    | SpacerBlock
    | ProductsBlock
    | CodeBlock
    | HtmlBlock,
    Field(discriminator="type"),
]


class ColumnsBlock(Block):
    """Up to four columns of other blocks."""

    type: Literal["columns"]
    columns: Annotated[
        list[Annotated[list[PlainBlock], Field(max_length=20)]], Field(min_length=1, max_length=4)
    ]


AnyBlock = Annotated[PlainBlock | ColumnsBlock, Field(discriminator="type")]


class Style(Part):
    """How the blocks look."""

    background: Colour = "#f4f5f7"
    surface: Colour = "#ffffff"
    text: Colour = "#1f2430"
    accent: Colour = "#3b5bdb"
    font: Literal["sans", "serif", "mono"] = "sans"
    width: Annotated[int, Field(ge=320, le=800)] = 600


class BlocksBody(Part):
    kind: Literal["blocks"]
    blocks: Annotated[list[AnyBlock], Field(max_length=100)] = []
    style: Style = Style()


class MjmlBody(Part):
    kind: Literal["mjml"]
    source: LongText = ""


class HtmlBody(Part):
    kind: Literal["html"]
    source: LongText = ""


Body = Annotated[BlocksBody | MjmlBody | HtmlBody, Field(discriminator="kind")]


class Utm(Part):
    """Fields added to every link to a shop's page; Liquid is not allowed in them."""

    source: Line = "newsletter"
    medium: Line = "email"
    campaign: Line = ""  # empty: made of the campaign's name
    term: Line = ""
    content: Line = ""


class Content(Part):
    """What is sent. Subject, preheader, text and the texts of blocks are Liquid templates."""

    subject: Line = ""
    preheader: Line = ""
    body: Body = BlocksBody(kind="blocks")
    text: LongText = ""  # the plain part; empty: made from the body
    utm: Utm | None = Utm()


class Variant(Part):
    """What is different in one variant of an A/B test; None is as in the content."""

    subject: Line | None = None
    preheader: Line | None = None
    body: Body | None = None


class Testing(Part):
    """An A/B test: variant 0 is the content itself, each of `variants` one more."""

    variants: Annotated[list[Variant], Field(max_length=4)] = []
    share: Annotated[int, Field(ge=2, le=100)] = 20  # per cent of recipients the test takes
    wait_hours: Annotated[int, Field(ge=1, le=168)] = 4
    winner: Literal["opens", "clicks", "revenue"] = "clicks"

    @model_validator(mode="after")
    def _differs(self) -> Testing:
        for variant in self.variants:
            if variant.subject is None and variant.preheader is None and variant.body is None:
                raise PydanticCustomError("same", _("A variant must differ in something."))
        return self


def texts_of(part: Any) -> Iterator[str]:
    """Every text of a document, however deep."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Part):
        for name in type(part).model_fields:
            yield from texts_of(getattr(part, name))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from texts_of(each)


def conditions_in(part: Any) -> set[int]:
    """Ids of the segments that decide what is shown, in blocks and in Liquid."""
    found = {int(number) for text in texts_of(part) for number in CONDITION.findall(text)}
    return found | {condition.segment for condition in _conditions(part)}


def _conditions(part: Any) -> Iterator[Condition]:
    if isinstance(part, Condition):
        yield part
    elif isinstance(part, Part):
        for name in type(part).model_fields:
            yield from _conditions(getattr(part, name))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _conditions(each)
