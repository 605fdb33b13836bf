"""What the status pages say: every number moves, and comes back."""

import hashlib
import json
import re
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

import providers as P
import wire
from gateway import DEFAULT, question, until
from providers import HANG, KEEP, chunk, says, sse, stream_head, whole
from test_client import gauges

pytestmark = pytest.mark.smoke


def metrics(g):
    """Every sample: (name, labels as a sorted tuple) -> value.

    A call is counted when it is settled, just after its answer went out.
    """
    assert until(lambda: gauges(g)[0] == 0), "calls are not settled"
    status, headers, text = g.page("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for family in text_string_to_metric_families(text)
            for s in family.samples}


def value(g, name, **labels):
    return metrics(g).get((name, tuple(sorted(labels.items()))), 0)


def moves(before, after):
    """The counters that changed, and by how much."""
    return {f"{name}{dict(labels) or ''}": after[name, labels]
            - before.get((name, labels), 0)
            for name, labels in after
            if after[name, labels] != before.get((name, labels), 0)
            and not re.search(r"_(bucket|sum|created)$", name)
            and "seconds" not in name}


# ---- forms ----------------------------------------------------------------

def test_health_is_ok(gateway):
    status, headers, text = gateway().page("/health")
    assert status == 200
    assert "ok" in text.lower()


def test_prometheus_text_is_strictly_well_formed(gateway, provider):
    g = gateway(provider(P.speaks()))
    g.chat()
    g.chat(question(model="none"))
    text = g.page("/metrics")[2]
    assert text.endswith("\n") and not text.startswith("\n")
    names, kinds, series = set(), {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, f"{name} has two TYPE lines"
            kinds[name] = kind
        elif line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in names, f"{name} has two HELP lines"
            names.add(name)
        else:
            match = re.fullmatch(
                r'([a-zA-Z_:][\w:]*)(\{(\w+="([^"\\]|\\.)*",?)+\})? '
                r"(-?[\d.]+(e[+-]?\d+)?|\+Inf|NaN)", line)
            assert match, line
            key = line.rpartition(" ")[0]
            assert key not in series, f"{key} comes twice"
            series.add(key)
            base = re.sub(r"_(bucket|sum|count)$", "", match[1])
            assert match[1] in kinds or base in kinds, line
    assert names == set(kinds)
    for name, kind in kinds.items():
        assert kind in ("counter", "gauge", "histogram")
        assert (kind == "counter") == name.endswith("_total"), name


def test_histograms_add_up(gateway, provider):
    g = gateway(provider(P.speaks()))
    for _ in range(7):
        g.chat()
    assert until(lambda: value(g, "agent_tenant_calls_total",
                               tenant="team") == 7)
    found = 0
    for family in text_string_to_metric_families(g.page("/metrics")[2]):
        if family.type != "histogram":
            continue
        groups = {}
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if k != "le"}
            groups.setdefault(str(labels), []).append(sample)
        for samples in groups.values():
            buckets = [(float(s.labels["le"]), s.value) for s in samples
                       if s.name.endswith("_bucket")]
            counts = [s.value for s in samples if s.name.endswith("_count")]
            sums = [s.value for s in samples if s.name.endswith("_sum")]
            assert len(counts) == len(sums) == 1
            assert [b for b, _ in buckets] == sorted(b for b, _ in buckets)
            assert [v for _, v in buckets] == sorted(v for _, v in buckets)
            assert buckets[-1] == (float("inf"), counts[0])
            assert sums[0] >= 0
            found += counts[0] == 7
    assert found >= 4, "no histogram saw the seven calls"


def test_json_and_prometheus_tell_the_same_numbers(gateway, provider):
    g = gateway(provider(P.speaks()))
    for _ in range(3):
        g.chat()
    assert until(lambda: value(g, "agent_tenant_calls_total",
                               tenant="team") == 3)
    status = g.status()
    for plural, owner, label in (("tenants", "team", "tenant"),
                                 ("models", "gpt-test",
                                  "gen_ai_request_model"),
                                 ("targets", "main/gpt-upstream", "target")):
        counters = {name: number
                    for name, number in status[plural][owner].items()
                    if name.endswith("_total")}
        assert counters
        for name, number in counters.items():
            assert value(g, name, **{label: owner}) == number, name
    for plural in ("tenants", "models", "targets", "errors"):
        assert plural in status
    for name in ("gpt-test", "main/gpt-upstream", "team"):
        assert name in json.dumps(status)


