"""Saving, versions, names, archives, copies, and what protects a segment that is used."""

from __future__ import annotations

import pytest

from contacts.services import create_tag
from segments.criteria.tree import InvalidTree
from segments.models import SegmentReference, SegmentState, SegmentVersion
from segments.services import (
    SegmentInUseError,
    archive_segment,
    claims,
    duplicate_segment,
    restore_segment,
    used_in,
)
from tests.makers.contacts import make_contacts
from tests.makers.recounts import (
    EVERYBODY,
    MINUTE,
    change,
    counts,
    read_segment,
    save_segment,
    snapshots,
    system,
    work,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import AuditEntry
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
NOBODY = {"not": EVERYBODY}


def in_scope(segment, act, **options):
    with workspace_scope(segment.workspace_id):
        return act(actor=system(segment.workspace), segment=segment, **{"now": NOW} | options)


def test_every_changed_definition_is_kept_as_a_version_with_its_time():
    segment = save_segment(make_workspace(), EVERYBODY)
    change(segment, where=NOBODY, now=NOW + MINUTE)
    change(segment, where=NOBODY, name="Only the name", now=NOW + 2 * MINUTE)
    change(segment, where=EVERYBODY, now=NOW + 3 * MINUTE)

    with workspace_scope(segment.workspace_id):
        versions = list(SegmentVersion.objects.filter(segment=segment).order_by("number"))
    kept = [(v.number, v.definition["where"], v.valid_from, v.valid_to) for v in versions]
    assert kept == [
        (1, EVERYBODY, NOW, NOW + MINUTE),
        (2, NOBODY, NOW + MINUTE, NOW + 3 * MINUTE),
        (3, EVERYBODY, NOW + 3 * MINUTE, None),
    ]


def test_an_invalid_tree_is_refused_and_changes_nothing():
    segment = save_segment(make_workspace(), EVERYBODY, name="Before")
    with pytest.raises(InvalidTree):
        change(segment, where={"all": []}, name="After", now=NOW + MINUTE)
    read = read_segment(segment)
    assert (read.name, read.version_number, read.definition["where"]) == ("Before", 1, EVERYBODY)


def test_the_sentence_labels_and_references_are_kept_with_the_definition():
    workspace = make_workspace()
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
    inner = save_segment(workspace, EVERYBODY, name="Inner")
    where = {"all": [{"segment": inner.pk}, {"type": "tags.has", "match": "any", "tags": ["vip"]}]}
    outer = save_segment(workspace, where, name="Outer", labels=[" b ", "a", "a", ""])

    assert outer.labels == ["a", "b"]
    assert "Inner" in outer.summary
    assert "vip" in outer.summary
    with workspace_scope(workspace):
        rows = SegmentReference.objects.filter(segment=outer).order_by("kind")
        assert [(r.kind, r.key) for r in rows] == [("segment", str(inner.pk)), ("tag", "vip")]
        assert [s.pk for s in used_in(workspace=workspace, kind="tag", key="vip")] == [outer.pk]


def test_a_segment_that_another_one_uses_can_not_be_archived():
    workspace = make_workspace()
    inner = save_segment(workspace, EVERYBODY, name="Inner")
    outer = save_segment(workspace, {"segment": inner.pk}, name="Outer")
    with pytest.raises(SegmentInUseError, match="Outer"):
        in_scope(inner, archive_segment)

    in_scope(outer, archive_segment)
    in_scope(inner, archive_segment)

    assert read_segment(inner).archived_at == NOW


def test_an_archived_segment_is_not_counted_and_comes_back_counted():
    workspace = make_workspace()
    make_contacts(workspace, 2)
    segment = save_segment(workspace, EVERYBODY)
    in_scope(segment, archive_segment)
    work(now=NOW + MINUTE)
    assert {recount.state for recount in counts(segment)} == {"cancelled"}
    assert snapshots(segment) == []
    assert read_segment(segment).next_due_at is None

    in_scope(segment, restore_segment, now=NOW + 2 * MINUTE)
    work(now=NOW + 3 * MINUTE)

    read = read_segment(segment)
    assert (read.archived_at, read.size, read.state) == (None, 2, SegmentState.FRESH)
    assert read.next_due_at is not None


def test_an_archived_name_is_free_and_a_restored_segment_gets_an_addition():
    workspace = make_workspace()
    first = save_segment(workspace, EVERYBODY, name="Loyal")
    in_scope(first, archive_segment)
    save_segment(workspace, NOBODY, name="Loyal")

    restored = in_scope(first, restore_segment)

    assert restored.name == "Loyal (restored)"


def test_a_copy_has_a_free_name_its_own_history_and_no_pins():
    workspace = make_workspace()
    [contact] = make_contacts(workspace, 1, now=NOW - MINUTE)
    segment = save_segment(
        workspace, NOBODY, name="Loyal", labels=["x"], schedule="week", pinned_in=[contact.pk]
    )
    work()

    first, second = (in_scope(segment, duplicate_segment) for _number in range(2))

    assert [first.name, second.name] == ["Loyal (copy)", "Loyal (copy 2)"]
    assert (first.labels, first.schedule, first.version_number) == (["x"], "week", 1)
    assert snapshots(first) == []
    work(now=NOW + MINUTE)
    assert [read_segment(each).size for each in (segment, first)] == [1, 0]


def test_what_is_done_to_segments_is_in_the_audit_log():
    segment = save_segment(make_workspace(), EVERYBODY)
    change(segment, name="Other")
    in_scope(segment, archive_segment)
    in_scope(segment, restore_segment)
    with workspace_scope(segment.workspace_id):
        actions = AuditEntry.objects.filter(action__startswith="segment.").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "segment.created",
            "segment.changed",
            "segment.archived",
            "segment.restored",
        ]


def test_nothing_is_queued_when_saving_is_rolled_back():
    workspace = make_workspace()
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace):  # noqa: PT012
        save_segment(workspace, EVERYBODY)
        raise ZeroDivisionError
    assert claims.open_recounts() == 0
