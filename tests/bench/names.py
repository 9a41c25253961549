"""What things are called in the generated shops; codes in the arrays are positions in these."""

from __future__ import annotations

from tracking.models import PAID_CHANNELS, MessageEventKind, TrafficChannel
from transactions.models import (
    COUNTED_STATUSES,
    UNKNOWN_CHANNEL,
    TransactionKind,
    TransactionStatus,
)

# Shares of visits by channel; the last one, of transactions without a visit, is unknown.
CHANNEL_SHARES = {
    TrafficChannel.PAID_SEARCH: 0.17,
    TrafficChannel.PAID_SOCIAL: 0.12,
    TrafficChannel.DISPLAY: 0.03,
    TrafficChannel.AFFILIATE: 0.03,
    TrafficChannel.OTHER_PAID: 0.01,
    TrafficChannel.ORGANIC_SEARCH: 0.22,
    TrafficChannel.ORGANIC_SOCIAL: 0.05,
    TrafficChannel.EMAIL: 0.10,
    TrafficChannel.SMS: 0.02,
    TrafficChannel.PUSH: 0.02,
    TrafficChannel.ASSISTANT: 0.02,
    TrafficChannel.REFERRAL: 0.05,
    TrafficChannel.DIRECT: 0.15,
    TrafficChannel.OTHER: 0.01,
}
CHANNELS = (*(channel.value for channel in CHANNEL_SHARES), UNKNOWN_CHANNEL)
UNKNOWN = len(CHANNELS) - 1
IS_PAID = tuple(channel in {each.value for each in PAID_CHANNELS} for channel in CHANNELS)
# Links of these channels carry UTM fields; the medium is the channel's own name.
TAGGED_CHANNELS = (
    *("paid_search", "paid_social", "display", "affiliate", "other_paid"),
    *("email", "sms", "push"),
)
UTM_SOURCES = ("google", "meta", "bing", "partner", "network", "newsletter", "sms", "push")

KINDS = (TransactionKind.PURCHASE.value, TransactionKind.CART.value)
STATUSES = (
    *(TransactionStatus.PAID.value, TransactionStatus.FULFILLED.value),
    *(TransactionStatus.PENDING.value, TransactionStatus.CANCELLED.value),
    *(TransactionStatus.REFUNDED.value, TransactionStatus.TEST.value),
)
STATUS_SHARES = (0.28, 0.62, 0.02, 0.04, 0.03, 0.01)
COUNTED = tuple(status in COUNTED_STATUSES for status in STATUSES)

ACTIVITY_KINDS = (
    *("link_clicked", "form_submitted", "wishlist_added", "review_written", "ticket_bought"),
)
ACTIVITY_SHARES = (0.55, 0.15, 0.15, 0.10, 0.05)

MESSAGE_EVENTS = (
    *(MessageEventKind.DELIVERED.value, MessageEventKind.OPENED.value),
    *(MessageEventKind.CLICKED.value, MessageEventKind.BOUNCED.value),
    MessageEventKind.UNSUBSCRIBED.value,
)
DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED = range(len(MESSAGE_EVENTS))

GENDERS = ("female", "male", "other")
DEVICES = ("mobile", "desktop", "tablet")
COUNTRIES = ("pl", "de", "cz", "se", "fr", "us")


def brand_name(code: int) -> str:
    return f"Brand {code:03}"


def product_key(code: int) -> str:
    return f"P-{code:05}"


def tag_key(code: int) -> str:
    return f"tag-{code:02}"


def city_name(code: int) -> str:
    return f"City {code:03}"


def campaign_key(code: int) -> str:
    """Campaign 0 is none."""
    return "" if code == 0 else f"week-{code:03}"


def page_address(code: int) -> str:
    """Pages that show no product."""
    return f"shop.example/c/{code:03}"
