"""What the app role may do in the database: read and write rows, never own or alter tables."""

from __future__ import annotations

from typing import Any

from django.db import connections

APPEND_ONLY = ("workspaces_auditentry",)


def grant_app_role(*, using: str, **_: Any) -> None:
    """Grant the role of the `default` alias its rights; runs after every migration.

    Does nothing where one role plays both parts (then the deploy checks complain).
    """
    app_role = connections["default"].settings_dict["USER"]
    connection = connections[using]
    if not app_role or connection.settings_dict["USER"] == app_role:
        return
    quoted = connection.ops.quote_name(app_role)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"
        )
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        for table in APPEND_ONLY:
            if table in connection.introspection.table_names(cursor):
                cursor.execute(f'REVOKE UPDATE, DELETE ON "{table}" FROM {quoted}')
