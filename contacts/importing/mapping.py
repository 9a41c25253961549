"""Which column is which: headers in English, Polish and Portuguese, checked against the cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from contacts.importing.cells import CellReader, CellType
from contacts.importing.kinds import ColumnFacts, Field, ImportKind, Mapped
from contacts.importing.sniffing import DateProfile
from contacts.values import KEY_PATTERN
from workspaces.models import Workspace

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
# Letters that have no decomposition into a base letter and a mark.
_PLAIN_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
SAMPLES_FOR_TYPES = 1_000


def header_key(header: str) -> str:
    """Headers that a person would call the same have the same key: "E-Mail " is "email"."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header)
    folded = unicodedata.normalize("NFKD", spread.casefold().translate(_PLAIN_LETTERS))
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _NOT_LETTERS.sub("", letters)


def suggest_mapping(
    kind: ImportKind, workspace: Workspace, columns: Sequence[ColumnFacts], *, repeats: bool
) -> Mapped:
    """Field key by column position, for the columns that are recognised.

    The first column that fits takes a field; `repeats` says that rows share the key column.
    """
    fields = list(kind.fields(workspace))
    known = _known_headers(fields)
    mapping: Mapped = {}
    for position, column in enumerate(columns):
        field = known.get(header_key(column.header))
        if field is None or not _fits(field, column):
            continue
        if field.takes_several or field.key not in mapping.values():
            mapping[position] = field.key
    return kind.refine(mapping, columns, repeats)


def _known_headers(fields: Sequence[Field]) -> dict[str, Field]:
    known: dict[str, Field] = {}
    for field in fields:
        last_part = field.key.rpartition(".")[2]
        for name in (field.key, str(field.label), last_part, *field.synonyms):
            known.setdefault(header_key(name), field)
    return known


def _fits(field: Field, column: ColumnFacts) -> bool:
    """Whether the cells can be what the header says; most must be."""
    cells = [cell for cell in column.samples if cell.strip()]
    if not cells:
        return True
    if field.key in {"email", "contact.email"}:
        return sum("@" in cell for cell in cells) * 2 >= len(cells)
    if field.type in {CellType.MONEY, CellType.NUMBER}:
        return sum(any(digit.isdigit() for digit in cell) for cell in cells) * 2 >= len(cells)
    if field.type in {CellType.DATE, CellType.INSTANT}:
        profile = DateProfile()
        for cell in cells:
            profile.add(cell)
        return profile.unread * 2 <= profile.seen
    return True


# --- New attributes ------------------------------------------------------------------------------


def attribute_key(header: str) -> str:
    """A key for a new attribute: "Rozmiar buta" is "rozmiar_buta"; "" where nothing is left."""
    folded = unicodedata.normalize("NFKD", header.casefold().translate(_PLAIN_LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    key = _NOT_LETTERS.sub("_", plain).strip("_")[:60].strip("_")
    if key and not key[0].isalpha():
        key = f"a_{key}"[:60]
    return key if re.fullmatch(KEY_PATTERN, key) else ""


def infer_type(cells: Sequence[str], reader: CellReader) -> CellType:
    """The narrowest type all cells have; text where they have none in common."""
    filled = [cell.strip() for cell in cells[:SAMPLES_FOR_TYPES] if cell.strip()]
    if not filled:
        return CellType.TEXT
    for cell_type in (CellType.BOOLEAN, CellType.NUMBER, CellType.DATE):
        if all(_is(cell, cell_type, reader) for cell in filled):
            if cell_type == CellType.DATE and any(":" in cell for cell in filled):
                return CellType.INSTANT
            return cell_type
    return CellType.TEXT


def _is(cell: str, cell_type: CellType, reader: CellReader) -> bool:
    digits = cell.lstrip("+-")
    if cell_type == CellType.BOOLEAN and digits.isdigit():
        return False  # 0 and 1 may be counts
    if cell_type == CellType.NUMBER and (
        len(cell) > 15 or cell[0] == "+" or (digits[:1] == "0" and digits[1:2].isdigit())
    ):
        return False  # "007" and long digit strings are names of something
    if cell_type == CellType.DATE and len(digits) < 8:
        return False
    try:
        reader.read(cell, cell_type)
    except ValueError:
        return False
    return True
