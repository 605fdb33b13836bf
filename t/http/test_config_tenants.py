"""nginx -t: what tenants and plans can say, and how it is refused.

Every refusal is compared as a whole: the words, the value, what is allowed,
the file and the line.
"""

import hashlib
import re
import subprocess
import time

import pytest

import providers as P
from gateway import MODULE, ROOT, SERVER, ZONE
from test_config import LAYOUT, config
from test_config_resilience import NAMES, OTHERS, ready, sentence

KEY = "key file:@team_key@; "
OWN = KEY + "models gpt-test;\n"

PATTERNS = "allowed are 1 to 256 characters of A-Z a-z 0-9 . _ : / @ + -, " \
           "and one * at the end"
EXACT = "allowed are 1 to 256 characters of A-Z a-z 0-9 . _ : / @ + -"
COUNTS = "allowed is a count from 1 to 1000000000000000"
TIMES = "allowed is a time from 1s to 366d"
PERIODS = "allowed are month, day, or a time from 1s to 366d"
MONEY = "allowed are USD like 500 or 0.25, from 0.000000001 to 1000000000"
RESOURCES = "allowed is one of requests=, tokens=, input_tokens=, " \
            "output_tokens=, concurrency="
LIMIT_WORDS = "allowed are requests=, tokens=, input_tokens=, " \
              "output_tokens=, concurrency=, per=, model=, by=, dry_run"
BUDGET_WORDS = "allowed are per=, status=, model=, by=, dry_run"
MODELS = 'allowed are names and aliases of "agent_model"'
SUBWINDOWS = "takes sub-windows"

FIFTEEN = " ".join(f"limit requests={n} per={n}s;" for n in range(1, 16))
SOON = 2 if MODULE else 20      # seconds; a sanitizer takes its time
SIXTEEN = FIFTEEN + " limit requests=16 per=16s;"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def inside(lines):
    """A tenant with these lines."""
    return {"inside_tenant": OWN + lines, "more": OTHERS}


def plan(lines, tenant=KEY + "plan basic;"):
    """A plan with these lines, and a tenant of it."""
    return {"tenants": "agent_plan basic { models gpt-test;\n" + lines
                       + "\n}\nagent_tenant team { " + tenant + " }",
            "more": OTHERS}


def pair(plan_lines, tenant_lines):
    """A tenant and its plan, which says nothing by itself."""
    return {"tenants": "agent_plan basic { " + plan_lines + "\n}\n"
                       "agent_tenant team { " + KEY + "plan basic;\n"
                       + tenant_lines + "\n}", "more": OTHERS}


def some(cases, every):
    """Of so many cases one is enough for the sanitizers."""
    return [pytest.param(case, marks=pytest.mark.smoke) if n % every == 0
            else case for n, case in enumerate(cases)]


def prepare(unready):
    """The files that the configurations name."""
    unready.secret("other_key")
    folder = unready.prefix
    (folder / "good.keys").write_text(
        f"# comment\n\n{digest('a')} alice\n"
        f"sha256:{digest('b')}  bob\t2999-12-31 # until then\r\n"
        f"{digest('c')} carol 2999-12-31T12:00:00Z\n")
    (folder / "more.keys").write_text(f"{digest('a')} alice-again\n"
                                      f"{digest('d')} dora")
    (folder / "expired.keys").write_text(
        f"{digest('e')} early 2001-01-01\n{digest('f')} frank\n"
        f"{digest('g')} gone 2020-02-29T23:59:59Z\n")
    (folder / "empty.keys").write_text("# nobody\n")
    (folder / "wrong.keys").write_text(
        f"{digest('a')} alice\n\nsk-CANARY-literal-key-01234 bob\n")
    (folder / "late.keys").write_text(
        f"{digest('a')} alice\n{digest('b')} bob 2027-02-30\n")


# ---- accepted -------------------------------------------------------------

LINES = (
    # limit
    "limit requests=1 per=1s;", "limit requests=16384 per=1m;",
    "limit tokens=200k per=1m;", "limit input_tokens=5m per=24h;",
    "limit output_tokens=1g per=366d;", "limit tokens=1000000g per=52w;",
    "limit concurrency=1;", "limit concurrency=1m model=gpt-test;",
    "limit requests=60 per=60;", "limit requests=60 'per=1h 30m';",
    "limit requests=60 per=1m model=gpt-*; limit requests=60 per=1m;",
    "limit requests=60 per=1m model=*;", "limit requests=60 per=1500ms;",
    "limit requests=60 per=1m by=tenant; limit requests=6 per=1m by=key; "
    "limit requests=3 per=1m by=session;",
    "limit requests=60 per=1m dry_run; limit requests=600 per=1h;",
    "limit dry_run by=key model=fast per=1m tokens=1;",
    "limit requests=5 per=1m; limit tokens=5 per=1m; "
    "limit input_tokens=5 per=1m; limit output_tokens=5 per=1m;",
    SIXTEEN,
    # budget
    "budget 500 per=month;", "budget 0.000000001 per=day;",
    "budget 1000000000 per=366d;", "budget 12.34 per=1s;",
    "budget 5 per=month; budget 5 per=day; budget 5 per=30d; budget 5 per=1d;",
    "budget 5 per=month status=402; budget 5 per=day status=403; "
    "budget 5 per=1d status=429;",
    "budget 5 per=month model=gpt-* by=key dry_run;",
    # cap
    "cap output_tokens=1;", "cap n=128;", "cap body=64m;", "cap body=1;",
    "cap output_tokens=2147483647 n=1 body=16m;", "cap output_tokens=8k;",
    # session
    "session calls=1;", "session calls=1g depth=1000 repeats=1m "
    "lifetime=366d cost=1000000000;", "session depth=1;", "session repeats=1;",
    "session lifetime=1s;", "session cost=0.25;",
    # require
    "require eu private;",
    # route
    "route gpt-4 gpt-test;", "route gpt-4* fast share=0.1%;",
    "route * gpt-test share=100%;", "route gpt-4 fast; route gpt-4* gpt-test; "
    "route gpt-4o fast share=2.5%;",
    # allow
    "allow 10.20.0.0/16;", "allow 192.0.2.7 2001:db8::/32 ::1;",
    "allow 0.0.0.0/0 ::/0;",
    # default_model
    "default_model gpt-test;",
    # cut
    "cut on;", "cut off;")

