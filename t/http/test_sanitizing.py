"""What a provider says and a client must not see: keys, traces, paths, hosts.
The refusal's own sentence survives, and what succeeds is never touched."""

import json

import pytest

import providers as P
import wire
from fleets import ONCE, model
from leaks import ALL, ORDINARY, PLACES, SECRETS, made
from providers import KEEP, RESET, says
from stages import Stage, answers, plain, streams
from test_commit import ASK, SURFACES


OTHERS = [401, 402, 403, 408, 409, 425, 429, 500, 502, 503, 504, 529]

MODELS = "".join(model(f"target {name};", name=f"m-{name}")
                 for name in SURFACES) + "".join(
    model(f"target p{status};", name=f"m{status}") for status in OTHERS)

# All kinds in one text
EVERYTHING = " and ".join(text for text, _ in ALL.values())
PIECES = [piece for _, pieces in ALL.values() for piece in pieces]
KEY = SECRETS["an OpenAI key"][0]


@pytest.fixture(scope="module")
def stage(shared):
    """Keys are canaries: the gateway looks for them in its logs."""
    members = {name: (s.dialect, ONCE) for name, s in SURFACES.items()}
    members.update({f"p{status}": ("openai", ONCE) for status in OTHERS})
    stage = Stage(shared, MODELS, members, gateway="heartbeat=1s")
    for text, pieces in SECRETS.values():
        stage.g.secrets += [p for p in pieces if len(p) > 11]
    stage.g.secrets += ["CANARYprompt", "CANARYcompletion", "CANARYecho"]
    return stage


@pytest.fixture(params=SURFACES)
def surface(request):
    return SURFACES[request.param]


def refusal(s, message, **members):
    error = {"type": "invalid_request_error", "message": message, **members}
    if s.dialect == "anthropic":
        return {"type": "error", "error": error}
    return {"error": {"param": None, "code": None, **error}}


def ask(stage, s, act, **fields):
    stage.plays(**{s.name: act})
    response = stage.ask(s.path, {**s.body, **fields}, f"m-{s.name}")
    assert stage.asked == [s.name]
    return response


def holds_nothing(response, pieces, where=""):
    text = response.body.decode()
    decoded = json.dumps(json.loads(text), ensure_ascii=False) \
        if text.startswith("{") else text
    names = " ".join(f"{n}: {v}" for n, v in response.headers)
    for piece in pieces:
        for place in (text, decoded, names):
            assert piece not in place, (where, place)
            assert json.dumps(piece)[1:-1] not in place, (where, place)


def sentence(text):
    return f"The request failed: {text}\nPlease check your input."


# ---- whole refusals -------------------------------------------------------

@pytest.mark.parametrize("kind", ALL)
def test_a_forwarded_refusal_holds_no_secret(kind, surface, stage):
    """In its message, in any other string, and in a name of a member."""
    text, pieces = ALL[kind]
    for status in (400, 404, 413, 422):
        body = refusal(surface, sentence(text), x_details=[
            {"deep": [text, {"x": f"a {text} b"}]}], x_number=1.50)
        response = ask(stage, surface, answers(body, status))
        assert response.status == status and response.complete
        holds_nothing(response, pieces, kind)
        error = response.error
        assert error["type"] == "invalid_request_error"
        assert error["message"].startswith("The request failed:")
        assert error["x_number"] == 1.5


def test_names_of_members_and_param_hold_no_secret_either(surface, stage):
    for kind, (text, pieces) in SECRETS.items():
        body = refusal(surface, "No.", param=text, code=text, **{text: 1})
        response = ask(stage, surface, answers(body, 400))
        assert response.status == 400
        holds_nothing(response, [p for p in pieces if len(p) > 11], kind)
        assert response.error["message"] == "No."


@pytest.mark.parametrize("kind", PLACES)
def test_the_sentence_before_a_place_stays(kind, surface, stage):
    text = PLACES[kind][0]
    response = ask(stage, surface, answers(refusal(
        surface, f"Unknown parameter: 'stop_words'. {text}"), 400))
    assert "Unknown parameter: 'stop_words'." in response.error["message"]


@pytest.mark.parametrize("status", OTHERS)
def test_other_refusals_are_told_in_our_own_words(status, stage):
    body = refusal(SURFACES["chat"], EVERYTHING, param="CANARYecho",
                   code="CANARYecho")
    stage.plays(**{f"p{status}": answers(body, status)})
    response = stage.ask("chat/completions", ASK, f"m{status}")
    assert response.status in (429, 502, 503)
    holds_nothing(response, PIECES)
    assert response.error["param"] is None
    assert b"CANARY" not in response.body


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("body", [
    f"<html><h1>Oops</h1><pre>CANARYecho {EVERYTHING}</pre></html>",
    f"CANARYecho {EVERYTHING}", json.dumps([EVERYTHING]),
    json.dumps(f"CANARYecho {EVERYTHING}"), '{"error":"CANARYecho ' + KEY],
    ids=["HTML", "text", "array", "string", "half"])
