"""nginx -t: where answers are kept, which, for how long and for whom: what is
accepted, and how the rest is refused.

Every refusal is compared as a whole: the words, the value, what is allowed,
the file and the line.
"""

import re
import subprocess

import pytest

import providers as P
from gateway import ROOT, SERVER, ZONE, question
from test_config import LAYOUT, config
from test_config_resilience import ready, sentence
from test_config_tenants import KEY, OWN, some

CANARY = "CANARY-cache-secret-0123456789"

AGENT = "agent_zone gateway:4m;\n"
CACHE = AGENT + "agent_cache_zone answers:80m;\n"
SEALED = AGENT + "agent_cache_zone answers:80m secret=file:good.secret;\n"
REDIS = "agent_redis 127.0.0.1:6379;\n"
TARGET = "target main/gpt-upstream;\n"

SECRETS = "allowed are file:PATH, env:NAME"
LITERAL = "(not shown, it may be a secret, and a secret is not taken from " \
          "the configuration itself)"
WORDS = "allowed are ttl=, version=, stale_if_error=, " \
        "stale_while_revalidate=, max_size=, redis, hit_cost=, " \
        "temperature=, n=, off"
TTLS = "allowed is a time from 1s to 366d"
STALES = "allowed is a time from 0 to 366d"
SIZES = "allowed is a size from 1 to 8m"
TEMPERATURES = "allowed is a number from 0 to 2 with up to three digits " \
               "behind the point, or any"
COUNTS = "allowed is a count from 1 to 128, or any"
VERSIONS = "allowed are 1 to 64 visible ASCII characters"
BYTES = "allowed are bytes, like 67108864, 65536k, 64m or 1g"


def zone(words, here=""):
    """agent_cache_zone with these words, and a model that keeps something."""
    return {"zone": AGENT + f"agent_cache_zone {words};{here}",
            "inside_model": TARGET + "cache ttl=1h;"}


def model(lines, before=CACHE):
    return {"zone": before, "inside_model": TARGET + lines}


def tenant(lines, before=CACHE):
    return {"zone": before, "inside_tenant": OWN + lines}


def plan(lines, before=CACHE, own=""):
    """A plan with these lines, and a tenant of it."""
    return {"zone": before,
            "tenants": "agent_plan basic { models gpt-test;\n" + lines
                       + "\n}\nagent_tenant team { " + KEY + "plan basic;\n"
                       + own + "\n}"}


def refused_cache(words):
    return model(f"cache {words};@here@")


def refused_zone(words):
    return zone(words, "@here@")


def prepare(unready):
    """The files that the configurations name."""
    unready.secrets.append(CANARY)
    for name, text in (("good", CANARY + "\n# a note\n"), ("blank", " \n"),
                       ("short", CANARY[:15] + "\n"),
                       ("least", CANARY[:16] + "\n"),
                       ("long", "x" * 4097), ("tab", "a\tb" * 10)):
        (unready.prefix / f"{name}.secret").write_text(text)
    unready.values["environment"] = {"AG_TEST_SECRET": CANARY,
                                     "AG_TEST_EMPTY": ""}


# ---- accepted -------------------------------------------------------------

LINES = (
    "cache ttl=1s;", "cache ttl=366d;", "cache ttl=60;", "cache 'ttl=1h 30m';",
    "cache ttl=1h stale_if_error=0;", "cache ttl=1h stale_if_error=366d;",
    "cache ttl=1h stale_while_revalidate=0;",
    "cache ttl=1h stale_while_revalidate=500ms;",
    "cache stale_while_revalidate=366d ttl=1m stale_if_error=24h;",
    "cache ttl=1h version=1;", "cache ttl=1h version=" + 64 * "x" + ";",
    "cache ttl=1h 'version=~!v=2;{}';",
    "cache ttl=1h max_size=1;", "cache ttl=1h max_size=8m;",
    "cache ttl=1h max_size=200k;", "cache ttl=1h max_size=8388608;",
    "cache ttl=1h hit_cost=none;", "cache ttl=1h hit_cost=request;",
    "cache ttl=1h hit_cost=full;",
    "cache ttl=1h temperature=0;", "cache ttl=1h temperature=2;",
    "cache ttl=1h temperature=2.000;", "cache ttl=1h temperature=0.125;",
    "cache ttl=1h temperature=0.7;", "cache ttl=1h temperature=any;",
    "cache ttl=1h n=1;", "cache ttl=1h n=128;", "cache ttl=1h n=any;",
    "cache ttl=1h version=a stale_if_error=1h stale_while_revalidate=1h "
    "max_size=1m hit_cost=none temperature=any n=any;",
    "cache off; cache_scope tenant;", "cache_scope key; cache ttl=1h;",
    "cache ttl=1h; cache_scope global;")

