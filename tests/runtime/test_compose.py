"""The compose file starts nothing without secrets and has no defaults for them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.conf import settings

SECRETS = (
    "SECRET_KEY",
    "POSTGRES_PASSWORD",
    "POSTGRES_OWNER_PASSWORD",
    "POSTGRES_APP_PASSWORD",
    "VALKEY_PASSWORD",
)
TEXT = (settings.BASE_DIR / "docker-compose.yml").read_text()


def services() -> dict[str, Any]:
    return dict(yaml.safe_load(TEXT)["services"])


@pytest.mark.parametrize("name", SECRETS)
def test_every_use_of_a_secret_is_required_and_has_no_default(name: str):
    uses = re.findall(r"\$\{" + name + r"\b([^}]*)\}", TEXT)
    assert uses
    assert all(use.startswith(":?") and len(use) > 2 for use in uses)


def test_no_password_is_written_down():
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or name.endswith(("_URL", "_KEY")):
                assert re.search(r"\$\{\w+:\?", str(value)), name


def test_only_the_web_is_published_and_only_on_this_machine_by_default():
    published = {
        name: service["ports"] for name, service in services().items() if "ports" in service
    }
    assert published == {"web": ["${KOHORTA_BIND:-127.0.0.1:8000}:8000"]}


def test_only_the_migration_knows_the_owner():
    knowing = [
        name
        for name, service in services().items()
        if "DATABASE_URL_MIGRATE" in service.get("environment", {})
    ]
    assert knowing == ["migrate"]


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_app_starts_after_migration_and_deploy_checks(name: str):
    service = services()[name]
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert "kohorta_app:" in service["environment"]["DATABASE_URL"]
    assert "check --deploy" in services()["migrate"]["command"][-1]
