"""What the pages of an import send: a file, and decisions about its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from contacts.importing.cells import CellReader
from contacts.importing.kinds import ImportKind, all_kinds
from contacts.importing.mapping import attribute_key, infer_type
from contacts.importing.reading import MAX_BYTES
from contacts.models import Import
from workspaces.models import Workspace

NEW_ATTRIBUTE = "new"


class UploadForm(forms.Form):
    """A file and what is in it."""

    kind = forms.ChoiceField(label=_("What is in the file?"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "Up to 100 MiB and a million rows, with column names in the first line. Comma,"
            " semicolon or tab, in any encoding: we find out."
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
            "max_length": _("The name of the file is too long."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(kind.key, kind.label) for kind in all_kinds()]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        self.fields["kind"].initial = choices[0][0] if choices else None

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 100 MiB. Split it and import the parts."),
                code="too_large",
            )
        return file


def options_from_post(
    posted: Mapping[str, str],
    *,
    import_run: Import,
    kind: ImportKind,
    workspace: Workspace,
    samples: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """The decisions on the mapping page, as changes of the import's settings."""
    headers = import_run.settings["facts"]["headers"]
    known = {field.key for field in kind.fields(workspace)}
    reader = CellReader(
        zone=workspace.zone,
        date_format=posted.get("date_format") or "iso",
        decimal_mark=posted.get("decimal_mark") or ".",
    )
    mapping: dict[int, str] = {}
    new_types: dict[str, str] = {}
    for position, header in enumerate(headers):
        key = posted.get(f"column_{position}", "")
        if key == NEW_ATTRIBUTE:
            key = f"attributes.{attribute_key(header)}"
            if key not in known:
                new_types[key] = infer_type(samples[position], reader).value
        if key:
            mapping[position] = key
    return {
        "mapping": mapping,
        "new_types": new_types,
        "define": bool(new_types),
        "date_format": posted.get("date_format", ""),
        "decimal_mark": posted.get("decimal_mark", ""),
        "currency": posted.get("currency", workspace.base_currency).strip().upper()[:3],
    }
