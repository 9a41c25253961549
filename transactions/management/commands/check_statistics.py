"""`./dev manage check_statistics [--workspace ID]`: compares every row with a recompute."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from transactions.management.choosing import add_workspace_option, chosen_workspaces
from transactions.services import Difference, differing_statistics

SHOWN = 20  # of a workspace


class Command(BaseCommand):
    help = "Compare the statistics of all contacts with their transactions; fails if any differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_workspace_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        for workspace in chosen_workspaces(options["workspace"]):
            differences = differing_statistics(workspace=workspace)
            number += len(differences)
            self.stdout.write(f"Workspace {workspace.pk}: {len(differences)} rows differ.")
            for difference in differences[:SHOWN]:
                self.stdout.write(f"  {told(difference)}")
        if number:
            sys.exit(1)


def told(difference: Difference) -> str:
    """ "contact 4294967297: number_of_orders 2, should be 3"."""
    if difference.kept is None:
        return f"contact {difference.contact_id}: no row"
    if difference.recomputed is None:
        return f"contact {difference.contact_id}: a row without transactions"
    columns = [
        f"{name} {json.dumps(value)}, should be {json.dumps(difference.recomputed[name])}"
        for name, value in difference.kept.items()
        if value != difference.recomputed[name]
    ]
    return f"contact {difference.contact_id}: {'; '.join(columns)}"
