// Agents' loops by frameworks: Vercel's AI SDK and LangChain.  Arguments: base
// URL, key, and a JSON list of {client, model, stream, task}.  Prints what
// each loop said in the end, or its error.

const { generateText, streamText, stepCountIs, jsonSchema } = require('ai');
const { createOpenAI } = require('@ai-sdk/openai');
const { createAnthropic } = require('@ai-sdk/anthropic');
const { createOpenAICompatible } = require('@ai-sdk/openai-compatible');
const { ChatOpenAI } = require('@langchain/openai');
const { ChatAnthropic } = require('@langchain/anthropic');
const { HumanMessage, SystemMessage, ToolMessage }
    = require('@langchain/core/messages');
const { ask, run, system, schemas } = require('./tools.cjs');

const [baseURL, apiKey, plan] = process.argv.slice(2);

// ---- Vercel's AI SDK

const openai = createOpenAI({ baseURL, apiKey });
const vercel = {
    chat: (model) => openai.chat(model),
    responses: (model) => openai.responses(model),
    messages: createAnthropic({ baseURL, apiKey }),
    compatible: createOpenAICompatible({ name: 'gateway', baseURL, apiKey }),
};
const options = {
    openai: { store: false, include: ['reasoning.encrypted_content'],
        reasoningEffort: 'high', forceReasoning: true },
    anthropic: { thinking: { type: 'enabled', budgetTokens: 2048 } },
    gateway: { reasoningEffort: 'high' },
};

async function byVercel(client, { model, stream, task }) {
    const tools = Object.fromEntries(Object.entries(schemas).map(
        ([name, schema]) => [name, {
            description: name, inputSchema: jsonSchema(schema),
            execute: async (given) => run(name, given),
        }]));
    const asked = {
        model: vercel[client](model), system, prompt: ask + task, tools,
        stopWhen: stepCountIs(5), maxRetries: 0, providerOptions: options,
    };
    if (!stream) {
        return (await generateText(asked)).text;
    }
    let failure = null;
    const result = streamText(
        { ...asked, onError: ({ error }) => { failure = error; } });
    const text = await result.text.catch((error) => `${error}`);
    return failure === null ? text : `${failure}`;
}

// ---- LangChain

const chains = {
    chat: (model) => new ChatOpenAI({
        model, apiKey, maxRetries: 0, configuration: { baseURL },
        reasoning: { effort: 'high' },
    }),
    responses: (model) => new ChatOpenAI({
        model, apiKey, maxRetries: 0, configuration: { baseURL },
        useResponsesApi: true, zdrEnabled: true,
        reasoning: { effort: 'high' },
    }),
    messages: (model) => new ChatAnthropic({
        model, apiKey, maxRetries: 0, maxTokens: 4096,
        anthropicApiUrl: baseURL.replace(/\/v1$/, ''),
        thinking: { type: 'enabled', budget_tokens: 2048 },
    }),
};

async function byLangChain(client, { model, stream, task }) {
    const chain = chains[client](model).bindTools(
        Object.entries(schemas).map(([name, schema]) => (
            { name, description: name, schema })));
    const turns = [new SystemMessage(system), new HumanMessage(ask + task)];
    for (;;) {
        let answer = null;
        if (stream) {
            for await (const chunk of await chain.stream(turns)) {
                answer = answer === null ? chunk : answer.concat(chunk);
            }
        } else {
            answer = await chain.invoke(turns);
        }
        turns.push(answer);
        if (!answer.tool_calls?.length) {
            return answer.text;
        }
        for (const call of answer.tool_calls) {
            turns.push(new ToolMessage({
                tool_call_id: call.id, content: run(call.name, call.args) }));
        }
    }
}

async function main() {
    const by = { vercel: byVercel, langchain: byLangChain };
    const said = [];
    for (const one of JSON.parse(plan)) {
        const [framework, client] = one.client.split(' ');
        said.push(await by[framework](client, one)
            .catch((error) => `${error}`));
    }
    console.log(JSON.stringify(said));
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
