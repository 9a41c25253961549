"""Prints what the hostile and golden tests tried: a count that shrinks is a finding."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tried: dict[str, int] = {}
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and "tests/segments/" in report.nodeid:
            for name, value in report.user_properties:
                if isinstance(value, int):
                    tried[name] = tried.get(name, 0) + value
    if tried:
        told = ", ".join(f"{name} {value:,}" for name, value in sorted(tried.items()))
        terminalreporter.write_line(f"segments tried: {told}")