SHARED = "cache ttl=1h redis;"
FULL = "cache redis ttl=1h version=a stale_if_error=1h " \
       "stale_while_revalidate=1h max_size=1m hit_cost=none " \
       "temperature=any n=any;"

ACCEPTED = [model(lines) for lines in LINES]
ACCEPTED += [tenant(lines) for lines in LINES]
ACCEPTED += [plan(lines) for lines in LINES]

ACCEPTED += [zone(words) for words in (
    "answers:1m", "answers:1048576", "answers:1024k", "a:64M",
    "answers:80m secret=file:good.secret",
    "answers:80m secret=file:@prefix@/good.secret",
    "answers:80m secret=file:least.secret",
    "answers:80m secret=env:AG_TEST_SECRET")]

ACCEPTED += [
    # nothing is kept: no zone is needed
    model("cache off;", AGENT), tenant("cache off;", AGENT),
    plan("cache off;", AGENT),
    # Redis
    model(SHARED, SEALED + REDIS), model(SHARED, REDIS + SEALED),
    model(FULL, SEALED + REDIS), tenant(SHARED, SEALED + REDIS),
    plan(SHARED, SEALED + REDIS), plan(FULL, SEALED + REDIS),
    # the order of lines does not matter
    {"zone": "agent_cache_zone answers:1m;\n" + AGENT,
     "inside_model": TARGET + "cache ttl=1h;"},
    {"zone": AGENT, "inside_model": TARGET + "cache ttl=1h;",
     "more": "agent_cache_zone answers:1m;"},
    {"zone": AGENT, "inside_model": TARGET + SHARED,
     "more": REDIS + "agent_cache_zone a:1m secret=env:AG_TEST_SECRET;"},
    # a tenth of the zone, not a byte more; and the default is no more
    zone("answers:1m") | model("cache ttl=1h max_size=102k;",
                               AGENT + "agent_cache_zone answers:1m;"),
    model("cache ttl=1h max_size=104858;",
          AGENT + "agent_cache_zone answers:1048584;"),
    model("cache ttl=1h;", AGENT + "agent_cache_zone answers:1m;"),
    # a tenant's own line takes the place of its plan's
    plan("cache ttl=1h;", own="cache off;"),
    plan("cache off;", own="cache ttl=1h;"),
    plan("cache ttl=1h; cache_scope key;", own="cache_scope global;"),
    # a plan that nobody has, for tenants of Redis
    {"zone": CACHE + REDIS, "more": "agent_tenants redis; agent_plan free "
                                    "{ models *; cache ttl=1h; }"},
]


def shown(places):
    return " ".join(f"{name}: {text}" for name, text in places.items())[:160]


def keeps(places):
    return "ttl=" in str(places)


@pytest.mark.parametrize("places", some(ACCEPTED, 30), ids=shown)
def test_nginx_accepts(places, gateway):
    unready = gateway.make(http=LAYOUT, here="", **config(**places))
    prepare(unready)
    good, said = unready.check()
    assert good, said
    empty = '"agent_cache_zone" stays empty' in said
    assert empty == (not keeps(places) and "cache_zone" in str(places))
    assert empty or "[warn]" not in said, said


