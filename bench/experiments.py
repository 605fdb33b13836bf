"""What is measured: the requests and the experiments.

An experiment takes the running benchmark and one leg, and returns the
figures of a window.
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import time

import legs

KB = 1024
MESSAGES = '/v1/messages'

SENTENCE = ('Tell me, in \\"plain\\" words, what the second paragraph of the '
            'report says about caches.\\n')


def body(size, stream, model, options=True):
    """A chat request of about that many bytes, in messages of 2 KB.

    Without stream_options it is one that Anthropic takes as well.
    """
    head = f'{{"model":"{model}","messages":['
    tail = '],"temperature":0.7,"max_tokens":256'
    if stream:
        tail += ',"stream":true'
        if options:
            tail += ',"stream_options":{"include_usage":true}'
    tail += '}'
    messages = []
    left = size - len(head) - len(tail)
    while left > 0:
        role = 'assistant' if len(messages) % 2 else 'user'
        frame = len(f'{{"role":"{role}","content":""}},')
        room = min(2 * KB, left) - frame
        if messages and room < len(SENTENCE):
            break
        text = (SENTENCE * max(1, room // len(SENTENCE))).ljust(room, '.')
        messages.append(f'{{"role":"{role}","content":"{text}"}}')
        left -= frame + len(text)
    return (head + ','.join(messages) + tail).encode()


def request(size=KB, stream=False, key=legs.TENANT_KEY,
            path='/v1/chat/completions', model='bench-model'):
    return post(body(size, stream, model, path != MESSAGES), stream, key,
                path)


def post(content, stream, key, path='/v1/chat/completions'):
    json.loads(content)
    return (f'POST {path} HTTP/1.1\r\n'
            'Host: gateway.example\r\n'
            f'Authorization: Bearer {key}\r\n'
            'Content-Type: application/json\r\n'
            f'Accept: {"text/event-stream" if stream else "application/json"}'
            '\r\n'
            'User-Agent: OpenAI/Python 2.8.1\r\n'
            f'Content-Length: {len(content)}\r\n\r\n').encode() + content


def whole(c, window_ms=1500, size=KB, answer=KB):
    """Whole answers without delay, c in flight."""
    def run(bench, leg):
        return bench.load(leg, 'json', request(size), {'size': answer}, c=c,
                          size=answer, warm_ms=200, window_ms=window_ms)
    return run


def first(window_ms=3000):
    """Short streams, one at a time: role and first delta come at once."""
    def run(bench, leg):
        return bench.load(leg, 'sse', request(stream=True),
                          {'stream': 1, 'deltas': 4, 'pace_us': 1000},
                          c=1, deltas=4, warm_ms=200, window_ms=window_ms)
    return run


def streams(c, pace=1, window_ms=3000):
    """Paced streams, all open through the whole window."""
    def run(bench, leg):
        leg = bench.restart(leg)
        pace_ms = bench.pace_ms * pace
        ramp, warm = 600, 400
        length = ramp + warm + window_ms * bench.scale + 800
        deltas = int(length / pace_ms) + 1
        found = bench.load(leg, 'sse', request(stream=True),
                           {'stream': 1, 'deltas': deltas,
                            'pace_us': pace_ms * 1000},
                           c=c, deltas=deltas, repeat=0, ramp_ms=ramp,
                           warm_ms=warm, window_ms=window_ms)
        time.sleep(0.3)
        found['pace_ms'] = pace_ms
        if leg.leg != 'direct':
            idle = bench.idle[leg.leg]['pss']
            found['memory_open'] = (found['memory'] - idle) / 1e3 / c
            found['memory_after'] = (leg.memory()['pss'] - idle) / 1e6
        return found
    return run


def flight(c, delay_ms, window_ms=3000):
    """c in flight; the delays make it about 5,000 calls a second for all."""
    def run(bench, leg):
        return bench.load(leg, 'many', request(),
                          {'delay_us': delay_ms * 1000},
                          c=min(c, bench.env.in_flight()),
                          ramp_ms=delay_ms, warm_ms=max(500, delay_ms + 300),
                          window_ms=window_ms)
    return run


def denied(window_ms=1500):
    """Calls with a wrong key, against nginx's own "return 401"."""
    def run(bench, leg):
        path = '/denied' if leg.leg == 'proxy_pass' else '/v1/chat/completions'
        return bench.load(leg, 'json',
                          request(key='wrong-key-0123456789', path=path), {},
                          c=64, status=401, warm_ms=200, window_ms=window_ms)
    return run


