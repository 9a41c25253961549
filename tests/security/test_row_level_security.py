"""T-02: whatever the Python does, PostgreSQL gives no row of another workspace away."""

from __future__ import annotations

import re

import pytest
from django.db import Error, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from tests.makers.workspaces import make_workspace
from tests.security.catalog import (
    models_with_a_workspace,
    one,
    query,
    tables_with_a_workspace,
    tables_without_a_workspace,
    tenant_models,
    tenant_tables,
)
from tests.security.rows import Canaries, fill_every_table
from workspaces.privileges import WITHHELD
from workspaces.tenancy import (
    OUTSIDE_ROW_LEVEL_SECURITY,
    WorkspaceForeignKey,
    WorkspaceModel,
    claimer_scope,
    workspace_scope,
)

pytestmark = pytest.mark.django_db

# Read before a workspace is known; a longer list needs a reason as good as these.
MAY_STAND_OUTSIDE = {"workspaces_member", "workspaces_invitation", "workspaces_apikey"}

# Tables that belong to no workspace: people, their sessions, and Django's own.
OF_NO_WORKSPACE = re.compile(
    r"workspaces_(user|workspace)$|django_|auth_|account_|mfa_|usersessions_"
)

# Workers look for due rows of every workspace here, and only inside `claimer_scope`.
QUEUES = {
    "campaigns_campaign",
    "campaigns_confirmationrequest",
    "campaigns_recipient",
    "campaigns_run",
    "campaigns_sendingaccount",
    "contacts_contactchange",  # so that the live process sees whose log has grown
    "contacts_import",
    "segments_livestate",
    "segments_recount",
    "segments_segment",
}


def test_every_table_with_a_workspace_forces_row_level_security(record_property):
    tables = tenant_tables()
    record_property("tenant_tables", len(tables))
    forced = {
        name
        for (name,) in query(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
            " AND relnamespace = 'public'::regnamespace"
        )
    }
    assert set(tables) - forced == set()
    assert len(tables) > 30


def test_the_tables_outside_are_the_few_that_have_a_reason():
    assert OUTSIDE_ROW_LEVEL_SECURITY == MAY_STAND_OUTSIDE
    assert tables_with_a_workspace() >= MAY_STAND_OUTSIDE


def test_every_table_without_a_workspace_belongs_to_none():
    assert [t for t in sorted(tables_without_a_workspace()) if not OF_NO_WORKSPACE.match(t)] == []


def test_every_model_with_a_workspace_knows_the_walls():
    for model in models_with_a_workspace():
        assert model._meta.db_table in tables_with_a_workspace()
    with_a_column = {model._meta.db_table for model in tenant_models()}
    assert with_a_column == set(tenant_tables())


def test_policies_let_rows_of_the_workspace_through_and_nothing_else():
    rows = query(
        "SELECT c.relname, p.polname, p.polcmd, p.polpermissive,"
        " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)"
        " FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
    )
    workspace_rows, claimer_rows = set(), set()
    for table, name, command, permissive, shown, taken in rows:
        assert (command, permissive) == ("*", True)
        assert shown == taken
        if name == "workspace_rows":
            assert re.search(r"^\(workspace_id = \( SELECT .*'app\.workspace_id'", shown), shown
            workspace_rows.add(table)
        else:
            assert name == "claimer_rows"
            assert "'app.claimer'" in shown
            claimer_rows.add(table)
    assert workspace_rows == set(tenant_tables())
    assert claimer_rows == QUEUES


