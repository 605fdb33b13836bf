"""A provider that fails and recovers, again and again, under steady load.

No client may notice while a fallback is well; the provider is left alone
while it fails; and it is back soon after it has recovered.
"""

import math
import threading
import time

import pytest

from drills import DOWN, Stage, breaker, by, state
from fleets import Fleet, Member, good, model, text_of
from gateway import until

OPEN = 0.5                              # seconds
PROBES = 2
BACK = OPEN + 3                         # what is promised
SETTLED = 0.5                           # what was let in before it opened has
                                        # arrived by then


class Load:
    """Threads that call at a steady rate, and note what they get."""

    def __init__(self, fleet, rate, threads=16):
        self.fleet, self.every = fleet, threads / rate
        self.stop = threading.Event()
        self.answers, self.problems = [], []        # (time, who answered)
        self.threads = [threading.Thread(target=self._run, args=(n, threads))
                        for n in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self, place, threads):
        due = time.monotonic() + self.every * place / threads
        try:
            with self.fleet.g.connect() as client:
                while not self.stop.wait(max(0, due - time.monotonic())):
                    due = max(due + self.every, time.monotonic())
                    response = self.fleet.ask_on(client, stream=place % 4 == 0)
                    text_of(response)               # a whole answer, and 200
                    self.answers.append((time.monotonic(), by(response)))
        except (AssertionError, OSError) as problem:
            self.problems.append(repr(problem))

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in self.threads)


class Watch:
    """Looks at the breaker's state again and again."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.stop = threading.Event()
        self.seen = []                  # (before the look, after it, state)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.stop.wait(0.02):
            before = time.monotonic()
            found = state(self.fleet)
            self.seen.append((before, time.monotonic(), found))

    def end(self):
        self.stop.set()
        self.thread.join(20)

    def out(self):
        """The times, (from, to), in which it was not closed for sure."""
        found, begin, last = [], None, None
        for before, after, value in self.seen:
            if value != 0:
                begin, last = begin or after, before
            elif begin is not None:
                found.append((begin, last))
                begin = None
        if begin is not None:
            found.append((begin, last))
        return [(a + SETTLED, b) for a, b in found if b > a + SETTLED]


def at_once(spans):
    """How many of the spans overlap at most."""
    edges = sorted([(begin, 1) for begin, _ in spans]
                   + [(end, -1) for _, end in spans])
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def drill(gateway, rate, cycles, bad, well):
    stage = Stage(pause=0.02)
    fleet = Fleet(gateway, model("target main;", "fallback spare;"),
                  main=Member(stage, breaker(
                      failures=5, window="10s", open=f"{OPEN * 1000:.0f}ms",
                      probes=PROBES, successes=3)),
                  spare=good("Spare."))
    watch, load = Watch(fleet), Load(fleet, rate)
    recovered = []
    try:
        assert until(lambda: len(load.answers) >= 20)
        for _ in range(cycles):
            stage.answer = DOWN
            time.sleep(bad)
            stage.answer = good("Main.")
            recovered.append(time.monotonic())
            time.sleep(well)
    finally:
        load.end()
        watch.end()
    assert load.problems == []
    return fleet, stage, watch, load, recovered


def judge(stage, watch, load, recovered):
    out = watch.out()
    assert len(out) >= len(recovered), "it did not open each time"
    for begin, end in out:
        probes = [span for span in stage.spans if begin < span[0] <= end]
        assert probes, "nobody looked whether it is well again"
        assert at_once(probes) <= PROBES
        # at most so many fail in each open time; three more may close it
        assert len(probes) <= PROBES * (math.ceil((end - begin) / OPEN) + 1) \
            + 3
    for moment in recovered:
        closed = [before for before, _, value in watch.seen
                  if value == 0 and before > moment]
        assert closed and closed[0] <= moment + BACK
        assert any(who == "main" and moment < when <= moment + BACK
                   for when, who in load.answers)


def test_a_provider_that_flaps_is_seen_by_no_client(gateway):
    _, stage, watch, load, recovered = drill(gateway, rate=80, cycles=2,
                                             bad=2.5, well=3.6)
    judge(stage, watch, load, recovered)


@pytest.mark.long
def test_a_provider_that_flaps_for_a_minute_is_seen_by_no_client(gateway):
    fleet, stage, watch, load, recovered = drill(gateway, rate=200, cycles=6,
                                                 bad=5, well=5)
    judge(stage, watch, load, recovered)
    assert len(load.answers) > 4000     # 12,000 on a machine that has time
    assert len(fleet.of("spare")) < len(load.answers)
