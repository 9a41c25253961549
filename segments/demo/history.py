"""What they did in 24 months: visits, purchases, carts, activities and newsletters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from segments.demo.catalog import COLOURS, HOST, SIZES, DemoProduct
from segments.demo.people import Person

# Where a visit comes from: (url parameters, referrer).
SOURCES: dict[str, tuple[str, str | None]] = {
    "paid_search": ("utm_source=google&utm_medium=cpc&utm_campaign={campaign}", "https://www.google.com/"),
    "paid_social": ("utm_source=facebook&utm_medium=paid_social&utm_campaign={campaign}", "https://www.facebook.com/"),
    "organic_search": ("", "https://www.google.com/"),
    "organic_social": ("", "https://www.instagram.com/"),
    "email": ("utm_source=newsletter&utm_medium=email&utm_campaign={campaign}", None),
    "referral": ("", "https://gorskie-szlaki.example/testy"),
    "assistant": ("", "https://chatgpt.com/"),
    "direct": ("", None),
}  # fmt: skip

PAID = ("paid_search", "paid_social")
HABITS: dict[str, tuple[float, ...]] = {
    # paid_search, paid_social, organic_search, organic_social, email, referral, assistant, direct
    "hunter": (0.62, 0.34, 0.02, 0.02, 0.0, 0.0, 0.0, 0.0),
    "searcher": (0.1, 0.05, 0.5, 0.06, 0.05, 0.08, 0.06, 0.1),
    "fan": (0.03, 0.03, 0.15, 0.12, 0.32, 0.03, 0.02, 0.3),
}
CAMPAIGNS = {"w": ("winter-start", "ski-week"), "s": ("spring-outlet", "summer-camp")}

VISITS_A_YEAR = {"browser": 1.5, "once": 2.0, "regular": 3.2, "loyal": 7.0, "lapsed": 2.2}
BUYS = {"browser": 0.0, "once": 0.0, "regular": 0.42, "loyal": 0.55, "lapsed": 0.5}


@dataclass
class History:
    """Everything that happened, as items of the REST batches."""

    visits: list[dict[str, Any]] = field(default_factory=list)
    transactions: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    message_events: list[dict[str, Any]] = field(default_factory=list)


class Chronicler:
    """Draws one person's history after another; the same seed draws the same shop."""

    def __init__(self, random: Random, catalog: list[DemoProduct], now: datetime) -> None:
        self.random = random
        self.now = now
        self.history = History()
        self.by_key = {product.key: product for product in catalog}
        self.main = [product for product in catalog if product.accessories or product.price > 30]
        self.by_brand: dict[str, list[DemoProduct]] = {}
        for product in self.main:
            self.by_brand.setdefault(product.brand, []).append(product)

    def live(self, person: Person) -> None:
        """Add the person's visits and what came of them."""
        habit = self.random.choices(tuple(HABITS), (0.24, 0.5, 0.26))[0]
        end = self.now
        if person.persona == "lapsed":
            span = (self.now - person.joined_at) * 0.6
            end = max(person.joined_at + timedelta(hours=1), person.joined_at + span)
        moments = self._moments(person, end)
        first_buy = self.random.randrange(len(moments)) if person.persona == "once" else None
        spent = 0
        for index, at in enumerate(moments):
            buys = index == first_buy or self.random.random() < BUYS[person.persona]
            spent += self._visit(person, at, habit, buys)
        if spent >= 1000:
            person.tags.add("gold")
        if spent >= 2000 or (spent >= 700 and self.random.random() < 0.2):
            person.tags.add("vip")
        self._activities(person, end)

    def _moments(self, person: Person, end: datetime) -> list[datetime]:
        years = max((end - person.joined_at).days, 3) / 365
        expected = VISITS_A_YEAR[person.persona] * years
        number = max(1, min(40, self._poisson(expected)))
        moments = [person.joined_at]
        span = (end - person.joined_at).total_seconds()
        while len(moments) < number:
            at = person.joined_at + timedelta(seconds=self.random.random() * span)
            if self.random.random() < self._season(at):
                moments.append(at.replace(hour=self._hour(), minute=self.random.randrange(60)))
        return sorted(min(at, end) for at in moments)

    def _season(self, at: datetime) -> float:
        """Winter and early summer are busy; so is the end of November."""
        wave = 0.62 + 0.3 * math.cos((at.timetuple().tm_yday - 350) / 365 * 4 * math.pi)
        return 1.0 if at.month == 11 and at.day > 20 else wave

    def _hour(self) -> int:
        return self.random.choices((8, 11, 13, 17, 19, 20, 21, 22), (1, 2, 2, 3, 4, 5, 4, 2))[0]

    def _poisson(self, expected: float) -> int:
        limit, product, number = math.exp(-min(expected, 30)), self.random.random(), 0
        while product > limit:
            product *= self.random.random()
            number += 1
        return number

    # --- One visit ----------------------------------------------------------------------------

    def _visit(self, person: Person, at: datetime, habit: str, buys: bool) -> int:
        """Add a visit and perhaps a purchase or a cart; what was spent, in whole euros."""
        source = self.random.choices(tuple(SOURCES), HABITS[habit])[0]
        season = "w" if at.month in (10, 11, 12, 1, 2, 3) else "s"
        seen = [self._product(person, season) for _ in range(self.random.randint(1, 3))]
        query, referrer = SOURCES[source]
        query = query.format(campaign=self.random.choice(CAMPAIGNS[season]))
        landing = seen[0].url if self.random.random() < 0.6 else f"https://{HOST}/"
        key = f"v{len(self.history.visits) + 1}"
        duration = self.random.randint(15, 900)
        visit: dict[str, Any] = {
            "external_id": key,
            "contact": {"external_id": person.key},
            "occurred_at": at.isoformat(),
            "url": f"{landing}?{query}" if query else landing,
            "device": self.random.choices(("mobile", "desktop", "tablet"), (6, 4, 1))[0],
            "country": person.country.code,
            "duration": duration,
            "pages": [
                {
                    "url": product.url,
                    "occurred_at": (at + timedelta(seconds=20 * n)).isoformat(),
                    "product": product.key,
                }
                for n, product in enumerate(seen)
            ],
        }
        if referrer:
            visit["referrer"] = referrer
        self.history.visits.append(visit)
        bought_at = at + timedelta(seconds=duration)
        if bought_at >= self.now:
            return 0
        if buys:
            return self._purchase(person, bought_at, seen)
        if self.random.random() < 0.07:
            self._transaction(person, bought_at, seen[:1], kind="cart")
        return 0

    def _product(self, person: Person, season: str) -> DemoProduct:
        mine = self.by_brand[person.taste] if self.random.random() < 0.45 else self.main
        product = self.random.choice(mine)
        if product.season not in (season, "y"):
            product = self.random.choice(mine)
        return product

    def _purchase(self, person: Person, at: datetime, seen: list[DemoProduct]) -> int:
        bought = seen[: 1 + (self.random.random() < 0.25)]
        extras = [key for product in bought for key in product.accessories]
        if extras and self.random.random() < 0.4:
            chosen = self.random.sample(extras, min(len(extras), self.random.randint(1, 3)))
            bought = bought + [self.by_key[key] for key in dict.fromkeys(chosen)]
        return self._transaction(person, at, bought, kind="purchase")

    def _transaction(
        self, person: Person, at: datetime, products: list[DemoProduct], *, kind: str
    ) -> int:
        key = f"{'O' if kind == 'purchase' else 'C'}-{len(self.history.transactions) + 10_001}"
        coupon = self.random.choice(("WELCOME5", "SNOW10")) if self.random.random() < 0.08 else ""
        factor = 0.9 if coupon else 1.0
        lines = [self._line(product, factor) for product in dict.fromkeys(products)]
        status = self.random.choices(("fulfilled", "paid", "pending", "cancelled"), (88, 6, 3, 3))[
            0
        ]
        item: dict[str, Any] = {
            "external_id": key,
            "contact": {"external_id": person.key},
            "occurred_at": at.isoformat(),
            "updated_at": at.isoformat(),
            "kind": kind,
            "status": status if kind == "purchase" else "pending",
            "currency": "EUR",
            "sales_channel": "store" if self.random.random() < 0.07 else "web",
            "shipping": "0.00" if sum(p.price for p in products) > 100 else "6.90",
            "lines": lines,
        }
        if coupon:
            item["coupon"] = coupon
        self.history.transactions.append(item)
        if kind == "cart" or status not in ("fulfilled", "paid"):
            return 0
        if status == "fulfilled" and self.random.random() < 0.04:
            self._refund(item, at)
        return int(sum(float(line["amount"]) for line in lines))

    def _line(self, product: DemoProduct, factor: float) -> dict[str, Any]:
        return {
            "product": product.key,
            "quantity": 1,
            "amount": f"{product.price * factor:.2f}",
            "cost": product.cost,
            "properties": {
                "size": self.random.choice(SIZES),
                "colour": self.random.choice(COLOURS),
            },
        }

    def _refund(self, item: dict[str, Any], at: datetime) -> None:
        refunded_at = at + timedelta(days=self.random.randint(3, 20))
        if refunded_at >= self.now:
            return
        line = item["lines"][0]
        self.history.refunds.append(
            {
                "external_id": f"R-{len(self.history.refunds) + 1}",
                "transaction": item["external_id"],
                "occurred_at": refunded_at.isoformat(),
                "lines": [{"product": line["product"], "quantity": 1, "amount": line["amount"]}],
            }
        )

    # --- Beside the shop ------------------------------------------------------------------------

    def _activities(self, person: Person, end: datetime) -> None:
        if self.random.random() < 0.2:
            at = self._between(person.joined_at, end)
            parameters = {
                "price": self.random.choice((15, 25, 45, 80)),
                "event": self.random.choice(("Ski test day", "Mountain film night")),
            }
            self._activity(person, "ticket_bought", at, parameters)
        if self.random.random() < 0.12:
            at = self._between(person.joined_at, end)
            score = self.random.choices((1, 2, 3, 4, 5), (1, 1, 2, 5, 6))[0]
            self._activity(person, "survey_answered", at, {"rating": score})
        consents = person.item.get("consents", {})
        if consents.get("email") == "granted":
            person.tags.add("newsletter")
            self._newsletters(person)

    def _activity(
        self, person: Person, kind: str, at: datetime, parameters: dict[str, Any]
    ) -> None:
        self.history.activities.append(
            {
                "external_id": f"a{len(self.history.activities) + 1}",
                "contact": {"external_id": person.key},
                "kind": kind,
                "occurred_at": at.isoformat(),
                "parameters": parameters,
            }
        )

    def _newsletters(self, person: Person) -> None:
        """The last two newsletters; earlier ones went out through another tool."""
        for number, days_ago in ((1, 24), (2, 4)):
            sent_at = self.now - timedelta(days=days_ago, minutes=self.random.randrange(90))
            if sent_at <= person.joined_at or self.random.random() < 0.4:
                continue
            key = f"m{len(self.history.messages) + 1}"
            self.history.messages.append(
                {
                    "external_id": key,
                    "contact": {"external_id": person.key},
                    "channel": "email",
                    "sent_at": sent_at.isoformat(),
                    "campaign": f"newsletter-{number}",
                    "subject": "News from the mountains",
                }
            )
            if self.random.random() < 0.3:
                self._event(key, "opened", sent_at + timedelta(hours=self.random.randint(1, 30)))

    def _event(self, message: str, kind: str, at: datetime) -> None:
        if at < self.now:
            self.history.message_events.append(
                {
                    "external_id": f"e{len(self.history.message_events) + 1}",
                    "message": message,
                    "kind": kind,
                    "occurred_at": at.isoformat(),
                }
            )

    def _between(self, start: datetime, end: datetime) -> datetime:
        return start + (end - start) * self.random.random()
