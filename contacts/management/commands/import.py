"""`./dev manage import KIND FILE --workspace ID`: a file brought in from the command line."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from contacts.importing import runner, storage
from contacts.importing.kinds import ImportKind, UnknownKindError, kind_of
from contacts.importing.mapping import attribute_key, infer_type
from contacts.importing.preview import first_records, samples_by_column
from contacts.importing.reading import MAX_BYTES, UnreadableFileError
from contacts.importing.rejected import rejected_csv
from contacts.importing.settings import ImportSettings
from contacts.models import Import, ImportState
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
DATE_PATTERNS = {
    "yyyy-mm-dd": "iso",
    "ymd": "iso",
    "dd/mm/yyyy": "dmy",
    "dd.mm.yyyy": "dmy",
    "dd-mm-yyyy": "dmy",
    "mm/dd/yyyy": "mdy",
}
IGNORED = {"", "-", "ignore", "none"}


class Command(BaseCommand):
    help = "Import a CSV file. The last line printed is a summary as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help="contacts, products or transactions")
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", type=int, required=True, metavar="ID")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="map a column (its header or number, from 1) to a field; nothing after = ignores"
            " it. What is not named is mapped by its header.",
        )
        parser.add_argument("--date-format", help="iso, dmy, mdy, unix, or a pattern: %%d.%%m.%%Y")
        parser.add_argument("--decimal", choices=[".", ","], help="the decimal mark")
        parser.add_argument("--delimiter", help="comma, semicolon, tab or bar")
        parser.add_argument("--encoding", help="utf-8, cp1250, utf-16, …")
        parser.add_argument("--currency", help="of amounts without one; else the base currency")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument("--rejected", type=Path, metavar="FILE", help="write refused rows here")
        parser.add_argument(
            "--define",
            action="store_true",
            help="make attributes of columns that fit nothing (contacts)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(pk=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        with translation.override("en"):
            try:
                self._import(workspace, options)
            except (UnreadableFileError, UnknownKindError) as error:
                raise CommandError(error.message) from None
            except storage.ImportRefusedError as refusal:
                problems = "\n".join(f"- {each.message}" for each in refusal.problems)
                raise CommandError(f"The file can't be imported yet:\n{problems}") from None

    def _import(self, workspace: Workspace, options: Mapping[str, Any]) -> None:
        actor = Actor(workspace=workspace, is_system=True)
        kind = kind_of(options["kind"])
        taken = storage.take_in_file(
            actor=actor,
            kind_key=kind.key,
            file_name=options["file"].name,
            data=read_file(options["file"]),
            now=timezone.now(),
            encoding=options["encoding"],
            delimiter=delimiter_of(options["delimiter"]),
        )
        with workspace_scope(workspace):
            settings = storage.change_options(
                actor=actor,
                import_run=taken,
                changes=changes_from(options, taken, kind, workspace),
            )
        self._describe(taken, settings)
        started = storage.start_import(
            actor=actor, import_run=taken, is_dry_run=options["dry_run"], now=timezone.now()
        )
        while not runner.run_chunks(
            workspace=workspace,
            import_id=started.pk,
            clock=timezone.now,
            on_progress=self._show_progress,
        ):
            pass
        self._report(workspace, started.pk, options["rejected"])

    def _describe(self, import_run: Import, settings: ImportSettings) -> None:
        headers = import_run.settings["facts"]["headers"]
        for position, header in enumerate(headers):
            self.stderr.write(f"  {header} -> {settings.mapping.get(position, '(ignored)')}")

    def _show_progress(self, import_run: Import) -> None:
        self.stderr.write(f"  {import_run.rows_done:,} of {import_run.rows_total:,} rows")

    def _report(self, workspace: Workspace, import_id: int, rejected: Path | None) -> None:
        with workspace_scope(workspace):
            done = Import.objects.in_workspace(workspace).defer("content").get(pk=import_id)
            if rejected is not None:
                with rejected.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(rejected_csv(done))
        self.stdout.write(json.dumps(summary_of(done)))
        if done.state not in {ImportState.DONE, ImportState.CHECKED}:
            raise CommandError(done.error or f"The import is {done.state}.")


def summary_of(import_run: Import) -> dict[str, Any]:
    """What became of the file; `rejected` counts rows, the others what rows became."""
    return {
        "import": import_run.pk,
        "kind": import_run.kind,
        "state": import_run.state,
        "dry_run": import_run.is_dry_run,
        "rows": import_run.rows_done,
        "created": import_run.created_count,
        "updated": import_run.updated_count,
        "unchanged": import_run.unchanged_count,
        "rejected": import_run.rejected_count,
        "contacts_created": import_run.report.get("contacts_created", 0),
    }


def read_file(path: Path) -> bytes:
    """The file's bytes. Raises `CommandError` where there is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CommandError("The file is larger than 100 MiB. Split it and import the parts.")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None


