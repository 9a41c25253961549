"""House rules that a machine can check, read off the source text (T-10 and the plan)."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

import segments.criteria
from segments.criteria.base import all_criteria

# From the top downwards: an app knows those after it.
LAYERS = (
    "automation",
    "campaigns",
    "segments",
    "transactions",
    "tracking",
    "contacts",
    "workspaces",
)
ROOMS = (*LAYERS, "config")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "extras", "misc"}
MAX_LINES = 500

# Calls whose keywords become column names, lookups or aliases.
NAMING = {
    *("filter", "exclude", "get", "annotate", "alias", "aggregate", "values", "values_list"),
    *("order_by", "Q", "F", "only", "defer", "update", "get_or_create", "update_or_create"),
}
# (file, call) where a dictionary whose keys stand in the source is spread.
SPREAD_ON_PURPOSE = {
    ("contacts/counting.py", "filter"),  # a column by its model, from a table of ours
    ("tracking/rights.py", "filter"),  # workspace_id and contact_id
    ("transactions/services/products.py", "filter"),  # brand or category
    ("transactions/services/products.py", "update"),
    ("segments/criteria/transactions.py", "alias"),  # _SUM_ALIASES, a constant
    ("segments/services/profile_values.py", "annotate"),  # part_, value_, shown_ and the like
}
# Where SQL is written by hand; every name in it is one of ours.
SQL_BY_HAND = {
    "contacts/services/identity.py",
    "workspaces/privileges.py",
    "contacts/bulk.py",
    "segments/engine/leaves.py",
    "segments/engine/positions.py",  # tables and columns from models
    "segments/engine/columns/keeping.py",  # the same
    "segments/demo/planner.py",  # tables by the catalogue
    "segments/explain/asking.py",  # parts the compiler wrote, joined
    "workspaces/tenancy.py",
}
# Where a statement written there is a part of a queryset.
RAW_BY_HAND = {"campaigns/report/people.py"}  # a figure's own statement finds who it counts
CLOCKS = {
    *("timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("datetime.datetime.now", "datetime.date.today", "time.time", "timezone.localdate"),
}
# The edges, where the clock is read once.
EDGES = ("views", "api", "tasks", "management", "middleware")
WRITES = {
    *("create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "update"),
    *("delete", "save"),
}
# The engine's own keeping of answers: nobody's facts.
KEEPS_ANSWERS = {"segments/engine/storing.py", "segments/engine/columns/keeping.py"}
TRANSLATING = (
    "views",
    "api",
    "tasks",
    "serializers",
    "filters",
    "forms",
    "reading",
    "criteria",
    "engine",
)


@cache
def sources() -> tuple[tuple[str, str, ast.Module], ...]:
    """Every module of the apps: path, text, tree."""
    found = []
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if "migrations" not in path.parts:
                text = path.read_text()
                name = path.relative_to(settings.BASE_DIR).as_posix()
                found.append((name, text, ast.parse(text)))
    return tuple(found)


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call: file, node, the dotted name that is called."""
    for name, _text, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, node, ast.unparse(node.func)


def at(name: str, node: ast.AST) -> str:
    return f"{name}:{getattr(node, 'lineno', 0)}"


def test_there_is_something_to_check() -> None:
    assert len(sources()) > 100
    assert sum(1 for _ in calls()) > 3_000


def test_no_dictionary_becomes_column_names_or_lookups() -> None:
    """Django's CVE-2025-64459, and every injection by field or alias, needs `**`."""
    found = {
        at(name, node)
        for name, node, called in calls()
        if called.rpartition(".")[2] in NAMING
        and any(keyword.arg is None for keyword in node.keywords)
        and (name, called.rpartition(".")[2]) not in SPREAD_ON_PURPOSE
    }
    assert not found, sorted(found)


def test_no_raw_sql_outside_the_named_places() -> None:
    found = {
        at(name, node)
        for name, node, called in calls()
        if called.rpartition(".")[2] in {"raw", "extra", "RawSQL"}
        and not called.startswith("sql.")
        and name not in RAW_BY_HAND
    }
    assert not found


