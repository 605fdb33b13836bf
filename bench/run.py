#!/usr/bin/env python3
"""Measures the gateway side by side with nginx's own proxy_pass.

Runs each experiment on the legs one after the other, several rounds, and
prints medians, their ratios and the goals.  It never fails for a figure: it
fails if an answer is wrong or if something does not start.  README.md in
this directory says how to run it and what the figures mean.
"""

import argparse
import ctypes
import dataclasses
import fcntl
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time

import experiments
import legs
import plan
import report
from legs import LEGS, Failure

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.path.join(
    os.environ.get('AG_BUILD', os.path.join(ROOT, 'build')), 'bench'))
TRANSLATE = ('translate.c', 'calls.c', 'measure.c')
SOURCES = {'mock': ('mock.c', 'answers.c', 'timers.c', 'measure.c'),
           'load': ('load.c', 'reader.c', 'request.c', 'measure.c')}
FILES = 65536
PACE_MS = 20            # between two chunks of a stream
PACE_SLOW_MS = 40       # where a core does not carry 50,000 chunks a second
STEAL_MAX = 0.01        # shares of a core: past these a window is repeated
FOREIGN_MAX = 0.15
REPEATS = 3             # windows a round, on average: a run has an end
FULL = 0.95             # of a core: more chunks than it carries

# What a window has beside the load generator's options: what it is about, and
# whether the provider is asked each time (None: now and then).
OURS = ('what', 'asked')


@dataclasses.dataclass
class Env:
    """Where the benchmark runs and with what."""
    build: str
    nginx: str
    module: str         # '' if it is linked in
    cores: list         # under test; mock and load
    files: int          # that a process may open

    def in_flight(self):
        """A proxy needs two files for each call."""
        return (self.files - 1000) // 2000 * 1000


# ---- one window ---------------------------------------------------------