def test_every_metric_is_in_both_forms(gateway, provider):
    g = gateway(provider(P.speaks()))
    g.chat()
    g.chat(question(model="none"))
    text = json.dumps(g.status())
    names = re.findall(r"^# TYPE (\S+)", g.page("/metrics")[2], re.M)
    assert len(names) > 15
    for name in names:
        assert f'"{name}"' in text, name


@pytest.mark.parametrize("path", ["/status", "/metrics", "/health"])
def test_status_is_read_only(path, gateway):
    g = gateway()
    for method in ("POST", "PUT", "DELETE"):
        response = wire.ask(g.status_port, wire.request(
            method, path, b"{}" if method != "DELETE" else None), method)
        assert response.status == 405, method
    with wire.Connection(g.status_port) as client:
        client.send(wire.request("HEAD", path))
        assert client.response("HEAD").status == 200


# ---- numbers --------------------------------------------------------------

def test_a_good_call_moves_its_own_counters_and_no_others(gateway, provider):
    g = gateway(provider(P.speaks()))
    before = metrics(g)
    assert g.chat().status == 200
    assert moves(before, metrics(g)) == {
        "agent_tenant_calls_total{'tenant': 'team'}": 1,
        "agent_tenant_input_tokens_total{'tenant': 'team'}": 9,
        "agent_tenant_output_tokens_total{'tenant': 'team'}": 3,
        "agent_model_calls_total{'gen_ai_request_model': 'gpt-test'}": 1,
        "gen_ai_client_token_usage_input_count"
        "{'gen_ai_request_model': 'gpt-test'}": 1,
        "gen_ai_client_token_usage_output_count"
        "{'gen_ai_request_model': 'gpt-test'}": 1,
        "agent_target_attempts_total{'target': 'main/gpt-upstream'}": 1,
    }


def test_a_stream_is_counted_as_one(gateway, provider):
    g = gateway(provider(P.speaks()))
    before = metrics(g)
    g.chat(question(stream=True))
    moved = moves(before, metrics(g))
    assert moved["agent_tenant_streams_total{'tenant': 'team'}"] == 1
    assert moved["agent_tenant_output_tokens_total{'tenant': 'team'}"] == 3
    assert value(g, "gen_ai_server_time_to_first_token_seconds_count",
                 gen_ai_request_model="gpt-test") == 1
    assert value(g, "gen_ai_server_request_duration_seconds_count",
                 gen_ai_request_model="gpt-test") == 1


def test_a_failed_call_moves_its_class(gateway, provider):
    g = gateway(provider(says(whole({"error": {}}, 500), KEEP)))
    before = metrics(g)
    g.chat()
    moved = moves(before, metrics(g))
    assert moved == {
        "agent_tenant_calls_total{'tenant': 'team'}": 1,
        "agent_tenant_failed_calls_total{'tenant': 'team'}": 1,
        "agent_model_calls_total{'gen_ai_request_model': 'gpt-test'}": 1,
        "agent_model_failed_calls_total{'gen_ai_request_model': 'gpt-test'}":
            1,
        "agent_target_attempts_total{'target': 'main/gpt-upstream'}": 1,
        "agent_target_failed_attempts_total{'target': 'main/gpt-upstream'}":
            1,
        "agent_errors_total{'class': 'provider_error'}": 1,
    }


@pytest.mark.parametrize("body, key, kind", [
    (question(model="none"), "team", "unknown_model"),
    (question(max_tokens=-1), "team", "invalid_value"),
    (b"{", "team", "invalid_json"),
    (question(), "sk-wrong-0123456789abcdef", "invalid_key"),
])
def test_a_refusal_moves_its_class_and_no_target(body, key, kind, gateway,
                                                 provider):
    g = gateway(provider(P.speaks()))
    before = metrics(g)
    g.chat(body, key=key)
    name = f"agent_errors_total{{'class': '{kind}'}}"
    assert until(lambda: moves(before, metrics(g)).get(name) == 1)
    moved = moves(before, metrics(g))
    assert not [name for name in moved if "target" in name or "token" in name]


