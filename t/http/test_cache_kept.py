"""What looks as if it could be kept, or told again, and may not be."""

import pytest

import providers as P
from caches import Library, answers, control, said
from gateway import question
from limits import refused, tenant
from providers import KEEP, delta, says, stream


@pytest.fixture(scope="module")
def library(shared):
    return Library(shared, """
        agent_model gpt-test { target main/gpt-upstream; cache ttl=1h; }
        agent_model json { target main/gpt-upstream; validate json;
                           cache ttl=1h; }
        agent_model plain { target main/gpt-upstream; }
        """, tenant("a") + tenant("few", "limit requests=2 per=1h;")
        + tenant("off", "cache off;"))


SCHEMA = {"type": "object", "required": ["a"], "additionalProperties": False,
          "properties": {"a": {"type": "integer"}}}
FORMATS = {
    "json": ("json", None), "object": ("gpt-test", {"type": "json_object"}),
    "schema": ("gpt-test", {"type": "json_schema", "json_schema": {
        "name": "x", "schema": SCHEMA}})}


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("case, bad", [
    ("json", "Hello."), ("json", '{"a": 1,}'), ("object", "Hello."),
    ("object", '```json\n{"a": 1}\n```'), ("schema", '{"b": 1}')])
def test_only_what_is_valid_is_kept(case, bad, streamed, library):
    model, form = FORMATS[case]
    text = library.new()
    library.acts[text] = [answers(bad), answers('{"a":2}')]
    body = question(text, model=model, stream=streamed,
                    **({"response_format": form} if form else {}))
    first = library.ask(body)
    assert first.header("x-agent-cache") == "miss"
    assert not streamed or said(first) == bad
    seen = [library.ask({**body, "stream": stream})
            for stream in (streamed, False, True)]
    assert [answer.header("x-agent-cache") for answer in seen] \
        == ["miss", "hit", "hit"]
    assert {said(answer) for answer in seen} == {'{"a":2}'}


@pytest.mark.smoke
def test_a_stream_of_which_an_event_was_left_out_is_not_kept(library):
    text = library.new()
    library.acts[text] = [
        says(stream(P.FIRST, delta(content="On"), '{"id": "chatcmpl-1", "cho',
                    delta(content="e."), delta(finish="stop")), KEEP),
        answers("Two.")]
    seen = [library.ask(question(text, stream=True)) for _ in range(3)]
    assert all(answer.complete for answer in seen)
    assert [(said(answer), answer.header("x-agent-cache"))
            for answer in seen] \
        == [("One.", "miss"), ("Two.", "miss"), ("Two.", "hit")]


@pytest.mark.smoke
@pytest.mark.parametrize("path, more, same", [
    ("responses", {}, False), ("chat/completions", {"store": True}, False),
    ("chat/completions", {"store": False}, True),
    ("chat/completions", {}, True)])
@pytest.mark.parametrize("field, one, other", [
    ("user", "anna", "otto"), ("safety_identifier", "anna", "otto"),
    ("metadata", {"who": "anna"}, {"who": "otto"})])
def test_what_an_answer_tells_again_belongs_to_its_question(
        path, more, same, field, one, other, library):
    text = library.new()
    body = {"model": "gpt-test", "input": text, **more} \
        if path == "responses" else question(text, **more)
    first, second = ({"body": {**body, field: value}, "path": path}
                     for value in (one, other))
    seen = [library.ask(**ask) for ask in (first, second, first, second)]
    assert [answer.header("x-agent-cache") for answer in seen] \
        == ["miss", "hit" if same else "miss", "hit", "hit"]
    assert [answer.body for answer in seen[2:]] \
        == [answer.body for answer in seen[:2]]     # each has its own


@pytest.mark.smoke
@pytest.mark.parametrize("tenant_, fields, words", [
    ("a", {"temperature": 2}, []), ("a", {"n": 2}, []),
    ("a", {}, ["no-store"]), ("a", {"model": "plain"}, []), ("off", {}, []),
    ("a", {"seed": "x" * 1_100_000}, [])],
    ids=["temperature", "n", "no-store", "no cache", "off", "long"])
@pytest.mark.parametrize("streamed", [False, True])
def test_who_wants_what_is_cached_only_is_never_asked_for(
        tenant_, fields, words, streamed, library):
    before = library.asked
    body = {**question(library.new(), stream=streamed), **fields}
    answer = library.ask(body, tenant=tenant_,
                         headers=control(["only-if-cached", *words]))
    assert (answer.status, answer.error["code"]) == (504, "not_cached")
    assert library.asked == before


@pytest.mark.smoke
def test_a_refusal_by_limits_is_no_hit(library):
    text = library.new()
    for word in ("miss", "hit"):
        answer = library.ask(text, tenant="few")
        assert answer.header("x-agent-cache") == word
    answer = library.ask(text, tenant="few")
    refused(answer, "requests/1h")
    for name in ("cache", "provider", "model", "degraded"):
        assert answer.header(f"x-agent-{name}") is None
    assert answer.header("age") is None
