"""nginx -t: what can be said about failures and load, and how it is refused.

Every refusal is compared as a whole: the words, the value, what is allowed,
the file and the line.
"""

import json
import re
import subprocess

import pytest

import providers as P
from gateway import ROOT, SERVER, ZONE
from test_config import LAYOUT, config

pytestmark = pytest.mark.smoke

PROVIDER = """dialect openai; url http://127.0.0.1:9/v1;
        key file:@provider_key@;
        """

# More providers, tagged, for what a name alone cannot show.
OTHERS = """agent_provider second {
        dialect openai; url http://127.0.0.1:8; url http://127.0.0.1:7;
        tags eu private; }
    agent_provider other { dialect openai; url http://127.0.0.1:8; tags us; }
    agent_provider claude { dialect anthropic; url http://127.0.0.1:8; }
    agent_provider answers { dialect responses; url http://127.0.0.1:8; }
    """

URLS = "".join(f"url http://127.0.0.1:{9100 + n}; " for n in range(33))
TARGETS = "".join(f"target main/m{n}; " for n in range(33))
TAGS = " ".join(f"tag{n}" for n in range(65))

WEIGHT = "allowed is a count from 1 to 1000"
BALANCES = "allowed are weighted, round_robin, least_busy, least_latency, " \
           "hash=session"
CAUSES = "allowed are error, timeout, rate_limit, context_length, " \
         "content_policy, validation; several with commas between"
NAMES = "allowed are 1 to 64 characters of A-Z a-z 0-9 . _ : @ + -"


def inside_provider(lines):
    return {"inside_provider": PROVIDER + lines}


def inside_model(lines):
    return {"inside_model": lines, "more": OTHERS}


def inside_tenant(lines):
    return {"inside_tenant": "key file:@team_key@; models gpt-test;\n" + lines,
            "more": OTHERS}


def prepare(unready):
    """The files that the configurations name."""
    folder = unready.prefix
    (folder / "good.json").write_text('{"type": "object"}')
    (folder / "broken.json").write_text('{"type": ')
    (folder / "wrong.json").write_text('{"type": "objekt"}')
    (folder / "remote.json").write_text('{"$ref": "https://x.test/a.json"}')
    (folder / "large.json").write_text('{"type": "object"}' + " " * 262144)
    unready.secret("other_key")


# ---- accepted -------------------------------------------------------------

ACCEPTED = [inside_provider(lines) for lines in (
    # replicas and keys
    "url http://127.0.0.1:8/v1 weight=1000; url http://[::1]:8/v1 down;",
    "url http://127.0.0.1:8/v1 down weight=3;",
    "key file:@other_key@ weight=1000; key env:AG_TEST_UNSET optional;",
    # retry
    "retry attempts=1;", "retry attempts=10 base=1ms factor=1 max=1ms;",
    "retry attempts=3 base=500ms factor=2 max=10s;", "retry factor=1.5;",
    "retry base=10m factor=10 max=10m;", "retry factor=1.25 max=100ms;",
    "retry base=20s;",
    # breaker
    "breaker failures=5 window=60s open=30s probes=2 successes=3;",
    "breaker failures=5 window=60s open=30s probes=2 successes=3 ratio=50% "
    "volume=20;",
    "breaker ratio=1%;", "breaker ratio=100% volume=1;", "breaker off;",
    "breaker failures=1m window=100ms open=10ms probes=16 successes=1;",
    "breaker window=1h open=1h probes=1;",
    # limit
    "limit concurrency=1;", "limit concurrency=200 queue=100 wait=2s;",
    "limit concurrency=1m queue=1m wait=10m;", "limit concurrency=5 queue=0;",
    # balance
    "balance weighted;", "balance round_robin;", "balance least_busy;",
    "balance least_latency;", "balance hash=session;",
    # health
    "health path=/health;", "health path=/ interval=1s timeout=10ms;",
    "health path=/health?full=1 interval=1h timeout=5m;",
    # tags, down
    "tags eu;", "tags eu private a.b_c:d@e+f-9;", "down;",
    "tags " + " ".join(f"t{n}" for n in range(64)) + ";")]

# who is down need not be found
ACCEPTED += [inside_provider(lines) for lines in (
    "url http://nobody.invalid/v1 down; private on;",
    "url http://nobody.invalid/v1; private on; down;")]

