"""What a file is like: encoding, delimiter, order of dates, decimal mark."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from contacts.importing.reading import MAX_BYTES, Dialect, Record, UnreadableFileError, read_records

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 256 * 1024
SAMPLE_RECORDS = 60

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_FORMATS = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"SQLite format 3", "SQLite"),
)
# Letters one expects beside ASCII; the right code page shows many, a wrong one shows signs.
_LETTERS = {
    "cp1250": set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰöüÖÜäÄ"),
    "cp1252": set("áâãàçéêíóôõúüÁÂÃÀÇÉÊÍÓÔÕÚÜñÑäöÄÖßèîïëûùœåÅøØæÆ"),
    "iso8859_2": set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰöüÖÜäÄ"),
}
_SIGNS = set("’‘“”„–—…€£§°©®«»·™´¨\u00a0")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1250", "cp1252", "iso8859_2", "iso8859_1")


def detect_dialect(
    data: bytes, *, encoding: str | None = None, delimiter: str | None = None
) -> Dialect:
    """Encoding and delimiter; what the caller states is not guessed.

    Raises `UnreadableFileError` where there is no table of text.
    """
    refuse_what_is_no_table(data)
    if encoding is None:
        encoding = detect_encoding(data)
    else:
        _check_encoding(encoding)
    if delimiter is None:
        delimiter = detect_delimiter(data, encoding)
    elif delimiter not in DELIMITERS:
        raise UnreadableFileError(
            "unknown_delimiter", _("The delimiter is a comma, a semicolon, a tab or a bar.")
        )
    return Dialect(encoding=encoding, delimiter=delimiter)


def refuse_what_is_no_table(data: bytes) -> None:
    """Raise `UnreadableFileError` for empty, oversized and binary files."""
    if not data.strip(b"\x00 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFileError("empty", _("The file is empty."))
    if len(data) > MAX_BYTES:
        raise UnreadableFileError(
            "too_large", _("The file is larger than 100 MiB. Split it and import the parts.")
        )
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableFileError(
            "not_csv",
            _("This is a spreadsheet or an archive, not a CSV file. Save the sheet as CSV first."),
        )
    for start, name in _OTHER_FORMATS:
        if data.startswith(start):
            raise UnreadableFileError(
                "not_csv", _("This is a %(format)s file, not a CSV file.") % {"format": name}
            )


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(codecs.lookup(encoding).name)
    except (LookupError, ValueError, TypeError):
        raise UnreadableFileError(
            "unknown_encoding", _("%(name)s is not an encoding.") % {"name": encoding}
        ) from None


def detect_encoding(data: bytes) -> str:
    """A byte order mark decides, then valid UTF-8, then the code page whose letters fit best."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if wide := _wide_encoding(data[:SAMPLE_BYTES]):
        return wide
    if _is_mostly_utf8(data):
        return "utf-8"
    sample = data[:SAMPLE_BYTES] if any(byte > 127 for byte in data[:SAMPLE_BYTES]) else data
    scores = {encoding: _fit(sample, encoding) for encoding in _LETTERS}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] > 0:
        return best
    guess = from_bytes(sample[:SAMPLE_BYTES]).best()
    return guess.encoding if guess is not None else "cp1252"


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: text in Latin letters has a zero in every other byte."""
    pairs = len(sample) // 2
    if pairs < 4:
        return None
    if sample[1::2].count(0) > pairs * 0.6 and sample[0::2].count(0) < pairs * 0.2:
        return "utf-16-le"
    if sample[0::2].count(0) > pairs * 0.6 and sample[1::2].count(0) < pairs * 0.2:
        return "utf-16-be"
    return None


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether it is UTF-8, perhaps with a few spoilt lines (their rows are refused later)."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        bad = text.count("\ufffd")
        good = sum(1 for character in text[:SAMPLE_BYTES] if character > "\x7f") - bad
        return good > 20 * bad
    return True


def _fit(sample: bytes, encoding: str) -> int:
    """How much the non-ASCII characters look like a language of the code page."""
    expected = _LETTERS[encoding]
    score = 0
    for character, count in Counter(sample.decode(encoding, errors="replace")).items():
        if character <= "\x7f":
            continue
        if character in expected:
            score += 2 * count
        elif character not in _SIGNS:
            score -= 3 * count
    return score


def detect_delimiter(data: bytes, encoding: str) -> str:
    """The delimiter that cuts the first records into the same number of several columns."""
    sample = data[:SAMPLE_BYTES]
    scores = {
        delimiter: _consistency(sample, Dialect(encoding, delimiter)) for delimiter in DELIMITERS
    }
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ","


def _consistency(sample: bytes, dialect: Dialect) -> float:
    records = [
        record
        for record in islice(read_records(sample, dialect), SAMPLE_RECORDS)
        if not record.problem
    ]
    if not records or (width := len(records[0].cells)) < 2:
        return 0.0
    # The sample may end in the middle of a record.
    rows = records[1:-1] or records[1:] or records
    same = sum(len(record.cells) == width for record in rows) / len(rows)
    return same * 100 + min(width, 50) / 10


# --- Dates and numbers ---------------------------------------------------------------------------

_DATE = re.compile(r"\s*(\d{1,4})([./\-\s])(\d{1,2})\2(\d{1,4})(?!\d)", re.ASCII)
_COMPACT = re.compile(r"\s*(?:19|20)\d{6}\s*", re.ASCII)
_UNIX = re.compile(r"\s*\d{10}(?:\d{3})?\s*", re.ASCII)


@dataclass
class DateProfile:
    """What the dates of a column have shown so far."""

    seen: int = 0
    unread: int = 0
    year_first: int = 0
    day_first: int = 0  # the first part can only be a day
    month_first: int = 0  # the second part can only be a day
    dotted: int = 0
    unix: int = 0
    examples: list[str] = field(default_factory=list)  # that fit both orders

    def add(self, value: str) -> None:
        """Look at one cell."""
        if not value or value.isspace():
            return
        self.seen += 1
        if found := _DATE.match(value):
            self._add_parts(value, found[1], found[2], int(found[3]))
        elif _COMPACT.fullmatch(value):
            self.year_first += 1
        elif _UNIX.fullmatch(value):
            self.unix += 1
        else:
            self.unread += 1

    def _add_parts(self, value: str, first: str, separator: str, second: int) -> None:
        if len(first) > 2:
            self.year_first += 1
        elif int(first) > 12 >= second:
            self.day_first += 1
        elif second > 12 >= int(first):
            self.month_first += 1
        elif separator == ".":
            self.dotted += 1
        elif len(self.examples) < 5 and int(first) != second:
            self.examples.append(value.strip())

    @property
    def looks_like_dates(self) -> bool:
        return self.seen > 0 and self.unread <= self.seen * 0.2 and self.unix == 0


@dataclass(frozen=True)
class DateOrder:
    """The order of day and month: `format` is "" where only a person can tell."""

    format: str
    examples: Sequence[str] = ()

    @property
    def is_ambiguous(self) -> bool:
        return not self.format


def decide_date_order(profiles: Iterable[DateProfile]) -> DateOrder:
    """The format of all the date columns together; one clear value settles the others."""
    profiles = list(profiles)
    day = sum(profile.day_first for profile in profiles)
    month = sum(profile.month_first for profile in profiles)
    dotted = sum(profile.dotted for profile in profiles)
    examples = [example for profile in profiles for example in profile.examples]
    if day and month and min(day, month) * 20 > max(day, month):
        return DateOrder("", examples)
    if day or month:
        return DateOrder("dmy" if day > month else "mdy")
    if dotted:
        return DateOrder("dmy")
    if examples:
        return DateOrder("", examples)
    if any(profile.unix for profile in profiles) and not any(p.year_first for p in profiles):
        return DateOrder("unix")
    return DateOrder("iso")


_NUMBER_MARKS = re.compile(r"\d([.,])(\d+)(?!.*[.,])", re.ASCII)


def decide_decimal_mark(values: Iterable[str], *, delimiter: str) -> str:
    """ "," or ".": the mark that stands last, or is not followed by exactly three digits."""
    votes: Counter[str] = Counter()
    for value in values:
        found = _NUMBER_MARKS.search(value)
        if found is None:
            continue
        mark, digits = found[1], found[2]
        other = "." if mark == "," else ","
        if other in value:
            votes[mark] += 1
        elif value.count(mark) > 1:
            votes[other] += 1
        elif len(digits) != 3:
            votes[mark] += 1
    if votes["."] != votes[","]:
        return "." if votes["."] > votes[","] else ","
    return "," if delimiter == ";" else "."


def usable(records: Iterable[Record]) -> Iterable[Record]:
    """Records without a problem."""
    return (record for record in records if not record.problem)
