"""The role the tests run as, and what it may not do."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import ProgrammingError, connection, transaction

pytestmark = pytest.mark.django_db


def one_value(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None


def test_tests_run_as_a_role_that_owns_nothing_and_bypasses_nothing():
    assert one_value("SELECT current_user") == "kohorta_app"
    assert (
        one_value("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        is False
    )
    assert one_value("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE workspaces_user CASCADE",
        "ALTER TABLE workspaces_user ADD COLUMN extra int",
        "CREATE TABLE anything (id int)",
        "SET ROLE kohorta_owner",
        "UPDATE workspaces_auditentry SET at = at",
    ],
)
def test_the_app_role_may_not_change_the_schema_or_become_the_owner(statement: str):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_committed_rows_are_gone_before_the_next_test(round_: int):
    assert not get_user_model().objects.exists()
    get_user_model().objects.create(email="anna@example.com")


def test_sessions_have_the_limits_of_the_settings():
    assert one_value("SHOW jit") == "off"
    assert one_value("SHOW statement_timeout") == "1min"
    assert one_value("SHOW client_connection_check_interval") == "1s"
