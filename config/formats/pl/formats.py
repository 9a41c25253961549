"""Polish dates with the month in words: 22 lis 2026, 14:02."""

from __future__ import annotations

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j E Y, H:i"
SHORT_DATE_FORMAT = "j b Y"
SHORT_DATETIME_FORMAT = "j b Y, H:i"