def test_sql_text_is_never_put_together_outside_the_named_places() -> None:
    found = set()
    for name, node, called in calls():
        if called.rpartition(".")[2] not in {"execute", "executemany", "copy"} or not node.args:
            continue
        statement = node.args[0]
        is_made = isinstance(statement, ast.JoinedStr | ast.BinOp) or (
            isinstance(statement, ast.Call)
            and isinstance(statement.func, ast.Attribute)
            and statement.func.attr in {"format", "join"}
        )
        if is_made and name not in SQL_BY_HAND and not name.startswith("config/local"):
            found.add(at(name, node))
    assert not found


def test_the_clock_is_read_at_the_edges_only() -> None:
    """Leases and queues use the database's time; everything else is told `now` or `as_of`."""
    found = {
        at(name, node)
        for name, node, called in calls()
        if called in CLOCKS
        and not name.startswith("config/")
        and not any(part.removesuffix(".py").split("_")[0] in EDGES for part in name.split("/"))
    }
    assert not found


def test_nothing_is_written_outside_services() -> None:
    """Views, API and tasks translate; criteria, engine and pages only read."""
    found = set()
    for name, node, called in calls():
        parts = [part.removesuffix(".py").split("_")[0] for part in name.split("/")[1:]]
        if name in KEEPS_ANSWERS:
            continue
        if "services" in parts or "importing" in parts or not set(parts) & set(TRANSLATING):
            continue
        receiver, _, method = called.rpartition(".")
        touches_rows = "objects" in receiver or "filter(" in receiver or "in_workspace(" in receiver
        if method in WRITES and touches_rows:
            found.add(at(name, node))
    assert not found


def test_no_module_is_long() -> None:
    long = {name: len(text.splitlines()) for name, text, _ in sources()}
    assert {name: lines for name, lines in long.items() if lines > MAX_LINES} == {}


def test_no_module_is_named_for_nothing() -> None:
    parts = {part.removesuffix(".py") for name, _, _ in sources() for part in name.split("/")}
    assert not parts & FORBIDDEN_NAMES
    handlers = {
        at(name, node)
        for name, _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Handler", "Processor", "Helper"))
    }
    assert not handlers


def test_every_module_reads_annotations_as_text() -> None:
    wanted = "from __future__ import annotations"
    with_code = [(name, text) for name, text, tree in sources() if len(tree.body) > 1]
    assert {name for name, text in with_code if wanted not in text} == set()


def test_every_module_of_criteria_is_imported() -> None:
    """A criterion that nobody imports isn't there."""
    folder = Path(segments.criteria.__file__).parent
    registering = {
        module.name
        for module in pkgutil.iter_modules([str(folder)])
        if "\n@criterion" in (folder / f"{module.name}.py").read_text()
    }
    assert registering <= set(segments.criteria.__all__)
    assert registering == {cls.__module__.rpartition(".")[2] for cls in all_criteria()}


@pytest.mark.parametrize("app", LAYERS)
def test_models_point_downwards(app: str) -> None:
    """Foreign keys named by text escape the import linter."""
    if not apps.is_installed(app):
        pytest.skip(f"{app} has no models yet")
    allowed = {app, *LAYERS[LAYERS.index(app) :]}
    for model in apps.get_app_config(app).get_models():
        for field in model._meta.get_fields():
            if field.is_relation and not field.auto_created and field.related_model is not None:
                related: Any = field.related_model
                label = related._meta.app_label
                assert label in allowed or label not in LAYERS, f"{model.__name__}.{field.name}"


def test_apps_never_import_the_configuration() -> None:
    found = {
        at(name, node)
        for name, _, tree in sources()
        if not name.startswith("config/")
        for node in ast.walk(tree)
        for module in imported(node)
        if module.partition(".")[0] == "config"
    }
    assert not found


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
