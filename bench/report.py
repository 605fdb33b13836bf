"""The figures of the benchmark: which there are, their goals, the table.

FIGURES is the only place where a figure is named.  A value is taken from
each round; what is shown is the median with the least and the greatest.
"""

import dataclasses
import statistics
import typing

from legs import LEGS


@dataclasses.dataclass
class Figure:
    """One line of the table.

    value  from one round of one leg to a number, or None
    goal   (what it binds, '<=' or '>=', number): the 'ratio' of the gateway
           to proxy_pass, or the gateway's own 'value'
    """
    title: str
    unit: str
    value: typing.Callable
    digits: int = 1
    goal: tuple = None


def plain(experiment, key, scale=1.0):
    """A figure as the experiment gives it."""
    def value(results, leg):
        found = results.get(experiment, {}).get(leg)
        if not found:
            return None
        for part in key.split('.'):
            found = found.get(part)
            if found is None:
                return None
        return found * scale
    return value


def added(experiment, key):
    """What a leg adds to the direct leg, ns to us; the latter as it is."""
    get = plain(experiment, key, 1e-3)

    def value(results, leg):
        here, direct = get(results, leg), get(results, 'direct')
        if leg == 'direct' or here is None:
            return here
        return None if direct is None else here - direct
    return value


def growth(experiment, before, key):
    """How many times as much as in the experiment before."""
    def value(results, leg):
        more = plain(experiment, key)(results, leg)
        less = plain(before, key)(results, leg)
        return more / less if more and less else None
    return value


def slope(experiment, before, kilobytes):
    """us for each KB that the bodies are larger."""
    def value(results, leg):
        more = plain(experiment, 'cpu_answer')(results, leg)
        less = plain(before, 'cpu_answer')(results, leg)
        return (more - less) / kilobytes if more and less else None
    return value


def apart(experiment, case, base, key, scale=1.0):
    """By how much one case of an experiment is more than another."""
    def value(results, leg):
        more = plain(experiment, f'{case}.{key}', scale)(results, leg)
        less = plain(experiment, f'{base}.{key}', scale)(results, leg)
        return None if more is None or less is None else more - less
    return value


def instead(experiment, key, other, other_key):
    """Of proxy_pass, a figure of another experiment."""
    def value(results, leg):
        if leg == 'proxy_pass':
            return plain(other, other_key)(results, leg)
        return plain(experiment, key)(results, leg)
    return value


def beside(experiment, case, other, key, scale=1.0):
    """Of proxy_pass, another case: what nginx does by itself."""
    def value(results, leg):
        if leg == 'proxy_pass':
            return plain(experiment, f'{other}.{key}', scale)(results,
                                                              'gateway')
        return plain(experiment, f'{case}.{key}', scale)(results, leg)
    return value


def per_second(get):
    """How many a second of CPU time, of us for each."""
    def value(results, leg):
        found = get(results, leg)
        return 1e6 / found if found else None
    return value


def worst(more, less):
    """The pair whose function costs most over the native path, in us."""
    def value(results, leg):
        found = results.get('translate', {}).get(leg)
        if not found:
            return None
        return max(pair[more] - pair[less] for pair in found.values()) / 1e3
    return value


def translated():
    """What translation adds, in a gateway and without one."""
    found = []
    for what, key, bound in (('whole', 'cpu_answer', 5),
                             ('stream', 'cpu_chunk', 1)):
        part = 'call' if what == 'whole' else 'chunk'
        for name, own, via in (
                ('chat-anthropic', 'chat-openai', 'chat to Anthropic'),
                ('messages-openai', 'messages-anthropic',
                 'messages to OpenAI')):
            case, base = f'{what}.{name}', f'{what}.{own}'
            found.append(Figure(
                f'translation: CPU per {part}, {via}', 'us',
                plain('translation', f'{case}.{key}'), 2))
            found.append(Figure(
                f'translation: added CPU per {part}, {via}', 'us',
                apart('translation', case, base, key), 2,
                ('value', '<=', bound)))
    return found + [
        Figure('translation: PSS per 1,000 streams', 'MB',
               plain('translation', 'stream.chat-anthropic.memory_open'),
               goal=('value', '<=', 30)),
        Figure('translation alone: added per call, dearest pair', 'us',
               worst('whole', 'native'), 2, ('value', '<=', 5)),
        Figure('translation alone: added per chunk, dearest pair', 'us',
               worst('chunk', 'native_chunk'), 2, ('value', '<=', 1)),
    ]


