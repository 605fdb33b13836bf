"""nginx -t: what is accepted, and what each mistake is told.

A refusal names the file, the line and the value, and what is allowed instead.
The wrong line of a table row stands where `@here@` does; the rest is right.
"""

import re
import subprocess

import pytest

import providers as P
from gateway import DEFAULT, ROOT, SERVER, ZONE, question

pytestmark = pytest.mark.smoke

# One good configuration, each place of it named.
GOOD = {
    "zone": "agent_zone gateway:4m;",
    "providers": """agent_provider main {
        @inside_provider@
    }""",
    "inside_provider": """dialect openai;
        url http://127.0.0.1:9/v1;
        key file:@provider_key@;""",
    "models": """agent_model gpt-test fast {
        @inside_model@
    }""",
    "inside_model": "target main/gpt-upstream;",
    "tenants": """agent_tenant team {
        @inside_tenant@
    }""",
    "inside_tenant": """key file:@team_key@;
        models gpt-test;""",
    "more": "",
    "location": "location /v1/ { agent_gateway; }",
    "status_location": "location /status { agent_status; }",
}

LAYOUT = """
@zone@
@providers@
@models@
@tenants@
@more@
server {
    listen 127.0.0.1:@port@;
    @location@
    @status_location@
}
"""

FULL_PROVIDER = """dialect openai;
        url http://127.0.0.1:9/v1;
        key file:@provider_key@;
        """

BLOCK = """agent_provider other {
        dialect openai; url http://127.0.0.1:9; key file:@provider_key@; }"""


def config(**places):
    unknown = set(places) - set(GOOD)
    assert not unknown, unknown
    return dict(GOOD, **places)


# ---- accepted -------------------------------------------------------------

@pytest.mark.parametrize("places", [
    {},
    # zone
    {"zone": "agent_zone gateway:32m;"},
    {"zone": "agent_zone another:1m;"},
    # provider
    {"inside_provider": "dialect anthropic; url https://127.0.0.1/v1; "
                        "key file:@provider_key@;"},
    {"inside_provider": "dialect responses; url http://[::1]:9/v1; "
                        "key file:@provider_key@;"},
    {"inside_provider": FULL_PROVIDER + "key file:@team_key@ weight=3;"},
    {"inside_provider": "dialect openai; url http://127.0.0.1:1; "
                        "url http://127.0.0.1:2/v1; private on; "
                        "key file:@provider_key@;"},
    {"inside_provider": "dialect openai; url http://127.0.0.1:9;"},
    {"inside_provider": FULL_PROVIDER + "timeout connect=3s;"},
    {"inside_provider": FULL_PROVIDER
     + "timeout connect=500ms first_token=2m idle=1m total=1h;"},
    {"inside_provider": FULL_PROVIDER + "private on;"},
    {"inside_provider": FULL_PROVIDER + "usage_chunk off;"},
    {"inside_provider": FULL_PROVIDER + "set_header X-Team \"a b\";"},
    {"inside_provider": FULL_PROVIDER + "set_field store false; "
                                        "set_field a '{\"b\":[1]}'; "
                                        "set_field tier flex;"},
    # model
    {"models": "agent_model a b c/d gpt-test { target main; }"},
    {"inside_model": "target main;"},
    {"inside_model": "target main/meta-llama/Llama-3.3-70B;"},
    {"inside_model": "target main/x weight=95;"},
    {"inside_model": "target main; timeout first_token=5m idle=5m "
                     "total=30m;"},
    {"models": "agent_model gpt-* { target main; }"},
    {"models": "agent_model * { target main; }"},
    {"models": "agent_model gpt-test { target main; }\n"
              "agent_model gpt-* { target main; }"},
    # tenant
    {"inside_tenant": "key file:@team_key@; key file:@other_key@; "
                      "models gpt-test fast;"},
    {"inside_tenant": "models gpt-*; key file:@team_key@;"},
    {"inside_tenant": "models *; key file:@team_key@;"},
    {"inside_tenant": "models gpt-test; key sha256:" + "0f" * 32 + ";"},
    {"tenants": "include @prefix@/tenant.conf;"},
    {"inside_tenant": "include @prefix@/inside_tenant.conf;"},
    # order does not matter: names are resolved at the end
    {"models": "", "more": "agent_model gpt-test { target late/x; }\n"
                          "agent_provider late { dialect openai; "
                          "url http://127.0.0.1:9; key file:@provider_key@; }"},
    {"tenants": "", "models": "", "more":
     "agent_tenant team { key file:@team_key@; models gpt-test; }\n"
     "agent_model gpt-test { target main; }"},
    # locations
    {"location": "location /v1/ { agent_gateway heartbeat=5s; }"},
    {"location": "location /v1/ { agent_gateway heartbeat=off; }"},
    {"location": "location /v1/ { agent_gateway anonymous=team "
                 "tenant_by=$arg_team; }"},
    {"location": "location /v1/ { agent_gateway anonymous=team; }",
     "inside_tenant": "models gpt-test;"},
    {"location": "location /v1/ { agent_gateway tenant_by=a-$arg_team; }",
     "inside_tenant": "models gpt-test;"},
    {"location": "location /llm/v1/ { agent_gateway; }"},
    {"location": "location /v1/ { agent_gateway; }\n"
                 "location /b/v1/ { agent_gateway; }"},
    {"status_location": "location /status { agent_status; }\n"
                        "location /m { agent_status prometheus; }\n"
                        "location /h { agent_status health; }"},
    {"more": "server { location /sim/v1/ { agent_simulate; } }"},
    {"more": "server { location / { agent_simulate dialect=openai "
             "latency=1ms tokens=5 rate=100 seed=7; } }"},
    # neither a gateway nor anything else of ours
    {"zone": "", "providers": "", "models": "", "tenants": "", "location": "",
     "status_location": "", "more": "server { location / { return 204; } }"},
    {"zone": "", "providers": "", "models": "", "tenants": "", "location": "",
     "status_location": "location / { agent_simulate; }"},
], ids=lambda p: " ".join(f"{v}" for v in p.values())[:90] or "the example")
def test_nginx_accepts(places, gateway):
    unready = gateway.make(http=LAYOUT, **config(**places))
    unready.secret("other_key")
    (unready.prefix / "tenant.conf").write_text(
        f"agent_tenant team {{ key file:{unready.values['team_key']}; "
        "models gpt-test; }")
    (unready.prefix / "inside_tenant.conf").write_text(
        f"key file:{unready.values['team_key']}; models gpt-test;")
    good, said = unready.check()
    assert good, said
    assert "[warn]" not in said, said