ACCEPTED += [inside_model(lines) for lines in (
    # tiers
    "target main; target main/other-name;",
    "target main/a weight=95; target second/b weight=5;",
    "target main; fallback second; fallback other/x/y;",
    "fallback second; target main; fallback other; target main/b;",
    "target main; fallback second on=error;",
    "target main; fallback second on=error,timeout,rate_limit,"
    "context_length,content_policy,validation;",
    "target main/a; fallback answers/a;",
    "".join(f"target main/m{n}; " for n in range(32)),
    # attempts
    "target main; attempts 1;", "target main; attempts 32 within=24h;",
    "target main; attempts 4 within=1ms;",
    # balance
    "target main; balance least_latency;", "target main; balance weighted;",
    # validate
    "target main; validate request;", "target main; validate off;",
    "target main; validate json again;", "target main; validate tag=answer;",
    "target main; validate request json tag=_a.b-9 schema=good.json "
    "'regex=^[{;]\\d+$' min_length=16777216 again;",
    "target main; validate schema=@prefix@/good.json;",
    # buffer
    "target main; buffer off;", "target main; buffer all;",
    "target main; buffer 64k;", "target main; buffer 1;",
    "target main; buffer 16m;",
    # hedge
    "target main; hedge after=800ms;", "target main; hedge after=p95;",
    "target main; hedge after=p50 share=0.1%;",
    "target main; hedge after=p99 share=100%;",
    "target main; hedge after=1h share=2.5%;",
    # maintenance
    "target main; maintenance 'Back soon.';",
    "target main; maintenance 'Gleich zurück \\\"x\\\".' retry=1s;",
    "target main; maintenance x retry=24h;")]

ACCEPTED += [inside_tenant("require eu;"), inside_tenant("require eu private;"),
             inside_tenant("require us;")]

ACCEPTED += [{"more": f"agent_shed {words};"} for words in (
    "calls=1", "calls=1m", "lag=1ms", "lag=1m", "memory=16m", "memory=1024g",
    "calls=20k lag=500ms memory=4g")]


@pytest.mark.parametrize(
    "places", ACCEPTED,
    ids=lambda p: (p.get("inside_provider", "")[len(PROVIDER):]
                   or p.get("inside_model", "")
                   or p.get("inside_tenant", "").partition("\n")[2]
                   or p["more"])[:80])
def test_nginx_accepts(places, gateway):
    if "require" in str(places):
        places = dict(places, inside_model="target second; target other;")
    unready = gateway.make(http=LAYOUT, **config(**places))
    prepare(unready)
    good, said = unready.check()
    assert good, said
    assert "[warn]" not in said, said


# ---- refused --------------------------------------------------------------

