from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

OURS = ("js", "wizard")


def test_in_production_every_module_has_one_address(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    storage = "config.static_storage.ContentAddressedStaticFiles"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    settings.INSTALLED_APPS = ["django.contrib.staticfiles"]  # ours only: packages compress slowly
    call_command("collectstatic", interactive=False, verbosity=0)
    served = [
        path
        for folder in OURS
        for path in (tmp_path / folder).rglob("*.js")
        if re.search(r"\.[0-9a-f]{12}\.js$", path.name)
    ]
    assert served
    imports = {
        (path.name, address)
        for path in served
        for address in re.findall(r"""(?:from|import)\s*["']([./][^"']+)["']""", path.read_text())
    }
    assert imports
    plain = {pair for pair in imports if not re.search(r"\.[0-9a-f]{12}\.js$", pair[1])}
    assert plain == set()


@pytest.mark.parametrize("folder", ["css", "js", "wizard"])
def test_our_own_files_ask_no_other_host_for_anything(folder: str) -> None:
    root = Path(__file__).resolve().parents[2] / "static" / folder
    for path in root.rglob("*.*"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"""(?:url\(|from\s|fetch\(|src=)\s*["']?https?:""", text), path.name