ACCEPTED = [inside(lines) for lines in LINES]
ACCEPTED += [plan(lines) for lines in LINES]

ACCEPTED += [
    # keys
    inside("keys good.keys;"), inside("keys @prefix@/good.keys;"),
    inside("keys good.keys; keys more.keys; keys good.keys;"),
    {"inside_tenant": "models *; keys good.keys;"},
    {"inside_tenant": "models *; keys good.keys; plan basic;",
     "more": "agent_plan basic { }"},
    # plan
    plan(""), plan("", "plan basic; " + KEY),
    pair("", "models gpt-test;"), pair("models gpt-*;", ""),
    pair("models gpt-test;", "models fast;"),
    {"more": "agent_plan unused { models *; }"},
    {"more": "agent_plan team { models *; cap n=1; }"},
    {"tenants": "agent_tenant team { " + KEY + "plan later; }\n"
                "agent_plan later { include @prefix@/plan.conf; }"},
    {"tenants": "".join(f"agent_plan p{n} {{ models gpt-test; }} "
                        for n in (3, 1, 22, 2, 10))
     + "agent_tenant team { " + KEY + "plan p2; }\n"
       "agent_tenant other { key file:@other_key@; plan p22; }"},
    # a line of the tenant takes the place of the plan's
    pair("models gpt-test; " + SIXTEEN, "limit requests=99 per=7s;"),
    pair("models gpt-test; limit requests=9 per=17s; " + FIFTEEN,
         "limit requests=99 per=17s model=*;"),
    pair("models gpt-test; default_model gpt-test;",
         "models fast; default_model fast;"),
    pair("default_model gpt-test;", "models *;"),
    pair("models fast; default_model fast;", "models gpt-* fast;"),
    # a model that answers every name, or names that begin so
    {"models": "agent_model * { target main; }",
     "inside_tenant": KEY + "models a b-* c; default_model a; route x y; "
                            "limit requests=1 per=1s model=z-*;"},
    {"models": "agent_model gpt-5* { target main; }\n"
               "agent_model b { target main; }\n"
               "agent_model a { target main; }",
     "inside_tenant": KEY + "models gpt-* gpt-5-mini gpt-5-* a* b* b *; "
                            "default_model gpt-5-nano; route b gpt-5.1;"},
]


def shown(places):
    for name in ("inside_tenant", "tenants", "more"):
        if name in places and places[name] != OTHERS:
            return places[name].removeprefix(OWN)[:90]


@pytest.mark.parametrize("places", some(ACCEPTED, 30), ids=shown)
def test_nginx_accepts(places, gateway):
    if "require" in str(places):
        places = dict(places, inside_model="target second; target other;")
    unready = gateway.make(http=LAYOUT, **config(**places))
    prepare(unready)
    (unready.prefix / "plan.conf").write_text("models gpt-test;")
    good, said = unready.check()
    assert good, said
    # nothing here has a price, which who has a budget is told
    words = [line for line in said.splitlines()
             if '"main/gpt-upstream" has no price' in line]
    assert bool(words) == ("budget" in str(places))
    said = "\n".join(set(said.splitlines()) - set(words))
    assert "[warn]" not in said, said
    assert "[notice]" not in said, said


# ---- refused --------------------------------------------------------------

