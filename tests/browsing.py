"""Headless Chromium for tests: sign in, look at pages, ask axe, notice every breach of the CSP.

Set KOHORTA_SCREENSHOTS to a folder to keep a picture of every page that is checked.
"""

from __future__ import annotations

import atexit
import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from workspaces.models import User

AXE = next((Path(__file__).parent / "vendor").glob("axe-core-*")) / "axe.min.js"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
LONGEST_MS = 30_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
START_AXE = """options => {
  window.axeTold = null;
  axe.run(document, options).then(
    (found) => { window.axeTold = { found: { violations: found.violations } }; },
    (error) => { window.axeTold = { error: String(error) }; },
  );
}"""


@pytest.fixture(scope="session")
def chromium() -> Any:
    """One browser for the whole run; tests are skipped where there is none."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium")
    return browser_at(path)


@cache
def browser_at(path: str) -> Any:
    """The browser with this path. Every module that imports the fixture has its own copy of it, and
    the browser is started once.

    Playwright's loop then runs in this thread, and Django would refuse every query beside it.
    """
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    atexit.register(playwright.stop)
    atexit.register(browser.close)
    return browser


def open_page(
    chromium: Any, *, user: User | None, base_url: str, phone: bool = False, dark: bool = False
) -> Any:
    """A fresh page, signed in as the user; what it complains about is in `page.complaints`."""
    context = chromium.new_context(
        base_url=base_url,
        viewport=PHONE if phone else DESKTOP,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        has_touch=phone,
    )
    if user is not None:
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(user)}
        context.add_cookies([{**cookie, "url": base_url}])
    context.set_default_timeout(LONGEST_MS)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda line: _is_fault(line) and page.complaints.append(line.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def _is_fault(line: Any) -> bool:
    """Errors on the console; but a row that is still being filled in may be counted, and told what
    it lacks by a 400, when whoever fills it in is slow."""
    counted = str(line.location.get("url", "")).endswith("/api/segments/evaluate/")
    is_told = counted and "status of 400" in line.text
    return line.type == "error" and not is_told


def session_of(user: User) -> str:
    """The key of a new session of this user."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def violations(page: Any) -> list[str]:
    """What axe finds wrong, one line a node: rule, place and summary."""
    # Evaluated by the driver, so the page's content security policy doesn't stand in the way.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # Nothing bounds the wait for a promise: axe is started, and then asked whether it is done.
    page.evaluate(START_AXE, {"resultTypes": ["violations"]})
    told = page.wait_for_function("() => window.axeTold", timeout=LONGEST_MS).json_value()
    assert "error" not in told, told
    found = told["found"]
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def fonts_loaded(page: Any) -> None:
    """Wait for the fonts, not for ever."""
    page.wait_for_function("() => document.fonts.status === 'loaded'", timeout=LONGEST_MS)


def overflow(page: Any) -> int:
    """By how many pixels the page can be scrolled sideways: must be 0."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def keep_picture(page: Any, name: str) -> None:
    """Save a picture of the whole page where KOHORTA_SCREENSHOTS says so."""
    if folder := os.environ.get("KOHORTA_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def check_page(page: Any, name: str) -> None:
    """Fail for anything axe, the console or the layout complains about."""
    page.wait_for_load_state("networkidle")
    keep_picture(page, name)
    assert violations(page) == []
    assert overflow(page) == 0
    assert page.complaints == []
