"""Each kind of block as MJML around pieces of HTML with Liquid."""

from __future__ import annotations

from typing import assert_never

import nh3

from campaigns.content.frame import is_light
from campaigns.content.liquid_text import Pieces, escaped, protect, protect_html, unescaped_liquid
from campaigns.documents import (
    Block,
    ButtonBlock,
    CodeBlock,
    ColumnsBlock,
    DividerBlock,
    HeadingBlock,
    HtmlBlock,
    ImageBlock,
    ProductsBlock,
    SpacerBlock,
    Style,
    TextBlock,
)

_SIZES = {1: "28px", 2: "22px", 3: "18px"}
_RICH = {"p", "br", "b", "strong", "i", "em", "u", "s", "a", "ul", "ol", "li", "span", "blockquote"}
_RICH |= {"h1", "h2", "h3", "h4", "sub", "sup", "code", "hr", "small", "div"}
_RICH_ATTRIBUTES = {"a": {"href", "title"}, "*": {"style", "dir", "lang"}}
_STYLES = {"color", "background-color", "font-weight", "font-style", "text-decoration"}
_STYLES |= {"text-align", "font-size", "line-height"}
# HTML blocks hold what the others can't, but no programs and nothing that loads pages.
_ANY = _RICH | set(
    "table tbody thead tfoot tr td th caption colgroup col img center font section article "
    "header footer h5 h6 figure figcaption pre address abbr dl dt dd del ins mark video "
    "source".split()
)
_ANY_ATTRIBUTES = {
    "*": set(
        "style class id align valign width height bgcolor border cellpadding cellspacing dir lang "
        "role title colspan rowspan color face size background".split()
    ),
    "a": {"href", "target", "name"},
    "img": {"src", "alt", "srcset"},
    "video": {"src", "poster", "controls"},
    "source": {"src", "srcset", "type", "media"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}


class Drawing:
    """Draws blocks in a style; remembers how many lists of products there were."""

    def __init__(self, style: Style, pieces: Pieces) -> None:
        self.style = style
        self.pieces = pieces
        self.number_of_lists = 0

    def only_if(self, block: Block, drawn: str) -> str:
        """The drawn block, for whom its condition lets see it."""
        if block.only is None:
            return drawn
        tag = "unless" if block.only.negated else "if"
        start = self._raw(f"{{% {tag} segment_{block.only.segment} %}}")
        return f"{start}{drawn}{self._raw(f'{{% end{tag} %}}')}"

    def block(self, block: Block, *, width: int | None = None) -> str:
        """The MJML of a block that stands in a column `width` pixels wide."""
        return self.only_if(block, self._drawn(block, width or self.style.width))

    def _drawn(self, block: Block, width: int) -> str:
        match block:
            case HeadingBlock():
                return self._heading(block)
            case TextBlock():
                return (
                    f'<mj-text align="{block.align}">{self.pieces.put(rich(block.html))}</mj-text>'
                )
            case ImageBlock():
                return self._image(block, width)
            case ButtonBlock():
                return self._button(block.label, block.href, block.align, block.colour)
            case DividerBlock():
                return "<mj-divider/>"
            case SpacerBlock():
                return f'<mj-spacer height="{block.height}px"/>'
            case ProductsBlock():
                return self._products(block, width)
            case CodeBlock():
                return self._code(block)
            case HtmlBlock():
                return f'<mj-text padding="0">{self.pieces.put(any_html(block.html))}</mj-text>'
            case ColumnsBlock():
                raise TypeError("Columns don't stand in columns.")
            case _:
                assert_never(block)  # type: ignore[arg-type]

    def _raw(self, liquid: str) -> str:
        return f"<mj-raw>{self.pieces.comment(liquid)}</mj-raw>"

    def _heading(self, block: HeadingBlock) -> str:
        tag = f"h{block.level}"
        text = f'<{tag} style="margin:0;font-size:inherit">{_lines(block.text)}</{tag}>'
        return (
            f'<mj-text align="{block.align}" font-size="{_SIZES[block.level]}" line-height="1.3" '
            f'font-weight="700">{self.pieces.put(text)}</mj-text>'
        )

    def _image(self, block: ImageBlock, width: int) -> str:
        if not block.src.strip():
            return ""
        link = f' href="{self.pieces.put(escaped(block.href))}"' if block.href.strip() else ""
        wide = min(block.width or width - 48, width - 48)
        return (
            f'<mj-image src="{self.pieces.put(escaped(block.src))}" width="{wide}px" '
            f'alt="{self.pieces.put(escaped(block.alt))}" align="{block.align}"{link}/>'
        )

    def _button(self, label: str, href: str, align: str, colour: str | None) -> str:
        ground = colour or self.style.accent
        return (
            f'<mj-button href="{self.pieces.put(escaped(href))}" align="{align}" '
            f'background-color="{ground}" color="{_on(ground)}">'
            f"{self.pieces.put(escaped(label))}</mj-button>"
        )

    def _code(self, block: CodeBlock) -> str:
        intro = f"<p style='margin:0 0 8px'>{_lines(block.intro)}</p>" if block.intro else ""
        note = (
            f"<p style='margin:8px 0 0;font-size:13px'>{_lines(block.note)}</p>"
            if block.note
            else ""
        )
        box = (
            '<table role="presentation" align="center" cellpadding="0" cellspacing="0" '
            'class="k-code"><tr><td style="padding:12px 24px;border:2px dashed '
            f"{self.style.accent};border-radius:6px;background:#f4f5f7;font-size:22px;"
            "font-weight:700;letter-spacing:2px;font-family:'Courier New',monospace\">"
            "{{ code }}</td></tr></table>"
        )
        content = self.pieces.put(f"{intro}{box}{note}")
        text = f'<mj-text align="center">{content}</mj-text>'
        return f"{self._raw('{% if code %}')}{text}{self._raw('{% endif %}')}"

    # --- Products ----------------------------------------------------------------------------

    def _products(self, block: ProductsBlock, width: int) -> str:
        """The products in rows; on a phone they wrap. Nothing at all where there are none."""
        name = f"products_{self.number_of_lists}"
        self.number_of_lists += 1
        per_row = min(block.per_row, block.number)
        cell = (width - 48) // per_row
        content = (
            '<!--[if mso]><table role="presentation"><tr><![endif]-->'
            f"{{% for product in {name} %}}"
            f'<!--[if mso]><td width="{cell}" valign="top"><![endif]-->'
            f'<div style="display:inline-block;width:100%;max-width:{cell}px;vertical-align:top;'
            f'font-size:15px;line-height:1.4;text-align:center">{self._product(block, cell)}</div>'
            "<!--[if mso]></td><![endif]-->"
            f"{{% assign place = forloop.index | modulo: {per_row} %}}"
            "{% if place == 0 and forloop.last == false %}"
            "<!--[if mso]></tr><tr><![endif]-->{% endif %}"
            "{% endfor %}<!--[if mso]></tr></table><![endif]-->"
        )
        text = f'<mj-text align="center">{self.pieces.put(content)}</mj-text>'
        return f"{self._raw(f'{{% if {name}.size > 0 %}}')}{text}{self._raw('{% endif %}')}"

    def _product(self, block: ProductsBlock, cell: int) -> str:
        link = 'href="{{ product.url }}" style="color:inherit;text-decoration:none"'
        picture = (
            '{% if product.image_url != "" %}'
            f'<a {link}><img src="{{{{ product.image_url }}}}" alt="" '
            f'width="{cell - 16}" style="display:block;width:100%;max-width:{cell - 16}px;'
            'height:auto;margin:0 auto 8px;border:0"></a>{% endif %}'
        )
        price = ""
        if block.shows_price:
            price = (
                '{% if product.price != "" %}<div style="font-weight:700;margin-top:4px">'
                "{{ product.price }}</div>{% endif %}"
            )
        button = ""
        if block.button.strip():
            ground = self.style.accent
            button = (
                '<div style="margin-top:8px"><a class="k-button" href="{{ product.url }}" '
                'style="display:inline-block;padding:8px 16px;border-radius:6px;'
                f"background:{ground};color:{_on(ground)};text-decoration:none;"
                f'font-weight:600">'
                f"{escaped(block.button)}</a></div>"
            )
        name = f"<div><a {link}>{{{{ product.name }}}}</a></div>"
        return f'<div style="padding:8px">{picture}{name}{price}{button}</div>'


def rich(source: str) -> str:
    """Rich text of an editor, with nothing in it but text; its Liquid survives."""
    return _cleaned(source, _RICH, _RICH_ATTRIBUTES, styles=_STYLES)


def any_html(source: str) -> str:
    """HTML of a block, without programs."""
    return _cleaned(source, _ANY, _ANY_ATTRIBUTES, styles=None)


def _cleaned(
    source: str, tags: set[str], attributes: dict[str, set[str]], *, styles: set[str] | None
) -> str:
    text = unescaped_liquid(source)
    pieces = Pieces.beside(text)
    # Between the parts of a table only a comment stays where it stands.
    cleaned = nh3.clean(
        protect_html(text, pieces) if "<t" in text else protect(text, pieces),
        tags=tags,
        attributes=attributes,
        url_schemes=_SCHEMES,
        strip_comments=False,
        link_rel=None,
        filter_style_properties=styles,
    )
    return pieces.restore(cleaned)


def _lines(text: str) -> str:
    return escaped(text).replace("\n", "<br>")


def _on(ground: str) -> str:
    """The colour of text on a ground."""
    return "#1f2430" if is_light(ground) else "#ffffff"