@pytest.mark.smoke
@pytest.mark.parametrize("lines", ["", "cache off;", "cache_scope key;"])
def test_a_zone_for_nothing_is_a_warning(lines, gateway):
    unready = gateway.make(http=LAYOUT, here=" # HERE", **config(
        zone=AGENT + "agent_cache_zone answers:1m;@here@",
        inside_model=TARGET + lines))
    good, said = unready.check()
    assert good, said
    wanted = sentence(unready, '"agent_cache_zone" stays empty: no model, '
                               'plan or tenant has "cache ttl=TIME"')
    assert re.search(wanted.replace("emerg", "warn"), said, re.M), said


# ---- refused --------------------------------------------------------------

# (places, the whole sentence); the line is that of `@here@`
REFUSED = {
    # agent_cache_zone
    "a zone without a size": (
        refused_zone("answers"),
        'invalid zone "answers" of "agent_cache_zone": allowed is NAME:SIZE'),
    "a zone without a name": (
        refused_zone(":64m"),
        'invalid zone ":64m" of "agent_cache_zone": allowed is NAME:SIZE'),
    "a size of nothing": (
        refused_zone("answers:"),
        f'invalid size "" of "agent_cache_zone": {BYTES}'),
    "a size in words": (
        refused_zone("answers:large"),
        f'invalid size "large" of "agent_cache_zone": {BYTES}'),
    "a size below nothing": (
        refused_zone("answers:-64m"),
        f'invalid size "-64m" of "agent_cache_zone": {BYTES}'),
    "a size beyond all": (
        refused_zone("answers:99999999999g"),
        f'invalid size "99999999999g" of "agent_cache_zone": {BYTES}'),
    "no size": (
        refused_zone("answers:0"),
        'size "0" of "agent_cache_zone" is too small: allowed is 1m or more'),
    "a byte too little": (
        refused_zone("answers:1048575"),
        'size "1048575" of "agent_cache_zone" is too small: allowed is 1m or '
        'more'),
    "two zones": (
        {"zone": CACHE + "agent_cache_zone more:64m;@here@",
         "inside_model": TARGET + "cache ttl=1h;"},
        'duplicate "agent_cache_zone" (the first one is in @conf@:@before@)'),
    "the name of agent_zone": (
        refused_zone("gateway:64m"),
        'zone "gateway" of "agent_cache_zone" is that of "agent_zone" too: '
        'allowed is another name'),
    "the name of agent_zone, which stands behind it": (
        {"zone": "agent_cache_zone gateway:4m;@here@\n" + AGENT,
         "inside_model": TARGET + "cache ttl=1h;"},
        'zone "gateway" of "agent_cache_zone" is that of "agent_zone" too: '
        'allowed is another name'),
    "a zone without agent_zone": (
        {"zone": "agent_cache_zone answers:80m;@here@", "location": "",
         "status_location": ""},
        '"agent_cache_zone" needs "agent_zone NAME:SIZE" in http {}'),
    "an unknown word of a zone": (
        refused_zone("answers:80m state=x"),
        'unknown word "state=x" in "agent_cache_zone": allowed are secret='),
    "a secret where a word is": (
        refused_zone(f"answers:80m {CANARY}"),
        'unknown word in "agent_cache_zone" (not shown, it may be a secret): '
        'allowed are secret='),
    "a secret twice": (
        refused_zone("answers:80m secret=env:AG_TEST_SECRET "
                     "secret=file:good.secret"),
        '"secret" is given twice in "agent_cache_zone"'),
    "a secret before the zone": (
        refused_zone(f"secret={CANARY} answers:80m"),
        '"agent_cache_zone" begins with "secret=": allowed is NAME:SIZE '
        'before it'),
    "a secret as it is": (
        refused_zone(f"answers:80m secret={CANARY}"),
        f'invalid value of "agent_cache_zone secret" {LITERAL}: ' + SECRETS),
    "a secret's digest": (
        refused_zone("answers:80m secret=sha256:" + 32 * "0f"),
        f'invalid value of "agent_cache_zone secret" {LITERAL}: ' + SECRETS),
    "a secret in no variable": (
        refused_zone("answers:80m secret=env:AG_TEST_UNSET"),
        'environment variable "AG_TEST_UNSET" of "agent_cache_zone secret" '
        'is not set'),
    "a secret in an empty variable": (
        refused_zone("answers:80m secret=env:AG_TEST_EMPTY"),
        'environment variable "AG_TEST_EMPTY" of "agent_cache_zone secret" '
        'is empty'),
    "a secret that is too short": (
        refused_zone("answers:80m secret=file:short.secret"),
        're:the secret of "@prefix@/short.secret" is refused: .*short.*16.*'),
    "a secret in an empty file": (
        refused_zone("answers:80m secret=file:blank.secret"),
        're:the secret of "@prefix@/blank.secret" is refused: .*'),
    "a secret that is too long": (
        refused_zone("answers:80m secret=file:long.secret"),
        're:the secret of "@prefix@/long.secret" is refused: .*long.*4096.*'),
    "a secret with a tab": (
        refused_zone("answers:80m secret=file:tab.secret"),
        're:the secret of "@prefix@/tab.secret" is refused: .*'),
    # cache
    "a cache without words": (
        model("cache;@here@"), '"cache" takes 1 to 9 words, 0 given'),
    "a cache of ten words": (
        model(FULL[:-1] + " off;@here@"),
        '"cache" takes 1 to 9 words, 10 given'),
    "a cache without a time": (
        refused_cache("stale_if_error=1h"),
        f'"cache" has no "ttl=": {TTLS}, or "cache off"'),
    "an unknown word of a cache": (
        refused_cache("ttl=1h size=1m"),
        f'unknown word "size=1m" in "cache": {WORDS}'),
    "a cache that is on": (
        refused_cache("on"), f'unknown word "on" in "cache": {WORDS}'),
    "a word of a cache twice": (
        refused_cache("ttl=1h ttl=2h"), '"ttl" is given twice in "cache"'),
    "a bare word of a cache twice": (
        refused_cache("ttl=1h redis redis"),
        '"redis" is given twice in "cache"'),
    "a cache that is off for an hour": (
        refused_cache("off ttl=1h"),
        '"off" of "cache" beside other words: allowed is "cache off" alone'),
    "two caches of a model": (
        model("cache ttl=1h;\ncache off;@here@"),
        '"cache" is given twice in "agent_model"'),
    "two caches of a tenant": (
        tenant("cache ttl=1h;\ncache off;@here@"),
        '"cache" is given twice in "agent_tenant"'),
    "two caches of a plan": (
        plan("cache ttl=1h;\ncache off;@here@"),
        '"cache" is given twice in "agent_plan"'),
    "no time": (
        refused_cache("ttl=0"), f'invalid value "0" of "cache ttl": {TTLS}'),
    "a time below a second": (
        refused_cache("ttl=999ms"),
        f'invalid value "999ms" of "cache ttl": {TTLS}'),
    "a time above a year": (
        refused_cache("'ttl=366d 1ms'"),
        f'invalid value "366d 1ms" of "cache ttl": {TTLS}'),
    "a time that is none": (
        refused_cache("ttl=forever"),
        f'invalid value "forever" of "cache ttl": {TTLS}'),
    "a time below nothing": (
        refused_cache("ttl=1h stale_if_error=-1s"),
        f'invalid value "-1s" of "cache stale_if_error": {STALES}'),
    "stale for more than a year": (
        refused_cache("ttl=1h stale_if_error=367d"),
        f'invalid value "367d" of "cache stale_if_error": {STALES}'),
    "revalidated for more than a year": (
        refused_cache("ttl=1h stale_while_revalidate=2y"),
        f'invalid value "2y" of "cache stale_while_revalidate": {STALES}'),
    "revalidated at once": (
        refused_cache("ttl=1h stale_while_revalidate=soon"),
        f'invalid value "soon" of "cache stale_while_revalidate": {STALES}'),
    "answers of nothing": (
        refused_cache("ttl=1h max_size=0"),
        f'invalid value "0" of "cache max_size": {SIZES}'),
    "answers that are too large": (
        refused_cache("ttl=1h max_size=8388609"),
        f'invalid value "8388609" of "cache max_size": {SIZES}'),
    "answers of a size in words": (
        refused_cache("ttl=1h max_size=any"),
        f'invalid value "any" of "cache max_size": {SIZES}'),
    "a hit that costs half": (
        refused_cache("ttl=1h hit_cost=half"),
        'invalid value "half" of "cache hit_cost": allowed are none, request, '
        'full'),
    "a temperature above all": (
        refused_cache("ttl=1h temperature=2.001"),
        f'invalid value "2.001" of "cache temperature": {TEMPERATURES}'),
    "a temperature finer than is counted": (
        refused_cache("ttl=1h temperature=0.0001"),
        f'invalid value "0.0001" of "cache temperature": {TEMPERATURES}'),
    "a temperature below nothing": (
        refused_cache("ttl=1h temperature=-1"),
        f'invalid value "-1" of "cache temperature": {TEMPERATURES}'),
    "a temperature that begins with its point": (
        refused_cache("ttl=1h temperature=.5"),
        f'invalid value ".5" of "cache temperature": {TEMPERATURES}'),
    "a temperature that ends with its point": (
        refused_cache("ttl=1h temperature=1."),
        f'invalid value "1." of "cache temperature": {TEMPERATURES}'),
    "a temperature in words": (
        refused_cache("ttl=1h temperature=warm"),
        f'invalid value "warm" of "cache temperature": {TEMPERATURES}'),
    "no choices": (
        refused_cache("ttl=1h n=0"),
        f'invalid value "0" of "cache n": {COUNTS}'),
    "129 choices": (
        refused_cache("ttl=1h n=129"),
        f'invalid value "129" of "cache n": {COUNTS}'),
    "a version of nothing": (
        refused_cache("ttl=1h version="),
        'invalid value "" of "cache version": allowed is a text that is not '
        'empty'),
    "a version of 65 letters": (
        refused_cache("ttl=1h version=" + 65 * "x"),
        f'invalid value "{65 * "x"}" of "cache version": {VERSIONS}'),
    "a version of two words": (
        refused_cache("ttl=1h 'version=a b'"),
        f'invalid value "a b" of "cache version": {VERSIONS}'),
    "a version beyond ASCII": (
        refused_cache("ttl=1h version=ä"),
        f'invalid value "ä" of "cache version": {VERSIONS}'),
    # cache_scope
    "a scope of nothing": (
        model("cache_scope;@here@"), '"cache_scope" takes 1 word, 0 given'),
    "a scope of all": (
        model("cache_scope all;@here@"),
        'invalid value "all" of "cache_scope": allowed are tenant, key, '
        'global'),
    "two scopes": (
        plan("cache_scope key;\ncache_scope key;@here@"),
        '"cache_scope" is given twice in "agent_plan"'),
    # what is not there
    "a model's cache without a zone": (
        model("cache ttl=1h;@here@", AGENT),
        '"cache" of model "gpt-test" needs "agent_cache_zone NAME:SIZE" in '
        'http {}'),
    "a tenant's cache without a zone": (
        tenant("cache ttl=1h;@here@", AGENT),
        '"cache" of tenant "team" needs "agent_cache_zone NAME:SIZE" in '
        'http {}'),
    "a plan's cache without a zone": (
        plan("cache ttl=1h;@here@", AGENT),
        '"cache" of plan "basic" needs "agent_cache_zone NAME:SIZE" in '
        'http {}'),
    "a model's scope without a zone": (
        model("cache_scope key;@here@", AGENT),
        '"cache_scope" of model "gpt-test" needs "agent_cache_zone '
        'NAME:SIZE" in http {}'),
    "a tenant's scope without a zone": (
        tenant("cache off;\ncache_scope key;@here@", AGENT),
        '"cache_scope" of tenant "team" needs "agent_cache_zone NAME:SIZE" '
        'in http {}'),
    "a plan's scope without a zone": (
        plan("cache_scope key;@here@", AGENT),
        '"cache_scope" of plan "basic" needs "agent_cache_zone NAME:SIZE" in '
        'http {}'),
    "answers in Redis without Redis": (
        model(SHARED + "@here@", SEALED),
        '"cache redis" of model "gpt-test" needs "agent_redis ADDRESS" in '
        'http {}'),
    "answers in Redis without a secret": (
        model(SHARED + "@here@", CACHE + REDIS),
        '"cache redis" of model "gpt-test" needs "agent_cache_zone ... '
        f'secret=", of {SECRETS[12:]}, in http {{}}'),
    "a plan's answers in Redis without a secret": (
        plan(SHARED + "@here@", CACHE + REDIS),
        '"cache redis" of plan "basic" needs "agent_cache_zone ... secret=", '
        f'of {SECRETS[12:]}, in http {{}}'),
    "a tenant's answers in Redis without Redis": (
        plan("cache ttl=1h;", SEALED, own=SHARED + "@here@"),
        '"cache redis" of tenant "team" needs "agent_redis ADDRESS" in '
        'http {}'),
    "answers above a tenth": (
        model("cache ttl=1h max_size=8m;@here@",
              AGENT + "agent_cache_zone answers:79m;"),
        '"cache max_size" of model "gpt-test" is 8388608 bytes, with an '
        '"agent_cache_zone" of 82837504: allowed are 8283750, a tenth of '
        'it'),
    "a plan's answers of a byte too much": (
        plan("cache ttl=1h max_size=104858;@here@",
             "agent_cache_zone answers:1m;\n" + AGENT),
        '"cache max_size" of plan "basic" is 104858 bytes, with an '
        '"agent_cache_zone" of 1048576: allowed are 104857, a tenth of it'),
    "a tenant's answers above a tenth": (
        plan("cache ttl=1h;", AGENT + "agent_cache_zone answers:4m;",
             own="cache ttl=1h max_size=1m;@here@"),
        '"cache max_size" of tenant "team" is 1048576 bytes, with an '
        '"agent_cache_zone" of 4194304: allowed are 419430, a tenth of it'),
}


