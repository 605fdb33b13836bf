"""What is said about dialects, quirks and models: understood or refused."""

import json
import re

import pytest

from gateway import MODELS, ROOT, SERVER, TENANTS, ZONE
from test_config_resilience import ready

CONFIG = ZONE + """
    @facts@
    agent_provider main {
        @inside@
        url @url@;
    }
""" + MODELS + TENANTS + SERVER

ROW = {"name": "gpt-upstream", "context_window": 1000}


def config(inside="dialect openai;", url="http://127.0.0.1:9/v1", facts=""):
    return {"inside": inside, "url": url, "facts": facts}


@pytest.mark.parametrize("inside", [
    "dialect openai;", "dialect azure;", "dialect azure api_version=2024-10-21;",
    "dialect responses;", "dialect anthropic;", "dialect gemini;",
    "dialect openai; quirks mistral;", "dialect openai; quirks openai;",
    "dialect gemini; drop_params on;", "dialect openai; drop_params off;"])
def test_what_can_be_said(accepted, inside):
    assert "[warn]" not in accepted(CONFIG, **config(inside))


@pytest.mark.parametrize("inside, said", [
    ("dialect bedrock;", 'invalid value "bedrock" of "dialect": allowed are '
     "openai, azure, responses, anthropic, gemini"),
    ("dialect openai api_version=2024-10-21;",
     '"api_version" is for dialect "azure" alone'),
    ("dialect azure version=1;", "api_version="),
    ("dialect openai; quirks nobody;", 'invalid value "nobody" of "quirks": '
     "allowed are openai"),
    ("dialect anthropic; quirks mistral;",
     '"quirks" are for dialect "openai" alone'),
    ("dialect openai; drop_params maybe;", 'invalid value "maybe"'),
    ("quirks mistral;", 'has no "dialect"')])
def test_what_cannot(refused, inside, said):
    assert said in refused(CONFIG, **config(inside))


def facts(gateway, *rows, **top):
    unready = gateway.make(http=CONFIG,
                           **config(facts="agent_model_facts facts.json;"))
    (unready.prefix / "facts.json").write_text(
        json.dumps({"dated": "2026-11-20", "models": list(rows), **top}))
    return unready.check()


def test_a_file_of_facts_is_read(gateway):
    good, said = facts(gateway, ROW)
    assert good, said


@pytest.mark.parametrize("row, said", [
    ({"name": ""}, "name"),
    ({"name": "x", "context_windows": 1}, "context_windows"),
    ({"name": "x", "thinking": "deep"}, "budget"),
    ({"name": "x", "refuses": ["rain"]}, "forced_tool"),
    ({"name": "x", "context_window": -1}, "context_window"),
    ("x", "object")])
def test_a_wrong_fact_is_named(gateway, row, said):
    good, message = facts(gateway, ROW, row)
    assert not good
    assert said in message
    assert "facts.json" in message


def test_a_file_that_is_not_there_is_named(refused):
    said = refused(CONFIG, **config(facts="agent_model_facts nowhere.json;"))
    assert 'file "' in said and "nowhere.json" in said


def test_one_file_is_enough(gateway):
    unready = gateway.make(http=CONFIG, **config(
        facts="agent_model_facts a.json; agent_model_facts a.json;"))
    (unready.prefix / "a.json").write_text(
        json.dumps({"dated": "2026-11-20", "models": [ROW]}))
    good, said = unready.check()
    assert not good and "duplicate" in said


def test_the_projects_own_file_is_accepted(gateway):
    unready = gateway.make(http=CONFIG, **config(
        facts="agent_model_facts model-facts.json;"))
    text = (ROOT / "lua-free-conf" / "model-facts.json").read_text()
    (unready.prefix / "model-facts.json").write_text(text)
    good, said = unready.check()
    assert good, said


def test_the_ready_configuration_is_accepted(gateway):
    unready = gateway.make()
    ready(unready, "dialects.conf")
    text = (ROOT / "lua-free-conf" / "model-facts.json").read_text()
    (unready.prefix / "model-facts.json").write_text(text)
    good, said = unready.check()
    assert good, said
    said = re.sub(r".*(could not build|conflicting server|the \"user\""
                  r"|could not be resolved|has no address|host not found).*\n",
                  "", said)
    assert "[emerg]" not in said, said


def test_every_name_is_documented():
    text = (ROOT / "docs" / "directives.md").read_text()
    for name in ("azure", "responses", "anthropic", "gemini", "quirks",
                 "drop_params", "agent_model_facts", "agent_passthrough",
                 "api_version"):
        assert f"`{name}" in text or f"# {name}" in text
