"""The product's web server as `./dev up` starts it."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.local.processes import free_port

START_SECONDS = 60


@contextmanager
def web_server(
    application: str = "config.wsgi:application",
    *options: str,
    env: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run it until the block ends; its port, once it is ready. `options` are gunicorn's."""
    port = free_port(0)
    command = [
        *(sys.executable, "-m", "gunicorn", application, *options),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2"),
        *("--threads", "4", "--timeout", "60", "--no-control-socket", "--log-level", "warning"),
    ]
    web = {**os.environ, "KOHORTA_PROCESS": "web", "LOG_LEVEL": "ERROR", **(env or {})}
    process = subprocess.Popen(command, env=web)
    try:
        connected(port).close()
        yield port
    finally:
        process.terminate()
        process.wait()


def most_memory(application: str) -> float:
    """What the process serving the application that needed most has ever held, in MiB."""
    most = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if application.encode() in (process / "cmdline").read_bytes():
                [line] = [
                    each
                    for each in (process / "status").read_text().splitlines()
                    if each.startswith("VmHWM")
                ]
                most = max(most, int(line.split()[1]) / 1024)
        except (OSError, ValueError):
            continue  # it has just ended
    return most


def connected(port: int) -> http.client.HTTPConnection:
    """A kept connection to a server that is ready, waiting for it if need be."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            client.request("GET", "/readyz")
            client.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return client
