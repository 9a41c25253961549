from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.counting import with_sizes
from contacts.forms import AttributeForm, ChangedAttributeForm, NameForm
from contacts.models import (
    AttributeDefinition,
    AttributeType,
    Category,
    Contact,
    Tag,
)
from contacts.registry import InUseError, uses_of
from contacts.services import (
    change_attribute,
    create_category,
    create_tag,
    define_attribute,
    delete_attribute,
    delete_category,
    delete_tag,
    rename_category,
    rename_tag,
)
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.models import Workspace
from workspaces.policies import Action, require

PAGE_SIZE = 100


def used_rows(workspace: Workspace, subject: str, instances: list[Any]) -> list[dict[str, Any]]:
    """Each object with what names it."""
    uses = uses_of(workspace, subject, instances)
    return [{"it": each, "uses": uses.get(each.pk, [])} for each in instances]


@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Tags, with how many contacts have them; posting makes one."""
    found = with_sizes(Tag.objects.in_workspace(request.workspace), request.workspace)
    return _labels(request, "tag", found, create_tag, "contacts:tags")


@require_http_methods(["GET", "HEAD", "POST"])
def categories(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Categories, with how many contacts are in them; posting makes one."""
    found = with_sizes(Category.objects.in_workspace(request.workspace), request.workspace)
    return _labels(request, "category", found, create_category, "contacts:categories")


def _labels(
    request: WorkspaceRequest,
    subject: str,
    found: QuerySet[Any],
    create: Callable[..., Model],
    page_name: str,
) -> HttpResponse:
    require(request.actor, Action.READ_CONTACTS)
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require(request.actor, Action.WRITE_CONTACTS)
        try:
            create(workspace=request.workspace, name=form.cleaned_data["name"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect(page_name, request.workspace.pk)
    query = request.GET.get("search", "").replace("\x00", "").strip()
    if query:
        found = found.filter(name__icontains=query)
    page = Paginator(found.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": used_rows(request.workspace, subject, list(page.object_list)),
        "form": form,
        "query": query,
        "subject": subject,
        "may_write": request.actor.may(Action.WRITE_CONTACTS),
    }
    return render(request, "contacts/labels.html", context)


@require_POST
def tag_rename(request: WorkspaceRequest, workspace: int, tag: int) -> HttpResponse:
    """Give a tag another name."""
    return _change(request, "contacts:tags", lambda: _renamed(request, rename_tag, tag_id=tag))


@require_POST
def tag_delete(request: WorkspaceRequest, workspace: int, tag: int) -> HttpResponse:
    """Delete a tag nobody names."""
    return _change(
        request, "contacts:tags", lambda: delete_tag(workspace=request.workspace, tag_id=tag)
    )


@require_POST
def category_rename(request: WorkspaceRequest, workspace: int, category: int) -> HttpResponse:
    """Give a category another name."""
    return _change(
        request,
        "contacts:categories",
        lambda: _renamed(request, rename_category, category_id=category),
    )


@require_POST
def category_delete(request: WorkspaceRequest, workspace: int, category: int) -> HttpResponse:
    """Delete a category nobody names."""
    return _change(
        request,
        "contacts:categories",
        lambda: delete_category(workspace=request.workspace, category_id=category),
    )


def _renamed(request: WorkspaceRequest, rename: Callable[..., Any], **which: int) -> Any:
    return rename(workspace=request.workspace, name=request.POST.get("name", ""), **which)


def _change(request: WorkspaceRequest, page_name: str, change: Callable[[], Any]) -> HttpResponse:
    """Do it, say what is wrong if it can't be done, and go back to the page."""
    require(request.actor, Action.WRITE_CONTACTS)
    try:
        change()
    except (Tag.DoesNotExist, Category.DoesNotExist, AttributeDefinition.DoesNotExist):
        raise Http404 from None
    except InUseError as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(page_name, request.workspace.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def attributes(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Attributes, with how many contacts have them; posting makes one."""
    require(request.actor, Action.READ_CONTACTS)
    form = AttributeForm(request.POST or None, initial={"type": AttributeType.TEXT})
    if request.method == "POST" and form.is_valid():
        require(request.actor, Action.WRITE_CONTACTS)
        try:
            define_attribute(
                workspace=request.workspace,
                key=form.cleaned_data["key"],
                label=form.cleaned_data["label"],
                type=AttributeType(form.cleaned_data["type"]),
                options=form.choices(),
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("contacts:attributes", workspace)
    found = with_sizes(
        AttributeDefinition.objects.in_workspace(request.workspace), request.workspace
    )
    definitions = list(found.order_by("-is_builtin", "pk"))
    universe = Contact.objects.in_workspace(request.workspace).live().count()
    rows = used_rows(request.workspace, "attribute", definitions)
    for row in rows:
        row["share"] = row["it"].size / universe if universe else 0
    context = {
        "rows": rows,
        "universe": universe,
        "form": form,
        "may_write": request.actor.may(Action.WRITE_CONTACTS),
    }
    return render(request, "contacts/attributes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def attribute_change(request: WorkspaceRequest, workspace: int, attribute: int) -> HttpResponse:
    """Rename an attribute or change its choices."""
    require(request.actor, Action.WRITE_CONTACTS)
    found = AttributeDefinition.objects.in_workspace(request.workspace).filter(pk=attribute)
    definition = found.first()
    if definition is None:
        raise Http404
    form = ChangedAttributeForm.of(definition, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_attribute(
                workspace=request.workspace,
                attribute_id=attribute,
                label=form.cleaned_data["label"],
                options=form.choices(),
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("contacts:attributes", workspace)
    return render(request, "contacts/attribute.html", {"form": form, "attribute": definition})


@require_POST
def attribute_delete(request: WorkspaceRequest, workspace: int, attribute: int) -> HttpResponse:
    """Delete an attribute nobody names."""
    return _change(
        request,
        "contacts:attributes",
        lambda: delete_attribute(workspace=request.workspace, attribute_id=attribute),
    )
