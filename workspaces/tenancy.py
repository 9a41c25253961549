"""The walls between workspaces.

Every tenant table has row-level security forced on it: without a workspace set for the
transaction PostgreSQL shows no rows and takes none. `workspace_scope` is the only way to set it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import connection, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

if TYPE_CHECKING:
    from workspaces.models import Workspace

# Tables with a workspace that are read before a workspace is known (sign-in, key lookup).
OUTSIDE_ROW_LEVEL_SECURITY = frozenset(
    {"workspaces_member", "workspaces_invitation", "workspaces_apikey"}
)

_SETTING = "app.workspace_id"

M = TypeVar("M", bound=models.Model)


class ScopeNestingError(RuntimeError):
    """A scope for one workspace was opened inside a scope for another."""


class NoWorkspaceScopeError(RuntimeError):
    """Tenant data was asked for outside `workspace_scope`."""


class WorkspaceQuerySet(models.QuerySet[M]):
    """Querysets of tenant tables start with `in_workspace`."""

    def in_workspace(self, workspace: Workspace | int) -> Self:
        """Rows of this workspace; the predicate stands beside row-level security for the plans."""
        return self.filter(workspace_id=workspace_id_of(workspace))


class WorkspaceModel(models.Model):
    """A row that belongs to exactly one workspace."""

    workspace = models.ForeignKey(
        "workspaces.Workspace",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        abstract = True


class WorkspaceForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A reference between tenant tables.

    The database enforces `(workspace_id, x_id) -> (workspace_id, id)`, made by
    `SecureTenantTables`, so that a row can't point into another workspace even when row-level
    security doesn't look (foreign key checks bypass it).
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        kwargs.setdefault("db_index", False)
        super().__init__(to, on_delete, **kwargs)


class WorkspaceOneToOneField(WorkspaceForeignKey, models.OneToOneField):  # type: ignore[type-arg]
    """A `WorkspaceForeignKey` to at most one row each; as primary key, a row beside another."""


_ENTER = """
WITH before AS MATERIALIZED (SELECT nullif(current_setting(%s, true), '')::bigint AS id)
SELECT before.id, set_config(%s, %s, true) FROM before
"""


def workspace_id_of(workspace: Workspace | int) -> int:
    return workspace if isinstance(workspace, int) else workspace.pk


def current_workspace_id() -> int | None:
    """The workspace of the running transaction, as PostgreSQL sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nullif(current_setting(%s, true), '')::bigint", [_SETTING])
        row = cursor.fetchone()
    return row[0] if row else None


@contextmanager
def workspace_scope(workspace: Workspace | int, *, isolation: str | None = None) -> Iterator[None]:
    """Open a transaction that sees this workspace's rows and nothing else.

    `isolation` ("REPEATABLE READ") must be the outermost scope. Raises `ScopeNestingError`
    inside a scope of another workspace.
    """
    wanted = workspace_id_of(workspace)
    with transaction.atomic():
        if isolation is not None:
            _set_isolation(isolation)
        outer = _enter_workspace(wanted)
        if outer is not None and outer != wanted:
            raise ScopeNestingError(f"Scope of workspace {wanted} inside that of {outer}.")
        yield
        # set_config(..., true) survives RELEASE SAVEPOINT: without this the rest of an outer
        # transaction (a test case, say) would go on seeing the workspace. A rollback restores it.
        if outer is None and connection.savepoint_ids and not connection.needs_rollback:
            _set_workspace(None)


def _enter_workspace(workspace_id: int) -> int | None:
    """Set the workspace of the transaction; which one it was before. The first part of the
    statement is finished before the second begins."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, [_SETTING, _SETTING, str(workspace_id)])
        row = cursor.fetchone()
    return row[0] if row else None


def _set_workspace(workspace_id: int | None) -> None:
    with connection.cursor() as cursor:
        value = "" if workspace_id is None else str(workspace_id)
        cursor.execute("SELECT set_config(%s, %s, true)", [_SETTING, value])


def _set_isolation(level: str) -> None:
    if level not in {"REPEATABLE READ", "SERIALIZABLE"}:
        raise ValueError(f"Unknown isolation level {level!r}.")
    with connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")


class TenantTableOperation(Operation):
    """What Django's state doesn't know of: policies and composite constraints."""

    reversible = True

    def __init__(self, *names: str) -> None:
        self.names = names

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__name__, list(self.names), {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing of the state changes."""

    def statements(self, app_label: str, apps: Any) -> Iterator[str]:
        """The SQL of the operation."""
        raise NotImplementedError

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for statement in self.statements(app_label, to_state.apps):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """What was made goes away with its table or column."""


