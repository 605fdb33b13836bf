"""What providers have been seen to put into their errors, and no client may
see: each kind with the pieces that must be gone.  Nothing here is a real
secret: all are made of digests."""

import base64
import hashlib
import string

ALPHABET = string.ascii_letters + string.digits


def made(count, name):
    """So many letters and digits, always the same for a name."""
    out, i = "", 0
    while len(out) < count:
        digest = hashlib.sha256(f"{name}{i}".encode()).digest()
        out += "".join(ALPHABET[b % 62] for b in digest)
        i += 1
    return out[:count - 2] + "a7"


def keyed(prefix, count):
    value = prefix + made(count, prefix)
    return value, [value, value[-12:]]


def hexed(count, name):
    return hashlib.sha512(name.encode()).hexdigest()[:count]


def b64(text):
    return base64.b64encode(text.encode()).decode().rstrip("=")


JWT = ".".join([b64('{"alg":"HS256","typ":"JWT"}'),
                b64('{"sub":"1234567890","name":"Ann"}'), made(43, "jwt")])
LINES = "\n".join(made(64, f"pem{i}") for i in range(4))
PEM = f"-----BEGIN PRIVATE KEY-----\n{LINES}\n-----END PRIVATE KEY-----"

PYTHON = ('Traceback (most recent call last):\n  File "/srv/app/serve.py", '
          'line 88, in generate\n    raise ValueError(tensor)\n'
          'ValueError: bad tensor')
NODE = ("TypeError: x is undefined\n    at Server.handle "
        "(/app/dist/server.js:10:15)\n    at process.tick (node:next:95:5)")
GO = ("panic: nil map\n\ngoroutine 17 [running]:\nmain.serve(0xc000123)\n"
      "\t/go/src/app/main.go:42 +0x1d")
JAVA = ("NullPointerException\n\tat com.acme.Gateway.call(Gateway.java:101)\n"
        "\tat com.acme.Main.main(Main.java:7)")

# kind: (text, pieces that must not be in the client's answer)
SECRETS = {
    "an OpenAI key": keyed("sk-", 48),
    "an OpenAI project key": keyed("sk-proj-", 64),
    "a service account key": keyed("sk-svcacct-", 40),
    "an Anthropic key": keyed("sk-ant-api03-", 80),
    "an OpenRouter key": keyed("sk-or-v1-", 64),
    "a Google key": keyed("AIza", 35),
    "a Google token": keyed("ya29.", 60),
    "a GitHub token": keyed("ghp_", 36),
    "a new GitHub token": keyed("github_pat_", 60),
    "a GitLab token": keyed("glpat-", 20),
    "a Slack token": keyed("xoxb-123456789012-", 24),
    "an AWS id": keyed("AKIA", 16),
    "an AWS secret": (f"aws_secret_access_key={made(40, 'aws')}",
                      [made(40, "aws")]),
    "a Hugging Face token": keyed("hf_", 34),
    "a Groq key": keyed("gsk_", 52),
    "an NVIDIA key": keyed("nvapi-", 64),
    "a Replicate key": keyed("r8_", 37),
    "a Stripe key": keyed("sk_live_", 24),
    "a restricted Stripe key": keyed("rk_live_", 24),
    "a Langfuse key": keyed("pk-lf-", 30),
    "a Perplexity key": keyed("pplx-", 48),
    "an xAI key": keyed("xai-", 80),
    "an npm token": keyed("npm_", 36),
    "a SendGrid key": (f"SG.{made(22, 'a')}.{made(43, 'b')}",
                       [made(22, "a"), made(43, "b")]),
    "an Azure key": (hexed(32, "azure"), [hexed(32, "azure")]),
    "a bearer": ("Authorization: Bearer abc-def.ghi", ["abc-def.ghi"]),
    "a basic": (f"Basic {b64('ann:secret')}", [b64("ann:secret")]),
    "api_key=": ("api_key=hunter.two", ["hunter.two"]),
    "token:": (f"token: {made(12, 'token')}", [made(12, "token")]),
    "access token": ("access token: a1b2.c3d4-e5f6", ["a1b2.c3d4", "e5f6"]),
    "password=": ("password=correct-horse", ["correct-horse"]),
    "a JWT": (JWT, JWT.split(".")),
    "a PEM block": (PEM, [*LINES.split("\n")]),
    "a long run": (made(40, "run"), [made(40, "run")]),
    "a database": ("postgres://ann:pa55word@db.example.com/main",
                   ["pa55word"]),
    "credentials in a URL": ("https://ann:s3cret@api.example.com/v1",
                             ["s3cret"]),
}

PLACES = {
    "a path": ("/srv/models/llama/config.json", ["/srv/models", "config.js"]),
    "a home": ("/home/ann/.cache/huggingface", ["/home/ann"]),
    "a Windows path": (r"C:\Users\ann\model.bin", [r"C:\Users", "model.bin"]),
    "a file URL": ("file:///etc/agent/keys.conf", ["/etc/agent"]),
    "a Python trace": (PYTHON, ["serve.py", "line 88", "raise ValueError"]),
    "a Node trace": (NODE, ["server.js", "Server.handle", "node:next"]),
    "a Go trace": (GO, ["main.go", "goroutine 17", "0xc000123"]),
    "a Java trace": (JAVA, ["Gateway.java", "com.acme.Gateway", "Main.java"]),
    "localhost": ("http://localhost:8000/v1", ["localhost:8000"]),
    "an internal name": ("vllm-7.prod.internal", ["prod.internal"]),
    "a cluster's name": ("llm.default.svc.cluster.local:80",
                         ["llm.default", "cluster.local"]),
    "a company's name": ("gpu1.acme.corp", ["gpu1.acme"]),
    "a name with a port": ("dial tcp triton-3:8001: refused", ["triton-3"]),
    "an address": ("10.20.30.40", ["10.20.30.40"]),
    "an address with a port": ("192.168.7.9:11434", ["192.168.7.9"]),
    "an IPv6 address": ("[fd00:1234::17]:8080", ["fd00:1234", "::17"]),
}

ALL = {**SECRETS, **PLACES}

# Sentences of real errors that hold nothing: not one byte may change.
ORDINARY = [
    "This model's maximum context length is 128000 tokens. However, your "
    "messages resulted in 130512 tokens. Please reduce the length of the "
    "messages.",
    "Invalid value: 'bot'. Supported values are: 'system', 'assistant', "
    "'user', 'function', 'tool', and 'developer'.",
    "messages.2.content.0.tool_use.input: Field required",
    "messages: text content blocks must be non-empty",
    "Invalid type for 'messages[0].content[1].image_url.url': expected a "
    "string, but got an integer instead.",
    "The model `gpt-5-mini-2025-08-07` does not exist or you do not have "
    "access to it.",
    "Unknown parameter: 'response_format.json_schema.strict'.",
    "max_tokens: 200000 > 64000, which is the maximum allowed number of "
    "output tokens for claude-sonnet-4-5-20250929",
    "See https://platform.openai.com/docs/guides/error-codes for more.",
    "temperature: range: 0..1, got 1.5 (request req_011CSHoEeqs5C35K2UUqR7Fy)",
    "Could not finish the message because max_tokens or model output limit "
    "was reached.",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo is not a chat model. Größe: 3 × "
    "4 – «naïve» 日本語 🙂",
]
