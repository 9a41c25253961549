"""A request's id stands in its log lines and in those of the tasks it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import structlog
from django.conf import settings
from django.test import RequestFactory
from django_structlog.middlewares import RequestMiddleware

from config.celery import app
from config.logs import without_query_string


@app.task(name="tests.runtime.log_something")
def log_something(**kwargs: object) -> None:
    structlog.get_logger("tests").info("something", **kwargs)


@pytest.fixture
def worker_log(tmp_path: Path):
    """Run a real worker that knows the task above; yields its log."""
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker", "--pool=solo"),
                *("--include=tests.runtime.test_request_id", "--loglevel=INFO"),
                *("--without-gossip", "--without-mingle"),
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, "KOHORTA_PROCESS": "worker", "REDIS_URL": settings.REDIS_URL},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield log
    finally:
        worker.terminate()
        worker.wait(20)


def wait_for_event(log: Path, event: str, marker: str) -> dict[str, object]:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if f'"{event}"' in line and marker in line:
                return dict(json.loads(line))
        time.sleep(0.1)
    raise AssertionError(f"no {event} in\n{log.read_text()}")


def test_the_request_id_reaches_the_task(worker_log: Path):
    marker = uuid.uuid4().hex
    seen = {}

    def view(request):
        seen.update(structlog.contextvars.get_contextvars())
        log_something.apply_async(kwargs={"marker": marker})
        from django.http import HttpResponse

        return HttpResponse()

    RequestMiddleware(view)(RequestFactory().get("/"))
    line = wait_for_event(worker_log, "something", marker)
    assert line["request_id"] == seen["request_id"]
    assert line["level"] == "info"
    assert "task_id" in line


def test_log_lines_hold_no_query_string():
    event = without_query_string(None, "info", {"request": "GET /w/1/contacts/?q=anna@example.com"})
    assert event["request"] == "GET /w/1/contacts/"