# ---- refused --------------------------------------------------------------

# (places, what must be said beside the file and the line of `@here@`)
REFUSED = {
    # zone
    "a zone without a size": ({"zone": "agent_zone gateway;"}, ["gateway"]),
    "a zone without a name": ({"zone": "agent_zone :4m;"}, [":4m"]),
    "a zone that is too small": ({"zone": "agent_zone gateway:4k;"}, ["4k"]),
    "a zone size that is none": ({"zone": "agent_zone gateway:big;"},
                                 ["big"]),
    "two zones": ({"zone": "agent_zone gateway:4m;\nagent_zone other:4m;@2@"},
                  ["agent_zone"]),
    "a word behind the zone": ({"zone": "agent_zone gateway:4m soon;"},
                               ["soon"]),
    # provider
    "a provider without a name": (
        {"providers": "agent_provider { dialect openai; }"},
        ["agent_provider"]),
    "a provider with two names": (
        {"providers": "agent_provider a b { dialect openai; }"},
        ["agent_provider"]),
    "a provider with a slash in its name": (
        {"providers": "agent_provider a/b {\n" + FULL_PROVIDER + "}"},
        ["a/b"]),
    "a provider twice": ({"more": BLOCK.replace("other", "main")},
                         ["main", "already|duplicate"]),
    "a provider without a dialect": (
        {"inside_provider": "url http://127.0.0.1:9; "
                            "key file:@provider_key@;"}, ["dialect", "main"]),
    "an unknown dialect": (
        {"inside_provider": "dialect klingon; url http://127.0.0.1:9; "
                            "key file:@provider_key@;"},
        ["klingon", "openai", "anthropic", "responses"]),
    "a dialect twice": ({"inside_provider": FULL_PROVIDER
                         + "dialect openai;@same@"}, ["dialect"]),
    "a provider without a url": (
        {"inside_provider": "dialect openai; key file:@provider_key@;"},
        ["url", "main"]),
    "an unknown word in a provider": (
        {"inside_provider": FULL_PROVIDER + "\nspeed 9;@here@"},
        ["speed"]),
    "an unknown block in a provider": (
        {"inside_provider": FULL_PROVIDER + "\nlimits { a 1; }@here@"}, ["{"]),
    # a word of a later part, and of another block
    "a tenant's word in a provider": (
        {"inside_provider": FULL_PROVIDER + "\nmodels gpt-test;@here@"},
        ["models"]),
    # timeouts
    "an unknown timeout": (
        {"inside_provider": FULL_PROVIDER + "\ntimeout lunch=1h;@here@"},
        ["lunch", "connect", "first_token", "idle", "total"]),
    "a timeout without a value": (
        {"inside_provider": FULL_PROVIDER + "\ntimeout connect=;@here@"},
        ["connect", "1ms", "24h"]),
    "a timeout that is no time": (
        {"inside_provider": FULL_PROVIDER + "\ntimeout connect=fast;@here@"},
        ["fast"]),
    "a timeout of nothing": (
        {"inside_provider": FULL_PROVIDER + "\ntimeout connect=0;@here@"},
        ["connect", "0", "1ms"]),
    "a timeout line without words": (
        {"inside_provider": FULL_PROVIDER + "\ntimeout;@here@"}, ["timeout"]),
    "a timeout twice": (
        {"inside_provider": FULL_PROVIDER
         + "\ntimeout idle=1s idle=2s;@here@"}, ["idle"]),
    # flags
    "private maybe": (
        {"inside_provider": FULL_PROVIDER + "\nprivate maybe;@here@"},
        ["maybe", "on", "off"]),
    "usage_chunk perhaps": (
        {"inside_provider": FULL_PROVIDER + "\nusage_chunk perhaps;@here@"},
        ["perhaps", "on", "off"]),
    "a CA file that is not there": (
        {"inside_provider": FULL_PROVIDER
         + "\ntls ca=/nowhere/ca.pem;@here@"}, ["/nowhere/ca.pem"]),
    "an unknown tls word": (
        {"inside_provider": FULL_PROVIDER + "\ntls verify=off;@here@"},
        ["verify=off", "ca="]),
    "a header with a line end": (
        {"inside_provider": FULL_PROVIDER
         + '\nset_header X-A "b\\r\\nc: d";@here@'}, ["set_header"]),
    "a header name that is none": (
        {"inside_provider": FULL_PROVIDER + '\nset_header "X A" b;@here@'},
        ["X A"]),
    "a header that is the transfer's own": (
        {"inside_provider": FULL_PROVIDER
         + "\nset_header Content-Length 5;@here@"}, ["Content-Length"]),
    "a field that is no JSON": (
        {"inside_provider": FULL_PROVIDER + "\nset_field a {oops;@here@"},
        []),
    "a field whose value begins like JSON and is none": (
        {"inside_provider": FULL_PROVIDER + "\nset_field a '[1,';@here@"},
        ["set_field a"]),
    "a field that is the call's own": (
        {"inside_provider": FULL_PROVIDER + "\nset_field model x;@here@"},
        ["model"]),
    "private off and a private address": (
        {"providers": "agent_provider main {@here@\n" + FULL_PROVIDER
         + "private off; }"}, ["private", "127.0.0.1"]),
    "a header in the place of the key": (
        {"inside_provider": FULL_PROVIDER
         + "\nset_header Authorization x;@here@"}, ["Authorization", "key"]),
    "a header twice": (
        {"inside_provider": FULL_PROVIDER + "set_header X-A a;\n"
                            "set_header x-a b;@here@"}, ["x-a"]),
    "a url twice": (
        {"inside_provider": FULL_PROVIDER
         + "\nurl http://127.0.0.1:9/v1;@here@"},
        ["http://127.0.0.1:9/v1"]),
    "a field with a key that needs escapes": (
        {"inside_provider": FULL_PROVIDER
         + "\nset_field 'a\"b' 1;@here@"}, ["a\"b"]),
    "a proxy that is no URL": (
        {"inside_provider": FULL_PROVIDER + "\nproxy nonsense;@here@"},
        ["nonsense"]),
    "a key's weight that is none": (
        {"inside_provider": "dialect openai; url http://127.0.0.1:9;\n"
                            "key file:@provider_key@ weight=x;@here@"},
        ["x", "1000"]),
    "an unknown word behind a key": (
        {"inside_provider": "dialect openai; url http://127.0.0.1:9;\n"
                            "key file:@provider_key@ soon;@here@"},
        ["key", "weight=", "optional"]),
    # secrets
    "a key file that is not there": (
        {"inside_provider": "dialect openai; url http://127.0.0.1:9;\n"
                            "key file:/nowhere/x.key;@here@"},
        ["/nowhere/x.key"]),
    "an empty key file": (
        {"inside_tenant": "models gpt-test;\nkey file:@prefix@/empty;@here@"},
        ["empty"]),
    "a key file of one blank line": (
        {"inside_tenant": "models gpt-test;\nkey file:@prefix@/blank;@here@"},
        ["blank"]),
    "a key file that is a folder": (
        {"inside_tenant": "models gpt-test;\nkey file:@prefix@;@here@"},
        ["@prefix@", "directory"]),
    "a key that is too short": (
        {"inside_tenant": "models gpt-test;\nkey file:@prefix@/short;@here@"},
        ["short"]),
    "a key with a control character": (
        {"inside_tenant": "models gpt-test;\n"
                          "key file:@prefix@/control;@here@"}, ["control"]),
    "a variable that is not set": (
        {"inside_tenant": "models gpt-test;\nkey env:AG_TEST_UNSET;@here@"},
        ["AG_TEST_UNSET"]),
    "a digest of the wrong length": (
        {"inside_tenant": "models gpt-test;\nkey sha256:abcd;@here@"},
        ["sha256"]),
    "a digest that is no hex": (
        {"inside_tenant": "models gpt-test;\nkey sha256:" + "zz" * 32
         + ";@here@"}, ["sha256"]),
    "a digest as a provider's key": (
        {"inside_provider": "dialect openai; url http://127.0.0.1:9;\n"
                            "key sha256:" + "0f" * 32 + ";@here@"},
        ["file:", "env:"]),
    "the same key for two tenants": (
        {"more": "agent_tenant other {\nmodels gpt-test;\n"
                 "key file:@team_key@;@here@\n}"}, ["other", "team"]),
    # model
    "a model without a name": ({"models": "agent_model { target main; }"},
                               ["agent_model"]),
    "a model without a target": ({"models": "agent_model gpt-test {\n}"},
                                 ["gpt-test", "target"]),
    "a model twice": ({"more": "agent_model gpt-test { target main; }"},
                      ["gpt-test", "already|duplicate"]),
    "an alias that is a model": ({"more": "agent_model x fast "
                                          "{ target main; }"},
                                 ["fast", "already|duplicate"]),
    "the same name twice in one model": (
        {"models": "agent_model gpt-test a a { target main; }"},
        ["already|duplicate"]),
    "a star inside a name": ({"models": "agent_model g*t { target main; }"},
                             ["g*t"]),
    "a model name with a blank": (
        {"models": 'agent_model "gpt test" { target main; }'}, ["gpt test"]),
    "an unknown provider": ({"inside_model": "\ntarget nobody/x;@here@"},
                            ["nobody", "main"]),
    "an unknown provider that is named before the others": (
        {"providers": "", "models": "agent_model gpt-test {\n"
                                  "target nobody/x;@here@\n}",
         "more": BLOCK}, ["nobody", "other"]),
    "a target without a provider": ({"inside_model": "\ntarget /x;@here@"},
                                    ["provider name"]),
    "a target without a model behind its slash": (
        {"inside_model": "\ntarget main/;@here@"}, ["model name"]),
    "a target's weight of nothing": (
        {"inside_model": "\ntarget main weight=0;@here@"}, ["0", "1000"]),
    "an unknown word behind a target": (
        {"inside_model": "\ntarget main heavy;@here@"}, ["heavy", "weight="]),
    "an unknown word in a model": (
        {"inside_model": "target main;\nretries 3;@here@"}, ["retries"]),
    "a star target for two stars": (
        {"inside_model": "\ntarget main/gpt-*;@here@"}, ["gpt-*"]),
    # tenant
    "a tenant without a name": (
        {"tenants": "agent_tenant { models gpt-test; }"}, ["agent_tenant"]),
    "a tenant twice": (
        {"more": "agent_tenant team { models gpt-test; "
                 "key file:@other_key@; }"}, ["team", "already|duplicate"]),
    "a tenant without models": ({"inside_tenant": "key file:@team_key@;"},
                                ["models", "team"]),
    "a models line without models": (
        {"inside_tenant": "key file:@team_key@;\nmodels;@here@"},
        ["models"]),
    "a tenant without a key": ({"inside_tenant": "models gpt-test;"},
                               ["key", "team"]),
    "a tenant with an unknown model": (
        {"inside_tenant": "key file:@team_key@;\nmodels gtp-test;@here@"},
        ["gtp-test"]),
    "a pattern that fits no model": (
        {"inside_tenant": "key file:@team_key@;\nmodels claude-*;@here@"},
        ["claude-*"]),
    "an unknown word in a tenant": (
        {"inside_tenant": "key file:@team_key@; models gpt-test;\n"
                          "color red;@here@"}, ["color"]),
    "a models line twice": (
        {"inside_tenant": "key file:@team_key@; models gpt-test;\n"
                          "models fast;@here@"}, ["models"]),
    "a literal secret of a tenant": (
        {"inside_tenant": "models gpt-test;\nkey sk-LITERAL-012345678;@here@"},
        ["file:", "env:"]),
    "a literal secret of a provider": (
        {"inside_provider": "dialect openai; url http://127.0.0.1:9;\n"
                            "key sk-LITERAL-012345678;@here@"},
        ["file:", "env:"]),
    # locations
    "a gateway without tenants": (
        {"tenants": ""}, ["tenant"]),
    "an unknown word behind the gateway": (
        {"location": "location /v1/ {\nagent_gateway fast=yes;@here@ }"},
        ["fast=yes", "heartbeat="]),
    "a heartbeat that is no time": (
        {"location": "location /v1/ {\nagent_gateway heartbeat=often;"
                     "@here@ }"}, ["often", "1s", "off"]),
    "a heartbeat that never stops": (
        {"location": "location /v1/ {\nagent_gateway heartbeat=10ms;"
                     "@here@ }"}, ["10ms"]),
    "a gateway in a location of a pattern": (
        {"location": "location ~ /v1/ {\nagent_gateway;@here@ }"},
        ["/v1/"]),
    "a gateway in a location of one path": (
        {"location": "location = /v1/models {\nagent_gateway;@here@ }"},
        ["/v1/models"]),
    "a gateway where something else answers": (
        {"location": "location /v1/ { agent_gateway; "
                     "proxy_pass http://127.0.0.1:9; }"}, ["agent_gateway"]),
    "a gateway without a zone": ({"zone": ""}, ["agent_zone"]),
    "an anonymous tenant that is not there": (
        {"location": "location /v1/ {\nagent_gateway anonymous=ghost;"
                     "@here@\n}"}, ["ghost", "team"]),
    "a name of the tenant that is always the same": (
        {"location": "location /v1/ {\nagent_gateway tenant_by=team;"
                     "@here@ }"}, ["team", "$"]),
    "a name of the tenant by half a variable": (
        {"location": "location /v1/ {\nagent_gateway tenant_by=$;"
                     "@here@ }"}, ["tenant_by", "$"]),
    "a word that the gateway does not know": (
        {"location": "location /v1/ {\nagent_gateway session=$arg_s;"
                     "@here@ }"}, ["session=", "session_id="]),
    "a tenant without a key beside an anonymous one": (
        {"location": "location /v1/ { agent_gateway anonymous=team; }",
         "more": "agent_tenant other {@here@\nmodels gpt-test; }"},
        ["key", "other", "anonymous="]),
    "a status where something else answers": (
        {"status_location": "location /status { proxy_pass http://[::1]:9;\n"
                            "agent_status;@here@\n}"}, ["agent_status"]),
    "something else where a status answers": (
        {"status_location": "location /status {\nagent_status;@here@\n"
                            "proxy_pass http://127.0.0.1:9; }"},
        ["agent_status"]),
    "a status where a gateway answers": (
        {"location": "location /v1/ { agent_gateway;\n"
                     "agent_status;@here@\n}"}, ["agent_status", "/v1/"]),
    "a simulator where something else answers": (
        {"more": "server { location / { proxy_pass http://127.0.0.1:9;\n"
                 "agent_simulate;@here@\n} }"}, ["agent_simulate"]),
    "a simulator where a gateway answers": (
        {"location": "location /v1/ { agent_gateway;\n"
                     "agent_simulate;@here@\n}"},
        ["agent_simulate", "/v1/"]),
    "a gateway twice in one place": (
        {"location": "location /v1/ { agent_gateway;\nagent_gateway;"
                     "@here@ }"}, ["agent_gateway"]),
    "a gateway outside a location": (
        {"location": "agent_gateway;"}, ["agent_gateway"]),
    "an unknown form of status": (
        {"status_location": "location /s {\nagent_status xml;@here@ }"},
        ["xml", "prometheus", "health"]),
    "an unknown word behind the simulator": (
        {"more": "server { location / {\nagent_simulate mood=bad;@here@ } }"},
        ["mood=bad", "latency="]),
    "a simulator's latency that is no time": (
        {"more": "server { location / {\nagent_simulate latency=slow;"
                 "@here@ } }"}, ["slow"]),
    "a simulator's tokens that are none": (
        {"more": "server { location / {\nagent_simulate tokens=-1;"
                 "@here@ } }"}, ["-1"]),
    "a simulator's fault that is unknown": (
        {"more": "server { location / {\nagent_simulate fault=flood;"
                 "@here@ } }"}, ["flood", "cut"]),
    "a simulator's dialect that is unknown": (
        {"more": "server { location / {\nagent_simulate dialect=x;"
                 "@here@ } }"}, ["x", "openai"]),
}

