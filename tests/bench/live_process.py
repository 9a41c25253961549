"""`manage.py live` with a clock that is so many seconds ahead: where the data of a run end."""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime

import django


def main(ahead: float) -> None:
    """Follow until terminated."""
    django.setup()
    from segments.live.process import LiveProcess

    process = LiveProcess(clock=lambda: datetime.fromtimestamp(time.time() + ahead, tz=UTC))
    signal.signal(signal.SIGTERM, lambda *_: process.stop())
    process.run()


if __name__ == "__main__":
    main(float(sys.argv[1]))
