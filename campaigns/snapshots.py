"""The settings a send goes by, taken together from a campaign and its workspace."""

from __future__ import annotations

from campaigns.documents import Schedule, read_part
from campaigns.frozen import RunSettings, testing_of
from campaigns.models import Campaign, SendingSettings


def settings_for(campaign: Campaign, sending: SendingSettings) -> RunSettings:
    """What holds now. Raises `InvalidDocument`."""
    schedule = read_part(Schedule, campaign.schedule, path="$.schedule")
    topic = campaign.topic
    return RunSettings(
        campaign_name=campaign.name,
        account=campaign.account_id,
        from_name=campaign.from_name,
        from_email=campaign.from_email,
        reply_to=campaign.reply_to,
        topic=topic.key if topic is not None else "",
        topic_name=topic.name if topic is not None else "",
        consent_rule=campaign.consent_rule,
        postal_address=sending.postal_address,
        cap_number=None if campaign.ignores_cap else sending.cap_number,
        cap_days=sending.cap_days,
        holdout_points=campaign.holdout_points,
        control_points=sending.holdout_points,
        control_salt=sending.holdout_salt or f"workspace-{campaign.workspace_id}",
        code_pool=campaign.code_pool_id,
        attribution_days=sending.attribution_days,
        revenue_rule=sending.revenue_rule,
        testing=testing_of(campaign),
        resend=schedule.resend,
    )