def test_numbers_of_both_workers_add_up(gateway, provider):
    g = gateway(provider(P.speaks()))
    threads = [threading.Thread(target=lambda: [g.chat() for _ in range(10)])
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert until(lambda: value(g, "agent_tenant_calls_total",
                               tenant="team") == 80)
    assert value(g, "agent_tenant_output_tokens_total", tenant="team") == 240
    assert value(g, "agent_target_attempts_total",
                 target="main/gpt-upstream") == 80


def test_gauges_show_what_runs_and_come_back(gateway, provider):
    silent = provider([
        says(stream_head() + chunk(sse(*P.WORDS[:2])), HANG), says(HANG)])
    g = gateway(silent)
    with g.connect() as one, g.connect() as two:
        one.send(g.chat_request(question(stream=True)))
        one.read_until(b"Hel")
        two.send(g.chat_request())
        assert silent.wait(2)
        assert until(lambda: gauges(g) == (2, 1)), gauges(g)
    assert until(lambda: gauges(g) == (0, 0)), gauges(g)


def test_gauges_come_back_after_every_kind_of_end(gateway, provider):
    ends = [says(), says(P.RESET), says(whole(b"x"), KEEP),
            says(whole({}, 429), KEEP), says(whole({}, 400), KEEP),
            says(stream_head() + chunk(sse(*P.WORDS[:2]))),
            P.streams(), P.streams(*P.WORDS[:2], '{"error":{}}'),
            says(stream_head(), P.RESET), says(HANG)]
    g = gateway(provider(ends), provider_lines="timeout total=300ms;")
    for _ in ends:
        g.chat(question(stream=True))
    for body in (b"", b"{", question(model="none"), question(n=0)):
        g.chat(body)
    g.chat(key=None)
    assert until(lambda: gauges(g) == (0, 0))
    assert until(lambda: value(g, "agent_tenant_calls_total",
                               tenant="team") == len(ends) + 4)
    # all but one stream, and the four bad requests
    assert value(g, "agent_tenant_failed_calls_total", tenant="team") \
        == len(ends) + 3


def test_the_last_error_of_each_target_is_told(gateway, provider):
    g = gateway(provider([says(whole({}, 503), KEEP), says(HANG)]),
                provider_lines="timeout total=300ms;")

    def told(*words):
        text = json.dumps(g.status()["targets"]["main/gpt-upstream"])
        return all(word in text for word in words)

    g.chat()
    assert until(lambda: told("unavailable", "503"))
    g.chat()
    assert until(lambda: told("timeout_total"))


def test_models_that_nobody_configured_make_no_series(gateway, provider):
    """Names come from clients: each must not become a label."""
    g = gateway(provider(P.speaks()))
    g.chat(question(model="none"))
    before = len(metrics(g))
    for i in range(50):
        g.chat(question(model=f"made-up-{i}"))
        g.chat(key=f"sk-made-up-0123456789-{i}")
    assert len(metrics(g)) == before
    assert "made-up" not in g.page("/metrics")[2]


def test_a_pattern_is_one_series(gateway, provider):
    g = gateway(provider(P.speaks()), http=DEFAULT.replace(
        "agent_model gpt-test fast", "agent_model gpt-*").replace(
            "models gpt-test fast;", "models gpt-*;"))
    for i in range(10):
        assert g.chat(question(model=f"gpt-{i}")).status == 200
    calls = [v for (name, labels), v in metrics(g).items()
             if name == "agent_model_calls_total"]
    assert sorted(calls)[-1] == 10
    assert "gpt-7" not in g.page("/metrics")[2]


def test_an_alias_counts_for_its_model(gateway, provider):
    g = gateway(provider(P.speaks()))
    g.chat(question(model="fast"))
    assert value(g, "agent_model_calls_total",
                 gen_ai_request_model="gpt-test") == 1


def test_more_than_a_thousand_tenants_become_other(gateway, provider):
    g = gateway.make(provider(P.speaks()))
    tenants, keys = [], []
    for i in range(1200):
        key = f"sk-tenant-number-{i:06d}"
        keys.append(key)
        tenants.append(f"agent_tenant t{i} {{ models gpt-test; key sha256:"
                       f"{hashlib.sha256(key.encode()).hexdigest()}; }}")
    g.http = g.http.replace("    agent_tenant team", "\n".join(tenants)
                            + "\n    agent_tenant team")
    g.start()
    for key in (keys[0], keys[1199], keys[1100]):
        assert g.chat(key=key).status == 200
    names = {dict(labels)["tenant"] for (name, labels) in metrics(g)
             if name == "agent_tenant_calls_total"}
    assert len(names) <= 1001
    assert "other" in names
    assert value(g, "agent_tenant_calls_total", tenant="other") >= 1


def test_no_series_is_lost_when_the_zone_is_small(gateway, provider):
    g = gateway(provider(P.speaks()), http=DEFAULT.replace("4m", "1m"))
    assert g.chat().status == 200
    assert until(lambda: value(g, "agent_tenant_calls_total",
                               tenant="team") == 1)


# ---- secrets --------------------------------------------------------------

def test_no_page_header_or_log_shows_a_secret(gateway, provider):
    """Stopping looks at the logs; here are the pages, and answers."""
    p = provider([P.speaks(), says(whole({}, 401), KEEP), says(),
                  says(whole(b"x"), KEEP), P.speaks()])
    g = gateway(p)
    answers = [g.chat(question(stream=True)) for _ in range(5)]
    answers += [g.chat(key=g.key + "x"), g.get("/v1/models"),
                g.chat(b"{"), g.get("/v1/nothing")]
    pages = [str(g.page(path)) for path in ("/status", "/metrics", "/health")]
    for secret in (g.key, g.provider_key):
        for answer in answers:
            assert secret not in str(answer.headers) + str(answer.body)
        for page in pages:
            assert secret not in page
    for word in ("Say hello", "Hel", "lo "):
        assert word not in g.log()


def test_no_log_shows_a_prompt_or_an_answer_even_in_debug(gateway, provider):
    g = gateway(provider(P.speaks()), level="debug")
    g.secrets.remove(g.key)             # nginx's debug log shows headers
    g.chat(question("CANARY-PROMPT", stream=True))
    g.chat(question("CANARY-PROMPT"))
    g.chat(b'{"CANARY-PROMPT": oops')
    assert "CANARY-PROMPT" not in g.log()


def test_the_query_is_not_logged_by_us(gateway, provider):
    g = gateway(provider(says()))
    g.post("/v1/chat/completions?secret=CANARY-QUERY", question())
    ours = [line for line in g.log().splitlines() if "agent:" in line]
    assert "CANARY-QUERY" not in "".join(
        line.split(", client:")[0] for line in ours)


def test_variables_are_there_for_every_outcome(gateway, provider):
    g = gateway(provider([P.speaks(), says(whole({}, 500), KEEP)]))
    g.chat(question(stream=True))
    g.chat()
    g.chat(question(model="none"))
    g.chat(key=None)
    calls = {call["http"]: call for call in g.access(4)}
    good, failed, unknown, nobody = (calls[status] for status in
                                     ("200", "502", "404", "401"))
    assert (good["tenant"], good["model"], good["provider"],
            good["target_model"], good["attempts"], good["status"],
            good["stream"], good["prompt_tokens"], good["completion_tokens"],
            good["error"]) == ("team", "gpt-test", "main", "gpt-upstream",
                               "1", "200", "1", "9", "3", "")
    assert re.fullmatch(r"\d+\.\d{3}", good["time"])
    assert re.fullmatch(r"\d+\.\d{3}", good["time_to_first_token"])
    assert (failed["error"], failed["status"], failed["http"]) \
        == ("provider_error", "500", "502")
    assert (unknown["error"], unknown["provider"], unknown["model"]) \
        == ("unknown_model", "", "none")
    assert (nobody["tenant"], nobody["error"]) == ("", "invalid_key")


def test_the_log_names_a_failed_call_by_its_request_id(gateway, provider):
    g = gateway(provider(says(whole({"error": {"message": "the unsanitized "
                                               "words"}}, 500), KEEP)))
    response = g.chat(headers=[("X-Request-Id", "find-me-1")])
    assert response.status == 502
    assert "find-me-1" in g.log()
    assert "unsanitized words" not in response.body.decode()
