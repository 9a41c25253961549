"""Asks one workspace the heaviest questions, cold, until it is stopped."""

from __future__ import annotations

import sys
from itertools import count

import django


def main(workspace_id: int) -> None:
    """Say so after the first answer, and go on."""
    django.setup()
    from tests.bench.generate import AS_OF
    from tests.bench.leaves import leaves_of
    from tests.bench.product import Asked
    from tests.bench.questions import document_of, questions_of
    from workspaces.models import Workspace

    workspace = Workspace.objects.get(pk=workspace_id)
    leaves = leaves_of(workspace, AS_OF)
    asked = [
        Asked(workspace, document_of(question.where, leaves), AS_OF)
        for question in questions_of(leaves)
        if question.key in {"Q3", "Q4", "Q8", "Q9", "Q10"}
    ]
    for number in count():
        asked[number % len(asked)].members()
        if number == 0:
            sys.stdout.write("busy\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
