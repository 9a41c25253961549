"""The product's web application at another instant: that of the measured data.

The store keeps answers for about now only, by the database's clock; here it keeps those, too.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import time_machine

time_machine.travel(datetime.fromisoformat(os.environ["BENCH_CLOCK"]), tick=True).start()

from config.wsgi import application  # noqa: E402
from segments.engine import storing  # noqa: E402

storing.PAST = timedelta(days=36_500)

__all__ = ["application"]
