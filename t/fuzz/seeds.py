#!/usr/bin/env python3
"""Makes seeds of the cases in t/golden, for the fuzzers of translation.

  t/fuzz/seeds.py CORPUS

Writes CORPUS/fuzz_ag_translate_request and CORPUS/fuzz_ag_translate_stream:
the bytes that choose who asks whom stand in front, as these fuzzers read
them.
"""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

ENDPOINTS = ["chat", "messages", "responses", "embeddings", "count_tokens"]
PROVIDERS = ["openai", "azure", "anthropic", "gemini", "responses"]
QUIRKS = ["openai", "mistral", "openrouter", "deepseek", "ollama", "groq"]
MODELS = ["claude-opus-4-6", "claude-3-5-haiku-20241022", "claude-sonnet-4-5",
          "gemini-2.5-flash", "gemini-3-pro", "gpt-5", "gpt-4o", "other"]
OLD = 0x80


def endpoint(case):
    by_client = {"openai": "chat", "anthropic": "messages"}
    client = case["client"]
    return case.get("endpoint", by_client.get(client, client))


def text(value):
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def stream(case):
    out = []
    for event in case["events"]:
        if isinstance(event, str):
            out.append(event)
            continue
        if case["provider"] in ("anthropic", "responses") \
                and isinstance(event.get("type"), str):
            out.append(f"event: {event['type']}\n")
        out.append(f"data: {text(event)}\n\n")
    return "".join(out)


def requests(case):
    if "request" not in case:
        return
    quirks = case.get("quirks", "openai")
    quirks = QUIRKS.index(quirks) if quirks in QUIRKS else 0
    model = case["model"]
    model = MODELS.index(model) if model in MODELS else len(MODELS) - 1
    request = case["request"]
    if isinstance(request, dict) and "model" not in request:
        request = {"model": "m", **request}
    yield bytes([ENDPOINTS.index(endpoint(case)),
                 PROVIDERS.index(case["provider"]) + len(PROVIDERS) * quirks,
                 bool(case.get("drop_params")) + 2 * ("events" in case)
                 + 4 * model]), text(request)


def streams(case):
    number = ENDPOINTS.index(endpoint(case)) % 3
    provider = PROVIDERS.index(case["provider"])
    asked = text(case.get("request", {}))
    which = 2 if "json_schema" in asked else 1 if '"tools"' in asked else 0
    which += OLD if "3-5" in case["model"] or "2.5" in case["model"] else 0
    head = bytes([number, provider, which, 17])
    if "events" in case:
        yield head, stream(case)
    if "answer" in case:
        yield head, text(case["answer"])


def main():
    corpus = pathlib.Path(sys.argv[1])
    for name, seeds in (("fuzz_ag_translate_request", requests),
                        ("fuzz_ag_translate_stream", streams)):
        folder = corpus / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(ROOT.glob("t/golden/**/*.json")):
            for case in json.loads(path.read_text()):
                for head, body in seeds(case):
                    seed = head + body.encode("utf-8", "surrogatepass")
                    digest = hashlib.sha1(seed).hexdigest()
                    (folder / f"golden-{digest[:16]}").write_bytes(seed)


if __name__ == "__main__":
    main()
