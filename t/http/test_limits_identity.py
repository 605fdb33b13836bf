"""Who is calling, from where, and what may be asked: keys with names and
dates, addresses, caps, routes; and that strange keys get no further."""

import collections
import datetime
import hashlib
import json
import time

import pytest

import wire
from drills import by
from fleets import outcome
from gateway import question, until
from limits import House, digest, house, key_of, refused, tenant
from limits_load import Herd, Shot
from providers import CHAT, KEEP, says, whole
from test_client import resident
from test_limits_tokens import says_used, usage

UTC = datetime.timezone.utc


def days(count):
    return (datetime.datetime.now(UTC)
            + datetime.timedelta(days=count)).strftime("%Y-%m-%d")


def seconds(count):
    return (datetime.datetime.now(UTC)
            + datetime.timedelta(seconds=count)).strftime("%Y-%m-%dT%H:%M:%SZ")


def keyed(gateway, tmp_path, text, *lines, **values):
    """A tenant whose keys stand in a file."""
    path = tmp_path / "team.keys"
    path.write_text(text)
    return house(gateway, f"agent_tenant a {{ keys {path}; models *; "
                 + " ".join(lines) + " }\n", **values)


# ---- keys FILE ------------------------------------------------------------

@pytest.mark.smoke
def test_keys_of_a_file_have_names_and_dates(gateway, tmp_path):
    g = keyed(gateway, tmp_path,
              "\ufeff# the team's keys\r\n\r\n"
              f"{digest('ann')} ann\r\n"
              f"sha256:{digest('bob')}\tbob  {days(2)}   # until then\n"
              f"{digest('cyd').upper()} cyd {days(-2)}\n"
              f"{digest('dan')} dan {seconds(-5)}\n"
              f"{digest('eve')} eve {seconds(3600)}\n",
              "limit requests=2 per=1m by=key;")
    for name, status in (("ann", 200), ("bob", 200), ("cyd", 401),
                         ("dan", 401), ("eve", 200)):
        assert g.of(name).status == status, name
    assert sorted((row["tenant"], row["key"]) for row in g.access(5)) \
        == [("", "")] * 2 + [("a", "ann"), ("a", "bob"), ("a", "eve")]
    page = g.usage("a", key_of("ann"))
    assert page["key"] == "ann"
    assert [row["used"] for row in page["limits"]] == [1]
    assert g.of("ann").status == 200
    refused(g.of("ann"), "requests/1m@key")
    assert g.of("bob").status == 200


def test_an_expired_key_gets_the_answer_of_any_wrong_key(gateway, tmp_path):
    g = keyed(gateway, tmp_path, f"{digest('old')} old {days(-1)}\n"
              f"{digest('new')} new\n")
    answers = [g.of("old"), g.of("nobody")]
    assert [outcome(a) for a in answers] == [(401, "invalid_api_key")] * 2
    assert answers[0].error == answers[1].error


def test_a_key_expires_while_the_gateway_runs(gateway, tmp_path):
    g = keyed(gateway, tmp_path, f"{digest('ann')} ann {seconds(3)}\n")
    assert g.of("ann").status == 200
    assert until(lambda: g.of("ann").status == 401)


def test_a_reload_reads_the_file_again(gateway, tmp_path):
    g = keyed(gateway, tmp_path, f"{digest('ann')} ann\n",
              "limit requests=3 per=1m by=key;", "limit requests=9 per=1m;")
    assert [g.of("ann").status for _ in range(2)] == [200] * 2
    (tmp_path / "team.keys").write_text(
        f"{digest('bob')} bob\n{digest('ann')} ann\n")
    g.reload()
    assert g.of("bob").status == 200
    assert [g.of("ann").status for _ in range(2)] == [200, 429]
    (tmp_path / "team.keys").write_text(f"{digest('bob')} bob\n")
    g.reload()
    assert g.of("ann").status == 401 and g.of("bob").status == 200


@pytest.mark.parametrize("line, words", [
    ("zz ann", "keys"), (digest("a")[:-1] + " ann", "keys"),
    (digest("a"), "keys"), (digest("a") + " ann 2026-13-01", "keys"),
    (digest("a") + " ann 2026-12-31 more", "keys"),
    (digest("a") + " an/n", "keys"), ("sk-plain-key-0123456789 ann", "keys"),
])
def test_a_bad_line_of_the_file_is_named(line, words, gateway, tmp_path):
    path = tmp_path / "bad.keys"
    path.write_text(f"# comment\n{digest('good')} good\n{line}\n")
    g = House(f"agent_tenant a {{ keys {path}; models *; }}")
    try:
        accepted, said = g.check()
    finally:
        g.remove()
    assert not accepted
    assert f"{path}:3" in said or "line 3" in said, said
    assert "sk-plain" not in said