def limited():
    """What limits add to calls that they admit, and what a refusal costs."""
    def added_cpu(what, experiment, case, base, goal=None):
        return Figure(f'limits: added CPU per request, {what}', 'us',
                      apart(experiment, case, base, 'cpu_answer'), 2,
                      goal and ('value', '<=', goal))

    return [
        Figure('limits: CPU per request, ten tenants without', 'us',
               plain('limits', 'one.none.cpu_answer'), 2),
        added_cpu('requests', 'limits', 'one.requests', 'one.none', 0.5),
        added_cpu('requests, tokens, concurrency, budget', 'limits',
                  'one.every', 'one.none'),
        added_cpu('requests, two workers', 'limits', 'two.requests',
                  'two.none'),
        Figure('limits: CPU per request, a million keys without', 'us',
               plain('limits-keys', 'none.cpu_answer'), 2),
        added_cpu('requests by key, known keys', 'limits-keys', 'again',
                  'none', 1.5),
        added_cpu("requests by key, a key's first call", 'limits-keys',
                  'first', 'none', 1.5),
        added_cpu('requests by key, all million known', 'limits-million',
                  'again', 'none', 1.5),
        added_cpu('requests in Redis, 64 in flight', 'limits-redis',
                  '64.redis', '64.none', 4),
        added_cpu('requests in Redis, 8 in flight', 'limits-redis',
                  '8.redis', '8.none'),
        Figure('limits: added latency in Redis, 1 in flight, p50', 'us',
               apart('limits-redis', '1.redis', '1.none', 'p50', 1e-3)),
        Figure('refused calls (429), against proxied ones: CPU', 'us',
               instead('limits', 'refused.cpu_answer', 'whole-64',
                       'cpu_answer')),
        Figure('refused calls a second', '/s',
               instead('limits', 'refused.rate', 'whole-64', 'rate'), 0,
               ('ratio', '>=', 1.5)),
    ]


def cached():
    """Hits beside nginx alone, misses beside no cache, Redis beside both."""
    def hits(what, case, other, goal=None):
        return Figure(f'cache: hits a second of CPU, {what}', '/s',
                      per_second(beside('cache', case, other, 'cpu_answer')),
                      0, goal and ('ratio', '>=', goal))

    def latency(c, case, key):
        return Figure(f'cache: latency of a hit, against "return 200", {c} '
                      f'in flight, {key}', 'us',
                      beside('cache', f'hit-1{case}', f'static-1{case}', key,
                             1e-3))

    def added_cpu(what, experiment, case, base, kilobytes=1, goal=None):
        return Figure(f'cache: added CPU per {what}', 'us',
                      apart(experiment, case, base, 'cpu_answer',
                            1 / kilobytes), 2, goal and ('value', '<=', goal))

    return [
        *(hits(f'{kb} KB, against "return 200"', f'hit-{kb}', f'static-{kb}',
               0.75) for kb in (1, 4)),
        hits('1 KB, no limit, against "return 200"', 'bare-1', 'static-1'),
        hits('1 KB, against proxy_cache', 'hit-1', 'proxy-1'),
        hits('1 KB as a stream, against "return 200"', 'stream-1',
             'static-1'),
        Figure('cache: CPU per hit, 1 KB, against a proxied call', 'us',
               instead('cache', 'hit-1.cpu_answer', 'whole-64',
                       'cpu_answer'), 2, ('ratio', '<=', 0.5)),
        *(latency(*c, key) for c in ((1, '-alone'), (64, ''))
          for key in ('p50', 'p99')),
        Figure('cache: latency of a hit, over "return 200", 1 in flight, p50',
               'us', apart('cache', 'hit-1-alone', 'static-1-alone', 'p50',
                           1e-3), goal=('value', '<=', 40)),
        *(figure for kb in (1, 16) for figure in (
            added_cpu(f'miss, {kb} KB both ways', 'cache-miss',
                      f'miss-{kb}', f'off-{kb}'),
            added_cpu(f'KB of a miss, {kb} KB both ways', 'cache-miss',
                      f'miss-{kb}', f'off-{kb}', 2 * kb, 1.5))),
        Figure('cache in Redis: CPU per hit', 'us',
               plain('cache-redis', '64.hit.cpu_answer'), 2),
        Figure('cache in Redis: CPU per miss', 'us',
               plain('cache-redis', '64.miss.cpu_answer'), 2),
        added_cpu('miss, Redis asked and told', 'cache-redis', '64.miss',
                  '64.off'),
        Figure('cache in Redis: latency of a hit, 1 in flight, p50', 'us',
               plain('cache-redis', '1.hit.p50', 1e-3)),
        Figure('cache in Redis: latency of a miss, 1 in flight, p50', 'us',
               plain('cache-redis', '1.miss.p50', 1e-3)),
    ]


