"""What the tests of agents' sessions share."""

import json

import wire
from limits import HOUSE, House

TOKEN = "sk-CANARY-token-"              # how a token begins

# An operator may stop sessions.
MANAGED = HOUSE.replace("location /status { agent_status; }",
                        "location /status { agent_status "
                        "manage=file:@token@; }\n"
                        "location /plain { agent_status; }")
assert MANAGED != HOUSE


def managed(factory, tenants, provider=None, workers=2, **values):
    """Starts a gateway whose operator may stop sessions."""
    if callable(provider):
        provider = factory.provider(provider)
    if provider is not None:
        values["provider"] = provider.url
    g = House(tenants, workers, http=MANAGED,
              reuse="reuseport" if workers > 2 else "", **values)
    g.secret("token", TOKEN)
    factory.gateways.append(g)
    return g.start()


def token_of(g):
    return next(secret for secret in g.secrets if secret.startswith(TOKEN))


def operate(g, path, token="right", method="POST", headers=()):
    """What an operator asks of the status page."""
    token = token_of(g) if token == "right" else token
    return wire.ask(g.status_port, wire.request(method, path, key=token,
                                                headers=headers), method)


def stop(g, session, tenant=None, **kwargs):
    only = "" if tenant is None else f"?tenant={tenant}"
    return operate(g, f"/status/sessions/{session}/stop{only}", **kwargs)


def stopped(answer, session):
    assert answer.status == 200, answer
    assert answer.header("content-type") == "application/json"
    assert answer.json() == {"session": session, "stopped": True}
    return True


def named(session, depth=None):
    """An agent's headers."""
    headers = [("x-agent-session", session)]
    return headers if depth is None \
        else headers + [("x-agent-depth", str(depth))]


def ended(answer, code):
    """Is a guard's refusal, in all its forms."""
    assert answer.status == 403, answer
    assert answer.complete
    assert answer.json().keys() == {"error", "request_id"}
    error = answer.error
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == ("permission_error", code)
    assert error["param"] is None and error["message"]
    assert answer.header("x-should-retry") == "false"
    for name in ("retry-after", "retry-after-ms", "x-agent-limit",
                 "x-agent-attempts", "x-agent-provider"):
        assert answer.header(name) is None, name
    return True


def code(call):
    """The code of a herd's call that was refused, else its status."""
    if call.status == 200:
        return 200
    return json.loads(call.body)["error"]["code"]