# (places, the whole sentence); the line is that of `@here@`
REFUSED = {
    # limit
    "a limit without words": (
        inside("limit;@here@"), '"limit" takes 1 to 5 words, 0 given'),
    "a limit of nothing": (
        inside("limit per=1m;@here@"), '"limit" counts nothing: ' + RESOURCES),
    "a limit of two things": (
        inside("limit requests=5 tokens=5 per=1m;@here@"),
        '"limit" counts several things: ' + RESOURCES),
    "no requests at all": (
        inside("limit requests=0 per=1m;@here@"),
        'invalid value "0" of "limit requests": ' + COUNTS),
    "requests below nothing": (
        inside("limit requests=-1 per=1m;@here@"),
        'invalid value "-1" of "limit requests": ' + COUNTS),
    "tokens in thousands of 1024": (
        inside("limit tokens=1.5k per=1m;@here@"),
        'invalid value "1.5k" of "limit tokens": ' + COUNTS),
    "more tokens than there are": (
        inside("limit tokens=1000001g per=1m;@here@"),
        'invalid value "1000001g" of "limit tokens": ' + COUNTS),
    "more calls at once than a machine has": (
        inside("limit concurrency=1000001;@here@"),
        'invalid value "1000001" of "limit concurrency": allowed is a count '
        'from 1 to 1000000'),
    "a limit without a time": (
        inside("limit requests=5;@here@"),
        f'"limit requests" has no "per=": {TIMES}'),
    "a limit of input without a time": (
        inside("limit input_tokens=5 by=key;@here@"),
        f'"limit input_tokens" has no "per=": {TIMES}'),
    "calls at once in a time": (
        inside("limit concurrency=5 per=1m;@here@"),
        '"per=1m" of "limit concurrency": allowed is none, calls count while '
        'they last'),
    "a time below a second": (
        inside("limit requests=5 per=999ms;@here@"),
        f'invalid value "999ms" of "limit per": {TIMES}'),
    "a time above a year": (
        inside("limit requests=5 per=367d;@here@"),
        f'invalid value "367d" of "limit per": {TIMES}'),
    "a time that is none": (
        inside("limit requests=5 per=minute;@here@"),
        f'invalid value "minute" of "limit per": {TIMES}'),
    "a limit per month": (
        inside("limit requests=5 per=month;@here@"),
        f'invalid value "month" of "limit per": {TIMES}'),
    "a limit by something else": (
        inside("limit requests=5 per=1m by=user;@here@"),
        'invalid value "user" of "limit by": allowed are tenant, key, '
        'session'),
    "a limit's model that is no name": (
        inside("limit requests=5 per=1m model=a*b;@here@"),
        f'invalid model name "a*b": {PATTERNS}'),
    "a limit's model that is not there": (
        inside("limit requests=5 per=1m model=gtp-*;@here@"),
        'unknown model "gtp-*" of "requests/1m/gtp-*" of tenant "team": '
        + MODELS + ", and prefixes of them"),
    "a plan's limit of a model that is not there": (
        plan("budget 5 per=month model=ghost;@here@"),
        'unknown model "ghost" of "budget/month/ghost" of plan "basic": '
        + MODELS + ", and prefixes of them"),
    "an unknown word of a limit": (
        inside("limit requests=5 per=1m burst=5;@here@"),
        'unknown word "burst=5" in "limit": ' + LIMIT_WORDS),
    "a word of a limit twice": (
        inside("limit requests=5 per=1m per=1m;@here@"),
        '"per" is given twice in "limit"'),
    "the same limit twice": (
        inside("limit requests=5 per=1m;\n"
               "limit requests=6 per=60s model=*;@here@"),
        '"limit requests/60s" by tenant is given twice in "team" (the first '
        'one is in @conf@:@line-1@)'),
    "the same limit of keys and models twice": (
        plan("limit tokens=5 per=1h by=key model=gpt-*;\n"
             "limit tokens=6 per=60m by=key dry_run model=gpt-*;@here@"),
        '"limit tokens/60m/gpt-*@key" by key is given twice in "basic" (the '
        'first one is in @conf@:@line-1@)'),
    "17 limits": (
        inside(SIXTEEN + "\nlimit tokens=1 per=1s;@here@"),
        'too many "limit" and "budget" lines in "team": allowed are 16'),
    "17 limits with those of the plan": (
        {"tenants": "agent_plan basic { models *; " + SIXTEEN + "}\n"
                    "agent_tenant team { " + KEY + "\nplan basic;@here@\n"
                    "limit requests=5 per=1s; limit tokens=5 per=1m; }"},
        'tenant "team" has 17 limits and budgets with those of plan "basic": '
        'allowed are 16'),
    # budget
    "a budget without a sum": (
        inside("budget;@here@"), '"budget" takes 1 to 6 words, 0 given'),
    "a budget of nothing": (
        inside("budget 0 per=month;@here@"),
        'invalid value "0" of "budget": ' + MONEY),
    "a budget in words": (
        inside("budget per=month;@here@"),
        'invalid value "per=month" of "budget": ' + MONEY),
    "a budget in another currency": (
        inside("budget 5EUR per=month;@here@"),
        'invalid value "5EUR" of "budget": ' + MONEY),
    "a budget in thousands": (
        inside("budget 5k per=month;@here@"),
        'invalid value "5k" of "budget": ' + MONEY),
    "a budget finer than can be counted": (
        inside("budget 0.0000000001 per=month;@here@"),
        'invalid value "0.0000000001" of "budget": ' + MONEY),
    "a budget above all money": (
        inside("budget 1000000000.1 per=month;@here@"),
        'invalid value "1000000000.1" of "budget": ' + MONEY),
    "a budget without a time": (
        inside("budget 5;@here@"), f'"budget" has no "per=": {PERIODS}'),
    "a budget per week": (
        inside("budget 5 per=week;@here@"),
        f'invalid value "week" of "budget per": {PERIODS}'),
    "a budget for ever": (
        inside("budget 5 per=2y;@here@"),
        f'invalid value "2y" of "budget per": {PERIODS}'),
    "a budget with a status of its own": (
        inside("budget 5 per=day status=503;@here@"),
        'invalid value "503" of "budget status": allowed are 402, 403, 429'),
    "an unknown word of a budget": (
        inside("budget 5 per=day requests=5;@here@"),
        'unknown word "requests=5" in "budget": ' + BUDGET_WORDS),
    "the same budget twice": (
        inside("budget 5 per=day;\nbudget 6 per=day status=429;@here@"),
        '"budget budget/day" by tenant is given twice in "team" (the first '
        'one is in @conf@:@line-1@)'),
    # cap
    "a cap without words": (
        inside("cap;@here@"), '"cap" takes 1 to 3 words, 0 given'),
    "a cap of nothing": (
        inside("cap output_tokens=0;@here@"),
        'invalid value "0" of "cap output_tokens": allowed is a count from 1 '
        'to 2147483647'),
    "129 choices": (
        inside("cap n=129;@here@"),
        'invalid value "129" of "cap n": allowed is a count from 1 to 128'),
    "a body larger than any": (
        inside("cap body=65m;@here@"),
        'invalid value "65m" of "cap body": allowed is a size from 1 to 64m'),
    "an unknown word of a cap": (
        inside("cap input_tokens=5;@here@"),
        'unknown word "input_tokens=5" in "cap": allowed are output_tokens=, '
        'n=, body='),
    "a cap twice": (
        plan("cap n=1;\ncap body=1m;@here@"),
        '"cap" is given twice in "agent_plan"'),
    # session
    "a session without words": (
        inside("session;@here@"), '"session" takes 1 to 5 words, 0 given'),
    "a session without calls": (
        inside("session calls=0;@here@"),
        'invalid value "0" of "session calls": allowed is a count from 1 to '
        '1000000000'),
    "a session as deep as the sea": (
        inside("session depth=1001;@here@"),
        'invalid value "1001" of "session depth": allowed is a count from 1 '
        'to 1000'),
    "a session of repetitions": (
        inside("session repeats=2m;@here@"),
        'invalid value "2m" of "session repeats": allowed is a count from 1 '
        'to 1000000'),
    "a session without an end": (
        inside("session lifetime=2y;@here@"),
        f'invalid value "2y" of "session lifetime": {TIMES}'),
    "a session for nothing": (
        inside("session cost=0.0;@here@"),
        'invalid value "0.0" of "session cost": ' + MONEY),
    "an unknown word of a session": (
        inside("session ttl=5m;@here@"),
        'unknown word "ttl=5m" in "session": allowed are calls=, depth=, '
        'repeats=, lifetime=, cost='),
    "a session twice": (
        inside("session calls=1;\nsession depth=1;@here@"),
        '"session" is given twice in "agent_tenant"'),
    # require
    "a plan's tag that no provider has": (
        plan("require mars;@here@"),
        'unknown tag "mars" in "require" of plan "basic": allowed are eu, '
        'private, us'),
    # route
    "a route to nowhere": (
        inside("route gpt-4;@here@"), '"route" takes 2 to 3 words, 1 given'),
    "a route to a model that is not there": (
        inside("route gpt-4 ghost;@here@"),
        'unknown model "ghost" in "route gpt-4" of "team": ' + MODELS),
    "a plan's route to a model that is not there": (
        plan("route gpt-4 ghost;@here@"),
        'unknown model "ghost" in "route gpt-4" of "basic": ' + MODELS),
    "a route to many": (
        inside("route gpt-4 gpt-*;@here@"),
        f'invalid model name "gpt-*": {EXACT}'),
    "a route from what is no name": (
        inside("route gpt*4 gpt-test;@here@"),
        f'invalid model name "gpt*4": {PATTERNS}'),
    "a share of nothing": (
        inside("route gpt-4 gpt-test share=0%;@here@"),
        'invalid value "0%" of "route share": allowed is a percentage from '
        '0.1% to 100%'),
    "a share without its percent sign": (
        inside("route gpt-4 gpt-test share=5;@here@"),
        'invalid value "5" of "route share": allowed is a percentage from '
        '0.1% to 100%'),
    "an unknown word of a route": (
        inside("route gpt-4 gpt-test weight=5;@here@"),
        'unknown word "weight=5" in "route": allowed are share='),
    "a route twice": (
        inside("route gpt-4 gpt-test;\nroute gpt-4 fast share=5%;@here@"),
        '"route gpt-4" is given twice in "team" (the first one is in '
        '@conf@:@line-1@)'),
    # allow
    "an address that is none": (
        inside("allow 10.0.0.256;@here@"),
        'invalid value "10.0.0.256" of "allow": allowed are addresses and '
        'networks like 10.20.0.0/16, 192.0.2.7 or 2001:db8::/32'),
    "a network that is none": (
        inside("allow 10.0.0.0/8 10.0.0.0/33;@here@"),
        'invalid value "10.0.0.0/33" of "allow": allowed are addresses and '
        'networks like 10.20.0.0/16, 192.0.2.7 or 2001:db8::/32'),
    "a host that is allowed": (
        inside("allow localhost;@here@"),
        'invalid value "localhost" of "allow": allowed are addresses and '
        'networks like 10.20.0.0/16, 192.0.2.7 or 2001:db8::/32'),
    "addresses without an address": (
        inside("allow;@here@"), '"allow" takes at least 1 word, 0 given'),
    # default_model
    "a default that is not there": (
        inside("default_model ghost;@here@"),
        'unknown model "ghost" in "default_model" of tenant "team": '
        + MODELS),
    "a default that is not allowed": (
        inside("default_model fast;@here@"),
        '"default_model" "fast" of tenant "team": allowed are those of its '
        '"models"'),
    "a plan's default that is not allowed": (
        plan("default_model fast;@here@"),
        '"default_model" "fast" of plan "basic": allowed are those of its '
        '"models"'),
    "a plan's default that is not the tenant's": (
        plan("default_model gpt-test;@here@",
             KEY + "plan basic; models fast;"),
        '"default_model" "gpt-test" of tenant "team": allowed are those of '
        'its "models"'),
    "a default of many": (
        inside("default_model gpt-*;@here@"),
        f'invalid model name "gpt-*": {EXACT}'),
    # cut
    "a cut that is neither": (
        inside("cut yes;@here@"),
        'invalid value "yes" of "cut": allowed are on, off'),
    "a cut twice": (
        inside("cut on;\ncut off;@here@"),
        '"cut" is given twice in "agent_tenant"'),
    # plan
    "a plan that is not there": (
        {"tenants": "agent_plan b { models *; } agent_plan a { models *; }\n"
                    "agent_tenant team { " + KEY + "\nplan c;@here@\n}"},
        'unknown plan "c" of tenant "team": allowed are a, b'),
    "a plan where there is none": (
        inside("plan basic;@here@"),
        'unknown plan "basic" of tenant "team": allowed are none, there is '
        'no "agent_plan"'),
    "a plan that is no name": (
        inside("plan a/b;@here@"), f'invalid plan name "a/b": {NAMES}'),
    "a plan block that has no name": (
        {"more": "agent_plan a/b {@here@\nmodels *; }"},
        f'invalid plan name "a/b": {NAMES}'),
    "two plans of a tenant": (
        {"more": "agent_plan a { models *; } agent_plan b { models *; }",
         "inside_tenant": OWN + "plan a;\nplan b;@here@"},
        '"plan" is given twice in "agent_tenant"'),
    "a plan twice": (
        {"more": "agent_plan z { models *; } agent_plan basic { models *; }\n"
                 "agent_plan basic {@here@\nmodels *; }"},
        'duplicate plan "basic" (the first one is in @conf@:@line-1@)'),
    "a plan in a plan": (
        plan("plan other;@here@"),
        'unknown directive "plan" in "agent_plan": allowed are models, limit, '
        'budget, cap, session, require, route, allow, default_model, cut, '
        'cache, cache_scope, include'),
    "a key in a plan": (
        plan("key file:@other_key@;@here@"),
        'unknown directive "key" in "agent_plan": allowed are models, limit, '
        'budget, cap, session, require, route, allow, default_model, cut, '
        'cache, cache_scope, include'),
    "an unknown word in a tenant": (
        inside("colour red;@here@"),
        'unknown directive "colour" in "agent_tenant": allowed are key, keys, '
        'plan, models, limit, budget, cap, session, require, route, allow, '
        'default_model, cut, cache, cache_scope, include'),
    "a plan without models that nobody has": (
        {"more": "agent_plan unused {@here@\ncap n=1; }"},
        'plan "unused" has no "models", and no tenant: allowed are names of '
        'models, prefixes like gpt-5*, or * for all'),
    "a tenant and its plan without models": (
        {"tenants": "agent_plan basic { cap n=1; }\n"
                    "agent_tenant team {@here@\n" + KEY + "plan basic; }"},
        'tenant "team" has no "models", nor has its plan: allowed are names '
        'of models, prefixes like gpt-5*, or * for all'),
    "a tenant without models": (
        {"tenants": "agent_tenant team {@here@\n" + KEY + "}"},
        'tenant "team" has no "models": allowed are names of models, prefixes '
        'like gpt-5*, or * for all'),
    "a plan's model that is not there": (
        {"more": "agent_plan basic {\nmodels gpt-test ghost-*;@here@\n}"},
        'unknown model "ghost-*" in "models" of plan "basic": ' + MODELS
        + ", and prefixes of them"),
    "a tenant's model that is not there": (
        {"inside_tenant": KEY + "\nmodels gpt-t* gpt-tests;@here@"},
        'unknown model "gpt-tests" in "models" of tenant "team": ' + MODELS
        + ", and prefixes of them"),
    "a tenant twice": (
        {"more": "agent_tenant team {@here@\nmodels gpt-test; "
                 "key file:@other_key@; }"},
        'duplicate tenant "team" (the first one is in @conf@:@team@)'),
    "a tenant without a key": (
        {"tenants": "agent_plan basic { models *; }\n"
                    "agent_tenant team {@here@\nplan basic; }"},
        'tenant "team" has no "key", and no "agent_gateway" names it with '
        '"anonymous=" or "tenant_by=": allowed are file:PATH, env:NAME, '
        'sha256:HEX'),
    # keys
    "keys without a file": (
        inside("keys;@here@"), '"keys" takes 1 word, 0 given'),
    "a file with a literal key": (
        inside("keys wrong.keys;@here@"),
        r're:invalid key in "keys" file "@prefix@/wrong\.keys", line 3: '
        r'\w.*'),
    "a file with a date that is none": (
        inside("keys late.keys;@here@"),
        r're:invalid key in "keys" file "@prefix@/late\.keys", line 2: '
        r'\w.*'),
    "a key of two tenants' files": (
        {"inside_tenant": OWN + "keys good.keys;",
         "more": "agent_tenant other { models *;\nkeys more.keys;@here@\n}"},
        'a "key" named alice-again of tenant "other" is also one of tenant '
        '"team" (in @conf@:@team@)'),
    "a key of a file and of a line": (
        {"inside_tenant": OWN + "keys good.keys;",
         "more": "agent_tenant other { models *;\nkey sha256:" + digest("c")
                 + ";@here@\n}"},
        'a "key" of tenant "other" is also one of tenant "team" (in '
        '@conf@:@team@)'),
}


