"""A real shop's log, where it is at hand: set KOHORTA_CDNOW, or keep it beside the repository."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Count, Max, Sum

from contacts.models import Contact, ContactChange
from tests.makers.imports import counts, import_text
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = [pytest.mark.django_db, pytest.mark.night]

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow_master.csv"
FILE = Path(os.environ.get("KOHORTA_CDNOW", BESIDE))


def state_of(workspace: Workspace) -> dict[str, int]:
    """Rows and money as the database counts them."""
    with workspace_scope(workspace):
        stored = Transaction.objects.in_workspace(workspace)
        return {
            "contacts": Contact.objects.in_workspace(workspace).count(),
            "transactions": stored.current().count(),
            "versions": stored.count(),
            "cents": stored.current().aggregate(sum=Sum("goods_amount"))["sum"],
            "changes": ContactChange.objects.in_workspace(workspace).count(),
        }


@pytest.mark.skipif(not FILE.exists(), reason="the CDNOW log is not here")
def test_the_cdnow_log_is_imported_to_the_cent_and_again_without_a_trace():
    workspace = make_workspace(time_zone="UTC", base_currency="USD")
    data = FILE.read_bytes()

    first = import_text(workspace, data, "transactions")
    state = state_of(workspace)

    assert counts(first) == (69_659, 0, 0, 0)
    assert first.report == {"contacts_created": 23_570}
    assert state["contacts"] == 23_570
    assert state["transactions"] == state["versions"] == 69_659
    assert state["cents"] == 250_031_563

    again = import_text(workspace, data, "transactions", now=NOW + timedelta(days=1))

    assert counts(again) == (0, 0, 69_659, 0)
    assert state_of(workspace) == state
    with workspace_scope(workspace):
        buyers = (
            Transaction.objects.in_workspace(workspace)
            .current()
            .values("contact")
            .annotate(times=Count("id"), spent=Sum("goods_amount"), last=Max("occurred_at"))
        )
        assert buyers.filter(times=1).count() == 11_908
        assert buyers.filter(times__gte=10).count() == 1_154
        assert buyers.filter(last__gte=datetime(1998, 6, 1, tzinfo=UTC)).count() == 1_506
        assert buyers.filter(spent=1177).count() == 697
        assert Contact.objects.in_workspace(workspace).filter(external_id="00001").exists()
