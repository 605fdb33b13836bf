"""nginx -t: where Redis is and what it is for, the state file, who may manage,
and what models cost: what is accepted, and how the rest is refused.

Every refusal is compared as a whole: the words, the value, what is allowed,
the file and the line.
"""

import re
import subprocess

import pytest

import providers as P
from certificates import Authority
from gateway import ROOT, SERVER, ZONE, question
from test_config import LAYOUT, config
from test_config_resilience import sentence
from test_config_tenants import some

CANARY = "CANARY-pass-word-0123456789"

ADDRESSES = "allowed are HOST:PORT, [IPV6]:PORT, unix:/PATH"
PASSWORDS = "allowed are file:PATH, env:NAME"
KEYS = "allowed are file:PATH, env:NAME, sha256:HEX"
FORMS = "allowed are prometheus, health, or nothing for JSON; and manage="
WORDS = "allowed are db=, user=, password=, prefix=, nodes=, timeout=, " \
        "when_down=, share=, tls=, tls_ca="
PRICES = "allowed are USD per million tokens, from 0 to 1000000, with up to " \
         "six digits behind the point"
PRICE_WORDS = "allowed are input=, output=, cached=, cache_write="
LITERAL = "(not shown, it may be a secret, and a secret is not taken from " \
          "the configuration itself)"
HIDDEN = "(not shown, it may hold a secret)"


def redis(line):
    return {"more": f"agent_redis {line};"}


def refused_redis(line):
    return {"more": f"agent_redis {line};@here@"}


def zone(words):
    return {"zone": f"agent_zone gateway:4m {words};@here@"}


def status(words):
    return {"status_location": "location /s {\nagent_status " + words
                               + ";@here@\n}"}


def price(words, here="@here@"):
    return {"inside_provider": "dialect openai; url http://127.0.0.1:9;\n"
                               f"price {words};{here}"}


def prepare(unready):
    """The files that the configurations name."""
    unready.secrets.append(CANARY)
    folder = unready.prefix
    for name, text in (("good", CANARY + "\n# a note\n"), ("blank", " \n"),
                       ("tab", "a\tb\n"), ("long", "x" * 4097),
                       ("short", "x\n")):
        (folder / f"{name}.pass").write_text(text)
    (folder / "folder").mkdir()
    (folder / "old.state").write_bytes(b"whatever")
    unready.values["environment"] = {"AG_TEST_PASSWORD": CANARY,
                                     "AG_TEST_EMPTY": ""}


def tls_is_built(gateway):
    unready = gateway.make(http=LAYOUT, **config(
        **redis("127.0.0.1:6379 tls=on")))
    return unready.check()[0]


# ---- accepted -------------------------------------------------------------

ACCEPTED = [redis(line) for line in (
    "127.0.0.1:6379", "[::1]:6379", "localhost:65535", "LOCALHOST:1",
    "unix:/run/redis/redis.sock",
    "127.0.0.1:6379 db=0", "127.0.0.1:6379 db=65535",
    "127.0.0.1:6379 password=file:good.pass",
    "127.0.0.1:6379 password=file:@prefix@/good.pass db=5",
    "127.0.0.1:6379 password=file:short.pass",
    "127.0.0.1:6379 user=gate~way! password=env:AG_TEST_PASSWORD",
    "127.0.0.1:6379 prefix=a", "127.0.0.1:6379 prefix=prod:gw_1.a-B",
    "127.0.0.1:6379 prefix=" + 64 * "x",
    "127.0.0.1:6379 nodes=1", "127.0.0.1:6379 nodes=1000",
    "127.0.0.1:6379 timeout=1ms", "127.0.0.1:6379 timeout=10s",
    "127.0.0.1:6379 timeout=5", "127.0.0.1:6379 when_down=local",
    "127.0.0.1:6379 when_down=allow", "127.0.0.1:6379 when_down=deny",
    "127.0.0.1:6379 share=on", "127.0.0.1:6379 share=off",
    "127.0.0.1:6379 tls=off",
    "unix:/tmp/r when_down=deny timeout=20ms nodes=3 prefix=x share=off db=1")]

ACCEPTED += [
    {"more": "agent_tenants redis; agent_redis 127.0.0.1:6379;"},
    {"zone": "agent_zone gateway:4m state=gateway.state;"},
    {"zone": "agent_zone gateway:4m state=@prefix@/tmp/new.state;"},
    {"zone": "agent_zone gateway:4m state=old.state;"},
    {"location": "location /v1/ { agent_gateway session_id=$http_x_run; }"},
    {"location": "location /v1/ { agent_gateway heartbeat=off "
                 "session_id=a-$remote_addr anonymous=team; }"}]

