"""How messages of campaigns are named among all messages.

A message carries its campaign's key, and its own external id names the run and the recipient.
"""

from __future__ import annotations

from workspaces.numbers import whole_number

CAMPAIGN = "campaign-"


def key_of_campaign(campaign_id: int) -> str:
    """What the campaign's messages carry as `campaign_key`."""
    return f"{CAMPAIGN}{campaign_id}"


def campaign_of_key(key: str) -> int | None:
    """The campaign's id; None where the key is another sender's."""
    is_ours = key.startswith(CAMPAIGN)
    return whole_number(key.removeprefix(CAMPAIGN)) if is_ours else None


def message_of(run_id: int, recipient_id: int) -> str:
    """The external id of the message of a recipient."""
    return f"run:{run_id}:{recipient_id}"


# message_of in SQL, where campaigns_recipient is called "recipient".
MESSAGE_OF_RECIPIENT = "'run:' || recipient.run_id || ':' || recipient.id"


def recipient_of_message(external_id: str) -> int | None:
    """The recipient's id; None where the message is another sender's."""
    kind, _colon, ids = external_id.partition(":")
    run_id, _colon, recipient_id = ids.partition(":")
    is_ours = kind == "run" and whole_number(run_id) is not None
    return whole_number(recipient_id) if is_ours else None


def messages_of_run(run_id: int) -> tuple[str, str]:
    """Where the external ids of a run's messages begin and end; they sort bytewise."""
    return f"run:{run_id}:", f"run:{run_id};"  # the semicolon follows the colon
