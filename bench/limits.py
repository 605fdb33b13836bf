"""What limits cost: gateways that have them beside one that has none.

Keys of callers end in a number of seven digits that the load generator
writes, a different one in each call; with ten of them, as many tenants.
"""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import time

import experiments
import legs

KEY = 'bench-tenant-key-#######'
TENANTS = 10
KEYS = 1000000
AGAIN = 65536           # keys that are called again, if not all: fewer would
                        # reach their limit
REDIS_SECONDS = 5       # until it answers, and the gateway knows

HEAD = """\
    agent_zone gateway:{zone};

    agent_provider mock {{{{
        dialect openai;
        url http://{{host}}:{{mock}}/v1;
        key file:{{prefix}}/provider.key;
        price upstream-model input=1 output=2;
    }}}}

    agent_model bench-model {{{{
        target mock/upstream-model;
    }}}}

    agent_plan bench {{{{
        models bench-model;
{limits}    }}}}

"""

TENANT = """\
    agent_tenant bench-{number} {{{{
        plan bench;
        key sha256:{digest};
    }}}}

"""

MANY = """\
    agent_tenant bench {{
        plan bench;
        keys {prefix}/../million.keys;
    }}

"""

# Never refuses: the load is less than ten times as many a second.
REQUESTS = ('limit requests=16384 per=1s',)
EVERY = REQUESTS + ('limit tokens=1000000000000 per=1m',
                    'limit concurrency=10000',
                    'budget 1000000 per=month')
BY_KEY = ('limit requests=10 per=1m by=key',)
BY_KEY_LONG = ('limit requests=10 per=1h by=key',)    # none is forgotten
ONCE = ('limit requests=1 per=366d',)


def key(number):
    return KEY.replace('#######', f'{number:07}')


def digest(number):
    return hashlib.sha256(key(number).encode()).hexdigest()


def head(lines, zone='64m'):
    return HEAD.format(zone=zone,
                       limits=''.join(f'        {line};\n' for line in lines))


def conf(lines=(), more=''):
    """Tenants of one key and one plan."""
    return more + head(lines) + ''.join(
        TENANT.format(number=number, digest=digest(number))
        for number in range(TENANTS)) + legs.GATEWAY_SERVER


def conf_many(lines=()):
    """One tenant of many keys; a window by key is some 250 bytes."""
    return head(lines, '512m') + MANY + legs.GATEWAY_SERVER


class Redis:
    """A Redis of our own, on the core of the load generator."""

    def __init__(self, bench):
        self.bench = bench
        self.port = legs.free_port()
        self.process = subprocess.Popen(
            ['redis-server', '--bind', legs.HOST, '--port', str(self.port),
             '--save', '', '--appendonly', 'no', '--daemonize', 'no',
             '--dir', bench.env.build, '--loglevel', 'warning'],
            stdout=subprocess.DEVNULL)
        bench.helpers.append(self.process.pid)

    def conf(self):
        """A late answer must not go unnoticed: nothing stands in for it."""
        return (f'    agent_redis {legs.HOST}:{self.port} timeout=10s '
                'when_down=deny;\n')

    def commands(self):
        """How many it has been given."""
        with socket.create_connection((legs.HOST, self.port)) as s:
            s.sendall(b'INFO stats\r\nQUIT\r\n')
            told = s.makefile().read()
        return int(re.search(r'total_commands_processed:(\d+)', told)[1])

    def stop(self):
        self.bench.helpers.remove(self.process.pid)
        self.process.kill()
        self.process.wait()


class Gateways:
    """Those of an experiment; what they must not say, bench.wrong has."""

    def __init__(self, bench, leg, what='limits'):
        self.bench = bench
        self.leg = leg.leg
        self.what = what
        self.running = []

    def start(self, name, text, workers=1, test=True):
        if workers > 1:     # both have calls, whoever is faster
            text = text.replace('backlog=4096', 'backlog=4096 reuseport')
        fresh = legs.Nginx(self.leg, self.bench.env, self.bench.mock,
                           name=f'{self.leg}-{self.what}-{name}', conf=text,
                           workers=workers)
        return self.add(fresh, test)

    def add(self, fresh, test=True):
        self.running.append(fresh)
        fresh.start(test)
        return fresh

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for leg in self.running:
            self.bench.wrong += leg.stop()


def told(bench, leg, number=0):
    """One call: its status, the limit that its answer tells of, and who
    counts, if Redis does not."""
    bench.mock.set(dialect=0, spin=0, stream=0, size=experiments.KB,
                   delay_us=0)
    status, headers, _ = legs.exchange(
        leg.ports['json'], experiments.request(key=key(number)))
    return (status, headers.get('x-ratelimit-limit-requests'),
            headers.get('x-ratelimit-mode'))