# (places, the whole sentence); the line is that of `@here@`
REFUSED = {
    # url
    "a url's weight of nothing": (
        inside_provider("\nurl http://127.0.0.1:8 weight=0;@here@"),
        'invalid value "0" of "url weight": ' + WEIGHT),
    "a url's weight that is too large": (
        inside_provider("\nurl http://127.0.0.1:8 weight=1001;@here@"),
        'invalid value "1001" of "url weight": ' + WEIGHT),
    "an unknown word behind a url": (
        inside_provider("\nurl http://127.0.0.1:8 backup;@here@"),
        'unknown word "backup" in "url": allowed are weight=, down'),
    "a url that is down twice": (
        inside_provider("\nurl http://127.0.0.1:8 down down;@here@"),
        '"down" is given twice in "url"'),
    "a url twice, but for the slash": (
        inside_provider("\nurl http://127.0.0.1:9/v1/ weight=2;@here@"),
        'url "http://127.0.0.1:9/v1" is given twice in provider "main"'),
    "http beside https": (
        inside_provider("\nurl https://127.0.0.1:8/v1;@here@"),
        'url "https://127.0.0.1:8/v1" beside "http://127.0.0.1:9/v1" in '
        'provider "main": allowed are urls of one scheme, all http or all '
        'https'),
    "33 urls": (
        {"inside_provider": "dialect openai;\n" + URLS + "@here@"},
        'too many "url" lines in provider "main": allowed are 32'),
    "17 keys": (
        inside_provider("\n" + "key file:@other_key@; " * 16 + "@here@"),
        'too many "key" lines in provider "main": allowed are 16'),
    # retry
    "a retry without words": (
        inside_provider("\nretry;@here@"),
        '"retry" takes 1 to 4 words, 0 given'),
    "no attempt": (
        inside_provider("\nretry attempts=0;@here@"),
        'invalid value "0" of "retry attempts": allowed is a count from 1 '
        'to 10'),
    "eleven attempts": (
        inside_provider("\nretry attempts=11;@here@"),
        'invalid value "11" of "retry attempts": allowed is a count from 1 '
        'to 10'),
    "a base that is no time": (
        inside_provider("\nretry base=soon;@here@"),
        'invalid value "soon" of "retry base": allowed is a time from 1ms '
        'to 10m'),
    "a base of nothing": (
        inside_provider("\nretry base=0;@here@"),
        'invalid value "0" of "retry base": allowed is a time from 1ms to '
        '10m'),
    "a factor below one": (
        inside_provider("\nretry factor=0.99;@here@"),
        'invalid value "0.99" of "retry factor": allowed is a factor like '
        '1.5 from 1 to 10'),
    "a factor above ten": (
        inside_provider("\nretry factor=10.01;@here@"),
        'invalid value "10.01" of "retry factor": allowed is a factor like '
        '1.5 from 1 to 10'),
    "a factor with three decimals": (
        inside_provider("\nretry factor=1.555;@here@"),
        'invalid value "1.555" of "retry factor": allowed is a factor like '
        '1.5 from 1 to 10'),
    "a factor that ends with its point": (
        inside_provider("\nretry factor=2.;@here@"),
        'invalid value "2." of "retry factor": allowed is a factor like 1.5 '
        'from 1 to 10'),
    "a factor with a percent sign": (
        inside_provider("\nretry factor=150%;@here@"),
        'invalid value "150%" of "retry factor": allowed is a factor like '
        '1.5 from 1 to 10'),
    "a base above its maximum": (
        inside_provider("\nretry base=2s max=1s;@here@"),
        '"retry base" is 2000ms and "retry max" is 1000ms: allowed is a base '
        'up to max'),
    "a maximum that is too long": (
        inside_provider("\nretry max=11m;@here@"),
        'invalid value "11m" of "retry max": allowed is a time from 1ms to '
        '10m'),
    "an unknown word of retry": (
        inside_provider("\nretry jitter=full;@here@"),
        'unknown word "jitter=full" in "retry": allowed are attempts=, '
        'base=, factor=, max='),
    "retry twice": (
        inside_provider("retry attempts=2;\nretry attempts=3;@here@"),
        '"retry" is given twice in "agent_provider"'),
    # breaker
    "a breaker of no failure": (
        inside_provider("\nbreaker failures=0;@here@"),
        'invalid value "0" of "breaker failures": allowed is a count from 1 '
        'to 1000000'),
    "a breaker without a window": (
        inside_provider("\nbreaker window=99ms;@here@"),
        'invalid value "99ms" of "breaker window": allowed is a time from '
        '100ms to 1h'),
    "a breaker that opens for no time": (
        inside_provider("\nbreaker open=9ms;@here@"),
        'invalid value "9ms" of "breaker open": allowed is a time from 10ms '
        'to 1h'),
    "17 probes": (
        inside_provider("\nbreaker probes=17;@here@"),
        'invalid value "17" of "breaker probes": allowed is a count from 1 '
        'to 16'),
    "a breaker of no success": (
        inside_provider("\nbreaker successes=none;@here@"),
        'invalid value "none" of "breaker successes": allowed is a count '
        'from 1 to 1000000'),
    "a ratio without its percent sign": (
        inside_provider("\nbreaker ratio=50;@here@"),
        'invalid value "50" of "breaker ratio": allowed is a percentage from '
        '1% to 100%'),
    "a ratio of nothing": (
        inside_provider("\nbreaker ratio=0%;@here@"),
        'invalid value "0%" of "breaker ratio": allowed is a percentage from '
        '1% to 100%'),
    "a ratio of more than all": (
        inside_provider("\nbreaker ratio=101%;@here@"),
        'invalid value "101%" of "breaker ratio": allowed is a percentage '
        'from 1% to 100%'),
    "a ratio with a fraction": (
        inside_provider("\nbreaker ratio=0.5%;@here@"),
        'invalid value "0.5%" of "breaker ratio": allowed is a percentage '
        'from 1% to 100%'),
    "a volume without a ratio": (
        inside_provider("\nbreaker failures=5 volume=30;@here@"),
        '"breaker volume" without a ratio: allowed is ratio=50% volume=30'),
    "a breaker that is off beside its numbers": (
        inside_provider("\nbreaker failures=5 off;@here@"),
        '"off" of "breaker" beside other words: allowed is "breaker off" '
        'alone'),
    "a breaker that is on": (
        inside_provider("\nbreaker on;@here@"),
        'unknown word "on" in "breaker": allowed are failures=, window=, '
        'open=, probes=, successes=, ratio=, volume=, off'),
    # limit
    "a concurrency of nothing": (
        inside_provider("\nlimit concurrency=0;@here@"),
        'invalid value "0" of "limit concurrency": allowed is a count from 1 '
        'to 1000000'),
    "a queue alone": (
        inside_provider("\nlimit queue=5;@here@"),
        '"limit" of provider "main" has no "concurrency=": allowed is '
        'concurrency=N [queue=N] [wait=TIME]'),
    "a wait alone": (
        inside_provider("\nlimit wait=5s;@here@"),
        '"limit" of provider "main" has no "concurrency=": allowed is '
        'concurrency=N [queue=N] [wait=TIME]'),
    "a wait without a queue": (
        inside_provider("\nlimit concurrency=5 wait=5s;@here@"),
        '"limit wait" of provider "main" without a queue: allowed is queue=N '
        'wait=TIME'),
    "a wait that is too long": (
        inside_provider("\nlimit concurrency=5 queue=5 wait=11m;@here@"),
        'invalid value "11m" of "limit wait": allowed is a time from 1ms to '
        '10m'),
    "an unknown word of limit": (
        inside_provider("\nlimit requests=5;@here@"),
        'unknown word "requests=5" in "limit": allowed are concurrency=, '
        'queue=, wait='),
    # balance
    "an unknown balance of a provider": (
        inside_provider("\nbalance random;@here@"),
        'invalid value "random" of "balance": ' + BALANCES),
    "an unknown balance of a model": (
        inside_model("target main;\nbalance hash=user;@here@"),
        'invalid value "hash=user" of "balance": ' + BALANCES),
    "two balances": (
        inside_provider("\nbalance weighted least_busy;@here@"),
        '"balance" takes 1 word, 2 given'),
    # health
    "health without a path": (
        inside_provider("\nhealth interval=5s;@here@"),
        '"health" of provider "main" has no "path=": allowed is path=/PATH '
        '[interval=TIME] [timeout=TIME]'),
    "a path that is none": (
        inside_provider("\nhealth path=health;@here@"),
        'invalid value "health" of "health path": allowed is a path that '
        'begins with /, at most 2048 visible ASCII characters without #'),
    "a path with a blank": (
        inside_provider('\nhealth "path=/a b";@here@'),
        'invalid value "/a b" of "health path": allowed is a path that '
        'begins with /, at most 2048 visible ASCII characters without #'),
    "a path with a fragment": (
        inside_provider('\nhealth "path=/a#b";@here@'),
        'invalid value "/a#b" of "health path": allowed is a path that '
        'begins with /, at most 2048 visible ASCII characters without #'),
    "an interval that is too short": (
        inside_provider("\nhealth path=/ interval=999ms;@here@"),
        'invalid value "999ms" of "health interval": allowed is a time from '
        '1s to 1h'),
    "an interval that is too long": (
        inside_provider("\nhealth path=/ interval=2h;@here@"),
        'invalid value "2h" of "health interval": allowed is a time from 1s '
        'to 1h'),
    "a timeout of a check that is none": (
        inside_provider("\nhealth path=/ timeout=never;@here@"),
        'invalid value "never" of "health timeout": allowed is a time from '
        '10ms to 5m'),
    # tags
    "tags without a name": (
        inside_provider("\ntags;@here@"),
        '"tags" takes at least 1 word, 0 given'),
    "a tag that is no name": (
        inside_provider("\ntags eu/west;@here@"),
        'invalid tag name "eu/west": ' + NAMES),
    "a tag twice": (
        inside_provider("\ntags eu eu;@here@"),
        '"eu" is given twice in "tags"'),
    "65 tags": (
        inside_provider("\ntags " + TAGS + ";@here@"),
        'too many tags at "tag64": allowed are 64 names'),
    # down
    "down on": (
        inside_provider("\ndown on;@here@"),
        '"down" takes 0 words, 1 given'),
    # targets
    "the same target twice": (
        inside_model("target main/a;\ntarget main/a weight=2;@here@"),
        '"main/a" is given twice in model "gpt-test" (the first one is in '
        '@conf@:@before@)'),
    "a fallback that is a target": (
        inside_model("target main;\nfallback main;@here@"),
        '"main/gpt-test" is given twice in model "gpt-test" (the first one '
        'is in @conf@:@before@)'),
    "a target that is the fallback before it": (
        inside_model("\nfallback main/a;@here@\ntarget main/a;"),
        '"main/a" is given twice in model "gpt-test" (the first one is in '
        '@conf@:@behind@)'),
    "a fallback without a target": (
        {"models": "agent_model gpt-test {@here@\nfallback main; }"},
        'model "gpt-test" has no "target": allowed are PROVIDER, '
        'PROVIDER/MODEL'),
    "an unknown provider of a fallback": (
        {"inside_model": "target main;\nfallback nobody;@here@"},
        'unknown provider "nobody" of "fallback": allowed are main'),
    "an unknown cause": (
        inside_model("target main;\nfallback second on=error,flood;@here@"),
        'invalid value "error,flood" of "fallback on": ' + CAUSES),
    "a cause twice": (
        inside_model("target main;\nfallback second on=error,error;@here@"),
        'invalid value "error,error" of "fallback on": ' + CAUSES),
    "no cause": (
        inside_model("target main;\nfallback second on=;@here@"),
        'invalid value "" of "fallback on": ' + CAUSES),
    "a comma without a cause": (
        inside_model("target main;\nfallback second on=error,;@here@"),
        'invalid value "error," of "fallback on": ' + CAUSES),
    "a fallback's weight": (
        inside_model("target main;\nfallback second weight=2;@here@"),
        'unknown word "weight=2" in "fallback": allowed are on='),
    "a target's cause": (
        inside_model("\ntarget main on=error;@here@"),
        'unknown word "on=error" in "target": allowed are weight='),
    "33 targets": (
        inside_model("\n" + TARGETS + "@here@"),
        'too many targets in model "gpt-test": allowed are 32, with its '
        'fallbacks'),
    # attempts
    "attempts without a number": (
        inside_model("target main;\nattempts;@here@"),
        '"attempts" takes 1 to 2 words, 0 given'),
    "no attempts": (
        inside_model("target main;\nattempts 0;@here@"),
        'invalid value "0" of "attempts": allowed is a count from 1 to 32'),
    "33 attempts": (
        inside_model("target main;\nattempts 33;@here@"),
        'invalid value "33" of "attempts": allowed is a count from 1 to 32'),
    "attempts within nothing": (
        inside_model("target main;\nattempts 4 within=0;@here@"),
        'invalid value "0" of "attempts within": allowed is a time from 1ms '
        'to 24h'),
    "an unknown word of attempts": (
        inside_model("target main;\nattempts 4 per=1m;@here@"),
        'unknown word "per=1m" in "attempts": allowed are within='),
    # validate
    "a validation of nothing": (
        inside_model("target main;\nvalidate;@here@"),
        '"validate" takes at least 1 word, 0 given'),
    "an unknown validation": (
        inside_model("target main;\nvalidate xml;@here@"),
        'unknown word "xml" in "validate": allowed are request, json, off, '
        'tag=, schema=, regex=, min_length=, again'),
    "no validation, and one": (
        inside_model("target main;\nvalidate off json;@here@"),
        '"off" of "validate" beside other words: allowed is "validate off" '
        'alone'),
    "again alone": (
        inside_model("target main;\nvalidate again;@here@"),
        '"again" of "validate" alone: allowed is it beside request, json, '
        'tag=, schema=, regex= or min_length='),
    "a tag of an answer that is no name": (
        inside_model("target main;\nvalidate tag=9a;@here@"),
        'invalid value "9a" of "validate tag": allowed are 1 to 64 '
        'characters of A-Z a-z 0-9 . _ -, of which the first is a letter '
        'or _'),
    "a tag of an answer with a bracket": (
        inside_model("target main;\nvalidate tag=a>;@here@"),
        'invalid value "a>" of "validate tag": allowed are 1 to 64 '
        'characters of A-Z a-z 0-9 . _ -, of which the first is a letter '
        'or _'),
    "an empty tag of an answer": (
        inside_model("target main;\nvalidate tag=;@here@"),
        'invalid value "" of "validate tag": allowed is a text that is not '
        'empty'),
    "a length of nothing": (
        inside_model("target main;\nvalidate min_length=0;@here@"),
        'invalid value "0" of "validate min_length": allowed is a count from '
        '1 to 16777216'),
    "a regular expression that is none": (
        inside_model("target main;\nvalidate 'regex=a(b';@here@"),
        r're:invalid value "a\(b" of "validate regex", it [a-z ]+ at byte '
        r'\d: allowed is a regular expression of at most 4096 bytes'),
    "a schema that is no JSON": (
        inside_model("target main;\nvalidate schema=broken.json;@here@"),
        r're:"validate schema" file "@prefix@/broken.json" is refused, '
        r'[a-zJSON, ]+: allowed is a JSON Schema of draft 2020-12'),
    "a schema that is none": (
        inside_model("target main;\nvalidate schema=wrong.json;@here@"),
        r're:"validate schema" file "@prefix@/wrong.json" is refused, "type" '
        r'[a-z ]+: allowed is a JSON Schema of draft 2020-12'),
    "a schema that is elsewhere": (
        inside_model("target main;\nvalidate schema=remote.json;@here@"),
        r're:"validate schema" file "@prefix@/remote.json" is refused, '
        r'"\$ref" [a-z ]+: allowed is a JSON Schema of draft 2020-12'),
    "a schema that is too large": (
        inside_model("target main;\nvalidate schema=large.json;@here@"),
        '"validate schema" file "@prefix@/large.json" is too large: allowed '
        'are 262144 bytes'),
    # buffer
    "an unknown buffer": (
        inside_model("target main;\nbuffer some;@here@"),
        'invalid value "some" of "buffer": allowed is a size from 1 to 16m, '
        'or off, or all'),
    "a buffer of nothing": (
        inside_model("target main;\nbuffer 0;@here@"),
        'invalid value "0" of "buffer": allowed is a size from 1 to 16m, or '
        'off, or all'),
    "a buffer that is too large": (
        inside_model("target main;\nbuffer 17m;@here@"),
        'invalid value "17m" of "buffer": allowed is a size from 1 to 16m, '
        'or off, or all'),
    # hedge
    "a hedge without a time": (
        inside_model("target main;\nhedge share=5%;@here@"),
        '"hedge" of model "gpt-test" has no "after=": allowed is after=TIME '
        'or after=p95, and share=5%'),
    "a hedge after nothing": (
        inside_model("target main;\nhedge after=0;@here@"),
        'invalid value "0" of "hedge after": allowed is a time from 1ms to '
        '1h, or p50 to p99'),
    "a hedge after too long": (
        inside_model("target main;\nhedge after=2h;@here@"),
        'invalid value "2h" of "hedge after": allowed is a time from 1ms to '
        '1h, or p50 to p99'),
    "a hedge after a percentile that is too low": (
        inside_model("target main;\nhedge after=p49;@here@"),
        'invalid value "p49" of "hedge after": allowed is a time from 1ms to '
        '1h, or p50 to p99'),
    "a hedge after a percentile that is none": (
        inside_model("target main;\nhedge after=p999;@here@"),
        'invalid value "p999" of "hedge after": allowed is a time from 1ms '
        'to 1h, or p50 to p99'),
    "a hedge of no share": (
        inside_model("target main;\nhedge after=1s share=0%;@here@"),
        'invalid value "0%" of "hedge share": allowed is a percentage from '
        '0.1% to 100%'),
    "a hedge of a share that is too fine": (
        inside_model("target main;\nhedge after=1s share=0.05%;@here@"),
        'invalid value "0.05%" of "hedge share": allowed is a percentage '
        'from 0.1% to 100%'),
    "a hedge of more than all": (
        inside_model("target main;\nhedge after=1s share=100.1%;@here@"),
        'invalid value "100.1%" of "hedge share": allowed is a percentage '
        'from 0.1% to 100%'),
    "a hedge of a share without its percent sign": (
        inside_model("target main;\nhedge after=1s share=0.05;@here@"),
        'invalid value "0.05" of "hedge share": allowed is a percentage from '
        '0.1% to 100%'),
    # maintenance
    "a maintenance without a text": (
        inside_model("target main;\nmaintenance '';@here@"),
        'invalid text of "maintenance" in model "gpt-test": allowed are 1 to '
        '500 bytes of UTF-8 without control characters'),
    "a maintenance of two lines": (
        inside_model('target main;\nmaintenance "a\\nb";@here@'),
        'invalid text of "maintenance" in model "gpt-test": allowed are 1 to '
        '500 bytes of UTF-8 without control characters'),
    "a maintenance that is too long": (
        inside_model("target main;\nmaintenance " + "x" * 501 + ";@here@"),
        'invalid text of "maintenance" in model "gpt-test": allowed are 1 to '
        '500 bytes of UTF-8 without control characters'),
    "a maintenance with a wait that is too short": (
        inside_model("target main;\nmaintenance x retry=999ms;@here@"),
        'invalid value "999ms" of "maintenance retry": allowed is a time '
        'from 1s to 24h'),
    "a maintenance whose text is not quoted": (
        inside_model("target main;\nmaintenance back soon;@here@"),
        'unknown word "soon" in "maintenance": allowed are retry='),
    # require
    "a required tag that no provider has": (
        inside_tenant("require eu mars;@here@"),
        'unknown tag "mars" in "require" of tenant "team": allowed are eu, '
        'private, us'),
    "a required tag where nobody has one": (
        {"inside_tenant": "key file:@team_key@; models gpt-test;\n"
                          "require eu;@here@"},
        'unknown tag "eu" in "require" of tenant "team": allowed are none, '
        'no provider has "tags"'),
    "a required tag that is no name": (
        inside_tenant("require *;@here@"), 'invalid tag name "*": ' + NAMES),
    "a required tag twice": (
        inside_tenant("require eu eu;@here@"),
        '"eu" is given twice in "require"'),
    "require twice": (
        inside_tenant("require eu;\nrequire us;@here@"),
        '"require" is given twice in "agent_tenant"'),
    # shed
    "shedding without a bound": (
        {"more": "agent_shed;@here@"},
        '"agent_shed" takes at least 1 word, 0 given: allowed are calls=, '
        'lag=, memory='),
    "shedding from the first call on": (
        {"more": "agent_shed calls=0;@here@"},
        'invalid value "0" of "agent_shed calls": allowed is a count from 1 '
        'to 1000000'),
    "shedding at a lag that is none": (
        {"more": "agent_shed lag=high;@here@"},
        'invalid value "high" of "agent_shed lag": allowed is a time from '
        '1ms to 1m'),
    "shedding at a memory that every worker has": (
        {"more": "agent_shed memory=1m;@here@"},
        'invalid value "1m" of "agent_shed memory": allowed is a size from '
        '16m to 1024g'),
    "an unknown word of shedding": (
        {"more": "agent_shed load=5;@here@"},
        'unknown word "load=5" in "agent_shed": allowed are calls=, lag=, '
        'memory='),
}


