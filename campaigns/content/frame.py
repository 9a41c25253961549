"""What stands around the blocks: head, dark colours, preheader and footer."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content.liquid_text import Pieces, escaped
from campaigns.documents import Content, Style, texts_of

FONTS = {
    "sans": "Inter, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
    "mono": "'SFMono-Regular', Consolas, 'Courier New', monospace",
}
# Mail programs show the text after a short preheader as well, unless these stand between.
_GAP = "&#847;&zwnj;&nbsp;" * 40


@dataclass(frozen=True)
class Frame:
    """Language of the message and the footer added by itself, as HTML with Liquid."""

    language: str
    footer: str  # empty: the body has a way to unsubscribe of its own

    @staticmethod
    def quiet_on(background: str) -> str:
        """The colour of small print."""
        return "#5f6675" if is_light(background) else "#b7bdca"


def frame_of(content: Content, language: str) -> Frame:
    """The frame of a content: the law asks for an address and a way out in every message."""
    has_own = any("unsubscribe_url" in text for text in texts_of(content.body))
    return Frame(language, "" if has_own else footer_in(language))


def footer_in(language: str) -> str:
    """Postal address, and links to unsubscribe and to the preferences."""
    with translation.override(language):
        unsubscribe, preferences, browser = _("Unsubscribe"), _("Preferences"), _("View in browser")
    link = '<a href="{{{{ {url} }}}}" style="color:inherit;text-decoration:underline">{label}</a>'
    links = " · ".join(
        link.format(url=url, label=label)
        for url, label in (
            ("unsubscribe_url", unsubscribe),
            ("preferences_url", preferences),
            ("view_url", browser),
        )
    )
    return (
        f"{{{{ workspace.name }}}}<br>{{{{ workspace.postal_address | newline_to_br }}}}<br>{links}"
    )


def head_of(style: Style, preheader: str, pieces: Pieces) -> str:
    """The head of a body of blocks."""
    preview = ""
    if preheader:
        preview = f"<mj-preview>{pieces.put(escaped(preheader) + _GAP)}</mj-preview>"
    font = FONTS[style.font]
    return (
        f"<mj-head>{preview}<mj-attributes>"
        f'<mj-all font-family="{font}"/><mj-text font-size="16px" line-height="1.6" '
        f'color="{style.text}" padding="8px 24px" css-class="k-text"/>'
        '<mj-image padding="8px 24px"/><mj-button padding="12px 24px" inner-padding="12px 24px" '
        'border-radius="6px" font-size="16px" font-weight="600"/>'
        '<mj-divider padding="12px 24px" border-width="1px" border-color="#d9dde5" '
        'css-class="k-line"/>'
        "</mj-attributes>"
        '<mj-raw><meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark"></mj-raw>'
        f"<mj-style>{dark_style(style)}</mj-style></mj-head>"
    )


def dark_style(style: Style) -> str:
    """Links, paragraphs, and colours for readers who prefer dark; dark ones stay as they are."""
    basic = (
        f".k-text a{{color:{style.accent}}}"
        ".k-text p{margin:0 0 12px}.k-text p:last-child{margin-bottom:0}"
    )
    if not is_light(style.surface):
        return basic
    rules = (
        "body,.k-page{background:#12141a !important}"
        ".k-surface,.k-surface>table{background:#1b1e26 !important}"
        ".k-text div,.k-text p,.k-text td,.k-text a:not(.k-button){color:#e6e9f0 !important}"
        ".k-quiet div,.k-quiet a{color:#a4abba !important}"
        ".k-line p{border-top-color:#363b48 !important}"
        ".k-code td{background:#262a35 !important}"
    )
    return f"{basic}@media (prefers-color-scheme: dark){{{rules}}}"


def is_light(colour: str) -> bool:
    """Whether dark text is read better on it (colour as #rrggbb)."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue > 150


def with_preheader(text: str, preheader: str) -> str:
    """The HTML with the text that lists of messages show after the subject."""
    if not preheader:
        return text
    hidden = (
        '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
        f"{escaped(preheader)}{_GAP}</div>"
    )
    start = text.find("<body")
    end = text.find(">", start) + 1 if start >= 0 else 0
    return text[:end] + hidden + text[end:]
