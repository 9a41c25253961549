"""Asking a route something, and hearing whether the answer tells of another workspace."""

from __future__ import annotations

import difflib
import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client

from tests.security.routes import UNSAFE, Route
from tests.security.rows import Canaries
from tests.security.world import World


class Prober:
    """Asks as our owner, forgets what happened, and hears every canary."""

    def __init__(self, ours: World, theirs: World, canaries: Canaries) -> None:
        self.ours, self.theirs, self.canaries = ours, theirs, canaries
        self.browser, self.program = ours.browser(), ours.program()
        self.before = theirs.fingerprint()
        self.requests = 0
        self.faults: list[str] = []

    def client(self, route: Route) -> Client:
        return self.program if route.is_api else self.browser

    def ask(self, route: Route, method: str, path: str, body: Any = None, *, form: bool = False):
        """The answer; notes a canary, a crash, and a change in the other workspace."""
        if form:
            sent, kind = urlencode(body, doseq=True), "application/x-www-form-urlencoded"
        else:
            sent, kind = "" if body is None else json.dumps(body), "application/json"
        self.browser.cookies.pop("messages", None)  # what the page before had to say
        with transaction.atomic():
            answer = self.client(route).generic(method, path, sent, kind)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            with connection.cursor() as cursor:  # what would happen at commit
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            # (An answer of 400 or above leaves nothing written: tests/workspaces.)
            is_done = method in UNSAFE and answer.status_code < 400
            if is_done and self.theirs.fingerprint() != self.before:
                self.faults.append(f"{method} {path} {sent} changed the other workspace")
            transaction.set_rollback(True)
        self.requests += 1
        text = content.decode(errors="replace") + str(answer.headers)
        # What was sent may come back in an error; nothing else may.
        for canary in set(re.findall(r"canary_[0-9a-f]{12}", text)) & set(self.canaries.made):
            if canary not in path + sent:
                self.faults.append(f"{method} {path} {sent} told {self.canaries.made[canary]}")
        if answer.status_code >= 500:
            self.faults.append(f"{method} {path} {sent} crashed: {answer.status_code}")
        return answer.status_code, without_tokens(content.decode(errors="replace"), path)


def without_tokens(text: str, path: str) -> str:
    """An answer without what differs from one request to the next."""
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "<token>", text)
    return re.sub(r"/[\w./-]*\d[\w./-]*", "<path>", text).replace(path, "<path>")


def differing(found: tuple[int, str], nothing: tuple[int, str]) -> str:
    """What a foreign id's answer has that a missing one's hasn't, and the other way round."""
    lines = difflib.unified_diff(nothing[1].split("\n"), found[1].split("\n"), n=0, lineterm="")
    return f"{found[0]} where a missing id gets {nothing[0]}: {' '.join(list(lines)[2:])}"


class Forms(HTMLParser):
    """The POST forms of a page: where they go and what their fields are called."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []
        self.is_post = False

    @classmethod
    def of(cls, page: str) -> list[tuple[str, set[str]]]:
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.is_post = (given.get("method") or "").lower() == "post"
            if self.is_post:
                self.found.append((given.get("action") or "", set()))
        elif self.is_post and tag in {"input", "select", "textarea", "button"}:
            name = given.get("name")
            if name and name != "csrfmiddlewaretoken":
                self.found[-1][1].add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_post = False
