"""``/livez`` and ``/readyz``, answered before hosts, sessions or workspaces are looked at."""

from __future__ import annotations

from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

log = structlog.get_logger(__name__)


class HealthMiddleware:
    """Answers the probes itself: they name a host by address and carry no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return a probe's answer, or pass the request on."""
        if request.path == "/livez":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> JsonResponse:
    """Say which of the servers behind this process answer: 200 when all do, else 503."""
    checks = {"database": database_answers(), "redis": redis_answers()}
    ready = all(checks.values())
    body = {name: "ok" if answers else "unreachable" for name, answers in checks.items()}
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", **body}, status=200 if ready else 503
    )


def database_answers() -> bool:
    """Whether PostgreSQL answers a statement."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.warning("database_unreachable")
        return False
    return True


def redis_answers() -> bool:
    """Whether the broker answers within two seconds."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        log.warning("redis_unreachable")
        return False
