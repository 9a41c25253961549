"""Campaigns over REST, as docs/rest.md shapes them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import CodePool, DiscountCode, Run, RunState, SavedBlock
from campaigns.services.freezing import freeze_open_runs
from tests.makers.campaigns import HELLO, make_account, make_sending_settings
from tests.makers.contacts import make_contact, make_list
from tests.makers.segments import make_segment
from tests.makers.workspaces import NOW, make_key, make_workspace
from workspaces.models import Member, Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

URL = "/api/v1/campaigns/"
VIP = {"type": "tags.has", "match": "any", "tags": ["vip"]}


class Program:
    """A client with a key."""

    def __init__(self, workspace: Workspace, scopes: list[str] | None = None) -> None:
        self.workspace = workspace
        self.client = Client(headers={"Authorization": f"Bearer {make_key(workspace, scopes)[1]}"})

    def send(
        self, method: str, path: str, body: Any = None, status: int = 200, **headers: str
    ) -> Any:
        send = getattr(self.client, method)
        answer = send(path, json.dumps(body or {}), "application/json", headers=headers)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.get(path, query)
        assert answer.status_code == status, answer.content
        return answer.json()

    def make(self, **given: Any) -> Any:
        return self.send("post", URL, given, 201)


@pytest.fixture
def program() -> Program:
    """Five people: vip are 0 to 3, of whom 0 to 2 gave consent; 4 is on the list "Fair"."""
    workspace = make_workspace(now=NOW)
    make_account(workspace)
    make_sending_settings(workspace)
    contacts = [
        make_contact(
            workspace,
            f"c{number}",
            now=NOW,
            email=f"c{number}@example.org",
            attributes={"first_name": f"Ola{number}"},
            tags={"add": ["vip" if number < 4 else "other"]},
            consents={"email": "granted"} if number != 3 else {},
        )
        for number in range(5)
    ]
    make_list(workspace, "Fair", contacts[4], now=NOW)
    return Program(workspace)


@pytest.fixture
def ready(program: Program) -> dict[str, Any]:
    """A campaign that could be sent at once to the vip."""
    segment = make_segment(program.workspace, VIP, name="Vip")
    return program.make(
        name="Spring",
        audience={"segments": [segment.pk]},
        content=HELLO,
        from_name="Shop",
        from_email="news@shop.example",
    )


def path_of(campaign: dict[str, Any], action: str = "") -> str:
    return f"{URL}{campaign['id']}/{action}{'/' if action else ''}"


def codes(problem: dict[str, Any]) -> dict[str, str]:
    return {error["path"]: error["code"] for error in problem["errors"]}


# --- Saving --------------------------------------------------------------------------------------


def test_a_campaign_is_made_read_changed_and_put_away(program: Program) -> None:
    made = program.make(name="Spring", content=HELLO)
    assert (made["state"], made["version"], made["consent_rule"]) == ("draft", 1, "granted")
    changed = program.send(
        "patch", path_of(made), {"from_email": "news@shop.example", "version": 1}
    )
    assert (changed["version"], changed["content"]) == (2, made["content"])
    assert program.get(path_of(made)) == changed
    assert [each["id"] for each in program.get(URL, search="spr")["results"]] == [made["id"]]
    copy = program.send("post", path_of(made, "duplicate"), status=201)
    assert copy["name"] == "Spring (copy)"
    program.send("delete", path_of(made), status=204)
    assert [each["id"] for each in program.get(URL)["results"]] == [copy["id"]]
    assert [each["id"] for each in program.get(URL, archived=True)["results"]] == [made["id"]]


def test_faults_are_named_by_their_paths_and_nothing_is_written(program: Program) -> None:
    given = {"audience": {"segments": [7]}, "from_email": "news@shop.example"}
    problem = program.send("post", URL, given, 400)
    assert (problem["code"], codes(problem)) == (
        "invalid_campaign",
        {"$.audience.segments[0]": "unknown"},
    )
    assert codes(
        program.send("post", URL, {"from_email": "a@b\nBcc: c@d", "audiense": {}}, 400)
    ) == {
        "$.from_email": "invalid",
        "$.audiense": "unknown_field",
    }
    assert codes(program.send("post", URL, {"from_name": "Shop\nBcc: x"}, 400)) == {
        "$.from_name": "one_line"
    }
    assert program.get(URL)["results"] == []


def test_an_older_version_is_refused(program: Program) -> None:
    made = program.make(name="Spring")
    program.send("patch", path_of(made), {"name": "Summer", "version": 1})
    assert program.send("patch", path_of(made), {"name": "Autumn", "version": 1}, 409)["code"] == (
        "stale"
    )


def test_scopes_decide_who_reads_writes_and_sends(program: Program, ready: dict[str, Any]) -> None:
    reader = Program(program.workspace, ["campaigns:read"])
    writer = Program(program.workspace, ["campaigns:read", "campaigns:write"])
    assert reader.get(path_of(ready))["name"] == "Spring"
    reader.send("patch", path_of(ready), {"name": "x"}, 403)
    reader.get(path_of(ready, "preview"), contact=1, status=403)
    writer.send("patch", path_of(ready), {"reply_to": "a@shop.example"})
    for action in ("send", "schedule", "stop"):
        writer.send("post", path_of(ready, action), status=403)
    nobody = Program(program.workspace, ["contacts:read"])
    nobody.get(path_of(ready), 403)


def test_the_editor_makes_one_draft_however_often_it_asks(program: Program) -> None:
    owner = Member.objects.get(workspace=program.workspace)
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner.user)
    page = client.get(f"/w/{program.workspace.pk}/campaigns/new/")
    headers = {"X-CSRFToken": page.cookies["csrftoken"].value, "Idempotency-Key": "page-1"}
    url = f"/w/{program.workspace.pk}/api/campaigns/"
    made = [
        client.post(url, '{"name": "Spring"}', "application/json", headers=headers).json()["id"]
        for _turn in range(2)
    ]
    assert made[0] == made[1]
    assert len(program.get(URL)["results"]) == 1


# --- Looking -------------------------------------------------------------------------------------


def test_the_waterfall_is_exact_and_of_a_version(program: Program, ready: dict[str, Any]) -> None:
    found = program.get(path_of(ready, "waterfall"))
    assert (found["audience"], found["recipients"], found["version"]) == (4, 3, 1)
    removed = {step["key"]: step["removed"] for step in found["steps"] if step["removed"]}
    assert removed == {"no_consent": 1}
    assert found["warnings"] == []


def test_an_audience_that_cannot_be_trusted_is_a_conflict(program: Program) -> None:
    gone = make_segment(program.workspace, {"type": "tags.has", "match": "any", "tags": ["gone"]})
    made = program.make(audience={"segments": [gone.pk]}, content=HELLO)
    problem = program.get(path_of(made, "waterfall"), 409)
    assert problem["code"] == "audience_refused"
    assert [error["code"] for error in problem["errors"]] == ["broken"]


def test_the_preview_is_of_a_contact_or_of_samples(program: Program, ready: dict[str, Any]) -> None:
    contact = program.get("/api/v1/contacts/", external_id="c1")["results"][0]["id"]
    made = program.get(path_of(ready, "preview"), contact=contact)
    assert made["subject"] == "Hello Ola1"
    assert "New in the shop" in made["html"]
    assert "New in the shop" in made["text"]
    assert program.get(path_of(ready, "preview"))["subject"] != "Hello Ola1"
    program.get(path_of(ready, "preview"), variant=3, status=404)
    program.get(path_of(ready, "preview"), contact=99, status=404)
    program.get(path_of(ready, "preview"), contact="x", status=400)


def test_checks_find_what_would_stop_a_send(program: Program, ready: dict[str, Any]) -> None:
    def levels(campaign: dict[str, Any]) -> set[str]:
        findings = program.get(path_of(campaign, "lint"))["findings"]
        return {finding["level"] for finding in findings}

    assert "error" not in levels(ready)
    broken = program.make(content={**HELLO, "subject": "Hello {{ contact.nothing }}"})
    assert "error" in levels(broken)


def test_variables_are_listed_with_examples(program: Program) -> None:
    found = {each["name"]: each for each in program.get(f"{URL}variables/")["results"]}
    assert found["contact.first_name"]["example"] == "Anna"
    assert "unsubscribe_url" in found


# --- Sending -------------------------------------------------------------------------------------


def test_the_same_click_is_one_run(program: Program, ready: dict[str, Any]) -> None:
    body = {"version": ready["version"]}
    key = {"Idempotency-Key": "click-1"}
    first = program.send("post", path_of(ready, "send"), body, 202, **key)
    again = program.send("post", path_of(ready, "send"), body, 202, **key)
    assert (again["id"], first["state"]) == (first["id"], "scheduled")
    other = program.send(
        "post", path_of(ready, "send"), body, 409, **{"Idempotency-Key": "click-2"}
    )
    assert other["code"] == "already_running"
    with workspace_scope(program.workspace):
        assert Run.objects.in_workspace(program.workspace).count() == 1
    assert program.send("patch", path_of(ready), {"name": "x"}, 409)["code"] == "locked"


def test_only_the_version_that_was_seen_is_sent(program: Program, ready: dict[str, Any]) -> None:
    program.send("patch", path_of(ready), {"reply_to": "a@shop.example"})
    assert program.send("post", path_of(ready, "send"), {"version": 1}, 409)["code"] == "stale"
    assert program.send("post", path_of(ready, "schedule"), {"version": 1}, 409)["code"] == "stale"


def test_what_is_not_ready_says_what_to_do(program: Program) -> None:
    empty = program.make(content=HELLO)
    assert program.send("post", path_of(empty, "send"), status=400)["errors"]
    segment = make_segment(program.workspace, VIP, name="Vip")
    made = program.make(audience={"segments": [segment.pk]}, content=HELLO)
    problem = program.send("post", path_of(made, "send"), status=409)
    assert problem["code"] == "not_ready"
    assert problem["errors"]


def test_a_schedule_is_started_and_stopped(program: Program, ready: dict[str, Any]) -> None:
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    program.send(
        "patch", path_of(ready), {"schedule": {"kind": "at", "date": day, "time": "09:00"}}
    )
    scheduled = program.send("post", path_of(ready, "schedule"))
    assert scheduled["state"] == "scheduled"
    assert scheduled["next_due_at"].startswith(day)
    stopped = program.send("post", path_of(ready, "stop"))
    assert (stopped["state"], stopped["next_due_at"]) == ("stopped", None)
    program.send("patch", path_of(ready), {"schedule": {"kind": "now"}})
    assert program.send("post", path_of(ready, "schedule"), status=400)["errors"]


def test_a_held_run_goes_on_once_its_reasons_are_confirmed(
    program: Program, ready: dict[str, Any]
) -> None:
    run = program.send("post", path_of(ready, "send"), status=202)
    url = f"/api/v1/runs/{run['id']}/"
    with workspace_scope(program.workspace):
        Run.objects.in_workspace(program.workspace).filter(pk=run["id"]).update(
            state=RunState.HELD, held_reasons=[{"code": "jump", "message": "It has doubled."}]
        )
    assert program.send("post", f"{url}confirm/", {"codes": []}, 400)["errors"]
    confirmed = program.send("post", f"{url}confirm/", {"codes": ["jump"]})
    assert (confirmed["state"], confirmed["confirmed"]) == ("scheduled", ["jump"])


@pytest.mark.django_db(transaction=True)  # freezing opens a snapshot of its own
def test_runs_are_read_with_receipt_and_recipients(program: Program, ready: dict[str, Any]) -> None:
    program.send("post", path_of(ready, "send"), status=202)
    freeze_open_runs(clock=timezone.now)
    [run] = program.get("/api/v1/runs/", campaign=ready["id"])["results"]
    url = f"/api/v1/runs/{run['id']}/"
    assert (run["state"], run["size"]) == ("sending", 3)
    assert program.get(f"{url}receipt/")["size"] == 3
    everybody = program.get(f"{url}recipients/", limit=3)
    assert len(everybody["results"]) == 3
    assert len(program.get(everybody["next"])["results"]) == 1
    [skipped] = program.get(f"{url}recipients/", state="skipped")["results"]
    assert (skipped["reason"], skipped["address"]) == ("no_consent", "c3@example.org")
    program.get(f"{url}recipients/", state="gone", status=400)
    Program(program.workspace, ["campaigns:read"]).get(f"{url}recipients/", 403)

    report = program.get(f"{url}report/")
    assert (report["audience"], report["states"]["queued"], report["total"]["sent"]) == (4, 3, 0)
    assert report["total"]["revenue"] == "0.00"
    assert program.get(path_of(ready, "report"))["reasons"] == {"no_consent": 1}
    assert program.get(path_of(ready, "uplift"))["conversion"]["verdict"] == "unclear"

    assert program.send("post", f"{url}pause/")["state"] == "paused"
    assert program.send("post", f"{url}resume/")["state"] == "sending"
    assert program.send("post", f"{url}cancel/")["state"] == "cancelled"
    assert program.send("post", f"{url}resume/", status=409)["code"] == "not_possible"


# --- What campaigns are made of ------------------------------------------------------------------


def test_blocks_are_kept_for_other_campaigns(program: Program) -> None:
    url = "/api/v1/saved-blocks/"
    block = {"id": "a", "type": "button", "label": "Look", "href": "https://shop.example"}
    kept = program.send("post", url, {"name": "Look", "block": block}, 201)
    assert kept["block"]["align"] == "left"
    assert program.send("post", url, {"name": "Look", "block": block}, 409)["code"] == (
        "already_exists"
    )
    broken = program.send("post", url, {"name": "Bad", "block": {**block, "align": "up"}}, 400)
    assert list(codes(broken)) == ["$.block.align"]
    program.send("delete", f"{url}{kept['id']}/", status=204)
    with workspace_scope(program.workspace):
        assert not SavedBlock.objects.in_workspace(program.workspace).exists()


def test_accounts_show_no_credentials_and_pools_what_is_left(program: Program) -> None:
    [account] = program.get("/api/v1/sending-accounts/")["results"]
    assert set(account) == {"id", "name", "transport", "is_default", "per_second", "per_day"}
    with workspace_scope(program.workspace):
        pool = CodePool.objects.create(workspace=program.workspace, name="Spring")
        DiscountCode.objects.bulk_create(
            DiscountCode(workspace=program.workspace, pool=pool, code=code, code_key=code)
            for code in ("a", "b")
        )
    assert program.get("/api/v1/code-pools/")["results"] == [
        {"id": pool.pk, "name": "Spring", "description": "", "free": 2, "total": 2}
    ]
    assert program.get("/api/v1/topics/")["results"] == []
