"""Checking the links of a campaign: each is followed as a recipient would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urldefrag

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.content import sandbox
from campaigns.content.linting import BODY, Finding, texts_at
from campaigns.content.preview import preview_content
from campaigns.content.utm import is_trackable
from campaigns.delivery.link_requests import (
    MOST_REDIRECTS,
    SECONDS,
    Followed,
    Led,
    Resolve,
    follow_all,
)
from campaigns.delivery.network import addresses_of
from campaigns.documents import Content, read_part
from campaigns.frozen import testing_of, variants_of
from campaigns.models import Campaign
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

MOST_LINKS = 50
_IN_TEXT = re.compile(r"https?://[^\s<>\"'()\[\]]++", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A link of the message as it will be sent, and where it is written."""

    url: str
    variant: int
    where: str


@dataclass(frozen=True)
class LinkCheck:
    """What is wrong with links, in the linter's shape, with the variant each is in."""

    checked: int
    findings: Sequence[tuple[int, Finding]]


def check_links(
    *,
    actor: Actor,
    campaign: Campaign,
    contact_id: int | None,
    now: datetime,
    resolve: Resolve = addresses_of,
) -> LinkCheck:
    """Follow every link of every variant, as made for the contact (None: sample values).

    At most 50 different ones, for 12 seconds in all. Raises `InvalidDocument`, and `LookupError`
    for a contact there is not.
    """
    require(actor, Action.WRITE_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        links = list(_links(actor, campaign, contact_id, now))
    asked = links[:MOST_LINKS]
    followed = follow_all([link.url for link in asked], resolve=resolve)
    findings = [
        (link.variant, Finding("warning", f"link_{found.led.value}", said, link.where))
        for link in asked
        if (said := _said(link.url, found := followed[link.url]))
    ]
    if left := len(links) - len(asked):
        said = ngettext(
            "{number} more link was not checked: 50 at a time are.",
            "{number} more links were not checked: 50 at a time are.",
            left,
        ).format(number=left)
        findings.append((0, Finding("warning", "links_left_out", said, BODY)))
    return LinkCheck(len(asked), findings)


def _links(
    actor: Actor, campaign: Campaign, contact_id: int | None, now: datetime
) -> Iterator[Link]:
    """Each different link once, under the first variant it is in."""
    content = read_part(Content, campaign.content, path="$.content")
    seen = set()
    for variant, each in enumerate(variants_of(content, testing_of(campaign))):
        made = preview_content(
            workspace=actor.workspace,
            content=each,
            campaign=campaign,
            contact_id=contact_id,
            as_of=now,
        )
        in_text = [found.rstrip(".,;:!?") for found in _IN_TEXT.findall(made.text)]
        for written in (*sandbox.read(made.html).links, *in_text):
            url = urldefrag(written).url
            if is_trackable(url) and url not in seen:
                seen.add(url)
                yield Link(url, variant, _where(each, url))


def _where(content: Content, url: str) -> str:
    """The block whose button or picture leads there: the longest written beginning of it."""
    written = [
        (urldefrag(text.strip()).url, path)
        for path, text in texts_at(content, "$.content")
        if path.endswith(".href")
    ]
    fitting = [(len(start), path) for start, path in written if start and url.startswith(start)]
    return max(fitting, default=(0, BODY))[1]


def _said(url: str, found: Followed) -> str:
    """What is wrong, as a sentence; nothing where the link leads somewhere."""
    sentences = {
        Led.MISSING: _("“{link}” leads to a page that isn't there ({status})."),
        Led.REFUSED: _("“{link}” can't be checked: its server answers {status} to programs."),
        Led.FAILING: _("“{link}” leads to a server that fails ({status})."),
        Led.UNKNOWN_HOST: _("“{link}” leads to a server that doesn't exist."),
        Led.PRIVATE: _("“{link}” leads into a private network, where recipients can't follow."),
        Led.CERTIFICATE: _("“{link}” has no valid certificate: browsers will warn of it."),
        Led.SLOW: _("“{link}” didn't answer within {seconds} seconds."),
        Led.UNREACHABLE: _("“{link}” can't be reached."),
        Led.TO_HTTP: _("“{link}” leads on to an address without https."),
        Led.AROUND: _("“{link}” leads on more than {redirects} times."),
        Led.NOT_ASKED: _("“{link}” was not checked, others took too long. Check again."),
    }
    if found.led not in sentences:
        return ""
    return sentences[found.led].format(
        link=Truncator(url).chars(80),
        status=found.status,
        seconds=int(SECONDS),
        redirects=MOST_REDIRECTS,
    )