class SecureTenantTables(TenantTableOperation):
    """Migration operation: primary key, row-level security and composite foreign keys.

    For each named model of the app the primary key becomes `(workspace_id, id)`, the policy is
    forced for the owner too, and every `WorkspaceForeignKey` gets its composite constraint.
    """

    def statements(self, app_label: str, apps: Any) -> Iterator[str]:
        tables = [apps.get_model(app_label, name) for name in self.names]
        for model in tables:
            yield from _secure(model)
        # Second pass: the keys the constraints refer to exist now.
        for model in tables:
            yield from _composite_keys(model)

    def describe(self) -> str:
        return f"Row-level security and composite keys for {', '.join(self.names)}"


class AddCompositeKey(TenantTableOperation):
    """Migration operation: the composite constraint of one `WorkspaceForeignKey` added later.

    Takes the model's and the field's name.
    """

    def statements(self, app_label: str, apps: Any) -> Iterator[str]:
        model_name, field_name = self.names
        yield from _composite_keys(apps.get_model(app_label, model_name), only=field_name)

    def describe(self) -> str:
        return f"Composite key of {'.'.join(self.names)}"


def _secure(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    pk = model._meta.pk.column
    keys = f'DROP CONSTRAINT "{table}_pkey", ADD CONSTRAINT "{table}_pkey"'
    policy = f"workspace_id = (SELECT nullif(current_setting('{_SETTING}', true), '')::bigint)"
    statements = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY workspace_rows ON "{table}" USING ({policy}) WITH CHECK ({policy})',
    ]
    if pk != "workspace_id":
        statements.insert(0, f'ALTER TABLE "{table}" {keys} PRIMARY KEY (workspace_id, "{pk}")')
    return statements


def _composite_keys(model: type[models.Model], only: str | None = None) -> list[str]:
    table = model._meta.db_table
    statements = []
    for field in model._meta.local_fields:
        target = field.related_model
        if not isinstance(field, WorkspaceForeignKey) or isinstance(target, str | None):
            continue
        if only is not None and field.name != only:
            continue
        statements.append(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_fk" '
            f'FOREIGN KEY (workspace_id, "{field.column}") '
            f'REFERENCES "{target._meta.db_table}" (workspace_id, "{target._meta.pk.column}") '
            "DEFERRABLE INITIALLY DEFERRED"
        )
    return statements


class AllowClaiming(TenantTableOperation):
    """Migration operation: queue tables may be read and updated across workspaces by claimers.

    A second policy on the setting `app.claimer`, opened only by `claimer_scope`.
    """

    def statements(self, app_label: str, apps: Any) -> Iterator[str]:
        claimer = "(SELECT current_setting('app.claimer', true)) = 'on'"
        for name in self.names:
            table = apps.get_model(app_label, name)._meta.db_table
            yield (
                f'CREATE POLICY claimer_rows ON "{table}" USING ({claimer}) WITH CHECK ({claimer})'
            )

    def describe(self) -> str:
        return f"Claiming across workspaces for {', '.join(self.names)}"


@contextmanager
def claimer_scope() -> Iterator[None]:
    """Open a transaction that may claim due rows of queue tables in every workspace.

    Must be the outermost scope; commit before doing the claimed work in `workspace_scope`.
    """
    with transaction.atomic():
        if current_workspace_id() is not None:
            raise ScopeNestingError("A claim can't start inside a workspace's scope.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.claimer', 'on', true)")
        yield
        if connection.savepoint_ids and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.claimer', 'off', true)")
