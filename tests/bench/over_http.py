"""The same over HTTP: the product's web server as `./dev up` starts it, one client."""

from __future__ import annotations

import json
from contextlib import closing
from http import HTTPStatus
from statistics import median
from typing import Any

from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.algebra import Algebra
from segments.engine.evaluation import leaves_of
from segments.engine.sets import ContactSet
from segments.engine.shared import current_sets
from tests.bench.measure import Figure, Skipped, measures
from tests.bench.prepared import Bench
from tests.bench.product import Asked, forget_leaves
from tests.bench.questions import Q10, document_of
from tests.bench.serving import connected, web_server
from tests.bench.timing import Disagreement, timed
from tests.makers.workspaces import make_key
from workspaces.tenancy import workspace_scope

IN_ENGINE, OVER_HTTP = 5.0, 40.0


@measures("algebra", "Counts of all 22 nodes of Q10, leaves warm, in the engine")
def algebra(bench: Bench, repeats: int) -> list[Figure]:
    """The algebra over sets in memory, and the engine's call that reads them from the store."""
    asked = Asked(bench.large, document_of(Q10, bench.leaves), bench.as_of)
    asked.keep()
    with workspace_scope(bench.large):
        tree = parse_tree(asked.where, workspace=bench.large)
        scope = Scope(bench.large, asked.as_of)
        sets = current_sets(leaves_of(tree, with_absence=True), scope)
        nobody = ContactSet.empty(bench.large.pk)

        def count() -> None:
            Algebra(tree, sets).count(nobody, nobody)

        in_memory = _median(count, repeats * 4)
    stored = _median(asked.evaluation, repeats * 2)
    return [
        Figure(
            "sets in memory",
            f"{in_memory:.2f} ms",
            f"≤ {IN_ENGINE:g} ms",
            in_memory <= IN_ENGINE,
            "size, what enters and leaves, the total without it, and by absence, of each node",
        ),
        Figure("document parsed, sets read from the store, counted", f"{stored:.1f} ms"),
    ]


@measures("http", "Counts of all 22 nodes of Q10, leaves warm, over HTTP")
def over_http(bench: Bench, repeats: int) -> list[Figure]:
    """POST /api/v1/segments/evaluate on a kept connection, the whole answer read."""
    asked = Asked(bench.large, document_of(Q10, bench.leaves), bench.as_of)
    expected = [node.size for node in asked.evaluation().nodes]
    _, key = make_key(bench.large, now=bench.as_of)
    body = json.dumps({"where": asked.where, "as_of": asked.as_of.isoformat()})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with (
        web_server("config.wsgi:application", "--preload") as port,
        closing(connected(port)) as client,
    ):

        def ask() -> list[int] | None:
            client.request("POST", "/api/v1/segments/evaluate", body, headers)
            response = client.getresponse()
            answer = json.loads(response.read())
            if response.status != HTTPStatus.OK:
                return None
            return [node["size"] for node in answer["nodes"]]

        asked.keep()
        for _ in range(4):  # every worker has answered
            first = ask()
        if first is None:
            raise Skipped("the server refused to answer in time")
        warm = _median(ask, repeats * 4)
        forget_leaves(bench.large)
        answered, cold = timed(ask)
    if first != expected:
        raise Disagreement(f"over HTTP: {first}, in the engine: {expected}")
    return [
        Figure("warm", f"{warm:.1f} ms", f"≤ {OVER_HTTP:g} ms", warm <= OVER_HTTP),
        Figure("cold, once", f"{cold:.0f} ms", note="" if answered else "refused: took too long"),
    ]


def _median(call: Any, repeats: int) -> float:
    call()
    return median(timed(call)[1] for _ in range(repeats))
