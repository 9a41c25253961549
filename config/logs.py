"""One JSON line per event, with the request id that also reaches the workers."""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Who has such an address may act for the recipient, or speak for the provider.
_SECRET_PATH = re.compile(r"(/m/(?:hooks/[0-9]+|[a-z])/)[^/\s]+")


def without_query_string(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Cut the query string from logged requests: searches hold people's names and addresses.

    Secrets in the paths of messages go as well.
    """
    request = event.get("request")
    if isinstance(request, str):
        event["request"] = _SECRET_PATH.sub(r"\1…", request.partition("?")[0])
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_query_string,
]


def configure_structlog() -> None:
    """Send structlog's events through the standard library, where one formatter writes all."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return Django's ``LOGGING``: all to standard error, as JSON or for a person's eyes."""
    renderer: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderer,
                ],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Its own handlers would print every line a second time, without the request id.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},
            "celery.app.trace": {"level": "WARNING"},  # django-structlog says the same, better
        },
    }