BAD_URLS = [
    "ftp://127.0.0.1/v1", "127.0.0.1:9", "http://", "http:///v1", "//x/v1",
    "http://x:0/v1", "http://x:99999/v1", "http://x:y/v1", "http://[::1/v1",
    "http://[::g]/v1", "http://a:b@127.0.0.1/v1", "http://127.0.0.1/v1?a=b",
    "http://127.0.0.1/v1#x", "https//x", "http://x y/v1", "http://127.1/v1",
    "http://0x7f000001/", "http://2130706433/",
    "file:///etc/passwd", "http://a..b/", "http://x:/v1 ",
]


def said_about(unready, said, words):
    """The refusal names the file, the right line and each of the words."""
    line = re.search(r" in \S+nginx\.conf:(\d+)$", said, re.M)
    assert line, said
    for word in words:
        word = word.replace("@prefix@", str(unready.prefix))
        assert any(one in said for one in word.split("|")), \
            f"{word!r} is not in: {said}"
    return int(line.group(1)), unready.conf.read_text()


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_nginx_refuses(case, gateway):
    places, words = REFUSED[case]
    marked = "@here@" in str(places)
    unready = gateway.make(http=LAYOUT, **config(**places), here=" # HERE",
                           **{"2": "", "same": ""})
    unready.secret("other_key")
    for name, text in (("empty", ""), ("blank", " \n\n"), ("short", "abc\n"),
                       ("control", "sk-0123456789\x07abcdefgh\n")):
        (unready.prefix / name).write_text(text)
    accepted, said = unready.check()
    assert not accepted, "nginx -t accepted it"
    assert "[emerg]" in said
    line, text = said_about(unready, said, words)
    if marked:
        lines = text.split("\n")
        assert "# HERE" in lines[line - 1], \
            f"line {line} is {lines[line - 1]!r}: {said}"
    assert "LITERAL" not in said, "the secret is in the refusal"
    for secret in unready.secrets:
        assert secret not in said