def expected(unready, wanted):
    lines = unready.conf.read_text().split("\n")
    for name, mark, shift in (("@team@", "agent_tenant team", 0),
                              ("@line-1@", "# HERE", -1)):
        line = next((n for n, text in enumerate(lines, 1) if mark in text), 0)
        wanted = wanted.replace(name, str(line + shift))
    return sentence(unready, wanted)


@pytest.mark.parametrize("case", some(REFUSED, 40), ids=str)
def test_nginx_refuses(case, gateway):
    places, wanted = REFUSED[case]
    unready = gateway.make(http=LAYOUT, here=" # HERE",
                           **config(**places))
    prepare(unready)
    accepted, said = unready.check()
    assert not accepted, "nginx -t accepted it"
    assert re.search(expected(unready, wanted), said, re.M), said
    assert "CANARY" not in said, "a key is in the refusal"


def test_keys_that_are_not_there_are_refused(refused):
    said = refused(LAYOUT, **config(**inside("keys nowhere.keys;")))
    assert re.search(r'agent: "keys" file "\S+/nowhere.keys" cannot be opened '
                     r"\(2: .*\) in \S+nginx.conf:\d+", said)


def test_keys_that_are_a_folder_are_refused(refused):
    said = refused(LAYOUT, **config(**inside("keys @prefix@;")))
    assert re.search(r'agent: "keys" file "\S+" cannot be read \(21: .*\) in '
                     r"\S+nginx.conf:\d+", said)


