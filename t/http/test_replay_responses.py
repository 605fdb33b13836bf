"""Recorded answers of every dialect, read by OpenAI's SDK as a response
through the gateway: the same text, calls, end and tokens as the SDK of the
provider's own dialect reads without it.
"""

import pytest

pytest.register_assert_rewrite("replay_readers")

import replay
from replay_readers import same




@pytest.fixture(scope="module")
def stand(shared):
    return replay.Stand(shared)


@replay.recordings()
def test_the_response_is_what_the_provider_said(stand, recording, gateway):
    if recording.failed:                # a key without quota rests
        stand = replay.Stand(gateway)
    same(stand, recording, "responses")
