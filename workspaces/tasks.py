"""Background work: every task names its workspace or says that it looks at all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from celery import Task, shared_task
from django.utils import timezone

from workspaces.models import Workspace
from workspaces.services import forget_expired_answers

if TYPE_CHECKING:
    _Task = Task[Any, Any]
else:
    _Task = Task

logger = structlog.get_logger(__name__)


class NoWorkspaceError(TypeError):
    """A task was called without the id of its workspace."""


class WorkspaceTask(_Task):
    """A task about one workspace: refuses to run without a `workspace_id` keyword."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        workspace_id = kwargs.get("workspace_id")
        if not isinstance(workspace_id, int) or isinstance(workspace_id, bool):
            raise NoWorkspaceError(f"{self.name} needs a workspace_id.")
        return super().__call__(*args, **kwargs)


class AllWorkspacesTask(_Task):
    """A task that claims or tends something in every workspace, each in its own scope."""

    abstract = True


def workspace_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make `def name(*, workspace_id: int, ..., **kwargs)` a `WorkspaceTask`.

    Call it with `apply_async(kwargs=...)` on commit; the trailing `**kwargs` lets old workers
    take what new code sends.
    """
    decorate: Callable[[Callable[..., Any]], Any] = shared_task(base=WorkspaceTask, **options)
    return decorate


def all_workspaces_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a function an `AllWorkspacesTask`: the few static tasks beat starts."""
    decorate: Callable[[Callable[..., Any]], Any] = shared_task(base=AllWorkspacesTask, **options)
    return decorate


@all_workspaces_task()
def forget_old_answers(**kwargs: Any) -> None:
    """Delete stored idempotent answers that have expired, in every workspace."""
    now = timezone.now()
    forgotten = sum(
        forget_expired_answers(workspace=pk, now=now)
        for pk in Workspace.objects.values_list("pk", flat=True)
    )
    logger.info("forgot_old_answers", number_of_answers=forgotten)
