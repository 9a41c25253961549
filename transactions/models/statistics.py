from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from contacts.models import Contact
from tracking.models import TrafficChannel
from transactions.models.sales import UNKNOWN_CHANNEL
from workspaces.tenancy import WorkspaceModel, WorkspaceOneToOneField

NEVER_SETTLED = datetime(9999, 12, 31, tzinfo=UTC)

# Where a channel stands in `ContactStatistics.sources`: add new ones at the end, never in between.
SOURCE_CHANNELS = (
    TrafficChannel.PAID_SEARCH.value,
    TrafficChannel.PAID_SOCIAL.value,
    TrafficChannel.DISPLAY.value,
    TrafficChannel.AFFILIATE.value,
    TrafficChannel.OTHER_PAID.value,
    TrafficChannel.ORGANIC_SEARCH.value,
    TrafficChannel.ORGANIC_SOCIAL.value,
    TrafficChannel.EMAIL.value,
    TrafficChannel.SMS.value,
    TrafficChannel.PUSH.value,
    TrafficChannel.ASSISTANT.value,
    TrafficChannel.REFERRAL.value,
    TrafficChannel.DIRECT.value,
    TrafficChannel.OTHER.value,
    UNKNOWN_CHANNEL,
)


def source_bit(channel: str, *, is_paid: bool, has_utm: bool) -> int:
    """The bit of `ContactStatistics.sources` for a purchase from such a source."""
    return 1 << (4 * SOURCE_CHANNELS.index(channel) + 2 * is_paid + has_utm)


class ContactStatistics(WorkspaceModel):
    """What a contact's counted purchases (paid and fulfilled) come to, as they stand now.

    Always equal to a recompute from the transactions, and exact for every instant after
    `settled_at`: the last at which any version of any of the contact's transactions began, ended
    or is dated. For earlier instants the transactions must be read. Where a sum doesn't fit its
    column, `settled_at` is `NEVER_SETTLED` and all sums are null.

    Contacts without transactions have no row; what there is nothing of (no counted purchase, no
    line, no line whose cost is known) is null. Amounts are minor units of the base currency.
    """

    contact = WorkspaceOneToOneField(
        Contact, on_delete=models.DO_NOTHING, primary_key=True, related_name="statistics"
    )
    settled_at = models.DateTimeField()
    number_of_orders = models.BigIntegerField()
    goods_amount = models.BigIntegerField(null=True)
    shipping_amount = models.BigIntegerField(null=True)
    total_amount = models.BigIntegerField(null=True)
    smallest_order = models.BigIntegerField(null=True)  # goods of one transaction
    largest_order = models.BigIntegerField(null=True)
    units = models.BigIntegerField(null=True)  # thousandths
    margin = models.BigIntegerField(null=True)  # of the lines whose cost is known
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    sources = models.BigIntegerField()  # `source_bit` of each purchase

    class Meta:
        indexes = [
            # Who is not settled at an instant; what else time alone changes.
            models.Index(
                fields=["workspace", "settled_at"], include=["contact"], name="statistics_settled"
            ),
            models.Index(
                fields=["workspace", "first_at"],
                include=["contact", "settled_at"],
                name="statistics_first",
            ),
            models.Index(
                fields=["workspace", "last_at"],
                include=["contact", "settled_at"],
                name="statistics_last",
            ),
            models.Index(
                fields=["workspace", "number_of_orders"],
                include=["contact", "settled_at", "goods_amount"],
                name="statistics_number",
            ),
            models.Index(
                fields=["workspace", "goods_amount"],
                include=["contact", "settled_at"],
                name="statistics_amount",
            ),
        ]
