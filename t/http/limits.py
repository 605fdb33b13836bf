"""What the tests of limits share: an oracle, and a gateway whose log tells
when each call was admitted.

The gateway's clock of limits is CLOCK_MONOTONIC, as Python's here: so its log
and what the client saw lie on one line of time.  Times are microseconds.

The oracle is checked twice, by times of the gateway (which may be wrong about
itself) and by those of the client (who knows for sure only that a call was
admitted between sending and receiving).
"""

import bisect
import collections
import hashlib
import json
import re
import socket

import gateway as gateways
from gateway import ONE_ATTEMPT, STATUS, free_port, until
from providers import CHAT

# What the waits in headers may be off, microseconds: they are whole
# milliseconds.
GRAIN = 5_000


# ---- The oracle -----------------------------------------------------------

class Exact:
    """A limit as it should be: at most `limit` in any `window`."""

    def __init__(self, limit, window):
        self.limit, self.window = limit, window
        self.log = collections.deque()

    def used(self, at):
        while self.log and self.log[0][0] <= at - self.window:
            self.log.popleft()
        return sum(amount for _, amount in self.log)

    def take(self, at, amount=1):
        """0 if it was taken, else how long it would have to wait."""
        over = self.used(at) + amount - self.limit
        if over <= 0:
            self.log.append((at, amount))
            return 0
        for then, gone in self.log:
            over -= gone
            if over <= 0:
                return then + self.window - at
        raise ValueError("larger than the limit")


def heaviest(entries, window):
    """The most that entries (time, amount) sum up to in any window."""
    entries = sorted(entries)
    most = total = first = 0
    for at, amount in entries:
        total += amount
        while entries[first][0] <= at - window:
            total -= entries[first][1]
            first += 1
        most = max(most, total)
    return most


def surely(calls, window):
    """The most calls that began and ended within one window, whenever in
    between they were admitted."""
    ends, most = [], 0
    for call in sorted(calls, key=lambda c: c.sent, reverse=True):
        bisect.insort(ends, call.received)
        most = max(most, bisect.bisect_left(ends, call.sent + window))
    return most


class Rule:
    """One limit as it was configured.

    `group` gives what a call is counted under, None if it is not; `slack` is
    what the window may be longer where it is no exact log; `floor` is the
    least that the limit was while calls ran.
    """

    def __init__(self, name, limit, window, group=lambda call: call.tag,
                 slack=0, floor=None, amount=lambda call: 1):
        self.name, self.limit, self.window = name, limit, window
        self.group, self.slack, self.amount = group, slack, amount
        self.floor = floor or limit

    def audit(self, calls):
        groups = collections.defaultdict(list)
        for call in calls:
            if (group := self.group(call)) is not None:
                groups[group].append(call)
        for group, found in groups.items():
            self._audit(group, found)
        return groups

    def _audit(self, group, calls):
        taken = [c for c in calls if c.admitted is not None]
        entries = sorted((c.admitted, self.amount(c)) for c in taken)
        most = heaviest(entries, self.window)
        assert most <= self.limit, \
            f"{group}: {self.name} let {most} pass, not {self.limit}"
        if all(amount == 1 for _, amount in entries):
            most = surely(taken, self.window)
            assert most <= self.limit, \
                f"{group}: {self.name}: the client saw {most} pass"
            self._refusals(group, calls, [at for at, _ in entries])

    def _refusals(self, group, calls, log):
        """Each must have a reason, and name a wait that is the truth."""
        for call in calls:
            if call.limit != self.name:
                continue
            at = bisect.bisect_right(log, call.sent)
            end = bisect.bisect_right(log, call.received)
            # when it is fullest: at its begin or right after an admission
            length = self.window + self.slack
            full = [moment for moment in [call.sent, *log[at:end]]
                    if bisect.bisect_right(log, moment)
                    - bisect.bisect_right(log, moment - length)
                    >= self.floor]
            assert full, f"{group}: {self.name} refused {call} for nothing"
            if call.wait is None or self.floor < self.limit:
                continue
            earliest = log[at - self.limit] if at >= self.limit else 0
            latest = log[end - self.limit]
            assert call.received + call.wait >= earliest + self.window, \
                f"{group}: {self.name} says a wait too short to {call}"
            assert call.sent + call.wait <= latest + length + GRAIN, \
                f"{group}: {self.name} says a wait too long to {call}"


def audit(calls, *rules):
    """Looks at all calls under all rules; they may only be admitted or
    refused by one of them."""
    names = {rule.name for rule in rules}
    for call in calls:
        assert call.status in (200, 429), call
        assert (call.admitted is not None) == (call.status == 200), call
        assert call.status == 200 or call.limit in names, call
        assert call.admitted is None \
            or call.sent <= call.admitted <= call.received, call
    for rule in rules:
        rule.audit(calls)


# ---- The gateway ----------------------------------------------------------

VARIABLES = gateways.VARIABLES + ("admitted", "limit", "cost", "key",
                                  "session")

HOUSE = """
    agent_zone gateway:@zone@;
    add_header x-worker $pid always;
    agent_provider main {
        dialect openai; url @provider@; key file:@provider_key@;
        @resilience@
        @provider_lines@
    }
    @models@
    @tenants@
    server {
        listen 127.0.0.1:@port@ @reuse@;
        keepalive_requests 1000000;
        client_max_body_size 32m;
        location /v1/ { agent_gateway @gateway@; }
    }
    server {
        listen 127.0.0.1:@fixed@ backlog=4096;
        access_log off;
        keepalive_requests 1000000;
        location / { default_type application/json; return 200 '@answer@'; }
    }
""" + STATUS