def sentence(unready, wanted):
    """The refusal as nginx logs it, as a regular expression."""
    lines = unready.conf.read_text().split("\n")
    line = next(n for n, text in enumerate(lines, 1) if "# HERE" in text)
    wanted = wanted[3:] if wanted.startswith("re:") else re.escape(wanted)
    for name, value in (("prefix", unready.prefix), ("conf", unready.conf),
                        ("before", line - 1), ("behind", line + 1)):
        wanted = wanted.replace(f"@{name}@", re.escape(str(value)))
    return rf"\[emerg\] .*agent: {wanted} in " \
           rf"{re.escape(str(unready.conf))}:{line}$"


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_nginx_refuses(case, gateway):
    places, wanted = REFUSED[case]
    unready = gateway.make(http=LAYOUT, here=" # HERE", **config(**places))
    prepare(unready)
    accepted, said = unready.check()
    assert not accepted, "nginx -t accepted it"
    assert re.search(sentence(unready, wanted), said, re.M), said


def test_a_schema_that_is_not_there_is_refused(refused):
    said = refused(LAYOUT, **config(
        inside_model="target main; validate schema=nowhere.json;"))
    assert re.search(r'agent: "validate schema" file "\S+/nowhere.json" '
                     r"cannot be opened \(2: .*\) in \S+nginx.conf:\d+", said)


