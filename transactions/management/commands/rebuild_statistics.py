"""`./dev manage rebuild_statistics [--workspace ID]`: after transactions were loaded directly."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from transactions.management.choosing import add_workspace_option, chosen_workspaces
from transactions.services import rebuild_statistics


class Command(BaseCommand):
    help = "Recompute the statistics of all contacts from their transactions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_workspace_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        for workspace in chosen_workspaces(options["workspace"]):
            corrected = rebuild_statistics(workspace=workspace)
            self.stdout.write(f"Workspace {workspace.pk}: {corrected} rows corrected.")