@pytest.mark.parametrize("case", some(REFUSED, 30), ids=str)
def test_nginx_refuses(case, gateway):
    places, wanted = REFUSED[case]
    unready = gateway.make(http=LAYOUT, here=" # HERE", **config(**places))
    prepare(unready)
    accepted, said = unready.check()
    assert not accepted, "nginx -t accepted it"
    assert re.search(sentence(unready, wanted), said, re.M), said
    assert CANARY not in said


def test_a_name_of_two_sizes_is_refused(refused):
    """By nginx, where agent_zone comes second."""
    said = refused(LAYOUT, here="", **config(
        zone="agent_cache_zone gateway:64m;\n" + AGENT,
        inside_model=TARGET + "cache ttl=1h;"))
    assert 'shared memory zone "gateway" conflicts with already declared ' \
           "size 67108864 in " in said


def test_a_secret_that_is_not_there_is_refused(gateway):
    unready = gateway.make(http=LAYOUT, here="", **config(
        **zone("answers:1m secret=file:nowhere")))
    accepted, said = unready.check()
    assert not accepted
    assert re.search(
        rf'\[emerg\] .*agent: "agent_cache_zone secret" file '
        rf'"{re.escape(str(unready.prefix))}/nowhere" cannot be opened '
        rf"\(2: .*\) in {re.escape(str(unready.conf))}:\d+$", said, re.M), said


