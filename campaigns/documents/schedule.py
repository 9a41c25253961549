from __future__ import annotations

import datetime as dates
import re
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from campaigns.documents.base import Line, Part

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:00)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _read_time(value: object) -> dates.time:
    if isinstance(value, dates.time):
        return value
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise PydanticCustomError("not_a_time", _('A time is written like "09:30".'))
    return dates.time.fromisoformat(value)


def _read_date(value: object) -> dates.date:
    if isinstance(value, dates.date):
        return value
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        found = dates.date.fromisoformat(value)
        if not 2000 <= found.year <= 2999:
            raise ValueError
    except ValueError:
        raise PydanticCustomError("not_a_date", _('A date is written like "2026-06-30".')) from None
    return found


LocalTime = Annotated[
    dates.time,
    BeforeValidator(_read_time),
    PlainSerializer(lambda time: f"{time:%H:%M}", return_type=str, when_used="json-unless-none"),
]
LocalDate = Annotated[dates.date, BeforeValidator(_read_date)]


class Resend(Part):
    """Once more to those who have not opened, some time after."""

    after_hours: Annotated[int, Field(ge=1, le=720)] = 72
    subject: Line = ""  # empty: the same


class Schedule(Part):
    """When it is sent. Dates and times are local: the workspace's, or each contact's own."""

    kind: Literal["now", "at", "recurring"] = "now"
    date: LocalDate | None = None  # of "at"; the first day of "recurring"
    time: LocalTime | None = None
    zone: Literal["workspace", "contact"] = "workspace"
    every: Literal["day", "week", "month"] = "week"
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = []
    month_day: Annotated[int, Field(ge=1, le=31)] = 1  # the last day of a shorter month
    until: LocalDate | None = None
    quiet_hours: bool = True  # waits for their end where the settings name some
    resend: Resend | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Schedule:
        if self.kind != "now" and (self.date is None or self.time is None):
            raise PydanticCustomError("no_time", _("Say on which day and at what time."))
        if self.kind == "recurring" and self.every == "week" and not self.weekdays:
            raise PydanticCustomError("no_weekday", _("Choose at least one day of the week."))
        return self
