"""What every REST view inherits: keys, roles, problems, pages, batches, idempotency."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from tests.makers.workspaces import NOW, make_actor, make_key, make_member, make_workspace
from workspaces.audit import record_audit
from workspaces.models import AuditEntry, IdempotencyRecord, Role
from workspaces.services import forget_expired_answers, revoke_key
from workspaces.tenancy import workspace_scope

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.workspaces.routes")]

ENTRIES = "/api/v1/entries/"


class Program:
    """A client with a bearer key."""

    def __init__(self, text: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, path: str = ENTRIES, **query):
        return self.client.get(path, query)

    def post(self, body, path: str = ENTRIES, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic("POST", path, raw, "application/json", headers=headers)


def make_program(workspace=None, scopes=None) -> Program:
    return Program(make_key(workspace or make_workspace(), scopes)[1])


def written(workspace, action: str) -> int:
    with workspace_scope(workspace):
        return AuditEntry.objects.filter(action=action).count()


def problem(answer, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == code
    assert document["status"] == status
    return document


# Keys and roles


def test_without_a_key_the_answer_is_401_and_says_how():
    answer = Client().get(ENTRIES)
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_expired_or_revoked_key_is_told_apart():
    workspace = make_workspace()
    problem(Program("kh_nonsense").get(), 401, "key_unknown")
    _, expired = make_key(workspace, expires_at=NOW + timedelta(seconds=1))
    problem(Program(expired).get(), 401, "key_expired")
    key, revoked = make_key(workspace)
    revoke_key(actor=make_actor(workspace), key_id=key.pk, now=NOW)
    problem(Program(revoked).get(), 401, "key_revoked")


def test_a_session_opens_nothing_under_the_programs_prefix_and_a_key_nothing_in_the_browser():
    workspace = make_workspace()
    client = Client()
    client.force_login(make_member(workspace).user)
    problem(client.get(ENTRIES), 401, "not_authenticated")
    program = make_program(workspace)
    problem(program.get(f"/w/{workspace.pk}/api/entries/"), 401, "not_authenticated")


def test_a_key_may_do_what_its_scopes_say():
    program = make_program(scopes=["contacts:read"])
    assert program.get().status_code == 200
    problem(program.post({"text": "x"}), 403, "permission_denied")


def test_a_public_key_may_not_read():
    workspace = make_workspace()
    problem(Program(make_key(workspace, kind="public")[1]).get(), 403, "permission_denied")


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.VIEWER, 403), (Role.MARKETER, 201), (Role.ADMIN, 201), (Role.OWNER, 201)],
)
def test_roles_hold_in_the_browser_api(role: Role, status: int):
    workspace = make_workspace()
    client = Client()
    client.force_login(make_member(workspace, role).user)
    path = f"/w/{workspace.pk}/api/entries/"
    assert client.post(path, {"text": "x"}, "application/json").status_code == status
    assert client.get(path).status_code == 200


def test_unsafe_browser_requests_need_a_csrf_token_and_keys_do_not():
    workspace = make_workspace()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_member(workspace).user)
    answer = strict.post(f"/w/{workspace.pk}/api/entries/", {"text": "x"}, "application/json")
    problem(answer, 403, "csrf_failed")
    assert written(workspace, "x") == 0
    program = make_program(workspace)
    program.client.handler.enforce_csrf_checks = True
    assert program.post({"text": "x"}).status_code == 201


def test_what_a_view_does_not_declare_is_refused():
    program = make_program()
    problem(program.client.delete(f"{ENTRIES}1/"), 403, "permission_denied")
    problem(program.client.options(ENTRIES), 403, "permission_denied")
    problem(program.client.patch(ENTRIES), 405, "method_not_allowed")
    problem(Client().patch(ENTRIES), 401, "not_authenticated")


def test_too_many_requests_are_put_off(settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    workspace = make_workspace()
    first, second = make_program(workspace), make_program(workspace)
    codes = [first.get().status_code for _ in range(6)]
    assert codes in ([200] * 3 + [429] * 3, [200] * 6)  # a minute may turn in between
    answer = first.get()
    if answer.status_code == 429:
        assert 1 <= int(problem(answer, 429, "throttled") and answer["Retry-After"]) <= 60
    assert second.get().status_code == 200


def test_requests_pass_while_redis_is_away(settings):
    program = make_program()
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert program.get().status_code == 200


# Objects and pages


def test_a_foreign_object_looks_exactly_like_a_missing_one():
    ours, theirs = make_workspace("Ours"), make_workspace("Theirs")
    entry = record_audit(actor=make_actor(theirs), action="their secret", now=NOW)
    program = make_program(ours)
    foreign = program.get(f"{ENTRIES}{entry.pk}/")
    assert foreign.content == program.get(f"{ENTRIES}{entry.pk + 10_000}/").content
    problem(foreign, 404, "not_found")
    assert "their secret" not in program.get().content.decode()


@pytest.mark.parametrize("name", ["x", "-1", "9" * 40, "%00", "1 OR 1=1"])
def test_an_id_that_is_none_is_not_found(name: str):
    problem(make_program().get(f"{ENTRIES}{name}/"), 404, "not_found")


def test_pages_hold_every_row_once_while_rows_are_added():
    workspace = make_workspace()
    actor = make_actor(workspace)
    for number in range(7):
        record_audit(actor=actor, action=f"old {number}", now=NOW)
    program = make_program(workspace, ["contacts:read"])
    seen, path = [], f"{ENTRIES}?limit=3"
    while path:
        page = program.client.get(path).json()
        assert len(page["results"]) <= 3
        seen += [entry["action"] for entry in page["results"]]
        record_audit(actor=actor, action="new", now=NOW)
        path = page["next"]
    assert [action for action in seen if action.startswith("old")] == [
        f"old {number}" for number in reversed(range(7))
    ]


@pytest.mark.parametrize(
    "cursor", ["x", "cD1hYmM=", "cD0xZTk5OTk5", "bz05OTk5OTk5OTk5OTk=", "é", "cD0AAA=="]
)
def test_a_made_up_cursor_is_an_error_of_the_asker(cursor: str):
    answer = make_program().get(cursor=cursor)
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert problem(answer, 400, "invalid")["errors"][0]["path"] == "$.cursor"


def test_a_page_has_at_most_500_rows():
    assert make_program().get(limit="100000").status_code == 200


# Problems


def test_errors_name_their_paths():
    document = problem(
        make_program().post({"text": "x" * 51, "at": "2026-01-01T00:00:00", "nope": 1, "a b": 2}),
        400,
        "invalid",
    )
    found = {(error["path"], error["code"]) for error in document["errors"]}
    assert found == {
        ("$.text", "max_length"),
        ("$.at", "no_zone"),
        ("$.nope", "unknown_field"),
        ('$["a b"]', "unknown_field"),
    }


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_an_error(body: bytes):
    assert make_program().post(body).status_code == 400


@pytest.mark.parametrize(
    "instant",
    [
        "2026-01-01",
        "yesterday",
        5,
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-01-01T00:00:00",
        "",
    ],
)
def test_what_is_no_instant_with_a_zone_is_refused(instant):
    document = problem(make_program().post({"text": "x", "at": instant}), 400, "invalid")
    assert document["errors"][0]["path"] == "$.at"


@pytest.mark.parametrize(
    ("amount", "code"),
    [(19.9, "not_money"), ("1.234", "too_many_decimals"), ("-1.00", "negative"), (None, "null")],
)
def test_what_is_no_money_is_refused(amount, code: str):
    document = problem(make_program().post({"text": "x", "amount": amount}), 400, "invalid")
    assert [(e["path"], e["code"]) for e in document["errors"]] == [("$.amount", code)]


def test_money_is_read_in_the_currency_of_the_workspace():
    assert (
        make_program(make_workspace(base_currency="EUR"))
        .post({"text": "x", "amount": "19.90"})
        .json()["amount"]
        == 1990
    )
    assert (
        make_program(make_workspace(base_currency="JPY"))
        .post({"text": "x", "amount": "1990"})
        .json()["amount"]
        == 1990
    )


def test_a_refusal_after_writing_leaves_nothing_written():
    workspace = make_workspace()
    program = make_program(workspace)
    problem(program.post({"text": "fail after writing"}), 400, "invalid")
    program.client.raise_request_exception = False
    problem(program.post({"text": "crash after writing"}), 500, "internal_error")
    assert (
        written(workspace, "fail after writing") == written(workspace, "crash after writing") == 0
    )


def test_a_statement_that_takes_too_long_is_the_askers_problem_and_the_connection_goes_on():
    workspace = make_workspace()
    program = make_program(workspace)
    problem(program.post({"text": "slow"}), 422, "query_too_expensive")
    assert written(workspace, "slow") == 0
    assert program.post({"text": "quick"}).status_code == 201


def test_other_media_types_are_refused():
    answer = make_program().client.post(ENTRIES, {"text": "x"})
    problem(answer, 415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused():
    problem(make_program().post(b'"' + b"x" * 5_300_000 + b'"'), 413, "too_large")


# Batches


def test_bad_items_of_a_batch_are_told_apart_and_harm_nobody():
    items = [{"text": f"note {number}"} for number in range(1000)]
    bad = set(range(0, 1000, 27)) - {0}
    for index in bad:
        items[index] = {"text": "x", "at": "soon"} if index % 2 else {"txt": "x"}
    assert len(bad) == 37
    answer = make_program().post({"notes": items}, "/api/v1/notes/batch")
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(1000))
    assert {result["index"] for result in results if result["status"] == "error"} == bad
    assert results[27]["errors"][0]["path"] == "$.notes[27].at"
    assert {error["path"] for error in results[54]["errors"]} == {
        "$.notes[54].text",
        "$.notes[54].txt",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({}, 400),
        ({"notes": {}}, 400),
        ({"notes": [], "x": 1}, 400),
        ({"notes": [{}] * 1001}, 413),
    ],
)
def test_a_batch_of_the_wrong_shape_is_refused_whole(body, status: int):
    answer = make_program().post(body, "/api/v1/notes/batch/")
    assert answer.status_code == status
    assert answer.json()["errors"]


@pytest.mark.parametrize("item", [None, 1, "x", [], [[]], {"text": None}, {"text": {}}])
def test_items_of_any_shape_are_only_errors(item):
    answer = make_program().post({"notes": [item, {"text": "fine"}]}, "/api/v1/notes/batch")
    assert [result["status"] for result in answer.json()["results"]] == ["error", "created"]
    assert answer.json()["results"][0]["errors"][0]["path"].startswith("$.notes[0]")


# Idempotency


def test_a_repeated_request_is_answered_as_the_first_time_and_done_once():
    workspace = make_workspace()
    program = make_program(workspace)
    first = program.post({"text": "once"}, **{"Idempotency-Key": "k1"})
    again = program.post({"text": "once"}, **{"Idempotency-Key": "k1"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert written(workspace, "once") == 1


def test_an_idempotency_key_is_refused_for_a_different_request():
    workspace = make_workspace()
    program = make_program(workspace)
    program.post({"text": "one"}, **{"Idempotency-Key": "k1"})
    answer = program.post({"text": "two"}, **{"Idempotency-Key": "k1"})
    problem(answer, 422, "idempotency_key_reused")
    assert written(workspace, "two") == 0


def test_an_idempotency_key_belongs_to_its_workspace():
    for workspace in (make_workspace("One"), make_workspace("Two")):
        program = make_program(workspace)
        answer = program.post({"text": "here"}, **{"Idempotency-Key": "shared"})
        assert "Idempotency-Replayed" not in answer
        assert written(workspace, "here") == 1


def test_a_refused_request_may_be_repaired_under_the_same_key():
    program = make_program()
    headers = {"Idempotency-Key": "k1"}
    assert program.post({"text": "fail after writing"}, **headers).status_code == 400
    assert program.post({"text": "repaired"}, **headers).status_code == 201


def test_an_answer_is_forgotten_after_48_hours():
    workspace = make_workspace()
    program = make_program(workspace)
    program.post({"text": "once"}, **{"Idempotency-Key": "k1"})
    with workspace_scope(workspace):
        expires_at = IdempotencyRecord.objects.get().expires_at
    assert forget_expired_answers(workspace=workspace, now=expires_at - timedelta(seconds=1)) == 0
    assert forget_expired_answers(workspace=workspace, now=expires_at) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_strange_idempotency_key_is_refused(key: str):
    answer = make_program().post({"text": "x"}, **{"Idempotency-Key": key})
    problem(answer, 400, "bad_idempotency_key")


@pytest.mark.django_db(transaction=True)
def test_while_the_first_request_runs_the_second_is_put_off_and_nothing_happens_twice():
    workspace = make_workspace()
    _, text = make_key(workspace)
    start, codes = threading.Barrier(6, timeout=10), []

    def send() -> None:
        try:
            start.wait()
            answer = Program(text).post({"text": "once"}, **{"Idempotency-Key": "k1"})
            codes.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {201, 409}
    assert 201 in codes
    assert written(workspace, "once") == 1