# ---- secrets --------------------------------------------------------------

def test_the_secret_is_in_no_dump(gateway):
    """nginx -T shows where it is, never what it is."""
    unready = gateway.make(http=LAYOUT, here="", **config(
        **zone("answers:1m secret=file:good.secret")))
    prepare(unready)
    unready.write()
    done = subprocess.run(unready.command("-T"), text=True,
                          env=unready.environment(), capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "secret=file:good.secret" in done.stdout
    assert CANARY not in done.stdout + done.stderr


def test_signals_need_no_secret(gateway, provider):
    """A reload from a shell without the variable still works."""
    g = gateway.make(provider(P.chats()), http=ZONE + """
        agent_cache_zone answers:1m secret=env:AG_TEST_SECRET;
        agent_provider main { dialect openai; url @provider@; }
        agent_model gpt-test { target main/upstream; cache ttl=1h; }
        agent_tenant team { key file:@team_key@; models *; }
        """ + SERVER, environment={"AG_TEST_SECRET": CANARY})
    g.secrets.append(CANARY)
    g.start()
    environment = {name: value for name, value in g.environment().items()
                   if name != "AG_TEST_SECRET"}
    done = subprocess.run(g.command("-s", "reload"), env=environment,
                          stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert g.chat(question()).status == 200


# ---- documented, and shown ------------------------------------------------

# Headings of the page; what comes before the first word that may be wrong.
DOCUMENTED = {
    "agent_cache_zone": {"more": "agent_cache_zone answers:1m nonsense=1;"},
    "cache": {"inside_model": TARGET + "cache nonsense=1;"},
}


def documented(directive):
    """The directive's part of the page, and its line "Syntax"."""
    text = (ROOT / "docs" / "directives.md").read_text()
    part = re.split(rf"^###? {directive}\n", text, flags=re.M)[1]
    part = re.split(r"^##", part, flags=re.M)[0]
    return part, re.search(r"Syntax \| (.*) \|", part)[1]


@pytest.mark.parametrize("directive", DOCUMENTED, ids=str)
def test_every_word_is_documented(directive, refused):
    said = refused(LAYOUT, **config(**DOCUMENTED[directive]))
    known = re.search(r"allowed are (.*) in ", said)[1].split(", ")
    _, syntax = documented(directive)
    assert set(re.findall(r"[a-z_]+=|(?<=\[)redis(?=\])|\boff\b", syntax)) \
        == set(known)


def test_every_scope_is_documented(refused):
    said = refused(LAYOUT, **config(**model("cache_scope nonsense;")))
    known = re.search(r"allowed are (.*) in ", said)[1].split(", ")
    _, syntax = documented("cache_scope")
    assert re.findall(r"\w+", syntax)[1:] == known


def test_the_least_zone_is_the_documented_one(refused):
    part, _ = documented("agent_cache_zone")
    least = re.search(r"the smallest size is (\w+)", part)[1]
    said = refused(LAYOUT, **config(more="agent_cache_zone answers:1k;"))
    assert f"too small: allowed is {least} or more" in said


def test_the_ready_configuration_is_accepted(gateway):
    unready = gateway.make()
    ready(unready, "cache.conf")
    good, said = unready.check()
    assert good, said
    # only what this machine makes of it
    said = re.sub(r".*(could not build|conflicting server|the \"user\""
                  r"|could not be resolved).*\n", "", said)
    assert "[warn]" not in said, said


def test_the_ready_configuration_shows_what_there_is(refused):
    text = (ROOT / "lua-free-conf" / "cache.conf").read_text()
    for name in re.findall(r"[a-z_]+(?==)", WORDS):
        assert f" {name}=" in text, name
    assert "cache off;" in text and "cache_scope key;" in text


@pytest.mark.smoke
def test_the_comments_of_the_ready_configuration_are_right(gateway):
    """With Redis and a secret, as its comments show it."""
    text = (ROOT / "lua-free-conf" / "cache.conf").read_text()
    shown = [line.partition("#   ")[2] for line in text.split("\n")
             if re.search(r"#   (agent_|cache ttl)", line)]
    assert len(shown) == 3, shown
    unready = gateway.make(http=LAYOUT, **config(
        zone=AGENT + "\n".join(shown[:2]), inside_model=TARGET + shown[2]))
    (unready.prefix / "keys").mkdir(exist_ok=True)
    (unready.prefix / "keys" / "cache.secret").write_text(CANARY)
    good, said = unready.check()
    assert good, said
