"""Versions: listed, brought back, and compared with each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contacts.models import Tag
from segments.models import Segment, SegmentVersion
from segments.services import archive_segment
from segments.services.comparing import BrokenDefinitionError, Movement, compare_versions
from segments.services.versions import VersionGoneError, restore_version, versions_of
from tests.makers.recounts import MINUTE, change, read_segment, save_segment, system, work
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW
from tests.segments.test_api import GOLD, URL, VIP, Program, ids
from tests.segments.test_api import program as program
from tests.segments.test_diff import LATER, make_people
from workspaces.models import AuditEntry, Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BOUGHT = {
    "type": "transactions.number_of_orders",
    "operator": "at_least",
    "number": 1,
    "window": {"last": 10, "unit": "days"},
}


def restore(segment: Segment, number: int, *, now: Any = NOW + 5 * MINUTE) -> Segment:
    with workspace_scope(segment.workspace_id):
        return restore_version(
            actor=system(segment.workspace), segment=segment, number=number, now=now
        )


def compare(segment: Segment, first: int, second: int, *, as_of: Any = LATER) -> Any:
    with workspace_scope(segment.workspace_id):
        return compare_versions(segment=segment, first=first, second=second, as_of=as_of)


def kept(segment: Segment) -> list[tuple[int, Any]]:
    with workspace_scope(segment.workspace_id):
        return [(each.number, each.definition["where"]) for each in versions_of(segment=segment)]


def audited(workspace: Workspace, action: str) -> list[AuditEntry]:
    with workspace_scope(workspace):
        return list(AuditEntry.objects.filter(action=action))


def rename_tag(workspace: Workspace, key: str, to: str) -> None:
    with workspace_scope(workspace):
        Tag.objects.filter(key=key).update(key=to)


@pytest.mark.usefixtures("transactional_db")
def test_restoring_opens_a_new_version_with_the_old_definition_and_is_counted() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, VIP)
    said = segment.summary
    changed = change(segment, where=GOLD, now=NOW + MINUTE)
    assert changed.summary != said

    restored = restore(changed, 1)

    assert (restored.version_number, restored.summary) == (3, said)
    assert kept(segment) == [(3, VIP), (2, GOLD), (1, VIP)]
    with workspace_scope(workspace):
        [open_one] = SegmentVersion.objects.filter(segment=segment, valid_to__isnull=True)
    assert (open_one.number, open_one.valid_from) == (3, NOW + 5 * MINUTE)
    [entry] = audited(workspace, "segment.version_restored")
    assert (entry.object_id, entry.details) == (str(segment.pk), {"restored": 1, "version": 3})
    work(now=NOW + 6 * MINUTE)
    assert read_segment(segment).size == 3


def test_there_and_back_again_gives_the_same_definition() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, {"all": [VIP, {**GOLD, "disabled": True}]})
    changed = change(segment, where={"not": GOLD}, now=NOW + MINUTE)
    twice = restore(restore(changed, 1), 2, now=NOW + 6 * MINUTE)
    numbers = dict(kept(twice))
    assert (numbers[3], numbers[4]) == (numbers[1], numbers[2])


def test_restoring_what_already_holds_changes_nothing() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, VIP)
    assert restore(segment, 1).version_number == 1
    assert kept(segment) == [(1, VIP)]
    assert audited(workspace, "segment.version_restored") == []


def test_a_version_that_names_what_is_gone_is_refused_in_words() -> None:
    workspace, _people = make_people()
    inner = save_segment(workspace, GOLD, name="Inner")
    segment = save_segment(workspace, VIP)
    change(segment, where={"segment": inner.pk}, now=NOW + MINUTE)
    changed = change(segment, where=GOLD, now=NOW + 2 * MINUTE)
    rename_tag(workspace, "vip", "was-vip")
    with workspace_scope(workspace):
        archive_segment(actor=system(workspace), segment=inner, now=NOW)

    with pytest.raises(VersionGoneError, match=r"Version 1 can.t be restored: .*: vip\."):
        restore(changed, 1)
    with pytest.raises(VersionGoneError, match=f"There is no such segment: {inner.pk}"):
        restore(changed, 2)
    with pytest.raises(SegmentVersion.DoesNotExist):
        restore(changed, 9)
    assert read_segment(segment).version_number == 3
    assert audited(workspace, "segment.version_restored") == []


# --- Two versions beside each other --------------------------------------------------------------


def test_two_versions_are_compared_at_one_instant_with_its_pins() -> None:
    workspace, people = make_people()
    a, b, c, d, e = people.values()
    segment = save_segment(workspace, VIP, now=LATER, pinned_in=[e], pinned_out=[a])
    change(segment, where=GOLD, now=LATER + MINUTE)
    found = compare(segment, 1, 2)
    moved = {each: set(found.moved(each).ids()) for each in Movement.values}
    assert moved == {"entering": {d}, "leaving": {b}, "staying": {c, e}}
    back = compare(segment, 2, 1)
    assert set(back.moved("entering").ids()) == {b}
    assert (found.before.number, found.after.number) == (1, 2)
    assert [found.before.sentence, found.after.sentence] == [
        "People who are tagged any of vip.",
        "People who are tagged any of gold.",
    ]


def test_the_instant_is_the_same_for_both_and_can_lie_in_the_past() -> None:
    workspace, people = make_people()
    make_transaction(workspace, "e", NOW - 5 * DAY, "10")
    segment = save_segment(workspace, VIP)
    change(segment, where=BOUGHT, now=NOW + MINUTE)
    now, soon = compare(segment, 1, 2), compare(segment, 1, 2, as_of=NOW + 6 * DAY)
    assert set(now.moved("entering").ids()) == {people["e"]}
    assert set(soon.moved("entering").ids()) == set()
    early = compare(segment, 1, 2, as_of=NOW - DAY)
    assert (early.before.size, early.after.size) == (0, 1), "nobody was tagged then"


def test_a_version_that_can_not_be_evaluated_is_named() -> None:
    workspace, _people = make_people()
    segment = save_segment(workspace, VIP)
    change(segment, where=GOLD, now=NOW + MINUTE)
    rename_tag(workspace, "vip", "was-vip")
    with pytest.raises(BrokenDefinitionError, match=r"Version 1 can.t be compared: .*vip"):
        compare(segment, 2, 1)
    with pytest.raises(SegmentVersion.DoesNotExist):
        compare(segment, 2, 7)


# --- Over REST -----------------------------------------------------------------------------------


def test_over_rest_versions_are_listed_compared_and_restored(program: Program) -> None:
    one, _two, three, four, *_ = ids(program)
    segment = program.make("Loyal", VIP)
    path = f"{URL}{segment['id']}/"
    program.send("patch", path, {"where": GOLD})
    listed = program.get(f"{path}versions/")["results"]
    assert [(each["number"], each["where"], each["error"]) for each in listed] == [
        (2, GOLD, ""),
        (1, VIP, ""),
    ]
    assert listed[1]["sentence"] == "People who are tagged any of vip."
    assert listed[1]["valid_to"] == listed[0]["valid_from"]
    assert program.get(f"{path}versions/", limit=1)["next"]

    plain = program.get(f"{path}versions/diff/", **{"from": 1, "to": 2})
    assert [plain[each] for each in Movement.values] == [{"number": n} for n in (1, 2, 1)]
    found = program.get(f"{path}versions/diff/", **{"from": 1, "to": 2, "limit": 1})
    shown = {each: [m["id"] for m in found[each]["members"]] for each in Movement.values}
    assert shown == {"entering": [four], "leaving": [one], "staying": [three]}

    restored = program.send("post", f"{path}versions/1/restore/")
    assert (restored["version_number"], restored["where"]) == (3, VIP)


def test_over_rest_what_can_not_be_done_is_said(program: Program) -> None:
    segment = program.make("Loyal", VIP)
    path = f"{URL}{segment['id']}/versions/"
    program.send("patch", f"{URL}{segment['id']}/", {"where": GOLD})
    rename_tag(program.workspace, "vip", "was-vip")
    refused = program.send("post", f"{path}1/restore/", status=409)
    assert (refused["code"], "vip" in refused["detail"]) == ("broken", True)
    assert program.get(path)["results"][1]["error"].endswith("vip.")
    assert program.get(f"{path}diff/", 409, **{"from": 1, "to": 2})["code"] == "broken"
    program.send("post", f"{path}7/restore/", status=404)
    program.get(f"{path}diff/", 404, **{"from": 2, "to": 7})
    program.get(f"{path}diff/", 400, **{"from": "x", "to": 1})
    program.get(f"{path}diff/", 400, to=1)
    reading = Program(program.workspace, ["segments:read"])
    reading.send("post", f"{path}2/restore/", status=403)
    reading.get(f"{path}diff/", **{"from": 2, "to": 2})
    reading.get(f"{path}diff/", 403, **{"from": 2, "to": 2, "limit": 1})