@pytest.mark.parametrize("directive", [
    "calls=1;\nagent_shed lag=1s", "lag=1s;\nagent_shed calls=1",
    "memory=1g;\nagent_shed memory=1g"])
def test_shedding_twice_is_refused(directive, refused):
    said = refused(LAYOUT, **config(more=f"agent_shed {directive};"))
    assert '"agent_shed" directive is duplicate in ' in said


def test_a_model_that_a_tenants_tags_leave_without_a_target_is_a_warning(
        accepted):
    said = accepted(LAYOUT, **config(
        models="agent_model gpt-test { target main; fallback second; }\n"
               "agent_model fast { target main; fallback half; }\n"
               "agent_model unused { target main; }",
        inside_tenant="key file:@team_key@; models gpt-test fast;\n"
                      "require eu private;",
        more=OTHERS + "agent_provider half { dialect openai; "
                      "url http://127.0.0.1:8; tags private us; }"))
    assert set(re.findall(r"\[warn\] .*agent: (.*) in \S+:\d+$", said,
                          re.M)) == {
        'no target of model "fast" has the tags that tenant "team" requires'}


def test_a_target_of_another_dialect_stands_in(accepted):
    """Whatever it speaks, it answers chats, messages and responses."""
    said = accepted(LAYOUT, **config(
        models="agent_model gpt-test { target main;\nfallback claude/x; }",
        more=OTHERS))
    assert "[warn]" not in said


