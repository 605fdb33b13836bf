"""A conversation that somebody of another dialect answered, back at its own.

What only its maker can check is cut out of the bytes; all else is forwarded as
it came.
"""

import json

import pytest

import providers as P
from providers import KEEP, says, whole
from test_responses import RESPONSE
from test_sdk_anthropic import MESSAGE

CASES = {
    "messages": ("anthropic", MESSAGE, {
        "model": "gpt-test", "max_tokens": 9, "messages": [
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "", "signature": "SIGN"},
                {"type": "text", "text": "B"}]},
            {"role": "user", "content": "C"}]}),
    "responses": ("responses", RESPONSE, {
        "model": "gpt-test", "input": [
            {"role": "user", "content": "A"},
            {"type": "reasoning", "summary": [], "encrypted_content": "SIGN"},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": "C"}]}),
}


def sent(gateway, provider, path, signature):
    dialect, answer, body = CASES[path]
    p = provider(says(whole(answer), KEEP))
    g = gateway(p, dialect=dialect)
    data = json.dumps(body, indent=1).replace("SIGN", signature).encode()
    assert g.post(f"/v1/{path}", data).status == 200
    return data.replace(b'"gpt-test"', b'"gpt-upstream"'), p.request.body


@pytest.mark.smoke
@pytest.mark.parametrize("path", CASES)
@pytest.mark.parametrize("signature", ["ag1.gemini.U0lHTg==",
                                       "ag1.anthropic-redacted.AAAA"])
def test_what_another_signed_is_cut(gateway, provider, path, signature):
    before, after = sent(gateway, provider, path, signature)
    assert b"ag1." not in after
    assert json.loads(after)["model"] == "gpt-upstream"
    assert [word in after for word in (b'"A"', b'"B"', b'"C"')] == [True] * 3
    assert b"thinking" not in after and b"reasoning" not in after


@pytest.mark.parametrize("path", CASES)
def test_its_own_signatures_stay_byte_for_byte(gateway, provider, path):
    before, after = sent(gateway, provider, path, "U0lHTg==")
    assert after == before


def test_an_unsigned_thought_is_cut(gateway, provider):
    before, after = sent(gateway, provider, "messages", "")
    assert b"thinking" not in after


def test_words_that_look_like_it_change_nothing(gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    body = {"model": "gpt-test", "messages": [
        {"role": "user", "content": 'ag1.gemini.x "signature":""'}]}
    data = json.dumps(body).encode()
    assert g.chat(data).status == 200
    assert p.request.body == data.replace(b"gpt-test", b"gpt-upstream")
