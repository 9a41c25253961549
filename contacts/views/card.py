from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.forms import ConsentForm, ContactForm, MergeForm
from contacts.models import (
    AttributeDefinition,
    AttributeValue,
    Channel,
    ConsentStatus,
    Contact,
    ListEntry,
)
from contacts.reading import consent_records_of, known_of, named, suppressions_of
from contacts.registry import card_facts, consent_steps, segments_of
from contacts.services import (
    change_contact,
    erase_contact,
    export_contact,
    merge_contacts,
    set_consent,
    tag_contacts,
    untag_contacts,
)
from contacts.timeline import by_day, read_timeline, shown, timeline_kinds
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

_MOST_RECORDS = 30  # on the card; REST and the export have all


def _contact(request: WorkspaceRequest, contact: int) -> Contact:
    """A live contact, or the one it was merged into; else 404."""
    found = Contact.objects.in_workspace(request.workspace).filter(pk=contact).first()
    if found is not None and found.merged_into_id is not None:
        found = Contact.objects.in_workspace(request.workspace).get(pk=found.merged_into_id)
    if found is None or found.erased_at is not None:
        raise Http404
    return found


@require_safe
def contact_card(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Who it is, what they agreed to, and everything that happened."""
    require(request.actor, Action.READ_CONTACTS)
    person = _contact(request, contact)
    if person.pk != contact:
        return redirect("contacts:card", workspace, person.pk)
    kinds = timeline_kinds()
    chosen = [kind for kind in request.GET.getlist("kind") if kind in kinds]
    before = _instant(request.GET.get("before", "")) or request.now
    page = read_timeline(workspace=request.workspace, contact=person, before=before, kinds=chosen)
    known = known_of(request.workspace, [person])[person.pk]
    context = {
        "contact": person,
        "known": known,
        "facts": _facts(request, person),
        "segments": _segments(request, person),
        "suppressions": suppressions_of(request.workspace, person),
        "lists": _lists(request, person),
        "attributes": _attributes(request, person),
        "kinds": [(key, label, key in chosen) for key, label in kinds.items()],
        "chosen": chosen,
        "days": by_day(page.entries),
        "older_than": page.older_than.isoformat() if page.older_than else "",
        "is_newest": "before" not in request.GET,
        "consent_form": ConsentForm(),
        "consent_records": consent_records_of(request.workspace, person, _MOST_RECORDS),
        "consent_steps": _consent_steps(request, person),
        "merge_form": MergeForm(),
        "may_write": request.actor.may(Action.WRITE_CONTACTS),
        "may_export": request.actor.may(Action.EXPORT),
    }
    return render(request, "contacts/card.html", context)


def _instant(text: str) -> datetime | None:
    try:
        instant = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None


def _facts(request: WorkspaceRequest, contact: Contact) -> list[Any]:
    return [
        fact
        for facts in card_facts
        for fact in facts(workspace=request.workspace, contact=contact, as_of=request.now)
    ]


def _consent_steps(request: WorkspaceRequest, contact: Contact) -> list[Any]:
    return [
        step
        for steps in consent_steps
        for step in steps(workspace=request.workspace, contact=contact)
    ]


def _segments(request: WorkspaceRequest, contact: Contact) -> list[Any] | None:
    """None while no app knows of segments."""
    answers = [
        answer(workspace=request.workspace, contact=contact, as_of=request.now)
        for answer in segments_of
    ]
    return [link for links in answers for link in links] if answers else None


def _lists(request: WorkspaceRequest, contact: Contact) -> Sequence[ListEntry]:
    entries = ListEntry.objects.in_workspace(request.workspace).filter(
        contact=contact, valid_to=None
    )
    return list(entries.select_related("static_list").order_by("static_list__name"))


def _attributes(request: WorkspaceRequest, contact: Contact) -> list[dict[str, Any]]:
    """Each attribute with its value now and the values it had before."""
    values = AttributeValue.objects.in_workspace(request.workspace).filter(contact=contact)
    rows: dict[int, dict[str, Any]] = {}
    ordered = values.select_related("attribute").order_by("-valid_from", "slot")
    for value in ordered:
        row = rows.setdefault(
            value.attribute_id, {"definition": value.attribute, "now": [], "before": []}
        )
        if value.valid_to is None:
            row["now"].append(shown(value))
        row["before"].append({"value": shown(value), "row": value})
    for row in rows.values():
        row["has_history"] = any(each["row"].valid_to for each in row["before"])
    return sorted(
        rows.values(), key=lambda row: (not row["definition"].is_builtin, row["definition"].pk)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def contact_edit(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Change details by hand."""
    require(request.actor, Action.WRITE_CONTACTS)
    person = _contact(request, contact)
    form = ContactForm(
        request.POST or None,
        definitions=AttributeDefinition.objects.in_workspace(request.workspace),
        contact=person,
        known=known_of(request.workspace, [person])[person.pk],
    )
    if request.method == "POST" and form.is_valid():
        result = change_contact(
            workspace=request.workspace,
            contact_id=person.pk,
            item=form.item(),
            now=request.now,
            source="form",
        )
        if not result.is_error:
            messages.success(request, _("Saved."))
            return redirect("contacts:card", workspace, person.pk)
        form.add_item_errors(result.errors)
    return render(request, "contacts/form.html", {"form": form, "contact": person})


@require_POST
def contact_tag(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Put a tag on."""
    require(request.actor, Action.WRITE_CONTACTS)
    person = _contact(request, contact)
    try:
        tag_contacts(
            workspace=request.workspace,
            contact_ids=[person.pk],
            tag=request.POST.get("tag", ""),
            now=request.now,
            source="form",
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("contacts:card", workspace, person.pk)


@require_POST
def contact_untag(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Take a tag off; it is named by its key."""
    require(request.actor, Action.WRITE_CONTACTS)
    person = _contact(request, contact)
    try:
        untag_contacts(
            workspace=request.workspace,
            contact_ids=[person.pk],
            tag=request.POST.get("tag", ""),
            now=request.now,
            source="form",
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("contacts:card", workspace, person.pk)


@require_POST
def contact_consent(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Keep what the contact said."""
    require(request.actor, Action.WRITE_CONTACTS)
    person = _contact(request, contact)
    form = ConsentForm(request.POST)
    if form.is_valid():
        set_consent(
            workspace=request.workspace,
            contact_ids=[person.pk],
            channel=Channel(form.cleaned_data["channel"]),
            status=ConsentStatus(form.cleaned_data["status"]),
            topic=form.cleaned_data["topic"],
            source="form",
            now=request.now,
        )
    else:
        messages.error(request, _("The consent was not saved."))
    return redirect("contacts:card", workspace, person.pk)


@require_POST
def contact_merge(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Merge another contact into this one."""
    require(request.actor, Action.WRITE_CONTACTS)
    person = _contact(request, contact)
    form = MergeForm(request.POST)
    others = named(request.workspace, [form.data.get("other", "").strip()])[0]
    others = [pk for pk in others if pk != person.pk]
    if len(others) != 1:
        text = _("Nobody else is called that.") if not others else _("That fits several contacts.")
        messages.error(request, text)
        return redirect("contacts:card", workspace, person.pk)
    merge_contacts(
        workspace=request.workspace,
        winner_id=person.pk,
        loser_id=others[0],
        now=request.now,
        actor=request.actor,
    )
    messages.success(request, _("The two contacts are one now."))
    return redirect("contacts:card", workspace, person.pk)


@require_POST
def contact_erase(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Erase everything personal."""
    require(request.actor, Action.WRITE_CONTACTS)
    person = _contact(request, contact)
    erase_contact(
        workspace=request.workspace, contact_id=person.pk, now=request.now, actor=request.actor
    )
    messages.success(request, _("The contact was erased."))
    return redirect("contacts:list", workspace)


@require_safe
def contact_export(request: WorkspaceRequest, workspace: int, contact: int) -> HttpResponse:
    """Everything held of the contact, as a file."""
    require(request.actor, Action.EXPORT)
    person = _contact(request, contact)
    document = export_contact(
        workspace=request.workspace, contact_id=person.pk, now=request.now, actor=request.actor
    )
    return HttpResponse(
        json.dumps(document, ensure_ascii=False, indent=2, default=str),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="contact-{person.number}.json"'},
    )
