"""What the cache costs: hits beside what nginx alone can do, and misses.

A question is the usual request with a word or two of its own; a number of
seven digits in it, which the load generator writes, makes each call another
question.
"""

import collections
import shutil

import experiments
import legs
import limits

KB = experiments.KB
SIZES = {'1': KB, '4': 4000}    # bytes of answers; nginx.conf has no room for
                                # more in one word
LARGE = 16 * KB
NUMBER = '#######'
NUMBERS = 10000000
WINDOW_CALLS = 200000           # more than a window of misses has
KEPT = 2048                     # answers in Redis, of which the smallest zone
                                # holds a fifth
FILLS = 8                       # windows in which all of them are asked for

HIT = limits.REQUESTS + ('cache ttl=1h',)
ZONE = '    agent_cache_zone answers:32m;\n'
SECOND = ('    agent_cache_zone answers:1m '
          'secret=file:{prefix}/provider.key;\n')

# What nginx does of the same work by itself: it answers what it has in its
# configuration; it knows the caller, counts, and has kept the answer.
STATIC = """\
    server {{
        listen {host}:{port} backlog=4096;

        location / {{
            default_type application/json;
            return 200 '{content}';
        }}
    }}

"""

PROXY_CACHE = """\
    map $http_authorization $caller {{
        default "";
{callers}    }}

    proxy_cache_path {prefix}/cache levels=1:2 keys_zone=answers:1m
                     use_temp_path=off;
    limit_req_zone $caller zone=callers:1m rate=16384r/s;

    upstream provider {{
        server {host}:{mock};
        keepalive 64;
    }}

    server {{
        listen {host}:{port} backlog=4096;

        location / {{
            if ($caller = "") {{
                return 401;
            }}

            limit_req zone=callers burst=16384 nodelay;

            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";

            proxy_cache answers;
            proxy_cache_methods POST;
            proxy_cache_key $caller$request_uri$request_body;
            proxy_cache_valid 200 1h;
        }}
    }}

"""

# leg, kind of its port, request, what else bench.load() is given
Case = collections.namedtuple('Case', 'leg kind sent options')


class Plain(legs.Nginx):
    """nginx without the module: "static-1", "static-4" and "proxy"."""

    def __init__(self, bench):
        super().__init__('proxy_pass', bench.env, bench.mock,
                         name='proxy_pass-cache')

    def _http(self, mock):
        servers = []
        for name, size in SIZES.items():
            port = self.ports[f'static-{name}'] = legs.free_port()
            servers.append(STATIC.format(host=legs.HOST, port=port,
                                         content='.' * size))
        self.ports['json'] = self.ports['static-1']
        self.ports['proxy'] = legs.free_port()
        callers = ''.join(
            f'        "Bearer {limits.key(n)}" bench-{n};\n'
            for n in range(limits.TENANTS))
        servers.append(PROXY_CACHE.format(
            host=legs.HOST, port=self.ports['proxy'], mock=mock.port,
            prefix=self.prefix, callers=callers))
        return ''.join(servers)

    def pids(self):
        """Without those that only look after files, and end."""
        found = super().pids()
        return [found[0], found[-1]]


def question(about, size=KB, key=limits.KEY, stream=False, word='caches'):
    """A request; "about" are seven characters of its text, "word" is six.

    With stream it is the same question as without.
    """
    content = experiments.body(size, False, 'bench-model')
    content = content.replace(b'Tell me', f'{about:7}'.encode(), 1)
    content = content.replace(b'caches', word.encode(), 1)
    if stream:
        content = (content[:-1] + b',"stream":true,'
                   b'"stream_options":{"include_usage":true}}')
    return experiments.post(content, stream, key)


def ask(bench, leg, kind, sent, size=KB, number=0):
    """One call: its status, headers and body."""
    bench.mock.set(dialect=0, spin=0, stream=0, size=size, delay_us=0)
    return legs.exchange(leg.ports[kind],
                         sent.replace(NUMBER.encode(), b'%07d' % number))


def expect(bench, name, got, wanted):
    if got != wanted:
        bench.wrong.append(f'cache, {name}: {got} for {wanted}')


def told(bench, leg, sent, **options):
    """One call: its status, what the cache did, and the limit."""
    status, headers, _ = ask(bench, leg, 'json', sent, **options)
    return (status, headers.get('x-agent-cache'),
            headers.get('x-ratelimit-limit-requests'))


def fill(bench, leg, name, limit, size):
    """Every tenant asks twice: is the second answer from the cache?"""
    for number in range(limits.TENANTS):
        for word in ('miss', 'hit'):
            expect(bench, name,
                   told(bench, leg, question(name), size=size, number=number),
                   (200, word, limit))


def fill_proxy(bench, plain, name, size):
    for number in range(limits.TENANTS):
        ask(bench, plain, 'proxy', question(name), size, number)
    status, _, _ = ask(bench, plain, 'proxy', question(name), size)
    expect(bench, 'proxy_cache', (status, bench.mock.set()['requests']),
           (200, 0))


def alternate(bench, cases, window_ms, c=64):
    """Each case there and back; the means of both windows."""
    found = {name: [] for name in cases}
    for name in (*cases, *reversed(cases)):
        case = cases[name]
        options = {'size': KB, **case.options}
        mock = {'size': options['size'], 'spin': int(c > 1)}
        found[name].append(bench.load(
            case.leg, case.kind, case.sent, mock, what=f'{name}, {c}',
            spin=int(c > 1), c=c, warm_ms=100, window_ms=window_ms,
            **options))
    return experiments.means(found)


