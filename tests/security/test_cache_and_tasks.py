"""T-04: names in the cache carry their workspace, and tasks refuse to run without one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import cache

from config.celery import app as celery_app
from tests.makers.workspaces import make_key, make_workspace
from workspaces.caching import workspace_cache_key
from workspaces.tasks import AllWorkspacesTask, NoWorkspaceError, WorkspaceTask

ROOT = Path(__file__).resolve().parents[2]
OURS = ("workspaces", "contacts", "tracking", "transactions", "segments", "campaigns", "automation")
CACHE_CALLS = {"get", "set", "add", "incr", "decr", "touch", "delete", "get_or_set", "has_key"}


def our_tasks() -> list:
    celery_app.loader.import_default_modules()
    return [
        task for name, task in sorted(celery_app.tasks.items()) if name.partition(".")[0] in OURS
    ]


def test_every_task_names_a_workspace_or_says_that_it_tends_them_all(record_property):
    tasks = our_tasks()
    unsaid = [
        task.name for task in tasks if not isinstance(task, WorkspaceTask | AllWorkspacesTask)
    ]
    assert unsaid == []
    record_property("tasks", len(tasks))
    assert any(isinstance(task, AllWorkspacesTask) for task in tasks)


def test_a_task_without_a_workspace_refuses_to_run():
    for task in our_tasks():
        if isinstance(task, WorkspaceTask):
            for arguments in ({}, {"workspace_id": None}, {"workspace_id": "1"}):
                with pytest.raises(NoWorkspaceError):
                    task(**arguments)


def test_names_in_the_cache_are_made_in_one_place():
    assert workspace_cache_key(7, "sizes", 12) == "ws:7:sizes:12"
    for path in app_sources():
        tree = ast.parse(path.read_text())
        if not any(
            isinstance(node, ast.ImportFrom) and node.module == "django.core.cache"
            for node in ast.walk(tree)
        ):
            continue
        assert "workspace_cache_key" in path.read_text(), path
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and is_cache_call(node.func):
                # Never a text put together on the spot.
                assert isinstance(node.args[0], ast.Name | ast.Call), (path, node.lineno)


def is_cache_call(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in CACHE_CALLS
        and isinstance(function.value, ast.Name)
        and function.value.id in {"cache", "caches"}
    )


def app_sources() -> list[Path]:
    return [
        path
        for config in apps.get_app_configs()
        if config.name.partition(".")[0] in OURS
        for path in Path(config.path).rglob("*.py")
        if "migrations" not in path.parts
    ]


@pytest.mark.django_db
def test_what_requests_of_two_workspaces_leave_in_the_cache_carries_their_ids(client):
    workspaces = [make_workspace("One"), make_workspace("Two")]
    for workspace in workspaces:
        _, text = make_key(workspace)
        answer = client.get("/api/v1/workspace/", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == 200
    names = names_in_the_cache()
    assert len(names) >= 2
    assert {name.split(":")[1] for name in names} == {str(w.pk) for w in workspaces}
    assert all(name.startswith("ws:") for name in names)


def names_in_the_cache() -> list[str]:
    """Our part of every name, without the prefix and version Django puts before it."""
    redis = cache._cache.get_client(None)
    return [key.decode().split(":", 2)[2] for key in redis.scan_iter("kohorta:1:*")]


def test_beat_starts_only_tasks_that_tend_all_workspaces():
    scheduled = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    tending = {task.name for task in our_tasks() if isinstance(task, AllWorkspacesTask)}
    assert scheduled <= tending
    assert len(scheduled) > 2
