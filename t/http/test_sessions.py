"""Sessions of agents: each guard lets pass what it allows and says why it
ends what it does not."""

import time

import anthropic
import openai
import pytest

from drills import Stage
from gateway import question, until
from limits import house, key_of, refused, tenant
from limits_load import Herd, Shot
from providers import chats
from sessions import code, ended, named
from test_limits_money import PRICE

HELLO = [{"role": "user", "content": "Say hello."}]


def ask(g, session, depth=None, body=None, name="a"):
    return g.of(name, body, headers=named(session, depth))


def statuses(g, session, times, **kwargs):
    return [ask(g, session, **kwargs).status for _ in range(times)]


# ---- Calls ----------------------------------------------------------------

@pytest.mark.smoke
def test_a_session_has_so_many_calls(gateway):
    g = house(gateway, tenant("a", "session calls=3;"))
    assert statuses(g, "s", 3) == [200] * 3
    for _ in range(3):
        ended(ask(g, "s"), "session_calls_exceeded")
    assert ask(g, "t").status == 200            # another session
    assert {g.of("a").status for _ in range(5)} == {200}    # none
    rows = [(row["session"], row["error"], bool(row["admitted"]))
            for row in g.access(12)]
    assert sorted(rows) == [("", "", False)] * 5 + [("s", "", True)] * 3 \
        + [("s", "session_calls", False)] * 3 + [("t", "", True)]


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("guard, words", [
    ("calls=9", "session_calls_exceeded"),
    ("repeats=9", "session_loop_detected")])
def test_of_fifty_calls_at_once_just_so_many_pass(guard, words, workers,
                                                  gateway):
    g = house(gateway, tenant("a", f"session {guard};"), workers=workers,
              reuse="reuseport")
    with Herd(g.port, 50) as herd:
        calls = herd.volley([Shot("a", key_of("a"), headers=named("s"))] * 50)
    codes = [code(call) for call in calls]
    assert codes.count(200) == 9 and codes.count(words) == 41
    assert len({call.header("x-worker") for call in calls}) == workers


def test_sessions_of_two_tenants_do_not_meet(gateway):
    """Not even if names and ids together read the same."""
    g = house(gateway, tenant("a", "session calls=2;")
              + tenant("ab", "session calls=2;"))
    assert statuses(g, "bc", 3) == [200, 200, 403]
    assert statuses(g, "c", 3, name="ab") == [200, 200, 403]
    assert statuses(g, "bc", 3, name="ab") == [200, 200, 403]


def test_keys_of_a_tenant_have_their_sessions_together(gateway):
    g = house(gateway, tenant("a", "session calls=2;", keys=("b",)))
    assert [ask(g, "s", name=name).status for name in "abab"] \
        == [200, 200, 403, 403]


def test_a_plan_has_guards_and_a_tenant_its_own(gateway):
    g = house(gateway, "agent_plan p { models *; session calls=1; }"
              + tenant("a", "plan p;") + tenant("b", "plan p;",
                                                "session calls=3;"))
    assert statuses(g, "s", 2) == [200, 403]
    assert statuses(g, "s", 4, name="b") == [200] * 3 + [403]


def test_a_session_outlives_a_reload(gateway):
    lines = tenant("a", "session calls=4 lifetime=1h repeats=3;")
    g = house(gateway, lines)
    other = question("Something else.")
    assert statuses(g, "s", 2) == [200] * 2
    for _ in range(2):
        g.reload()
    assert ask(g, "s").status == 200
    ended(ask(g, "s"), "session_loop_detected")     # the fourth in a row
    assert ask(g, "s", body=other).status == 200
    ended(ask(g, "s", body=other), "session_calls_exceeded")
    g.values["tenants"] = lines.replace("calls=4", "calls=6")
    g.reload()
    third = question("A third thing.")
    assert statuses(g, "s", 3, body=third) == [200, 200, 403]