def test_what_is_no_json_object_is_not_shown(body, status, surface, stage):
    response = ask(stage, surface, answers(body.encode(), status,
                                           content_type="text/html"))
    assert 400 <= response.status < 600
    assert response.header("content-type").startswith("application/json")
    assert response.error["message"] and b"CANARY" not in response.body
    holds_nothing(response, PIECES)


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_the_status_of_a_refusal_stays_if_its_body_cannot(status, surface,
                                                          stage):
    """Proxies answer 413 with HTML: it is not a 400 for that."""
    response = ask(stage, surface, answers(b"<html>Oops</html>", status,
                                           content_type="text/html"))
    assert response.status == status
    assert b"Oops" not in response.body


def test_errors_of_the_provider_are_logged_without_keys(surface, stage):
    """Its own words help the operator; the gateway's stop looks, too."""
    for kind, (text, pieces) in SECRETS.items():
        for status in (429, 500, 503):
            ask(stage, surface, answers(refusal(
                surface, f"Engine on fire: {text}"), status))
    log = stage.g.log()
    assert "Engine on fire" in log
    for pieces in SECRETS.values():
        for piece in pieces[1]:
            assert piece not in log or len(piece) < 12, piece


# ---- the provider's own key -----------------------------------------------

@pytest.mark.parametrize("key", ["correct-horse-battery",
                                 "aaaa-bbbb-cccc-dddd", "open!sesame!open!"])
def test_the_configured_key_is_nowhere_whatever_it_looks_like(
        key, gateway, provider):
    said = f"We have seen {key} too often today."
    bodies = [(400, {"error": {"message": said, "param": key, key: key}}),
              (500, {"error": {"message": said}}),
              (503, {"error": {"message": said}}),
              (429, {"message": said, "error": {"message": said}})]
    g = gateway.make(provider([answers(body, status)
                               for status, body in bodies]))
    g.secret("provider_key", value=key)
    g.start()
    for status, _ in bodies:
        response = g.chat()
        assert key.encode() not in response.body
        assert response.status == (502 if status == 500 else status)
    assert key not in g.log()


@pytest.mark.parametrize("key", ["correct-horse-battery", "open!sesame!open!"])
def test_the_configured_key_is_in_no_error_event_either(key, gateway,
                                                        provider):
    said = f"We have seen {key} too often today."
    script = P.then(b"", answers({"error": {"message": said}}, 400))
    g = gateway.make(provider(script), gateway="heartbeat=1s")
    g.secret("provider_key", value=key)
    g.start()
    with g.connect() as client:
        client.send(g.chat_request({**ASK, "model": "gpt-test",
                                    "stream": True}))
        client.read_until(b": keep-alive")
        script.go_on.set()
        response = client.response()
    error = response.events()[-1].json()["error"]
    assert "too often today." in error["message"]
    assert key not in error["message"]


# ---- ordinary refusals ----------------------------------------------------

@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_refusal_survives_byte_for_byte(text, surface, stage):
    """Spaces, escapes, numbers, order and unknown members as they came."""
    for ascii in (True, False):
        for status in (400, 404, 422):
            said = json.dumps(text, ensure_ascii=ascii)
            body = ('{ "x" : [1.50,-0, 1E400,null,{"a":"\\u00e9\\/"}],\n'
                    '"error":{"message":%s ,"type":"invalid_request_error",'
                    '"param":"messages[0].content","code":"invalid_value",'
                    '"z":"","a":0}, "type":"error","request_id":'
                    '"req_011CSHoEeqs5C35K2UUqR7Fy"}\n' % said).encode()
            response = ask(stage, surface, answers(body, status))
            assert (response.status, response.body) == (status, body)


def test_a_long_refusal_keeps_its_length(surface, stage):
    body = json.dumps(refusal(surface, "It is too long. " * 500)).encode()
    assert ask(stage, surface, answers(body, 400)).body == body


def test_only_what_is_secret_changes(surface, stage):
    key = SECRETS["an OpenAI key"][0]
    body = refusal(surface, f"Do not send {key} here, please.",
                   param="messages[0].content", code="invalid_value",
                   x={"b": [1, 2.50, None, True], "a": "ä"})
    response = ask(stage, surface, answers(body, 400))
    error = response.error
    assert error["message"] == "Do not send [redacted] here, please."
    assert {**error, "message": ""} == {**body["error"], "message": ""}
    assert b"2.50" not in json.dumps(body).encode()
    raw = json.dumps(body).replace("2.5", "2.50").encode()
    assert b"2.50" in ask(stage, surface, answers(raw, 400)).body


