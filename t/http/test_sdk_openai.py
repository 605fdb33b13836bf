"""The official OpenAI SDK for Python, pointed at the gateway.

The provider is the module's own simulator; nothing but the base URL and the
key is changed in the client.
"""

import asyncio
import json

import openai
import pytest

from gateway import SERVER, SIMULATOR, STATUS, ZONE, free_port

pytestmark = pytest.mark.smoke

HTTP = ZONE + """
    agent_provider sim {
        dialect openai;
        url http://127.0.0.1:@simulator@/v1;
        key file:@provider_key@;
        timeout first_token=5s idle=5s total=10s;
        breaker off;                # faults are asked for by name
    }
    agent_model gpt-test { target sim; }
    agent_model meta-llama/Llama-3.3-70B { target sim/llama; }
    agent_model text-embedding-3-small { target sim; }
    agent_model secret { target sim; }
    agent_model sim-* { target sim; }
    agent_tenant team {
        key file:@team_key@;
        models gpt-test meta-llama/* text-embedding-* sim-*;
    }
""" + SERVER + SIMULATOR + STATUS

HELLO = [{"role": "user", "content": "Say hello."}]

WEATHER = [{"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a city.",
    "parameters": {"type": "object", "required": ["city"],
                   "properties": {"city": {"type": "string"}}}}}]


@pytest.fixture(scope="module")
def g(shared):
    return shared(http=HTTP, simulator=free_port(),
                  simulate="latency=0 tokens=12 rate=400")


@pytest.fixture(scope="module")
def client(g):
    with openai.OpenAI(base_url=g.base_url, api_key=g.key, max_retries=0,
                       timeout=20) as client:
        yield client


def test_chat_gives_an_answer_with_its_usage(client):
    answer = client.chat.completions.create(model="gpt-test", messages=HELLO)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12
    assert answer._request_id


def test_a_stream_says_the_same_as_the_whole_answer(client):
    whole = client.chat.completions.create(model="gpt-test", messages=HELLO)
    chunks = list(client.chat.completions.create(
        model="gpt-test", messages=HELLO, stream=True))
    assert len(chunks) > 3
    assert "".join(c.choices[0].delta.content or "" for c in chunks) \
        == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({c.id for c in chunks}) == 1


def test_the_usage_chunk_is_hidden_from_a_client_that_did_not_ask(client):
    chunks = list(client.chat.completions.create(
        model="gpt-test", messages=HELLO, stream=True))
    assert all(c.choices for c in chunks)
    assert all(c.usage is None for c in chunks)


def test_the_usage_chunk_comes_once_to_a_client_that_asked(client):
    chunks = list(client.chat.completions.create(
        model="gpt-test", messages=HELLO, stream=True,
        stream_options={"include_usage": True}))
    assert [c.usage.completion_tokens for c in chunks if c.usage] == [12]
    assert chunks[-1].choices == [] and chunks[-1].usage


def test_a_streams_end_is_seen_and_the_connection_is_free(client):
    for _ in range(5):
        stream = client.chat.completions.create(
            model="gpt-test", messages=HELLO, stream=True)
        assert [c for c in stream][-1].choices[0].finish_reason == "stop"


def test_a_tool_call_comes_whole(client):
    answer = client.chat.completions.create(
        model="gpt-test", messages=HELLO, tools=WEATHER,
        tool_choice="required")
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert isinstance(json.loads(call.function.arguments), dict)
    assert answer.choices[0].finish_reason == "tool_calls"


def test_a_tool_call_comes_streamed(client):
    with client.chat.completions.stream(
            model="gpt-test", messages=HELLO, tools=WEATHER,
            tool_choice="required") as stream:
        names = [e.type for e in stream]
        final = stream.get_final_completion()
    call = final.choices[0].message.tool_calls[0]
    assert call.id and call.function.name == "get_weather"
    assert "tool_calls.function.arguments.delta" in names
    assert final.choices[0].finish_reason == "tool_calls"


def test_the_stream_helper_of_the_sdk_works(client):
    with client.chat.completions.stream(model="gpt-test",
                                        messages=HELLO) as stream:
        text = "".join(e.delta for e in stream if e.type == "content.delta")
        assert stream.get_final_completion().choices[0].message.content \
            == text


def test_legacy_completions_whole_and_streamed(client):
    answer = client.completions.create(model="gpt-test", prompt="Say",
                                       max_tokens=5)
    assert answer.object == "text_completion"
    assert answer.choices[0].text
    chunks = list(client.completions.create(model="gpt-test", prompt="Say",
                                            max_tokens=5, stream=True))
    assert "".join(c.choices[0].text for c in chunks if c.choices) \
        == answer.choices[0].text