class Bench:
    """The running processes of one round, and what all rounds found."""

    def __init__(self, env, scale, repeats):
        self.env = env
        self.scale = scale
        self.repeats_left = repeats
        self.pace_ms = PACE_MS
        self.mock = None
        self.legs = {}
        self.idle = {}          # memory of each leg before the first load
        self.helpers = []       # processes of an experiment, beside the mock
        self.skipped = {}       # why an experiment was
        self.wrong = []
        self.windows = []
        self.round = 0
        self.experiment = ''
        self.repeats = 0

    def start(self, names):
        self.mock = legs.Mock(os.path.join(self.env.build, 'mock'))
        for name in names:
            self.start_leg(name)

    def start_leg(self, name):
        leg = (legs.Direct(self.mock.port) if name == 'direct' else
               legs.Nginx(name, self.env, self.mock))
        self.legs[name] = leg
        leg.start()
        self.probe(leg)
        self.idle[name] = leg.memory()
        return leg

    def stop_leg(self, leg):
        for line in leg.stop():
            self.wrong.append(f'{leg.leg}: {line}')

    def restart(self, leg):
        """A fresh worker, whose memory no other experiment has grown."""
        self.stop_leg(leg)
        return self.start_leg(leg.leg)

    def stop(self):
        for leg in self.legs.values():
            self.stop_leg(leg)
        if self.mock is not None:
            self.mock.stop()
        self.legs, self.mock = {}, None

    def probe(self, leg):
        """One whole and one streamed answer, looked at closely."""
        for stream in (0, 1):
            self.mock.set(dialect=0, stream=stream, size=experiments.KB,
                          delay_us=0, deltas=3, pace_us=1000, burst=1)
            sent = experiments.request(stream=bool(stream))
            status, _, answer = legs.exchange(
                leg.ports['sse' if stream else 'json'], sent)
            if status != 200:
                raise Failure(f'{leg.leg}: status {status}: {answer[:300]}')
            end = b'data: [DONE]\n\n' if stream else b'"system_fingerprint"'
            if end not in answer:
                raise Failure(f'{leg.leg}: not the answer: {answer[:300]}')
            head, content = self.mock.last()
            wanted = json.loads(sent.partition(b'\r\n\r\n')[2])
            key = legs.TENANT_KEY
            if leg.leg == 'gateway':
                wanted['model'] = 'upstream-model'
                key = legs.PROVIDER_KEY
            if (json.loads(content) != wanted
                    or f'authorization: bearer {key}' not in head.lower()):
                raise Failure(f'{leg.leg}: the provider got another call:\n'
                              f'{head}\n\n{content[:300]}')

    def load(self, leg, kind, sent, mock, once=False, anew=None, **options):
        """One window; once more if others took part of the core.

        once: a second window would find what the first has left.  anew:
        what it is given so that it does not.  options: the load
        generator's, and OURS.
        """
        for attempt in (0, 1):
            options |= anew() if anew else {}
            window = self.window(leg, kind, sent, mock, options)
            disturbed = (window['steal'] > STEAL_MAX
                         or window['foreign'] > FOREIGN_MAX
                         or window['open'] != [options['c']] * 2)
            window['disturbed'] = disturbed
            self.windows.append({'experiment': self.experiment,
                                 'round': self.round, 'leg': leg.leg,
                                 **options, **window})
            if (once or not disturbed or attempt
                    or not self.repeats_left):
                break
            self.repeats_left -= 1
            self.repeats += 1
        return window

    def translate(self):
        """The functions alone, on the core under test; None without them."""
        binary = os.path.join(self.env.build, 'translate')
        if not os.path.exists(binary):
            return None
        run = subprocess.run(['taskset', '-c', str(self.env.cores[0]), binary],
                             stdout=subprocess.PIPE, check=False)
        if run.returncode != 0:
            self.wrong.append('translate: see above')
            return None
        return json.loads(run.stdout)

    def window(self, leg, kind, sent, mock, options):
        """Sets the mock, runs the load generator, checks the answers."""
        path = os.path.join(self.env.build, 'request')
        with open(path, 'wb') as file:
            file.write(sent)
        settings = {'dialect': 0, 'spin': 0, 'stream': 0,
                    'size': experiments.KB, 'delay_us': 0, 'burst': 1, **mock}
        self.mock.set(**settings)
        options = dict(options)
        options['window_ms'] = int(options['window_ms'] * self.scale)
        arguments = [f'{k}={v}' for k, v in options.items() if k not in OURS]
        pids = leg.pids()
        if pids:
            arguments.append('pids=' + ','.join(map(str, pids)))
        load = subprocess.run(
            [os.path.join(self.env.build, 'load'), f'port={leg.ports[kind]}',
             f'file={path}',
             'helpers=' + ','.join(map(str, [self.mock.pid, *self.helpers])),
             'cores=' + ','.join(map(str, self.env.cores)),
             *arguments], stdout=subprocess.PIPE, check=False)
        if load.returncode != 0:
            raise Failure(f'{leg.leg}: the load generator does not start')
        found = json.loads(load.stdout)
        if found['window_ns'] == 0:
            raise Failure(f'{leg.leg}, {options}: it does not answer all: '
                          + found['why'])
        self._check(leg, found, options, self.mock.set())
        return self._digest(found)

    def _check(self, leg, found, options, mock):
        where = f'{leg.leg}, {options}'
        asked = options.get('asked', options.get('status', 200) == 200)
        calls = found['calls'] if asked else 0
        if asked is None:
            calls = mock['requests']
        if found['wrong']:
            self.wrong.append(f'{where}: {found["wrong"]} wrong answers: '
                              + found['why'])
        elif mock['requests'] != calls or mock['aborted']:
            self.wrong.append(f'{where}: the provider saw {mock["requests"]} '
                              f'calls for {calls}, {mock["aborted"]} cut off')
        found['asked'] = mock['requests']
        found['refused'] = mock['refused']
        found['late_ns'] = mock['late_ns']

    @staticmethod
    def _digest(found):
        """Adds the figures that every window has."""
        tested, other = found['cores']
        seconds = found['window_ns'] / 1e9
        used = found['cpu_ns'] / found['window_ns']
        found['steal'] = max(tested['steal'], other['steal'])
        helped = found['helpers_ns'] / found['window_ns']
        found['used'] = used
        found['helped'] = helped
        found['foreign'] = max(tested['busy'] - used if used else 0,
                               other['busy'] - helped)
        found['other'] = other['busy']
        found['rate'] = found['answers'] / seconds
        if used and found['answers']:
            found['cpu_answer'] = found['cpu_ns'] / found['answers'] / 1e3
        if found['reads']:
            found['chunks_read'] = found['chunks'] / found['reads']
        if used and found['chunks']:
            found['cpu_chunk'] = found['cpu_ns'] / found['chunks'] / 1e3
        return found