# ---- streams --------------------------------------------------------------

def test_an_error_event_before_the_content_holds_nothing(surface, stage):
    event = json.loads(surface.error)
    if surface.name == "responses":
        event["response"]["error"]["message"] = EVERYTHING
    else:
        event["error"]["message"] = EVERYTHING
    response = ask(stage, surface, streams(
        surface.write(json.dumps(event))), stream=True)
    assert response.status >= 500
    holds_nothing(response, PIECES)


def test_an_error_event_behind_content_holds_nothing(surface, stage):
    event = json.loads(surface.error)
    event.setdefault("error", event.get("response", {}).get("error"))
    event["error"]["message"] = event["CANARYecho"] = EVERYTHING
    seen = surface.write(*surface.events[:surface.starts + surface.said])
    script = P.then(P.stream_head() + P.chunk(seen), says(
        P.chunk(surface.write(json.dumps(event))) + P.LAST, KEEP))
    stage.plays(**{surface.name: script})
    with stage.g.connect() as client:
        stage.begin(client, surface.path, {**surface.body, "stream": True},
                    f"m-{surface.name}")
        client.read_until(seen[-30:])
        script.go_on.set()
        response = client.response()
    assert response.body.startswith(seen)
    tail = response.body[len(seen):].decode()
    assert len(wire.events(tail.encode())) == 1 and "CANARY" not in tail
    for piece in PIECES:
        assert piece not in tail


def behind_a_heartbeat(stage, s, message, status=400):
    """The message of the error event that follows a heartbeat."""
    script = P.then(b"", answers(refusal(s, message), status))
    stage.plays(**{s.name: script})
    with stage.g.connect() as client:
        stage.begin(client, s.path, {**s.body, "stream": True}, f"m-{s.name}")
        client.read_until(s.heartbeat)
        script.go_on.set()
        response = client.response()
    assert response.status == 200 and response.complete
    return response.events()[-1].json()["error"]["message"]


def test_a_refusal_behind_a_heartbeat_keeps_its_words_and_no_more(surface,
                                                                  stage):
    key = SECRETS["an OpenAI key"][0]
    message = behind_a_heartbeat(
        stage, surface, f"{ORDINARY[0]} {key} {PLACES['a Python trace'][0]}")
    assert message.startswith(ORDINARY[0] + " [redacted]")
    for piece in [key, *PLACES["a Python trace"][1]]:
        assert piece not in message


def test_a_message_of_ours_has_five_hundred_characters_at_most(surface,
                                                               stage):
    long = "Größe zählt. " * 400
    message = behind_a_heartbeat(stage, surface, long)
    assert long.startswith(message.rstrip(".… ")[:400])
    assert 400 <= len(message) <= 500


# ---- successes ------------------------------------------------------------

@pytest.mark.parametrize("kind", ALL)
def test_a_whole_success_is_never_touched(kind, surface, stage):
    text = ALL[kind][0]
    odd = {**json.loads(surface.answer), "x_said": [text, {text: 1}]}
    for body in (json.dumps(odd).encode(),
                 json.dumps(odd, indent=1, ensure_ascii=False).encode()):
        response = ask(stage, surface, answers(body))
        assert (response.status, response.body) == (200, body)


def test_a_streamed_success_is_never_touched(stage):
    s = SURFACES["chat"]
    body = plain(P.FIRST, *[P.delta(content=text) for text, _ in ALL.values()],
                 P.delta(finish="stop")) + s.last
    assert ask(stage, s, streams(body), stream=True).body == body


# ---- logs -----------------------------------------------------------------

def test_prompts_and_completions_are_in_no_log(surface, stage):
    """Whatever becomes of the call; the gateway's stop looks, too."""
    fields = {"messages": [{"role": "user", "content": "CANARYprompt"}],
              "input": "CANARYprompt", "user": "CANARYprompt"}
    good = surface.good.replace(b"Hel", b"CANARYcompletion")
    echo = refusal(surface, "You said: CANARYecho", param="CANARYecho")
    for act, stream in (
            (answers(surface.answer.replace(b"Fine", b"CANARYcompletion")), 0),
            (streams(good), 1), (answers(echo, 400), 0),
            (answers(echo, 422), 1), (answers(echo, 404), 0),
            (streams(good[:-200], end=(RESET,)), 1),
            (answers(b"CANARYcompletion"), 0),
            (streams(plain(*["CANARYcompletion"] * 4)), 1)):
        ask(stage, surface, act, stream=bool(stream), **fields)
    lines = stage.g.log() + json.dumps(stage.g.access())
    assert "CANARY" not in lines.replace("sk-CANARY-", "")
    assert made(12, "never") not in lines
