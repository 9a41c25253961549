"""The mail catcher, and translations without the gettext tools."""

from __future__ import annotations

import email
import email.policy
import gettext
import os
import smtplib
import sys
import time
from email.message import EmailMessage
from pathlib import Path

from config.local.places import ROOT
from config.local.processes import free_port, spawn, stop
from config.local.translations import compile_translations

POLISH = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=4; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 :"
" 2);\\n"

msgid "Segments"
msgstr "{word}"
"""


def test_every_message_is_kept_as_it_was_sent_and_none_is_delivered(tmp_path: Path):
    port = free_port()
    catcher = spawn(
        [sys.executable, "-m", "config.local.mail", str(port), str(tmp_path)],
        env=os.environ,
        cwd=ROOT,
    )
    try:
        for number in range(3):
            send(port, subject=f"Zażółć {number}")
    finally:
        stop(catcher)
    kept = [email.message_from_bytes(file.read_bytes()) for file in sorted(tmp_path.iterdir())]
    subjects = [
        str(email.header.make_header(email.header.decode_header(m["Subject"]))) for m in kept
    ]
    assert subjects == ["Zażółć 0", "Zażółć 1", "Zażółć 2"]
    assert {message["X-Envelope-To"] for message in kept} == {"anna@example.com"}


def send(port: int, *, subject: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "shop@example.com"
    message["To"] = "anna@example.com"
    message.set_content("Hello")
    deadline = time.monotonic() + 20
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
                client.send_message(message)
                return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_translations_are_compiled_when_they_changed_and_only_then(tmp_path: Path):
    source = tmp_path / "locale" / "pl" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(POLISH.replace("{word}", "Segmenty"))
    assert compile_translations(tmp_path) == 1
    assert compile_translations(tmp_path) == 0
    assert gettext.translation("django", tmp_path / "locale", ["pl"]).gettext("Segments") == (
        "Segmenty"
    )
    source.write_text(POLISH.replace("{word}", "Grupy"))
    os.utime(source, (time.time() + 5, time.time() + 5))
    assert compile_translations(tmp_path) == 1
    assert b"Grupy" in source.with_suffix(".mo").read_bytes()
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]