@pytest.mark.parametrize("url", BAD_URLS)
def test_nginx_refuses_the_url(url, gateway):
    unready = gateway.make(http=LAYOUT, here=" # HERE", **config(
        inside_provider="dialect openai; key file:@provider_key@;\n"
                        f'url "{url}";@here@'))
    accepted, said = unready.check()
    assert not accepted, "nginx -t accepted it"
    line, text = said_about(unready, said, [])
    assert "# HERE" in text.split("\n")[line - 1]
    if not set("@?#") & set(url):       # what may hold a secret is not shown
        assert url.strip() in said
    else:
        assert "a:b" not in said, "a password is in the refusal"


@pytest.mark.parametrize("directive", [
    "agent_zone x:4m;", "agent_provider x { dialect openai; }",
    "agent_model x { target y; }", "agent_tenant x { models y; }"])
def test_blocks_of_http_are_refused_elsewhere(directive, gateway):
    for places in ({"location": "location / { " + directive + " }"},
                   {"location": directive}):
        accepted, said = gateway.make(http=LAYOUT,
                                      **config(**places)).check()
        assert not accepted
        assert "is not allowed here" in said


def test_an_included_file_is_named_with_its_own_line(gateway):
    unready = gateway.make(http=LAYOUT, **config(
        tenants="include @prefix@/tenants.conf;"))
    (unready.prefix / "tenants.conf").write_text(
        "# a comment\n\nagent_tenant team {\n    models gpt-test;\n"
        "    colour red;\n}\n")
    accepted, said = unready.check()
    assert not accepted
    assert "tenants.conf:5" in said and "colour" in said