def test_a_plan_is_refused_outside_of_http(refused):
    for place in ("agent_plan x { models y; }",
                  "location / { agent_plan x { models y; } }"):
        said = refused(LAYOUT, **config(location=place))
        assert "is not allowed here" in said


# ---- warned of ------------------------------------------------------------

@pytest.mark.parametrize("lines, level, wanted", [
    ("keys empty.keys;", "warn",
     r'"keys" file "\S+/empty\.keys" of tenant "team" holds no keys'),
    ("keys expired.keys;", "notice",
     r'2 of 3 keys in "keys" file "\S+/expired\.keys" of tenant "team" have '
     r'expired'),
    ("limit requests=16385 per=1m;", "notice",
     r'"limit requests=16385" takes sub-windows: a place is free again up to '
     r'1/600 of "per" later than it could be \(up to 16384, each request is '
     r'remembered\)'),
    ("allow 10.0.0.1/8;", "warn",
     r'low address bits of "10\.0\.0\.1/8" in "allow" are meaningless')])
def test_nginx_warns(lines, level, wanted, gateway):
    unready = gateway.make(http=LAYOUT, **config(**inside(lines)))
    prepare(unready)
    good, said = unready.check()
    assert good, said
    assert re.search(rf"\[{level}\] .*agent: {wanted} in "
                     rf"{re.escape(str(unready.conf))}:\d+$", said, re.M), said


