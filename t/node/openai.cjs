// The official OpenAI SDK for JavaScript, pointed at the gateway.  Prints one
// JSON object: what each kind of call gave.  Arguments: base URL, key.

const { OpenAI } = require('openai');

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 20000 });
const model = 'gpt-test';
const messages = [{ role: 'user', content: 'Say hello.' }];
const tools = [{
    type: 'function',
    function: {
        name: 'get_weather',
        parameters: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
        },
    },
}];

async function gather(stream) {
    const seen = { text: '', chunks: 0, usages: [], empty: 0, finish: null };
    for await (const chunk of stream) {
        seen.chunks++;
        if (chunk.usage) {
            seen.usages.push(chunk.usage.completion_tokens);
        }
        if (chunk.choices.length === 0) {
            seen.empty++;
            continue;
        }
        seen.text += chunk.choices[0].delta.content ?? '';
        seen.finish = chunk.choices[0].finish_reason ?? seen.finish;
    }
    return seen;
}

async function failure(call) {
    try {
        await call();
        return null;
    } catch (error) {
        return {
            name: error.constructor.name, status: error.status ?? null,
            code: error.code ?? null, type: error.type ?? null,
            requestID: error.requestID ?? null,
        };
    }
}

async function main() {
    const chat = client.chat.completions;
    const out = {};

    const whole = await chat.create({ model, messages });
    out.whole = {
        text: whole.choices[0].message.content,
        usage: whole.usage.completion_tokens, id: whole._request_id,
    };
    out.stream = await gather(
        await chat.create({ model, messages, stream: true }));
    out.usage = await gather(await chat.create({
        model, messages, stream: true,
        stream_options: { include_usage: true },
    }));

    const final = await chat.stream({
        model, messages, tools, tool_choice: 'required',
    }).finalChatCompletion();
    out.tool = {
        name: final.choices[0].message.tool_calls[0].function.name,
        args: JSON.parse(
            final.choices[0].message.tool_calls[0].function.arguments),
        finish: final.choices[0].finish_reason,
    };

    const input = ['one', 'two'];
    const packed = await client.embeddings.create(
        { model: 'text-embedding-3-small', input });
    const plain = await client.embeddings.create({
        model: 'text-embedding-3-small', input, encoding_format: 'float',
    });
    out.embeddings = {
        packed: packed.data.map((d) => Array.from(d.embedding)),
        plain: plain.data.map((d) => d.embedding),
    };

    const text = await client.completions.create(
        { model, prompt: 'Say', max_tokens: 5 });
    out.legacy = text.choices[0].text;

    out.models = [];
    for await (const entry of client.models.list()) {
        out.models.push(entry.id);
    }
    out.model = (await client.models.retrieve('meta-llama/Llama-3.3-70B')).id;

    out.failures = {
        key: await failure(() => new OpenAI(
            { baseURL, apiKey: 'sk-wrong-0123456789', maxRetries: 0 })
            .models.list()),
        model: await failure(() => chat.create({ model: 'none', messages })),
        allowed: await failure(
            () => chat.create({ model: 'secret', messages })),
        value: await failure(
            () => chat.create({ model, messages, max_tokens: -1 })),
        unavailable: await failure(
            () => chat.create({ model: 'sim-error-503', messages })),
        limited: await failure(
            () => chat.create({ model: 'sim-429-2s', messages })),
        cut: await failure(async () => gather(await chat.create(
            { model: 'sim-cut', messages, stream: true }))),
    };

    console.log(JSON.stringify(out));
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
