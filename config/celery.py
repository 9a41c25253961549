"""The Celery application: JSON messages, acknowledged after the work is done.

Due times live in PostgreSQL and are claimed there; beat only ticks the few static tasks of
``settings.CELERY_BEAT_SCHEDULE``.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

app = Celery("kohorta")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)  # the request id reaches the task's log lines
app.autodiscover_tasks()


@setup_logging.connect
def configure_worker_logging(**kwargs: Any) -> None:
    """Log from workers exactly as the web does, instead of Celery's own format."""
    import logging.config

    logging.config.dictConfig(settings.LOGGING)
