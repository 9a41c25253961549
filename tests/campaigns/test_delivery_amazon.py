"""Amazon SES by its own interface, against a server that answers as Amazon does."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from campaigns.delivery.amazon import is_region
from campaigns.delivery.outcomes import AccountUnavailableError, Result
from campaigns.delivery.providers import Provider, backend_of
from campaigns.models import Transport
from config.local.processes import free_port
from tests.campaigns.test_delivery_accounts import LETTER

KEYS = {"region": "eu-central-1", "access_key_id": "AKIAOURS", "secret_access_key": "secret"}


@contextmanager
def amazon(status: int = 200, error: str = "", *, wait: float = 0):
    """Answers every request so, and keeps what it was sent."""
    requests: list[tuple[str, str, dict]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = self.headers.get("Authorization", "")
            requests.append((self.path, said, json.loads(body)))
            time.sleep(wait)
            answer = {"MessageId": "0102-abc"} if status == 200 else {"message": "no"}
            raw = json.dumps(answer).encode()
            self.send_response(status)
            if error:
                self.send_header("x-amzn-ErrorType", error)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def send(url: str, **more: str):
    way_out = Provider(backend_of(Transport.AMAZON_SES, {**KEYS, "api_url": url, **more}))
    try:
        [outcome] = way_out.send([LETTER])
    finally:
        way_out.close()
    return outcome


def test_amazon_gets_the_whole_message_with_the_accounts_own_keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHEMACHINES")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")
    with amazon() as (url, requests):
        outcome = send(url, configuration_set_name="news")
    assert outcome.result == Result.SENT
    assert outcome.provider_id == "0102-abc"
    [(path, said, body)] = requests
    assert path == "/v2/email/outbound-emails"
    assert "Credential=AKIAOURS/" in said
    assert "/eu-central-1/ses/" in said
    assert body["ConfigurationSetName"] == "news"
    raw = base64.b64decode(body["Content"]["Raw"]["Data"]).decode()
    for part in ("ann@mail.example", "Hello", "List-Unsubscribe-Post", "news@shop.example"):
        assert part in raw


@pytest.mark.parametrize(
    ("status", "error", "result"),
    [
        (400, "MessageRejected", Result.FAILED),
        (500, "InternalFailure", Result.UNKNOWN),
        (503, "ServiceUnavailable", Result.UNKNOWN),
    ],
)
def test_what_amazon_refuses_and_what_nobody_knows_is_tried_once(status, error, result):
    with amazon(status, error) as (url, requests):
        outcome = send(url)
    assert outcome.result == result
    assert len(requests) == 1, "repeating it might send it twice"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, "SignatureDoesNotMatch"),
        (400, "SendingPausedException"),
        (400, "MailFromDomainNotVerifiedException"),
        (429, "TooManyRequestsException"),
        (400, "Throttling"),
    ],
)
def test_what_is_about_the_account_leaves_the_message_waiting(status, error):
    with amazon(status, error) as (url, _), pytest.raises(AccountUnavailableError):
        send(url)


def test_where_nobody_listens_nothing_was_handed_over():
    with pytest.raises(AccountUnavailableError):
        send(f"http://127.0.0.1:{free_port()}")


def test_an_answer_that_never_comes_is_unknown(monkeypatch):
    monkeypatch.setattr("campaigns.delivery.providers.TIMEOUT_SECONDS", 0.3)
    with amazon(wait=1) as (url, requests):
        assert send(url).result == Result.UNKNOWN
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("eu-central-1", True), ("us-gov-west-1", True), ("x.evil.example/", False), ("", False)],
)
def test_a_region_is_never_a_host(text, is_one):
    assert is_region(text) is is_one
