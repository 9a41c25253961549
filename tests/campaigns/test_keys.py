from __future__ import annotations

import pytest

from campaigns.keys import (
    campaign_of_key,
    key_of_campaign,
    message_of,
    messages_of_run,
    recipient_of_message,
)


def test_keys_are_read_as_they_are_written():
    assert campaign_of_key(key_of_campaign(7)) == 7
    assert recipient_of_message(message_of(7, 31)) == 31


@pytest.mark.parametrize(
    "external_id",
    [
        *("", "31", "run:", "run:7", "run:7:", "run:7:x", "run:7:٣", "run:soon:31", "rerun:7:31"),
        *("run:7:31:1", "run:7:31\n", "run:7:1000000000000000000"),
    ],
)
def test_a_message_of_another_sender_has_no_recipient(external_id: str):
    assert recipient_of_message(external_id) is None


def test_the_messages_of_a_run_stand_together():
    first, last = messages_of_run(7)
    assert all(first <= message_of(7, pk) < last for pk in (1, 9, 10, 999_999))
    assert not any(first <= message_of(run, 1) < last for run in (6, 8, 70, 77))
