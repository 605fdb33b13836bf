// Agents' loops by the official SDKs of OpenAI and Anthropic.  Arguments: base
// URL, key, and a JSON list of {api, model, stream, task}.  Prints what each
// loop said in the end, or its error.

const { OpenAI } = require('openai');
const { Anthropic } = require('@anthropic-ai/sdk');
const { ask, run, system, schemas } = require('./tools.cjs');

const [baseURL, apiKey, plan] = process.argv.slice(2);
const openai = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60000 });
const anthropic = new Anthropic({
    baseURL: baseURL.replace(/\/v1$/, ''), apiKey, maxRetries: 0,
    timeout: 60000,
});

async function chat({ model, stream, task }) {
    const tools = Object.entries(schemas).map(([name, parameters]) => (
        { type: 'function', function: { name, parameters, strict: true } }));
    const messages = [{ role: 'system', content: system },
        { role: 'user', content: ask + task }];
    for (;;) {
        const asked = { model, messages, tools, reasoning_effort: 'high' };
        const answer = stream
            ? await openai.chat.completions.stream(asked)
                .finalChatCompletion()
            : await openai.chat.completions.create(asked);
        const { message } = answer.choices[0];
        messages.push(message);
        if (!message.tool_calls?.length) {
            return message.content;
        }
        for (const call of message.tool_calls) {
            messages.push({
                role: 'tool', tool_call_id: call.id,
                content: run(call.function.name,
                    JSON.parse(call.function.arguments)),
            });
        }
    }
}

async function responses({ model, stream, task }) {
    const tools = Object.entries(schemas).map(([name, parameters]) => (
        { type: 'function', name, parameters, strict: true }));
    const input = [{ role: 'user', content: ask + task }];
    for (;;) {
        const asked = {
            model, input, tools, instructions: system, store: false,
            include: ['reasoning.encrypted_content'],
            reasoning: { effort: 'high' },
        };
        const answer = stream
            ? await openai.responses.stream(asked).finalResponse()
            : await openai.responses.create(asked);
        input.push(...answer.output);
        const calls = answer.output.filter((i) => i.type === 'function_call');
        if (calls.length === 0) {
            return answer.output_text;
        }
        for (const call of calls) {
            input.push({
                type: 'function_call_output', call_id: call.call_id,
                output: run(call.name, JSON.parse(call.arguments)),
            });
        }
    }
}

async function messages({ model, stream, task }) {
    const tools = Object.entries(schemas).map(([name, schema]) => (
        { name, input_schema: schema }));
    const turns = [{ role: 'user', content: ask + task }];
    for (;;) {
        const asked = {
            model, system, tools, max_tokens: 4096, messages: turns,
            thinking: { type: 'enabled', budget_tokens: 2048 },
        };
        const answer = stream
            ? await anthropic.messages.stream(asked).finalMessage()
            : await anthropic.messages.create(asked);
        turns.push({ role: 'assistant', content: answer.content });
        const calls = answer.content.filter((b) => b.type === 'tool_use');
        if (calls.length === 0) {
            return answer.content.filter((b) => b.type === 'text')
                .map((b) => b.text).join('');
        }
        turns.push({
            role: 'user', content: calls.map((call) => ({
                type: 'tool_result', tool_use_id: call.id,
                content: run(call.name, call.input),
            })),
        });
    }
}

async function main() {
    const loops = { chat, responses, messages };
    const said = [];
    for (const one of JSON.parse(plan)) {
        said.push(await loops[one.api](one).catch((error) => `${error}`));
    }
    console.log(JSON.stringify(said));
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
