"""`manage.py live`: follows who enters and leaves segments, until it is stopped."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from segments.live.process import LiveProcess


class Command(BaseCommand):
    """Runs beside web, worker and beat. Ctrl-C and SIGTERM end it after the running pulses."""

    help = "Follow live membership of segments in all workspaces."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--threads", type=int, help="workspaces pulsed side by side")
        parser.add_argument(
            "--once", action="store_true", help="pulse every workspace once, and end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Follow, or pulse once."""
        process = LiveProcess(clock=timezone.now, threads=options["threads"])
        if options["once"]:
            self.stdout.write(f"{process.run_once()} workspaces")
            return

        def stop(number: int, frame: FrameType | None) -> None:
            process.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        process.run()
