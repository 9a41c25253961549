"""Cells of a file -> typed values, read the way the file writes dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from contacts.text import normalise

DATE_FORMATS = ("iso", "dmy", "mdy", "unix")


class CellType(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"  # a calendar day
    INSTANT = "instant"  # a day without a time is its first moment in the workspace's zone
    LIST = "list"  # "a, b; c"
    CONSENT = "consent"


@dataclass(frozen=True)
class CellReader:
    """How this file writes values."""

    zone: ZoneInfo
    date_format: str = "iso"  # one of DATE_FORMATS, or a strptime pattern with %
    decimal_mark: str = "."

    def read(self, text: str, cell_type: CellType) -> Any:
        """The value, or None for an empty cell. Raises `ValueError` with a text for people."""
        text = text.strip()
        if not text:
            return None
        return _READERS[cell_type](self, text)


def _read_text(reader: CellReader, text: str) -> str:
    # Our own exports put an apostrophe before what a spreadsheet would run; take it off again.
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text


_CURRENCY_SIGNS = re.compile(r"(?:[A-Z]{3}|R\$|US\$|zł|Kč|kr|[$€£¥₽₴₹%])", re.IGNORECASE)
_SPACES = re.compile(r"[\s\u00a0\u202f'’]+")
_PLAIN = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def plain_number(text: str, decimal_mark: str) -> str:
    """ "1.234,50 zł" -> "1234.50" where the decimal mark is a comma. Raises `ValueError`."""
    if decimal_mark == "." and _PLAIN.fullmatch(text):
        return text
    shown = text
    text = _SPACES.sub("", text)
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    text = _CURRENCY_SIGNS.sub("", text).replace("−", "-").removeprefix("+")
    thousands = "," if decimal_mark == "." else "."
    whole, mark, decimals = text.partition(decimal_mark)
    if thousands in whole:
        groups = whole.lstrip("-").split(thousands)
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            raise ValueError(_("“%(value)s” is not a number.") % {"value": shown[:60]})
        whole = whole.replace(thousands, "")
    plain = f"{whole or '0'}.{decimals}" if mark and decimals else whole
    if plain.startswith("-."):
        plain = "-0" + plain[1:]
    if not _PLAIN.fullmatch(plain):
        raise ValueError(_("“%(value)s” is not a number.") % {"value": shown[:60]})
    return plain


def _read_number(reader: CellReader, text: str) -> int | float:
    plain = plain_number(text, reader.decimal_mark)
    return float(plain) if "." in plain else int(plain)


def _read_money(reader: CellReader, text: str) -> str:
    plain = plain_number(text, reader.decimal_mark)
    whole, _mark, decimals = plain.partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


_YES = frozenset("1 true yes y t x on tak prawda sim s verdadeiro in_stock instock ✓ ✔".split())
_NO = frozenset("0 false no n f off nie fałsz nao não falso out_of_stock outofstock -".split())


def _read_boolean(reader: CellReader, text: str) -> bool:
    key = normalise(text).replace(" ", "_")
    if key in _YES:
        return True
    if key in _NO:
        return False
    raise ValueError(_("“%(value)s” is neither yes nor no.") % {"value": text[:60]})


_LIST_MARKS = re.compile(r"[,;|\n]")


def _read_list(reader: CellReader, text: str) -> list[str]:
    parts = (part.strip().strip('"').strip() for part in _LIST_MARKS.split(text))
    return list(dict.fromkeys(part for part in parts if part))


_GRANTED = _YES | frozenset(
    "granted given subscribed subscribe opt-in opted-in opted_in optin confirmed active "
    "zgoda zapisany zapisana aktywny inscrito ativo aceito assinante".split()
)
_WITHDRAWN = _NO | frozenset(
    "withdrawn unsubscribed unsubscribe opt-out opted-out opted_out optout never_subscribed "
    "never inactive cleaned brak wypisany wypisana nieaktywny cancelado inativo recusado "
    "descadastrado revoked denied".split()
)
_PENDING = frozenset("pending unconfirmed waiting oczekuje niepotwierdzony pendente".split())


def _read_consent(reader: CellReader, text: str) -> str:
    key = normalise(text).replace(" ", "_")
    for status, words in (("granted", _GRANTED), ("withdrawn", _WITHDRAWN), ("pending", _PENDING)):
        if key in words:
            return status
    raise ValueError(_("“%(value)s” doesn't say whether there is consent.") % {"value": text[:60]})


# --- Dates ---------------------------------------------------------------------------------------

_WHEN = re.compile(
    r"(\d{1,4})([./\- ])(\d{1,2})\2(\d{1,4})"
    r"(?:(?:T|,?\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp])?\.?(?:[Mm]\.?)?)?"
    r"\s*(Z|UTC|GMT|[+\-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(Z)?", re.ASCII)
_UNIX = re.compile(r"\d{9,10}(?:\d{3})?", re.ASCII)


def _read_date(reader: CellReader, text: str) -> date:
    moment = _moment(text, reader.date_format)
    # Many systems export a birthday as its first moment: the calendar day as it is written counts.
    return moment.date()


def _read_instant(reader: CellReader, text: str) -> datetime:
    return _instant(text, reader.date_format, reader.zone)


@lru_cache(maxsize=16_384)
def _instant(text: str, date_format: str, zone: ZoneInfo) -> datetime:
    moment = _moment(text, date_format)
    if not 1900 <= moment.year <= 2200:
        raise ValueError(_("The year of “%(value)s” is out of range.") % {"value": text[:60]})
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


@lru_cache(maxsize=16_384)
def _moment(text: str, date_format: str) -> datetime:
    """Date and time as written, with a zone only where one is written."""
    try:
        if "%" in date_format:
            return datetime.strptime(text, date_format)  # noqa: DTZ007 - the zone is added above
        if date_format == "unix" and _UNIX.fullmatch(text):
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)
        if found := _WHEN.fullmatch(text):
            return _moment_of(found, date_format)
        if found := _COMPACT.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
            zone = UTC if found[7] else None
            return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        _("“%(value)s” is not a date written as %(format)s.")
        % {"value": text[:60], "format": describe_date_format(date_format)}
    )


def _moment_of(found: re.Match[str], date_format: str) -> datetime:
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) > 2:
        year, month, day = first, second, third
    elif date_format == "mdy":
        month, day, year = first, second, _full_year(found[4])
    elif date_format == "dmy":
        day, month, year = first, second, _full_year(found[4])
    else:
        raise ValueError(found[0])
    hour = int(found[5] or 0)
    if half := (found[9] or "").lower():
        if not 1 <= hour <= 12:
            raise ValueError(found[0])
        hour = hour % 12 + (12 if half == "p" else 0)
    microsecond = int((found[8] or "0")[:6].ljust(6, "0"))
    return datetime(
        year, month, day, hour, int(found[6] or 0), int(found[7] or 0), microsecond,
        tzinfo=_zone_of(found[10]),
    )  # fmt: skip


def _full_year(digits: str) -> int:
    """Two digits mean 1969 to 2068, as everywhere."""
    year = int(digits)
    if len(digits) == 4:
        return year
    if len(digits) != 2:
        raise ValueError(digits)
    return year + (2000 if year < 69 else 1900)


def _zone_of(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def describe_date_format(date_format: str) -> str:
    """The format in words."""
    names = {
        "iso": _("year-month-day"),
        "dmy": _("day/month/year"),
        "mdy": _("month/day/year"),
        "unix": _("seconds since 1970"),
    }
    return names.get(date_format, date_format)


_READERS: dict[CellType, Callable[[CellReader, str], Any]] = {
    CellType.TEXT: _read_text,
    CellType.NUMBER: _read_number,
    CellType.MONEY: _read_money,
    CellType.BOOLEAN: _read_boolean,
    CellType.DATE: _read_date,
    CellType.INSTANT: _read_instant,
    CellType.LIST: _read_list,
    CellType.CONSENT: _read_consent,
}