def test_a_name_that_is_resolved_late_is_named_with_its_own_line(gateway):
    unready = gateway.make(http=LAYOUT, **config(
        models="include @prefix@/models.conf;"))
    (unready.prefix / "models.conf").write_text(
        "agent_model gpt-test {\n\n    target ghost;\n}\n")
    accepted, said = unready.check()
    assert not accepted
    assert "models.conf:3" in said and "ghost" in said


def test_a_missing_optional_key_disables_its_provider(gateway):
    unready = gateway.make(http=LAYOUT, **config(
        inside_provider="dialect openai; url http://127.0.0.1:9; "
                        "key file:/nowhere/key optional;"))
    accepted, said = unready.check()
    assert accepted, said
    g = unready.start()
    response = g.chat()
    assert response.status in (404, 503)
    assert response.error["code"]
    assert g.get("/v1/models").json()["data"] == [] \
        or response.status == 503


def test_keys_may_come_from_the_environment(gateway, provider):
    p = provider(P.chats())
    g = gateway(p, http=LAYOUT, environment={
        "AG_TEST_PROVIDER": "sk-from-the-environment",
        "AG_TEST_TENANT": "sk-tenant-of-the-environment"}, **config(
            inside_provider="dialect openai; url @provider@; "
                            "key env:AG_TEST_PROVIDER;",
            inside_tenant="models gpt-test; key env:AG_TEST_TENANT;"))
    assert g.chat(key="sk-tenant-of-the-environment").status == 200
    assert p.request.headers["authorization"] \
        == "Bearer sk-from-the-environment"


