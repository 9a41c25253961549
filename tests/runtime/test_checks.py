"""`check --deploy` refuses what can leak."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from config import checks


@pytest.mark.parametrize("key", ["x", "short", "please-change-me-please-change-me-please"])
def test_a_weak_secret_key_is_refused(settings, key: str):
    settings.SECRET_KEY = key
    assert [error.id for error in checks.check_secret_key(None)] == ["kohorta.E001"]


def test_a_random_secret_key_is_fine(settings):
    settings.SECRET_KEY = "3f0b2c1d" * 8
    assert checks.check_secret_key(None) == []


def test_debug_is_refused(settings):
    assert checks.check_debug(None) == []
    settings.DEBUG = True
    assert [error.id for error in checks.check_debug(None)] == ["kohorta.E002"]


def test_an_http_address_is_refused(settings):
    settings.BASE_URL = "http://kohorta.example"
    assert [error.id for error in checks.check_base_url(None)] == ["kohorta.E003"]
    settings.BASE_URL = "https://kohorta.example"
    assert checks.check_base_url(None) == []


DATABASE_CHECKS: list[Callable[..., Any]] = [
    checks.check_app_role,
    checks.check_row_level_security,
    checks.check_postgres_version,
]


@pytest.mark.django_db
@pytest.mark.parametrize("check", DATABASE_CHECKS)
def test_the_test_database_itself_passes(check: Callable[..., Any]):
    assert check(None, databases=["default"]) == []


@pytest.mark.parametrize("check", DATABASE_CHECKS)
def test_no_database_is_asked_unless_named(check: Callable[..., Any]):
    assert check(None, databases=None) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_running_as_the_owner_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "DEFAULT_DB_ALIAS", "owner")
    (error,) = checks.check_app_role(None, databases=["owner"])
    assert error.id == "kohorta.E004"
    assert "owns tables" in error.msg


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_tenant_table_without_row_level_security_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "DEFAULT_DB_ALIAS", "owner")
    with connections["owner"].cursor() as cursor:  # rolled back with the test
        cursor.execute("ALTER TABLE contacts_contact NO FORCE ROW LEVEL SECURITY")
    found = checks.check_row_level_security(None, databases=["owner"])
    assert [error.id for error in found] == ["kohorta.E005"]
    assert "contacts_contact" in found[0].msg


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        (140_020, False),
        (150_013, False),
        (150_014, True),
        (160_009, False),
        (170_006, True),
        (180_000, True),
        (190_000, True),
    ],
)
def test_postgres_versions_that_leak_statistics_are_refused(version: int, is_safe: bool):
    assert checks.is_safe_version(version) is is_safe
