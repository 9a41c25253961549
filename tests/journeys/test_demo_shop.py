"""The demo shop: every ready tree matches somebody, and one request answers twelve rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from segments.criteria.tree import Leaf, parse_tree, to_document
from segments.wizard.templates import templates_for
from tests.journeys.shop import CONTACTS, load_shop, shop, twelve_leaves
from tests.makers.workspaces import NOW, make_key
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
WANTED = {"U1", "U3", "U4", "U5", "U6", "U7", "U8", "U9", "U13", "U14", "U16"}


def evaluate(workspace: Workspace, key: str, where: Any) -> dict[str, Any]:
    response = Client().post(
        "/api/v1/segments/evaluate",
        data=json.dumps({"where": where, "as_of": NOW.isoformat()}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert response.status_code == 200, response.content
    return dict(response.json())


def by_hand(workspace: Workspace, sql: str, **parameters: Any) -> int:
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute(sql, {"workspace": workspace.pk, "now": NOW, **parameters})
        return int(cursor.fetchone()[0])


def test_every_template_is_there_and_matches_a_sensible_number():
    workspace = load_shop(shop())
    _, key = make_key(workspace)
    with workspace_scope(workspace):
        templates = templates_for(workspace=workspace, now=NOW)
    keys = [template["key"] for template in templates]
    assert set(keys) >= WANTED
    assert len([each for each in keys if each.startswith("U2-")]) == 4

    shares = {
        template["key"]: evaluate(workspace, key, template["where"])["size"] / CONTACTS
        for template in templates
    }

    steps = [share for name, share in shares.items() if name.startswith("U2-")]
    assert sum(steps) == 1, "the steps of loyalty share out everybody"
    few_or_many = {
        name: share
        for name, share in shares.items()
        if not 0.001 <= share <= 0.6 and name != "U2-0"  # those who spent nothing are the most
    }
    assert few_or_many == {}


def test_one_request_answers_a_tree_of_twelve_rows_with_the_size_of_every_node():
    workspace = load_shop(shop())
    _, key = make_key(workspace)
    with workspace_scope(workspace):
        [up_selling] = [t for t in templates_for(workspace=workspace, now=NOW) if t["key"] == "U1"]
        brand = up_selling["where"]["where"][0]["values"][0]
        where = twelve_leaves(brand)
        tree = parse_tree(where, workspace=workspace)
    rows = [node for node in tree.nodes() if isinstance(node, Leaf)]
    assert len(rows) == 12

    answer = evaluate(workspace, key, where)

    sizes = {node["path"]: node["size"] for node in answer["nodes"]}
    assert set(sizes) == {node.path for node in tree.nodes()}
    assert 0 < answer["size"] < CONTACTS
    assert answer["size"] == sizes["$.where"]
    for node in tree.nodes():
        alone = evaluate(workspace, key, to_document(node))
        assert alone["size"] == sizes[node.path], node.path

    bought = """
        SELECT count(*) FROM (
            SELECT contact_id FROM transactions_transaction
            WHERE workspace_id = %(workspace)s AND kind = 'purchase'
              AND status IN ('paid', 'fulfilled') AND superseded_at IS NULL
              AND occurred_at < %(now)s
            GROUP BY contact_id HAVING count(*) >= 2) AS buyers
    """
    assert sizes["$.where.any[0].all[0]"] == by_hand(workspace, bought)
    spent = """
        SELECT count(*) FROM (
            SELECT line.contact_id
            FROM transactions_lineitem line
            JOIN transactions_brand brand ON brand.id = line.brand_id
            WHERE line.workspace_id = %(workspace)s AND line.kind = 'purchase'
              AND line.status IN ('paid', 'fulfilled') AND line.superseded_at IS NULL
              AND line.occurred_at < %(now)s AND brand.name = %(brand)s
            GROUP BY line.contact_id HAVING sum(line.amount) >= 15000) AS buyers
    """
    assert sizes["$.where.any[0].all[1]"] == by_hand(workspace, spent, brand=brand)
    visited = """
        SELECT count(DISTINCT contact_id) FROM tracking_visit
        WHERE workspace_id = %(workspace)s AND occurred_at < %(now)s
          AND occurred_at >= %(now)s - interval '30 days'
    """
    assert sizes["$.where.any[0].all[2].not.any[0]"] == by_hand(workspace, visited)
    tagged = """
        SELECT count(DISTINCT given.contact_id) FROM contacts_contacttag given
        JOIN contacts_tag tag ON tag.id = given.tag_id
        WHERE given.workspace_id = %(workspace)s AND tag.key IN ('gold', 'newsletter')
          AND given.valid_from <= %(now)s AND given.valid_to IS NULL
    """
    assert sizes["$.where.any[2].all[3]"] == by_hand(workspace, tagged)
