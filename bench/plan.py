"""Which experiments a run has, and on which legs."""

import cache
import limits
from experiments import (KB, cold, denied, failover, first, flight,
                         resilience, streams, syscalls, translate,
                         translation, whole)
from legs import LEGS

BEHIND = ('proxy_pass', 'gateway')
ALONE = ('gateway',)

# name, legs, experiment
NORMAL = [
    ('streams-1000', LEGS, streams(1000)),
    ('first', LEGS, first()),
    ('whole-1', LEGS, whole(1, 3000)),
    ('whole-8', BEHIND, whole(8)),
    ('whole-64', BEHIND, whole(64)),
    ('failover', ALONE, failover),
    ('resilience', ALONE, resilience),
    ('limits', ALONE, limits.limits),
    ('limits-keys', ALONE, limits.keys()),
    ('limits-redis', ALONE, limits.redis),
    ('cache', ALONE, cache.hits),
    ('cache-miss', ALONE, cache.misses),
    ('cache-redis', ALONE, cache.redis),
    ('translation', ALONE, translation),
    ('translate', ALONE, translate),
    ('flight-10', BEHIND, flight(10, 2)),
    ('flight-5000', BEHIND, flight(5000, 1000)),
]
QUICK = [
    ('streams-1000', LEGS, streams(1000, window_ms=2000)),
    ('first', LEGS, first(1500)),
    ('whole-8', BEHIND, whole(8)),
]
FULL_ONLY = [
    ('flight-1000', BEHIND, flight(1000, 200)),
    ('flight-10000', BEHIND, flight(10000, 2000)),
    ('streams-5000', BEHIND, streams(5000, 5)),
    *((f'request-{kb}', BEHIND, whole(8, 1000, size=kb * KB))
      for kb in (16, 64, 256, 1024)),
    *((f'answer-{kb}', BEHIND, whole(8, 1000, answer=kb * KB))
      for kb in (16, 64, 256, 1024)),
    ('limits-million', ALONE, limits.keys(fill=True)),
    ('denied', BEHIND, denied()),
    ('syscalls', BEHIND, syscalls),
    ('cold', BEHIND, cold),
]
