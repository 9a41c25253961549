from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.counting import with_sizes
from contacts.csv_export import contact_rows, csv_response, file_name_of
from contacts.forms import ListForm, PeopleForm
from contacts.models import Contact, ContactQuerySet, ListEntry, StaticList
from contacts.reading import known_of, named, searched
from contacts.registry import InUseError, uses_of
from contacts.services import (
    add_to_list,
    change_list,
    create_list,
    delete_list,
    remove_from_list,
)
from contacts.views.vocabulary import used_rows
from workspaces.audit import record_audit
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Static lists; posting makes one."""
    require(request.actor, Action.READ_CONTACTS)
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require(request.actor, Action.WRITE_CONTACTS)
        try:
            made = create_list(
                workspace=request.workspace,
                name=form.cleaned_data["name"],
                description=form.cleaned_data["description"],
                now=request.now,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("contacts:list-card", workspace, made.pk)
    found = with_sizes(StaticList.objects.in_workspace(request.workspace), request.workspace)
    page = Paginator(found.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": used_rows(request.workspace, "list", list(page.object_list)),
        "form": form,
        "may_write": request.actor.may(Action.WRITE_CONTACTS),
    }
    return render(request, "contacts/lists.html", context)


def _list(request: WorkspaceRequest, static_list: int) -> StaticList:
    found = with_sizes(StaticList.objects.in_workspace(request.workspace), request.workspace)
    one = found.filter(pk=static_list).first()
    if one is None:
        raise Http404
    return one


def _members(request: WorkspaceRequest, static_list: StaticList) -> ContactQuerySet:
    entries = ListEntry.objects.in_workspace(request.workspace).filter(
        static_list=static_list, valid_to=None
    )
    contacts = Contact.objects.in_workspace(request.workspace).live()
    return contacts.filter(pk__in=entries.values("contact"))


@require_safe
def list_card(request: WorkspaceRequest, workspace: int, static_list: int) -> HttpResponse:
    """Who is on a list."""
    require(request.actor, Action.READ_CONTACTS)
    found = _list(request, static_list)
    query = request.GET.get("search", "")
    members = searched(_members(request, found), query).order_by("last_name", "first_name", "pk")
    page = Paginator(members, PAGE_SIZE).get_page(request.GET.get("page"))
    known = known_of(request.workspace, page.object_list)
    context = {
        "list": found,
        "uses": uses_of(request.workspace, "list", [found]).get(found.pk, []),
        "page": page,
        "rows": [{"contact": each, "known": known[each.pk]} for each in page.object_list],
        "query": query,
        "form": PeopleForm(),
        "list_form": ListForm(
            initial={"name": found.name, "description": found.description}, auto_id="list_%s"
        ),
        "may_write": request.actor.may(Action.WRITE_CONTACTS),
        "may_export": request.actor.may(Action.EXPORT),
    }
    return render(request, "contacts/list_card.html", context)


@require_POST
def list_change(request: WorkspaceRequest, workspace: int, static_list: int) -> HttpResponse:
    """Rename or describe a list."""
    require(request.actor, Action.WRITE_CONTACTS)
    found = _list(request, static_list)
    try:
        change_list(
            workspace=request.workspace,
            list_id=found.pk,
            name=request.POST.get("name", ""),
            description=request.POST.get("description", ""),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("contacts:list-card", workspace, found.pk)


@require_POST
def list_delete(request: WorkspaceRequest, workspace: int, static_list: int) -> HttpResponse:
    """Delete a list nobody names."""
    require(request.actor, Action.WRITE_CONTACTS)
    found = _list(request, static_list)
    try:
        delete_list(workspace=request.workspace, list_id=found.pk)
    except InUseError as error:
        messages.error(request, str(error))
        return redirect("contacts:list-card", workspace, found.pk)
    messages.success(request, _("The list %(name)s was deleted.") % {"name": found.name})
    return redirect("contacts:lists", workspace)


@require_POST
def list_add(request: WorkspaceRequest, workspace: int, static_list: int) -> HttpResponse:
    """Put contacts on a list, named by external id or e-mail."""
    require(request.actor, Action.WRITE_CONTACTS)
    found = _list(request, static_list)
    form = PeopleForm(request.POST)
    if form.is_valid():
        ids, unknown = named(request.workspace, form.names())
        added = add_to_list(
            workspace=request.workspace, list_id=found.pk, contact_ids=ids, now=request.now
        )
        text = ngettext("%(count)s contact added.", "%(count)s contacts added.", added)
        messages.success(request, text % {"count": added})
        if unknown:
            text = _("Not found: %(names)s")
            messages.warning(request, text % {"names": ", ".join(unknown[:10])})
    return redirect("contacts:list-card", workspace, found.pk)


@require_POST
def list_remove(request: WorkspaceRequest, workspace: int, static_list: int) -> HttpResponse:
    """Take one contact off a list."""
    require(request.actor, Action.WRITE_CONTACTS)
    found = _list(request, static_list)
    given = request.POST.get("contact", "")
    if given.isascii() and given.isdigit() and len(given) < 17:
        remove_from_list(
            workspace=request.workspace,
            list_id=found.pk,
            contact_ids=[int(given)],
            now=request.now,
        )
    return redirect("contacts:list-card", workspace, found.pk)


@require_safe
def list_csv(request: WorkspaceRequest, workspace: int, static_list: int) -> StreamingHttpResponse:
    """The contacts of a list as a file."""
    require(request.actor, Action.EXPORT)
    found = _list(request, static_list)
    record_audit(actor=request.actor, action="contacts.exported", now=request.now, subject=found)
    rows = contact_rows(request.workspace, _members(request, found))
    return csv_response(rows, file_name_of(found.name))
