"""In Chromium: a key pressed in a row until every number is shown, and the editor opened cold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np
from django.urls import reverse

from tests.bench.measure import Figure, Skipped, measures
from tests.bench.prepared import Bench
from tests.bench.product import Asked, forget_leaves
from tests.bench.questions import Q10, document_of
from tests.bench.serving import most_memory, web_server
from tests.browsing import browser_at, open_page
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_member, make_user
from workspaces.models import Role

WARM_UP = 4
APPLICATION = "tests.bench.wsgi_then:application"
KEY_PRESSED, OPENED = 300.0, 1000.0
# Waits for the numbers of what the next key makes: all of them are painted two frames after.
WATCH = """() => {
  const store = document.getElementById("editor").store;
  window.took = null;
  addEventListener("keydown", () => {
    const start = performance.now();
    let isAsked = false;
    const look = () => {
      const status = store.counting.status;
      isAsked ||= status === "counting";
      if (isAsked && status === "failed") return (window.took = -1);
      if (!isAsked || status !== "fresh") return requestAnimationFrame(look);
      const painted = () => (window.took = performance.now() - start);
      requestAnimationFrame(() => requestAnimationFrame(painted));
    };
    look();
  }, { once: true, capture: true });
}"""
FRESH = (
    "() => document.getElementById('editor')?.store?.counting.status === 'fresh'"
    " && document.querySelector('[data-status=fresh]') && performance.now()"
)


@measures("browser", "In a browser: all 22 numbers of Q10 on the screen")
def in_browser(bench: Bench, repeats: int) -> list[Figure]:
    """The editor of a segment that says Q10, at the instant of the data."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise Skipped("there is no Chromium here")
    marketer = make_user(f"marketer-{time.time_ns()}@example.org")
    user = make_member(bench.large, Role.OWNER, user=marketer).user
    where = document_of(Q10, bench.leaves)
    segment = make_segment(bench.large, where, name=f"Q10 {time.time_ns()}", now=bench.as_of)
    editor = reverse("segments:edit", args=[bench.large.pk, segment.pk])
    with _server(bench) as url:
        page = open_page(browser_at(path), user=user, base_url=url)
        try:
            for _ in range(WARM_UP):  # every worker has answered
                _opened(bench, page, editor)
            opened = [_opened(bench, page, editor) for _ in range(max(repeats, 3))]
            Asked(bench.large, where, bench.as_of).measure()
            pressed = _pressed(page, editor, repeats)
            memory = most_memory(APPLICATION)
        finally:
            page.context.close()
    answered = [each for each in pressed if each >= 0]
    refused = len(pressed) - len(answered)
    slow = float(np.percentile(answered, 95))
    cold = median(opened)
    return [
        Figure(
            "a key pressed in a row, 95th percentile",
            f"{slow:.0f} ms",
            f"≤ {KEY_PRESSED:g} ms",
            slow <= KEY_PRESSED and not refused,
            f"{len(pressed)} keys in rows with numbers, median {median(answered):.0f} ms,"
            f" {refused} refused after five seconds;"
            " at least 50 ms of it the editor waits for the next key",
        ),
        Figure(
            "the editor opened, no leaf stored",
            f"{cold:.0f} ms",
            f"≤ {OPENED:g} ms",
            cold <= OPENED,
            "its files in the browser's cache, the server's processes have answered before",
        ),
        Figure("most memory of a process of the server", f"{memory:,.0f} MiB"),
    ]


def _opened(bench: Bench, page: Any, editor: str) -> float:
    """From the first byte asked for until the numbers are there."""
    page.goto("about:blank")
    forget_leaves(bench.large)
    page.goto(editor, wait_until="commit")
    return float(page.wait_for_function(FRESH).json_value())


def _pressed(page: Any, editor: str, repeats: int) -> list[float]:
    """The last digit of every number in the rows taken away, and another one typed; each key makes
    a row that nobody asked before, or one that was asked a moment ago.
    """
    page.goto(editor)
    page.wait_for_function(FRESH)
    boxes = page.locator("[data-row] input[inputmode=numeric], [data-row] input[inputmode=decimal]")
    number = boxes.count()
    if not number:
        raise Skipped("no row with a number")
    took = []
    for digit in "7418629350"[: max(repeats, 3)]:
        for place in range(number):
            box = boxes.nth(place)
            before = box.input_value()
            keys = ["Backspace", digit]
            box.press("End")
            if len(before) == 1:  # one digit is replaced by another
                box.press("Shift+Home")
                keys = [digit if digit != before else "5"]
            took += [_press(page, box, key) for key in keys]
            if took[-1] < 0:  # refused; what follows is another question
                box.fill(before)
                page.wait_for_function(FRESH)
    return took


def _press(page: Any, box: Any, key: str) -> float:
    page.evaluate(WATCH)
    box.press(key)
    return float(page.wait_for_function("() => window.took").json_value())


@contextmanager
def _server(bench: Bench) -> Iterator[str]:
    """The web server with its collected files as a host serves them, by whose clock it is the
    instant of the data."""
    with tempfile.TemporaryDirectory() as files:
        env = {"STATIC_ROOT": files, "BENCH_CLOCK": bench.as_of.isoformat()}
        env |= {"PLAIN_STATIC": "false"}
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(collect, env={**os.environ, "KOHORTA_PROCESS": "web", **env}, check=True)
        with web_server(APPLICATION, env=env) as port:
            yield f"http://127.0.0.1:{port}"
