"""Contents, and frozen runs of them, for tests of what messages say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import count
from typing import Any

from campaigns.content.compiling import compile_content
from campaigns.content.preview import Preview, preview_content
from campaigns.content.rendering import Rendered, RenderFault, renderer_for
from campaigns.documents import Content, read_part
from campaigns.frozen import sending_settings_of
from campaigns.models import Campaign, Recipient, Run
from campaigns.snapshots import settings_for
from contacts.models import Contact
from segments.models import Segment
from tests.makers.campaigns import make_campaign
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

LATER = NOW + timedelta(hours=1)
_numbers = count(1)


def content_of(*blocks: Mapping[str, Any], **given: Any) -> Content:
    """A content of blocks, which need no ids; or with a `body` of its own."""
    named = [{"id": f"b{number}", **block} for number, block in enumerate(blocks)]
    document = {"subject": "Hello", "body": {"kind": "blocks", "blocks": named}, **given}
    return read_part(Content, document, path="$")


def html_body(source: str) -> dict[str, str]:
    return {"kind": "html", "source": source}


def made(content: Content, **values: Any) -> Any:
    """The parts of a message of these values, its links still marked."""
    compiled = compile_content(content, campaign_name="May sale", language="en")
    [message] = compiled.make([values])
    return message


def previewed(
    workspace: Workspace,
    content: Content,
    contact: Contact | None = None,
    *,
    campaign: Campaign | None = None,
    as_of: datetime = LATER,
) -> Preview:
    with workspace_scope(workspace):
        return preview_content(
            workspace=workspace,
            content=content,
            campaign=campaign,
            contact_id=contact.pk if contact else None,
            as_of=as_of,
        )


def make_frozen_run(
    workspace: Workspace,
    content: Content,
    contacts: Sequence[Contact],
    *,
    audience: Sequence[Segment] = (),
    conditions: Mapping[Segment, Sequence[Contact]] | None = None,
    as_of: datetime = LATER,
    **given: Any,
) -> tuple[Run, list[Recipient]]:
    """A run frozen as of then: who is in which conditional segment is said outright."""
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk for segment in audience]},
        content=content.model_dump(mode="json"),
        **given,
    )
    conditions = conditions or {}
    used = [_used(segment, ["include"]) for segment in audience]
    used += [_used(segment, ["block"], bit) for bit, segment in enumerate(conditions)]
    with workspace_scope(workspace):
        settings = settings_for(campaign, sending_settings_of(workspace.pk))
        run = Run.objects.create(
            workspace=workspace,
            campaign=campaign,
            run_key=f"run {next(_numbers)}",
            scheduled_for=as_of,
            as_of=as_of,
            content=campaign.content,
            settings=settings.model_dump(mode="json"),
            segments=used,
        )
        recipients = [
            Recipient(
                workspace=workspace,
                run=run,
                contact=contact,
                address=contact.email or f"{contact.pk}@shop.example",
                address_hash=str(contact.pk).encode().ljust(32),
                blocks=sum(
                    1 << bit for bit, ins in enumerate(conditions.values()) if contact in ins
                ),
            )
            for contact in contacts
        ]
        return run, Recipient.objects.bulk_create(recipients)


def rendered(
    workspace: Workspace, run: Run, recipients: Sequence[Recipient], *, now: datetime = LATER
) -> list[Rendered]:
    found = with_faults(workspace, run, recipients, now=now)
    assert all(isinstance(each, Rendered) for each in found), found
    return [each for each in found if isinstance(each, Rendered)]


def with_faults(
    workspace: Workspace, run: Run, recipients: Sequence[Recipient], *, now: datetime = LATER
) -> list[Rendered | RenderFault]:
    with workspace_scope(workspace):
        return renderer_for(workspace=workspace, run=run).render(recipients, now=now)


def _used(segment: Segment, uses: list[str], bit: int | None = None) -> dict[str, Any]:
    return {
        "kind": "segment",
        "id": segment.pk,
        "name": segment.name,
        "uses": uses,
        "size": 0,
        "members_hash": "",
        "bit": bit,
        "version": 1,
        "definition": segment.definition,
        "nodes": {},
    }


class Elements(HTMLParser):
    """Every element of a message with its attributes, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def links(self) -> list[str]:
        return [values["href"] for tag, values in self.found if tag == "a" and "href" in values]

    def tags(self) -> set[str]:
        return {tag for tag, _values in self.found}