# ---- the run ------------------------------------------------------------

def say(text):
    print(text, file=sys.stderr, flush=True)


def run_experiment(bench, name, names, experiment):
    found = {}
    bench.experiment = name
    for leg in names:
        if leg in bench.legs:
            say(f'round {bench.round + 1}: {name}, {leg}')
            found[leg] = experiment(bench, bench.legs[leg])
    return found


def run_round(bench, names, chosen):
    results = {}
    try:
        bench.start(names)
        for experiment in chosen:
            found = run_experiment(bench, *experiment)
            if (experiment[0] == 'streams-1000' and bench.round == 0
                    and bench.pace_ms == PACE_MS
                    and any(max(w['used'], w['helped']) > FULL
                            for w in found.values())):
                say(f'a core does not carry it: {PACE_SLOW_MS} ms')
                bench.pace_ms = PACE_SLOW_MS
                found = run_experiment(bench, *experiment)
            results[experiment[0]] = found
    finally:
        bench.stop()
    return results


def lock():
    """One run at a time: two would spoil each other's figures and files."""
    os.makedirs(BUILD, exist_ok=True)
    file = open(os.path.join(BUILD, 'lock'), 'w', encoding='ascii')
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure('another benchmark runs in this tree') from None
    return file


def build():
    """Compiles the tools that are older than their sources."""
    here = os.path.join(ROOT, 'bench')
    newest = max(os.path.getmtime(os.path.join(here, name))
                 for name in os.listdir(here) if name.endswith(('.c', '.h')))
    for tool, sources in SOURCES.items():
        binary = os.path.join(BUILD, tool)
        if os.path.exists(binary) and os.path.getmtime(binary) > newest:
            continue
        subprocess.run([os.environ.get('CC', 'cc'), '-O2', '-Wall', '-Wextra',
                        '-o', binary,
                        *(os.path.join(here, name) for name in sources)],
                       check=True)


def build_translate():
    """Links the very objects of the module that was built, if it was."""
    here = os.path.join(ROOT, 'bench')
    binary = os.path.join(BUILD, 'translate')
    objects = [os.path.join(path, name) for part in ('core', 'dialect')
               for path, _, names in os.walk(os.path.join(
                   os.path.dirname(BUILD), 'module/objs/addon', part))
               for name in names if name.endswith('.o')]
    if os.path.exists(binary):
        os.unlink(binary)
    headers = [os.path.join(path, name) for path, _, names
               in os.walk(os.path.join(ROOT, 'src'))
               for name in names if name.endswith('.h')]
    if (max(map(os.path.getmtime, objects), default=0)
            < max(map(os.path.getmtime, headers))):
        say('translate: skipped, the module was not built of these sources')
        return
    subprocess.run([os.environ.get('CC', 'cc'), '-O2', '-Wall', '-Wextra',
                    '-I' + os.path.join(ROOT, 'src'), '-o', binary,
                    *(os.path.join(here, name) for name in TRANSLATE),
                    *objects, '-lyyjson', '-lpcre2-8', '-lcrypto', '-lm'],
                   check=True)