# ---- documented, and shown ------------------------------------------------

# Where each directive of this page stands, and what comes before the first
# word that may be wrong.
DIRECTIVES = {
    "url": ("inside_provider", "http://127.0.0.1:9 "),
    "retry": ("inside_provider", ""), "breaker": ("inside_provider", ""),
    "limit": ("inside_provider", ""), "health": ("inside_provider", ""),
    "target": ("inside_model", "main "),
    "fallback": ("inside_model", "main "),
    "attempts": ("inside_model", "4 "), "validate": ("inside_model", ""),
    "hedge": ("inside_model", ""), "maintenance": ("inside_model", "x "),
    "agent_shed": ("more", ""),
}


@pytest.mark.parametrize("directive", DIRECTIVES, ids=str)
def test_every_word_is_documented(directive, refused):
    place, before = DIRECTIVES[directive]
    said = refused(LAYOUT, **config(**{
        place: f"{directive} {before}nonsense;"}))
    known = re.search(r"allowed are (.*) in ", said)[1].split(", ")
    text = (ROOT / "docs" / "directives.md").read_text()
    syntax = re.search(rf"Syntax \| (`{directive} .*) \|", text)[1]
    shown = re.findall(r"[\[` ]([a-z_]+=|(?:off|down|again|json|request)\b)",
                       syntax.replace(f"`{directive}", "`"))
    assert sorted(set(shown)) == sorted(known)


