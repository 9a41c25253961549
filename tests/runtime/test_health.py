"""The probes of an orchestrator."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client


def test_livez_answers_any_host_without_a_database(client: Client):
    answer = client.get("/livez", headers={"host": "10.1.2.3"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_names_what_answers(client: Client):
    answer = client.get("/readyz", headers={"host": "10.1.2.3"})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_readyz_is_503_without_redis(client: Client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["redis"] == "unreachable"


@pytest.mark.django_db(transaction=True)
def test_readyz_is_503_without_the_database(client: Client):
    good = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = 1
    try:
        answer = client.get("/readyz")
    finally:
        connection.settings_dict["PORT"] = good
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


@pytest.mark.django_db
def test_probes_tell_nothing_about_where_the_servers_are(client: Client, settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    assert "hunter2" not in client.get("/readyz").content.decode()