def delimiter_of(name: str | None) -> str | None:
    return DELIMITER_NAMES.get(name, name) if name is not None else None


def changes_from(
    options: Mapping[str, Any], import_run: Import, kind: ImportKind, workspace: Workspace
) -> dict[str, Any]:
    """The options as changes of what was detected."""
    headers: Sequence[str] = import_run.settings["facts"]["headers"]
    detected = ImportSettings.from_json(import_run.settings["options"])
    stated = options["date_format"] or ""
    changes: dict[str, Any] = {
        "mapping": mapping_from(options["map"], headers, detected.mapping),
        "date_format": DATE_PATTERNS.get(stated.lower(), stated),
        "decimal_mark": options["decimal"] or "",
        "define": options["define"],
    }
    if options["currency"]:
        changes["currency"] = options["currency"].upper()
    if options["define"]:
        changes |= new_attributes(changes, import_run, kind, workspace, headers)
    return changes


def mapping_from(
    stated: Sequence[str], headers: Sequence[str], detected: Mapping[int, str]
) -> dict[int, str]:
    """`--map` over what was detected; a stated field leaves the column it was guessed for."""
    mapping = dict(detected)
    for entry in stated:
        column, equals, field = entry.rpartition("=")
        if not equals:
            raise CommandError(f"--map {entry}: write COLUMN=FIELD.")
        position = position_of(column.strip(), headers)
        field = field.strip()
        mapping = {at: key for at, key in mapping.items() if key != field or field == "tags"}
        if field.lower() in IGNORED:
            mapping.pop(position, None)
        else:
            mapping[position] = field
    return mapping


def position_of(column: str, headers: Sequence[str]) -> int:
    if column in headers:
        return headers.index(column)
    folded = [header.casefold() for header in headers]
    if column.casefold() in folded:
        return folded.index(column.casefold())
    if re.fullmatch(r"[0-9]{1,3}", column) and 0 < int(column) <= len(headers):
        return int(column) - 1
    raise CommandError(f"There is no column “{column}”. Columns: {', '.join(headers)}.")


def new_attributes(
    changes: Mapping[str, Any],
    import_run: Import,
    kind: ImportKind,
    workspace: Workspace,
    headers: Sequence[str],
) -> dict[str, Any]:
    """Attributes for the columns that fit nothing, each of the type its cells have."""
    settings = storage.adjusted(workspace, import_run, changes)
    records = first_records(workspace, import_run, settings)
    samples = samples_by_column(records, len(headers))
    known = {field.key for field in kind.fields(workspace)}
    mapping, types = dict(changes["mapping"]), {}
    for position, header in enumerate(headers):
        key = mapping.get(position) or f"attributes.{attribute_key(header)}"
        cell_type = infer_type(samples[position], settings.reader(workspace))
        if key in known or kind.new_field(key, cell_type) is None:
            if position not in mapping and key in known and key not in mapping.values():
                mapping[position] = key
            continue
        mapping[position] = key
        types[key] = cell_type.value
    return {"mapping": mapping, "new_types": types}
