/*
 * Copyright (C) ngx_agent authors
 *
 * Tokens as a provider reports them.  A report is believed within bounds: no
 * part is larger than its whole, nothing is larger than the cap.  Nothing is
 * estimated here.
 */


#include "dialect/ag_dialect.h"


static uint64_t ag_usage_detail(yyjson_val *details, const char *name);
static uint64_t ag_usage_least(uint64_t a, uint64_t b);


unsigned
ag_usage_read(ag_usage_t *usage, yyjson_val *value,
    const ag_usage_names_t *names)
{
    uint64_t     total, whole;
    yyjson_val  *input, *output, *details;

    input = yyjson_obj_get(value, names->input);
    output = yyjson_obj_get(value, names->output);

    if (!ag_usage_is_number(input) && !ag_usage_is_number(output)) {
        return 0;
    }

    usage->known = 1;
    usage->input_tokens = ag_json_count(input, AG_TOKENS_MAX);
    usage->output_tokens = ag_json_count(output, AG_TOKENS_MAX);

    details = yyjson_obj_get(value, names->input_details);
    usage->cached_tokens = ag_usage_detail(details, "cached_tokens");
    usage->written_tokens = ag_usage_detail(details, "cache_write_tokens");

    details = yyjson_obj_get(value, names->output_details);
    usage->reasoning_tokens = ag_usage_detail(details, "reasoning_tokens");

    /* xAI counts reasoning in the total only, and bills it as output */

    total = ag_usage_detail(value, "total_tokens");
    whole = usage->input_tokens + usage->output_tokens
            + usage->reasoning_tokens;

    if (total == whole) {
        usage->output_tokens += usage->reasoning_tokens;
    }

    ag_usage_clamp(usage);

    return 1;
}


void
ag_usage_clamp(ag_usage_t *usage)
{
    usage->input_tokens = ag_usage_least(usage->input_tokens, AG_TOKENS_MAX);
    usage->cached_tokens = ag_usage_least(usage->cached_tokens,
                                          usage->input_tokens);
    usage->written_tokens = ag_usage_least(usage->written_tokens,
                                           usage->input_tokens
                                           - usage->cached_tokens);

    usage->output_tokens = ag_usage_least(usage->output_tokens,
                                          AG_TOKENS_MAX);
    usage->reasoning_tokens = ag_usage_least(usage->reasoning_tokens,
                                             usage->output_tokens);
}


unsigned
ag_usage_is_number(yyjson_val *value)
{
    /* too large for a tree's integer: kept as its digits */

    return yyjson_is_num(value) || yyjson_is_raw(value);
}


static uint64_t
ag_usage_detail(yyjson_val *details, const char *name)
{
    return ag_json_count(yyjson_obj_get(details, name), AG_TOKENS_MAX);
}


static uint64_t
ag_usage_least(uint64_t a, uint64_t b)
{
    return (a < b) ? a : b;
}