def test_a_file_without_keys_shuts_its_tenant_out(gateway):
    """Whoever takes the last key away must not be refused the reload."""
    unready = gateway.make(http=LAYOUT, **config(
        inside_tenant="models gpt-test; keys empty.keys;"))
    prepare(unready)
    good, said = unready.check()
    assert good, said


def test_a_limit_of_tokens_takes_sub_windows_without_a_word(accepted):
    assert SUBWINDOWS not in accepted(LAYOUT, **config(
        **inside("limit tokens=1m per=1m; limit concurrency=20k;")))


def test_tags_of_a_plan_are_warned_of_once(accepted):
    said = accepted(LAYOUT, **config(
        tenants="agent_plan basic { models gpt-test;\nrequire us; }\n"
                "agent_tenant team { " + KEY + "plan basic; }\n"
                "agent_tenant two { key sha256:" + digest("2")
                + "; plan basic; }\n"
                "agent_tenant three { key sha256:" + digest("3")
                + "; plan basic; models fast; }",
        models="agent_model gpt-test { target main; }\n"
               "agent_model fast { target main; }", more=OTHERS))
    # the log begins a line with the date, what is said at once does not
    assert re.findall(r"^\d.*\[warn\] .*agent: (.*) in \S+:\d+$", said,
                      re.M) == [
        'no target of model "gpt-test" has the tags that plan "basic" '
        'requires',
        'no target of model "fast" has the tags that tenant "three" requires']