# ---- hits ---------------------------------------------------------------

def hits(bench, leg):
    """From shared memory, whole and as a stream, beside nginx alone."""
    with limits.Gateways(bench, leg, 'cache') as gateways:
        plain = gateways.add(Plain(bench))
        hit = gateways.start('hit', limits.conf(HIT, ZONE))
        bare = gateways.start('bare', limits.conf(HIT[1:], ZONE))
        cases = {}
        for name, size in SIZES.items():
            fill(bench, hit, name, '16384', size)
            cases |= {
                f'static-{name}': kept(plain, f'static-{name}', name, size),
                f'hit-{name}': kept(hit, 'json', name, size)}
        fill_proxy(bench, plain, '1', KB)
        fill(bench, bare, '1', None, KB)
        cases['proxy-1'] = kept(plain, 'proxy', '1', KB)
        cases['bare-1'] = kept(bare, 'json', '1', KB)
        cases['stream-1'] = stream(bench, hit)
        alone = {name: cases[name] for name in ('static-1', 'hit-1')}
        return (alternate(bench, cases, 300)
                | {f'{name}-alone': found for name, found
                   in alternate(bench, alone, 300, 1).items()})


def kept(leg, kind, name, size, **options):
    """Ten callers whose question was answered before."""
    return Case(leg, kind, question(name), {
        'size': size, 'asked': False, 'keys': limits.TENANTS, **options})


def stream(bench, leg):
    """What was asked for whole before is told as a stream: its bytes, and its
    chunks but for role, finish, usage and [DONE]."""
    sent = question('1', stream=True)
    status, headers, body = ask(bench, leg, 'json', sent)
    expect(bench, 'stream', (status, headers.get('x-agent-cache')),
           (200, 'hit'))
    return Case(leg, 'json', sent, {
        'size': len(body), 'deltas': body.count(b'data: ') - 4, 'words': 1,
        'asked': False, 'keys': limits.TENANTS})


# ---- misses -------------------------------------------------------------

class Numbers:
    """Of questions that nobody has asked: others in each window."""

    def __init__(self):
        self.next = 0

    def __call__(self):
        begin = self.next
        self.next = (begin + WINDOW_CALLS) % NUMBERS
        return {'key_from': begin, 'key_to': begin + WINDOW_CALLS}

    def case(self, leg, size=KB):
        return Case(leg, 'json', question(NUMBER, size, limits.key(0)), {
            'size': size, 'keys': NUMBERS, 'anew': self})


def misses(bench, leg):
    """Every question is another one, with a cache and without; the zone is
    full soon, so that each answer that is kept pushes one out."""
    numbers = Numbers()
    with limits.Gateways(bench, leg, 'cache') as gateways:
        off = gateways.start('off', limits.conf())
        on = gateways.start('on', limits.conf(HIT[1:], ZONE))
        first = question('1', key=limits.key(0))
        expect(bench, 'off', told(bench, off, first), (200, None, None))
        expect(bench, 'on', told(bench, on, first), (200, 'miss', None))
        return alternate(bench, {
            name: numbers.case(gateway, size)
            for size_name, size in (('16', LARGE), ('1', KB))
            for name, gateway in ((f'off-{size_name}', off),
                                  (f'miss-{size_name}', on))}, 300)


# ---- the second level ---------------------------------------------------

def redis(bench, leg):
    """Answers that are in Redis only, and questions that are new there; None
    without a Redis."""
    if shutil.which('redis-server') is None:
        bench.skipped['cache-redis'] = 'there is no redis-server'
        return None
    server = limits.Redis(bench)
    try:
        with limits.Gateways(bench, leg, 'cache') as gateways:
            off = gateways.start('redis-off', limits.conf())
            on = gateways.start('redis', limits.conf(
                ('cache ttl=1h redis',), server.conf() + SECOND))
            why = fill_redis(bench, on)
            if why:
                bench.skipped['cache-redis'] = why
                return None
            return levels(bench, server, off, on)
    finally:
        server.stop()


def levels(bench, server, off, on):
    """Under load and alone."""
    numbers = Numbers()
    cases = {'off': numbers.case(off), 'miss': numbers.case(on),
             'hit': second(on, False)}
    before = server.commands()
    found = {'64': alternate(bench, cases, 300)}
    del cases['off']
    found['1'] = alternate(bench, cases, 300, 1)
    asked = server.commands() - before
    calls = sum(sum(part[name]['calls']) for part in found.values()
                for name in cases)
    if asked < 0.9 * calls:
        bench.wrong.append(f'cache, redis: {asked} commands for {calls} calls')
    return found


def second(leg, asked):
    """The same questions again and again, more than the zone holds."""
    return Case(leg, 'json', question(NUMBER, key=limits.key(0),
                                      word='levels'),
                {'keys': KEPT, 'asked': asked})


def fill_redis(bench, leg):
    """Asks until the provider is asked nothing any more; or why it still
    is."""
    case = second(leg, None)
    try:
        ask(bench, leg, case.kind, case.sent)
    except OSError:
        return 'a call that asked Redis was not answered'
    for _ in range(FILLS):
        window = bench.load(leg, case.kind, case.sent, {'spin': 1}, once=True,
                            what='fill', spin=1, c=64, size=KB, warm_ms=100,
                            window_ms=300, **case.options)
        if window['asked'] == 0:
            return None
    return 'answers that were kept in Redis were not found there'
