"""``./dev`` before it has anything but Python."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for an empty checkout."""
    loader = SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for lock in ("local.txt", "dev.txt"):
        (tmp_path / "requirements" / lock).write_text(f"# {lock}\n")
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "STAMP": venv / ".kohorta-lock",
        "PYTHON": venv / "bin" / "python",
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


def install_without_network(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the two steps that take long; returns the locks that were installed."""
    installed: list[str] = []

    def make_venv() -> None:
        dev.PYTHON.parent.mkdir(parents=True)
        dev.PYTHON.touch()

    monkeypatch.setattr(dev, "make_venv", make_venv)
    monkeypatch.setattr(dev, "install", installed.append)
    return installed


def test_a_second_run_installs_nothing(dev: ModuleType, monkeypatch: pytest.MonkeyPatch):
    installed = install_without_network(dev, monkeypatch)
    dev.prepare("dev")
    dev.prepare("dev")
    dev.prepare("local")  # contained in what the tests need
    assert installed == ["requirements/dev.txt"]


def test_a_changed_lock_is_installed(dev: ModuleType, monkeypatch: pytest.MonkeyPatch):
    installed = install_without_network(dev, monkeypatch)
    dev.prepare("local")
    dev.prepare("dev")
    (dev.ROOT / "requirements" / "dev.txt").write_text("# newer\n")
    dev.prepare("dev")
    assert installed == ["requirements/local.txt", "requirements/dev.txt", "requirements/dev.txt"]


def test_a_python_without_venv_is_told_what_to_install(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="apt-get install python3-venv"):
        dev.prepare("dev")


def test_it_needs_nothing_but_the_standard_library():
    shown = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "dev"), "help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0
    for command in ("up", "down", "reset", "test", "bench", "lint", "fix", "manage"):
        assert re.search(rf"^  {command}\b", shown.stdout, re.MULTILINE)


def test_an_unknown_command_is_an_error():
    shown = subprocess.run(
        [sys.executable, str(ROOT / "dev"), "fly"], capture_output=True, check=False
    )
    assert shown.returncode == 2


@pytest.mark.parametrize("lock", ["runtime", "local", "dev", "uv"])
def test_locks_hold_hashes_and_name_no_host(lock: str):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    assert "://" not in text
    pins = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
