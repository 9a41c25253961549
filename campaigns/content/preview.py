"""Messages as they would be made for a contact now: the same making, but nothing is tracked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns.content.addresses import Filled
from campaigns.content.compiling import Compiled, ContentFault, Made, compile_content
from campaigns.content.contexts import Person, Setting, segment_values, values_for
from campaigns.content.products import Products
from campaigns.content.variables import variables_of
from campaigns.documents import Audience, Content, conditions_in, read_part
from campaigns.frozen import sending_settings_of, testing_of, variants_of
from campaigns.models import Campaign, DiscountCode
from contacts.models import Contact
from segments.compiler import compile_tree
from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, parse_tree
from segments.models import Segment
from segments.pins import read_pins
from workspaces.models import Workspace

SAMPLE_CODE = "SAMPLE-CODE"
_ADDRESSES = {
    "unsubscribe_url": "#unsubscribe",
    "preferences_url": "#preferences",
    "view_url": "#view",
}


@dataclass(frozen=True)
class Preview(Made):
    """A message as somebody would see it, its links filled in."""

    @property
    def size(self) -> int:
        """Bytes of the HTML."""
        return len(self.html.encode())


def preview(
    *,
    workspace: Workspace,
    campaign: Campaign,
    variant: int,
    contact_id: int | None,
    as_of: datetime,
) -> Preview:
    """A variant of the campaign for the contact, or (None) with sample values.

    Inside the workspace's scope. Raises `InvalidDocument`, and `LookupError` for a variant or a
    contact there is not.
    """
    content = read_part(Content, campaign.content, path="$.content")
    contents = variants_of(content, testing_of(campaign))
    return preview_content(
        workspace=workspace,
        content=contents[variant],
        campaign=campaign,
        contact_id=contact_id,
        as_of=as_of,
    )


def preview_content(
    *,
    workspace: Workspace,
    content: Content,
    campaign: Campaign | None,
    contact_id: int | None,
    as_of: datetime,
) -> Preview:
    """A content that may not be saved yet; `campaign` (None: a new one) has the rest."""
    name = campaign.name if campaign is not None else _("Campaign")
    try:
        compiled = compile_content(content, campaign_name=name, language=workspace.language)
        values = _values(workspace, compiled, campaign, contact_id, as_of)
        [made] = compiled.make([values])
    except ContentFault as fault:
        return Preview(fault=said_fault(fault))
    if made.fault:
        return Preview(fault=made.fault)
    filled = Filled(known=lambda n: compiled.marks.urls[n], made=lambda url: url, pixel="")
    html, text = compiled.fill(made, filled)
    return Preview(made.subject, html, text)


def said_fault(fault: ContentFault) -> str:
    """The fault as a sentence."""
    parts = {"subject": _("the subject"), "text": _("the plain text"), "body": _("the content")}
    where = parts.get(fault.part, fault.part)
    if fault.line is None:
        return _("In {part}: {message}").format(part=where, message=fault.message)
    return _("In {part}, line {line}: {message}").format(
        part=where, line=fault.line, message=fault.message
    )


def _values(
    workspace: Workspace,
    compiled: Compiled,
    campaign: Campaign | None,
    contact_id: int | None,
    as_of: datetime,
) -> dict[str, Any]:
    if contact_id is not None:
        contacts = Contact.objects.in_workspace(workspace).live()
        if not contacts.filter(pk=contact_id).exists():
            raise LookupError(contact_id)
    segment_ids = conditions_in(compiled.content)
    is_in = segments_of_contact(workspace, segment_ids, contact_id, as_of)
    setting = Setting(
        workspace=workspace,
        campaign_name=compiled.campaign_name,
        postal_address=sending_settings_of(workspace.pk).postal_address,
        as_of=as_of,
        products=Products(workspace, as_of, _trees(workspace, campaign)),
    )
    person = Person(
        contact_id=contact_id or 0,
        segments=is_in,
        code=_code_of(workspace, campaign, contact_id),
        addresses=_ADDRESSES,
    )
    [values] = values_for([person], compiled, setting)
    if contact_id is None:
        values |= _sample(workspace, values, segment_ids, setting)
    return values


def _sample(
    workspace: Workspace, values: dict[str, Any], segment_ids: Collection[int], setting: Setting
) -> dict[str, Any]:
    """Values of nobody: the examples of the variables, and every conditional block shown."""
    contact = {
        each.name.removeprefix("contact."): each.example
        for each in variables_of(workspace)
        if each.name.startswith("contact.") and not each.is_list
    }
    some = setting.products.examples()
    lists = {key: values[key] or some for key in values if key.startswith("products_")}
    shown = segment_values(dict.fromkeys(segment_ids, True))
    return {"contact": {**contact, "last_products": some}, **lists, **shown}


def segments_of_contact(
    workspace: Workspace, segment_ids: Collection[int], contact_id: int | None, as_of: datetime
) -> dict[int, bool]:
    """Whether the contact is in each segment at the instant; in none that can't be asked."""
    found = dict.fromkeys(segment_ids, False)
    if contact_id is None:
        return found
    scope = Scope(workspace, as_of).only([contact_id])
    segments = Segment.objects.in_workspace(workspace).filter(
        pk__in=list(segment_ids), archived_at__isnull=True
    )
    pins = read_pins(scope, segment_ids)
    for segment in segments:
        try:
            tree = parse_tree(segment.definition.get("where"), workspace=workspace)
        except InvalidTree:
            continue
        is_in = compile_tree(tree, scope).filter(pk=contact_id).exists()
        pinned = pins.get(segment.pk)
        if pinned is not None:
            is_in = (is_in or contact_id in pinned.kept_in) and contact_id not in pinned.kept_out
        found[segment.pk] = is_in
    return found


def _trees(workspace: Workspace, campaign: Campaign | None) -> list[Any]:
    """Criteria trees of the segments the audience is made of, as they are now."""
    if campaign is None:
        return []
    audience = read_part(Audience, campaign.audience, path="$.audience")
    segments = Segment.objects.in_workspace(workspace).filter(pk__in=audience.segments)
    return [each.definition.get("where") for each in segments.order_by("pk")]


def _code_of(workspace: Workspace, campaign: Campaign | None, contact_id: int | None) -> str:
    """The code the contact was given, or one that is none, where the campaign gives codes."""
    if campaign is None or campaign.code_pool_id is None:
        return "" if campaign is not None else SAMPLE_CODE
    codes = DiscountCode.objects.in_workspace(workspace).filter(
        campaign=campaign, contact=contact_id
    )
    given = codes.values_list("code", flat=True).first() if contact_id else None
    return given or SAMPLE_CODE
