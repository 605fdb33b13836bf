/*
 * Copyright (C) ngx_agent authors
 *
 * What is known of servers that speak OpenAI's dialect: one row each.  A wrong
 * "no" costs a hint or a clear refusal, a wrong "yes" a provider's 400, so in
 * doubt a row says no.
 */


#include "dialect/ag_quirks.h"


static unsigned ag_quirks_hosts(const char *hosts, ag_str_t host);
static unsigned ag_quirks_ends(ag_str_t host, ag_str_t end);


/* The first stands for every host that no other row knows. */
static const ag_quirks_t  ag_quirks[] = {
    {
        .name = "openai",
        .hosts = "api.openai.com",
        .max_tokens = "max_completion_tokens",
        .seed = "seed",
        .required = "required",
        .effort = "reasoning_effort",
        .user = "safety_identifier",
        .developer = 1,
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .strict = 1,
        .penalties = 1,
        .logprobs = 1,
        .choices = 1,
        .service_tier = 1,
        .images = 1,
        .files = 1,
        .extras = 1,
        .custom = 1,
        .responses = 1
    },
    {
        .name = "azure",
        .hosts = "openai.azure.com cognitiveservices.azure.com "
                 "services.ai.azure.com",
        .max_tokens = "max_completion_tokens",
        .seed = "seed",
        .required = "required",
        .effort = "reasoning_effort",
        .user = "user",
        .developer = 1,
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .strict = 1,
        .penalties = 1,
        .logprobs = 1,
        .choices = 1,
        .images = 1,
        .files = 1,
        .extras = 1,
        .custom = 1,
        .responses = 1
    },
    {
        /* streams carry usage unasked */

        .name = "mistral",
        .hosts = "api.mistral.ai",
        .max_tokens = "max_tokens",
        .seed = "random_seed",
        .required = "any",
        .short_ids = 1,
        .json_schema = 1,
        .parallel = 1,
        .strict = 1,
        .penalties = 1,
        .choices = 1,
        .images = 1
    },
    {
        .name = "groq",
        .hosts = "api.groq.com",
        .max_tokens = "max_completion_tokens",
        .seed = "seed",
        .required = "required",
        .effort = "reasoning_effort",
        .user = "user",
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .images = 1
    },
    {
        /* its calls of tools need the reasoning that led to them */

        .name = "deepseek",
        .hosts = "api.deepseek.com",
        .max_tokens = "max_tokens",
        .required = "required",
        .effort = "reasoning_effort",
        .reasoning = AG_REASONING_CONTENT,
        .stream_options = 1,
        .penalties = 1,
        .logprobs = 1
    },
    {
        .name = "openrouter",
        .hosts = "openrouter.ai",
        .max_tokens = "max_tokens",
        .seed = "seed",
        .required = "required",
        .effort = "reasoning.effort",
        .user = "user",
        .reasoning = AG_REASONING_DETAILS,
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .strict = 1,
        .top_k = 1,
        .penalties = 1,
        .logprobs = 1,
        .cache_control = 1,
        .images = 1,
        .files = 1,
        .extras = 1
    },
    {
        .name = "xai",
        .hosts = "api.x.ai",
        .max_tokens = "max_completion_tokens",
        .seed = "seed",
        .required = "required",
        .effort = "reasoning_effort",
        .user = "user",
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .penalties = 1,
        .logprobs = 1,
        .choices = 1,
        .images = 1,
        .responses = 1
    },
    {
        /* Google's own surface for OpenAI's clients, which refuses fields
           that it does not know */

        .name = "gemini",
        .hosts = "generativelanguage.googleapis.com "
                 "aiplatform.googleapis.com -aiplatform.googleapis.com",
        .max_tokens = "max_tokens",
        .required = "required",
        .effort = "reasoning_effort",
        .json_schema = 1,
        .stream_options = 1,
        .choices = 1,
        .images = 1
    },
    {
        .name = "vllm",
        .hosts = "",
        .max_tokens = "max_tokens",
        .seed = "seed",
        .required = "required",
        .effort = "reasoning_effort",
        .user = "user",
        .reasoning = AG_REASONING_CONTENT,
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .top_k = 1,
        .penalties = 1,
        .logprobs = 1,
        .choices = 1,
        .images = 1,
        .extras = 1
    },
    {
        /* passes over tool_choice: nothing can be required */

        .name = "ollama",
        .hosts = "ollama.com",
        .max_tokens = "max_tokens",
        .seed = "seed",
        .effort = "reasoning_effort",
        .json_schema = 1,
        .stream_options = 1,
        .penalties = 1,
        .logprobs = 1,
        .images = 1
    },
    {
        .name = "llamacpp",
        .hosts = "",
        .max_tokens = "max_tokens",
        .seed = "seed",
        .required = "required",
        .reasoning = AG_REASONING_CONTENT,
        .json_schema = 1,
        .stream_options = 1,
        .parallel = 1,
        .top_k = 1,
        .penalties = 1,
        .logprobs = 1,
        .images = 1,
        .extras = 1
    },
    {
        /* what nearly everybody has */

        .name = "compatible",
        .hosts = "api.moonshot.ai api.moonshot.cn dashscope.aliyuncs.com "
                 "dashscope-intl.aliyuncs.com api.z.ai api.together.xyz "
                 "api.fireworks.ai api.perplexity.ai",
        .max_tokens = "max_tokens",
        .seed = "seed",
        .required = "required",
        .user = "user",
        .reasoning = AG_REASONING_CONTENT,
        .stream_options = 1,
        .penalties = 1,
        .images = 1
    }
};

#define AG_QUIRKS_COUNT  (sizeof(ag_quirks) / sizeof(ag_quirks_t))


const ag_quirks_t *
ag_quirks_find(ag_str_t name)
{
    size_t  i;

    for (i = 0; i < AG_QUIRKS_COUNT; i++) {
        if (ag_str_is(name, ag_quirks[i].name)) {
            return &ag_quirks[i];
        }
    }

    return NULL;
}


const ag_quirks_t *
ag_quirks_of_host(ag_str_t host)
{
    size_t  i;

    for (i = 0; i < AG_QUIRKS_COUNT; i++) {
        if (ag_quirks_hosts(ag_quirks[i].hosts, host)) {
            return &ag_quirks[i];
        }
    }

    return &ag_quirks[0];
}


const char *
ag_quirks_names(void)
{
    return "openai, azure, mistral, groq, deepseek, openrouter, xai, gemini, "
           "vllm, ollama, llamacpp, compatible";
}


static unsigned
ag_quirks_hosts(const char *hosts, ag_str_t host)
{
    size_t  len;

    while (*hosts != '\0') {
        len = strcspn(hosts, " ");

        if (ag_quirks_ends(host, ag_str(hosts, len))) {
            return 1;
        }

        hosts += len;
        hosts += strspn(hosts, " ");
    }

    return 0;
}


/* The whole name, what follows a dot in it, or any end that begins with "-";
 * letters of either case. */
static unsigned
ag_quirks_ends(ag_str_t host, ag_str_t end)
{
    size_t     i, from;
    ag_char_t  c;

    if (host.len < end.len) {
        return 0;
    }

    from = host.len - end.len;

    if (from > 0 && host.data[from - 1] != '.' && end.data[0] != '-') {
        return 0;
    }

    for (i = 0; i < end.len; i++) {
        c = host.data[from + i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != end.data[i]) {
            return 0;
        }
    }

    return 1;
}