def syscalls(bench, leg):
    """System calls per request, with 8 in flight."""
    if shutil.which('strace') is None:
        return None
    path = os.path.join(bench.env.build, 'strace')
    tracer = subprocess.Popen(['strace', '-f', '-c', '-o', path, '-p',
                               str(leg.pids()[0])], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    found = bench.window(leg, 'json', request(), {},
                         {'c': 8, 'warm_ms': 0, 'window_ms': 1000})
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    with open(path, encoding='ascii') as file:
        total = re.search(r'^\s*100\.00\s+\S+\s+(?:\d+\s+)?(\d+).*total$',
                          file.read(), re.M)
    if total is None:
        return None
    found['syscalls'] = int(total[1]) / found['calls']
    return found


def cold(bench, leg):
    """Start and idle memory, with nginx's default number of connections."""
    fresh = legs.Nginx(leg.leg, bench.env, bench.mock,
                       name=leg.leg + '-idle', connections=512)
    try:
        seconds = fresh.start()
        return {'start_ms': seconds * 1e3, 'rss': fresh.memory()['rss'] / 1e6}
    finally:
        bench.wrong += fresh.stop()


def alternate(bench, cases, window_ms=1000, key=legs.TENANT_KEY, spin=0,
              **options):
    """Whole answers in each case, there and back, so that drift cancels out.

    cases: of a name, the leg, the model and the calls in flight; options:
    the load generator's.  Returns the means of both windows.
    """
    found = {name: [] for name in cases}
    for name in (*cases, *reversed(cases)):
        leg, model, c = cases[name]
        found[name].append(bench.load(
            leg, 'json', request(model=model, key=key), {'spin': spin},
            what=name, spin=spin, c=c, size=KB, warm_ms=100,
            window_ms=window_ms, **options))
    return means(found)


def means(found):
    """Of the windows of each case."""
    return {name: {'p50': mean(windows, lambda w: w['latency']['p50']),
                   'p99': mean(windows, lambda w: w['latency']['p99']),
                   'rate': mean(windows, lambda w: w['rate']),
                   'cpu_answer': mean(windows, lambda w: w.get('cpu_answer')),
                   'refused': [w['refused'] for w in windows],
                   'calls': [w['calls'] for w in windows]}
            for name, windows in found.items()}


def mean(windows, key):
    values = [key(w) for w in windows]
    return None if None in values else statistics.fmean(values)


def told(bench, leg, model):
    """One call: its status, how many attempts it took, what it is short of."""
    bench.mock.set(dialect=0, spin=0, stream=0, size=KB, delay_us=0)
    status, headers, _ = legs.exchange(leg.ports['json'],
                                       request(model=model))
    return (status, headers.get('x-agent-attempts'),
            headers.get('x-agent-degraded'))


def failover(bench, leg):
    """A first target that is out in some way, against a healthy one."""
    fresh = legs.Nginx(leg.leg, bench.env, bench.mock,
                       name=leg.leg + '-failover', conf=legs.FAILOVER)
    try:
        fresh.start()
        told(bench, fresh, 'open')          # its breaker opens
        models = {'second': (200, '1', None), 'open': (200, '1', 'fallback'),
                  'closed': (200, '2', 'fallback'),
                  'sick': (200, '2', 'fallback')}
        for model, wanted in models.items():
            got = told(bench, fresh, model)
            if got != wanted:
                bench.wrong.append(f'failover, {model}: {got}')
        found = alternate(bench,
                          {model: (fresh, model, 1) for model in models})
        for model, case in found.items():
            asked = case['calls'] if model == 'sick' else [0, 0]
            if case['refused'] != asked:
                bench.wrong.append(f'failover, {model}: {case["refused"]} '
                                   f'calls of the first target for {asked}')
        return found
    finally:
        bench.wrong += fresh.stop()


def resilience(bench, leg):
    """A healthy call with all of it configured, and with nothing of it."""
    plain = legs.Nginx(leg.leg, bench.env, bench.mock,
                       name=leg.leg + '-plain')
    every = legs.Nginx(leg.leg, bench.env, bench.mock,
                       name=leg.leg + '-resilience', conf=legs.RESILIENCE)
    try:
        plain.start()
        every.start()
        for model in ('bench-model', 'bench-validate'):
            got = told(bench, every, model)
            if got != (200, '1', None):
                bench.wrong.append(f'resilience, {model}: {got}')
        found = alternate(bench, {
            'plain-8': (plain, 'bench-model', 8),
            'every-8': (every, 'bench-model', 8),
            'validate-8': (every, 'bench-validate', 8)})
        found |= alternate(bench, {
            'plain-1': (plain, 'bench-model', 1),
            'every-1': (every, 'bench-model', 1)})
        if any(any(case['refused']) for case in found.values()):
            bench.wrong.append('resilience: healthy calls got a fallback')
        return found
    finally:
        bench.wrong += plain.stop() + every.stop()


# client's path, model, dialect of the mock: as bytes pass, and translated
PAIRS = {
    'chat-openai': ('/v1/chat/completions', 'bench-openai', 0),
    'chat-anthropic': ('/v1/chat/completions', 'bench-anthropic', 1),
    'messages-anthropic': (MESSAGES, 'bench-anthropic', 1),
    'messages-openai': (MESSAGES, 'bench-openai', 0),
}


def translation(bench, leg):
    """Translated calls and streams beside those whose bytes pass."""
    return {'whole': pairs(bench, leg, whole_pair),
            'stream': pairs(bench, leg, stream_pair)}


def pairs(bench, leg, run):
    """Each pair there and back, each time in a gateway of its own."""
    found = {name: [] for name in PAIRS}
    for name in (*PAIRS, *reversed(PAIRS)):
        fresh = legs.Nginx(leg.leg, bench.env, bench.mock,
                           name=leg.leg + '-translation',
                           conf=legs.TRANSLATION)
        try:
            fresh.start()
            found[name].append(run(bench, fresh, name, *PAIRS[name]))
        finally:
            bench.wrong += fresh.stop()
    return {name: {key: statistics.fmean(w[key] for w in windows)
                   for key in ('cpu_answer', 'cpu_chunk', 'memory_open')
                   if all(key in w for w in windows)}
            for name, windows in found.items()}


def whole_pair(bench, leg, name, path, model, dialect):
    return bench.load(leg, 'json', request(path=path, model=model),
                      {'dialect': dialect, 'spin': 1}, what=name, spin=1, c=8,
                      warm_ms=200, window_ms=1000)


def stream_pair(bench, leg, name, path, model, dialect, c=1000,
                window_ms=1500):
    idle = leg.memory()['pss']
    ramp, warm = 600, 400
    length = ramp + warm + window_ms * bench.scale + 800
    deltas = int(length / bench.pace_ms) + 1
    found = bench.load(leg, 'sse',
                       request(path=path, model=model, stream=True),
                       {'dialect': dialect, 'spin': 1, 'stream': 1,
                        'deltas': deltas, 'pace_us': bench.pace_ms * 1000},
                       what=name, spin=1, c=c, deltas=deltas, repeat=0,
                       ramp_ms=ramp, warm_ms=warm, window_ms=window_ms)
    found['memory_open'] = (found['memory'] - idle) / 1e3 / c
    return found


def translate(bench, _):
    """The same without a gateway: what its functions take, in ns."""
    return bench.translate()
