"""Providers behind TLS and behind names: a key goes to nobody else."""

import ssl
import time

import pytest

import certificates
import providers as P
import wire
from gateway import SERVER, STATUS, ZONE, question
from names import NXDOMAIN, REFUSED, SERVFAIL, SILENT, NameServer
from providers import KEEP

pytestmark = pytest.mark.smoke

HTTP = ZONE + """
    @resolver@
    agent_provider main {
        dialect openai;
        url @url@;
        key file:@provider_key@;
        timeout connect=2s first_token=5s total=5s;
        @provider_lines@
    }
    agent_model gpt-test { target main/gpt-upstream; }
    agent_tenant team { key file:@team_key@; models gpt-test; }
""" + SERVER + STATUS


@pytest.fixture
def authority(tmp_path):
    return certificates.Authority(tmp_path)


@pytest.fixture
def names(gateway):
    return gateway.own(NameServer())


def unreachable(response):
    assert response.status in (502, 504), response
    assert response.error["code"] in ("provider_unreachable",
                                      "provider_timeout")
    assert response.error["type"] == "server_error"
    return response


# ---- TLS ------------------------------------------------------------------


def trusting(authority):
    return f"tls ca={authority.path};"


def test_a_provider_with_a_certificate_of_our_ca_is_trusted(
        gateway, provider, authority):
    p = provider(P.speaks(), tls=authority.server_context("127.0.0.1"))
    g = gateway(http=HTTP, url=p.url, resolver="",
                provider_lines=trusting(authority))
    assert g.chat().json() == P.CHAT
    assert g.chat(question(stream=True)).data() == P.WORDS + ["[DONE]"]
    assert p.requests[0].headers["authorization"] == f"Bearer {g.provider_key}"


@pytest.mark.smoke
@pytest.mark.parametrize("size, tls", [
    (1024, True), (4096, True), (1024, False), (16384, False)])
def test_bytes_behind_an_answer_are_never_the_next_one(size, tls, gateway,
                                                       provider, authority):
    """An answer that ends where a read ends, and a second one nobody asked."""
    body = dict(P.CHAT, id="asked")
    rest = size - len(P.whole(dict(body, pad="")))
    while len(P.whole(dict(body, pad="x" * rest))) > size:
        rest -= 1       # the length's own digits
    asked = P.whole(dict(body, pad="x" * rest))
    assert len(asked) == size
    context = authority.server_context("127.0.0.1") if tls else None
    p = provider(P.says(asked + P.whole(dict(P.CHAT, id="unasked")), P.KEEP),
                 tls=context)
    g = gateway(http=HTTP, url=p.url, resolver="",
                provider_lines=trusting(authority) if tls else "")
    with g.connect() as client:
        for _ in range(8):
            client.send(g.chat_request())
            assert client.response().json()["id"] == "asked"


def test_a_tls_connection_is_kept(gateway, provider, authority):
    p = provider(P.chats(), tls=authority.server_context("127.0.0.1"))
    g = gateway(http=HTTP, url=p.url, resolver="",
                provider_lines=trusting(authority))
    with g.connect() as client:
        for _ in range(5):
            client.send(g.chat_request())
            assert client.response().status == 200
    assert p.handshakes == 1


@pytest.mark.parametrize("case", ["another host", "expired", "another CA",
                                  "no CA configured"])
def test_a_certificate_that_is_wrong_costs_no_key(case, gateway, provider,
                                                  authority, tmp_path):
    shown = {"another host": lambda: authority.server_context("10.9.9.9"),
             "expired": lambda: authority.server_context("127.0.0.1",
                                                         expired=True),
             "another CA": lambda: certificates.Authority(
                 tmp_path, "stranger").server_context("127.0.0.1"),
             "no CA configured": lambda: authority.server_context(
                 "127.0.0.1")}[case]()
    p = provider(P.chats(), tls=shown)
    g = gateway(http=HTTP, url=p.url, resolver="",
                provider_lines="" if case == "no CA configured"
                else trusting(authority))
    response = unreachable(g.chat())
    assert response.status == 502
    assert p.requests == [], "the key was sent"
    assert p.connections >= 1
    for word in ("certificate", "SSL", "stranger", "10.9.9.9"):
        assert word not in response.body.decode()


def test_a_provider_that_speaks_no_tls_costs_no_key(gateway, provider,
                                                    authority):
    p = provider(P.says(P.whole(), KEEP))
    g = gateway(http=HTTP, url=p.url.replace("http:", "https:"), resolver="",
                provider_lines=trusting(authority))
    unreachable(g.chat())
    assert g.provider_key not in str([r.raw for r in p.requests])


