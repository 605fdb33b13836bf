"""An operator stops a session: what runs of it ends, on all workers, and
nothing of it begins any more."""

import json
import threading

import openai
import pytest

import wire
from drills import Stage, number
from gateway import question, until
from limits import key_of, tenant
from limits_load import Herd, Shot
from providers import HANG, WORDS, chats, chunk, says, sse, stream_head
from sessions import (MANAGED, code, ended, managed, named, operate, stop,
                      stopped, token_of)
from test_limits_money import PRICE, budgets
from test_limits_tokens import MESSAGE

LINES = tenant("a", "session calls=1000;", "limit concurrency=20;",
               "limit tokens=100k per=1h;") + tenant("b", "session depth=5;")

ANTHROPIC = """
    agent_provider other { dialect anthropic; url @provider@;
                           key file:@provider_key@; @resilience@ }
    agent_model gpt-test { target other/claude; }"""

TEXT = "house " * 80


def events(*objects):
    return [b"event: %s\ndata: %s\n\n" % (o["type"].encode(),
                                          json.dumps(o).encode())
            for o in objects]


CHAT = [sse(WORDS[0]), sse(WORDS[1].replace("Hel", TEXT))]

MESSAGES = events(
    {"type": "message_start", "message": {
        **MESSAGE, "content": [], "stop_reason": None,
        "usage": {"input_tokens": 12, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0,
     "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0,
     "delta": {"type": "text_delta", "text": TEXT}})

RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1730000000,
            "status": "in_progress", "model": "gpt-upstream", "output": [],
            "error": None, "usage": None}
RESPONSES = events(
    {"type": "response.created", "sequence_number": 0, "response": RESPONSE},
    {"type": "response.output_item.added", "sequence_number": 1,
     "output_index": 0, "item": {"id": "msg_1", "type": "message",
                                 "status": "in_progress",
                                 "role": "assistant", "content": []}},
    {"type": "response.output_text.delta", "sequence_number": 2,
     "item_id": "msg_1", "output_index": 0, "content_index": 0,
     "delta": TEXT})

# surface: path, body, what the provider says before it falls silent, its
# configuration
SURFACES = {
    "chat": ("/v1/chat/completions", question(stream=True), CHAT, {}),
    "messages": ("/v1/messages", question(stream=True, max_tokens=900),
                 MESSAGES, {"models": ANTHROPIC}),
    "responses": ("/v1/responses", {"model": "gpt-test", "input": "Hi.",
                                    "stream": True}, RESPONSES, {}),
}


def begins(pieces):
    """Streams so much and then hangs."""
    return says(stream_head() + b"".join(map(chunk, pieces)), HANG)


def open_streams(g, count, path, body, session="s", name="a"):
    """So many streams, each past its first content; and their heads."""
    clients = [g.connect().send(wire.request("POST", path, body, key_of(name),
                                             named(session)))
               for _ in range(count)]
    return [(client, past(client)) for client in clients]


def past(client):
    head = client.head()
    assert head.status == 200, head
    client.read_until(b"house ")
    return head


def rows(g, session, count):
    """Of the access log: calls of the session, once there are so many."""
    def found():
        return [row for row in g.access() if row["session"] == session]
    assert until(lambda: len(found()) >= count), found()
    return found()


def is_stop(surface, answer):
    """Its last event is an error of that surface that says why."""
    assert answer.complete, answer
    last = answer.events()[-1]
    page = last.json()
    assert page["error"]["type"] == "permission_error"
    assert "stopped by the gateway's operator" in page["error"]["message"]
    if surface == "messages":
        assert last.name == page["type"] == "error"
    else:                               # SDKs raise what holds an "error"
        assert last.name is None
        assert page["error"]["code"] == "session_stopped"
    return True


@pytest.mark.smoke
@pytest.mark.parametrize("surface", SURFACES)
def test_streams_of_a_stopped_session_end_on_all_workers(surface, gateway):
    path, body, pieces, values = SURFACES[surface]
    provider = gateway.provider(begins(pieces))
    g = managed(gateway, LINES, provider, workers=4, **values)
    streams = open_streams(g, 12, path, body)
    others = open_streams(g, 2, path, body, session="t")
    others += open_streams(g, 2, path, body, name="b", session="u")
    assert len({head.header("x-worker") for _, head in streams}) > 1
    assert g.used("a", "concurrency") == 14
    before = len(provider.requests)
    assert stopped(stop(g, "s"), "s")
    for client, head in streams:
        client.socket.settimeout(10)    # a second is promised
        client.finish(head)
        assert is_stop(surface, head)
        client.close()
    # places come back, the provider is left, what was used is charged
    g.settles("a", "concurrency", 2)
    assert until(lambda: number(g, "agent_calls_in_flight") == 4)
    answer = g.post(path, body, key=key_of("a"), headers=named("s"))
    assert answer.status == 403
    assert answer.header("x-should-retry") == "false"
    assert answer.error["type"] == "permission_error"
    assert len(provider.requests) == before == 16   # nobody asked again
    assert [row["error"] for row in rows(g, "s", 13)] \
        == ["session_stopped"] * 13
    for client, _ in others:            # nobody else has noticed
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.more()
        client.close()


def test_a_stopped_call_is_charged_for_what_it_used(gateway):
    """80 words came, 50,000 tokens were reserved."""
    g = managed(gateway, tenant("a", "session calls=9;",
                                "limit concurrency=5;",
                                "limit tokens=100k per=1h;",
                                "limit output_tokens=100k per=1h;",
                                "budget 5 per=day;"),
                begins(CHAT), provider_lines=PRICE)
    body = question(stream=True, max_tokens=50_000)
    (client, head), = open_streams(g, 1, "/v1/chat/completions", body)
    assert g.used("a", "tokens/1h") > 50_000
    assert stopped(stop(g, "s"), "s")
    client.finish(head)
    assert is_stop("chat", head)
    client.close()
    g.settles("a", "concurrency", 0)
    assert until(lambda: 40 <= g.used("a", "output_tokens/1h") <= 480)
    assert g.used("a", "output_tokens/1h") < g.used("a", "tokens/1h") < 700
    spent = float(budgets(g, "a")["budget/day"]["used"])
    assert 0.0003 < spent < 0.006       # output costs 8 millionths a token
    row, = rows(g, "s", 1)
    assert row["error"] == "session_stopped"
    assert float(row["cost"]) == pytest.approx(spent)


@pytest.mark.smoke
def test_a_call_that_waits_for_its_answer_is_stopped(gateway):
    stage = Stage(chats(), held=True)
    g = managed(gateway, LINES, stage)
    clients = [g.connect().send(g.chat_request(key=key_of("a"),
                                               headers=named("s")))
               for _ in range(4)]
    stage.wait(4)
    assert stopped(stop(g, "s"), "s")
    for client in clients:
        answer = client.response()
        assert answer.status == 403
        assert answer.error["code"] == "session_stopped"
        assert answer.header("x-should-retry") == "false"
        client.close()
    assert until(lambda: stage.left == 4), "the provider still works"
    g.settles("a", "concurrency", 0)


@pytest.mark.smoke
def test_a_stop_reaches_calls_that_wait_in_a_queue(gateway):
    stage = Stage(chats(), held=True)
    g = managed(gateway, LINES, stage,
                provider_lines="limit concurrency=1 queue=10 wait=30s;")
    clients = [g.connect().send(g.chat_request(key=key_of("a"),
                                               headers=named("s")))
               for _ in range(3)]
    stage.wait(1)
    assert until(lambda: g.used("a", "concurrency") == 3)
    assert stopped(stop(g, "s"), "s")
    for client in clients:
        assert client.response().error["code"] == "session_stopped"
        client.close()
    # another worker's may still have been given the place, for a moment
    assert until(lambda: stage.left == stage.entered)
    stage.free()
    assert g.of("a", headers=named("t")).status == 200


def test_a_stop_is_for_good(gateway):
    g = managed(gateway, LINES)
    for name in "ab":
        assert g.of(name, headers=named("s")).status == 200
    assert stopped(stop(g, "s"), "s")
    assert stopped(stop(g, "s"), "s")           # again: no harm
    for name in "ab":                           # whoever has one of that name
        ended(g.of(name, headers=named("s")), "session_stopped")
        assert g.of(name, headers=named("t")).status == 200
        assert g.of(name).status == 200
    g.reload()
    ended(g.of("a", headers=named("s")), "session_stopped")
    assert stopped(stop(g, "s"), "s")
    assert g.log().count('session "s" was stopped') == 3
    assert until(lambda: number(g, "agent_calls_in_flight") == 0)


def test_a_stop_of_one_tenant_leaves_the_others_theirs(gateway):
    stage = Stage(chats(), held=True)
    g = managed(gateway, LINES, stage)
    clients = {name: g.connect().send(g.chat_request(key=key_of(name),
                                                     headers=named("s")))
               for name in "ab"}
    stage.wait(2)
    assert stop(g, "s", tenant="c").status == 404
    assert stop(g, "t", tenant="a").status == 404
    assert stopped(stop(g, "s", tenant="a"), "s")
    assert clients["a"].response().error["code"] == "session_stopped"
    assert until(lambda: stage.left == 1)
    stage.free()
    assert clients["b"].response().status == 200
    ended(g.of("a", headers=named("s")), "session_stopped")
    assert g.of("b", headers=named("s")).status == 200
    for client in clients.values():
        client.close()


def test_calls_that_arrive_while_it_is_stopped_end_either_way(gateway):
    """None hangs, none is lost, and after the stop's answer none begins."""
    g = managed(gateway, LINES, workers=4)
    answers = []

    def fire():
        with Herd(g.port, 24) as herd:
            answers.extend(herd.fire(
                [(n / 400, Shot("a", key_of("a"), headers=named("s")))
                 for n in range(600)]))
    thread = threading.Thread(target=fire)
    thread.start()
    assert until(lambda: stop(g, "s").status == 200)
    with Herd(g.port, 24) as herd:
        late = herd.volley([Shot("a", key_of("a"), headers=named("s"))] * 24)
    assert {code(call) for call in late} == {"session_stopped"}
    thread.join(60)
    assert len(answers) == 600
    assert {code(call) for call in answers} <= {200, "session_stopped"}
    g.settles("a", "concurrency", 0)
    assert until(lambda: number(g, "agent_calls_in_flight") == 0)


def test_openai_s_client_raises_in_the_middle_of_a_stream(gateway):
    g = managed(gateway, LINES, begins(CHAT))
    with openai.OpenAI(base_url=g.base_url, api_key=key_of("a"), timeout=20,
                       default_headers=dict(named("s"))) as client:
        words = client.chat.completions.create(
            model="gpt-test", stream=True,
            messages=[{"role": "user", "content": "Hi."}])
        assert next(words).choices[0].delta.role == "assistant"
        assert stopped(stop(g, "s"), "s")
        with pytest.raises(openai.APIError) as caught:
            list(words)
    assert caught.value.code == "session_stopped"


# ---- Who may --------------------------------------------------------------

@pytest.fixture(scope="module")
def g(shared):
    return managed(shared, LINES)


@pytest.mark.parametrize("token", [
    None, "", "wrong-token-0123456789", "right ", "sk-limited-a-0123456789"])
def test_nobody_stops_a_session_without_the_token(token, g):
    assert g.of("a", headers=named("kept")).status == 200
    if token == "right ":
        token = token_of(g) + "x"
    for session in ("kept", "no-such-session"):     # nor learns which exist
        answer = stop(g, session, token=token)
        assert answer.status == 401
        assert answer.error["type"] == "invalid_request_error"
    assert g.of("a", headers=named("kept")).status == 200


@pytest.mark.parametrize("header", ["Basic {}", "Bearer\t{}x", "{}",
                                    "Bearer {} {}", "Token {}"])
def test_a_token_comes_as_a_bearer(header, g):
    assert g.of("a", headers=named("kept")).status == 200
    answer = stop(g, "kept", token=None, headers=[
        ("Authorization", header.replace("{}", token_of(g)))])
    assert answer.status == 401
    assert stop(g, "kept", token=None, headers=[
        ("x-api-key", token_of(g))]).status == 401
    assert g.of("a", headers=named("kept")).status == 200


@pytest.mark.parametrize("path", [
    "/status/sessions/no-such/stop", "/status/sessions//stop",
    "/status/sessions/stop", "/status/sessions/kept",
    "/status/sessions/kept/stop/", "/status/sessions/kept/stop/x",
    "/status/sessions/kept/start", "/status/sessions/kept%20/stop",
    "/status/sessions/%00/stop", "/status/sessions/" + "x" * 129 + "/stop",
    "/status/kept/stop", "/status", "/status/", "/status/calls/kept/stop",
    "/status/sessions/*/stop", "/status/sessions/KEPT/stop"])
def test_what_is_not_there_is_not_stopped(path, g):
    assert g.of("a", headers=named("kept")).status == 200
    assert operate(g, path).status in (400, 404)
    assert g.of("a", headers=named("kept")).status == 200
    assert operate(g, path, token=None).status in (400, 401)


def test_an_id_in_a_path_may_be_escaped(g):
    for session, path in (("{a}", "%7Ba%7D"), ("a:b", "a:b"), ("*", "%2A")):
        assert g.of("a", headers=named(session)).status == 200
        assert stopped(stop(g, path), session)
        ended(g.of("a", headers=named(session)), "session_stopped")


def test_reading_is_as_without_it(g):
    status, headers, text = g.page("/status")
    assert status == 200 and headers["Content-Type"] == "application/json"
    assert json.loads(text).keys() == json.loads(g.page("/plain")[2]).keys()
    assert g.page("/status/sessions/kept/stop")[0] == 404
    for method in ("PUT", "DELETE", "PATCH"):
        answer = stop(g, "kept", method=method)
        assert answer.status == 405
        assert answer.header("allow") == "GET, HEAD"
    assert token_of(g) not in text


def test_without_manage_nothing_can_be_stopped(g):
    assert g.of("a", headers=named("kept")).status == 200
    for path in ("/plain/sessions/kept/stop", "/plain", "/metrics"):
        assert operate(g, path).status == 405
    assert g.of("a", headers=named("kept")).status == 200


def test_the_gateway_s_own_port_stops_nothing(g):
    """A client is no operator, whatever it knows."""
    assert g.of("a", headers=named("kept")).status == 200
    assert g.post("/v1/sessions/kept/stop", {},
                  key=key_of("a")).status == 404
    assert g.post("/v1/sessions/kept/stop", {},
                  key=token_of(g)).status in (401, 404)
    assert g.of("a", headers=named("kept")).status == 200


@pytest.mark.parametrize("value, words", [
    ("plain-token-0123456789", "not shown"),
    ("file:/no/such/file", "/no/such/file"), ("", "manage")])
def test_a_token_comes_from_a_file(value, words, gateway):
    bad = gateway.make(http=MANAGED.replace("file:@token@", value),
                       **house_values())
    accepted, said = bad.check()
    assert not accepted and "plain-token" not in said
    assert words in said


def house_values():
    return {"zone": "1m", "models": "agent_model gpt-test { target main/x; }",
            "tenants": LINES, "reuse": "", "fixed": 1, "answer": ""}


def test_a_new_token_comes_with_a_reload(gateway):
    g = managed(gateway, LINES)
    assert g.of("a", headers=named("s")).status == 200
    old = token_of(g)
    g.secrets.remove(old)
    g.secret("token", "sk-CANARY-token-")
    g.reload()
    assert stop(g, "s", token=old).status == 401
    assert stopped(stop(g, "s"), "s")