def prepare():
    """Pins this process, and so mock and load, beside the core under test."""
    hard = FILES
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    except (ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    cores = sorted(os.sched_getaffinity(0))
    cores = [cores[0], cores[1] if len(cores) > 1 else cores[0]]
    os.sched_setaffinity(0, {cores[1]})

    nginx = shutil.which(os.environ.get('AG_NGINX', 'nginx'))
    if nginx is None:
        raise Failure('there is no nginx: set AG_NGINX')
    module = os.environ.get('AG_MODULE')
    if module is None:
        module = os.path.join(os.path.dirname(BUILD), 'ngx_agent_module.so')
    return Env(BUILD, nginx, os.path.abspath(module) if module else '',
               cores, hard)


def machine(env):
    """One line: what the figures were measured on."""
    model = 'unknown CPU'
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.partition(':')[2].strip()
                break
    version = subprocess.run([env.nginx, '-v'], capture_output=True,
                             text=True, check=False).stderr
    try:
        curl = ctypes.CDLL('libcurl.so.4')
        curl.curl_version.restype = ctypes.c_char_p
        libcurl = curl.curl_version().decode().split()[0]
    except OSError:
        libcurl = 'no libcurl'
    return (f'{model}, {os.cpu_count()} cores, '
            f'Linux {platform.release().split("-")[0]}, '
            f'{version.strip().rpartition(" ")[2]}, {libcurl}')


def notes(bench):
    """What a reader has to know before the figures are believed."""
    lines = [f'{name}: skipped, {why}.' for name, why
             in bench.skipped.items()]
    if bench.pace_ms != PACE_MS:
        lines.append(f'A core does not carry 1,000 streams x {PACE_MS} ms '
                     f'here: {bench.pace_ms} ms instead.')
    most = bench.env.in_flight()
    if any(w['c'] == most for w in bench.windows):
        lines.append(f'A process may open {bench.env.files:,} files here: '
                     f'{most:,} calls in flight stand for 10,000.')
    busy = []
    for name in dict.fromkeys(w['experiment'] for w in bench.windows):
        shares = {leg: statistics.median(
            w['other'] for w in bench.windows
            if (w['experiment'], w['leg']) == (name, leg))
            for leg in LEGS if any((w['experiment'], w['leg']) == (name, leg)
                                   for w in bench.windows)}
        busy.append(f'{name} '
                    + ' / '.join(f'{v:.0%}' for v in shares.values()))
    lines.append(f'Busy share of the core of mock and load, by leg: '
                 f'{", ".join(busy)}.')
    disturbed = sum(w['disturbed'] for w in bench.windows)
    lines.append(f'{len(bench.windows)} windows, {bench.repeats} repeated, '
                 f'{disturbed} disturbed by other processes '
                 f'(> {FOREIGN_MAX:.0%} of a core) or by steal '
                 f'(> {STEAL_MAX:.0%}).')
    return lines


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--quick', '--check-only', action='store_true',
                        help='20 seconds: the figures that change most')
    parser.add_argument('--full', action='store_true',
                        help='everything, 5 rounds, longer windows')
    parser.add_argument('--legs', default=','.join(LEGS))
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--scale', type=float,
                        help='multiplies the time of each window')
    parser.add_argument('--only', help='experiments, comma-separated')
    return parser.parse_args()


def choose(options, env):
    """The legs and the experiments that this run can do."""
    names = options.legs.split(',')
    for name in names:
        if name not in LEGS:
            raise Failure(f'no such leg: {name}; one of {", ".join(LEGS)}')
    if 'gateway' in names and env.module:
        if os.path.exists(env.module):
            # a build that goes on meanwhile must not change what is measured
            env.module = shutil.copy(env.module, BUILD)
        else:
            say(f'gateway: skipped, there is no {env.module}')
            names.remove('gateway')

    everything = plan.NORMAL + plan.FULL_ONLY
    chosen = (plan.QUICK if options.quick else
              everything if options.full else plan.NORMAL)
    if options.only:
        wanted = options.only.split(',')
        chosen = [e for e in everything if e[0] in wanted]
    return names, chosen


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begin = time.monotonic()
    try:
        env = prepare()
        held = lock()
        build()
        names, chosen = choose(options, env)
        if 'translate' in [e[0] for e in chosen]:
            build_translate()
        rounds = options.rounds or (5 if options.full else
                                    1 if options.quick else 3)
        bench = Bench(env, options.scale or (3 if options.full else 1),
                      0 if options.quick else REPEATS * rounds)
        results = []
        for bench.round in range(rounds):
            results.append(run_round(bench, names, chosen))
    except (Failure, subprocess.CalledProcessError) as failure:
        say(f'bench: {failure}')
        return 1

    seconds = time.monotonic() - begin
    summary = f'{rounds} rounds, {seconds:.0f} s'
    rows = report.rows(results)
    print(report.table(rows, [machine(env), summary], notes(bench)))
    with open(os.path.join(BUILD, 'result.json'), 'w',
              encoding='utf-8') as file:
        json.dump({'machine': machine(env), 'seconds': seconds, 'rows': rows,
                   'wrong': bench.wrong, 'windows': bench.windows}, file,
                  indent=1)
    for line in bench.wrong:
        say(f'bench: wrong: {line}')
    held.close()
    return 1 if bench.wrong else 0


if __name__ == '__main__':
    sys.exit(main())