def check(bench, leg, name, limit, status=200, number=0):
    """Does the gateway have the limit that is measured, and no other?"""
    got = told(bench, leg, number)
    if got != (status, limit, None):
        bench.wrong.append(f'limits, {name}: {got}')


def alternate(bench, cases, c, window_ms=600, spin=0):
    return experiments.alternate(
        bench, {name: (leg, 'bench-model', c) for name, leg in cases.items()},
        window_ms, KEY, spin, keys=TENANTS)


def limits(bench, leg):
    """Ten tenants, with one limit, with all kinds, with none; two workers;
    and what a refusal costs."""
    found = {}
    with Gateways(bench, leg) as gateways:
        cases = {}
        for name, lines, limit in (('none', (), None),
                                   ('requests', REQUESTS, '16384'),
                                   ('every', EVERY, '16384')):
            cases[name] = gateways.start(name, conf(lines))
            check(bench, cases[name], name, limit)
        found['one'] = alternate(bench, cases, 8, 800, spin=1)

    with Gateways(bench, leg) as gateways:
        cases = {name: gateways.start(name, conf(lines), 2)
                 for name, lines in (('none', ()), ('requests', REQUESTS))}
        found['two'] = alternate(bench, cases, 64)

    with Gateways(bench, leg) as gateways:
        once = gateways.start('once', conf(ONCE))
        for number in range(TENANTS):
            check(bench, once, 'once', '1', 200, number)
        check(bench, once, 'once', '1', 429)
        window = bench.load(once, 'json', experiments.request(key=KEY), {},
                            what='refused', c=64, status=429, keys=TENANTS,
                            warm_ms=100, window_ms=1000)
        found['refused'] = {name: window[name]
                            for name in ('rate', 'cpu_answer')}
    return found


def write_keys(build):
    """A million, once for all rounds and runs."""
    path = os.path.join(build, 'million.keys')
    last = f'{digest(KEYS - 1)} k{KEYS - 1}\n'
    try:
        with open(path, 'rb') as file:
            file.seek(-len(last), os.SEEK_END)
            if file.read() == last.encode():
                return
    except OSError:
        pass
    with open(path + '.new', 'w', encoding='ascii') as file:
        file.writelines(f'{digest(number)} k{number}\n'
                        for number in range(KEYS))
    os.chmod(path + '.new', 0o600)
    os.rename(path + '.new', path)


def keys(fill=False):
    """A million keys: the first calls of some, then their second ones.

    With "fill" all of them have called before, and any may be next.
    """
    def run(bench, leg):
        write_keys(bench.env.build)
        with Gateways(bench, leg) as gateways:
            none = gateways.start('keys-none', conf_many(), test=False)
            every = gateways.start(
                'keys', conf_many(BY_KEY_LONG if fill else BY_KEY),
                test=False)
            check(bench, none, 'keys-none', None)
            check(bench, every, 'keys', '10')
            return key_windows(bench, none, every, fill)
    return run


def key_windows(bench, none, every, fill):
    found = {'none': [], 'first': [], 'again': []}
    called = 0

    def load(name, leg, key_from, key_to, window_ms=800):
        window = bench.load(leg, 'json', experiments.request(key=KEY),
                            {'spin': 1}, once=(name == 'first'), what=name,
                            spin=1, c=8, size=experiments.KB, keys=KEYS,
                            key_from=key_from, key_to=key_to, warm_ms=100,
                            window_ms=window_ms)
        found[name].append(window)
        return window['calls']

    load('none', none, 0, KEYS)
    while called < (KEYS if fill else AGAIN) or len(found['first']) < 2:
        called += load('first', every, called, called + KEYS,
                       3000 if fill else 800)
    called = min(called, KEYS)
    load('again', every, 0, called)
    load('none', none, 0, KEYS)
    load('again', every, 0, called)
    load('none', none, 0, KEYS)
    return experiments.means(found)


def redis(bench, leg):
    """One limit in Redis, at load and alone; None without a Redis."""
    if shutil.which('redis-server') is None:
        return None
    server = Redis(bench)
    try:
        with Gateways(bench, leg) as gateways:
            cases = {'none': gateways.start('redis-none', conf()),
                     'redis': gateways.start('redis', conf(
                         REQUESTS, server.conf()))}
            wait(bench, cases['redis'])
            check(bench, cases['none'], 'redis-none', None)
            check(bench, cases['redis'], 'redis', '16384')
            return {str(c): alternate(bench, cases, c, spin=int(c > 1))
                    for c in (64, 8, 1)}
    finally:
        server.stop()


def wait(bench, leg):
    """Until the gateway has Redis: before that it refuses."""
    end = time.monotonic() + REDIS_SECONDS
    while told(bench, leg)[0] != 200:
        if time.monotonic() > end:
            raise legs.Failure('limits: Redis does not answer')
        time.sleep(0.05)
