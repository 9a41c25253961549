"""Brazilian dates with the month in words: 22 nov 2026, 14:02."""

from __future__ import annotations

DATE_FORMAT = r"j \d\e E \d\e Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"j \d\e E \d\e Y, H:i"
SHORT_DATE_FORMAT = "j b Y"
SHORT_DATETIME_FORMAT = "j b Y, H:i"