def test_ten_thousand_keys_of_a_file(gateway, tmp_path):
    names = [f"user{n}" for n in range(10_000)]
    g = keyed(gateway, tmp_path, "".join(f"{digest(n)} {n}\n" for n in names),
              "limit requests=1 per=1m by=key;")
    for name in (names[0], names[4711], names[-1]):
        assert g.of(name).status == 200
        assert g.of(name).status == 429
    assert g.of("user10000").status == 401


# ---- From where -----------------------------------------------------------

@pytest.mark.smoke
def test_a_tenant_may_call_only_from_its_addresses(gateway):
    g = house(gateway, tenant("near", "allow 127.0.0.0/8;")
              + tenant("far", "allow 10.20.0.0/16 192.168.1.7 2001:db8::/32;",
                       "limit requests=1 per=1m;")
              + tenant("any"))
    for _ in range(2):
        assert outcome(g.of("far")) == (403, "address_not_allowed")
    assert g.of("far").error["type"] == "permission_error"
    assert g.of("far").header("x-should-retry") == "false"
    assert g.get("/v1/models", key=key_of("far")).status == 403
    assert g.get("/v1/usage", key=key_of("far")).status == 403
    assert g.of("near").status == 200 and g.of("any").status == 200
    # what a client says about itself is no address
    assert g.of("far", headers=[("X-Forwarded-For", "10.20.0.1"),
                                ("X-Real-IP", "10.20.0.1"),
                                ("Forwarded", "for=10.20.0.1")]).status == 403


# ---- By whom --------------------------------------------------------------

@pytest.mark.smoke
def test_limits_hold_for_tenants_without_keys(gateway):
    """By a variable, and those who say nothing at all."""
    lines = " models *; limit requests=2 per=1m; }\n"
    g = house(gateway, "agent_tenant guest {" + lines
              + "agent_tenant known {" + lines + tenant("keyed"),
              gateway="anonymous=guest tenant_by=$http_x_team")
    team = [("X-Team", "known")]
    assert [g.chat(key=None).status for _ in range(3)] == [200, 200, 429]
    assert [g.chat(key=None, headers=team).status for _ in range(3)] \
        == [200, 200, 429]
    assert g.of("keyed").status == 200
    assert g.of("keyed", headers=team).status == 429
    assert g.chat(key=None, headers=[("X-Team", "nobody")]).status == 401
    page = g.get("/v1/usage", key=None).json()
    assert page["tenant"] == "guest" and page["limits"][0]["used"] == 2


def test_sessions_can_come_from_a_variable(gateway):
    g = house(gateway, tenant("a", "limit requests=1 per=1m by=session;"),
              gateway="session_id=$http_x_trace")
    for name, statuses in (("one", [200, 429]), ("two", [200, 429])):
        assert [g.of("a", headers=[("X-Trace", name)]).status
                for _ in range(2)] == statuses
    assert {row["session"] for row in g.access(4)} == {"one", "two"}


# ---- What may be asked ----------------------------------------------------

def test_only_tagged_providers_answer_who_requires_the_tag(gateway):
    eu = gateway.provider(says(whole(CHAT), KEEP))
    g = house(gateway, tenant("a", "require eu;", "limit requests=9 per=1m;")
              + tenant("b"), models=f"""
        agent_provider eu {{ dialect openai; url {eu.url}; tags eu;
                             key file:@provider_key@; }}
        agent_model gpt-test {{ target main/x weight=1000;
                                target eu/x weight=1; }}
        agent_model far {{ target main/x; }}""")
    assert {by(g.of("a")) for _ in range(5)} == {"eu"}
    assert by(g.of("b", question(model="far"))) == "main"
    assert outcome(g.of("a", question(model="far"))) \
        == (503, "no_healthy_provider")


def model_of(answer):
    return answer.header("x-agent-model")


ROUTES = """
    agent_model one { target main/one; }
    agent_model two { target main/two; }
    agent_model fine-1 { target main/fine; }
"""


@pytest.mark.smoke
def test_a_route_answers_one_model_by_another(gateway):
    g = house(gateway, tenant("a", "route one two;", "route fine-* one;")
              + tenant("b"), models=ROUTES)
    assert model_of(g.of("a", question(model="one"))) == "two"
    assert model_of(g.of("a", question(model="two"))) == "two"
    assert model_of(g.of("a", question(model="fine-1"))) == "one"
    assert model_of(g.of("b", question(model="one"))) == "one"
    # each worker writes the log when it is done: in no order
    assert sorted(row["model"] for row in g.access(4)) \
        == ["fine-1", "one", "one", "two"]


def test_a_route_takes_its_share(gateway):
    """Of 400 calls 100 are due: 60 more or less is 6.9 times what chance
    does."""
    g = house(gateway, tenant("a", "route one two share=25%;"), models=ROUTES)
    counted = collections.Counter(
        model_of(g.of("a", question(model="one"))) for _ in range(400))
    assert set(counted) == {"one", "two"} and 40 <= counted["two"] <= 160


