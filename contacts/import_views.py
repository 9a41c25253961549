"""Pages that bring data in: upload, mapping with a preview, dry run, progress, refused rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import (
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from contacts.import_forms import UploadForm, options_from_post
from contacts.import_mapping_page import mapping_context, preview_context, settings_of
from contacts.importing import storage
from contacts.importing.kinds import all_kinds, kind_of
from contacts.importing.preview import first_records, samples_by_column
from contacts.importing.reading import UnreadableFileError
from contacts.importing.rejected import rejected_csv
from contacts.importing.settings import Problem
from contacts.models import Import, ImportState
from contacts.tasks import queue_import
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

IMPORTS_A_PAGE = 25
UNDER_WAY = (ImportState.CHECKING, ImportState.RUNNING)


def _import_or_404(request: WorkspaceRequest, import_id: int) -> Import:
    imports = Import.objects.in_workspace(request.workspace).defer("content")
    return get_object_or_404(imports, pk=import_id)


@require_GET
def data_in(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Imports so far, and how to send data by API."""
    require(request.actor, Action.READ_CONTACTS)
    imports = (
        Import.objects.in_workspace(request.workspace)
        .defer("content")
        .select_related("created_by")
        .order_by("-created_at", "-id")
    )
    page = Paginator(imports, IMPORTS_A_PAGE).get_page(request.GET.get("page"))
    labels = {kind.key: kind.label for kind in all_kinds()}
    for each in page:
        each.kind_label = labels.get(each.kind, each.kind)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "kinds": all_kinds(),
        "may_import": request.actor.may(Action.WRITE_DATA),
        "api_address": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "imports/data_in.html", context)


@require_http_methods(["GET", "POST"])
def import_new(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Choose a file; what can't be read is said here."""
    require(request.actor, Action.WRITE_DATA)
    if request.method == "GET":
        form = UploadForm(initial={"kind": request.GET.get("kind", "contacts")})
        return render(request, "imports/new.html", {"form": form, "kinds": all_kinds()})
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            import_run = storage.take_in_file(
                actor=request.actor,
                kind_key=form.cleaned_data["kind"],
                file_name=file.name,
                data=file.read(),
                now=request.now,
            )
        except UnreadableFileError as error:
            form.add_error("file", error.message)
        else:
            return redirect("contacts:import-map", request.workspace.pk, import_run.pk)
    return render(request, "imports/new.html", {"form": form, "kinds": all_kinds()}, status=422)


# --- Mapping -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def import_map(request: WorkspaceRequest, workspace: int, import_id: int) -> HttpResponse:
    """Which column is what, and what the first rows become."""
    require(request.actor, Action.WRITE_DATA)
    import_run = _import_or_404(request, import_id)
    if import_run.state in {*UNDER_WAY, ImportState.DONE}:
        return redirect("contacts:import-run", request.workspace.pk, import_run.pk)
    try:
        if request.method == "POST":
            return _decide(request, import_run)
        return _mapping_page(request, import_run)
    except UnreadableFileError as error:
        messages.error(request, error.message)
        return redirect("contacts:data-in", request.workspace.pk)


def _decide(request: WorkspaceRequest, import_run: Import) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "read-again":
        storage.read_again(
            actor=request.actor,
            import_run=import_run,
            encoding=request.POST.get("encoding", "utf-8"),
            delimiter={"tab": "\t"}.get(
                request.POST.get("delimiter", ","), request.POST.get("delimiter", ",")
            ),
            now=request.now,
        )
        return _mapping_page(request, import_run)
    records = first_records(request.workspace, import_run, settings_of(import_run))
    changes = options_from_post(
        request.POST,
        import_run=import_run,
        kind=kind_of(import_run.kind),
        workspace=request.workspace,
        samples=samples_by_column(records, len(import_run.settings["facts"]["headers"])),
    )
    if action == "preview":
        settings = storage.adjusted(request.workspace, import_run, changes)
        context = preview_context(request.workspace, import_run, settings, records)
        return render(request, "imports/_preview.html", context)
    storage.change_options(actor=request.actor, import_run=import_run, changes=changes)
    try:
        started = storage.start_import(
            actor=request.actor,
            import_run=import_run,
            is_dry_run=action != "run",
            now=request.now,
        )
    except storage.ImportRefusedError as refusal:
        return _mapping_page(request, import_run, refusal.problems)
    queue_import(started)
    return redirect("contacts:import-run", request.workspace.pk, import_run.pk)


def _mapping_page(
    request: WorkspaceRequest, import_run: Import, refused: Sequence[Problem] = ()
) -> HttpResponse:
    context = mapping_context(request.workspace, import_run, refused)
    return render(request, "imports/map.html", context)


# --- Running -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def import_run(request: WorkspaceRequest, workspace: int, import_id: int) -> HttpResponse:
    """Progress and result; as JSON for the page's own polling."""
    require(request.actor, Action.WRITE_DATA)
    found = _import_or_404(request, import_id)
    if request.method == "POST":
        return _steer(request, found)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(_progress(found))
    if found.state == ImportState.UPLOADED:
        return redirect("contacts:import-map", request.workspace.pk, found.pk)
    context = {
        "import_run": found,
        "kind": kind_of(found.kind),
        "is_under_way": found.state in UNDER_WAY,
        "percent": _percent(found),
        "rejected": found.rejected.in_workspace(request.workspace).order_by("id")[:20],
        "headers": found.settings.get("facts", {}).get("headers", []),
        "contacts_created": found.report.get("contacts_created", 0),
        "has_file": found.expires_at > request.now,
    }
    return render(request, "imports/run.html", context)


def _steer(request: WorkspaceRequest, found: Import) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "cancel":
        storage.cancel_import(actor=request.actor, import_run=found, now=request.now)
    else:
        try:
            started = storage.start_import(
                actor=request.actor,
                import_run=found,
                is_dry_run=action == "check",
                now=request.now,
            )
        except storage.ImportRefusedError as refusal:
            messages.error(request, str(refusal))
            return redirect("contacts:import-run", request.workspace.pk, found.pk)
        queue_import(started)
    return redirect("contacts:import-run", request.workspace.pk, found.pk)


def _percent(found: Import) -> int:
    return min(100, round(100 * found.rows_done / found.rows_total)) if found.rows_total else 0


def _progress(found: Import) -> dict[str, Any]:
    return {
        "state": found.state,
        "label": found.get_state_display(),
        "is_under_way": found.state in UNDER_WAY,
        "rows": found.rows_total,
        "done": found.rows_done,
        "percent": _percent(found),
        "created": found.created_count,
        "updated": found.updated_count,
        "unchanged": found.unchanged_count,
        "rejected": found.rejected_count,
        "contacts_created": found.report.get("contacts_created", 0),
    }


@require_GET
def import_rejected(request: WorkspaceRequest, workspace: int, import_id: int) -> HttpResponseBase:
    """The refused rows as a file: original columns, line, reason."""
    require(request.actor, Action.WRITE_DATA)
    found = _import_or_404(request, import_id)
    response = StreamingHttpResponse(rejected_csv(found), content_type="text/csv; charset=utf-8")
    name = f"rejected-{found.pk}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