def test_what_a_limit_refuses_is_no_call_of_the_session(gateway):
    g = house(gateway, tenant("a", "session calls=2;",
                              "limit requests=1 per=1s;"))
    served = 0
    while served < 2:
        answer = ask(g, "s")
        if answer.status == 200:
            served += 1
        else:
            time.sleep(refused(answer, "requests/1s"))
    ended(ask(g, "s"), "session_calls_exceeded")


@pytest.mark.smoke
def test_a_session_has_limits_too(gateway):
    g = house(gateway, tenant("a", "session calls=3;",
                              "limit requests=2 per=1h by=session;",
                              "limit requests=9 per=1h;"))
    assert statuses(g, "s", 2) == [200] * 2
    refused(ask(g, "s"), "requests/1h@session")
    assert statuses(g, "t", 2) == [200] * 2
    assert g.used("a", "requests/1h") == 4
    assert [g.of("a").status for _ in range(6)] == [200] * 5 + [429]


def test_who_asks_for_its_use_sees_its_session_s_too(gateway):
    g = house(gateway, tenant("a", "limit requests=5 per=1h by=session;",
                              "limit requests=9 per=1h;"))
    assert statuses(g, "s", 2) + statuses(g, "t", 1) == [200] * 3
    for session, expected in (("s", 2), ("t", 1), ("u", 0)):
        page = g.get("/v1/usage", key=key_of("a"),
                     headers=named(session)).json()
        assert {row["name"]: (row["by"], row["used"])
                for row in page["limits"]} == {
            "requests/1h@session": ("session", expected),
            "requests/1h": ("tenant", 3)}
    page = g.usage("a")                 # no session, no limit of one
    assert [row["by"] for row in page["limits"]] == ["tenant"]


def test_a_session_can_come_from_a_variable(gateway):
    g = house(gateway, tenant("a", "session calls=2;"),
              gateway="session_id=$http_x_trace")
    for trace in ("one", "two"):
        assert [g.of("a", headers=[("X-Trace", trace)]).status
                for _ in range(3)] == [200, 200, 403]
    # an empty one leaves the header's
    assert statuses(g, "s", 3) == [200, 200, 403]
    # and where both are there, the variable counts: clients cannot leave
    answer = g.of("a", headers=[("X-Trace", "one"), *named("fresh")])
    ended(answer, "session_calls_exceeded")
    answer = g.of("a", headers=[("X-Trace", "a b")])
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


# ---- Depth ----------------------------------------------------------------

def test_agents_may_nest_so_deep(gateway):
    g = house(gateway, tenant("a", "session depth=2;"))
    for session in ("s", None):
        headers = [] if session is None else named(session)
        for depth in (None, 0, 1, 2, "002"):
            more = [] if depth is None else [("x-agent-depth", str(depth))]
            assert g.of("a", headers=headers + more).status == 200
        for depth in (3, 1000):
            more = [("x-agent-depth", str(depth))]
            ended(g.of("a", headers=headers + more), "session_depth_exceeded")
    assert ask(g, "s").status == 200            # it was only that call


@pytest.mark.parametrize("depth", ["-1", "1001", "x", "1.5", "0x1", "1 1",
                                   "99999999999999999999", "+1"])
def test_what_is_no_depth_is_refused(depth, bad):
    answer = bad.of("a", headers=[("x-agent-depth", depth)])
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert "x-agent-depth" in answer.error["message"]


# ---- Loops ----------------------------------------------------------------

def test_the_same_request_again_and_again_is_a_loop(gateway):
    g = house(gateway, tenant("a", "session repeats=3;"))
    assert statuses(g, "s", 3) == [200] * 3
    for _ in range(3):
        ended(ask(g, "s"), "session_loop_detected")
    assert statuses(g, "t", 3) == [200] * 3     # each session for itself
    other = question("Something else.")
    assert ask(g, "s", body=other).status == 200
    assert statuses(g, "s", 4) == [200] * 3 + [403]     # a new row
    # who takes turns is not found out, nor is who asks more each time
    for n in range(4):
        assert ask(g, "u", body=question(f"Number {n}.")).status == 200
        assert ask(g, "u").status == 200