# ---- many -----------------------------------------------------------------

MANY = """
@zone@
@providers@
agent_model gpt-test fast { target main; }
include @prefix@/models.conf;
include @prefix@/plans.conf;
include @prefix@/tenants.conf;
server { listen 127.0.0.1:@port@; location /v1/ { agent_gateway; } }
"""


def many(gateway, plans, tenants):
    unready = gateway.make(
        http=MANY, **config(zone="agent_zone gateway:256m;"))
    for name, lines in (
            ("models", (f"agent_model m{n} {{ target main; }}"
                        for n in range(500))),
            ("plans", plans), ("tenants", tenants)):
        (unready.prefix / f"{name}.conf").write_text("\n".join(lines))
    return unready


def timed(unready):
    start = time.monotonic()
    good, said = unready.check()
    return time.monotonic() - start, good, said


def test_ten_thousand_tenants_are_read_in_no_time(gateway):
    """Two seconds are far from what it takes, and from what n * n would."""
    unready = many(
        gateway,
        (f"agent_plan p{n} {{ models *; limit concurrency=32; cap n=4; }}"
         for n in range(10000)),
        (f"agent_tenant t{n} {{ plan p{(n * 7919) % 10000}; "
         f"key sha256:{digest(str(n))}; models m{n % 500} gpt-* m{n % 50}*; "
         f"limit requests={n % 60 + 1} per=1m; "
         f"limit tokens=200k per=1m model=m{n % 500}; }}"
         for n in range(10000)))
    took, good, said = timed(unready)
    assert good, said
    assert took < SOON, took


def test_the_last_of_ten_thousand_tenants_is_looked_at(gateway):
    unready = many(gateway, ["agent_plan basic { models *; }"], [
        *(f"agent_tenant t{n} {{ plan basic; key sha256:{digest(str(n))}; }}"
          for n in range(10000)),
        "agent_tenant t77 { plan basic; key sha256:" + digest("x") + "; }"])
    took, good, said = timed(unready)
    assert not good and took < SOON
    assert 'agent: duplicate tenant "t77" (the first one is in ' \
           f'{unready.prefix}/tenants.conf:78) in ' \
           f'{unready.prefix}/tenants.conf:10001' in said


def test_a_hundred_thousand_keys_of_one_file(gateway):
    """A million of them take ten times as long."""
    unready = gateway.make(http=LAYOUT, **config(
        inside_tenant="models *; keys @prefix@/all.keys;"))
    with open(unready.prefix / "all.keys", "w") as file:
        for n in range(100000):
            file.write(f"{digest(str(n))} person-{n} 2999-12-31\n")
    took, good, said = timed(unready)
    assert good, said
    assert took < SOON, took
    with open(unready.prefix / "all.keys", "a") as file:
        file.write(f"{digest('x')[:-1]} person-x\n")
    took, good, said = timed(unready)
    assert not good and "all.keys\", line 100001: " in said


# ---- documented, and shown ------------------------------------------------

# Each directive, where its Syntax line stands, and what comes before the first
# word that may be wrong.
WORDS = {
    "limit": ("limit (of a tenant)", ""), "budget": ("budget", "5 "),
    "cap": ("cap", ""), "session": ("session", ""),
    "route": ("route", "x gpt-test "),
}


@pytest.mark.parametrize("directive", WORDS, ids=str)
def test_every_word_is_documented(directive, refused):
    heading, before = WORDS[directive]
    said = refused(LAYOUT, **config(
        inside_tenant=OWN + f"{directive} {before}nonsense;"))
    known = re.search(r"allowed are (.*) in ", said)[1].split(", ")
    text = (ROOT / "docs" / "directives.md").read_text()
    part = text.partition(f"### {heading}\n")[2].partition("\n##")[0]
    syntax = re.search(r"Syntax \| `(.*)` \|", part)[1]
    written = set(re.findall(r"[\[ ]([a-z_]+=|dry_run)", syntax))
    if directive == "limit":
        written |= {f"{name}=" for name in re.findall(r"^\| `(\w+)` \|", part,
                                                      re.M)}
    assert written == set(known)


def test_every_directive_of_a_plan_is_documented(refused):
    said = refused(LAYOUT, **config(more="agent_plan x { nonsense 1; }"))
    known = re.search(r"allowed are (.*), include in ", said)[1].split(", ")
    text = (ROOT / "docs" / "directives.md").read_text()
    for name in known:
        assert re.search(rf"^### {name}( \(of a tenant\))?\n.*?"
                         r"Context \| `agent_plan`", text, re.M | re.S), name


def test_the_ready_configuration_is_accepted(gateway):
    unready = gateway.make()
    ready(unready, "tenants.conf")
    keys = (ROOT / "lua-free-conf" / "coding.keys").read_text()
    (unready.prefix / "coding.keys").write_text(keys)
    good, said = unready.check()
    assert good, said
    # only what this machine makes of it
    said = re.sub(r".*(could not build|conflicting server|the \"user\""
                  r"|could not be resolved).*\n", "", said)
    assert "[warn]" not in said, said