def test_a_handshake_that_hangs_times_out(gateway, authority):
    silent = gateway.own(P.NeverAccepts())
    g = gateway(http=HTTP, url=silent.url.replace("http:", "https:"),
                resolver="", provider_lines=trusting(authority))
    start = time.monotonic()
    unreachable(g.chat())
    assert time.monotonic() - start < 10


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(gateway, provider, authority):
    def only_old(context):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        return context

    p = provider(P.chats(), tls=only_old(
        authority.server_context("127.0.0.1")))
    try:
        wire.Connection(p.port, tls=only_old(authority.client_context()),
                        name="127.0.0.1").close()
    except ssl.SSLError:
        pytest.skip("the TLS library here cannot speak TLS 1.1 at all")
    g = gateway(http=HTTP, url=p.url, resolver="",
                provider_lines=trusting(authority))
    unreachable(g.chat())
    assert p.requests == []


@pytest.mark.parametrize("models", [["good", "bad"], ["bad", "good"]],
                         ids=" first, then ".join)
def test_two_providers_do_not_share_their_trust(models, gateway, provider,
                                                authority, tmp_path):
    """A connection that one CA let in is not reused for another provider."""
    p = provider(P.chats(), tls=authority.server_context("127.0.0.1"))
    stranger = certificates.Authority(tmp_path, "stranger")
    g = gateway(http=ZONE + """
        agent_provider one { dialect openai; url @url@;
            key file:@provider_key@; tls ca=@ca@; }
        agent_provider two { dialect openai; url @url@;
            key file:@provider_key@; tls ca=@stranger@; }
        agent_model good { target one; }
        agent_model bad { target two; }
        agent_tenant team { key file:@team_key@; models *; }
    """ + SERVER, url=p.url, ca=authority.path, stranger=stranger.path)
    with g.connect() as client:
        for model in [*models, *models, models[0], *models[::-1], *models]:
            client.send(g.chat_request(question(model=model)))
            assert client.response().status \
                == {"good": 200, "bad": 502}[model], model


# ---- names ----------------------------------------------------------------


def by_name(gateway, names, port, lines="private on;", path="/v1",
            scheme="http"):
    return gateway(http=HTTP, resolver=names.resolver, provider_lines=lines,
                   url=f"{scheme}://api.provider.test:{port}{path}")


def test_a_provider_is_found_by_its_name(gateway, provider, names):
    names.table["api.provider.test"] = ["127.0.0.1"]
    p = provider(P.speaks())
    g = by_name(gateway, names, p.port)
    for _ in range(3):
        assert g.chat().json() == P.CHAT
    assert p.requests[0].headers["host"] == f"api.provider.test:{p.port}"
    assert {name for name, _ in names.asked} == {"api.provider.test"}


def test_a_name_is_checked_in_the_certificate(gateway, provider, names,
                                              authority):
    names.table["api.provider.test"] = ["127.0.0.1"]
    good = provider(P.chats(),
                    tls=authority.server_context("*.provider.test"))
    bad = provider(P.chats(), tls=authority.server_context("127.0.0.1"))
    lines = "private on; " + trusting(authority)
    assert by_name(gateway, names, good.port, lines,
                   scheme="https").chat().status == 200
    assert by_name(gateway, names, bad.port, lines,
                   scheme="https").chat().status == 502
    assert bad.requests == []


def test_a_name_that_changes_its_address_is_followed(gateway, provider,
                                                     names):
    names.table["api.provider.test"] = ["127.0.0.1"]
    first = provider(P.chats({**P.CHAT, "id": "first"}))
    second = provider(P.chats({**P.CHAT, "id": "second"}),
                      address="127.0.0.2", port=first.port)
    g = by_name(gateway, names, first.port)
    assert g.chat().json()["id"] == "first"
    names.table["api.provider.test"] = ["127.0.0.2"]
    limit = time.monotonic() + 20
    while g.chat().json()["id"] != "second":
        assert time.monotonic() < limit, "the old address is asked for ever"
        time.sleep(0.3)
    assert second.requests


@pytest.mark.parametrize("trouble", [NXDOMAIN, SERVFAIL, REFUSED, SILENT, []],
                         ids=["NXDOMAIN", "SERVFAIL", "REFUSED", "silence",
                              "no address"])
def test_the_last_good_address_is_kept(trouble, gateway, provider, names):
    names.table["api.provider.test"] = ["127.0.0.1"]
    g = by_name(gateway, names, provider(P.chats()).port)
    with g.connect() as client:         # one worker: it knows the address
        client.send(g.chat_request())
        assert client.response().status == 200
        names.table["api.provider.test"] = trouble
        for _ in range(4):
            time.sleep(0.8)
            client.send(g.chat_request())
            assert client.response().status == 200


@pytest.mark.parametrize("trouble, status", [
    (NXDOMAIN, (502,)), (SERVFAIL, (502,)), (SILENT, (502, 504))],
    ids=["NXDOMAIN", "SERVFAIL", "silence"])
def test_a_name_that_never_resolved_is_unreachable(trouble, status, gateway,
                                                   names):
    names.table["api.provider.test"] = trouble
    g = by_name(gateway, names, 9)
    response = unreachable(g.chat())
    assert response.status in status
    assert "api.provider.test" not in response.body.decode()


