"""The official OpenAI SDK for JavaScript, pointed at the gateway."""

import json

import pytest

import nodes
from gateway import free_port
from test_sdk_openai import HTTP

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def said(shared, node_modules):
    """What t/node/openai.cjs got, run once for this file."""
    g = shared(http=HTTP, simulator=free_port(),
               simulate="latency=0 tokens=12 rate=400")
    return json.loads(nodes.run(node_modules, "openai.cjs", g.base_url,
                                g.key))


def test_chat_works_whole_and_streamed(said):
    assert said["whole"]["text"] == said["stream"]["text"] != ""
    assert said["whole"]["usage"] == 12
    assert said["whole"]["id"]
    assert said["stream"]["finish"] == "stop"
    assert said["stream"]["chunks"] > 3


def test_usage_is_shown_to_those_who_asked_and_only_once(said):
    assert said["stream"]["usages"] == [] and said["stream"]["empty"] == 0
    assert said["usage"]["usages"] == [12] and said["usage"]["empty"] == 1


def test_a_streamed_tool_call_is_put_together(said):
    assert said["tool"]["name"] == "get_weather"
    assert isinstance(said["tool"]["args"], dict)
    assert said["tool"]["finish"] == "tool_calls"


def test_embeddings_are_decoded(said):
    for packed, plain in zip(*said["embeddings"].values(), strict=True):
        assert packed == pytest.approx(plain, abs=1e-5)
        assert len(packed) > 8


def test_legacy_completions_work(said):
    assert said["legacy"]


def test_models_are_listed_and_found(said):
    assert set(said["models"]) == {"gpt-test", "meta-llama/Llama-3.3-70B",
                                   "text-embedding-3-small"}
    assert said["model"] == "meta-llama/Llama-3.3-70B"


@pytest.mark.parametrize("case, name, status, code", [
    ("key", "AuthenticationError", 401, "invalid_api_key"),
    ("model", "NotFoundError", 404, "model_not_found"),
    ("allowed", "PermissionDeniedError", 403, "model_not_allowed"),
    ("value", "BadRequestError", 400, "invalid_value"),
    ("unavailable", "InternalServerError", 503, "provider_unavailable"),
    ("limited", "RateLimitError", 429, "provider_rate_limited"),
])
def test_errors_are_the_sdks_own_classes(case, name, status, code, said):
    failure = said["failures"][case]
    assert (failure["name"], failure["status"], failure["code"]) \
        == (name, status, code)
    assert failure["requestID"]


def test_a_cut_stream_throws(said):
    failure = said["failures"]["cut"]
    assert failure is not None, "the stream just ended"
    assert failure["name"] == "APIError"
    assert failure["type"] == "server_error"