def test_the_ready_configurations_show_every_directive(refused):
    said = refused(LAYOUT, **config(inside_tenant="nonsense 1;"))
    known = re.search(r"allowed are (.*), include in ", said)[1].split(", ")
    text = "".join((ROOT / "lua-free-conf" / name).read_text()
                   for name in ("tenants.conf", "cache.conf"))
    shows = set(re.findall(r"^ *([a-z_]+)\b[^#\n]*[;{]", text, re.M))
    assert shows >= {*known, "agent_plan"}


# ---- what the lines mean --------------------------------------------------

MEANING = ZONE + """
    agent_provider main { dialect openai; url @provider@;
                          retry attempts=1; breaker off; }
    agent_model gpt-test { target main/upstream; }
    agent_model other { target main/another; }
    agent_plan basic { @plan_lines@ }
    agent_tenant team { key file:@team_key@; plan basic; @tenant_lines@ }
    agent_tenant third { models *; keys third.keys; }
""" + SERVER


@pytest.fixture
def tenant(gateway, provider):
    """A gateway with a tenant and its plan."""

    def run(plan_lines, tenant_lines="", third=""):
        p = provider(P.chats())
        g = gateway.make(p, http=MEANING, plan_lines=plan_lines,
                         tenant_lines=tenant_lines)
        (g.prefix / "third.keys").write_text(third)
        return g.start(), p

    return run


def asked(model):
    return {"model": model, "messages": [{"role": "user", "content": "Hi"}]}


def test_a_tenant_has_its_plans_models(tenant):
    g, _ = tenant("models gpt-*;")
    assert g.chat().status == 200
    assert g.chat(asked("other")).error["code"] == "model_not_allowed"


def test_a_tenants_models_take_the_place_of_its_plans(tenant):
    g, _ = tenant("models gpt-*;", "models other;")
    assert g.chat(asked("other")).status == 200
    assert g.chat().error["code"] == "model_not_allowed"


def test_a_tenants_limit_takes_the_place_of_its_plans(tenant):
    g, _ = tenant("models *; limit requests=1 per=1h; "
                  "limit requests=3 per=2h;", "limit requests=5 per=60m;")
    assert [g.chat().status for _ in range(4)] == [200, 200, 200, 429]


def test_a_tenants_other_limits_stand_beside_its_plans(tenant):
    g, _ = tenant("models *; limit requests=2 per=1h;",
                  "limit requests=9 per=1h model=gpt-*; "
                  "limit requests=9 per=1h by=key;")
    assert [g.chat().status for _ in range(3)] == [200, 200, 429]


def test_a_plans_limit_is_of_each_of_its_tenants(tenant):
    g, _ = tenant("models *; limit requests=1 per=1h;")
    assert [g.chat().status for _ in range(2)] == [200, 429]
    g, _ = tenant("models *; limit requests=1 per=1h;",
                  "limit requests=1 per=1h dry_run;")
    assert [g.chat().status for _ in range(2)] == [200, 200]


def test_a_tenants_routes_take_the_place_of_its_plans(tenant):
    g, p = tenant("models *; route gpt-test other;")
    assert g.chat().status == 200
    assert p.request.json()["model"] == "another"
    g, p = tenant("models *; route gpt-test other;", "route x gpt-test;")
    assert g.chat().status == 200
    assert p.request.json()["model"] == "upstream"


def test_a_tenants_addresses_take_the_place_of_its_plans(tenant):
    g, _ = tenant("models *; allow 192.0.2.0/24;")
    assert g.chat().status in (401, 403)
    g, _ = tenant("models *; allow 192.0.2.0/24;", "allow ::1 127.0.0.0/8;")
    assert g.chat().status == 200


def test_a_file_of_keys_opens_the_door_until_its_date(tenant):
    g, _ = tenant("models *;", third=(
        f"{digest('sk-good-0123456789')} good\n"
        f"{digest('sk-late-0123456789')} late 2020-01-01\n"
        f"{digest('sk-twice-012345678')} twice 2020-01-01\n"
        f"{digest('sk-twice-012345678')} twice 2999-01-01\n"
        f"{digest('sk-twice-012345678')} twice 2019-01-01\n"))
    assert g.chat(key="sk-good-0123456789").status == 200
    assert g.chat(key="sk-late-0123456789").status == 401
    assert g.chat(key="sk-twice-012345678").status == 200
    assert g.chat(key="sk-none-0123456789").status == 401


def test_a_reload_reads_the_keys_again(tenant):
    g, _ = tenant("models *;", third=f"{digest('sk-old-key-0123456')} a\n")
    assert g.chat(key="sk-old-key-0123456").status == 200
    (g.prefix / "third.keys").write_text(f"{digest('sk-new-key-0123456')} a\n")
    g.reload()
    assert g.chat(key="sk-old-key-0123456").status == 401
    assert g.chat(key="sk-new-key-0123456").status == 200


def test_signals_need_no_keys(tenant):
    g, _ = tenant("models *;")
    (g.prefix / "third.keys").unlink()
    done = subprocess.run(g.command("-s", "reopen"), env=g.environment(),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
