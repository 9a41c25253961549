from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.audit import record_audit
from workspaces.models import AuditEntry
from workspaces.tenancy import (
    ScopeNestingError,
    claimer_scope,
    current_workspace_id,
    workspace_scope,
)

pytestmark = pytest.mark.django_db


def make_two_workspaces_with_entries():
    workspaces = make_workspace("One"), make_workspace("Two")
    for workspace in workspaces:
        record_audit(actor=make_actor(workspace), action=f"in {workspace.name}", now=NOW)
    return workspaces


def actions() -> set[str]:
    return set(AuditEntry.objects.values_list("action", flat=True))


def test_nothing_is_seen_outside_a_scope():
    make_two_workspaces_with_entries()
    assert current_workspace_id() is None
    assert actions() == set()


def test_a_scope_sees_one_workspace_even_when_nobody_filters():
    one, two = make_two_workspaces_with_entries()
    with workspace_scope(one):
        assert actions() == {"in One", "workspace.created"}
    with workspace_scope(two):
        assert actions() == {"in Two", "workspace.created"}


def test_a_scope_ends_with_its_block_although_the_transaction_goes_on():
    one, _ = make_two_workspaces_with_entries()
    with workspace_scope(one):
        pass
    assert current_workspace_id() is None
    assert actions() == set()


def test_a_scope_ends_with_an_exception_too():
    one, two = make_two_workspaces_with_entries()
    with pytest.raises(ZeroDivisionError), workspace_scope(one):
        1 / 0  # noqa: B018
    assert current_workspace_id() is None
    with workspace_scope(two):
        assert "in One" not in actions()


def test_a_scope_survives_a_failed_statement_inside_it():
    one, _ = make_two_workspaces_with_entries()
    with workspace_scope(one):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")
        assert "in One" in actions()


def test_a_scope_ends_when_it_is_rolled_back_on_purpose():
    one, _ = make_two_workspaces_with_entries()
    with workspace_scope(one):
        transaction.set_rollback(True)
    assert current_workspace_id() is None


def test_the_same_workspace_may_nest_and_the_outer_scope_goes_on():
    one, _ = make_two_workspaces_with_entries()
    with workspace_scope(one):
        with workspace_scope(one.pk):
            assert "in One" in actions()
        assert current_workspace_id() == one.pk
        assert "in One" in actions()


def test_another_workspace_may_not_nest_and_the_outer_scope_goes_on():
    one, two = make_two_workspaces_with_entries()
    with workspace_scope(one):
        with pytest.raises(ScopeNestingError), workspace_scope(two):
            pass
        assert current_workspace_id() == one.pk
        assert "in Two" not in actions()


def test_a_claim_cannot_start_inside_a_scope_and_ends_with_its_block():
    one, _ = make_two_workspaces_with_entries()
    with workspace_scope(one), pytest.raises(ScopeNestingError), claimer_scope():
        pass
    with claimer_scope():
        assert actions() == set()  # no queue table: claims show nothing of it
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.claimer', true), '')")
        assert cursor.fetchone()[0] != "on"


def test_a_row_of_another_workspace_cannot_be_written():
    one, two = make_two_workspaces_with_entries()
    with (
        workspace_scope(one),
        pytest.raises((ProgrammingError, IntegrityError)),
        transaction.atomic(),
    ):
        AuditEntry.objects.create(workspace=two, at=NOW, actor="x", actor_kind="user", action="x")


@pytest.mark.django_db(transaction=True)
def test_isolation_can_be_chosen_by_the_outermost_scope():
    one = make_workspace()
    with workspace_scope(one, isolation="REPEATABLE READ"), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
    with pytest.raises(ValueError), workspace_scope(one, isolation="CHAOS"):
        pass


@pytest.mark.django_db(transaction=True)
def test_threads_have_scopes_of_their_own():
    one, two = make_two_workspaces_with_entries()
    inside, seen = threading.Barrier(2, timeout=10), {}

    def look(workspace) -> None:
        try:
            with workspace_scope(workspace):
                inside.wait()
                seen[workspace.name] = actions()
                inside.wait()
            seen[workspace.name + " after"] = actions()
        finally:
            connection.close()

    threads = [threading.Thread(target=look, args=[workspace]) for workspace in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {
        "One": {"in One", "workspace.created"},
        "Two": {"in Two", "workspace.created"},
        "One after": set(),
        "Two after": set(),
    }