def test_limits_of_a_model_count_what_was_asked_for(gateway):
    g = house(gateway, tenant("a", "route one two;",
                              "limit requests=1 per=1m model=one;"),
              models=ROUTES)
    assert g.of("a", question(model="one")).status == 200
    refused(g.of("a", question(model="one")), "requests/1m/one")
    assert g.of("a", question(model="two")).status == 200


@pytest.mark.smoke
def test_a_request_without_a_model_gets_the_default(gateway):
    g = house(gateway, tenant("a", "default_model two;",
                              "limit requests=1 per=1m model=two;")
              + tenant("b"), models=ROUTES)
    body = {"messages": [{"role": "user", "content": "Hi."}]}
    answer = g.of("a", body)
    assert answer.status == 200 and model_of(answer) == "two"
    refused(g.of("a", body), "requests/1m/two")
    answer = g.of("b", body)
    assert outcome(answer) == (400, "missing_required_parameter")
    assert answer.error["param"] == "model"
    assert model_of(g.of("a", {**body, "model": "one"})) == "one"


@pytest.fixture
def capped(gateway):
    provider = gateway.provider(says_used(usage(9, 3)))
    g = house(gateway, tenant("a", "cap output_tokens=100 n=2;"),
              provider)
    return g, provider


@pytest.mark.parametrize("fields, param", [
    ({"max_tokens": 101}, "max_tokens"),
    ({"max_completion_tokens": 5000}, "max_completion_tokens"),
    ({"max_tokens": 10, "n": 3}, "n"), ({"n": 10 ** 6}, "n"),
])
def test_what_asks_for_more_than_a_cap_is_refused(fields, param, capped):
    g, provider = capped
    answer = g.of("a", question(**fields))
    assert outcome(answer) == (400, "invalid_value"), answer
    assert answer.error["param"] == param
    assert answer.error["type"] == "invalid_request_error"
    assert answer.header("x-should-retry") in (None, "false")
    assert not provider.requests


@pytest.mark.parametrize("fields", [
    {"max_tokens": 100}, {"max_completion_tokens": 1},
    {"max_tokens": 10, "n": 2}])
def test_what_keeps_to_its_caps_goes_on_as_it_is(fields, capped):
    g, provider = capped
    assert g.of("a", question(**fields)).status == 200
    sent = provider.request.json()
    assert {name: sent.get(name) for name in fields} == fields


@pytest.mark.smoke
def test_who_says_nothing_gets_the_cap(capped):
    g, provider = capped
    assert g.of("a", question(stream=True)).status == 200
    assert g.of("a", question(max_tokens=None)).status == 200
    for request in provider.requests:
        sent = request.json()
        named = [sent.get("max_tokens"), sent.get("max_completion_tokens")]
        assert sorted(named, key=str) == [100, None]
        assert sent["messages"] == question()["messages"]
        assert request.body.count(b": 100") + request.body.count(b":100") == 1