def test_signals_need_no_secrets(gateway, provider):
    """nginx -s parses the configuration in a shell without the variables."""
    g = gateway(provider(P.chats()), http=LAYOUT, environment={
        "AG_TEST_TENANT": "sk-tenant-of-the-environment"}, **config(
            inside_tenant="models gpt-test; key env:AG_TEST_TENANT;"))
    bare = {k: v for k, v in g.environment().items() if k != "AG_TEST_TENANT"}
    done = subprocess.run(g.command("-s", "reload"), env=bare,
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert g.chat(key="sk-tenant-of-the-environment").error["code"] \
        == "provider_unreachable"


def test_both_keys_of_a_rotation_open_the_door(gateway, provider):
    g = gateway.make(provider(P.chats()), http=LAYOUT, **config(
        inside_tenant="models gpt-test; key file:@team_key@; "
                      "key file:@next_key@;"))
    following = g.secret("next_key")
    g.start()
    assert g.chat(key=g.key).error["code"] == "provider_unreachable"
    assert g.chat(key=following).error["code"] == "provider_unreachable"
    assert g.chat(key="sk-neither-of-the-two").status == 401


def test_a_digest_opens_for_its_key(gateway, provider):
    import hashlib
    key = "sk-only-its-digest-is-known"
    g = gateway(provider(P.chats()), http=LAYOUT, **config(
        inside_tenant="models gpt-test; key sha256:"
                      + hashlib.sha256(key.encode()).hexdigest() + ";"))
    assert g.chat(key=key).status == 502
    assert g.chat().status == 401


def test_a_key_file_gives_its_first_line_trimmed(gateway, provider):
    g = gateway.make(provider(P.chats()), http=LAYOUT, **config(
        inside_tenant="models gpt-test; key file:@prefix@/key;"))
    (g.prefix / "key").write_text("  sk-the-first-line-of-it \r\nsecond\n")
    g.start()
    assert g.chat(key="sk-the-first-line-of-it").status == 502
    assert g.chat(key="second").status == 401


def test_the_dump_of_a_configuration_shows_no_secret(gateway, provider):
    g = gateway(provider(P.chats()))
    done = subprocess.run(g.command("-T"), env=g.environment(), text=True,
                          capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    for secret in g.secrets:
        assert secret not in done.stdout + done.stderr


def test_an_unresolved_name_at_start_is_a_warning(gateway):
    unready = gateway.make(http=LAYOUT, **config(
        inside_provider="dialect openai; key file:@provider_key@; "
                        "url https://nobody.invalid/v1;"))
    accepted, said = unready.check()
    assert accepted, said


@pytest.mark.parametrize("place", ["provider", "model", "tenant"])
def test_every_directive_of_a_block_is_documented(place, refused):
    told = refused(LAYOUT, **config(**{"inside_" + place: "nonsense 1;"}))
    known = re.search(r"allowed are (.*), include in ", told)[1].split(", ")
    text = (ROOT / "docs" / "directives.md").read_text()
    assert set(known) <= set(re.findall(r"^#+ (\w+)", text, re.M))


@pytest.mark.parametrize("directive", ["agent_gateway", "agent_simulate"])
def test_every_word_of_a_directive_is_documented(directive, refused):
    told = refused(LAYOUT, **config(
        location="location /v1/ { " + directive + " nonsense=1; }"))
    known = re.search(r"allowed are (.*) in ", told)[1].split(", ")
    text = (ROOT / "docs" / "directives.md").read_text()
    syntax = re.search(rf"Syntax \| `{directive} (.*)` \|", text)[1]
    assert re.findall(r"\[(\w+=)", syntax) == known


# ---- what the lines mean --------------------------------------------------

def test_models_and_tenants_decide_who_gets_what(gateway, provider):
    p = provider(P.chats())
    g = gateway.make(p, http=ZONE + """
        agent_provider main { dialect openai; url @provider@;
                              key file:@provider_key@; }
        agent_model exact { target main/went-exact; }
        agent_model gpt-* { target main/went-short; }
        agent_model gpt-long-* { target main; }
        agent_model * { target main/went-star; }
        agent_model hidden { target main/went-hidden; }
        agent_tenant team { key file:@team_key@; models exact gpt-*; }
        agent_tenant all { key file:@all_key@; models *; }
    """ + SERVER)
    everyone = g.secret("all_key")
    g.start()
    for name, key, model in (
            ("exact", g.key, "went-exact"), ("gpt-x", g.key, "went-short"),
            ("gpt-", g.key, "went-short"),
            ("gpt-long-9", g.key, "gpt-long-9"),
            ("anything", everyone, "went-star"),
            ("hidden", everyone, "went-hidden")):
        response = g.chat(question(model=name), key=key)
        assert response.status == 200, name
        assert p.requests[-1].json()["model"] == model
    count = len(p.requests)
    for name in ("hidden", "anything", "exac", "exactly"):
        response = g.chat(question(model=name))
        assert (response.status, response.error["type"],
                response.error["code"]) \
            == (403, "permission_error", "model_not_allowed"), name
        assert response.header("x-should-retry") == "false"
    assert len(p.requests) == count


def test_models_lists_what_the_tenant_may_use(gateway):
    g = gateway.make(http=ZONE + """
        agent_provider main { dialect openai; url http://127.0.0.1:9;
                              key file:@provider_key@; }
        agent_model exact alias meta/llama-3 { target main; }
        agent_model gpt-* { target main; }
        agent_model hidden { target main; }
        agent_tenant team { key file:@team_key@;
                            models exact gpt-* meta/*; }
    """ + SERVER)
    g.start()
    listed = g.get("/v1/models").json()
    assert listed["object"] == "list"
    assert {m["id"] for m in listed["data"]} == {"exact", "meta/llama-3"}
    for model in listed["data"]:
        assert set(model) >= {"id", "object", "created", "owned_by"}
        assert model["object"] == "model"
        assert isinstance(model["created"], int)
    for name in ("exact", "meta/llama-3", "meta%2Fllama-3"):
        response = g.get("/v1/models/" + name)
        assert response.status == 200, name
        assert response.json()["id"] == name.replace("%2F", "/")
    for name in ("hidden", "nothing", "alias"):
        response = g.get("/v1/models/" + name)
        assert response.status in (403, 404), name
        assert response.error["code"] in ("model_not_found",
                                          "model_not_allowed")


def test_models_are_listed_in_anthropics_shape_when_it_is_asked_for(gateway):
    g = gateway()
    listed = g.get("/v1/models", headers=[
        ("anthropic-version", "2023-06-01")]).json()
    assert set(listed) >= {"data", "has_more", "first_id", "last_id"}
    assert listed["has_more"] is False
    model = listed["data"][0]
    assert model["type"] == "model"
    assert set(model) >= {"id", "display_name", "created_at"}
    assert {m["id"] for m in listed["data"]} == {"gpt-test", "fast"}


def test_an_anonymous_tenant_needs_no_key(gateway, provider):
    g = gateway(provider(P.chats()), gateway="anonymous=team")
    assert g.chat(key=None).status == 200
    assert g.chat(key="sk-wrong-0123456789abcdef").status == 401
    assert "team" in {call["tenant"] for call in g.access(2)}


def test_a_variable_can_name_the_tenant(gateway, provider):
    g = gateway(provider(P.chats()), gateway="tenant_by=$arg_team")
    path = "/v1/chat/completions"
    assert g.post(path + "?team=team", question(), key=None).status == 200
    assert g.post(path + "?team=ghost", question()).status == 401
    assert g.post(path, question()).status == 200
    assert g.post(path, question(), key=None).status == 401


def test_a_tenant_without_a_key_is_known_by_its_name(gateway, provider):
    """tenant_by comes before the key, the key before anonymous."""
    g = gateway(provider(P.chats()), http=DEFAULT
                + "agent_tenant guest { models gpt-test; }\n"
                  "agent_tenant named { models gpt-test; }",
                gateway="tenant_by=$http_x_team anonymous=guest")
    for count, (name, key, status, tenant) in enumerate((
            (None, None, 200, "guest"), (None, "team", 200, "team"),
            (None, "sk-wrong-0123456789abcdef", 401, ""),
            ("named", None, 200, "named"), ("named", "team", 200, "named"),
            ("named", "sk-wrong-0123456789abcdef", 200, "named"),
            ("", "team", 200, "team"), ("ghost", "team", 401, ""),
            ("Named", "team", 401, ""), ("x" * 4000, None, 401, "")), 1):
        headers = [] if name is None else [("X-Team", name)]
        response = g.chat(key=key, headers=headers)
        assert response.status == status, (name, key)
        assert g.access(count)[-1]["tenant"] == tenant, (name, key)
    assert response.error["code"] == "invalid_api_key"
    assert "key" not in response.error["message"].lower()


@pytest.mark.parametrize("lines, status, kind, code", [
    ("deny all;", 403, "permission_error", "forbidden"),
    ("auth_basic x; auth_basic_user_file @prefix@/nobody;", 401,
     "invalid_request_error", "unauthorized")])
def test_what_nginx_refuses_has_the_error_shape(lines, status, kind, code,
                                                gateway):
    g = gateway.make(http=DEFAULT.replace("agent_gateway",
                                          lines + " agent_gateway"))
    (g.prefix / "nobody").write_text("")
    (g.prefix / "nobody").chmod(0o644)
    g.start()
    response = g.chat()
    assert (response.status, response.error["type"],
            response.error["code"]) == (status, kind, code)
    assert (response.header("www-authenticate") is not None) == (status == 401)
    assert g.access()[0]["error"] == code


@pytest.mark.parametrize("block", [
    "if ($request_method) { set $a 1; }", "limit_except PUT { allow all; }"])
def test_a_block_within_a_location_changes_nothing_of_ours(block, gateway,
                                                           provider):
    """nginx gives an "if" and a "limit_except" a configuration of its own."""
    g = gateway(provider(P.chats()), http=DEFAULT.replace(
        "location /v1/ {", "location /v1/ { " + block),
        gateway="tenant_by=$arg_team anonymous=team",
        server="location /simulator/ { agent_simulate latency=0; " + block
               + "} location /status { agent_status health; " + block + "}")
    path = "/v1/chat/completions"
    assert g.post(path, question(), key=None).status == 200
    assert g.post(path + "?team=ghost", question()).status == 401
    assert g.get("/status").json()["status"] == "ok"
    assert g.get("/simulator/models").status == 200


@pytest.mark.parametrize("words, said", [
    ("anonymous=ghost", "team"), ("tenant_by=team", "$")])
def test_a_tenant_by_that_cannot_be_is_refused(words, said, refused):
    told = refused(LAYOUT, **config(
        location="location /v1/ { agent_gateway " + words + "; }"))
    assert words.partition("=")[2] in told and said in told.split("allowed")[1]


def test_a_models_timeout_overrides_its_providers(gateway, provider):
    silent = provider(P.says(P.HANG))
    g = gateway(silent, http=DEFAULT.replace(
        "target main/gpt-upstream;",
        "target main/gpt-upstream; timeout total=300ms;"))
    assert g.chat().error["code"] == "provider_timeout"
