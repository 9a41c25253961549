"""Bring locale/ up to date with the texts in the code: new ones in, unused ones out.

    .venv/bin/python tools/messages.py

Then translate what it lists. Nothing of the gettext tools is needed. A test compares what is
found here with what is translated.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("pl", "pt_BR")
NOT_SHOWN = ("tests/", "tools/", "docs/", "static/vendor/")

# Name of the call -> where its context, its text and its plural stand among the arguments.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "agreeing"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
_STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CALL = re.compile(rf"\b(\w*gettext|_)\(\s*((?:u?{_STRING}\s*,?\s*)+)")
_ARGUMENT = re.compile(_STRING)


@dataclass(frozen=True)
class Message:
    """A text to translate, with its plural and context where it has them."""

    text: str
    plural: str = ""
    context: str | None = None


def messages_of_python(source: str) -> Iterator[Message]:
    """Every literal text given to a translating call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
            yield from _message(name, given)


def messages_of_script(source: str) -> Iterator[Message]:
    """The same in JavaScript; calls inside template literals count too."""
    for name, arguments in _CALL.findall(source):
        yield from _message(name, [ast.literal_eval(a) for a in _ARGUMENT.findall(arguments)])


def messages_of_template(source: str) -> Iterator[Message]:
    """The same in a template: translate, blocktranslate and _() in tags."""
    yield from messages_of_script(templatize(source))


def _message(name: str, given: list[object]) -> Iterator[Message]:
    if name not in CALLS:
        return
    context, text, plural = (
        given[i] if i is not None and i < len(given) else None for i in CALLS[name]
    )
    if isinstance(text, str) and text:
        yield Message(
            text,
            plural if isinstance(plural, str) else "",
            context if isinstance(context, str) else None,
        )


def find_messages(domain: str) -> dict[Message, list[str]]:
    """Every text of the code, with the files it stands in, in their order."""
    readers = (
        {".js": messages_of_script}
        if domain == "djangojs"
        else {
            ".py": messages_of_python,
            ".html": messages_of_template,
            ".txt": messages_of_template,
        }
    )
    found: dict[Message, list[str]] = {}
    for path in _files():
        reader = readers.get(Path(path).suffix)
        if reader is None or (path.endswith(".txt") and not path.startswith("templates/")):
            continue
        for message in reader((ROOT / path).read_text(encoding="utf-8")):
            files = found.setdefault(message, [])
            if path not in files:
                files.append(path)
    return found


def _files() -> list[str]:
    """What git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = sorted(set(listed.stdout.splitlines()))
    return [p for p in paths if not p.startswith(NOT_SHOWN) and (ROOT / p).is_file()]


def catalogue(language: str, domain: str) -> polib.POFile:
    """One language's translations as they stand in the repository."""
    return polib.pofile(str(ROOT / f"locale/{language}/LC_MESSAGES/{domain}.po"), wrapwidth=0)


def message_of(entry: polib.POEntry) -> Message:
    """What a translation is of."""
    return Message(entry.msgid, entry.msgid_plural, entry.msgctxt)


def update() -> list[str]:
    """Rewrite the catalogues; return what is left to translate, "language: text"."""
    left = []
    for domain in ("django", "djangojs"):
        found = find_messages(domain)
        for language in LANGUAGES:
            left += _rewrite(language, domain, found)
    return left


def _rewrite(language: str, domain: str, found: dict[Message, list[str]]) -> list[str]:
    old = catalogue(language, domain)
    known = {message_of(entry): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=0)
    new.metadata = old.metadata
    for message, files in found.items():
        entry = known.get(message) or _empty(message, language)
        entry.occurrences = [(file, "") for file in files]
        entry.flags = [flag for flag in entry.flags if flag == "fuzzy"]
        new.append(entry)
    new.save(old.fpath)
    return [f"{language}: {entry.msgid}" for entry in new if not entry.translated()]


def _empty(message: Message, language: str) -> polib.POEntry:
    entry = polib.POEntry(msgid=message.text, msgctxt=message.context)
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = dict.fromkeys(range(4 if language == "pl" else 2), "")
    return entry


if __name__ == "__main__":
    print("\n".join(update()) or "Everything is translated.")
