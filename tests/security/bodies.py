"""Bodies full of ids: from the API's own description where it has one, by hand where a tree is."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from tests.security.catalog import models_with_a_workspace
from tests.security.routes import Route
from tests.security.world import World
from workspaces.tenancy import workspace_scope

DAY = "2026-01-31T12:00:00Z"


class Named:
    """What can be named of a world: ids and the texts integrators use instead."""

    def __init__(self, world: World) -> None:
        self.ids = world.ids()
        self.texts: dict[str, str] = {}
        with workspace_scope(world.workspace):
            for model in models_with_a_workspace():
                for name in ("external_id", "key", "name"):
                    if any(field.name == name for field in model._meta.local_fields):
                        row = model._base_manager.filter(workspace=world.workspace).first()
                        if row is not None and getattr(row, name):
                            self.texts[f"{model._meta.model_name}.{name}"] = getattr(row, name)

    def id(self, label: str) -> Any:
        """The first id: of an object made through the API where there is one."""
        return (self.ids.get(label) or [0])[0]

    def text(self, name: str) -> str:
        return self.texts.get(name, "unknown")


def bodies_by_hand(named: Named) -> dict[str, list[Any]]:
    """Bodies by route name, where the API's description can't say which ids a body holds."""
    contact, segment = named.id("contacts.Contact"), named.id("segments.Segment")
    contact_key = {"external_id": named.text("contact.external_id")}
    trees = trees_that_name(named)
    anybody = {"all": [{"type": "contacts.became_contact", "window": "ever"}]}
    segments = [{"name": "Probe", "where": tree} for tree in trees]
    segments += [{"name": "Probe", "where": anybody, "pinned_in": [contact]}]
    segments += [{"name": "Probe", "where": anybody, "pinned_out": [contact]}]
    campaigns = campaigns_that_name(named)
    return {
        "campaign-list": campaigns,
        "campaign-detail": campaigns,
        "saved-block-list": [{"name": "Probe", "block": block} for block in blocks_of(named)],
        "segment-evaluate": [
            *({"where": tree, "members": {"limit": 500}} for tree in trees),
            {"where": anybody, "segment": segment, "members": {"limit": 500}},
            {"where": anybody, "pinned_in": [contact], "members": {"limit": 500}},
            {"where": anybody, "pinned_out": [contact], "members": {"limit": 500}},
        ],
        "segment-explain-where": [
            *({"where": tree, "contact": contact} for tree in trees),
            {"where": anybody, **contact_key, "segment": segment},
        ],
        "segment-list": segments,
        "segment-detail": segments,
        "segment-overlap": [{"segments": [segment, segment]}, {"where": trees}],
        "segment-diff": [{"where": tree} for tree in trees],
        "segment-text": [{"where": tree} for tree in trees],
        "contacts-batch": [
            {"contacts": [{**contact_key, "tags": {"add": [named.text("tag.key")]}}]},
        ],
        "products-batch": [
            {
                "products": [
                    {
                        "external_id": "probe",
                        "name": "Probe",
                        "brand": named.text("brand.name"),
                        "accessories": [named.text("product.external_id")],
                    }
                ]
            }
        ],
        "transactions-batch": [
            {
                "transactions": [
                    {
                        "external_id": "probe",
                        "contact": contact_key,
                        "occurred_at": DAY,
                        "kind": "purchase",
                        "currency": "EUR",
                        "converted_to": named.text("transaction.external_id"),
                        "lines": [
                            {
                                "product": named.text("product.external_id"),
                                "quantity": 1,
                                "amount": "1.00",
                            }
                        ],
                    }
                ]
            }
        ],
        "refunds-batch": [
            {
                "refunds": [
                    {
                        "external_id": "probe",
                        "transaction": named.text("transaction.external_id"),
                        "occurred_at": DAY,
                        "amount": "1.00",
                    }
                ]
            }
        ],
        "visits-batch": [
            {
                "visits": [
                    {
                        "external_id": "probe",
                        "contact": contact_key,
                        "occurred_at": DAY,
                        "url": "https://shop.example/",
                    }
                ]
            }
        ],
        "activities-batch": [
            {
                "activities": [
                    {
                        "external_id": "probe",
                        "contact": contact_key,
                        "kind": named.text("activitykind.key"),
                        "occurred_at": DAY,
                        "parameters": {},
                    }
                ]
            }
        ],
        "rates-batch": [{"rates": [{"currency": "PLN", "date": "2026-01-31", "rate": "0.25"}]}],
    }


def blocks_of(named: Named) -> list[Any]:
    """A block for each kind of thing a block can name."""
    segment = named.id("segments.Segment")
    products = {"id": "b", "type": "products", "source": "picked"}
    return [
        {"id": "a", "type": "divider", "only": {"segment": segment}},
        {"id": "a", "type": "text", "html": f"{{% if segment_{segment} %}}x{{% endif %}}"},
        {**products, "products": [named.text("product.external_id")]},
        {**products, "source": "brand_newest", "brand": named.text("brand.name")},
    ]


def campaigns_that_name(named: Named) -> list[Any]:
    """A campaign for each thing a campaign can name."""
    segment, fair = named.id("segments.Segment"), named.id("contacts.StaticList")
    bodies = [{"kind": "blocks", "blocks": [block]} for block in blocks_of(named)]
    return [
        {"audience": {"segments": [segment]}},
        {"audience": {"exclude_segments": [segment]}},
        {"audience": {"lists": [fair]}},
        {"audience": {"exclude_lists": [fair]}},
        {"account": named.id("campaigns.SendingAccount")},
        {"topic": named.id("campaigns.Topic")},
        {"code_pool": named.id("campaigns.CodePool")},
        *({"content": {"body": body}} for body in bodies),
        *({"testing": {"variants": [{"body": body}]}} for body in bodies),
    ]


def trees_that_name(named: Named) -> list[Any]:
    """A tree for each kind of reference a tree can hold."""
    leaves: list[dict[str, Any]] = [
        {"segment": named.id("segments.Segment")},
        {"type": "tags.has", "match": "any", "tags": [named.text("tag.key")]},
        {"type": "categories.has", "match": "any", "categories": [named.text("category.key")]},
        {
            "type": "contacts.text",
            "attribute": named.text("attributedefinition.key"),
            "operator": "any_of",
            "values": ["x"],
        },
        {
            "type": "transactions.bought",
            "where": [{"field": "product", "values": [named.text("product.external_id")]}],
        },
        {
            "type": "transactions.bought",
            "where": [{"field": "brand", "values": [named.text("brand.name")]}],
        },
        {"type": "lists.on_list", "lists": [named.id("contacts.StaticList")]},
    ]
    return [{"all": [leaf]} for leaf in leaves] + [{"all": [{"not": {"any": leaves}}]}]


class Described:
    """Bodies and query parameters as the OpenAPI document describes them."""

    def __init__(self) -> None:
        document = SchemaGenerator().get_schema(request=None, public=True)
        self.components = document["components"]["schemas"]
        self.paths = {_plain(path): calls for path, calls in document["paths"].items()}

    def call(self, route: Route, method: str) -> dict[str, Any]:
        path = _plain("/" + route.path().lstrip("/").replace("nothing", "{}"))
        path = path.replace("/w/{}/api/", "/api/v1/")
        return self.paths.get(path, {}).get(method.lower(), {})

    def body(self, route: Route, method: str, named: Named) -> Any:
        content = self.call(route, method).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self._example(schema, "", route, named)

    def parameters(self, route: Route, named: Named) -> dict[str, Any]:
        """Each query parameter, with something of that world in it."""
        return {
            parameter["name"]: self._example(
                parameter.get("schema", {}), parameter["name"], route, named
            )
            for parameter in self.call(route, "GET").get("parameters", ())
            if parameter["in"] == "query"
        }

    def _example(self, schema: dict[str, Any], name: str, route: Route, named: Named) -> Any:
        if "$ref" in schema:
            schema = self.components[schema["$ref"].rpartition("/")[2]]
        if schema.get("enum"):
            return schema["enum"][0]
        for many in ("allOf", "oneOf", "anyOf"):
            if many in schema:
                return self._example(schema[many][0], name, route, named)
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        match kind:
            case "object":
                return {
                    key: self._example(inner, key, route, named)
                    for key, inner in schema.get("properties", {}).items()
                }
            case "array":
                return [self._example(schema.get("items", {}), name, route, named)]
            case "integer" | "number":
                return self._id(name, route, named)
            case "boolean":
                return True
        if schema.get("format") == "date-time":
            return DAY
        return self._text(name, route, named)

    def _id(self, name: str, route: Route, named: Named) -> Any:
        plain = name.removesuffix("_id").removesuffix("s").replace("_", "")
        for label in named.ids:
            if label.rpartition(".")[2].lower() == plain:
                return named.id(label)
        own = route.viewset.queryset.model._meta.label if hasattr(route.viewset, "queryset") else ""
        return named.id(own) or 1

    def _text(self, name: str, route: Route, named: Named) -> str:
        plain = name.removesuffix("s")
        for key in (f"{plain}.external_id", f"{plain}.key", f"{plain}.name"):
            if key in named.texts:
                return named.texts[key]
        return named.texts.get(f"contact.{name}", "probe")


def _plain(path: str) -> str:
    """One form for a path with and without its last slash and names of arguments."""
    parts = ["{}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    return "/" + "/".join(parts) + "/"