# ---- Lifetime -------------------------------------------------------------

def test_a_session_has_a_lifetime_from_its_first_call(gateway):
    g = house(gateway, tenant("a", "session lifetime=1s;"))
    before = time.monotonic()
    assert ask(g, "s").status == 200
    after = time.monotonic()
    while True:
        sent = time.monotonic()
        answer = ask(g, "s")
        if answer.status != 200:
            break
        assert sent < after + 1                 # calls do not prolong it
    assert time.monotonic() > before + 1
    for _ in range(2):
        ended(ask(g, "s"), "session_expired")
    assert ask(g, "t").status == 200


# ---- Cost -----------------------------------------------------------------

def test_a_session_may_spend_so_much(gateway):
    """A call costs 0.000042; until that is known more is reserved."""
    g = house(gateway, tenant("a", "session cost=0.0004;"),
              provider_lines=PRICE)
    cheap = question("Hi.", max_tokens=3)
    ended(ask(g, "s", body=question(max_tokens=1000)),
          "session_cost_exceeded")              # too dear by itself
    answers = [ask(g, "s", body=cheap) for _ in range(14)]
    good = sum(answer.status == 200 for answer in answers)
    assert 0.0002 < good * 0.000042 <= 0.0004
    for answer in answers:
        assert answer.status == 200 or ended(answer, "session_cost_exceeded")
    assert ask(g, "t", body=cheap).status == 200
    assert g.of("a", question(max_tokens=1000)).status == 200   # no session


@pytest.mark.smoke
def test_calls_at_once_do_not_spend_more_together(gateway):
    stage = Stage(chats(), held=True)
    g = house(gateway, tenant("a", "session cost=0.0004;"), stage,
              provider_lines=PRICE, workers=4, reuse="reuseport")
    cheap = question("Hi.", max_tokens=3)
    clients = [g.connect().send(g.chat_request(cheap, key_of("a"),
                                               named("s")))
               for _ in range(40)]
    stage.wait(4)
    stage.free()
    answers = [client.response() for client in clients]
    good = sum(answer.status == 200 for answer in answers)
    assert 4 <= good and good * 0.000042 <= 0.0004
    for answer in answers:
        assert answer.status == 200 or ended(answer, "session_cost_exceeded")
    for client in clients:
        client.close()


def test_a_call_that_fails_costs_its_session_nothing(gateway):
    stage = Stage(chats({"error": {"message": "No."}}, status=500))
    g = house(gateway, tenant("a", "session cost=0.0001;"), stage,
              provider_lines=PRICE)
    cheap = question("Hi.", max_tokens=3)
    for _ in range(5):                          # else two would spend it
        assert until(lambda: ask(g, "s", body=cheap).status == 502)
    stage.answer = chats()
    assert until(lambda: ask(g, "s", body=cheap).status == 200)


# ---- What is sent for an id -----------------------------------------------

@pytest.fixture(scope="module")
def bad(shared):
    return house(shared, tenant("a", "session calls=2 depth=9;")
                 + tenant("free"))


@pytest.mark.parametrize("session", [
    "{}", "{a}", ":", "a:b", "*", "a*b", "[a]", "agent:{0}:s:1", "$(id)",
    "a;b", "a,b", "a&b=c", "<b>", "s", "x" * 128, "-", "a.b", "...", "@",
    "\x7e"])
def test_odd_ids_are_ids(session, bad):
    assert statuses(bad, session, 3) == [200, 200, 403]
    ended(ask(bad, session), "session_calls_exceeded")


@pytest.mark.parametrize("session", [
    "x" * 129, "x" * 4000, "a/b", "../a", "a b", "a\tb", "a?b", "a#b", "a%0ab",
    'a"b', "a'b", "a\\b", ".", "..", "\u00e9", "a\x01b", "\x7f"])
