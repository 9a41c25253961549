"""Messages of a run: made for each recipient from what the run froze."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from campaigns.content.addresses import Filled
from campaigns.content.compiling import Compiled, ContentFault, Made, compile_content
from campaigns.content.contexts import Person, Setting, memberships, values_for
from campaigns.content.products import Products
from campaigns.documents import InvalidDocument
from campaigns.frozen import (
    conditional_bits,
    contents_of,
    segments_shown,
    settings_of,
    used_segments,
)
from campaigns.models import DiscountCode, Recipient, Run
from campaigns.responses.links import ensure_links
from campaigns.responses.tokens import Purpose, address
from workspaces.models import Workspace

BATCH = 100  # messages handed to the child at a time
_KEPT_RENDERERS = 8
_OWN_ADDRESSES = {
    "unsubscribe_url": Purpose.UNSUBSCRIBE,
    "preferences_url": Purpose.PREFERENCES,
    "view_url": Purpose.VIEW,
}


@dataclass(frozen=True)
class Rendered:
    """A message ready to be sent."""

    recipient_id: int
    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class RenderFault:
    """Why a recipient's message could not be made; for people."""

    recipient_id: int
    message: str


@dataclass
class Renderer:
    """Makes messages of one run. Templates are compiled once for each variant."""

    workspace: Workspace
    run: Run
    setting: Setting
    bits: dict[int, int]
    _compiled: dict[int, Compiled | ContentFault] = field(default_factory=dict)
    _links: dict[str, int] = field(default_factory=dict)  # only those that are committed

    def render(
        self, recipients: Sequence[Recipient], *, now: datetime
    ) -> list[Rendered | RenderFault]:
        """A message or a fault for each recipient, in order. Inside the workspace's scope.

        What is said is that of the instant the audience was frozen at, so that a message made
        again is the same; `now` is only when it is asked for.
        """
        made: dict[int, Rendered | RenderFault] = {}
        by_variant: dict[int, list[Recipient]] = {}
        for recipient in recipients:
            by_variant.setdefault(recipient.variant, []).append(recipient)
        for variant, group in by_variant.items():
            for start in range(0, len(group), BATCH):
                made |= self._render(variant, group[start : start + BATCH])
        return [made[recipient.pk] for recipient in recipients]

    def page_of(self, recipient: Recipient) -> str | None:
        """The message as a page in the browser, where nothing is tracked; None for a fault."""
        try:
            compiled = self.compiled(recipient.variant)
            people = self._people([recipient])
            [message] = compiled.make(values_for(people, compiled, self.setting))
        except ContentFault:
            return None
        if message.fault:
            return None
        filled = Filled(known=lambda n: compiled.marks.urls[n], made=lambda url: url, pixel="")
        return compiled.fill(message, filled)[0]

    def _render(
        self, variant: int, recipients: Sequence[Recipient]
    ) -> dict[int, Rendered | RenderFault]:
        try:
            compiled = self.compiled(variant)
            people = self._people(recipients)
            messages = compiled.make(values_for(people, compiled, self.setting))
        except ContentFault as fault:
            return {each.pk: RenderFault(each.pk, str(fault)) for each in recipients}
        urls = set(compiled.marks.urls)
        for message in messages:
            urls |= compiled.made_links(message)
        links = self._link_ids(urls)
        return {
            recipient.pk: self._addressed(recipient.pk, message, compiled, links)
            for recipient, message in zip(recipients, messages, strict=True)
        }

    def compiled(self, variant: int) -> Compiled:
        """The templates of a variant. Raises `ContentFault`."""
        if variant not in self._compiled:
            try:
                contents = contents_of(self.run)
                content = contents[variant] if variant < len(contents) else contents[0]
                self._compiled[variant] = compile_content(
                    content,
                    campaign_name=self.setting.campaign_name,
                    language=self.workspace.language,
                )
            except InvalidDocument as error:
                self._compiled[variant] = ContentFault("body", str(error))
            except ContentFault as fault:
                self._compiled[variant] = fault
        found = self._compiled[variant]
        if isinstance(found, ContentFault):
            raise found
        return found

    def _people(self, recipients: Sequence[Recipient]) -> list[Person]:
        ids = {each.code_id for each in recipients if each.code_id is not None}
        codes = dict(
            DiscountCode.objects.in_workspace(self.workspace)
            .filter(pk__in=ids)
            .values_list("pk", "code")
            if ids
            else ()
        )
        return [
            Person(
                contact_id=each.contact_id,
                segments=memberships(segments_shown(each, self.bits), self.bits),
                code=codes.get(each.code_id or 0, ""),
                addresses={
                    name: address(purpose, workspace=self.workspace, recipient_id=each.pk)
                    for name, purpose in _OWN_ADDRESSES.items()
                },
            )
            for each in recipients
        ]

    def _link_ids(self, urls: set[str]) -> dict[str, int]:
        missing = urls - self._links.keys()
        if not missing:
            return self._links
        found = ensure_links(
            workspace=self.workspace, campaign_id=self.run.campaign_id, urls=missing
        )
        # Rolled back, these ids would stand in messages and lead nowhere.
        transaction.on_commit(lambda: self._links.update(found))
        return {**self._links, **found}

    def _addressed(
        self, recipient_id: int, message: Made, compiled: Compiled, links: dict[str, int]
    ) -> Rendered | RenderFault:
        if message.fault:
            return RenderFault(recipient_id, message.fault)

        def click(url: str) -> str:
            return address(
                Purpose.CLICK,
                workspace=self.workspace,
                recipient_id=recipient_id,
                link_id=links[url],
            )

        opened = address(Purpose.OPEN, workspace=self.workspace, recipient_id=recipient_id)
        pixel = f'<img src="{opened}" width="1" height="1" alt="" style="display:block;border:0">'
        filled = Filled(
            known=lambda number: click(compiled.marks.urls[number]), made=click, pixel=pixel
        )
        html, text = compiled.fill(message, filled)
        return Rendered(recipient_id, message.subject, html, text)


_renderers: OrderedDict[str, Renderer] = OrderedDict()
_lock = threading.Lock()  # several senders are threads of one process


def renderer_for(*, workspace: Workspace, run: Run) -> Renderer:
    """The renderer of a run whose audience is frozen; kept, so that batches share templates.

    Raises `InvalidDocument` where the run has no settings yet.
    """
    key = _key(workspace, run)
    with _lock:
        if key not in _renderers:
            _renderers[key] = _new_renderer(workspace, run)
            while len(_renderers) > _KEPT_RENDERERS:
                _renderers.popitem(last=False)
        _renderers.move_to_end(key)
        return _renderers[key]


def _key(workspace: Workspace, run: Run) -> str:
    documents = [run.content, run.settings, run.segments, run.as_of]
    said = [workspace.pk, workspace.name, workspace.language, workspace.time_zone, run.pk]
    text = json.dumps([documents, said], default=str)
    return hashlib.sha256(text.encode() + bytes(workspace.suppression_key)).hexdigest()


def _new_renderer(workspace: Workspace, run: Run) -> Renderer:
    settings = settings_of(run)
    as_of = run.as_of or run.scheduled_for
    trees = [
        each.definition.get("where")
        for each in used_segments(run)
        if each.definition is not None and "include" in each.uses
    ]
    setting = Setting(
        workspace=workspace,
        campaign_name=settings.campaign_name,
        postal_address=settings.postal_address,
        as_of=as_of,
        products=Products(workspace, as_of, trees),
    )
    return Renderer(workspace, run, setting, conditional_bits(run))
