"""What the app role may do in the database: read and write rows, never own or alter tables."""

from __future__ import annotations

from typing import Any

from django.db import connections

# What the app may never do to tables that prove something. Consents are removed, by a trigger's
# leave, with the person they are about.
WITHHELD = {
    "workspaces_auditentry": ("UPDATE", "DELETE"),
    "contacts_consentrecord": ("UPDATE",),
}


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
        tables = connection.introspection.table_names(cursor)
        for table, rights in WITHHELD.items():
            if table in tables:
                cursor.execute(f'REVOKE {", ".join(rights)} ON "{table}" FROM {quoted}')
