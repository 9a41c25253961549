"""What the demo shop sells: an outdoor outfitter's brands, products and accessories."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

HOST = "nordlicht.example"

BRANDS = (
    "Halden",
    "Nordwand",
    "Tatra Peak",
    "Serra Azul",
    "Fjellrev",
    "Kestrel & Co",
    "Almar",
    "Pinheiro",
)

# Category -> (models, price from, price to, margin, season, accessories' category)
CATEGORIES: dict[str, tuple[tuple[str, ...], int, int, float, str, str]] = {
    "Ski boots": (("Carve 90", "Carve 120", "Tour Light", "Park One"), 189, 429, 0.38, "w", "Boot care"),
    "Skis": (("Piste 72", "Allround 80", "Freeride 102", "Tour 85"), 249, 699, 0.31, "w", "Ski care"),
    "Jackets": (("Storm Shell", "Alpine Down", "Rain Layer", "City Parka"), 89, 349, 0.46, "y", "Textile care"),
    "Backpacks": (("Day 22", "Trek 45", "Haul 65", "Run Vest 8"), 49, 199, 0.44, "s", "Backpack extras"),
    "Tents": (("Solo 1P", "Dome 2P", "Family 4P", "Bivy"), 99, 489, 0.35, "s", "Tent extras"),
    "Sleeping bags": (("Summer 15", "Three Season 5", "Winter -10"), 69, 329, 0.4, "s", "Sleep extras"),
    "Hiking shoes": (("Trail Low", "Trail Mid", "Peak GTX", "Approach"), 79, 229, 0.42, "y", "Boot care"),
    "Headlamps": (("Beam 200", "Beam 400", "Night Pro"), 25, 99, 0.5, "y", "Batteries"),
    "Gloves": (("Grip", "Warm Mitt", "Tour Liner"), 19, 89, 0.52, "w", ""),
    "Base layers": (("Merino 150", "Merino 260", "Active"), 29, 99, 0.48, "w", "Textile care"),
}  # fmt: skip

ACCESSORIES: dict[str, tuple[tuple[str, int], ...]] = {
    "Boot care": (("Boot bag", 29), ("Boot dryer", 39), ("Insoles", 24), ("Care wax", 9)),
    "Ski care": (("Ski bag", 49), ("Edge tool", 19), ("All-round wax", 12)),
    "Textile care": (("Wash-in", 11), ("Spray-on", 13)),
    "Backpack extras": (("Rain cover", 19), ("Hydration bladder", 29)),
    "Tent extras": (("Footprint", 35), ("Peg set", 15), ("Repair kit", 12)),
    "Sleep extras": (("Liner", 29), ("Compression sack", 17)),
    "Batteries": (("Battery pack", 25), ("USB charger", 15)),
}

SIZES = ("XS", "S", "M", "L", "XL")
COLOURS = ("black", "blue", "green", "orange", "grey")


@dataclass(frozen=True)
class DemoProduct:
    """A product as the generator draws it; prices are whole euros."""

    key: str
    name: str
    brand: str
    category: str
    price: int
    cost: str
    season: str  # w(inter), s(ummer) or y(ear round)
    accessories: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"https://{HOST}/p/{self.key.lower()}"


def make_catalog(random: Random) -> list[DemoProduct]:
    """Every product, accessories before the products they go with."""
    products = [
        DemoProduct(
            f"ACC-{category[:2].upper()}{number}",
            name,
            "Nordlicht",
            category,
            price,
            f"{price * 0.42:.2f}",
            "y",
        )
        for category, things in ACCESSORIES.items()
        for number, (name, price) in enumerate(things, start=1)
    ]
    by_category: dict[str, list[str]] = {}
    for product in products:
        by_category.setdefault(product.category, []).append(product.key)
    for prefix, (category, drawn) in enumerate(CATEGORIES.items(), start=1):
        models, low, high, margin, season, extras = drawn
        for number, (brand, model) in enumerate(
            (brand, model) for brand in random.sample(BRANDS, 4) for model in models
        ):
            price = random.randint(low, high) // 10 * 10 + 9
            cost = f"{price * (1 - margin) * random.uniform(0.92, 1.08):.2f}"
            products.append(
                DemoProduct(
                    f"P-{prefix}{number:02d}",
                    f"{brand} {model}",
                    brand,
                    category,
                    price,
                    cost,
                    season,
                    tuple(by_category.get(extras, ())),
                )
            )
    return products


def product_items(catalog: list[DemoProduct], added_at: str) -> list[dict[str, Any]]:
    """Products as the REST batch takes them."""
    return [
        {
            "external_id": product.key,
            "name": product.name,
            "brand": product.brand,
            "category": product.category,
            "price": f"{product.price}.00",
            "cost": product.cost,
            "url": product.url,
            "added_at": added_at,
            "in_stock": True,
            "accessories": list(product.accessories),
        }
        for product in catalog
    ]
