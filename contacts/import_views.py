"""Pages that bring data in: upload, mapping with a preview, dry run, progress, refused rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from contacts.import_forms import NEW_ATTRIBUTE, UploadForm, options_from_post
from contacts.importing import storage
from contacts.importing.analysis import columns_from_json, date_order_of, decimal_mark_of
from contacts.importing.cells import DATE_FORMATS, describe_date_format
from contacts.importing.kinds import Field, ImportKind, all_kinds, kind_of
from contacts.importing.mapping import attribute_key
from contacts.importing.preview import first_records, make_preview, samples_by_column
from contacts.importing.reading import Record, UnreadableFileError
from contacts.importing.rejected import rejected_csv
from contacts.importing.settings import ImportSettings, Problem, find_problems
from contacts.importing.sniffing import DELIMITERS, ENCODINGS
from contacts.models import Import, ImportState
from contacts.tasks import queue_import
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

IMPORTS_A_PAGE = 25
UNDER_WAY = (ImportState.CHECKING, ImportState.RUNNING)
SAMPLES_SHOWN = 3


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


@dataclass(frozen=True)
class ColumnChoice:
    """One line of the mapping table."""

    position: int
    header: str
    samples: Sequence[str]
    chosen: str
    new_key: str  # of the attribute it could become, "" if it can't
    problem: str = ""


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
    records = first_records(request.workspace, import_run, _settings_of(import_run))
    changes = options_from_post(
        request.POST,
        import_run=import_run,
        kind=kind_of(import_run.kind),
        workspace=request.workspace,
        samples=samples_by_column(records, len(import_run.settings["facts"]["headers"])),
    )
    if action == "preview":
        settings = storage.adjusted(request.workspace, import_run, changes)
        context = _preview_context(request, import_run, settings, records)
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


def _settings_of(import_run: Import) -> ImportSettings:
    if "options" not in import_run.settings:
        raise UnreadableFileError("expired", _("The file has been deleted."))
    return ImportSettings.from_json(import_run.settings["options"])


def _mapping_page(
    request: WorkspaceRequest, import_run: Import, refused: Sequence[Problem] = ()
) -> HttpResponse:
    settings = _settings_of(import_run)
    records = first_records(request.workspace, import_run, settings)
    kind = kind_of(import_run.kind)
    fields = list(kind.fields(request.workspace))
    columns = columns_from_json(import_run.settings["facts"])
    by_key = {field.key: field for field in fields}
    order = date_order_of(columns, settings.mapping, by_key)
    mark = decimal_mark_of(columns, settings.mapping, by_key, settings.delimiter)
    context = {
        **_preview_context(request, import_run, settings, records),
        **({"problems": refused} if refused else {}),
        "kind": kind,
        "field_groups": _grouped(fields),
        "columns": _column_choices(import_run, kind, settings, fields, records),
        "new_attribute": NEW_ATTRIBUTE,
        "date_order": order,
        "detected_date": describe_date_format(order.format) if order.format else "",
        "date_formats": [(each, describe_date_format(each)) for each in DATE_FORMATS],
        "chosen_date": "" if settings.date_format == order.format else settings.date_format,
        "detected_mark": mark,
        "chosen_mark": "" if settings.decimal_mark == mark else settings.decimal_mark,
        "encodings": [*ENCODINGS] + [settings.encoding] * (settings.encoding not in ENCODINGS),
        "delimiters": [
            ("tab" if each == "\t" else each, name)
            for each, name in zip(
                DELIMITERS, (_("comma"), _("semicolon"), _("tab"), _("bar")), strict=True
            )
        ],
        "chosen_delimiter": "tab" if settings.delimiter == "\t" else settings.delimiter,
    }
    return render(request, "imports/map.html", context)


def _preview_context(
    request: WorkspaceRequest,
    import_run: Import,
    settings: ImportSettings,
    records: Sequence[Record],
) -> dict[str, Any]:
    headers = import_run.settings["facts"]["headers"]
    kind = kind_of(import_run.kind)
    return {
        "import_run": import_run,
        "settings": settings,
        "problems": find_problems(kind, request.workspace, settings, headers),
        "preview": make_preview(request.workspace, import_run, settings, records),
        "broken_rows": import_run.settings["facts"].get("broken_rows", 0),
    }


def _grouped(fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(str(field.group), []).append(field)
    return list(groups.items())


def _column_choices(
    import_run: Import,
    kind: ImportKind,
    settings: ImportSettings,
    fields: Sequence[Field],
    records: Sequence[Record],
) -> list[ColumnChoice]:
    headers = import_run.settings["facts"]["headers"]
    samples = samples_by_column(records, len(headers))
    known = {field.key for field in fields}
    can_make_new = any(field.key.startswith("attributes.") for field in fields)
    choices = []
    for position, header in enumerate(headers):
        chosen = settings.mapping.get(position, "")
        new_key = attribute_key(header) if can_make_new else ""
        if f"attributes.{new_key}" in known:
            new_key = ""
        filled = list(dict.fromkeys(cell.strip() for cell in samples[position] if cell.strip()))
        shown = NEW_ATTRIBUTE if chosen and chosen not in known else chosen
        choices.append(ColumnChoice(position, header, filled[:SAMPLES_SHOWN], shown, new_key))
    return choices


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