class House(gateways.Gateway):
    """A gateway with so many workers; nginx itself is its provider, unless
    the test has another one, and answers at once with 12 tokens."""

    def __init__(self, tenants, workers=2, http=HOUSE, **values):
        values = {"zone": "16m", "models": "agent_model gpt-test { target "
                  "main/gpt-upstream; }", "resilience": ONE_ATTEMPT,
                  "fixed": free_port(), "answer": json.dumps(CHAT),
                  "tenants": tenants, "reuse": "", "variables": ",".join(
                      f'"{name}":"$agent_{name}"' for name in VARIABLES),
                  **values}
        values.setdefault("provider", f"http://127.0.0.1:{values['fixed']}/v1")
        super().__init__(http, **values)
        self.count = workers

    def text(self):
        return super().text().replace("worker_processes 2;",
                                      f"worker_processes {self.count};")

    def _listens(self):
        if len(self.workers()) < self.count:
            return False
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    # -- asking

    def of(self, tenant, body=None, **kwargs):
        """A chat of that tenant."""
        return self.chat(body, key=key_of(tenant), **kwargs)

    def usage(self, tenant, key=None):
        """The page of /v1/usage."""
        response = self.get("/v1/usage", key=key or key_of(tenant))
        assert response.status == 200, response
        page = response.json()
        assert page["object"] == "usage" and page["tenant"] == tenant
        return page

    def row(self, tenant, name, key=None, kind="limits"):
        """One limit of that page; its name says what it counts by."""
        page = self.usage(tenant, key)
        rows = [row for row in page[kind] if row["name"] == name]
        assert len(rows) == 1, (name, page)
        assert rows[0]["by"] == (name.partition("@")[2] or "tenant")
        return rows[0]

    def used(self, tenant, name, **kwargs):
        return self.row(tenant, name, **kwargs)["used"]

    def settles(self, tenant, name, used, **kwargs):
        """Waits until a limit's use is what it should be."""
        last = until(lambda: self.used(tenant, name, **kwargs) == used)
        assert last, f"{name}: {self.row(tenant, name, **kwargs)}, not {used}"

    def read_log(self, calls):
        """Gives each call its row of the access log."""
        wanted = {call.id: call for call in calls}

        def missing():
            rows = {row["request_id"]: row for row in self.access()}
            return not wanted.keys() <= rows.keys() or rows
        rows = until(lambda: (found := missing()) is not True and found)
        assert rows, "calls are missing in the access log"
        for name, call in wanted.items():
            call.row = rows[name]
            admitted = call.row["admitted"]
            call.admitted = int(admitted) if admitted else None
            if call.status != 200:      # else a dry run may have named it
                assert call.row["limit"] == (call.limit or ""), call.row
        return calls


def house(factory, tenants, provider=None, **values):
    """Starts one; `provider` may be a script."""
    if provider is not None:
        if callable(provider):
            provider = factory.provider(provider)
        values["provider"] = provider.url
    made = House(tenants, **values)
    factory.gateways.append(made)
    return made.start()


def key_of(name):
    return f"sk-limited-{name}-0123456789"


def digest(name):
    return hashlib.sha256(key_of(name).encode()).hexdigest()


def tenant(name, *lines, keys=(), models="*"):
    """A tenant's block; more keys by the names that key_of() takes."""
    held = " ".join(f"key sha256:{digest(key)};" for key in (name, *keys))
    return f"agent_tenant {name} {{ {held} models {models};\n" \
        + "\n".join(lines) + " }\n"


# ---- Refusals -------------------------------------------------------------

def refused(response, limit, kind="requests", status=429):
    """Is a refusal by that limit, in all its forms; gives the wait in
    seconds."""
    assert response.status == status, response
    error = response.error
    assert (error["type"], error["code"]) == (kind, "rate_limit_exceeded")
    assert error["param"] is None
    assert response.header("x-agent-limit") == limit
    ms = int(response.header("retry-after-ms"))
    assert ms > 0
    assert int(response.header("retry-after")) == (ms + 999) // 1000
    assert response.header("x-should-retry") \
        == ("true" if ms <= 60_000 else "false")
    said = re.search(r"Please try again in ([\dhms.]+)\.(?: |$)",
                     error["message"])
    assert said, error
    # what is said to people may be rounded, never below the truth
    assert ms - 5 < duration(said.group(1)) * 1000 <= ms + 1001, error
    return ms / 1000


def duration(text):
    """Reads "6.5s", "1m30s", "20ms" as seconds."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    parts = re.findall(r"([\d.]+)(ms|[hms])", text)
    assert parts and "".join(n + u for n, u in parts) == text, text
    return sum(float(number) * units[unit] for number, unit in parts)


def standing(response, resource="requests"):
    """x-ratelimit-* of an answer: (limit, remaining, seconds), or None."""
    words = [response.header(f"x-ratelimit-{word}-{resource}")
             for word in ("limit", "remaining", "reset")]
    if words == [None] * 3:
        return None
    return int(words[0]), int(words[1]), duration(words[2])