def test_embeddings_are_the_same_in_base64_and_in_floats(client):
    packed = client.embeddings.create(model="text-embedding-3-small",
                                      input=["one", "two"])
    plain = client.embeddings.create(model="text-embedding-3-small",
                                     input=["one", "two"],
                                     encoding_format="float")
    assert [e.index for e in packed.data] == [0, 1]
    assert len(packed.data[0].embedding) > 8
    assert packed.data[0].embedding != packed.data[1].embedding
    for a, b in zip(packed.data, plain.data):
        assert a.embedding == pytest.approx(b.embedding, abs=1e-5)
    assert packed.usage.prompt_tokens > 0


def test_models_are_listed_and_found_with_slashes_in_their_names(client):
    ids = {m.id for m in client.models.list()}
    assert ids == {"gpt-test", "meta-llama/Llama-3.3-70B",
                   "text-embedding-3-small"}
    for name in ids:
        model = client.models.retrieve(name)
        assert (model.id, model.object) == (name, "model")


def test_an_answer_of_a_model_with_a_slash(client):
    answer = client.chat.completions.create(
        model="meta-llama/Llama-3.3-70B", messages=HELLO)
    assert answer.choices[0].message.content


def raises(kind, status, code, call):
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert error.status_code == status
    assert error.code == code
    assert error.body["message"] and error.request_id
    return error


def test_a_bad_key_is_an_authentication_error(g):
    bad = openai.OpenAI(base_url=g.base_url, api_key="sk-wrong-0123456789",
                        max_retries=0)
    raises(openai.AuthenticationError, 401, "invalid_api_key",
           lambda: bad.chat.completions.create(model="gpt-test",
                                               messages=HELLO))
    raises(openai.AuthenticationError, 401, "invalid_api_key",
           bad.models.list)


def test_refusals_are_the_sdks_own_classes(client):
    create = client.chat.completions.create
    raises(openai.NotFoundError, 404, "model_not_found",
           lambda: create(model="nothing", messages=HELLO))
    raises(openai.PermissionDeniedError, 403, "model_not_allowed",
           lambda: create(model="secret", messages=HELLO))
    error = raises(openai.BadRequestError, 400, "invalid_value",
                   lambda: create(model="gpt-test", messages=HELLO,
                                  max_tokens=-1))
    assert error.param == "max_tokens"
    raises(openai.NotFoundError, 404, "model_not_found",
           lambda: client.models.retrieve("nothing"))
    with pytest.raises(openai.NotFoundError):
        client.files.list()


def test_a_failing_provider_is_the_sdks_own_error(client):
    create = client.chat.completions.create
    raises(openai.InternalServerError, 503, "provider_unavailable",
           lambda: create(model="sim-error-503", messages=HELLO))
    raises(openai.InternalServerError, 502, "invalid_provider_response",
           lambda: create(model="sim-bad-json", messages=HELLO))
    error = raises(openai.RateLimitError, 429, "provider_rate_limited",
                   lambda: create(model="sim-429-2s", messages=HELLO))
    assert error.response.headers["retry-after"] == "2"


def test_a_stream_that_is_cut_raises_and_never_just_ends(client):
    seen = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in client.chat.completions.create(
                model="sim-cut", messages=HELLO, stream=True):
            seen.append(chunk)
    assert caught.value.body["code"] in ("provider_unreachable",
                                         "invalid_provider_response")
    assert caught.value.body["type"] == "server_error"
    assert seen, "it was cut before its first chunk"


def test_raw_responses_carry_the_headers(client):
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-test", messages=HELLO,
        extra_headers={"X-Request-Id": "mine-1"})
    assert raw.headers["x-request-id"] == "mine-1"
    assert raw.headers["x-agent-provider"] == "sim"
    assert raw.headers["x-agent-attempts"] == "1"
    assert raw.parse().choices[0].message.content


def test_the_asynchronous_client_works_the_same(g):
    async def both():
        async with openai.AsyncOpenAI(base_url=g.base_url, api_key=g.key,
                                      max_retries=0) as client:
            async def one(i):
                stream = await client.chat.completions.create(
                    model="gpt-test", messages=HELLO, stream=True, seed=i)
                return "".join([c.choices[0].delta.content or ""
                                async for c in stream])
            return await asyncio.gather(*(one(i) for i in range(20)))

    texts = asyncio.run(both())
    assert len(texts) == 20 and all(texts)


def test_the_sdk_retries_what_may_be_retried_and_nothing_else(g):
    """x-should-retry: false on a 5xx: we have tried, the SDK asks once."""
    metric = "agent_tenant_calls_total"

    def calls():
        text = g.page("/metrics")[2]
        return sum(int(line.split()[-1]) for line in text.splitlines()
                   if line.startswith(metric))

    before = calls()
    patient = openai.OpenAI(base_url=g.base_url, api_key=g.key, max_retries=2)
    with pytest.raises(openai.InternalServerError):
        patient.chat.completions.create(model="sim-error-503",
                                        messages=HELLO)
    assert calls() == before + 1
