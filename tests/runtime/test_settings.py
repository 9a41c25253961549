"""Settings come from the environment alone, and refuse what is unsafe."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

GOOD = {
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "DATABASE_URL": "postgres://app:pw@127.0.0.1:1/kohorta",
    "REDIS_URL": "redis://:pw@127.0.0.1:1/0",
}


def load_settings(expression: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process with exactly these variables and print the expression."""
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **GOOD}
    env.update({name: value for name, value in variables.items() if value is not None})
    for name in [name for name, value in variables.items() if value is None]:
        env.pop(name)
    code = f"from django.conf import settings; print(({expression}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_nothing_starts_without_its_secrets(missing: str):
    refused = load_settings("settings.SECRET_KEY", **{missing: None})
    assert refused.returncode != 0
    assert f"Set the {missing} environment variable" in refused.stderr


def test_production_is_the_default():
    shown = load_settings(
        "settings.DEBUG, settings.STORAGES['staticfiles']['BACKEND'], list(settings.DATABASES)"
    )
    assert shown.stdout.strip() == (
        "(False, 'config.static_storage.ContentAddressedStaticFiles', ['default'])"
    )


@pytest.mark.parametrize(("url", "is_secure"), [("https://k.example", True), ("http://k", False)])
def test_cookies_are_secure_exactly_where_people_come_over_https(url: str, is_secure: bool):
    expression = (
        "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE,"
        " settings.SECURE_HSTS_SECONDS > 0"
    )
    shown = load_settings(expression, BASE_URL=url)
    assert shown.stdout.strip() == str((is_secure,) * 3)


@pytest.mark.parametrize(
    ("process", "timeout"),
    [("web", 5_000), ("worker", 120_000), ("command", 0)],
)
def test_every_kind_of_process_has_its_statement_timeout(process: str, timeout: int):
    shown = load_settings(
        "settings.DATABASES['default']['OPTIONS']['options']", KOHORTA_PROCESS=process
    )
    assert f"-c statement_timeout={timeout} " in shown.stdout
    assert "-c jit=off " in shown.stdout


def test_tasks_are_json_acknowledged_late_and_taken_one_at_a_time():
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    longest_task = settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > longest_task


def test_the_content_security_policy_allows_nothing_unsafe():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    sources = [source for values in directives.values() for source in values]
    assert not [source for source in sources if "unsafe" in source or "*" in source]