def test_the_app_role_can_neither_bypass_nor_own_nor_become_the_owner():
    flags = query(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert flags == [(False,) * 5]
    assert one("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == 0
    assert one("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole") == 0
    assert one("SELECT has_schema_privilege('public', 'CREATE')") is False


def test_nothing_in_the_schema_runs_with_its_owners_rights():
    definers = query(
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
        " WHERE prosecdef AND nspname = 'public'"
    )
    assert definers == []
    views = query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND ("
        " relkind = 'm' OR (relkind = 'v'"
        " AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)))"
    )
    assert views == []


def test_keys_lead_with_the_workspace():
    keys = query(
        "SELECT c.relname, i.relname, (SELECT attname FROM pg_attribute"
        "   WHERE attrelid = c.oid AND attnum = x.indkey[0])"
        " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
        " JOIN pg_class c ON c.oid = x.indrelid"
        " WHERE x.indisunique AND c.relname = ANY (%s)",
        [tenant_tables()],
    )
    assert len(keys) >= len(tenant_tables())
    assert [key for key in keys if key[2] != "workspace_id"] == []


def test_every_reference_between_tenant_tables_carries_the_workspace(record_property):
    in_database = {
        (table, tuple(columns), target, tuple(target_columns))
        for table, columns, target, target_columns in query(
            "SELECT c.relname,"
            " (SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(k.conkey)"
            "   WITH ORDINALITY u(attnum, n) JOIN pg_attribute a"
            "   ON a.attrelid = k.conrelid AND a.attnum = u.attnum),"
            " t.relname,"
            " (SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(k.confkey)"
            "   WITH ORDINALITY u(attnum, n) JOIN pg_attribute a"
            "   ON a.attrelid = k.confrelid AND a.attnum = u.attnum)"
            " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " JOIN pg_class t ON t.oid = k.confrelid"
            " WHERE k.contype = 'f' AND k.convalidated"
        )
    }
    checked = 0
    for model in tenant_models():
        for field in model._meta.local_fields:
            target = field.related_model
            if not isinstance(field, models.ForeignKey) or not issubclass(target, WorkspaceModel):
                continue
            assert isinstance(field, WorkspaceForeignKey), f"{model._meta.label}.{field.name}"
            wanted = (
                model._meta.db_table,
                ("workspace_id", field.column),
                target._meta.db_table,
                ("workspace_id", target._meta.pk.column),
            )
            assert wanted in in_database, wanted
            checked += 1
    tenant = set(tenant_tables())
    loose = [key for key in in_database if key[2] in tenant and key[1][0] != "workspace_id"]
    assert loose == []
    record_property("composite_foreign_keys", checked)
    assert checked > 20


def test_every_tenant_model_is_secured_by_a_migration_so_that_new_databases_are_too():
    loader = MigrationLoader(connection)
    secured = {
        (migration.app_label, name.lower())
        for migration in loader.disk_migrations.values()
        for operation in migration.operations
        if type(operation).__name__ == "SecureTenantTables"
        for name in operation.names
    }
    assert {(m._meta.app_label, m._meta.model_name) for m in tenant_models()} <= secured


# With a row of the other workspace in every table


@pytest.fixture
def ours_and_theirs():
    ours, theirs = make_workspace("Ours"), make_workspace("Theirs")
    canaries = Canaries()
    fill_every_table(theirs, canaries)
    fill_every_table(ours, Canaries())
    return ours, theirs, canaries


def count_rows(table: str, where: str = "true") -> int:
    return one(f'SELECT count(*) FROM "{table}" WHERE {where}')


def attempt(statement: str, parameters=None) -> int | str:
    """How many rows a statement touched, or the state of its error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.rowcount
    except Error as error:
        return str(error.__cause__.sqlstate)


def test_without_a_scope_every_tenant_table_is_empty(ours_and_theirs, record_property):
    ours, theirs, _ = ours_and_theirs
    tables = tenant_tables()
    for workspace in (ours, theirs):
        with workspace_scope(workspace):
            empty = [table for table in tables if count_rows(table) == 0]
            assert empty == [], "a table without a row proves nothing"
    assert [table for table in tables if count_rows(table)] == []
    record_property("tables_tried", len(tables))


def test_inside_a_scope_only_its_rows_are_seen_whatever_the_statement_says(ours_and_theirs):
    ours, theirs, canaries = ours_and_theirs
    with workspace_scope(ours):
        for table in tenant_tables():
            assert count_rows(table, f"workspace_id = {theirs.pk} OR true") == count_rows(table)
            assert count_rows(table, f"workspace_id = {theirs.pk}") == 0
            [(text,)] = query(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')
            assert canaries.heard_in(text) == []


def test_rows_of_another_workspace_can_be_neither_added_nor_changed_nor_removed(ours_and_theirs):
    ours, theirs, _ = ours_and_theirs
    insufficient_privilege = "42501"
    with workspace_scope(ours):
        for table in tenant_tables():
            columns = [
                name
                for (name,) in query(
                    "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass"
                    " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                    [table],
                )
            ]
            copied = ", ".join(
                str(theirs.pk) if name == "workspace_id" else name for name in columns
            )
            added = attempt(
                f'INSERT INTO "{table}" ({", ".join(columns)}) OVERRIDING SYSTEM VALUE'
                f' SELECT {copied} FROM "{table}"'
            )
            assert added == insufficient_privilege, table
            touched = f"workspace_id = {theirs.pk}"
            moved = attempt(f'UPDATE "{table}" SET workspace_id = {theirs.pk}')
            assert moved == insufficient_privilege, table
            statements = {
                "UPDATE": f'UPDATE "{table}" SET workspace_id = {ours.pk} WHERE {touched}',
                "DELETE": f'DELETE FROM "{table}" WHERE {touched}',
            }
            for right, statement in statements.items():
                is_withheld = right in WITHHELD.get(table, ())
                nothing = insufficient_privilege if is_withheld else 0
                assert attempt(statement) == nothing, table
            assert attempt(f'TRUNCATE "{table}"') == insufficient_privilege, table


def test_a_reference_into_another_workspace_is_refused_although_its_id_exists(ours_and_theirs):
    ours, theirs, _ = ours_and_theirs
    foreign_key_violation = "23503"
    tried = 0
    for model in tenant_models():
        for field in model._meta.local_fields:
            if not isinstance(field, WorkspaceForeignKey) or field.primary_key:
                continue
            target = field.related_model
            with workspace_scope(theirs):
                foreign_id = target._base_manager.values_list("pk", flat=True).last()
            table, column = model._meta.db_table, field.column
            with workspace_scope(ours):
                if "UPDATE" in WITHHELD.get(table, ()):
                    continue
                attempted = attempt_now(f'UPDATE "{table}" SET "{column}" = %s', [foreign_id])
            # Some tables name the contact in a unique or check constraint of their own.
            assert attempted in {foreign_key_violation, "23505", "23514"}, (table, column)
            tried += attempted == foreign_key_violation
    assert tried > 20


def attempt_now(statement: str, parameters) -> int | str:
    """As `attempt`, with deferred constraints checked at once."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement, parameters)
            return cursor.rowcount
    except Error as error:
        return str(error.__cause__.sqlstate)


def test_a_claimer_sees_queues_and_nothing_else(ours_and_theirs):
    with claimer_scope():
        seen = {table for table in tenant_tables() if count_rows(table)}
    assert seen == QUEUES
    assert [table for table in tenant_tables() if count_rows(table)] == []
