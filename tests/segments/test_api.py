"""Segments over REST, as docs/rest.md shapes them."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from segments.criteria.base import all_criteria
from tests.makers.contacts import make_contact
from tests.makers.recounts import work
from tests.makers.workspaces import make_key, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

URL = "/api/v1/segments/"
VIP = {"type": "tags.has", "match": "any", "tags": ["vip"]}
GOLD = {"type": "tags.has", "match": "any", "tags": ["gold"]}


class Program:
    """A client with a key."""

    def __init__(self, workspace: Workspace, scopes: list[str] | None = None) -> None:
        self.workspace = workspace
        self.client = Client(headers={"Authorization": f"Bearer {make_key(workspace, scopes)[1]}"})

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        send = getattr(self.client, method)
        answer = send(path, json.dumps(body or {}), "application/json")
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.get(path, query)
        assert answer.status_code == status, answer.content
        return answer.json()

    def make(self, name: str = "Loyal", where: Any = VIP, **more: Any) -> Any:
        return self.send("post", URL, {"name": name, "where": where, **more}, 201)


@pytest.fixture
def program() -> Program:
    """Contacts 0 to 5: vip are 0 to 2, gold 2 and 3; 4 and 5 have no tag, 5 came today."""
    now = timezone.now()
    workspace = make_workspace(now=now - timedelta(days=90))
    for number in range(6):
        tags = [name for name, some in (("vip", (0, 1, 2)), ("gold", (2, 3))) if number in some]
        make_contact(
            workspace,
            f"c{number}",
            now=now - timedelta(days=0.01 if number == 5 else 30),
            email=f"c{number}@example.org",
            tags={"add": tags},
        )
    return Program(workspace)


def ids(program: Program) -> list[int]:
    return [program.workspace.pk << 31 | number for number in range(1, 7)]


# --- Evaluating ----------------------------------------------------------------------------------


def test_one_answer_has_the_sizes_of_all_nodes_the_sentence_and_members(program: Program) -> None:
    where = {"all": [VIP, {"not": {"any": [GOLD]}}]}
    answer = program.send("post", f"{URL}evaluate", {"where": where, "members": {"limit": 1}})
    assert (answer["size"], answer["universe"]) == (2, 6)
    assert answer["nodes"] == [
        node("$.where", 2, 6, 2, 6, 0),
        node("$.where.all[0]", 3, 6, 3, 4, 0),
        node("$.where.all[1]", 4, 3, 2, 3, 2),
        node("$.where.all[1].not", 2, 3, 1, 3, 2),
        node("$.where.all[1].not.any[0]", 2, 3, 1, 3, 2),
    ]
    assert answer["sentence"] == (
        "People who are tagged any of vip; and are not among those who are tagged any of gold."
    )
    assert answer["members"] == [
        {"id": ids(program)[0], "external_id": "c0", "name": "", "email": "c0@example.org"}
    ]
    assert answer["pins"] == {"added": 0, "removed": 0}
    assert answer["warnings"] == []
    after = {"limit": 5, "after": ids(program)[0]}
    rest = program.send("post", f"{URL}evaluate", {"where": where, "members": after})
    assert [member["external_id"] for member in rest["members"]] == ["c1"]


def test_people_in_for_lack_of_a_value_are_warned_of(program: Program) -> None:
    answer = program.send("post", f"{URL}evaluate", {"where": {"not": GOLD}})
    assert answer["size"] == 4
    [warning] = [each for each in answer["warnings"] if each["code"] == "only_by_absence"]
    assert (warning["path"], warning["number"]) == ("$.where.not", 2)
    assert warning["message"]


def node(path: str, *numbers: int) -> dict[str, Any]:
    names = ("size", "enters", "leaves", "without", "only_by_absence")
    return {"path": path, **dict(zip(names, numbers, strict=True))}


def test_pins_stand_in_the_total_and_say_what_they_change(program: Program) -> None:
    one, two, three, four, *_ = ids(program)
    pins = {"pinned_in": [four, two], "pinned_out": [one, two]}
    answer = program.send("post", f"{URL}evaluate", {"where": VIP, "members": {}, **pins})
    assert answer["size"] == 2
    assert answer["pins"] == {"added": 1, "removed": 2}
    assert [member["id"] for member in answer["members"]] == [three, four]


def test_an_instant_needs_a_zone_and_the_past_is_as_it_was(program: Program) -> None:
    problem = program.send(
        "post", f"{URL}evaluate", {"where": VIP, "as_of": "2026-01-01T00:00:00"}, 400
    )
    assert problem["errors"][0]["path"] == "$.as_of"
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    everybody = {"any": [VIP, {"not": VIP}]}
    answer = program.send("post", f"{URL}evaluate", {"where": everybody, "as_of": yesterday})
    assert (answer["size"], answer["universe"]) == (5, 5)
    long_ago = program.send(
        "post", f"{URL}evaluate", {"where": everybody, "as_of": "2001-01-01T00:00:00+14:00"}
    )
    assert (long_ago["size"], long_ago["universe"]) == (0, 0)


def test_errors_name_the_row(program: Program) -> None:
    where = {"all": [VIP, {"any": [{"type": "tags.has", "tags": ["nobody"]}, {"type": "x"}]}]}
    problem = program.send("post", f"{URL}evaluate", {"where": where}, 400)
    assert problem["code"] == "invalid_tree"
    assert [(error["path"], error["code"]) for error in problem["errors"]] == [
        ("$.where.all[1].any[1].type", "unknown"),
        ("$.where.all[1].any[0].tags[0]", "not_found"),
    ]


# --- Saving --------------------------------------------------------------------------------------


def test_a_segment_is_made_read_changed_and_put_away(program: Program) -> None:
    made = program.make(labels=["b", "a", "a"], schedule="day", pinned_in=[ids(program)[4]])
    url = f"{URL}{made['id']}/"
    assert made["where"] == VIP
    assert (made["labels"], made["schedule"], made["version_number"]) == (["a", "b"], "day", 1)
    assert made["pinned_in"] == [ids(program)[4]]
    assert (made["size"], made["state"]) == (None, "new")
    assert program.get(url)["name"] == "Loyal"
    changed = program.send("patch", url, {"where": {"not": VIP}})
    assert (changed["version_number"], changed["name"]) == (2, "Loyal")
    assert program.send("patch", url, {"name": "Others"})["version_number"] == 2
    listed = program.get(URL)["results"]
    assert [segment["name"] for segment in listed] == ["Others"]
    program.send("delete", url, status=204)
    assert program.get(url)["archived_at"] is not None


def test_a_segment_that_is_used_can_not_go(program: Program) -> None:
    used = program.make()
    user = program.make("Not loyal", {"not": {"segment": used["id"]}})
    problem = program.send("delete", f"{URL}{used['id']}/", status=409)
    assert problem["code"] == "in_use"
    assert "Not loyal" in problem["detail"]
    program.send("delete", f"{URL}{user['id']}/", status=204)
    program.send("delete", f"{URL}{used['id']}/", status=204)


def test_a_copy_has_a_name_of_its_own(program: Program) -> None:
    made = program.make()
    copy = program.send("post", f"{URL}{made['id']}/duplicate", status=201)
    assert copy["name"] == "Loyal (copy)"
    assert copy["where"] == VIP


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "x"}, "$.where"),
        ({"where": VIP}, "$.name"),
        ({"name": "x" * 161, "where": VIP}, "$.name"),
        ({"name": "x", "where": VIP, "schedule": "never"}, "$.schedule"),
        ({"name": "x", "where": VIP, "labels": "a"}, "$.labels"),
        ({"name": "x", "where": VIP, "owner": 1}, "$.owner"),
        ({"name": "x", "where": {"all": []}}, "$.where.all"),
    ],
)
def test_a_bad_segment_is_refused_with_its_path(program: Program, body: Any, path: str) -> None:
    problem = program.send("post", URL, body, 400)
    assert path in {error["path"] for error in problem["errors"]}
    assert program.get(URL)["results"] == []


def test_keys_need_the_scope(program: Program) -> None:
    reader = Program(program.workspace, ["segments:read"])
    reader.get(URL)
    reader.send("post", f"{URL}evaluate", {"where": VIP})
    reader.send("post", URL, {"name": "x", "where": VIP}, 403)


def test_another_workspaces_segment_is_not_there(program: Program) -> None:
    theirs = Program(make_workspace("Other"))
    made = program.make()
    theirs.get(f"{URL}{made['id']}/", 404)
    theirs.send("post", f"{URL}{made['id']}/recount", status=404)
    assert theirs.get(URL)["results"] == []


# --- Over time -----------------------------------------------------------------------------------


def test_a_recount_is_asked_for_joined_and_cancelled(program: Program) -> None:
    url = f"{URL}{program.make()['id']}/"
    first = program.send("post", f"{url}recount", status=202)
    again = program.send("post", f"{url}recount", status=202)
    assert first["id"] == again["id"]
    recounts = program.get(f"{url}recounts")["results"]
    assert first["id"] in [recount["id"] for recount in recounts]
    cancelled = program.send("post", f"{url}recounts/{first['id']}/cancel")
    assert cancelled["state"] == "cancelled"
    program.send("post", f"{url}recounts/{first['id']}/cancel", status=409)
    program.send("post", f"{url}recounts/999999/cancel", status=404)


@pytest.mark.django_db(transaction=True)
def test_snapshots_say_whether_they_were_recorded(program: Program) -> None:
    url = f"{URL}{program.make()['id']}/"
    program.send("post", f"{url}recount", status=202)
    work(now=timezone.now())
    recorded = program.get(f"{url}snapshots", recorded="true")["results"]
    assert [(point["size"], point["entered"], point["recorded"]) for point in recorded] == [
        (3, 3, True)
    ]
    assert program.get(url)["size"] == 3
    problem = program.get(f"{url}snapshots", 400, **{"from": "yesterday"})
    assert problem["errors"][0]["path"] == "$.from"


def test_members_come_in_pages_and_as_a_file(program: Program) -> None:
    url = f"{URL}{program.make()['id']}/members"
    page = program.get(url, limit=2)
    assert (page["size"], len(page["results"])) == (3, 2)
    following = program.client.get(page["next"]).json()
    assert [member["external_id"] for member in following["results"]] == ["c2"]
    assert following["as_of"] == page["as_of"]
    answer = program.client.get(url, headers={"Accept": "text/csv"})
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["external_id"] for row in rows] == ["c0", "c1", "c2"]
    for query in ({"as_of": "2026-01-01T00:00:00"}, {"limit": "many"}, {"after": "-1"}):
        program.get(url, 400, **query)


# --- What the wizard needs -----------------------------------------------------------------------


def test_criteria_come_with_forms_schemas_and_examples(program: Program) -> None:
    criteria = program.get("/api/v1/criteria/")["criteria"]
    assert [each["key"] for each in criteria] == [cls.key for cls in all_criteria()]
    for each in criteria:
        assert each["label"]
        assert each["schema"]["additionalProperties"] is False
        assert each["examples"]


def test_a_tree_becomes_text_and_a_text_a_tree(program: Program) -> None:
    where = {"all": [VIP, {"not": {"any": [GOLD]}}]}
    text = program.send("post", f"{URL}text", {"where": where})["text"]
    assert text.startswith("all:\n- type: tags.has\n")
    assert program.send("post", f"{URL}text", {"text": text})["where"] == where
    for bad in ("all: [", "a: &x 1\nb: *x", "a: 1\na: 2", "!!python/object:os.system {}"):
        problem = program.send("post", f"{URL}text", {"text": bad}, 400)
        assert problem["errors"][0]["path"] == "$.where", bad
        assert problem["errors"][0]["message"], bad
    program.send("post", f"{URL}text", {}, 400)
    program.send("post", f"{URL}text", {"text": text, "where": where}, 400)


def test_suggestions_are_real_values_with_counts(program: Program) -> None:
    found = program.get(f"{URL}suggestions", kind="tag")["results"]
    assert [(each["value"], each["count"]) for each in found] == [("vip", 3), ("gold", 2)]
    assert program.get(f"{URL}suggestions", kind="tag", q="GO")["results"][0]["value"] == "gold"
    assert program.get(f"{URL}suggestions", kind="no such thing")["results"] == []
    assert program.get(f"{URL}suggestions", kind="tag", q="%")["results"] == []
