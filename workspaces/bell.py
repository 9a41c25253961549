"""A bell that says which workspace has news, so that nobody has to look all the time.

Redis carries it; PostgreSQL is the truth. Whoever waits for a ring looks now and then all the same,
and whoever rings doesn't mind whether anybody hears it or whether Redis is there.

Not NOTIFY: PostgreSQL lets transactions that notify commit one at a time only.
"""

from __future__ import annotations

import time
from functools import cache, partial

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction

logger = structlog.get_logger(__name__)

CHANNEL = "kohorta:news"
TIMEOUT_SECONDS = 0.5
SILENT_SECONDS = 5.0  # after Redis didn't answer, nobody waits for it again so soon

_silent_until = 0.0


def ring_on_commit(workspace_id: int) -> None:
    """Ring once when the running transaction commits, however often it is asked for."""
    ringer = _ringer(workspace_id)
    if all(waiting[1] is not ringer for waiting in connection.run_on_commit):
        transaction.on_commit(ringer, robust=True)


@cache
def _ringer(workspace_id: int) -> partial[None]:
    return partial(_ring, workspace_id)


def _ring(workspace_id: int) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, str(workspace_id))
    except redis.RedisError:
        _silent_until = time.monotonic() + SILENT_SECONDS
        logger.warning("bell_unreachable")


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
    )


class Listener:
    """Hears the rings of all workspaces. Works, deaf, while Redis is away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._heard: redis.client.PubSub | None = None
        self._deaf_until = 0.0

    def wait(self, seconds: float) -> set[int]:
        """Workspaces that rang, as soon as one did; nothing when the time is up."""
        deadline = time.monotonic() + seconds
        rang: set[int] = set()
        while not rang and (left := deadline - time.monotonic()) > 0:
            if not self._is_listening():
                time.sleep(left)
                break
            rang |= self._next(left)
        while rang and (more := self._next(0.0)):
            rang |= more
        return rang

    def close(self) -> None:
        if self._heard is not None:
            self._heard.close()
            self._heard = None

    def _is_listening(self) -> bool:
        if self._heard is not None:
            return True
        if time.monotonic() < self._deaf_until:
            return False
        client = redis.Redis.from_url(self._url, socket_connect_timeout=TIMEOUT_SECONDS)
        heard: redis.client.PubSub = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        try:
            heard.subscribe(CHANNEL)
        except redis.RedisError:
            self._go_deaf()
            return False
        self._heard = heard
        return True

    def _next(self, seconds: float) -> set[int]:
        if self._heard is None:
            return set()
        try:
            message = self._heard.get_message(timeout=seconds)
        except (redis.RedisError, ValueError):
            self._go_deaf()
            return set()
        text = message["data"] if message else b""
        return {int(text)} if text.isdigit() else set()

    def _go_deaf(self) -> None:
        logger.warning("bell_unheard")
        self.close()
        self._deaf_until = time.monotonic() + SILENT_SECONDS
