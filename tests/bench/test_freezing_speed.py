"""How long a large audience takes to freeze (`FREEZE_CONTACTS`, a million if not given)."""

from __future__ import annotations

import os

import pytest
from django.utils import timezone

from campaigns.models import Recipient, RecipientState
from tests.bench.freezing import make_big_shop, measure_freeze
from workspaces.tenancy import workspace_scope

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.bench]


def test_a_million_recipients_are_frozen(capsys):
    number = int(os.environ.get("FREEZE_CONTACTS", "1000000"))
    workspace = make_big_shop(number, now=timezone.now())

    run, seconds = measure_freeze(workspace, now=timezone.now())

    with workspace_scope(workspace):
        queued = Recipient.objects.filter(run=run, state=RecipientState.QUEUED).count()
    assert run.size == queued == number
    with capsys.disabled():
        print(f"\n{number:,} recipients frozen in {seconds:.1f} s")  # noqa: T201
