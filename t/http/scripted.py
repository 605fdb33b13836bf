"""A provider that plays a conversation, in each dialect's own wire format.

A play is a list of steps: what the model thinks, says and calls in its first
turn, in its second, ...  The task's name stands in the user's first message
and leads a request to its play; the rounds of tool results in its history say
which step is next.  So agents may repeat themselves, or ask for a title on
the side.

What comes in is read back as strictly as the real service would: results
follow their calls, paired and complete, roles alternate where they must,
and signatures come back as they were given.  A request that breaks a rule
gets a 400, and the test hears of it.
"""

import base64
import dataclasses
import re
import secrets

import scripted_readers
import scripted_writers
from providers import KEEP, LAST, chunk, stream_head, whole


@dataclasses.dataclass
class Call:
    name: str
    arguments: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Step:
    """One turn of the model; `results` are what its request must hold.

    Calls may be a function: it gets the request's tools and gives the calls.
    """

    think: str = ""
    text: str = ""
    calls: tuple = ()
    results: tuple = ()


class Play:

    def __init__(self, dialect, steps):
        self.dialect, self.steps = dialect, list(steps)
        self.task = "task-" + secrets.token_hex(6)
        self.seen = []                  # what was read of each request
        self.requests = []
        self.asides = []                # requests without tools
        self.failures = []
        self.nameless = False           # calls went out without an id

    def call_id(self, step, number):
        start = {"anthropic": "toolu_01", "gemini": "fc-",
                 }.get(self.dialect, "call_")
        return f"{start}{self.task[5:]}{step}{number}"

    def signature(self, step):
        """Long, and of the letters of Base64, as they all are."""
        text = f"{self.dialect} signed {self.task} {step} " * 4
        return base64.b64encode(text.encode()).decode()

    def ended(self):
        """Every step was played, and nothing was wrong with a request."""
        assert not self.failures, self.failures
        rounds = [seen.round for seen in self.seen]
        assert rounds == list(range(len(self.steps))), rounds
        return self.seen

    # -- what must be true of a request

    def check(self, seen):
        """Gives the step that it asks for."""
        assert seen.round < len(self.steps), "the play was over"
        turns = [turn for turn in seen.turns
                 if turn.role == "assistant" and turn.calls]
        rounds = [turn for turn in seen.turns if turn.results]
        assert len(turns) == len(rounds) == seen.round, \
            (len(turns), len(rounds), seen.round)
        for number, (turn, answer) in enumerate(zip(turns, rounds)):
            self._check_turn(number, turn)
            self._check_results(number, turn, answer)
        step = self.steps[seen.round]
        if callable(step.calls):
            step = dataclasses.replace(step, calls=step.calls(seen.tools))
            self.steps[seen.round] = step
        return step

    def _check_turn(self, number, turn):
        step = self.steps[number]
        assert [(c.name, c.arguments) for c in turn.calls] \
            == [(c.name, c.arguments) for c in step.calls], turn.calls
        for i, call in enumerate(turn.calls):
            assert call.id in (None, self.call_id(number, i)) \
                or self.nameless, call.id
        if step.text:
            assert turn.text == step.text, turn.text
        if step.think and self.dialect != "openai":
            assert turn.signatures == [self.signature(number)], \
                ("signatures", turn.signatures)

    def _check_results(self, number, turn, answer):
        results = {r.id: r for r in answer.results}
        assert len(results) == len(answer.results), "the same result twice"
        assert set(results) == {c.key for c in turn.calls}, results
        wanted = self.steps[number + 1].results
        if wanted:
            got = tuple(results[c.key].text for c in turn.calls)
            assert got == wanted, got


class Scripted:
    """The script of a provider of one dialect; plays are added to it."""

    def __init__(self, dialect):
        self.dialect = dialect
        self.plays = {}
        self.strays = []

    def play(self, *steps):
        play = Play(self.dialect, steps)
        self.plays[play.task] = play
        return play

    def __call__(self, exchange):
        request = exchange.request
        found = re.search(r"task-[0-9a-f]{12}", request.body.decode())
        play = self.plays.get(found[0]) if found else None
        try:
            answer = self._answer(play, request)
        except (AssertionError, LookupError, TypeError, ValueError) as problem:
            text = repr(problem)
            (play.failures if play else self.strays).append(text)
            answer = whole(scripted_writers.error(self.dialect, text), 400)
        exchange.send(answer)
        return KEEP

    def _answer(self, play, request):
        assert play is not None, f"of no play: {request.body[:300]!r}"
        if request.target.partition("?")[0].endswith(
                ("count_tokens", ":countTokens")):
            return whole({"input_tokens": 17, "totalTokens": 17})
        seen = scripted_readers.READERS[self.dialect](request)
        if not seen.tools and len(play.steps) > 1:
            play.asides.append(request)         # a title, or so
            step, number = Step(text="A title."), 0
        else:
            play.requests.append(request)
            step, number = play.check(seen), seen.round
            play.seen.append(seen)
        say = scripted_writers.WRITERS[self.dialect]
        if not seen.stream:
            return whole(say(play, number, step))
        frames = scripted_writers.STREAMS[self.dialect](play, number, step)
        return stream_head() + b"".join(map(chunk, frames)) + LAST