def figures():
    found = [
        Figure('CPU per request, 1 in flight', 'us',
               plain('whole-1', 'cpu_answer'), goal=('ratio', '<=', 1.8)),
        Figure('CPU per request, 8 in flight', 'us',
               plain('whole-8', 'cpu_answer'), goal=('ratio', '<=', 1.8)),
        Figure('CPU per request, 64 in flight', 'us',
               plain('whole-64', 'cpu_answer'), goal=('ratio', '<=', 1.8)),
        Figure('requests a second, 64 in flight', '/s',
               plain('whole-64', 'rate'), 0, ('ratio', '>=', 0.55)),
        Figure('added latency, 1 in flight, p50', 'us',
               added('whole-1', 'latency.p50'), goal=('ratio', '<=', 1.3)),
        Figure('added latency, 1 in flight, p99', 'us',
               added('whole-1', 'latency.p99'), goal=('ratio', '<=', 1.3)),
        Figure('added time to first token, p50', 'us',
               added('first', 'first.p50'), goal=('ratio', '<=', 1.3)),
        Figure('added time to first token, p99', 'us',
               added('first', 'first.p99'), goal=('ratio', '<=', 1.3)),
        Figure('CPU per streamed chunk, 1,000 streams', 'us',
               plain('streams-1000', 'cpu_chunk'), goal=('ratio', '<=', 1.5)),
        Figure('chunks that come in one read', '',
               plain('streams-1000', 'chunks_read'), 2),
        Figure('added chunk transit, 1,000 streams, p50', 'us',
               added('streams-1000', 'transit.p50')),
        Figure('added chunk transit, 1,000 streams, p99', 'us',
               added('streams-1000', 'transit.p99'),
               goal=('value', '<=', 200)),
        Figure('PSS per 1,000 streams', 'MB',
               plain('streams-1000', 'memory_open'),
               goal=('value', '<=', 30)),
        Figure('PSS over idle after they ended', 'MB',
               plain('streams-1000', 'memory_after')),
        Figure('failover: a call of the second target, p50', 'us',
               plain('failover', 'second.p50', 1e-3)),
        Figure('failover: added, breaker of the first open, p50', 'us',
               apart('failover', 'open', 'second', 'p50', 1e-3),
               goal=('value', '<=', 10)),
        Figure('failover: added, the first refuses connections, p50', 'us',
               apart('failover', 'closed', 'second', 'p50', 1e-3),
               goal=('value', '<=', 150)),
        Figure('failover: added, the first answers 503, p50', 'us',
               apart('failover', 'sick', 'second', 'p50', 1e-3),
               goal=('value', '<=', 150)),
        Figure('resilience: CPU per request, 8 in flight', 'us',
               plain('resilience', 'every-8.cpu_answer'), 2),
        Figure('resilience: added CPU per request', 'us',
               apart('resilience', 'every-8', 'plain-8', 'cpu_answer'), 2,
               ('value', '<=', 1)),
        Figure('resilience: added CPU, with "validate json"', 'us',
               apart('resilience', 'validate-8', 'plain-8', 'cpu_answer'), 2,
               ('value', '<=', 1)),
        Figure('resilience: added latency, 1 in flight, p50', 'us',
               apart('resilience', 'every-1', 'plain-1', 'p50', 1e-3), 2,
               ('value', '<=', 1)),
        *limited(),
        *cached(),
        *translated(),
        Figure('CPU per request, 10 in flight for 2 ms', 'us',
               plain('flight-10', 'cpu_answer')),
        Figure('CPU per request, 5,000 in flight for 1 s', 'us',
               plain('flight-5000', 'cpu_answer')),
        Figure('growth from 10 to 5,000 in flight', 'x',
               growth('flight-5000', 'flight-10', 'cpu_answer'), 2,
               ('ratio', '<=', 1.15)),
        Figure('CPU per request, 1,000 in flight', 'us',
               plain('flight-1000', 'cpu_answer')),
        Figure('CPU per request, 10,000 in flight', 'us',
               plain('flight-10000', 'cpu_answer')),
        Figure('growth from 10 to 10,000 in flight', 'x',
               growth('flight-10000', 'flight-10', 'cpu_answer'), 2),
        Figure('CPU per streamed chunk, 5,000 streams', 'us',
               plain('streams-5000', 'cpu_chunk'), goal=('ratio', '<=', 1.5)),
        Figure('PSS per 1,000 streams, of 5,000', 'MB',
               plain('streams-5000', 'memory_open'),
               goal=('value', '<=', 30)),
    ]
    for what in ('request', 'answer'):
        for kb in (16, 64, 256, 1024):
            goal = {64: 1.6, 1024: 1.7}.get(kb) if what == 'request' else None
            found.append(Figure(f'CPU per call, {kb:,} KB {what}', 'us',
                                plain(f'{what}-{kb}', 'cpu_answer'),
                                goal=goal and ('ratio', '<=', goal)))
        found.append(Figure(f'CPU per KB of {what}', 'us',
                            slope(f'{what}-1024', 'whole-8', 1023), 2))
    found += [
        Figure('refused keys, against "return 401": CPU', 'us',
               plain('denied', 'cpu_answer')),
        Figure('refused keys a second', '/s', plain('denied', 'rate'), 0,
               ('ratio', '>=', 0.75)),
        Figure('system calls per request, 8 in flight', '',
               plain('syscalls', 'syscalls'), 2, ('ratio', '<=', 1.5)),
        Figure('RSS of an idle worker, without zones', 'MB',
               plain('cold', 'rss'), goal=('value', '<=', 10)),
        Figure('cold start to first answer', 'ms', plain('cold', 'start_ms'),
               0, ('value', '<=', 100)),
    ]
    return found


