from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from workspaces.navigation import SECTIONS, SETTINGS
from workspaces.views.audit import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]


def listed(folder: Path) -> dict[str, str]:
    packages = tomllib.loads((folder / "VENDORED.toml").read_text())["package"]
    return {name: digest for package in packages for name, digest in package["files"].items()}


@pytest.mark.parametrize("folder", FOLDERS, ids=["static", "tests"])
def test_vendored_files_are_what_the_list_says(folder: Path) -> None:
    found = {
        path.relative_to(folder).as_posix(): "sha384-"
        + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "VENDORED.toml"
    }
    assert found == listed(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=["static", "tests"])
def test_every_vendored_package_has_its_licence_and_stands_in_the_notice(folder: Path) -> None:
    notice = (ROOT / "NOTICE").read_text()
    packages = [path for path in folder.iterdir() if path.is_dir()]
    assert packages
    for package in packages:
        assert (package / "LICENSE").is_file()
        assert package.relative_to(ROOT).as_posix() in notice


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    sprite = next((ROOT / "static" / "vendor").glob("lucide-*/sprite.svg")).read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    asked = {section.icon for section in (*SECTIONS, SETTINGS)}
    asked |= {icon for _words, icon in ACTIONS.values()}
    in_templates = re.compile(r"""{% icon ["']([a-z0-9-]+)["']""")
    in_scripts = re.compile(r"""icon(?:Url|Element)\(["']([a-z0-9-]+)["']""")
    for path in (ROOT / "templates").rglob("*.html"):
        asked |= set(in_templates.findall(path.read_text()))
    for path in (ROOT / "static").rglob("*.js"):
        asked |= set(in_scripts.findall(path.read_text()))
    assert asked - drawn == set()
