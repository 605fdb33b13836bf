"""Budgets: what a call costs to the nano-dollar, and who may spend how much.

The provider says what it used, so every sum here is known beforehand.
"""

import datetime
import decimal
import json
import random
import re
import time

import pytest

from drills import Stage
from gateway import question, until
from limits import house, key_of, tenant
from limits_load import Herd, Shot
from providers import KEEP, says, whole
from test_limits_tokens import MESSAGE, says_used, usage

USD = decimal.Decimal

# A call of 9 and 3 tokens costs 9 * 2 + 3 * 8 = 42 millionths.
PRICE = "price gpt-upstream input=2 output=8;"
COST = USD("0.000042")


def budgets(g, name, key=None):
    """The budgets of a tenant's page, exactly."""
    text = g.get("/v1/usage", key=key or key_of(name)).body
    rows = json.loads(text, parse_float=USD, parse_int=USD)["budgets"]
    return {row["name"]: row for row in rows}


def spends(g, name, budget, amount):
    assert until(lambda: budgets(g, name)[budget]["used"] == amount), \
        f"{budgets(g, name)}, not {amount}"


def costs(g, calls):
    """$agent_cost of so many calls, once they are in the log."""
    return [USD(row["cost"]) if row["cost"] else None
            for row in g.access(calls)]


def spent(answer, budget, status=402):
    """Is the refusal of a spent budget."""
    assert answer.status == status, answer
    assert answer.error["type"] == "insufficient_quota"
    assert answer.error["code"] == "insufficient_quota"
    assert answer.header("x-agent-limit") == budget
    assert answer.header("x-agent-attempts") is None
    return True


# ---- What a call costs ----------------------------------------------------

@pytest.mark.smoke
def test_a_call_costs_what_its_tokens_cost(gateway):
    chance, expected = random.Random(11), []

    def script(exchange):
        prompt, answer = chance.randint(1, 900), chance.randint(1, 90)
        expected.append(USD(prompt * 2 + answer * 8) / 1_000_000)
        return says_used(usage(prompt, answer))(exchange)

    g = house(gateway, tenant("a", "budget 10 per=month;"), script,
              provider_lines=PRICE)
    for place in range(20):
        answer = g.of("a", question(stream=place % 2 == 1, max_tokens=100))
        assert answer.status == 200
    # the log of two workers has no order
    assert sorted(costs(g, 20)) == sorted(expected)
    assert re.fullmatch(r"\d+\.\d{9}", g.access(20)[0]["cost"])
    spends(g, "a", "budget/month", sum(expected))


@pytest.mark.parametrize("lines, used, cost", [
    ("price * input=2 cached=0.5 output=8;",
     usage(100, 10, prompt_tokens_details={"cached_tokens": 60}),
     "0.000190000"),                    # 40 * 2 + 60 * 0.5 + 10 * 8
    ("price * input=2 output=8;",       # cached: as input
     usage(100, 10, prompt_tokens_details={"cached_tokens": 60}),
     "0.000280000"),
    ("price * input=0.000001 output=0;", usage(1, 1), "0.000000001"),
    ("price * input=0 output=0;", usage(1000, 1000), "0.000000000"),
    ("price * input=15 output=75;", usage(123, 456), "0.036045000"),
    # the exact name comes before the longest prefix
    ("price * input=9 output=9; price gpt-up* input=5 output=5;"
     "price gpt-upstream input=1 output=1;", usage(7, 8), "0.000015000"),
    ("price * input=9 output=9; price gpt-up* input=5 output=5;"
     "price gpt-other input=1 output=1;", usage(7, 8), "0.000075000"),
])
def test_prices_are_of_the_model_as_its_provider_knows_it(lines, used, cost,
                                                          gateway):
    g = house(gateway, tenant("a", "budget 10 per=month;"),
              says_used(used), provider_lines=lines)
    assert g.of("a", question(max_tokens=500)).status == 200
    assert g.access(1)[0]["cost"] == cost
    spends(g, "a", "budget/month", USD(cost))


@pytest.mark.smoke
def test_what_was_written_to_a_cache_has_its_price(gateway):
    used = {"input_tokens": 10, "output_tokens": 20,
            "cache_read_input_tokens": 300,
            "cache_creation_input_tokens": 40}
    g = house(gateway, tenant("a", "budget 10 per=month;"),
              says(whole({**MESSAGE, "usage": used}), KEEP), models="""
        agent_provider other { dialect anthropic; url @provider@;
            key file:@provider_key@;
            price claude input=3 cached=0.3 cache_write=3.75 output=15; }
        agent_model gpt-test { target other/claude; }""")
    assert g.post("/v1/messages", {
        "model": "gpt-test", "max_tokens": 50,
        "messages": [{"role": "user", "content": "Hi."}]},
        key=key_of("a")).status == 200
    # 10 * 3 + 300 * 0.3 + 40 * 3.75 + 20 * 15
    assert g.access(1)[0]["cost"] == "0.000570000"