ACCEPTED += [status(words) for words in (
    "manage=file:good.pass", "manage=env:AG_TEST_PASSWORD",
    "manage=sha256:" + 32 * "0f", "prometheus manage=file:good.pass",
    "manage=file:good.pass health")]

ACCEPTED += [price(words) for words in (
    "gpt-5 input=0 output=0", "gpt-5 input=1000000 output=0.000001",
    "gpt-5* input=1.25 output=10 cached=0.125 cache_write=1.5625",
    "* output=1 input=1", "a/b:c input=3 output=15;\nprice a/b* input=3 "
    "output=15;\nprice gpt-9 input=3 output=15")]


@pytest.mark.parametrize("places", some(ACCEPTED, 30), ids=str)
def test_nginx_accepts(places, gateway):
    unready = gateway.make(http=LAYOUT, here="", **config(**places))
    prepare(unready)
    good, said = unready.check()
    assert good, said
    assert "[warn]" not in said, said
    assert not (unready.prefix / "gateway.state").exists()


def test_a_host_that_is_not_found_is_a_warning(gateway):
    unready = gateway.make(http=LAYOUT, here=" # HERE",
                           **config(**refused_redis("nobody.invalid:6379")))
    good, said = unready.check()
    assert good, said
    wanted = sentence(unready, 'host not found at start, will be resolved '
                               'when connected to: "nobody.invalid", of '
                               '"agent_redis"').replace("emerg", "warn")
    assert re.search(wanted, said, re.M), said


# ---- refused --------------------------------------------------------------

