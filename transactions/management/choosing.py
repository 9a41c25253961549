"""The workspaces a command works on."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import CommandError

from workspaces.models import Workspace


def add_workspace_option(parser: ArgumentParser) -> None:
    """`--workspace ID`; without it, all of them."""
    parser.add_argument("--workspace", type=int, metavar="ID", help="this one only")


def chosen_workspaces(workspace_id: int | None) -> list[Workspace]:
    """Raises `CommandError` where there is none with the id."""
    workspaces = Workspace.objects.order_by("pk")
    if workspace_id is not None:
        workspaces = workspaces.filter(pk=workspace_id)
        if not workspaces:
            raise CommandError(f"There is no workspace {workspace_id}.")
    return list(workspaces)