def test_a_fallback_costs_what_it_costs_itself(gateway):
    bad = gateway.provider(says(whole({"error": {"message": "No."}}, 500),
                                KEEP))
    g = house(gateway, tenant("a", "budget 10 per=month;"),
              says_used(usage(9, 3)), provider_lines=PRICE, models=f"""
        agent_provider bad {{ dialect openai; url {bad.url};
            key file:@provider_key@; price * input=1000 output=1000;
            retry attempts=1; }}
        agent_model gpt-test {{ target bad/x; fallback main/gpt-upstream; }}
    """)
    assert g.of("a", question(max_tokens=10)).status == 200
    assert costs(g, 1) == [COST]
    spends(g, "a", "budget/month", COST)


# ---- Who may spend how much -----------------------------------------------

def test_a_spent_budget_is_402_until_it_begins_anew(gateway):
    """0.0005 are 11 calls of 42 millionths, and one of which the estimate
    may just not fit."""
    g = house(gateway, tenant("a", "budget 0.0005 per=month;")
              + tenant("b", "budget 0.0005 per=month;"),
              provider_lines=PRICE)

    def ask():
        return g.of("a", question(max_tokens=3))
    good = 0
    while (answer := ask()).status == 200 and good < 20:
        good += 1
        spends(g, "a", "budget/month", good * COST)
    assert 8 <= good <= 11
    assert spent(answer, "budget/month")
    assert answer.header("x-should-retry") == "false"
    assert "0.0005" in answer.error["message"]
    assert budgets(g, "a")["budget/month"]["used"] == good * COST
    assert g.of("b", question(max_tokens=3)).status == 200


@pytest.mark.smoke
def test_a_crowd_cannot_overspend(gateway):
    """Every answer costs 9 * 2 + 50 * 8: 0.000418; two fit into 0.001."""
    stage = Stage(says_used(usage(9, 50)), held=True)
    g = house(gateway, tenant("a", "budget 0.001 per=month;"), stage,
              provider_lines=PRICE)
    clients = [g.connect() for _ in range(40)]
    for client in clients:
        client.send(g.chat_request(question(max_tokens=50),
                                   key=key_of("a")))
    stage.wait(2)
    with g.connect() as late:
        late.send(g.chat_request(question(max_tokens=50), key=key_of("a")))
        assert spent(late.response(), "budget/month")
    stage.free()
    answers = [client.response() for client in clients]
    assert sum(a.status == 200 for a in answers) == stage.entered == 2
    assert all(spent(a, "budget/month") for a in answers if a.status != 200)
    spends(g, "a", "budget/month", 2 * USD("0.000418"))


@pytest.mark.parametrize("status", [429, 403])
def test_a_spent_budget_has_the_status_that_is_configured(status, gateway):
    g = house(gateway, tenant("a", f"budget 0.0001 per=day status={status};"),
              provider_lines=PRICE)
    good = 0
    while (answer := g.of("a", question(max_tokens=3))).status == 200:
        good += 1
        spends(g, "a", "budget/day", good * COST)
    assert good in (1, 2) and spent(answer, "budget/day", status)
    assert answer.header("x-should-retry") == "false"


def test_a_rolling_budget_comes_back_bit_by_bit(gateway):
    g = house(gateway, tenant("a", "budget 0.0004 per=1s;"),
              provider_lines=PRICE)
    shot = Shot("a", key_of("a"), max_tokens=3)
    with Herd(g.port, 1) as herd:
        first, begin = [], time.monotonic()
        while (call := herd.fire([(0, shot)])[0]).status == 200:
            first.append(call)
            assert len(first) < 200
        assert 6 <= len(first)
        assert len(first) <= 9 or time.monotonic() - begin > 1
        assert (call.status, call.limit) == (402, "budget/1s")
        assert 0 < call.wait <= 1_010_000
        time.sleep(call.wait / 1_000_000)
        assert herd.fire([(0, shot)])[0].status == 200
        assert budgets(g, "a")["budget/1s"]["used"] <= USD("0.0004")
    assert until(lambda: budgets(g, "a")["budget/1s"]["used"] == 0)


