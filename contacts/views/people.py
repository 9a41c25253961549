from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from contacts.csv_export import contact_rows, csv_response
from contacts.filters import ContactFilter
from contacts.forms import ContactForm
from contacts.models import AttributeDefinition, Contact, ContactQuerySet, Tag
from contacts.reading import known_of
from contacts.registry import segment_choices
from contacts.services import upsert_contacts
from workspaces.audit import record_audit
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 50
ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-known_since", "-pk"),
    "oldest": ("known_since", "pk"),
    "name": ("last_name", "first_name", "pk"),
    "-name": ("-last_name", "-first_name", "-pk"),
    "email": ("email_key", "pk"),
    "-email": ("-email_key", "-pk"),
}
COLUMNS = (
    ("name", gettext_lazy("Contact"), "name", "-name"),
    ("known_since", gettext_lazy("Known since"), "newest", "oldest"),
)


@require_safe
def contact_list(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Everybody the shop knows: searched, narrowed down, sorted."""
    require(request.actor, Action.READ_CONTACTS)
    everybody = Contact.objects.in_workspace(request.workspace).live()
    found, error = _narrowed(request, everybody)
    sort = request.GET.get("sort", "newest")
    ordered = found.order_by(*ORDERS.get(sort, ORDERS["newest"]))
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    known = known_of(request.workspace, page.object_list)
    names = ("search", "tag", "segment", "category", "attribute", "external_id", "email")
    context = {
        "page": page,
        "rows": [{"contact": each, "known": known[each.pk]} for each in page.object_list],
        "error": error,
        "sort": sort,
        "columns": _columns(sort),
        "is_narrowed": any(request.GET.get(name) for name in names),
        "is_empty": not page.paginator.count and not everybody.exists(),
        "tags": Tag.objects.in_workspace(request.workspace).order_by("name")[:500],
        "segments": _segments(request),
        "may_write": request.actor.may(Action.WRITE_CONTACTS),
        "may_export": request.actor.may(Action.EXPORT),
    }
    return render(request, "contacts/list.html", context)


def _narrowed(request: WorkspaceRequest, contacts: ContactQuerySet) -> tuple[ContactQuerySet, str]:
    filters = ContactFilter(request.GET, queryset=contacts, request=request)
    if not filters.is_valid():
        return contacts.none(), _("One of the filters isn't valid.")
    try:
        return filters.qs, ""
    except ValidationError as error:
        return contacts.none(), " ".join(error.messages)


def _columns(sort: str) -> dict[str, dict[str, Any]]:
    """Of each sortable column: where a click leads and how it is sorted now."""
    directions = {"name": "ascending", "-name": "descending"} | {
        "newest": "descending",
        "oldest": "ascending",
    }
    return {
        key: {
            "label": label,
            "sort": second if sort == first else first,
            "direction": directions.get(sort, "") if sort in (first, second) else "",
        }
        for key, label, first, second in COLUMNS
    }


def _segments(request: WorkspaceRequest) -> list[tuple[int, str]]:
    return [
        choice for choices in segment_choices for choice in choices(workspace=request.workspace)
    ]


@require_safe
def contacts_csv(request: WorkspaceRequest, workspace: int) -> StreamingHttpResponse:
    """The contacts of the list, as narrowed down, as a file."""
    require(request.actor, Action.EXPORT)
    found, _error = _narrowed(request, Contact.objects.in_workspace(request.workspace).live())
    record_audit(actor=request.actor, action="contacts.exported", now=request.now)
    return csv_response(contact_rows(request.workspace, found), "contacts.csv")


@require_http_methods(["GET", "HEAD", "POST"])
def contact_new(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Add a contact by hand."""
    require(request.actor, Action.WRITE_CONTACTS)
    definitions = AttributeDefinition.objects.in_workspace(request.workspace)
    form = ContactForm(request.POST or None, definitions=definitions)
    if request.method == "POST" and form.is_valid():
        [result] = upsert_contacts(
            workspace=request.workspace, items=[form.item()], now=request.now, source="form"
        )
        if not result.is_error:
            return redirect("contacts:card", workspace, result.id)
        form.add_item_errors(result.errors)
    if request.method == "POST" and form.errors:
        messages.error(request, _("The contact was not saved: see below."))
    return render(request, "contacts/form.html", {"form": form, "contact": None})