def test_what_is_no_id_is_refused(session, bad):
    answer = ask(bad, session)
    assert answer.status == 400, answer
    assert answer.error["code"] == "bad_request"
    assert "x-agent-session" in answer.error["message"] \
        or "\x01" in session
    # where no guard and no limit asks for it nobody is refused for it
    if "\x01" not in session:
        assert ask(bad, session, name="free").status == 200


@pytest.mark.parametrize("line", [b"x-agent-session: a\r\n b",
                                  b"x-agent-session: a\0b",
                                  b"x-agent-session: a\rb"])
def test_an_id_has_one_line(line, bad):
    raw = bad.chat_request(key=key_of("a")).replace(
        b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n", 1)
    answer = bad.raw(raw)
    assert answer.status == 400, answer
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("session", ["", "  "])
def test_an_empty_id_is_none(session, bad):
    assert statuses(bad, session, 4) == [200] * 4


# ---- Other surfaces, other clients ----------------------------------------

@pytest.mark.parametrize("path, body", [
    ("/v1/responses", {"model": "gpt-test", "input": "Hi."}),
    ("/v1/embeddings", {"model": "gpt-test", "input": "Hi."}),
    ("/v1/completions", {"model": "gpt-test", "prompt": "Hi."})])
def test_guards_hold_on_every_path(path, body, gateway):
    g = house(gateway, tenant("a", "session calls=1;"))
    assert ask(g, "s").status == 200
    answer = g.post(path, body, key=key_of("a"), headers=named("s"))
    ended(answer, "session_calls_exceeded")
    # pages of our own are no calls
    for _ in range(3):
        assert g.get("/v1/models", key=key_of("a"),
                     headers=named("t")).status == 200
    assert ask(g, "t").status == 200


def test_a_refusal_has_anthropic_s_shape_there(gateway):
    g = house(gateway, tenant("a", "session calls=1;"))
    assert ask(g, "s").status == 200
    answer = g.post("/v1/messages", {
        "model": "gpt-test", "max_tokens": 5, "messages": HELLO},
        key=key_of("a"), headers=named("s"))
    assert answer.status == 403
    assert answer.header("x-should-retry") == "false"
    page = answer.json()
    assert page["type"] == "error"
    assert page["error"]["type"] == "permission_error"
    assert "as many calls" in page["error"]["message"]


def test_a_refusal_keeps_the_connection(gateway):
    g = house(gateway, tenant("a", "session calls=1;"))
    with g.connect() as client:
        for session, status in (("s", 200), ("s", 403), ("t", 200)):
            client.send(g.chat_request(key=key_of("a"),
                                       headers=named(session)))
            assert client.response().status == status


def test_openai_s_client_takes_a_refusal_for_what_it_is(gateway):
    g = house(gateway, tenant("a", "session calls=1;"))
    with openai.OpenAI(base_url=g.base_url, api_key=key_of("a"), timeout=20,
                       default_headers=dict(named("s"))) as client:
        client.chat.completions.create(model="gpt-test", messages=HELLO)
        with pytest.raises(openai.PermissionDeniedError) as caught:
            client.chat.completions.create(model="gpt-test", messages=HELLO)
    assert caught.value.code == "session_calls_exceeded"
    assert caught.value.type == "permission_error"
    assert ask(g, "t").status == 200
    assert len(g.access(3)) == 3                # nobody tried again


def test_anthropic_s_client_takes_a_refusal_for_what_it_is(gateway):
    g = house(gateway, tenant("a", "session repeats=1;"))
    asked = {"model": "gpt-test", "max_tokens": 5, "messages": HELLO}
    with anthropic.Anthropic(base_url=g.base_url[:-3], api_key=key_of("a"),
                             timeout=20,
                             default_headers=dict(named("s"))) as client:
        client.messages.create(**asked)
        with pytest.raises(anthropic.PermissionDeniedError) as caught:
            client.messages.create(**asked)
    assert caught.value.body["error"]["type"] == "permission_error"
    assert "again and again" in caught.value.body["error"]["message"]
    assert ask(g, "t").status == 200
    assert len(g.access(3)) == 3
