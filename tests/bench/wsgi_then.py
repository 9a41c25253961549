"""The product's web application at another instant: that of the measured data."""

from __future__ import annotations

import os
from datetime import datetime

import time_machine

time_machine.travel(datetime.fromisoformat(os.environ["BENCH_CLOCK"]), tick=True).start()

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