def test_every_balance_and_cause_is_documented():
    text = (ROOT / "docs" / "directives.md").read_text()
    for name in BALANCES.partition("are ")[2].split(", "):
        assert f"| `{name}` |" in text
    for name in CAUSES.partition("are ")[2].partition(";")[0].split(", "):
        assert f"| `{name}` |" in text


def ready(unready, name):
    """A configuration of lua-free-conf as it is, but for where it runs."""
    text = (ROOT / "lua-free-conf" / name).read_text()
    for line in ("user", "pid", "error_log", "load_module"):
        text, count = re.subn(rf"(?m)^{line} .*;$", "", text)
        assert count == 1, line
    start = unready.text().partition("worker_processes")[0]
    start += f"pid {unready.prefix}/nginx.pid;\n"
    unready.text = lambda: start + text


def test_the_ready_configuration_is_accepted(gateway):
    unready = gateway.make()
    ready(unready, "resilience.conf")
    schema = (ROOT / "lua-free-conf" / "invoice.json").read_text()
    (unready.prefix / "invoice.json").write_text(schema)
    good, said = unready.check()
    assert good, said
    # only what this machine makes of it
    said = re.sub(r".*(could not build|conflicting server|the \"user\").*\n",
                  "", said)
    assert "[warn]" not in said, said


def test_the_ready_configuration_shows_every_directive():
    text = (ROOT / "lua-free-conf" / "resilience.conf").read_text()
    shown = set(re.findall(r"^ *([a-z_]+)\b[^#\n]*[;{]", text, re.M))
    assert shown >= {*DIRECTIVES, "balance", "tags", "down", "buffer",
                     "require"}


# ---- what the lines mean --------------------------------------------------