def spread(values):
    values = [v for v in values if v is not None]
    if not values:
        return None
    return {'median': statistics.median(values), 'min': min(values),
            'max': max(values), 'rounds': values}


def rows(results):
    """One dictionary per figure that some round has."""
    found = []
    for figure in figures():
        values = {leg: [figure.value(r, leg) for r in results]
                  for leg in LEGS}
        legs = {leg: spread(v) for leg, v in values.items()}
        if not any(legs.values()):
            continue
        ratio = spread([g / p if g is not None and p else None for g, p
                        in zip(values['gateway'], values['proxy_pass'])])
        found.append({'title': figure.title, 'unit': figure.unit,
                      'digits': figure.digits, **legs, 'ratio': ratio,
                      'goal': figure.goal,
                      'met': met(figure, legs['gateway'], ratio)})
    return found


def met(figure, value, ratio):
    """Whether the goal is reached; None where nothing can be said."""
    bound = ratio if figure.goal and figure.goal[0] == 'ratio' else value
    if figure.goal is None or bound is None:
        return None
    if figure.goal[1] == '<=':
        return bound['median'] <= figure.goal[2]
    return bound['median'] >= figure.goal[2]


def cell(found, digits):
    if found is None:
        return '-'
    text = f'{found["median"]:,.{digits}f}'
    if len(found['rounds']) > 1:
        text += f' ({found["min"]:,.{digits}f}-{found["max"]:,.{digits}f})'
    return text


def table(found, head, notes):
    """The Markdown: what it ran on, the figures, and what to know."""
    lines = [f'{line}.' for line in head] + ['']
    lines.append('| figure | unit | direct | proxy_pass | gateway '
                 '| gateway / proxy_pass | goal | met |')
    lines.append('|---|---|--:|--:|--:|--:|--:|---|')
    for row in found:
        goal = ''
        if row['goal']:
            bound, sign, number = row['goal']
            unit = 'x' if bound == 'ratio' else f' {row["unit"]}'
            goal = f'{sign} {number:g}{unit}'
        verdict = {None: '', True: 'yes', False: 'no'}[row['met']]
        cells = [cell(row[leg], row['digits']) for leg in LEGS]
        lines.append(f'| {row["title"]} | {row["unit"]} | '
                     + ' | '.join(cells)
                     + f' | {cell(row["ratio"], 2)} | {goal} | {verdict} |')
    lines += ['', 'Median of the rounds (least-greatest). "Added" is over '
              'the direct leg of the same round; the direct column shows '
              'what it is added to. Failover adds to a call of the second '
              'target, resilience and limits to the same gateway without '
              'them, translation to a call of the same client whose bytes '
              'pass.',
              *notes]
    return '\n'.join(lines)