# (places, the whole sentence); the line is that of `@here@`
REFUSED = {
    # agent_redis: its address
    "no port": (
        refused_redis("127.0.0.1"),
        'invalid address "127.0.0.1" of "agent_redis", it has no port: '
        + ADDRESSES),
    "a port of none": (
        refused_redis("127.0.0.1:0"),
        're:invalid address "127.0.0.1:0" of "agent_redis", [^:]*port[^:]*: '
        + re.escape(ADDRESSES)),
    "a port beyond all": (
        refused_redis("127.0.0.1:65536"),
        're:invalid address "127.0.0.1:65536" of "agent_redis", '
        '[^:]*port[^:]*: ' + re.escape(ADDRESSES)),
    "an address of IPv6 without its brackets": (
        refused_redis("::1:6379"),
        're:invalid address "::1:6379" of "agent_redis", [^:]+: '
        + re.escape(ADDRESSES)),
    "a URL": (
        refused_redis("redis://127.0.0.1:6379"),
        'invalid address "redis://127.0.0.1:6379" of "agent_redis", it is a '
        'URL or a path: ' + ADDRESSES),
    "a URL with a password": (
        refused_redis(f"redis://:{CANARY}@127.0.0.1:6379/0"),
        f'invalid address of "agent_redis" {HIDDEN}, it is a URL or a path: '
        + ADDRESSES),
    "an address with a password": (
        refused_redis(f"user:{CANARY}@127.0.0.1:6379"),
        f're:invalid address of "agent_redis" {re.escape(HIDDEN)}, [^:]+: '
        + re.escape(ADDRESSES)),
    "a path without a slash": (
        refused_redis("unix:run/redis.sock"),
        'invalid address "unix:run/redis.sock" of "agent_redis", its path '
        'does not begin with /: ' + ADDRESSES),
    "no path at all": (
        refused_redis("unix:/"),
        'invalid address "unix:/" of "agent_redis", its path does not begin '
        'with /: ' + ADDRESSES),
    "a path longer than a socket has": (
        refused_redis("unix:/" + 107 * "x"),
        'invalid address "unix:/' + 107 * "x" + '" of "agent_redis", its '
        'path is too long for a socket: ' + ADDRESSES),
    "two of them": (
        {"more": "agent_redis 127.0.0.1:1;\n"
                 "agent_redis 127.0.0.1:2;@here@"},
        'duplicate "agent_redis" (the first one is in @conf@:@before@)'),
    # its words
    "an unknown word": (
        refused_redis("127.0.0.1:1 pool=5"),
        'unknown word in "agent_redis" (not shown, it may be a secret): '
        + WORDS),
    "a word twice": (
        refused_redis("127.0.0.1:1 db=1 db=2"),
        '"db" is given twice in "agent_redis"'),
    "a database by its name": (
        refused_redis("127.0.0.1:1 db=main"),
        'invalid value "main" of "agent_redis db": allowed is a count from 0 '
        'to 65535'),
    "no nodes": (
        refused_redis("127.0.0.1:1 nodes=0"),
        'invalid value "0" of "agent_redis nodes": allowed is a count from 1 '
        'to 1000'),
    "a thousand nodes and one": (
        refused_redis("127.0.0.1:1 nodes=1001"),
        'invalid value "1001" of "agent_redis nodes": allowed is a count '
        'from 1 to 1000'),
    "no time": (
        refused_redis("127.0.0.1:1 timeout=0"),
        'invalid value "0" of "agent_redis timeout": allowed is a time from '
        '1ms to 10s'),
    "too much time": (
        refused_redis("127.0.0.1:1 timeout=11s"),
        'invalid value "11s" of "agent_redis timeout": allowed is a time '
        'from 1ms to 10s'),
    "open when it is down": (
        refused_redis("127.0.0.1:1 when_down=open"),
        'invalid value "open" of "agent_redis when_down": allowed are local, '
        'allow, deny'),
    "a share in numbers": (
        refused_redis("127.0.0.1:1 share=1"),
        'invalid value "1" of "agent_redis share": allowed are on, off'),
    "a prefix with a hash tag": (
        refused_redis("127.0.0.1:1 'prefix=a{b}'"),
        'invalid value "a{b}" of "agent_redis prefix": allowed are 1 to 64 '
        'characters of A-Z a-z 0-9 . _ : -'),
    "a prefix with a pattern": (
        refused_redis("127.0.0.1:1 prefix=a*"),
        'invalid value "a*" of "agent_redis prefix": allowed are 1 to 64 '
        'characters of A-Z a-z 0-9 . _ : -'),
    "a prefix of 65 letters": (
        refused_redis("127.0.0.1:1 prefix=" + 65 * "x"),
        'invalid value "' + 65 * "x" + '" of "agent_redis prefix": allowed '
        'are 1 to 64 characters of A-Z a-z 0-9 . _ : -'),
    # its password
    "a password as it is": (
        refused_redis(f"127.0.0.1:1 password={CANARY}"),
        f'invalid value of "agent_redis password" {LITERAL}: ' + PASSWORDS),
    "a password's digest": (
        refused_redis("127.0.0.1:1 password=sha256:" + 32 * "0f"),
        f'invalid value of "agent_redis password" {LITERAL}: ' + PASSWORDS),
    "a password in no variable": (
        refused_redis("127.0.0.1:1 password=env:AG_TEST_UNSET"),
        'environment variable "AG_TEST_UNSET" of "agent_redis password" is '
        'not set'),
    "a password in an empty variable": (
        refused_redis("127.0.0.1:1 password=env:AG_TEST_EMPTY"),
        'environment variable "AG_TEST_EMPTY" of "agent_redis password" is '
        'empty'),
    "a password in an empty file": (
        refused_redis("127.0.0.1:1 password=file:blank.pass"),
        'the password of "@prefix@/blank.pass" is refused: it is empty'),
    "a password with a tab": (
        refused_redis("127.0.0.1:1 password=file:tab.pass"),
        'the password of "@prefix@/tab.pass" is refused: it has a control '
        'character'),
    "a password of 4097 letters": (
        refused_redis("127.0.0.1:1 password=file:long.pass"),
        'the password of "@prefix@/long.pass" is refused: it is longer than '
        '4096 bytes'),
    "a user without a password": (
        refused_redis("127.0.0.1:1 user=gateway"),
        '"agent_redis user" without a password: allowed is user=NAME '
        'password=..., of file:PATH, env:NAME'),
    "a user of two words": (
        refused_redis("127.0.0.1:1 'user=a b' password=file:good.pass"),
        'invalid value "a b" of "agent_redis user": allowed are 1 to 128 '
        'visible ASCII characters'),
    # TLS
    "TLS over a socket": (
        refused_redis("unix:/tmp/redis.sock tls=on"),
        '"agent_redis tls" with "unix:/tmp/redis.sock": allowed is it with '
        'HOST:PORT, [IPV6]:PORT'),
    "a CA without TLS": (
        refused_redis("127.0.0.1:1 tls_ca=ca.pem"),
        '"agent_redis tls_ca" without tls=on: allowed is tls=on tls_ca=FILE'),
    # agent_tenants
    "tenants in Redis without Redis": (
        {"more": "agent_tenants redis;@here@"},
        '"agent_tenants redis" needs "agent_redis ADDRESS" in http {}'),
    "tenants elsewhere": (
        {"more": "agent_tenants postgres;@here@"},
        'invalid value "postgres" of "agent_tenants": allowed is redis'),
    # agent_zone
    "an unknown word of a zone": (
        zone("size=5m"),
        'unknown word "size=5m" in "agent_zone": allowed are state='),
    "a state file twice": (
        zone("state=a state=b"), '"state" is given twice in "agent_zone"'),
    "a state file that is a folder": (
        zone("state=folder"),
        'invalid value "@prefix@/folder" of "agent_zone state": allowed is a '
        'file, which need not be there, in a folder that is'),
    "a state file without a name": (
        zone("state=folder/"),
        'invalid value "@prefix@/folder/" of "agent_zone state": allowed is '
        'a file, which need not be there, in a folder that is'),
    # agent_status
    "a management token as it is": (
        status(f"manage={CANARY}"),
        f'invalid value of "agent_status manage" {LITERAL}: ' + KEYS),
    "a management token instead of a form": (
        status(CANARY),
        'unknown form of "agent_status" (not shown, it may be a secret): '
        + FORMS),
    "a management token's wrong digest": (
        status("manage=sha256:0f0f"),
        'invalid value of "agent_status manage sha256:" (not shown, it may '
        "be a secret): allowed is the token's digest, 64 hex digits"),
    "a management token twice": (
        status("manage=file:good.pass manage=file:good.pass"),
        '"manage" is given twice in "agent_status"'),
    "a management token that is too short": (
        status("manage=file:short.pass"),
        're:the token of "@prefix@/short.pass" is refused: .*short.*'),
    "two forms": (
        status("prometheus health"),
        'a second form "health" of "agent_status": allowed is one of '
        'prometheus, health'),
    # agent_gateway
    "a session without a variable": (
        {"location": "location /v1/ {\nagent_gateway session_id=main;"
                     "@here@\n}"},
        'invalid value "main" of "agent_gateway session_id": allowed is a '
        'value with a variable, like $arg_team or $ssl_client_s_dn'),
    # price
    "a price of nothing": (
        price("gpt-5"), '"price" takes 3 to 5 words, 1 given'),
    "a price without output": (
        price("gpt-5 input=1 cached=1"),
        '"price" of "gpt-5" has no "output=": allowed is input=USD '
        'output=USD [cached=USD] [cache_write=USD], per million tokens'),
    "a price without input": (
        price("gpt-5 output=1 cached=1"),
        '"price" of "gpt-5" has no "input=": allowed is input=USD '
        'output=USD [cached=USD] [cache_write=USD], per million tokens'),
    "a price in euros": (
        price("gpt-5 input=1EUR output=1"),
        f'invalid value "1EUR" of "price input": {PRICES}'),
    "a price below nothing": (
        price("gpt-5 input=1 output=-1"),
        f'invalid value "-1" of "price output": {PRICES}'),
    "a price finer than can be counted": (
        price("gpt-5 input=1 output=1 cached=0.0000001"),
        f'invalid value "0.0000001" of "price cached": {PRICES}'),
    "a price above all": (
        price("gpt-5 input=1 output=1 cache_write=1000000.1"),
        f'invalid value "1000000.1" of "price cache_write": {PRICES}'),
    "an unknown word of a price": (
        price("gpt-5 input=1 output=1 per=1k"),
        f'unknown word "per=1k" in "price": {PRICE_WORDS}'),
    "a price of what is no name": (
        price("gpt*5 input=1 output=1"),
        'invalid model name "gpt*5": allowed are 1 to 256 characters of A-Z '
        'a-z 0-9 . _ : / @ + -, and one * at the end'),
    "a price twice": (
        price("gpt-5 input=1 output=1;\nprice gpt-5 input=2 output=1"),
        '"price" of "gpt-5" is given twice in provider "main" (the first one '
        'is in @conf@:@before@)'),
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


def test_the_smallest_zone_is_the_documented_one(accepted, refused):
    text = (ROOT / "docs" / "directives.md").read_text()
    least = int(re.search(r"The smallest size is (\d+)k", text)[1])
    said = refused(LAYOUT, here="", **config(
        zone=f"agent_zone gateway:{least - 1}k;"))
    assert f'size "{least - 1}k" of "agent_zone" is too small: allowed is ' \
           f"{least}k or more" in said
    accepted(LAYOUT, here="", **config(zone=f"agent_zone gateway:{least}k;"))


@pytest.mark.parametrize("places, what", [
    (refused_redis("127.0.0.1:1 password=file:nowhere"),
     '"agent_redis password" file "@prefix@/nowhere" cannot be opened'),
    (status("manage=file:nowhere"),
     '"agent_status manage" file "@prefix@/nowhere" cannot be opened'),
    (zone("state=nowhere/state"),
     'folder "@prefix@/nowhere" of "agent_zone state" '
     '"@prefix@/nowhere/state" cannot be used')])
def test_a_file_that_is_not_there_is_refused(places, what, gateway):
    unready = gateway.make(http=LAYOUT, here="", **config(**places))
    accepted, said = unready.check()
    assert not accepted
    what = re.escape(what.replace("@prefix@", str(unready.prefix)))
    assert re.search(rf"\[emerg\] .*agent: {what} \(2: .*\) in "
                     rf"{re.escape(str(unready.conf))}:\d+$", said, re.M), said


def test_tls_is_refused_where_hiredis_has_none(gateway):
    if tls_is_built(gateway):
        pytest.skip("this hiredis has TLS")
    unready = gateway.make(http=LAYOUT, here=" # HERE", **config(
        **refused_redis("127.0.0.1:6379 tls=on")))
    _, said = unready.check()
    assert re.search(sentence(
        unready, '"agent_redis tls=on": this module was built with a hiredis '
                 'without TLS, which needs 1.0 or newer and libhiredis_ssl: '
                 'allowed is tls=off'), said, re.M), said


def test_tls_is_accepted_where_hiredis_has_it(gateway):
    if not tls_is_built(gateway):
        pytest.skip("this hiredis has no TLS")
    for line, good in (("tls=on", True), ("tls=on tls_ca=ca.pem", True),
                       ("tls=on tls_ca=nowhere.pem", False)):
        unready = gateway.make(http=LAYOUT, here="", **config(
            **redis("127.0.0.1:6379 " + line)))
        Authority(unready.prefix, "ca")
        accepted, said = unready.check()
        assert accepted == good, said


# ---- secrets --------------------------------------------------------------

def test_secrets_are_in_no_dump(gateway):
    """nginx -T shows where they are, never what they are."""
    unready = gateway.make(http=LAYOUT, here="", **config(
        **redis("127.0.0.1:6379 user=gw password=file:good.pass"),
        status_location="location /s { agent_status "
                        "manage=env:AG_TEST_PASSWORD; }"))
    prepare(unready)
    unready.write()
    done = subprocess.run(unready.command("-T"), text=True,
                          env=unready.environment(), capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "password=file:good.pass" in done.stdout
    assert CANARY not in done.stdout + done.stderr


def test_signals_need_no_password(gateway, provider):
    """A reload from a shell without the variable still works."""
    g = gateway.make(provider(P.chats()), http=ZONE + """
        agent_redis 127.0.0.1:9 password=env:AG_TEST_PASSWORD;
        agent_provider main { dialect openai; url @provider@; }
        agent_model gpt-test { target main/upstream; }
        agent_tenant team { key file:@team_key@; models *; }
        """ + SERVER, environment={"AG_TEST_PASSWORD": CANARY})
    g.secrets.append(CANARY)
    g.start()
    environment = {name: value for name, value in g.environment().items()
                   if name != "AG_TEST_PASSWORD"}
    done = subprocess.run(g.command("-s", "reload"), env=environment,
                          stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert g.chat(question()).status == 200


# ---- documented, and shown ------------------------------------------------

# Headings of the page; where each stands, and what comes before the first
# word that may be wrong.
DOCUMENTED = {
    "agent_redis": ("more", "127.0.0.1:1 "),
    "agent_zone": ("zone", "gateway:4m "),
    "price": ("inside_provider", "x input=1 "),
}


@pytest.mark.parametrize("directive", DOCUMENTED, ids=str)
def test_every_word_is_documented(directive, refused):
    place, before = DOCUMENTED[directive]
    said = refused(LAYOUT, **config(**{
        place: f"{directive} {before}nonsense=1;"}))
    known = re.search(r"allowed are (.*) in ", said)[1].split(", ")
    text = (ROOT / "docs" / "directives.md").read_text()
    part = re.split(rf"^###? {directive}\n", text, flags=re.M)[1]
    syntax = re.search(r"Syntax \| (.*) \|", part)[1]
    assert set(re.findall(r"[a-z_]+=", syntax)) == set(known)