@pytest.mark.parametrize("size, status", [(100, 200), (300, 200), (700, 413),
                                          (5000, 413), (200_000, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_above_the_cap_are_too_large(chunked, size, status, gateway):
    g = house(gateway, tenant("a", "cap body=512;"))
    raw = json.dumps(question("x" * size)).encode()
    if chunked:
        raw = b"%x\r\n%s\r\n0\r\n\r\n" % (len(raw), raw)
    answer = g.raw(wire.request(
        "POST", "/v1/chat/completions", raw, key_of("a"),
        [("Transfer-Encoding", "chunked")] if chunked else [],
        length=not chunked))
    assert answer.status == status, answer
    if status == 413:
        assert answer.error["code"] == "request_too_large"
        assert not g.access(1)[0]["provider"]


@pytest.mark.smoke
@pytest.mark.parametrize("path, fields, param", [
    ("/v1/messages", {"max_tokens": 101, "messages": [
        {"role": "user", "content": "Hi."}]}, "max_tokens"),
    ("/v1/responses", {"max_output_tokens": 101, "input": "Hi."},
     "max_output_tokens"),
])
def test_caps_hold_on_every_surface(path, fields, param, capped):
    g, provider = capped
    answer = g.post(path, {"model": "gpt-test", **fields}, key=key_of("a"))
    assert answer.status == 400 and param in answer.error["message"] \
        or answer.error.get("param") == param
    assert not provider.requests


# ---- Strange keys ---------------------------------------------------------

TENANT = tenant("a", "limit requests=1000 per=1h;")


@pytest.mark.parametrize("lines", [
    [], ["Authorization:"], ["Authorization: Bearer"],
    ["Authorization: Bearer "], ["Authorization: Basic dXNlcjpwYXNz"],
    ["Authorization: %(key)s"], ["Authorization: Bearer %(key)sx"],
    ["Authorization: Bearer x%(key)s"], ["Authorization: Bearer *"],
    ["Authorization: Bearer %(key)s %(key)s"],
    ["Authorization: Bearer sha256:%(hex)s"],
    ["Authorization: Bearer %(hex)s"],
    ["Authorization: Bearer ' OR '1'='1' --"],
    ["Authorization: Bearer redis.call('FLUSHALL')"],
    ["Authorization: Bearer a:{%(key)s}:*"],
    ["Authorization: Bearer %(key)s\u00e9\u20ac"],
    ["Authorization: Bearer " + "k" * 6000],
    ["x-api-key: *"], ["x-api-key: %(key)s:a"], ["api-key: [a-z]*"],
    ["x-goog-api-key: ../../a"],
])
def test_a_strange_key_is_a_uniform_401(lines, gateway):
    g = house(gateway, TENANT)
    key = key_of("a")
    raw = question()
    values = {"key": key, "hex": hashlib.sha256(key.encode()).hexdigest()}
    body = json.dumps(raw).encode()
    head = "\r\n".join(["POST /v1/chat/completions HTTP/1.1", "Host: x",
                        "Content-Type: application/json",
                        f"Content-Length: {len(body)}",
                        *(line % values if "%(" in line else line
                          for line in lines)])
    answer = g.raw(head.encode() + b"\r\n\r\n" + body)
    assert outcome(answer) == (401, "invalid_api_key"), answer
    assert answer.error == g.chat(key="sk-wrong-0123456789abcdef").error
    for name, _ in answer.headers:
        assert not name.startswith("x-ratelimit"), name
    assert g.used("a", "requests/1h") == 0
    assert g.access(2)[0]["tenant"] == ""


@pytest.mark.parametrize("head", [
    b"Authorization: Bearer %s\0\r\n", b"Authorization: Bearer \0%s\r\n",
    b"Authorization: Bearer %s\rX: y\r\n",
    b"Authorization: Bearer %s\r\nAuthorization: Bearer sk-other-00000000\r\n",
    b"x-api-key: " + b"k" * 60_000 + b"\r\n",
])
def test_a_key_that_is_no_header_is_refused(head, gateway):
    g = house(gateway, TENANT)
    body = json.dumps(question()).encode()
    head = head.replace(b"%s", key_of("a").encode())
    answer = g.raw(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                   b"Content-Type: application/json\r\nContent-Length: %d\r\n"
                   % len(body) + head + b"\r\n" + body)
    assert answer.status in (400, 401), answer
    assert answer.error["type"] == "invalid_request_error"
    assert g.used("a", "requests/1h") == 0


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_of_a_good_key_is_read_with_tolerance(scheme, gateway):
    g = house(gateway, TENANT)
    answer = g.chat(key=None, headers=[
        ("Authorization", f"{scheme} {key_of('a')}")])
    assert answer.status == 200
    assert g.used("a", "requests/1h") == 1


@pytest.mark.parametrize("user", ["{}", "a:*", "*", "line\nbreak", "\u0000",
                                  "x" * 1_000_000, "../b", "[a-z]"])
def test_who_the_body_says_it_is_changes_nothing(user, gateway):
    g = house(gateway, TENANT + tenant("b", "limit requests=5 per=1h;"))
    answer = g.of("a", question(user=user, metadata={"tenant": "b"}),
                  headers=[("X-Tenant", "b"), ("X_Tenant", "b")])
    assert answer.status in (200, 400)
    assert g.access(1)[0]["tenant"] == "a"
    assert g.used("a", "requests/1h") == 1
    assert g.used("b", "requests/1h") == 0


def test_many_wrong_keys_and_models_leave_nothing_behind(gateway):
    g = house(gateway, tenant("a", "limit requests=1000k per=1h;",
                              "limit requests=10k per=1h model=gpt-*;",
                              models="gpt-test"))

    def storm(size, seed):
        shots = [(0, Shot("w", f"sk-wrong-{seed}-{n:020d}"))
                 for n in range(size)]
        shots += [(0, Shot("m", key_of("a"), model=f"m{seed}-{n}"))
                  for n in range(size)]
        with Herd(g.port, 32) as herd:
            calls = herd.fire(shots)
        assert {c.status for c in calls if c.tag == "w"} <= {401, 0}
        assert {c.status for c in calls if c.tag == "m"} <= {403, 404}
    storm(2000, 1)
    before = resident(g)
    storm(8000, 2)
    assert resident(g) - before < 4_000_000
    assert len(g.page("/metrics")[2].splitlines()) < 1000
    assert "m2-" not in g.page("/metrics")[2]
    begin = time.monotonic()
    assert g.of("a").status == 200 and time.monotonic() - begin < 5
