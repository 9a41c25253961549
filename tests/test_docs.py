"""The documentation says what is true: links, commands, settings and every example are tried."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command, get_commands
from django.test import Client
from django.urls import resolve

from tests.makers.workspaces import make_key, make_workspace

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [ROOT / "README.md", ROOT / "docs" / "rest.md"]
WHEN_EXAMPLES_ARE_TRIED = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAX_IMAGE_BYTES = 200_000

# Others' files, kept as they came.
VENDORED = re.compile(r"(static/vendor|tests/vendor|tracking/data)/|requirements/|LICENSE")
# Where packages come from, and the machine and the way something was made on, are nobody's concern.
OUT_OF_PLACE = re.compile(
    r"pypi\.org|pythonhosted|npmjs|crates\.io|proxy\.golang"
    r"|/work/|/root/|/tmp/kohorta|/home/(?!kohorta|user)[a-z]"
    r"|shared/design|brief\.md|\bsub-?agents?\b|co-authored-by|\bhelper sessions?\b|\bworktrees?\b",
    re.IGNORECASE,
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors_of(text: str) -> set[str]:
    """The anchors that renderers make of a page's headings."""
    headings = re.findall(r"^#{1,6} (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def blocks_of(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language; empty for those that name none."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [block for found, block in blocks if found == language]


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path):
    text = without_code(page.read_text())
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        place, _hash, anchor = target.partition("#")
        found = (page.parent / place).resolve() if place else page
        if not found.exists() or (anchor and anchor not in anchors_of(found.read_text())):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_named_exists(page: Path):
    text = page.read_text()
    commands = set(re.findall(r"\./dev ([a-z]+)", text))
    assert commands <= set(load_dev().COMMANDS)
    managed = set(re.findall(r"(?:\./dev manage|manage\.py) ([a-z_]+)", text))
    assert managed <= set(get_commands())


def load_dev() -> Any:
    """The script ./dev as a module."""
    loader = importlib.machinery.SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_two_commands_stand_in_the_first_screen_of_the_readme():
    first_screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:25])
    assert "./dev up" in first_screen
    assert "./dev test" in first_screen


def test_the_page_of_criteria_is_what_the_criteria_say():
    call_command("describe_criteria", "--check")


def test_every_setting_is_documented_and_every_documented_one_is_read():
    source = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r"""env(?:\.\w+)?\(\s*["']([A-Z_]+)["']""", source))
    read |= set(re.findall(r"""_database\(\s*["']([A-Z_]+)["']""", source))
    operations = (ROOT / "docs" / "operations.md").read_text()
    table = operations.partition("## Environment variables")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    assert len(read) > 10
    assert documented == read


def test_every_variable_of_the_compose_file_is_documented():
    wanted = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in wanted if name not in operations} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_address_of_the_api_exists(page: Path):
    for written in re.findall(r"/api/(?:v1|docs)/[\w./{}-]*", page.read_text()):
        path = re.sub(r"\{\w+\}", "1", written).rstrip(".")
        if path != "/api/v1/":
            resolve(path)  # raises Resolver404


def test_pages_named_in_code_exist():
    named = {
        (path, page)
        for path in repository_files()
        if path.suffix in {".py", ".yml", ".css", ".js"} and not VENDORED.match(name_of(path))
        for page in re.findall(r"[\w/-]+\.md\b", path.read_text())
        if path != Path(__file__)
    }
    missing = {
        f"{name_of(path)}: {page}"
        for path, page in named
        if not any((folder / page).exists() for folder in (ROOT, ROOT / "docs"))
    }
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_named_exists(page: Path):
    source = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    assert {name for name in named if f"def {name}(" not in source} == set()
    files = set(re.findall(r"`(tests/[\w/]+\.py|[a-z]+/[\w/]+\.py)`", page.read_text()))
    assert {name for name in files if not (ROOT / name).exists()} == set()


def test_images_are_small_and_shown():
    images = list((ROOT / "docs" / "images").iterdir())
    text = "".join(page.read_text() for page in PAGES)
    assert images
    assert [each.name for each in images if each.stat().st_size > MAX_IMAGE_BYTES] == []
    assert [each.name for each in images if f"images/{each.name}" not in text] == []


def test_nothing_in_the_repository_tells_of_places_outside_it():
    found = []
    for path in repository_files():
        if VENDORED.match(name_of(path)) or path == Path(__file__):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if match := OUT_OF_PLACE.search(line):
                found.append(f"{name_of(path)}:{number}: {match[0]}")
    assert found == []


def repository_files() -> list[Path]:
    """What is under version control and there."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


# --- Examples ------------------------------------------------------------------------------------


@dataclass
class Call:
    """One request of an example."""

    method: str = "GET"
    path: str = ""
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def calls_in(page: Path) -> Iterator[Call]:
    """The requests of the page's shell blocks, in order."""
    for block in blocks_of(page, ""):
        lines = [line for line in block.splitlines() if not line.startswith(("export", "alias"))]
        words = shlex.split("\n".join(lines).replace("\\\n", " "), comments=True)
        starts = [place for place, word in enumerate(words) if word in {"api", "curl"}]
        for start, end in zip(starts, [*starts, len(words)][1:], strict=True):
            yield read_call(words[start + 1 : end])


def read_call(words: list[str]) -> Call:
    call = Call()
    rest = iter(words)
    for word in rest:
        if word == "-X":
            call.method = next(rest)
        elif word == "-H":
            name, _colon, value = next(rest).partition(":")
            call.headers[name] = value.strip()
        elif word == "-d":
            call.body = next(rest)
            call.method = "POST" if call.method == "GET" else call.method
        elif word == ">":
            next(rest)
        elif word.startswith("$KOHORTA"):
            call.path = word.removeprefix("$KOHORTA")
        else:
            assert word == "-s", f"unknown word {word!r}"
    return call


@pytest.mark.django_db
@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_every_example_works_as_it_stands(page: Path):
    client = Client()
    made = "1"
    with time_machine.travel(WHEN_EXAMPLES_ARE_TRIED, tick=True):
        _key, text = make_key(make_workspace(now=WHEN_EXAMPLES_ARE_TRIED))
        calls = list(calls_in(page))
        for call in calls:
            answer = client.generic(
                call.method,
                call.path.replace("/segments/1/", f"/segments/{made}/"),
                call.body or "",
                "application/json",
                headers={**call.headers, "Authorization": f"Bearer {text}"},
            )
            assert answer.status_code < 300, (call, answer.content)
            wanted = call.headers.get("Accept", "application/json")
            assert answer.headers["Content-Type"].startswith(wanted), call
            if call.body is not None and answer.headers["Content-Type"] == "application/json":
                document = answer.json()
                check_results(call, document)
                made = str(document.get("id", made))
    assert calls


def check_results(call: Call, document: dict[str, Any]) -> None:
    """Items of batches are stored, except the one that shows an error."""
    if "/batch" not in call.path:
        return
    (items,) = json.loads(call.body or "").values()
    expected = ["error" if item.get("email") == "nobody" else "created" for item in items]
    assert [result["status"] for result in document["results"]] == expected, document


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_of_json_are_json(page: Path):
    for block in blocks_of(page, "json"):
        json.loads(block)