def test_a_name_that_resolves_later_works_later(gateway, provider, names):
    names.table["api.provider.test"] = NXDOMAIN
    g = by_name(gateway, names, provider(P.chats()).port)
    unreachable(g.chat())
    names.table["api.provider.test"] = ["127.0.0.1"]
    limit = time.monotonic() + 20
    while g.chat().status != 200:
        assert time.monotonic() < limit, "never tried again"
        time.sleep(0.3)


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "224.0.0.1"])
def test_a_name_with_a_private_address_is_refused(address, gateway, provider,
                                                  names):
    """Whoever owns the name must not point our key at our own network."""
    names.table["api.provider.test"] = [address]
    p = provider(P.chats())
    g = by_name(gateway, names, p.port, lines="")
    response = g.chat()
    assert response.status == 502
    assert address not in response.body.decode()
    assert p.connections == 0


def test_a_name_that_turns_private_is_refused(gateway, provider, names):
    """Rebinding: a public address first, then ours."""
    names.table["api.provider.test"] = ["10.1.2.3", "127.0.0.1"]
    p = provider(P.chats())
    g = by_name(gateway, names, p.port, lines="")
    assert g.chat().status == 502
    assert p.connections == 0


def test_a_second_address_is_tried(gateway, provider, names):
    names.table["api.provider.test"] = ["127.0.0.3", "127.0.0.1"]
    g = by_name(gateway, names, provider(P.chats()).port)
    statuses = {g.chat().status for _ in range(4)}
    assert 200 in statuses


def test_a_literal_loopback_address_implies_private(gateway, provider):
    p = provider(P.chats())
    g = gateway(http=HTTP, url=p.url, resolver="", provider_lines="")
    assert g.chat().status == 200


def test_private_off_refuses_even_a_literal_address_or_is_refused(
        gateway, provider):
    p = provider(P.chats())
    unready = gateway.make(http=HTTP, url=p.url, resolver="",
                           provider_lines="private off;")
    accepted, said = unready.check()
    if accepted:
        assert unready.start().chat().status == 502
        assert p.connections == 0
    else:
        assert "private" in said


def test_the_resolver_of_a_location_comes_first(gateway, provider, names):
    names.table["api.provider.test"] = ["127.0.0.1"]
    other = gateway.own(NameServer())
    other.table["api.provider.test"] = NXDOMAIN
    g = gateway(http=HTTP, resolver=other.resolver,
                provider_lines="private on;", server=names.resolver,
                url=f"http://api.provider.test:{provider(P.chats()).port}/v1")
    assert g.chat().status == 200


def test_a_client_that_leaves_while_a_name_is_looked_up(gateway, names):
    names.table["api.provider.test"] = SILENT
    g = by_name(gateway, names, 9)
    with g.connect() as client:
        client.send(g.chat_request())
        limit = time.monotonic() + 5
        while not names.asked and time.monotonic() < limit:
            time.sleep(0.01)
        assert names.asked
    assert g.access()[0]["http"] == "499"


def test_proxy_variables_of_the_environment_are_ignored(gateway, provider):
    """The worker's libcurl would honour them: the key would go there."""
    p, trap = provider(P.chats()), provider(P.chats())
    proxy = trap.url.removesuffix("/v1")
    g = gateway(p, main="env http_proxy; env HTTP_PROXY; env ALL_PROXY; "
                        "env https_proxy;", environment={
                            name: proxy for name in (
                                "http_proxy", "HTTP_PROXY", "ALL_PROXY",
                                "https_proxy")})
    assert g.chat().status == 200
    assert trap.connections == 0
    assert len(p.requests) == 1


def test_a_configured_proxy_is_used(gateway, provider):
    proxy = provider(P.chats())
    g = gateway(http=HTTP, resolver="", url="http://127.0.0.1:9/v1",
                provider_lines=f"proxy {proxy.url.removesuffix('/v1')};")
    assert g.chat().status == 200
    assert proxy.request.target == "http://127.0.0.1:9/v1/chat/completions"


def test_a_hanging_name_server_does_not_stop_the_others(gateway, provider,
                                                        names):
    names.table["api.provider.test"] = SILENT
    p = provider(P.chats())
    g = gateway(http=ZONE + names.resolver + """
        agent_provider lost { dialect openai; private on;
            url http://api.provider.test:9/v1; key file:@provider_key@;
            timeout connect=3s total=3s; }
        agent_provider main { dialect openai; url @url@;
                              key file:@provider_key@; }
        agent_model gone { target lost; }
        agent_model here { target main; }
        agent_tenant team { key file:@team_key@; models *; }
    """ + SERVER, url=p.url)
    with g.connect() as waiting:
        waiting.send(g.chat_request(question(model="gone")))
        for _ in range(4):
            assert g.chat(question(model="here")).status == 200
        unreachable(waiting.response())


def test_a_resolving_call_can_still_be_quit(gateway, names):
    """A quit waits for the call's own timeout, not for ever."""
    names.table["api.provider.test"] = SILENT
    g = by_name(gateway, names, 9)
    with g.connect() as client:
        client.send(g.chat_request())
        time.sleep(0.3)
        g.quit()
        unreachable(client.response())