MEANING = ZONE + """
    @shed@
    agent_provider one { dialect openai; url @one@; retry attempts=1; @lines@ }
    agent_provider two { dialect openai; url @two@; retry attempts=1; tags eu; }
    agent_model gpt-test { @model@ }
    agent_tenant team { key file:@team_key@; models *; @tenant@ }
""" + SERVER


BROKEN = P.says(P.whole({"error": {"message": "no"}}, status=500))


@pytest.fixture
def pair(gateway, provider):
    """A gateway in front of two providers."""

    def run(model, lines="", tenant="", shed="", one=None, schema=None):
        first, second = provider(one or P.chats()), provider(P.chats())
        g = gateway.make(http=MEANING, model=model, lines=lines,
                         tenant=tenant, shed=shed, one=first.url,
                         two=second.url)
        (g.prefix / "x.json").write_text(json.dumps(schema))
        return g.start(), first, second

    return run


def test_a_fallback_is_no_target_wherever_it_stands(pair):
    g, one, two = pair("fallback two; target one;")
    assert [g.chat().status for _ in range(5)] == [200] * 5
    assert (len(one.requests), len(two.requests)) == (5, 0)


def test_a_fallback_answers_for_its_causes_alone(pair):
    g, _, two = pair("target one; fallback two on=timeout,rate_limit;",
                     one=BROKEN)
    assert g.chat().error["code"] == "provider_error"
    g, _, other = pair("target one; fallback two on=error;", one=BROKEN)
    assert g.chat().status == 200
    assert (len(two.requests), len(other.requests)) == (0, 1)


def test_a_provider_that_is_down_is_not_asked(pair):
    g, one, two = pair("target one; fallback two on=error;", lines="down;")
    assert g.chat().status == 200
    assert (len(one.requests), len(two.requests)) == (0, 1)
    g, one, _ = pair("target one;", lines="down;")
    assert g.chat().error["code"] == "no_healthy_provider"
    assert one.requests == []


def test_a_url_that_is_down_is_not_asked(pair, provider):
    spare = provider(P.chats())
    g, one, _ = pair("target one;", lines=f"url {spare.url} down weight=1000;")
    assert [g.chat().status for _ in range(8)] == [200] * 8
    assert (len(one.requests), len(spare.requests)) == (8, 0)


def test_weights_are_shares(pair):
    g, one, two = pair("target one weight=3; target two; balance round_robin;")
    assert [g.chat().status for _ in range(40)] == [200] * 40
    # each worker takes turns of its own
    assert 26 <= len(one.requests) <= 34


def test_a_tenants_tags_bind_its_fallbacks_too(pair):
    g, one, two = pair("target one; target two;", tenant="require eu;")
    assert [g.chat().status for _ in range(6)] == [200] * 6
    assert (len(one.requests), len(two.requests)) == (0, 6)


def test_attempts_are_all_that_one_call_may_cause(pair):
    g, one, two = pair("target one; fallback two; attempts 1;",
                       one=BROKEN)
    assert g.chat().status == 502
    assert (len(one.requests), len(two.requests)) == (1, 0)


def test_maintenance_says_what_and_how_long(pair):
    g, one, two = pair("target one; fallback two; "
                       "maintenance 'Zurück um 14 \"Uhr\".' retry=90s;")
    response = g.chat()
    assert (response.status, response.error["code"],
            response.error["message"]) \
        == (503, "model_maintenance", 'Zurück um 14 "Uhr".')
    assert response.header("retry-after") == "90"
    assert one.requests + two.requests == []


def test_signals_need_no_schema(pair):
    g, _, _ = pair("target one; validate schema=x.json;", schema={})
    (g.prefix / "x.json").unlink()
    done = subprocess.run(g.command("-s", "reopen"), env=g.environment(),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_shedding_begins_at_that_many_calls(pair):
    g, one, _ = pair("target one;", shed="agent_shed calls=1;",
                     one=P.says(P.HANG))
    with g.connect() as waiting:
        waiting.send(g.chat_request())
        assert one.wait(1)
        response = g.chat()
        assert (response.status, response.error["code"]) \
            == (503, "gateway_overloaded")
        assert int(response.header("retry-after")) >= 1
    assert len(one.requests) == 1


def test_an_answer_keeps_to_the_schema_of_the_file(pair):
    for schema, status in (({"type": "object"}, 502),
                           ({"type": "string"}, 200)):
        g, _, _ = pair("target one; validate schema=x.json;", schema=schema,
                       one=P.chats(says('"JSON"')))
        assert g.chat().status == status


def test_an_answer_matches_the_pattern(pair):
    for pattern, status in ((r"^\d{3}$", 200), (r"^\d{4}$", 502)):
        g, _, _ = pair(f"target one; validate 'regex={pattern}';",
                       one=P.chats(says("123")))
        assert g.chat().status == status


def says(text):
    """A chat answer with this text."""
    choice = dict(P.CHAT["choices"][0],
                  message={"role": "assistant", "content": text})
    return dict(P.CHAT, choices=[choice])