@pytest.mark.parametrize("per", ["day", "month"])
def test_a_calendar_s_budget_ends_with_its_period(per, gateway):
    def left():
        today = datetime.datetime.now(datetime.timezone.utc)
        begin = today.replace(hour=0, minute=0, second=0, microsecond=0)
        if per == "day":
            end = begin + datetime.timedelta(days=1)
        else:
            end = (begin.replace(day=1)
                   + datetime.timedelta(days=32)).replace(day=1)
        return (end - today).total_seconds()

    g = house(gateway, tenant("a", f"budget 0.0001 per={per};"),
              provider_lines=PRICE)
    before = left()
    row = budgets(g, "a")[f"budget/{per}"]
    if before < left():
        pytest.skip("the day ended in between")
    assert left() - 2 <= row["reset_seconds"] <= before + 2
    assert (row["limit"], row["used"], row["remaining"]) \
        == (USD("0.0001"), 0, USD("0.0001"))
    assert row["currency"] == "USD"


def test_several_budgets_hold_together(gateway):
    g = house(gateway, tenant("a", "budget 1 per=month;",
                              "budget 0.0002 per=day;",
                              "budget 0.5 per=30d;"),
              provider_lines=PRICE)
    good = 0
    while (answer := g.of("a", question(max_tokens=3))).status == 200:
        good += 1
        spends(g, "a", "budget/month", good * COST)
    assert spent(answer, "budget/day") and 2 <= good <= 4
    assert {name: row["used"] for name, row in budgets(g, "a").items()} \
        == dict.fromkeys(("budget/month", "budget/day", "budget/30d"),
                         good * COST)


def test_a_model_without_a_price_is_refused_where_there_is_a_budget(gateway):
    g = house(gateway, tenant("a", "budget 1 per=month;") + tenant("b"),
              provider_lines="price cheap input=0 output=0;", models="""
        agent_model acme { target main/acme-large-zz; }
        agent_model cheap { target main; }""")
    answer = g.of("a", question(model="acme"))
    assert answer.status == 403, answer
    assert answer.error["type"] == "permission_error"
    assert answer.error["code"] == "model_price_unknown"
    assert answer.header("x-should-retry") == "false"
    assert g.of("a", question(model="cheap")).status == 200
    assert g.of("b", question(model="acme")).status == 200
    rows = {row["tenant"] + "/" + row["model"]: row["cost"]
            for row in g.access(3)}
    assert rows["a/cheap"] == "0.000000000"
    assert rows["b/acme"] == ""


@pytest.mark.smoke
def test_budgets_of_keys_and_of_models_count_these_alone(gateway):
    g = house(gateway, tenant("a", "budget 0.0002 per=day by=key;",
                              "budget 0.0003 per=day model=dear;",
                              "budget 0.0001 per=1h dry_run;", keys=("b",)),
              provider_lines=PRICE, models="""
        agent_model gpt-test { target main/gpt-upstream; }
        agent_model dear { target main/gpt-upstream; }""")
    good = {}
    for key in "ab":
        good[key] = 0
        while (answer := g.of(key, question(max_tokens=3))).status == 200:
            good[key] += 1
            assert until(lambda: budgets(g, "a", key_of(key))["budget/day@key"]
                         ["used"] == good[key] * COST)
        assert spent(answer, "budget/day@key") and 2 <= good[key] <= 4
    rows = budgets(g, "a")
    assert rows["budget/day/dear"]["used"] == 0
    assert rows["budget/1h"]["remaining"] == 0
    assert {name: row["by"] for name, row in rows.items()} == {
        "budget/day@key": "key", "budget/day/dear": "tenant",
        "budget/1h": "tenant"}


def test_calls_that_fail_cost_nothing(gateway):
    g = house(gateway, tenant("a", "budget 1 per=month;"),
              says(whole({"error": {"message": "No."}}, 500), KEEP),
              provider_lines=PRICE)
    assert g.of("a").status == 502
    spends(g, "a", "budget/month", 0)


def test_plans_give_budgets_and_tenants_replace_them(gateway):
    g = house(gateway, "agent_plan p { models *; budget 1 per=month; "
              "limit requests=5 per=1m; }\n"
              + tenant("a", "plan p;")
              + tenant("b", "plan p;", "budget 2 per=month;",
                       "limit requests=7 per=1m;", "limit requests=9 per=1h;"),
              provider_lines=PRICE)
    assert budgets(g, "a")["budget/month"]["limit"] == 1
    assert budgets(g, "b")["budget/month"]["limit"] == 2
    assert {row["name"]: row["limit"] for row in g.usage("a")["limits"]} \
        == {"requests/1m": 5}
    assert {row["name"]: row["limit"] for row in g.usage("b")["limits"]} \
        == {"requests/1m": 7, "requests/1h": 9}
