"""Prints what the tests of isolation covered: a count that shrinks is a finding."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    covered: dict[str, Any] = {}
    for report in terminalreporter.stats.get("passed", []):
        if "tests/security/" in report.nodeid:
            covered.update(report.user_properties)
    if covered:
        told = ", ".join(f"{name} {value}" for name, value in sorted(covered.items()))
        terminalreporter.write_line(f"security covered: {told}")
